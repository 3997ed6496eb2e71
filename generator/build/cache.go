package build

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"playbook/generator/artifact"
	"playbook/generator/book"
	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/history"
	"playbook/generator/source"
)

// What a Session keeps in memory, a later process finds in the site's folder
// .playbook/cache:
//
//	tree, layouts   the listings, with the digests of the files; so only files
//	                that look touched are read
//	docs-0001, ...  compiled Documents; a build adds those it compiled in a new
//	                file, and lays all into one when too much in them is old
//	state           the traces of all outputs, and what it cost time to find out
//	                when the Book was linked whose answers they hold
//	history         what git was asked when it was last asked
//	outcome         what came of the last build, under a digest of all that it
//	                was made from: the same inputs are not even compiled
//
// The law of package artifact makes this sound: Documents are functions of
// their bytes and options, which their key covers; a trace is verified before
// it is believed, whoever recorded it; and a build is a function of its inputs.
// The Book before is linked once more of the Documents it was made of, so that
// linking the new one takes over from it what it would from one in memory. So
// each of these files stands for itself, may be missing, and may be older or
// younger than the others: two processes that write at once leave a mixture, and
// a mixture does no harm.
//
// A file is replaced by renaming a whole one, and is read under no lock. It
// begins with a digest of the program that wrote it: another build of the
// program does not read it. It ends where its checksum says; damage costs what
// is damaged. Nothing that happens here is an error: no disk, no right, no room
// cost time in the next build and nothing else, and are told under --verbose.
//
// The folder stands on one level of trust with the layouts and the
// configuration beside it: who can write there can write those too. That does
// not mean that its files are believed to be well-formed.

// cacheFolder is where it lies in the site's folder.
const cacheFolder = ".playbook/cache"

// cacheForm numbers the form of the files here; those of what is in them have
// numbers of their own.
const cacheForm = 1

// The names of the files.
const (
	treeFile    = "tree"
	layoutsFile = "layouts"
	stateFile   = "state"
	outcomeFile = "outcome"
	historyFile = "history"
	docsPrefix  = "docs-"
	ignoreFile  = ".gitignore"
)

// maxCached bounds what is read of one file.
const maxCached = 4 << 30

// cache is the folder as one Session sees it: what was there when it first
// looked, and what it has put there itself.
type cache struct {
	site  string
	key   source.Digest // of the program
	mu    sync.Mutex
	notes []string     // what went wrong
	tree  *source.Tree // the listing of the content kept

	before   *source.Decoder  // what is kept of the Book before, until it is read
	recalled bool             // that Book was made
	past     *history.History // what was kept of git's answers

	packs  []pack
	dead   []string                 // packs that cannot be read
	spoilt sync.Map                 // ids of records that cannot be
	docs   map[source.Digest]string // records by docID
}

// pack is a file of Documents.
type pack struct {
	name string
	size int
}

// openCache returns the cache of a site, nil if there is to be none.
func openCache(o *Options) *cache {
	if o.Program == "" || o.NoCache {
		return nil
	}
	return &cache{site: o.Source, key: source.Sum(fmt.Appendf(nil, "%d %d %d %d\x00%s", cacheForm, document.Form, artifact.Form, book.Form, o.Program))}
}

func (c *cache) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// open opens the folder; a nil Store holds nothing.
func (c *cache) open(make bool) *source.Store {
	s, err := source.OpenStore(c.site, cacheFolder, make)
	if err != nil {
		c.note("%s cannot be used: %v", cacheFolder, err)
	}
	return s
}

// The head of a file: what it is, which program wrote it, its checksum.
const (
	cacheMagic = "playbook cache\n"
	headSize   = len(cacheMagic) + len(source.Digest{}) + 8
)

func (c *cache) head(sum uint64) []byte {
	return binary.LittleEndian.AppendUint64(append([]byte(cacheMagic), c.key[:]...), sum)
}

// read returns what a file holds below its head, "" if it is of no use.
func (c *cache) read(s *source.Store, name string) string {
	b := c.readPack(s, name)
	if b == "" {
		return ""
	}
	if sumAt(b, headSize-8) != new(source.Checker).Sum(b[headSize:]) {
		c.note("%s/%s is damaged and was left alone", cacheFolder, name)
		return ""
	}
	return b[headSize:]
}

// sumAt reads the checksum at a place.
func sumAt(b string, at int) uint64 { return binary.LittleEndian.Uint64([]byte(b[at : at+8])) }

// readPack is read for a file whose parts have checksums of their own. It
// returns the head too.
func (c *cache) readPack(s *source.Store, name string) string {
	b, err := s.Read(name, maxCached)
	switch {
	case source.IsNotExist(err):
	case err != nil:
		c.note("%s/%s cannot be read: %v", cacheFolder, name, err)
	case len(b) < headSize || string(b[:len(cacheMagic)]) != cacheMagic:
		c.note("%s/%s is damaged and was left alone", cacheFolder, name)
	case b[len(cacheMagic):len(cacheMagic)+len(c.key)] != string(c.key[:]):
		c.note("%s/%s is of another version of the program and was left alone", cacheFolder, name)
	default:
		return b
	}
	return ""
}

func (c *cache) write(s *source.Store, name string, data ...[]byte) {
	if err := s.Write(name, append([][]byte{c.head(source.Checksum(data...))}, data...)...); err != nil {
		c.note("%s/%s cannot be written: %v", cacheFolder, name, err)
	}
}

// trees returns the listings kept, nil for those that are not there.
func (c *cache) trees() (content, layouts *source.Tree) {
	s := c.open(false)
	defer s.Close()
	c.tree = source.Recall([]byte(c.read(s, treeFile)))
	return c.tree, source.Recall([]byte(c.read(s, layoutsFile)))
}

// A record in a pack: its id, its length, its checksum, a Document.
const recordHead = len(source.Digest{}) + 4 + 8

// recordOf returns the id of the record at the begin of b, and how long it is.
func recordOf(b string) (id source.Digest, size int) {
	copy(id[:], b)
	return id, recordHead + int(binary.LittleEndian.Uint32([]byte(b[len(id):len(id)+4])))
}

// docID is what a Document is found by.
func docID(path string, made source.Digest) source.Digest {
	return source.Sum(append(made[:], path...))
}

// documents finds the Documents kept.
func (c *cache) documents() {
	s := c.open(false)
	defer s.Close()
	c.docs = map[source.Digest]string{}
	for _, name := range s.Names() {
		if !strings.HasPrefix(name, docsPrefix) {
			continue
		}
		b := c.readPack(s, name)
		if b == "" {
			c.dead = append(c.dead, name)
			continue
		}
		c.packs = append(c.packs, pack{name, len(b)})
		for b = b[min(headSize, len(b)):]; len(b) >= recordHead; {
			id, n := recordOf(b)
			if n > len(b) {
				break
			}
			c.docs[id] = b[:n]
			b = b[n:]
		}
		if len(b) > 0 {
			c.note("%s/%s is damaged and was read in part", cacheFolder, name)
		}
	}
}

// document returns the Document that was compiled of these bytes, nil if it is
// not kept.
func (c *cache) document(path, name string, made source.Digest, check *source.Checker) *document.Document {
	id := docID(path, made)
	b := c.docs[id]
	if b == "" {
		return nil
	}
	if sumAt(b, recordHead-8) == check.Sum(b[recordHead:]) {
		if d := document.Decode(b[recordHead:]); d != nil && d.Path == path && d.Name == name && d.Made == made {
			return d
		}
	}
	c.spoilt.Store(id, true)
	return nil
}

func appendRecord(b []byte, d *document.Document) []byte {
	id := docID(d.Path, d.Made)
	b = append(b, id[:]...)
	at := len(b)
	b = d.AppendTo(append(b, make([]byte, recordHead-len(id))...))
	data := b[at+recordHead-len(id):]
	if uint64(len(data)) >= 1<<32 {
		return b[:at-len(id)] // nothing that a page could be
	}
	binary.LittleEndian.PutUint32(b[at:], uint32(len(data)))
	binary.LittleEndian.PutUint64(b[at+4:], source.Checksum(data))
	return b
}

// Packs are laid into one when there are so many, or when they have so much
// more than what is of use.
const (
	maxPacks   = 24
	maxGarbage = 4 << 20
)

// putDocuments keeps the Documents that are not kept yet.
func (c *cache) putDocuments(s *source.Store, docs []*document.Document) {
	if c.docs == nil {
		c.documents()
	}
	defer func() { c.packs, c.docs = nil, nil }() // read anew, should there be a next time
	var fresh []*document.Document
	ids := make([]source.Digest, len(docs))
	live, total := 0, 0
	for i, d := range docs {
		ids[i] = docID(d.Path, d.Made)
		if _, bad := c.spoilt.Load(ids[i]); bad {
			delete(c.docs, ids[i])
		}
		if b, ok := c.docs[ids[i]]; ok {
			live += len(b)
		} else {
			fresh = append(fresh, d)
		}
	}
	last := 0
	for _, p := range c.packs {
		total += p.size
	}
	for _, name := range s.Names() {
		var n int
		if _, err := fmt.Sscanf(name, docsPrefix+"%d", &n); err == nil && n < 1<<30 {
			last = max(last, n)
		}
	}
	for _, name := range c.dead {
		s.Remove(name)
	}
	c.dead = nil
	whole := len(c.packs) >= maxPacks || total-live > live/2+maxGarbage
	if len(fresh) == 0 && !whole {
		return
	}
	name := fmt.Sprintf("%s%04d", docsPrefix, last+1)
	err := s.WriteFrom(name, func(w io.Writer) error {
		if _, err := w.Write(c.head(0)); err != nil {
			return err
		}
		if whole {
			for _, id := range ids {
				if _, err := io.WriteString(w, c.docs[id]); err != nil {
					return err
				}
			}
		}
		return writeRecords(w, fresh)
	})
	if err != nil {
		c.note("%s/%s cannot be written: %v", cacheFolder, name, err)
		return
	}
	if whole {
		for _, p := range c.packs {
			s.Remove(p.name)
		}
	}
}

// writeRecords writes Documents, of which a few at a time are in memory.
func writeRecords(w io.Writer, docs []*document.Document) error {
	const stretch = 32
	bufs := make([][]byte, max(1, min(4, runtime.GOMAXPROCS(0))))
	for len(docs) > 0 {
		var wg sync.WaitGroup
		for i := range bufs {
			mine := docs[:min(stretch, len(docs))]
			docs = docs[len(mine):]
			wg.Go(func() {
				bufs[i] = bufs[i][:0]
				for _, d := range mine {
					bufs[i] = appendRecord(bufs[i], d)
				}
			})
		}
		wg.Wait()
		for _, b := range bufs {
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// inputs returns the digest of all that a build is made from: its options, the
// configuration, the files, and what was said when they were listed.
func (site *Site) inputs(o *Options, diags []diag.Diagnostic) (source.Digest, error) {
	e := source.Encoder{B: make([]byte, 0, 64*(len(site.Content.Files())+len(site.Layouts.Files())))}
	for _, s := range []string{o.Version, o.AsOf, o.BaseURL, site.name, string(site.config)} {
		e.Str(s)
	}
	for _, v := range []bool{o.Drafts, o.Future, o.Strict, o.KeepGoing, o.Portable} {
		e.Bool(v)
	}
	e.Digest(site.repo.Key())
	for _, t := range []*source.Tree{site.Content, site.Layouts} {
		files := t.Files()
		e.Uint(uint64(len(files)))
		for i := range files {
			d, err := t.DigestAt(i)
			if err != nil {
				return d, err
			}
			e.Str(files[i].Path)
			e.Str(files[i].Name)
			e.Bool(files[i].Link)
			e.Digest(d)
		}
	}
	e.Diags(diags)
	return source.Sum(e.B), nil
}

// outcome is what came of a build.
type outcome struct {
	documents, pages int
	diags            []diag.Diagnostic
	outputs          []output1
	files            []string // files beside pages
}

// output1 is one output.
type output1 struct {
	path   string
	digest source.Digest
	doc    string // the document it was made of
}

func (w *outcome) encode(inputs source.Digest) []byte {
	e := source.Encoder{B: make([]byte, 0, 128*len(w.outputs))}
	e.Digest(inputs)
	e.Int(w.documents)
	e.Int(w.pages)
	e.Diags(w.diags)
	e.Len(len(w.outputs), false)
	for i := range w.outputs {
		x := &w.outputs[i]
		e.Str(x.path)
		e.Digest(x.digest)
		e.Str(x.doc)
	}
	e.Strs(w.files)
	return e.B
}

// document returns the name of the document that an output was made of.
func (w *outcome) document(path string) string {
	i, ok := slices.BinarySearchFunc(w.outputs, path, func(x output1, p string) int { return strings.Compare(x.path, p) })
	if !ok {
		return ""
	}
	return w.outputs[i].doc
}

// outcome returns what came of a build from these inputs, nil if it is not
// known. They are worked out only if something is known at all.
func (c *cache) outcome(inputs func() (source.Digest, error)) *outcome {
	s := c.open(false)
	defer s.Close()
	r := source.NewDecoder(c.read(s, outcomeFile))
	was := r.Digest()
	if !r.OK() {
		return nil
	}
	if now, err := inputs(); err != nil || now != was {
		return nil // an error will show again
	}
	w := &outcome{documents: r.Int(), pages: r.Int(), diags: r.Diags()}
	n, _ := r.Len(18)
	w.outputs = make([]output1, n)
	for i := range w.outputs {
		w.outputs[i] = output1{r.Str(), r.Digest(), r.Str()}
	}
	w.files = r.Strs()
	if !r.Done() {
		c.note("%s/%s is damaged and was left alone", cacheFolder, outcomeFile)
		return nil
	}
	return w
}

// stands tells whether a Sink holds everything that came of a build; then it
// keeps that.
func (w *outcome) stands(tx Sink, content *source.Tree) bool {
	for i := range w.outputs {
		if !tx.Has(w.outputs[i].path, w.outputs[i].digest) {
			return false
		}
	}
	for _, f := range w.files {
		if d, err := content.Digest(f); err != nil || !tx.Has(f, d) {
			return false
		}
	}
	return true
}

// keep writes what a later process can use: of a build that was not committed,
// what it read and compiled.
func (s *Session) keep(site *Site, o *Options, scan []diag.Diagnostic, committed bool, res *Result) {
	c := s.cache
	store := c.open(true)
	if store == nil {
		return
	}
	defer store.Close()
	if _, err := store.Read(ignoreFile, 1<<10); err != nil {
		if err := store.Write(ignoreFile, []byte("*\n")); err != nil {
			c.note("%s cannot be written: %v", cacheFolder, err)
			return
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { c.putDocuments(store, s.docs) })
	defer wg.Wait()
	if committed {
		c.write(store, stateFile, s.encodeState(site, o)...)
	}
	if inputs, err := site.inputs(o, scan); err == nil && committed && !site.unread && settled(site.Content, s.docs) {
		w := outcome{documents: res.Stats.Documents, pages: res.Stats.Pages, diags: res.Diags, files: site.files}
		for _, a := range res.Outputs {
			w.outputs = append(w.outputs, output1{a.Path, a.Digest, site.Book.DocumentAt(a.Path)})
		}
		c.write(store, outcomeFile, w.encode(inputs))
	}
	c.write(store, treeFile, site.Content.Save())
	c.write(store, layoutsFile, s.own.Save())
	if site.asked {
		c.write(store, historyFile, s.past.Save())
	}
}

// relist keeps the listings anew, where nothing else is to be kept.
func (c *cache) relist(content, own *source.Tree) {
	s := c.open(true)
	defer s.Close()
	c.write(s, treeFile, content.Save())
	c.write(s, layoutsFile, own.Save())
}

// encodeState returns, in parts, the traces and what is kept of the Book that
// they are of.
func (s *Session) encodeState(site *Site, o *Options) [][]byte {
	var traces []byte
	var wg sync.WaitGroup
	wg.Go(func() { traces = s.state.Save() })
	linked := s.book.Save()
	wg.Wait()
	if traces == nil {
		return nil
	}
	var head, e source.Encoder
	head.Uint(uint64(len(traces)))
	e.Digest(s.bookKey(site, o))
	e.Str(o.AsOf)
	e.Digest(s.past.Key())
	e.Bytes(site.Content.Save())
	e.Len(len(s.docs), false)
	for _, d := range s.docs {
		e.Str(d.Path)
		e.Str(d.Name)
		e.Digest(d.Made)
	}
	return append([][]byte{head.B, traces, e.B}, linked...)
}

// bookKey covers what a Book is made of beside documents, files and the day.
func (s *Session) bookKey(site *Site, o *Options) source.Digest {
	var e source.Encoder
	e.Digest(s.loaded.key)
	for _, t := range []string{o.Version, o.BaseURL, site.name, string(site.config)} {
		e.Str(t)
	}
	for _, v := range []bool{o.Drafts, o.Future, o.Portable} {
		e.Bool(v)
	}
	return source.Sum(e.B)
}

// recall begins to give a Session that has built nothing yet what an earlier
// process kept, but for the Book, which needs what recallBook is given. All of it
// is there when the function that it returns returns.
func (s *Session) recall() (wait func()) {
	c := s.cache
	c.docs = map[source.Digest]string{}
	var wg sync.WaitGroup
	wg.Go(c.documents)
	wg.Go(func() {
		store := c.open(false)
		defer store.Close()
		b := c.read(store, stateFile)
		if b == "" {
			return
		}
		r := source.NewDecoder(b)
		if s.state = artifact.Recall(r.Str()); s.state == nil {
			c.note("%s/%s is damaged and was left alone", cacheFolder, stateFile)
			return
		}
		c.before = r
	})
	return wg.Wait
}

// recallBook makes the Book once more whose answers the traces hold, nil if
// that cannot be done. in is what the new one will be made of.
func (s *Session) recallBook(ctx context.Context, site *Site, o *Options, in book.Input) *book.Book {
	c := s.cache
	r := c.before
	if r == nil || s.state == nil {
		return nil
	}
	c.before = nil
	if r.Digest() != s.bookKey(site, o) {
		return nil
	}
	in.AsOf = r.Str()
	switch past := r.Digest(); past {
	case in.History.Key():
	case source.Digest{}:
		in.History = nil
	case c.past.Key():
		in.History = c.past
	default:
		return nil
	}
	if in.Files = source.Recall([]byte(r.Str())); in.Files == nil {
		return nil
	}
	now := in.Docs
	n, _ := r.Len(2 + len(source.Digest{}))
	in.Docs = make([]*document.Document, n)
	for i, k := 0, 0; i < len(in.Docs); i++ {
		path, name, made := r.Str(), r.Str(), r.Digest()
		for k < len(now) && now[k].Path < path {
			k++
		}
		if k < len(now) && now[k].Path == path && now[k].Name == name && now[k].Made == made {
			in.Docs[i] = now[k]
		} else if in.Docs[i] = c.document(path, name, made, new(source.Checker)); in.Docs[i] == nil {
			return nil
		}
		if i > 0 && in.Docs[i-1].Path >= path {
			return nil
		}
	}
	b := book.Recall(ctx, in, r.Rest())
	if c.recalled = b != nil; b != nil {
		s.state.Answers(b.Known)
		s.state.OfBook(b)
	}
	return b
}

// settled tells whether the documents are those of the listed files, and none
// was written while they were read.
func settled(content *source.Tree, docs []*document.Document) bool {
	return !slices.ContainsFunc(docs, func(d *document.Document) bool {
		now, err := content.Digest(d.Path)
		return err != nil || now != d.Digest
	})
}
