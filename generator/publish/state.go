package publish

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"playbook/generator/output"
	"playbook/generator/source"
)

// What lies on a host. The web server shows current/ or, where the host cannot
// follow links, the folder itself, of which it must hide .playbook.
//
//	current              -> releases/ID, the release in service
//	releases/ID/         a release
//	.playbook/site       whose folder this is
//	.playbook/lock       who publishes right now
//	.playbook/objects/   the content of all releases, by digest; releases are links to it
//	.playbook/manifests/ what belongs to each release: nothing else is ever touched
//	.playbook/trees/     releases' folders that no reader is in, to make the next one of
//	.playbook/doubt      the files that Verify found wrong: what is older is not made use of
//	.playbook/current    in place of the link current: the release that lies in the folder
//	.playbook/incoming/  what is being written
const (
	stateDir    = ".playbook"
	markName    = stateDir + "/site"
	lockName    = stateDir + "/lock"
	objectsDir  = stateDir + "/objects"
	manifestDir = stateDir + "/manifests"
	placedName  = stateDir + "/current"
	incomingDir = stateDir + "/incoming"
	treesDir    = stateDir + "/trees"
	doubtName   = stateDir + "/doubt"
	releasesDir = "releases"
	currentName = "current"

	// half ends the name of the manifest of a release that is not whole: one that
	// is being made, or put in place, or removed.
	half = ".part"
	// base ends the name of the manifest of a release that is not kept, but a tree
	// of which is.
	base = ".base"
)

const (
	markForm     = 1
	maxMark      = 64 << 10
	maxManifest  = 1 << 30
	manifestHead = "playbook release 1 "
	carriedMark  = "carried "
	byRelease    = "releases"
	inFolder     = "in place"
)

type mark struct {
	Form   int    `json:"form"`
	Site   string `json:"site"`
	Layout string `json:"layout"`
}

// release is a manifest on the host.
type release struct {
	id   string
	half bool
	base bool
	read bool // whether files and carried are known; see load
	// files are those of the site, sorted by path.
	files []output.Entry
	// carried are assets of the release before, which pages may still ask for that
	// were read before the switch. Their names say what is in them.
	carried []output.Entry
}

// is reports whether r is the site with that digest, as siteDigest, as far as its
// name tells.
func (r *release) is(digest string) bool { return strings.HasSuffix(r.id, "-"+digest[:8]) }

// all returns the files of the release and those it carries on, sorted.
func (r *release) all() []output.Entry {
	if len(r.carried) == 0 {
		return r.files
	}
	out := append(slices.Clone(r.files), r.carried...)
	slices.SortFunc(out, func(a, b output.Entry) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// carry takes over the assets of the release before.
func (r *release) carry(old *release) {
	if old == nil {
		return
	}
	for i := range old.files {
		e := &old.files[i]
		if !strings.HasPrefix(e.Path, "assets/") {
			continue
		}
		if _, ok := lookup(r.files, e.Path); !ok {
			r.carried = append(r.carried, *e)
		}
	}
}

func (r *release) bytes() (n int64) {
	for i := range r.files {
		n += r.files[i].Size
	}
	return n
}

func (r *release) name() string {
	switch {
	case r.half:
		return manifestDir + "/" + r.id + half
	case r.base:
		return manifestDir + "/" + r.id + base
	}
	return manifestDir + "/" + r.id
}

func (r *release) encode() []byte {
	b := make([]byte, 0, 110*len(r.files))
	list := func(files []output.Entry, mark string) {
		for i := range files {
			e := &files[i]
			b = hex.AppendEncode(append(b, mark...), e.Digest[:])
			b = append(b, ' ')
			b = strconv.AppendInt(b, e.Size, 10)
			b = append(b, ' ')
			b = append(append(b, e.Path...), '\n')
		}
	}
	list(r.files, "")
	list(r.carried, carriedMark)
	return append([]byte(manifestHead+source.Sum(b).String()+"\n"), b...)
}

// digits is the length of a digest as manifests have it.
const digits = 2 * len(source.Digest{})

// unseal returns the lines of a manifest.
func unseal(data []byte) ([]byte, error) {
	head, body, ok := bytes.Cut(data, []byte("\n"))
	sum, ours := bytes.CutPrefix(head, []byte(manifestHead))
	if !ok || !ours || source.Sum(body).String() != string(sum) {
		return nil, errDamaged
	}
	return body, nil
}

var errDamaged = errors.New("it is damaged, or of another version of playbook")

// decode takes what belongs to r from its manifest.
func (r *release) decode(data []byte) error {
	body, err := unseal(data)
	if err != nil {
		return err
	}
	text := string(body) // of which paths are parts
	files := make([]output.Entry, 0, strings.Count(text, "\n"))
	var carried []output.Entry
	for text != "" {
		line, rest, ok := strings.Cut(text, "\n")
		line, mark := strings.CutPrefix(line, carriedMark)
		if !ok || len(line) < digits+1 || line[digits] != ' ' {
			return errDamaged
		}
		var e output.Entry
		if e.Digest, ok = source.ParseDigest(line[:digits]); !ok {
			return errDamaged
		}
		size, path, ok := strings.Cut(line[digits+1:], " ")
		n, err := strconv.ParseInt(size, 10, 64)
		if !ok || err != nil || n < 0 || source.CheckPath(path) != nil || strings.HasPrefix(path, stateDir) {
			return errDamaged
		}
		e.Path, e.Size = path, n
		if mark {
			carried = append(carried, e)
		} else {
			files = append(files, e)
		}
		text = rest
	}
	r.files, r.carried, r.read = files, carried, true
	return nil
}

// isID reports whether a name can be a release's.
func isID(name string) bool {
	if len(name) < len(idTime)+2 || name[len(idTime)] != '-' {
		return false
	}
	_, err := time.Parse(idTime, name[:len(idTime)])
	return err == nil && strings.Trim(name[len(idTime)+1:], "0123456789abcdef") == ""
}

// state is what a host holds.
type state struct {
	marked   bool
	current  *release   // nil if none is in service
	releases []*release // whole ones, oldest first
	halves   []*release
	bases    []*release
	trees    []*tree         // those that are not releases', once they were looked at
	planted  map[string]bool // the releases that have one where readers look, once trees were cleared
	doubt    string          // nothing is made of what is not younger than that release
}

func (s *state) find(id string) *release {
	for _, r := range s.releases {
		if r.id == id {
			return r
		}
	}
	return nil
}

// object is where the content with that digest lies.
func object(d source.Digest) string {
	s := d.String()
	return objectsDir + "/" + s[:2] + "/" + s
}

// look learns what the host holds, and whether it is this site's. It changes
// nothing.
func (h *folderHost) look(ctx context.Context, site string, first bool) (*state, error) {
	data, err := readAll(h.f, markName, maxMark)
	if errors.Is(err, fs.ErrNotExist) {
		return h.lookEmpty(first)
	}
	if err != nil {
		return nil, h.failed("reading "+markName, err)
	}
	var m mark
	if err := json.Unmarshal(data, &m); err != nil || m.Form == 0 {
		return nil, refuse("", "%s in %s is not playbook's", markName, h.where)
	}
	layout := h.layout()
	switch {
	case m.Form != markForm:
		return nil, refuse("publish with that version", "%s was published to by another version of playbook", h.where)
	case m.Site != site:
		return nil, refuse(`publish to another folder, or say which site this is with "site" in [targets.`+h.t.Name+`]`, "%s holds another site, %q, and not %q", h.where, clean(m.Site), site)
	case m.Layout != layout:
		return nil, refuse("leave that as it was, or publish to another folder", "%s was published to with in_place = %t", h.where, m.Layout == inFolder)
	}
	s := &state{marked: true}
	found, err := h.f.list(manifestDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, h.failed("listing "+manifestDir, err)
	}
	for _, it := range found {
		id, part := strings.CutSuffix(it.name, half)
		id, under := strings.CutSuffix(id, base)
		switch r := (&release{id: id, half: part, base: under}); {
		case !isID(id) || it.dir || it.link || part && under:
		case part:
			s.halves = append(s.halves, r)
		case under:
			s.bases = append(s.bases, r)
		default:
			if h.known[id] != nil {
				r = h.known[id]
			}
			s.releases = append(s.releases, r)
		}
	}
	byID := func(a, b *release) int { return cmp.Compare(a.id, b.id) }
	slices.SortFunc(s.releases, byID)
	slices.SortFunc(s.halves, byID)
	if s.doubt, err = h.doubt(); err != nil {
		return nil, err
	}
	id, err := h.inService()
	if err != nil {
		return nil, err
	}
	if id != "" {
		if s.current = s.find(id); s.current == nil {
			return nil, &Failure{Msg: fmt.Sprintf("the manifest of release %s, which is in service on %s, is not there", id, h.where),
				Hint: "restore " + manifestDir + "/" + id + " from a backup: nothing is changed without knowing what is playbook's own"}
		}
		if err := h.load(ctx, s.current); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// load reads those manifests that were not read yet. What a whole release is never
// changes, so it is read once.
func (h *folderHost) load(ctx context.Context, list ...*release) error {
	list = slices.DeleteFunc(slices.Clone(list), func(r *release) bool { return r.read })
	err := each(ctx, h.f.workers(), len(list), func(i int) error {
		return h.manifest(list[i], list[i].decode)
	})
	for _, r := range list {
		if err == nil && !r.half && !r.base {
			if h.known == nil {
				h.known = map[string]*release{}
			}
			h.known[r.id] = r
		}
	}
	return err
}

// lookEmpty tells whether a folder without our mark can become one of ours.
func (h *folderHost) lookEmpty(first bool) (*state, error) {
	found, err := h.f.list(".")
	if err != nil {
		return nil, h.failed("listing it", err)
	}
	for _, it := range found {
		if it.name != stateDir || !it.dir { // a first publish that was cut leaves that
			return nil, refuse("publish to a folder of its own, which is empty at first", "%s holds files that playbook did not put there, such as %q", h.where, clean(it.name))
		}
	}
	if !first {
		return nil, refuse("if this is the right place, say so once with --first: a share that is not mounted is empty, too", "nothing was published to %s yet", h.where)
	}
	return &state{}, nil
}

// manifest hands the manifest of a release to use.
func (h *folderHost) manifest(r *release, use func(data []byte) error) error {
	data, err := readAll(h.f, r.name(), maxManifest)
	if err != nil {
		return h.failed("reading the manifest of release "+r.id, err)
	}
	if err := use(data); err != nil {
		return &Failure{Msg: fmt.Sprintf("%s on %s cannot be read: %v", r.name(), h.where, err),
			Hint: "nothing is changed without knowing what is playbook's own; restore the file from a backup, or remove it and the release that it names", Err: err}
	}
	return nil
}

// inService returns the id of the release that readers see, "" if there is none.
func (h *folderHost) inService() (string, error) {
	if h.t.InPlace {
		data, err := readAll(h.f, placedName, maxMark)
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		if err != nil {
			return "", h.failed("reading "+placedName, err)
		}
		id := strings.TrimSpace(string(data))
		if !isID(id) {
			return "", refuse("", "%s on %s names no release", placedName, h.where)
		}
		return id, nil
	}
	to, err := h.f.readlink(currentName)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		if it, e := h.f.stat(currentName); e == nil && !it.link {
			return "", refuse("move it away", "%s on %s is not the link that playbook made", currentName, h.where)
		}
		if ok, e := exists(h.f, currentName); e == nil && !ok {
			return "", nil
		}
		return "", h.failed("reading the link "+currentName, err)
	}
	id, ours := strings.CutPrefix(to, releasesDir+"/")
	if !ours || !isID(id) {
		return "", refuse("move it away", "%s on %s leads to %q, and playbook did not make it so", currentName, h.where, clean(to))
	}
	return id, nil
}

// lock is what the lock's file says.
type lock struct {
	Owner   string    `json:"owner"`
	Process int       `json:"process"`
	Since   time.Time `json:"since"`
}

// lockTries is how often a lock is looked at that does not say whose it is.
const lockTries = 8

// take takes the lock.
func (h *folderHost) take() (unlock func(), err error) {
	own := lock{h.env.Owner, h.env.Process, h.env.Now().UTC().Truncate(time.Second)}
	data, err := json.Marshal(own)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		err := h.f.create(lockName, bytes.NewReader(append(data, '\n')))
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) || try > lockTries+2 {
			return nil, h.failed("taking the lock", err)
		}
		text, err := readAll(h.f, lockName, maxMark)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, h.failed("reading the lock", err)
		}
		var held lock
		if json.Unmarshal(text, &held) != nil && try < lockTries {
			// It is being written, or whoever began to write it is no more.
			time.Sleep(cmp.Or(h.patience, time.Second) / lockTries)
			continue
		}
		dead := held.Owner == "" && held.Process == 0 || held.Owner == own.Owner && held.Process != 0 && h.env.Alive != nil && !h.env.Alive(held.Process)
		if !dead && !h.env.BreakLock {
			return nil, &Failure{Msg: fmt.Sprintf("%s has been publishing to %s since %s", clean(cmp.Or(held.Owner, "somebody")), h.where, held.Since.Format(time.RFC3339)),
				Hint: "wait until the other one is done; if it has died, --break-lock takes its place", Err: ErrLocked}
		}
		if err := h.f.remove(lockName); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, h.failed("taking over the lock", err)
		}
	}
	return func() {
		// One that cannot be removed is taken over by whoever comes next here.
		_ = h.f.remove(lockName)
	}, nil
}

// clean takes what a host says to where people read it.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
