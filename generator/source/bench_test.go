package source

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// manyFiles makes n pages in folders of 100, on memory where there is such a
// place, so that the figures are not those of a disk.
func manyFiles(b *testing.B, n int) string {
	dir, err := os.MkdirTemp("/dev/shm", "playbook")
	if err != nil {
		dir = b.TempDir()
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	text := make([]byte, 5000)
	for i := range n {
		p := filepath.Join(dir, fmt.Sprintf("plans/section-%03d/page-%06d.md", i/100, i))
		if i%100 == 0 {
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.WriteFile(p, text, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

func BenchmarkScan(b *testing.B) {
	dir := manyFiles(b, 10_000)
	o := Options{Name: "content/", Now: time.Now().Add(time.Hour)}
	var prev *Tree
	for _, again := range []bool{false, true} {
		b.Run(fmt.Sprintf("again=%v", again), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				t, _, err := Scan(b.Context(), dir, o, prev)
				if err != nil || len(t.Files()) != 10_000 {
					b.Fatal(err)
				}
				if again {
					prev = t
				}
			}
			b.ReportMetric(float64(10_000*b.N)/b.Elapsed().Seconds(), "files/s")
		})
	}
}

func BenchmarkRescan(b *testing.B) {
	dir := manyFiles(b, 10_000)
	o := Options{Name: "content/", Now: time.Now().Add(time.Hour)}
	prev, _, err := Scan(b.Context(), dir, o, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		t, _, err := Rescan(b.Context(), dir, o, prev, []string{"plans/section-050"})
		if err != nil || len(t.Files()) != 10_000 {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	dir := manyFiles(b, 1_000)
	t, _, err := Scan(b.Context(), dir, Options{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, f := range t.Files() {
			if _, _, err := t.Read(f.Path); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(1_000*b.N), "us/file")
}

func BenchmarkSaveRecall(b *testing.B) {
	dir := manyFiles(b, 10_000)
	t, _, err := Scan(b.Context(), dir, Options{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if Recall(t.Save()) == nil {
			b.Fatal("not recalled")
		}
	}
}
