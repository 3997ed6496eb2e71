// Package history tells when the files of a folder were last changed, by whom,
// and what they said before, as the git checkout that the folder lies in knows it.
//
// Find looks for the checkout and at what it has checked out; it starts no
// process and reads a handful of small files. Read asks git, once for all files,
// and is needed only where Find's Key is another one than before. Fetch asks it,
// once for all that is wanted, for the texts of a few files.
//
// What is told is a function of the commit that is checked out and of the
// checkout's .mailmap: an edit that is not committed changes nothing, so a page
// keeps the day on which it was last published. Of a file that was renamed, the
// history begins anew. A commit of a branch counts on its own day; a merge counts
// for the files that it left unlike each of its parents.
package history

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"playbook/generator/source"
)

// Form numbers what Key covers and Save writes. Raise it with every change of
// either, and of how git is asked.
const Form = 1

// Bounds: of git's time, of what it writes, of the files that are told of, and of
// a name.
const (
	maxTime   = 2 * time.Minute
	maxOutput = 1 << 30
	maxFiles  = 1 << 20
	maxName   = 200
	maxText   = 128 << 10 // of a version of a file; of a longer one nothing is told
	maxSmall  = 1 << 20   // of HEAD, .mailmap and their like
	maxPacked = 64 << 20  // of packed-refs
)

// ErrShallow tells that the checkout holds the last commits only: each file would
// seem to be as young as the oldest of them.
var ErrShallow = errors.New("the checkout is shallow, so it does not know when pages were changed")

// ErrNoGit tells that there is no git to ask.
var ErrNoGit = errors.New("there is no git that could be asked when pages were changed")

// Change is what is known of a file. Days are as "2026-11-23", in the time zone of
// whoever committed; all are "" for a file that was never committed.
type Change struct {
	On    string // day of the last commit that changed it
	By    string // author of that commit, by the name that .mailmap gives
	First string // day of the first commit that holds it

	was, is blob // what it said before that day, and since
}

// blob is the name by which git knows a text, in bytes; "" for no text.
type blob string

// Versions are what a file said before the day of its last change, and since.
type Versions struct {
	Was, Is string
	New     bool // there was no such file before
}

// History is what is known of the Markdown files of a folder. A nil History knows
// nothing. Fetch apart, it does not change.
type History struct {
	key   source.Digest
	files map[string]Change   // by path below the folder
	texts map[string]Versions // of those that were fetched
}

// Key identifies what the History was read from.
func (h *History) Key() source.Digest {
	if h == nil {
		return source.Digest{}
	}
	return h.key
}

// Of returns what is known of the file at a path below the folder.
func (h *History) Of(path string) Change {
	if h == nil {
		return Change{}
	}
	return h.files[path]
}

// Versions returns what Fetch found of the file at a path below the folder; ok
// is false where it found nothing.
func (h *History) Versions(path string) (v Versions, ok bool) {
	if h != nil {
		v, ok = h.texts[path]
	}
	return v, ok
}

// Save returns h for Recall.
func (h *History) Save() []byte {
	var e source.Encoder
	e.Int(Form)
	e.Digest(h.Key())
	if h == nil {
		h = &History{}
	}
	e.Len(len(h.files), false)
	for _, p := range slices.Sorted(maps.Keys(h.files)) {
		c := h.files[p]
		for _, s := range [...]string{p, c.On, c.By, c.First, string(c.was), string(c.is)} {
			e.Str(s)
		}
	}
	e.Len(len(h.texts), false)
	for _, p := range slices.Sorted(maps.Keys(h.texts)) {
		v := h.texts[p]
		e.Str(p)
		e.Str(v.Was)
		e.Str(v.Is)
		e.Bool(v.New)
	}
	return e.B
}

// Recall returns what Save was called of, nil if saved cannot be read.
func Recall(saved string) *History {
	r := source.NewDecoder(saved)
	if r.Int() != Form {
		return nil
	}
	h := &History{key: r.Digest()}
	n, _ := r.Len(6)
	h.files = make(map[string]Change, n)
	for range n {
		p := r.Str()
		h.files[p] = Change{r.Str(), r.Str(), r.Str(), blob(r.Str()), blob(r.Str())}
	}
	n, _ = r.Len(4)
	h.texts = make(map[string]Versions, n)
	for range n {
		p := r.Str()
		h.texts[p] = Versions{r.Str(), r.Str(), r.Bool()}
	}
	if !r.Done() {
		return nil
	}
	return h
}

// Repo is a checkout that a folder lies in.
type Repo struct {
	dir     string // the folder
	prefix  string // its path below the top of the checkout, "" or with a slash at the end
	head    string // commit that is checked out, "" if there is none yet
	shallow bool
	key     source.Digest
}

// Key covers all that a History of the checkout is made of.
func (r *Repo) Key() source.Digest {
	if r == nil {
		return source.Digest{}
	}
	return r.key
}

// Shallow tells whether the checkout holds the last commits only.
func (r *Repo) Shallow() bool { return r.shallow }

// Find returns the checkout that dir lies in, nil if it lies in none.
func Find(dir string) *Repo {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil
	}
	for top := dir; ; top = filepath.Dir(top) {
		if git := gitDir(top); git != "" {
			return open(dir, top, git)
		}
		if filepath.Dir(top) == top {
			return nil
		}
	}
}

// gitDir returns the folder in which git keeps what it knows of the checkout at
// top, "" if there is no checkout.
func gitDir(top string) string {
	git := filepath.Join(top, ".git")
	if s, ok := strings.CutPrefix(small(git), "gitdir:"); ok { // of a worktree or a submodule
		git = strings.TrimSpace(s)
		if !filepath.IsAbs(git) {
			git = filepath.Join(top, git)
		}
	}
	if small(filepath.Join(git, "HEAD")) == "" {
		return ""
	}
	return git
}

func open(dir, top, git string) *Repo {
	r := &Repo{dir: dir}
	if rel, err := filepath.Rel(top, dir); err == nil && rel != "." {
		r.prefix = filepath.ToSlash(rel) + "/"
	}
	common := git
	if s := strings.TrimSpace(small(filepath.Join(git, "commondir"))); s != "" {
		if common = s; !filepath.IsAbs(s) {
			common = filepath.Join(git, s)
		}
	}
	r.shallow = small(filepath.Join(common, "shallow")) != ""
	r.head = resolve(git, common)
	var e source.Encoder
	e.Int(Form)
	for _, s := range []string{r.head, r.prefix, small(filepath.Join(top, ".mailmap"))} {
		e.Str(s)
	}
	e.Bool(r.shallow)
	r.key = source.Sum(e.B)
	return r
}

// resolve returns the commit that HEAD stands for, "" if there is none.
func resolve(git, common string) string {
	name := strings.TrimSpace(small(filepath.Join(git, "HEAD")))
	for range 5 { // git follows no more
		ref, ok := strings.CutPrefix(name, "ref:")
		if !ok {
			break
		}
		ref = strings.TrimSpace(ref)
		if !filepath.IsLocal(filepath.FromSlash(ref)) {
			return ""
		}
		name = strings.TrimSpace(small(filepath.Join(common, filepath.FromSlash(ref))))
		if name == "" {
			name = packed(filepath.Join(common, "packed-refs"), ref)
		}
	}
	if n := len(name); n != 40 && n != 64 || strings.Trim(name, "0123456789abcdef") != "" {
		return ""
	}
	return name
}

// packed looks a ref up in a packed-refs file.
func packed(file, ref string) string {
	b, err := source.ReadFile(file, maxPacked)
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(b) {
		if hash, name, ok := bytes.Cut(bytes.TrimSpace(line), []byte(" ")); ok && string(name) == ref {
			return string(hash)
		}
	}
	return ""
}

// small returns the text of a small file, "" if there is none.
func small(file string) string {
	if s, err := os.Lstat(file); err != nil || !s.Mode().IsRegular() {
		return ""
	}
	b, err := source.ReadFile(file, maxSmall)
	if err != nil {
		return ""
	}
	return string(b)
}

// Read asks git. The error says, in words for whoever builds, why nothing can be
// known; ctx's own error is returned as it is.
func (r *Repo) Read(ctx context.Context) (*History, error) {
	h := &History{key: r.key, files: map[string]Change{}}
	switch {
	case r.shallow:
		return nil, ErrShallow
	case r.head == "":
		return h, nil
	}
	err := r.ask(ctx, nil, func(in *bufio.Reader) error { return h.read(in, r.prefix) },
		"-c", "core.quotePath=false", "-c", "log.showSignature=false", "-c", "log.follow=false", "-c", "mailmap.file=", "-c", "mailmap.blob=",
		"log", "-z", "--date-order", "--no-renames", "-c", "--raw", "--no-abbrev", "--no-color", "--no-ext-diff", "--no-textconv", "--encoding=UTF-8",
		"--format=%x01%cs %aN", r.head, "--", ":(top,literal)"+strings.TrimSuffix(r.prefix, "/"))
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Fetch asks git what the files at these paths said before they were last
// changed, and since, unless that is known already, and forgets what others said.
// It must not run beside anything else that is done with h, and h must be what r
// told. It tells whether anything is known now that was not.
func (r *Repo) Fetch(ctx context.Context, h *History, paths []string) (more bool, err error) {
	had := h.texts
	h.texts = make(map[string]Versions, len(paths))
	var wanted []string
	var names bytes.Buffer
	for _, p := range paths {
		c, ok := h.files[p]
		if v, known := had[p]; known {
			h.texts[p] = v
			continue
		}
		if !ok || c.is == "" {
			continue
		}
		wanted = append(wanted, p)
		for _, b := range [...]blob{c.was, c.is} {
			if b != "" {
				fmt.Fprintf(&names, "%x\n", string(b))
			}
		}
	}
	if len(wanted) == 0 {
		return false, nil
	}
	return true, r.ask(ctx, &names, func(in *bufio.Reader) error {
		for _, p := range wanted {
			c := h.files[p]
			v := Versions{New: c.was == ""}
			fit := true
			for _, side := range []struct {
				of   blob
				text *string
			}{{c.was, &v.Was}, {c.is, &v.Is}} {
				if side.of == "" {
					continue
				}
				text, ok, err := readBlob(in)
				if err != nil {
					return err
				}
				*side.text, fit = text, fit && ok
			}
			if fit {
				h.texts[p] = v
			}
		}
		return nil
	}, "cat-file", "--batch")
}

// readBlob reads one answer of git cat-file --batch; ok is false where git has no
// such text, or a longer one than is read.
func readBlob(in *bufio.Reader) (text string, ok bool, err error) {
	head, err := in.ReadString('\n')
	if err != nil {
		return "", false, err
	}
	f := strings.Fields(head)
	if len(f) != 3 { // "<name> missing"
		return "", false, nil
	}
	n, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil || n < 0 {
		return "", false, fmt.Errorf("git tells of %q bytes", f[2])
	}
	if n > maxText || f[1] != "blob" {
		_, err := io.CopyN(io.Discard, in, n+1)
		return "", false, err
	}
	b := make([]byte, n+1)
	if _, err := io.ReadFull(in, b); err != nil {
		return "", false, err
	}
	return string(b[:n]), true, nil
}

// ask runs git in the folder, gives it what it is to read and lets what it writes
// be read. The error says, in words for whoever builds, what went wrong.
func (r *Repo) ask(ctx context.Context, said *bytes.Buffer, read func(*bufio.Reader) error, args ...string) error {
	tool, err := exec.LookPath("git")
	if err != nil {
		return ErrNoGit
	}
	limited, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	// What a configuration could add (hooks, monitors, signatures, pagers, other
	// mailmaps, the network) has no say; safe.directory has.
	cmd := exec.CommandContext(limited, tool, append([]string{"--no-pager", "--no-optional-locks", "--no-replace-objects",
		"-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "protocol.allow=never"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = environment(os.Environ())
	cmd.WaitDelay = time.Second
	if said != nil {
		cmd.Stdin = said
	}
	var complaint tail
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return ErrNoGit
	}
	in := &io.LimitedReader{R: out, N: maxOutput}
	err = read(bufio.NewReaderSize(in, 64<<10))
	if err != nil || in.N == 0 {
		cancel()
	}
	ended := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case in.N == 0 || errors.Is(err, errMany):
		return errors.New("the history is too long to be read")
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return fmt.Errorf("git needed more than %v to tell when pages were changed", maxTime)
	case ended != nil && complaint.line() != "":
		return errors.New("git does not tell when pages were changed: " + complaint.line())
	case err != nil:
		return fmt.Errorf("what git told of when pages were changed cannot be read: %w", err)
	case ended != nil:
		return fmt.Errorf("git does not tell when pages were changed: %w", ended)
	}
	return nil
}

var errMany = errors.New("too many files")

// read reads what git log writes, the latest commit first.
func (h *History) read(in *bufio.Reader, prefix string) error {
	on, by := "", ""
	gone := map[string]bool{} // deleted since
	for {
		s, err := in.ReadString(0)
		if err == io.EOF && strings.TrimSpace(s) == "" {
			return nil
		}
		if err != nil {
			return err
		}
		s = strings.TrimLeft(s[:len(s)-1], "\n")
		if head, ok := strings.CutPrefix(s, "\x01"); ok {
			on, by, _ = strings.Cut(head, " ")
			if _, err := time.Parse(time.DateOnly, on); err != nil {
				on = "" // of a clock that stood beyond all years
			}
			by = name(by)
			continue
		}
		if s == "" {
			continue
		}
		was, is, ok := blobsOf(s)
		if !ok {
			return fmt.Errorf("git tells of a change as %.80q", s)
		}
		path, err := in.ReadString(0)
		if err != nil {
			return err
		}
		path, below := strings.CutPrefix(path[:len(path)-1], prefix)
		if on == "" || !below || !isMarkdown(path) {
			continue
		}
		c, known := h.files[path]
		if gone[path] = gone[path] || !known && is == ""; gone[path] {
			continue
		}
		if !known {
			if len(h.files) == maxFiles {
				return errMany
			}
			c.On, c.By, c.is = on, by, is
		}
		if c.On == on { // a day's commits are one change
			c.was = was
		}
		c.First = on
		h.files[path] = c
	}
}

// blobsOf reads what a line of git log --raw says of the text before and after.
// Of a merge it names the text of each parent; the first one's is meant.
func blobsOf(line string) (was, is blob, ok bool) {
	parents := len(line) - len(strings.TrimLeft(line, ":"))
	f := strings.Fields(line[parents:])
	if parents == 0 || len(f) != 2*(parents+1)+1 {
		return "", "", false
	}
	was, ok = blobOf(f[parents+1])
	is, also := blobOf(f[2*parents+1])
	return was, is, ok && also
}

func blobOf(name string) (blob, bool) {
	b, err := hex.DecodeString(name)
	if err != nil || len(b) != 20 && len(b) != 32 {
		return "", false
	}
	if strings.Trim(name, "0") == "" {
		return "", true
	}
	return blob(b), true
}

// name makes an author's name fit to be shown.
func name(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	if r := []rune(s); len(r) > maxName {
		s = string(r[:maxName])
	}
	return s
}

func isMarkdown(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return ext == ".md" || ext == ".markdown"
}

// environment leaves out of the program's environment what would lead git to
// another repository, as in a hook, and what it would say in other words.
func environment(env []string) []string {
	out := slices.DeleteFunc(slices.Clone(env), func(s string) bool {
		return strings.HasPrefix(s, "GIT_") && !strings.HasPrefix(s, "GIT_CONFIG") && !strings.HasPrefix(s, "GIT_EXEC_PATH")
	})
	return append(out, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1")
}

// tail keeps the first of what git complains of.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p[:min(len(p), 4<<10-len(t.b))]...)
	return len(p), nil
}

// line returns the first line.
func (t *tail) line() string {
	s, _, _ := strings.Cut(string(t.b), "\n")
	return strings.TrimPrefix(strings.TrimSpace(s), "fatal: ")
}
