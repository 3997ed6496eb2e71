package render_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"playbook/generator/artifact"
	"playbook/generator/build"
	"playbook/generator/render"
	"playbook/generator/source"
)

// sample is the site of this repository, linked once.
var sample = sync.OnceValues(func() (*build.Site, error) {
	var layouts fs.FS = os.DirFS("../../layouts")
	return build.Open(context.Background(), build.Options{Source: "../..", AsOf: "2026-11-23", Version: "test", Builtin: layouts, NoCache: true, Now: time.Now})
})

func theme(t testing.TB) (*build.Site, *render.Theme) {
	t.Helper()
	site, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	th, diags, err := render.Load(site.Layouts, "", "test")
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	return site, th
}

// made collects what is made.
type made struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (m *made) Has(string, source.Digest) bool { return false }
func (m *made) Put(path string, _ source.Digest, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[path] = slices.Clone(data)
	return nil
}

func makeAll(t testing.TB, site *build.Site, th *render.Theme, workers int) (map[string][]byte, *artifact.Result) {
	t.Helper()
	m := &made{files: map[string][]byte{}}
	res, err := artifact.MakeAll(context.Background(), artifact.Input{Book: site.Book, Targets: th.Targets(site.Book), Fragments: th.Fragments, Sink: m, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return m.files, res
}

// TestSiteSame makes the sample site with both executors, the compiled one with
// several workers: every byte and every message is the same, and none of the
// built-in layouts needs html/template.
func TestSiteSame(t *testing.T) {
	site, fast := theme(t)
	_, std := theme(t)
	std.UseStandard()
	want, wantRes := makeAll(t, site, std, 1)
	got, gotRes := makeAll(t, site, fast, 4)
	if len(want) < 20 || len(want) != len(got) {
		t.Fatalf("%d outputs with html/template, %d compiled", len(want), len(got))
	}
	bad := 0
	for p, w := range want {
		if g := got[p]; !bytes.Equal(g, w) {
			if bad++; bad <= 5 {
				i := 0
				for i < min(len(g), len(w)) && g[i] == w[i] {
					i++
				}
				t.Errorf("%s differs at %d:\n%q\nnot\n%q", p, i, g[max(0, i-80):min(len(g), i+80)], w[max(0, i-80):min(len(w), i+80)])
			}
		}
	}
	if bad > 5 {
		t.Errorf("%d outputs differ", bad)
	}
	if g, w := len(gotRes.Diags()), len(wantRes.Diags()); g != w {
		t.Errorf("%d messages, not %d", g, w)
	}
	if n := fast.GaveUp(); n > 0 {
		t.Errorf("the compiled layouts gave up %d times", n)
	}
}

// TestLayoutsCompile names the layouts that are left to html/template.
func TestLayoutsCompile(t *testing.T) {
	_, th := theme(t)
	names := th.LayoutNames()
	if len(names) < 20 {
		t.Fatalf("%d layouts", len(names))
	}
	for _, p := range names {
		if why := th.Uncompiled(p); why != "" {
			t.Errorf("%s is not compiled: %s", p, why)
		}
	}
}

// BenchmarkPlan makes a plan's page with either executor.
func BenchmarkPlan(b *testing.B) {
	for _, name := range []string{"standard", "compiled"} {
		b.Run(name, func(b *testing.B) {
			site, th := theme(b)
			if name == "standard" {
				th.UseStandard()
			}
			var targets []artifact.Target
			for _, t := range th.Targets(site.Book) {
				if strings.HasPrefix(t.Path, "plans/") && len(targets) == 0 && t.Path != "plans/index.html" {
					targets = append(targets, t)
				}
			}
			if len(targets) == 0 {
				b.Fatal("the sample has no plan")
			}
			const copies = 50 // of one page, so that the shared fragments do not count
			for len(targets) < copies {
				targets = append(targets, targets[0])
			}
			m := &made{files: map[string][]byte{}}
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if _, err := artifact.MakeAll(context.Background(), artifact.Input{Book: site.Book, Targets: targets, Fragments: th.Fragments, Sink: m, Workers: 1}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/copies, "µs/page")
		})
	}
}

// BenchmarkSite makes the sample site with either executor, from layouts that
// no one has used before: compiling them counts.
func BenchmarkSite(b *testing.B) {
	for _, name := range []string{"standard", "compiled"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				site, th := theme(b)
				if name == "standard" {
					th.UseStandard()
				}
				b.StartTimer()
				makeAll(b, site, th, 1)
			}
		})
	}
}
