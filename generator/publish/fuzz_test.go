package publish

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"playbook/generator/output"
	"playbook/generator/source"
)

// FuzzRelease: what a host says of a release may be anything. What passes names
// only files of a site, and is written again as it was read.
func FuzzRelease(f *testing.F) {
	e := output.Entry{Path: "plans/a/index.html", Digest: source.Sum([]byte("a")), Size: 1}
	f.Add("", (&release{files: []output.Entry{e}, carried: []output.Entry{{Path: "assets/b c.css", Digest: source.Sum(nil)}}}).encode())
	sum := source.Sum([]byte("a")).String()
	for _, line := range []string{sum + " 1 ../x", sum + " -1 x", sum + " 1 .playbook/objects/x", sum + " 01 x", "zz 1 x", sum + " 1 a/../b", sum + " 1 a\\b", sum + " 1 ", carriedMark + carriedMark + sum + " 1 x"} {
		f.Add(line, []byte{})
	}
	f.Fuzz(func(t *testing.T, body string, data []byte) {
		// With a sum that fits, so that the lines are read at all.
		sealed := []byte(manifestHead + source.Sum([]byte(body)).String() + "\n" + body)
		for _, data := range [][]byte{data, sealed} {
			var r, again release
			if r.decode(data) != nil {
				continue
			}
			for _, e := range slices.Concat(r.files, r.carried) {
				if !filepath.IsLocal(e.Path) || strings.HasPrefix(e.Path, stateDir) || strings.ContainsAny(e.Path, "\x00\n\\") || e.Size < 0 {
					t.Errorf("%q lets %+v through", data, e)
				}
			}
			if err := again.decode(r.encode()); err != nil || !slices.Equal(again.files, r.files) || !slices.Equal(again.carried, r.carried) {
				t.Errorf("%q reads as %q", data, r.encode())
			}
			if !bytes.Equal(again.encode(), r.encode()) {
				t.Errorf("%q is written in two ways", data)
			}
		}
	})
}
