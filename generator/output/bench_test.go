package output

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"playbook/generator/source"
)

func manyFiles(n int) []File {
	body := make([]byte, 8000)
	for i := range body {
		body[i] = "abcdefghijklmnopqrstuvwxyz <>/\n"[i%31]
	}
	files := make([]File, n)
	for i := range files {
		data := append([]byte(fmt.Sprintf("%d\n", i)), body...)
		files[i] = File{Path: fmt.Sprintf("section-%02d/page-%05d/index.html", i/200, i), Data: data, Digest: source.Sum(data)}
	}
	return files
}

// benchDir is on memory where there is such a place, so that the figures are
// not those of a disk.
func benchDir(b *testing.B) string {
	dir, err := os.MkdirTemp("/dev/shm", "playbook")
	if err != nil {
		return b.TempDir()
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func pages(b *testing.B, n int) {
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "pages/s")
}

// BenchmarkWriteFile is the floor: the same files by os.WriteFile, one worker
// for each processor.
func BenchmarkWriteFile(b *testing.B) {
	files, dir := manyFiles(10_000), benchDir(b)
	for i := 0; b.Loop(); i++ {
		dest := filepath.Join(dir, fmt.Sprint(i))
		each(context.Background(), len(files), func(n int) error {
			p := filepath.Join(dest, files[n].Path)
			os.MkdirAll(filepath.Dir(p), 0o755)
			return os.WriteFile(p, files[n].Data, 0o644)
		})
		b.StopTimer()
		os.RemoveAll(dest)
		b.StartTimer()
	}
	pages(b, len(files))
}

func BenchmarkCommitFirst(b *testing.B) {
	files, dir := manyFiles(10_000), benchDir(b)
	for i := 0; b.Loop(); i++ {
		dest := filepath.Join(dir, fmt.Sprint(i))
		if _, err := Commit(b.Context(), dest, files, Options{}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		os.RemoveAll(dest)
		b.StartTimer()
	}
	pages(b, len(files))
}

func BenchmarkCommitUnchanged(b *testing.B) {
	files, dest := manyFiles(10_000), filepath.Join(benchDir(b), "site")
	if _, err := Commit(b.Context(), dest, files, Options{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := Commit(b.Context(), dest, files, Options{})
		if err != nil || r.Written != 0 || r.Removed != 0 {
			b.Fatal(r, err)
		}
	}
	pages(b, len(files))
}

func BenchmarkCommitTenChanged(b *testing.B) {
	files, dest := manyFiles(10_000), filepath.Join(benchDir(b), "site")
	if _, err := Commit(b.Context(), dest, files, Options{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		for i := range 10 {
			f := &files[i*900]
			f.Data[0] ^= 1
			f.Digest = source.Sum(f.Data)
		}
		b.StartTimer()
		r, err := Commit(b.Context(), dest, files, Options{})
		if err != nil || r.Written != 10 {
			b.Fatal(r, err)
		}
	}
	pages(b, len(files))
}
