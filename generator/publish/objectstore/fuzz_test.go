package objectstore

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"playbook/generator/output"
	"playbook/generator/source"
)

// FuzzRelease: what a bucket says of a release may be anything. What passes names
// only files of a site, and is written again as it was read.
func FuzzRelease(f *testing.F) {
	good, sum, err := encodeRelease([]s3File{{Entry: output.Entry{Path: "plans/a/index.html", Digest: source.Sum([]byte("a")), Size: 1}, stored: 1}})
	if err != nil {
		f.Fatal(err)
	}
	digest := source.Sum([]byte("a")).String()
	f.Add("", sum, good)
	for _, line := range []string{digest + " 1 2 gzip x\n", digest + " 1 1 plain ../x\n", digest + " -1 1 plain x\n", digest + " 1 -1 gzip x\n", digest + " 1 1 zip x\n", "zz 1 1 plain x\n", digest + " 1 1 plain a b"} {
		f.Add(line, "", []byte{})
	}
	f.Fuzz(func(t *testing.T, body, sum string, data []byte) {
		plain := []byte(releaseHead + body)
		squeezed, err := squeeze(plain)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range []struct {
			data []byte
			sum  string
		}{{data, sum}, {squeezed, source.Sum(plain).String()}} {
			files, err := decodeRelease(in.data, in.sum)
			if err != nil {
				continue
			}
			for _, e := range files {
				if !filepath.IsLocal(e.Path) || strings.ContainsAny(e.Path, "\x00\n\\") || e.Size < 0 || e.stored < 0 {
					t.Errorf("%q lets %+v through", body, e)
				}
			}
			data, sum, err := encodeRelease(files)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := decodeRelease(data, sum); err != nil || !slices.Equal(again, files) {
				t.Errorf("%q reads as %+v", body, files)
			}
		}
	})
}
