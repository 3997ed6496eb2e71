package build_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"playbook/generator/build"
)

// allocated builds the site in a folder and returns the bytes that were asked of
// memory for it, given back or not.
func allocated(t *testing.T, o build.Options) (build.Result, uint64) {
	t.Helper()
	var sess build.Session
	warm()[false].Lend(&sess)
	o.Builtin = smallFS()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	res, err := sess.Run(t.Context(), o)
	runtime.ReadMemStats(&after)
	if err != nil || res.Failed {
		t.Fatalf("%v %v", err, res.Diags)
	}
	return *res, after.TotalAlloc - before.TotalAlloc
}

// TestLargePicture: a picture of 100 MB beside a page goes to the site piece by
// piece; the build asks for hardly more memory than with a small one.
func TestLargePicture(t *testing.T) {
	build := func(size int64) uint64 {
		dir := t.TempDir()
		write(t, dir, map[string]string{"content/index.md": "# Home\n\n![A map](map.png)\n", "content/map.png": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x10\x00\x00\x00\x10\x00\x08\x02\x00\x00\x00"})
		if err := os.Truncate(filepath.Join(dir, "content", "map.png"), size); err != nil {
			t.Fatal(err)
		}
		o := options(dir, true, "2026-11-23", false, nil)
		o.Begin = nil // into a folder, as users have it
		_, n := allocated(t, o)
		if info, err := os.Stat(filepath.Join(dir, "public", "map.png")); err != nil || info.Size() != size {
			t.Fatalf("%v, %v", info, err)
		}
		return n
	}
	small, large := build(1000), build(100<<20)
	t.Logf("%d kB with a small picture, %d kB with a large one", small>>10, large>>10)
	if large > small+8<<20 {
		t.Errorf("%d bytes of memory for a picture of 100 MB, %d for one of 1 kB", large, small)
	}
}

// TestManyAliases: 10,000 old addresses of one page are 10,000 small pages, and
// cost memory in proportion.
func TestManyAliases(t *testing.T) {
	var old []string
	for i := range 10_000 {
		old = append(old, "a"+strconv.Itoa(i))
	}
	page := func(n int) (build.Result, uint64) {
		dir := t.TempDir()
		write(t, dir, map[string]string{"content/index.md": "# Home\n", "content/p.md": "---\ntitle: Moved often\naliases: [" + strings.Join(old[:n], ",") + "]\n---\nText.\n"})
		return allocated(t, options(dir, true, "2026-11-23", false, build.NewMemory(nil)))
	}
	few, small := page(1000)
	many, large := page(10_000)
	t.Logf("1,000 aliases: %d kB, 10,000: %d kB", small>>10, large>>10)
	if n := many.Stats.Rendered - few.Stats.Rendered; n != 9000 {
		t.Errorf("%d outputs more", n)
	}
	if large > 12*small {
		t.Errorf("%d bytes for 10,000 aliases, %d for 1,000", large, small)
	}
	if per := (large - small) / 9000; per > 64<<10 {
		t.Errorf("%d bytes an alias", per)
	}
}
