package build_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"playbook/generator/build"
	"playbook/generator/source"
)

// process makes the builder a new process: it remembers nothing but what lies on
// disk, the site it wrote among it.
func (b *builder) process(full bool) {
	b.sess, b.news = build.Session{}, nil
	warm()[full].Lend(&b.sess)
}

// cacheSequences is how many of TestLaw's sites TestLawCache plays.
const cacheSequences = 50

// TestLawCache is TestLaw with processes that end: at random steps all that is
// left is what lies on disk, and the trees are the same.
func TestLawCache(t *testing.T) {
	var steps, processes, reused, asBefore, recalled atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d steps, %d of them by new processes, in which %d outputs were reused; %d recalled the Book before, %d found everything as it was", steps.Load(), processes.Load(), reused.Load(), recalled.Load(), asBefore.Load())
		if !t.Failed() && (reused.Load() < 1000 || asBefore.Load() == 0 || recalled.Load() < 100) {
			t.Error("what is kept on disk is of little use")
		}
	})
	for shard := range 2 {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			judges := map[bool]*builder{false: newBuilder(false), true: newBuilder(true)}
			for n := range cacheSequences / 2 {
				seed := 2*n + shard
				s := sequences.Example(seed)
				g, err := newStage(s)
				if err != nil {
					t.Fatal(err)
				}
				b := newBuilder(s.full)
				b.disk = "playbook 1"
				dice := rapid.IntRange(0, 5)
				for i, st := range s.steps {
					if err := g.apply(st); err != nil {
						t.Fatal(err)
					}
					fresh := dice.Example(seed*1000+i) < 4
					if fresh {
						b.process(s.full)
						processes.Add(1)
					}
					got := b.build(t.Context(), g, st.set, false)
					want := judges[s.full].build(t.Context(), g, st.set, true)
					if d := want.differ(got); d != "" {
						t.Fatalf("sequence %d, step %d by a new process: %v, %s\n%s", seed, i, fresh, d, s.tell())
					}
					steps.Add(1)
					if b.sess.Recalled() && fresh {
						recalled.Add(1)
					}
					if got.err == nil && fresh {
						reused.Add(int64(got.res.Stats.Reused))
					}
					if i%3 == 0 && got.err == nil && !got.res.Failed { // once more, with nothing changed
						g.moved = []string{}
						b.process(s.full)
						set := st.set
						set.breaks, set.checks = 0, false
						again := b.build(t.Context(), g, set, false)
						if d := want.differ(again); d != "" {
							t.Fatalf("sequence %d, step %d, once more: %s\n%s", seed, i, d, s.tell())
						}
						if again.res.Stats.Rendered > 0 {
							t.Errorf("sequence %d, step %d, once more: %d outputs were made again", seed, i, again.res.Stats.Rendered)
						}
						if again.res.Outputs == nil {
							asBefore.Add(1)
						}
					}
				}
				g.clear()
			}
		})
	}
}

// kept is a small site that a process has built, with what it has left on disk.
type kept struct {
	*stage
	want  outcome
	sink  *build.Memory
	files map[string][]byte // in the cache, by name
}

func newKept(t *testing.T) *kept {
	t.Helper()
	g, err := newStage(sequence{trusting: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.clear)
	k := &kept{stage: g}
	const text = "A memo of the plan, with a [link](b.md#more) and [[plans/b]].\n\n## More\n\n- [x] done\n- [ ] not done\n\n![picture](p.svg)\n"
	first := step{ops: []op{
		{path: "content/index.md", data: "# Home\n\nThe term and the guide.\n"},
		{path: "content/plans/a.md", data: "---\ntitle: Plan A\nkind: plan\ntags: [x, y]\n---\n" + text},
		{path: "content/plans/b.md", data: "---\ntitle: Plan B\nkind: plan\n---\n" + text + "[gone](gone.md)\n"},
		{path: "content/plans/p.svg", data: "<svg xmlns='http://www.w3.org/2000/svg'></svg>"},
		{path: "content/terms/memo.md", data: "---\ntitle: memo\nkind: term\naliases: [memos]\n---\nA text to remember.\n"},
		{path: "content/hidden.md", data: "---\ndraft: true\n---\nNobody sees it.\n"},
	}}
	for i := range 6 {
		first.ops = append(first.ops, op{path: fmt.Sprintf("content/goals/g%d.md", i),
			data: fmt.Sprintf("---\ntitle: Goal %d\nkind: goal\nsupports: [g%d]\n---\n%s\n| A | B |\n| - | - |\n| memos | 2 |\n", i, i+1, text)})
	}
	if err := g.apply(first); err != nil {
		t.Fatal(err)
	}
	b := newBuilder(false)
	b.disk = "playbook 1"
	k.want = b.build(t.Context(), g, settings{asOf: 1, version: "1"}, false)
	if k.want.err != nil || k.want.res.Failed || len(k.want.res.Notes) > 0 {
		t.Fatalf("%v %+v", k.want.err, k.want.res)
	}
	k.sink = b.sink
	k.files = k.cache(t)
	if len(k.files) < 5 {
		t.Fatalf("too little was kept: %d files", len(k.files))
	}
	return k
}

func (k *kept) folder() string { return filepath.Join(k.dir, ".playbook", "cache") }

// cache returns the files of the cache.
func (k *kept) cache(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	entries, err := os.ReadDir(k.folder())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if out[e.Name()], err = os.ReadFile(filepath.Join(k.folder(), e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// put replaces one file of the cache.
func (k *kept) put(t *testing.T, name string, data []byte) {
	t.Helper()
	p := filepath.Join(k.folder(), name)
	os.Remove(p) // what is there may be open
	if err := os.WriteFile(p, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// build builds the site in a new process that keeps nothing.
func (k *kept) build(t *testing.T, program string) outcome {
	t.Helper()
	b := newBuilder(false)
	b.sink = k.sink
	sink := build.NewMemory(k.sink)
	o := options(k.dir, false, "2026-01-01", false, sink)
	o.Builtin, o.Version, o.Now, o.Program = smallFS(), "1", k.clock, program
	res, err := b.sess.Run(t.Context(), o)
	out := outcome{res: res, err: err}
	if err == nil {
		out.files = sink.Files()
	}
	return out
}

// TestCacheDamage changes a byte here and there in what lies on disk, and cuts
// files short: the site stays the same.
func TestCacheDamage(t *testing.T) {
	k := newKept(t)
	same := func(how string) {
		t.Helper()
		got := k.build(t, "playbook 1")
		if d := k.want.differ(got); d != "" {
			t.Fatalf("%s: %s", how, d)
		}
	}
	same("nothing")
	// What the next process looks at: all of it, or, where something was edited,
	// all but the outcome.
	at, tried := 0, 0
	for name, data := range k.files {
		if name == ".gitignore" {
			continue
		}
		for ; at < len(data); at += 97 {
			bad := bytes.Clone(data)
			bad[at] ^= byte(1 << (at % 8))
			k.put(t, name, bad)
			if name != "outcome" {
				os.Remove(filepath.Join(k.folder(), "outcome")) // it hides the others
			}
			same(fmt.Sprintf("byte %d of %s", at, name))
			tried++
		}
		at -= len(data)
		for _, n := range []int{0, 1, 20, 38, 39, 40, len(data) / 2, len(data) - 1} {
			k.put(t, name, data[:min(n, len(data))])
			same(fmt.Sprintf("the first %d bytes of %s", n, name))
		}
		k.put(t, name, data)
		k.put(t, "outcome", k.files["outcome"])
	}
	if tried < 100 {
		t.Errorf("only %d bytes were tried", tried)
	}
}

// TestCacheHostile does the same with checksums put right: then nobody promises
// what comes out, but nothing falls over.
func TestCacheHostile(t *testing.T) {
	k := newKept(t)
	const head, record = len("playbook cache\n") + 16, 16 + 4 + 8
	tried := 0
	for name, data := range k.files {
		if name == ".gitignore" {
			continue
		}
		if name != "outcome" {
			os.Remove(filepath.Join(k.folder(), "outcome"))
		}
		for at := head + 8; at < len(data); at += 19 {
			bad := bytes.Clone(data)
			bad[at] ^= byte(1 << (at % 8))
			tried++
			switch {
			case name == "tree" || name == "layouts":
				s := source.Sum(bad[head+8 : len(bad)-16])
				copy(bad[len(bad)-16:], s[:])
			case strings.HasPrefix(name, "docs-"): // sealed record by record
				for rest := bad[head+8:]; len(rest) >= record; {
					n := record + int(binary.LittleEndian.Uint32(rest[16:]))
					if n > len(rest) {
						break
					}
					binary.LittleEndian.PutUint64(rest[20:], source.Checksum(rest[record:n]))
					rest = rest[n:]
				}
			}
			binary.LittleEndian.PutUint64(bad[head:], source.Checksum(bad[head+8:]))
			k.put(t, name, bad)
			if got := k.build(t, "playbook 1"); got.err != nil {
				t.Fatalf("byte %d of %s: %v", at, name, got.err)
			}
		}
		k.put(t, name, data)
		k.put(t, "outcome", k.files["outcome"])
	}
	t.Logf("%d bytes were tried", tried)
}

// TestCacheForeign holds that another version of the program reads nothing of
// what lies there, says so, and puts its own in its place.
func TestCacheForeign(t *testing.T) {
	k := newKept(t)
	got := k.build(t, "playbook 2")
	if d := k.want.differ(got); d != "" {
		t.Fatal(d)
	}
	if got.res.Stats.Rendered == 0 || !strings.Contains(fmt.Sprint(got.res.Notes), "another version") {
		t.Errorf("%d rendered; said was %q", got.res.Stats.Rendered, got.res.Notes)
	}
	if got := k.build(t, "playbook 1"); got.res.Stats.Rendered != 0 || len(got.res.Notes) > 0 {
		t.Errorf("to its own program: %d rendered; said was %q", got.res.Stats.Rendered, got.res.Notes)
	}
	b := newBuilder(false)
	b.disk, b.sink = "playbook 2", k.sink
	b.build(t.Context(), k.stage, settings{asOf: 1, version: "1"}, false)
	if got := k.build(t, "playbook 2"); got.res.Stats.Rendered != 0 || len(got.res.Notes) > 0 {
		t.Errorf("after it was kept anew: %d rendered; said was %q", got.res.Stats.Rendered, got.res.Notes)
	}
}

// TestCacheNone holds that NoCache neither reads nor writes.
func TestCacheNone(t *testing.T) {
	k := newKept(t)
	if err := os.RemoveAll(filepath.Join(k.dir, ".playbook")); err != nil {
		t.Fatal(err)
	}
	b := newBuilder(false)
	b.disk = "playbook 1"
	if d := k.want.differ(b.build(t.Context(), k.stage, settings{asOf: 1, version: "1"}, true)); d != "" {
		t.Fatal(d)
	}
	if _, err := os.Lstat(filepath.Join(k.dir, ".playbook")); err == nil {
		t.Error("something was kept")
	}
	for name := range k.files { // whoever read these would speak of it
		if err := os.MkdirAll(k.folder(), 0o755); err != nil {
			t.Fatal(err)
		}
		k.put(t, name, []byte("damaged"))
	}
	got := b.build(t.Context(), k.stage, settings{asOf: 1, version: "1"}, true)
	if d := k.want.differ(got); d != "" || len(got.res.Notes) > 0 {
		t.Errorf("%s %q", d, got.res.Notes)
	}
	if now := k.cache(t); string(now["outcome"]) != "damaged" {
		t.Error("something was kept")
	}
}

// TestCacheTogether lets processes read and keep at the same time, while the
// site changes between their builds.
func TestCacheTogether(t *testing.T) {
	k := newKept(t)
	for round := range 12 {
		text := strings.Repeat(fmt.Sprintf("Round %d. ", round), round+1)
		if err := k.apply(step{ops: []op{{path: fmt.Sprintf("content/plans/r%d.md", round%3), data: "# R\n\n" + text + "\n"}}}); err != nil {
			t.Fatal(err)
		}
		judge := newBuilder(false)
		want := judge.build(t.Context(), k.stage, settings{asOf: 1, version: "1"}, true)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				b := newBuilder(false)
				b.disk, b.sink = "playbook 1", nil
				for range 2 {
					b.process(false)
					g := *k.stage
					if d := want.differ(b.build(context.Background(), &g, settings{asOf: 1, version: "1", workers: 2}, false)); d != "" {
						t.Errorf("round %d: %s", round, d)
					}
				}
			})
		}
		wg.Wait()
		for name := range k.cache(t) {
			if strings.HasSuffix(name, ".part") {
				t.Errorf("%s was left", name)
			}
		}
	}
}
