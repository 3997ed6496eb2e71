package build_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"playbook/generator/build"
	"playbook/generator/source"

	"pgregory.net/rapid"
)

// lawSequences is how many random sites go through their edits:
//
//	go test ./generator/build -run Law -law.sequences 10000 -timeout 2h
var lawSequences = flag.Int("law.sequences", 300, "random sequences of edits that TestLaw plays")

// lawShrink bounds the search for a short story.
var lawShrink = flag.Duration("law.shrink", 30*time.Second, "how long TestLaw looks for a shorter sequence that fails too")

// options of a small site in a folder; its output goes to memory.
func options(dir string, noCache bool, asOf string, drafts bool, sink build.Sink) build.Options {
	return build.Options{Source: dir, Dest: filepath.Join(dir, "public"), AsOf: asOf, Drafts: drafts, KeepGoing: true, NoCache: noCache, Version: "test",
		Builtin: builtin(), Now: time.Now, Begin: func(context.Context) (build.Sink, error) { return sink, nil }}
}

// builtin returns the built-in layouts as they were when first asked for.
var builtin = sync.OnceValue(func() fs.FS {
	out := fstest.MapFS{}
	fsys := os.DirFS("../../layouts")
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, p)
		out[p] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		panic(err)
	}
	return out
})

// theme returns the layouts under a sequence's site.
func (s *sequence) theme() fs.FS {
	if s.full {
		return builtin()
	}
	return smallFS()
}

var smallFS = sync.OnceValue(func() fs.FS {
	out := fstest.MapFS{}
	for p, text := range small {
		out[p] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
})

// stage is the folder in which a sequence is played.
type stage struct {
	sequence
	dir   string
	now   time.Time
	moved []string // folders in which the last step changed something, or that it made or removed
}

// newStage makes an empty folder, in memory where the system has such folders.
func newStage(s sequence) (*stage, error) {
	dir, err := os.MkdirTemp("/dev/shm", "law")
	if err != nil {
		dir, err = os.MkdirTemp("", "law")
	}
	return &stage{sequence: s, dir: dir, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, err
}

func (g *stage) clear() { os.RemoveAll(g.dir) }

// apply does to the folder what a step says. Where a sequence is trusting, ten
// seconds pass with each step and a file looks as old as the step that wrote
// it; otherwise all files are too young for their digests to be kept.
func (g *stage) apply(st step) error {
	g.now, g.moved = g.now.Add(10*time.Second), []string{}
	full := func(p string) string { return filepath.Join(g.dir, filepath.FromSlash(p)) }
	for _, o := range st.ops {
		to := full(o.path)
		g.moved = append(g.moved, filepath.Dir(to))
		for d := filepath.Dir(to); ; d = filepath.Dir(d) {
			if _, err := os.Lstat(d); err == nil {
				break
			}
			g.moved = append(g.moved, d)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		var err error
		switch {
		case o.from != "":
			if err = os.Rename(full(o.from), to); errors.Is(err, fs.ErrNotExist) {
				err = nil // of a sequence that is being shrunk
			}
			g.prune(full(o.from))
		case o.data == "":
			if err = os.Remove(to); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			g.prune(to)
		case o.fresh:
			tmp := full("saving~")
			err = errors.Join(os.WriteFile(tmp, []byte(o.data), 0o644), g.touch(tmp), os.Rename(tmp, to))
		default:
			err = errors.Join(os.WriteFile(to, []byte(o.data), 0o644), g.touch(to))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *stage) touch(p string) error {
	if !g.trusting {
		return nil
	}
	return os.Chtimes(p, g.now, g.now)
}

// prune removes the folders that a file has left empty.
func (g *stage) prune(p string) {
	g.moved = append(g.moved, filepath.Dir(p))
	for p = filepath.Dir(p); len(p) > len(g.dir) && os.Remove(p) == nil; p = filepath.Dir(p) {
		g.moved = append(g.moved, p)
	}
}

// clock is what a build is told of the time.
func (g *stage) clock() time.Time {
	if g.trusting {
		return g.now.Add(5 * time.Second)
	}
	return time.Now()
}

// builder builds a site step by step into memory.
type builder struct {
	sess build.Session
	sink *build.Memory
	news []string                              // folders in which something changed since the last run that looked
	ctx  func(context.Context) context.Context // nil: nothing is broken on purpose
	disk string                                // the program that reads and keeps what processes leave on disk; "": none
}

// outcome is what can be seen of a build.
type outcome struct {
	res   *build.Result
	err   error
	files map[string][]byte
}

func (b *builder) build(ctx context.Context, g *stage, set settings, clean bool) outcome {
	if b.ctx != nil {
		ctx = b.ctx(ctx)
	}
	b.news = append(b.news, g.moved...)
	run := func(o build.Options, sink *build.Memory, s build.Sink) (*build.Result, error) {
		o.Source, o.Dest, o.Builtin, o.Now, o.NoCache = g.dir, filepath.Join(g.dir, "public"), g.theme(), g.clock, clean
		o.AsOf, o.Drafts, o.Future, o.Portable, o.KeepGoing = fmt.Sprintf("2026-01-%02d", set.asOf), set.drafts, set.future, set.portable, !set.careful
		o.BaseURL, o.Version, o.Program, o.Keep = set.baseURL, set.version, b.disk, true
		o.Begin = func(context.Context) (build.Sink, error) { return s, nil }
		if g.watched && b.news != nil {
			o.Within = b.news
		}
		res, err := b.sess.Run(ctx, o)
		if err == nil {
			b.news = []string{}
		}
		if err == nil && !res.Failed && !o.CheckOnly {
			b.sink = sink
		}
		return res, err
	}
	prev := b.sink
	if clean {
		prev = nil
		b.sink = nil
	} else {
		if set.checks {
			run(build.Options{Workers: set.workers, CheckOnly: true}, nil, nil)
		}
		if set.breaks > 0 {
			outer := ctx
			brittle := &brittle{Memory: build.NewMemory(prev)}
			brittle.left.Store(int64(set.breaks))
			ctx, brittle.cancel = context.WithCancel(outer)
			run(build.Options{Workers: set.workers}, brittle.Memory, brittle)
			brittle.cancel()
			ctx, prev = outer, b.sink
		}
	}
	sink := build.NewMemory(prev)
	res, err := run(build.Options{Workers: set.workers}, sink, sink)
	out := outcome{res: res, err: err}
	if b.sink != nil {
		out.files = b.sink.Files()
	}
	return out
}

// brittle is a Sink that fails at one of its outputs: the disk is full, or
// whoever waited has gone.
type brittle struct {
	*build.Memory
	left   atomic.Int64
	cancel func()
}

func (b *brittle) Put(path string, d source.Digest, data []byte) error {
	if n := b.left.Add(-1); n == 0 {
		if len(path)%2 == 0 {
			return errors.New("the disk is full")
		}
		b.cancel()
	}
	return b.Memory.Put(path, d, data)
}

// differ says in what an outcome differs from the one that it should be, "" if
// in nothing.
func (want outcome) differ(got outcome) string {
	switch {
	case fmt.Sprint(want.err) != fmt.Sprint(got.err):
		return fmt.Sprintf("the error is %v, and should be %v", got.err, want.err)
	case want.err != nil:
		return ""
	case want.res.Failed != got.res.Failed:
		return fmt.Sprintf("the site was kept back: %v, and should be: %v", got.res.Failed, want.res.Failed)
	}
	a, b := want.res.Diags, got.res.Diags
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(b):
			return fmt.Sprintf("a diagnostic is missing: %+v", a[i])
		case i >= len(a):
			return fmt.Sprintf("a diagnostic should not be there: %+v", b[i])
		case !reflect.DeepEqual(a[i], b[i]):
			return fmt.Sprintf("a diagnostic is\n  %+v\nand should be\n  %+v", b[i], a[i])
		}
	}
	if x, y := want.res.Stats, got.res.Stats; x.Pages != y.Pages || x.Documents != y.Documents {
		return fmt.Sprintf("%d documents made %d pages, and %d should make %d", y.Documents, y.Pages, x.Documents, x.Pages)
	}
	if want.res.Failed {
		return ""
	}
	for _, p := range slices.Sorted(maps.Keys(want.files)) {
		g, ok := got.files[p]
		if !ok {
			return p + " is missing"
		}
		if w := want.files[p]; string(g) != string(w) {
			return p + " " + firstDifference(string(w), string(g))
		}
		if x, y := want.res.Document(p), got.res.Document(p); x != y {
			return fmt.Sprintf("%s is said to come of %q, and should of %q", p, y, x)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(got.files)) {
		if _, ok := want.files[p]; !ok {
			return p + " should not be there"
		}
	}
	return ""
}

func firstDifference(want, got string) string {
	i := 0
	for i < min(len(want), len(got)) && want[i] == got[i] {
		i++
	}
	cut := func(s string) string { return strconv.Quote(s[max(0, i-80):min(len(s), i+80)]) }
	return fmt.Sprintf("differs at byte %d:\n  it is     … %s …\n  should be … %s …", i, cut(got), cut(want))
}

// warm returns Sessions that have loaded the themes: what they hold is keyed by
// the digest of all layouts and never written to again, so that lending it
// hides nothing but the time to load it once more.
var warm = sync.OnceValue(func() map[bool]*build.Session {
	out := map[bool]*build.Session{}
	for _, full := range []bool{false, true} {
		g, err := newStage(sequence{full: full})
		if err != nil {
			panic(err)
		}
		b := &builder{}
		b.build(context.Background(), g, settings{asOf: 1, version: "1"}, true)
		out[full] = &b.sess
		g.clear()
	}
	return out
})

func newBuilder(full bool) *builder {
	b := new(builder)
	warm()[full].Lend(&b.sess)
	return b
}

// TestLaw is the law of incremental building: after any sequence of edits the
// tree made by reusing what holds equals the tree made from nothing, byte for
// byte, and so do the diagnostics.
//
// The judge is a Session that is told to use nothing of earlier runs. All it
// keeps is the layouts it loaded, while they are the same to the byte; and so
// that this hides nothing either, a judge who has never seen anything judges
// the end of every sequence.
func TestLaw(t *testing.T) {
	shards := min(runtime.GOMAXPROCS(0), *lawSequences)
	setFlag(t, "rapid.checks", strconv.Itoa((*lawSequences+shards-1)/shards))
	setFlag(t, "rapid.nofailfile", "true") // the failure names the seed, and tells the story
	setFlag(t, "rapid.shrinktime", "1ms")  // sequences shrink better by what they mean, see shrink
	gc := debug.SetGCPercent(200)          // many small sites, and little of each lives on
	t.Cleanup(func() { debug.SetGCPercent(gc) })
	var steps, outputs, made, reused, shared, kept atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d steps, %d outputs compared, of which %d were made and %d reused; %d steps linked by sharing, %d kept back by errors",
			steps.Load(), outputs.Load(), made.Load(), reused.Load(), shared.Load(), kept.Load())
		if !t.Failed() && (reused.Load() == 0 || shared.Load() == 0 || made.Load() == 0) {
			t.Error("the test compares clean builds with clean builds")
		}
	})
	for shard := range shards {
		t.Run(strconv.Itoa(shard), func(t *testing.T) {
			t.Parallel()
			judges := map[bool]*builder{false: newBuilder(false), true: newBuilder(true)}
			var failed sequence
			t.Cleanup(func() {
				if failed.steps != nil {
					story, why := failed.shrink(context.Background(), time.Now().Add(*lawShrink))
					t.Errorf("%s\nThen: %s", story.tell(), why)
				}
			})
			rapid.Check(t, func(t *rapid.T) {
				seq := sequences.Draw(t, "edits")
				step, d := seq.play(t.Context(), judges[seq.full], func(got, want outcome, linkedBySharing bool) {
					steps.Add(1)
					outputs.Add(int64(len(want.files)))
					if got.err == nil {
						made.Add(int64(got.res.Stats.Rendered))
						reused.Add(int64(got.res.Stats.Reused))
						if got.res.Failed {
							kept.Add(1)
						}
					}
					if linkedBySharing {
						shared.Add(1)
					}
				})
				if d != "" {
					failed = seq
					failed.steps = seq.steps[:step+1]
					t.Fatalf("step %d, %s: %s", step, seq.steps[step].story, d)
				}
			})
		})
	}
}

// play plays the sequence from the start and compares each step with the judge.
// It returns the first step at which the law fails, and how.
func (s sequence) play(ctx context.Context, judge *builder, saw func(got, want outcome, linkedBySharing bool)) (step int, why string) {
	g, err := newStage(s)
	if err != nil {
		return 0, err.Error()
	}
	defer g.clear()
	b := newBuilder(s.full)
	var shape any
	for i, st := range s.steps {
		if err := g.apply(st); err != nil {
			return i, err.Error()
		}
		got := b.build(ctx, g, st.set, false)
		want := judge.build(ctx, g, st.set, true)
		if d := want.differ(got); d != "" {
			return i, d
		}
		if i == len(s.steps)-1 {
			if d := new(builder).build(ctx, g, st.set, true).differ(want); d != "" {
				return i, "in the judge itself, compared with a Session that has never seen anything: " + d
			}
		}
		now := b.sess.Shape()
		saw(got, want, now != nil && now == shape)
		shape = now
	}
	return 0, ""
}

// shrink takes out of a sequence that breaks the law what does not matter for
// that: steps, files, paragraphs and lines.
func (s sequence) shrink(ctx context.Context, until time.Time) (sequence, string) {
	fails := func(s sequence) (why string) {
		if len(s.steps) > 0 && time.Now().Before(until) {
			_, why = s.play(ctx, newBuilder(s.full), func(outcome, outcome, bool) {})
		}
		return why
	}
	_, why := s.play(ctx, newBuilder(s.full), func(outcome, outcome, bool) {})
	for again := true; again; {
		again = false
		try := func(edit func(*sequence)) bool {
			t := s
			t.steps = slices.Clone(s.steps)
			for i := range t.steps {
				t.steps[i].ops = slices.Clone(s.steps[i].ops)
			}
			edit(&t)
			w := fails(t)
			if w != "" {
				s, why, again = t, w, true
			}
			return w != ""
		}
		for i := len(s.steps) - 1; i >= 0; i-- {
			if try(func(t *sequence) { t.steps = slices.Delete(t.steps, i, i+1) }) {
				continue
			}
			if i > 0 && s.steps[i].set != s.steps[i-1].set {
				try(func(t *sequence) { t.steps[i].set = t.steps[i-1].set })
			}
			for k := len(s.steps[i].ops) - 1; k >= 0; k-- {
				if try(func(t *sequence) { t.steps[i].ops = slices.Delete(t.steps[i].ops, k, k+1) }) {
					continue
				}
				for _, sep := range []string{"\n\n", "\n"} {
					if o := s.steps[i].ops[k]; o.from != "" || o.data == "" || strings.HasPrefix(o.data, "\x89PNG") {
						break
					}
					for n := strings.Count(s.steps[i].ops[k].data, sep); n >= 0; n-- {
						try(func(t *sequence) {
							o := &t.steps[i].ops[k]
							parts := strings.Split(o.data, sep)
							o.data, o.brief = strings.Join(slices.Delete(parts, n, n+1), sep), ""
							if o.data == "" {
								o.data = " "
							}
						})
					}
				}
			}
		}
		if !time.Now().Before(until) {
			break
		}
	}
	return s, why
}

// setFlag sets a flag for the time of a test.
func setFlag(t *testing.T, name, value string) {
	f := flag.Lookup(name)
	was := f.Value.String()
	t.Cleanup(func() { f.Value.Set(was) })
	if err := f.Value.Set(value); err != nil {
		t.Fatal(err)
	}
}

// The small theme is a theme without a fault, so that what is random is what
// the edits make of it.
func TestSmallTheme(t *testing.T) {
	g, err := newStage(sequence{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.clear()
	const text = "A text that is long enough for a page of any kind, in which each term is a link: memo, plan, term, guide, goal.\n"
	var st step
	for _, ask := range asks {
		st.ops = append(st.ops, op{path: "content/guides/" + ask + ".md", data: "---\ntitle: " + ask + "\nlayout: ask/" + ask + "\n---\n" + text})
	}
	for _, id := range kinds[:5] {
		st.ops = append(st.ops, op{path: "content/k/" + id + ".md", data: "---\ntitle: " + id + "\nkind: " + id + "\ntags: [a]\n---\n" + text})
	}
	if err := g.apply(st); err != nil {
		t.Fatal(err)
	}
	out := new(builder).build(t.Context(), g, settings{asOf: 1, version: "1"}, true)
	if out.err != nil {
		t.Fatal(out.err)
	}
	for _, d := range out.res.Diags {
		if !strings.HasPrefix(d.Rule, "page-") {
			t.Errorf("%+v", d)
		}
	}
}
