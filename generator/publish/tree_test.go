package publish

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// in reads what lies in a folder; folders end in a slash.
func in(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if d.IsDir() {
			out[filepath.ToSlash(rel)+"/"] = ""
			return err
		}
		text, err := os.ReadFile(name)
		out[filepath.ToSlash(rel)] = string(text)
		return err
	}))
	return out
}

// whole tells what differs between a tree and the releases it may be of, each
// path of any of them. With one release every path must be there, and no other.
func (p place) whole(dir string, texts map[string]string, of ...*release) string {
	have := in(p.t, dir)
	known := map[string]bool{}
	for _, r := range of {
		for _, d := range foldersOf(r.all()) {
			known[d+"/"] = true
		}
		for _, e := range r.all() {
			known[e.Path] = true
			if text, ok := have[e.Path]; len(of) == 1 && (!ok || text != texts[e.Digest.String()]) {
				return fmt.Sprintf("%s/%s is %q", dir, e.Path, text)
			}
		}
	}
	for name, text := range have {
		fits := strings.HasSuffix(name, "/")
		for _, r := range of {
			e, ok := lookup(r.all(), name)
			fits = fits || ok && text == texts[e.Digest.String()]
		}
		if !known[name] || !fits {
			return fmt.Sprintf("%s/%s is %q, and of none of its releases", dir, name, text)
		}
	}
	return ""
}

// TestTrees publishes and goes back at random, and is cut at random. At every
// moment each tree is what its name says, and nobody touches that of the release
// in service, nor of the one that was before it.
func TestTrees(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(seed, 1))
			p := place{t: t, dir: t.TempDir()}
			if seed%3 == 2 {
				p.wrap = func(f folder) folder { return linkless{f} }
			}
			keep := 1 + int(seed)%4
			texts := map[string]string{}
			sites := make([]map[string]string, 6)
			for i := range sites {
				sites[i] = maps.Clone([]map[string]string{siteA, siteB, siteC}[i%3])
				sites[i][fmt.Sprintf("extra/%d.txt", i/2)] = fmt.Sprint("extra ", i)
				for _, f := range made(sites[i]).Files {
					texts[f.Digest.String()] = sites[i][f.Path]
				}
			}
			shown, before := map[string]string{}, ""
			recycled, anewed, backs, cuts := 0, 0, 0, 0
			for step := range 80 {
				b := &brittle{err: errCut, dead: true}
				if step > 0 && rnd.IntN(3) == 0 {
					b.at = 1 + rnd.IntN(60)
				}
				q := p
				q.wrap = func(f folder) folder {
					if p.wrap != nil {
						f = p.wrap(f)
					}
					b.folder = f
					return b
				}
				was := inService(t, p)
				var err error
				want := sites[rnd.IntN(len(sites))]
				if list, _ := p.host(testEnv(p.dir), keep).Releases(t.Context(), "Our playbook"); len(list) > 1 && rnd.IntN(4) == 0 {
					r := list[rnd.IntN(len(list))]
					s, e := p.host(testEnv(p.dir), keep).look(t.Context(), "Our playbook", false)
					must(t, e)
					must(t, p.host(testEnv(p.dir), keep).load(t.Context(), s.releases...))
					want = map[string]string{}
					for _, f := range s.find(r.ID).files {
						want[f.Path] = texts[f.Digest.String()]
					}
					_, err = q.host(testEnv(p.dir), keep).Rollback(t.Context(), "Our playbook", r.ID)
					backs++
				} else {
					var res Result
					res, err = q.host(testEnv(p.dir), keep).Publish(t.Context(), made(want), Options{First: true})
					if err == nil && b.at == 0 && len(res.Notes) > 0 {
						t.Fatalf("step %d: %q", step, res.Notes)
					}
					switch {
					case err != nil || res.Same:
					case res.Linked >= len(want):
						anewed++
					default:
						recycled++
					}
				}
				if err != nil {
					if cuts++; b.at == 0 {
						t.Fatalf("step %d: %v", step, err)
					}
				}
				now := inService(t, p)
				switch {
				case now == was && p.shows(shown) != "":
					t.Fatalf("step %d (%v): %s", step, err, p.shows(shown))
				case now != was:
					if d := p.shows(want); d != "" {
						t.Fatalf("step %d (%v): %s", step, err, d)
					}
					shown, before = want, was
				}
				if err == nil && p.shows(want) != "" {
					t.Fatalf("step %d: %s", step, p.shows(want))
				}
				h := p.host(testEnv(p.dir), keep)
				s, err := h.look(t.Context(), "Our playbook", false)
				must(t, err)
				must(t, h.load(t.Context(), slices.Concat(s.releases, s.bases, s.halves)...))
				for name := range in(t, filepath.Join(p.dir, releasesDir)) {
					id := strings.TrimSuffix(name, "/")
					if strings.Contains(id, "/") {
						continue
					}
					if s.any(id) == nil {
						t.Fatalf("step %d: nobody knows tree %s", step, id)
					}
					if d := p.whole(filepath.Join(p.dir, releasesDir, id), texts, s.any(id)); d != "" {
						t.Fatalf("step %d: %s", step, d)
					}
				}
				if _, err := os.Stat(filepath.Join(p.dir, releasesDir, before)); before != "" && err != nil {
					t.Fatalf("step %d: the release before is gone: %v", step, err)
				}
				trees, err := os.ReadDir(filepath.Join(p.dir, treesDir))
				must(t, err)
				if len(trees) > 5 {
					t.Fatalf("step %d: %d trees are left", step, len(trees))
				}
				for _, d := range trees {
					from, to, way := strings.Cut(d.Name(), onWay)
					of, _, _ := strings.Cut(from, ".")
					list := []*release{s.any(of), s.any(to)}
					if of == anew {
						list[0] = &release{}
					}
					if !way {
						list = list[:1]
					}
					if slices.Contains(list, nil) {
						t.Fatalf("step %d: nobody knows what %s is made of", step, d.Name())
					}
					if d := p.whole(filepath.Join(p.dir, treesDir, d.Name()), texts, list...); d != "" {
						t.Fatalf("step %d: %s", step, d)
					}
				}
			}
			p.publish(made(siteA))
			p.publish(made(siteB))
			if d := p.shows(siteB) + p.tidy(); d != "" {
				t.Fatal(d)
			}
			if recycled < 8 || keep > 1 && backs < 5 || cuts < 5 {
				t.Errorf("%d releases were made of older ones, %d anew, %d times back, %d cuts", recycled, anewed, backs, cuts)
			}
		})
	}
}

func inService(t *testing.T, p place) string {
	t.Helper()
	to, err := os.Readlink(filepath.Join(p.dir, currentName))
	if err != nil {
		return ""
	}
	return filepath.Base(to)
}

// TestBackFar returns to a release that has no tree any more, and on.
func TestBackFar(t *testing.T) {
	p := place{t: t, dir: t.TempDir()}
	var ids []string
	site := func(n int) map[string]string {
		files := maps.Clone(siteA)
		files["index.html"], files[fmt.Sprintf("of/%d.html", n)] = fmt.Sprint("front ", n), "own"
		return files
	}
	for n := range 6 {
		ids = append(ids, p.publish(made(site(n))).Release.ID)
	}
	if left := in(t, filepath.Join(p.dir, releasesDir)); left[ids[1]+"/"] != "" || len(left) == 0 {
		t.Fatal("an old release has its tree still")
	}
	for _, n := range []int{1, 5, 2, 3, 1, 4} {
		h := p.host(testEnv(p.dir), 5)
		if r, err := h.Rollback(t.Context(), "Our playbook", ids[n]); err != nil || r.ID != ids[n] {
			t.Fatal(r, err)
		}
		rep, err := h.Verify(t.Context(), "Our playbook")
		if d := p.shows(site(n)); d != "" || err != nil || len(rep.Wrong) > 0 {
			t.Fatal(d, err, rep.Wrong)
		}
	}
	p.publish(made(siteC))
	if d := p.shows(siteC) + p.tidy(); d != "" {
		t.Fatal(d)
	}
}

// TestDoubt damages what is published, in the file itself and beside it. What
// Verify has found does not come back with an old tree, and publishing again mends
// it.
func TestDoubt(t *testing.T) {
	for _, through := range []bool{false, true} {
		t.Run(fmt.Sprint("through the link ", through), func(t *testing.T) {
			p := place{t: t, dir: t.TempDir()}
			p.publish(made(siteA))
			p.publish(made(siteB))
			name := filepath.Join(p.dir, currentName, "plans", "b", "index.html")
			if !through {
				must(t, os.Remove(name))
			}
			must(t, os.WriteFile(name, []byte("plan B"), 0o644))
			h := p.host(testEnv(p.dir), 5)
			if rep, err := h.Verify(t.Context(), "Our playbook"); err != nil || len(rep.Wrong) != 1 {
				t.Fatal(rep.Wrong, err)
			}
			if res := p.publish(made(siteB)); res.Same || res.Linked < len(siteB) || through && res.Sent != 1 {
				t.Errorf("publishing again: %+v", res)
			}
			if d := p.shows(siteB); d != "" {
				t.Fatal(d)
			}
			for i := range 6 {
				files := maps.Clone([]map[string]string{siteB, siteA}[i%2])
				files["n.txt"] = fmt.Sprint(i)
				res := p.publish(made(files))
				if d := p.shows(files) + p.tidy(); d != "" {
					t.Fatal(d)
				}
				rep, err := h.Verify(t.Context(), "Our playbook")
				if err != nil || len(rep.Wrong) > 0 {
					t.Fatal(rep.Wrong, err)
				}
				if i == 5 && res.Linked >= len(files) {
					t.Errorf("nothing is made of older trees any more: %+v", res)
				}
			}
			if _, err := os.Stat(filepath.Join(p.dir, doubtName)); !os.IsNotExist(err) {
				t.Errorf("the doubt stays: %v", err)
			}
		})
	}
}

// BenchmarkTenChanged publishes ten changed pages of ten thousand, with three
// files each.
func BenchmarkTenChanged(b *testing.B) {
	files := map[string]string{}
	for i := range 10000 {
		for _, name := range []string{"index.html", "index.md", "card.png"} {
			files[fmt.Sprintf("plans/area-%d/plan-%d/%s", i/50, i, name)] = fmt.Sprint(name, " of ", i)
		}
	}
	dir := b.TempDir()
	publish := func(site Site) {
		f, err := openLocal(dir, 0o644, 0o755)
		if err != nil {
			b.Fatal(err)
		}
		h := &folderHost{f: f, env: testEnv(dir), where: "the host"}
		defer h.Close()
		if res, err := h.Publish(b.Context(), site, Options{First: true}); err != nil || len(res.Notes) > 0 {
			b.Fatal(err, res.Notes)
		}
	}
	publish(made(files))
	changed := 0
	for b.Loop() {
		b.StopTimer()
		for i := range 10 {
			files[fmt.Sprintf("plans/area-%d/plan-%d/index.html", i*20, i*1000)] = fmt.Sprint("changed ", changed)
			changed++
		}
		site := made(files)
		b.StartTimer()
		publish(site)
	}
	b.ReportMetric(float64(len(files)), "files")
}
