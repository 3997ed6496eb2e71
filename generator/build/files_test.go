package build

import (
	"slices"
	"testing"

	"playbook/generator/artifact"
)

// TestBeside holds which files can lie beside the outputs.
func TestBeside(t *testing.T) {
	list := []artifact.Target{{Path: "a/index.html"}, {Path: "assets/style.css"}, {Path: "book.json"}, {Path: "calendar.ics"}}
	files := []string{"A", "a/B.txt", "a/b.txt", "a/index.html.png", "assets/more.txt", "book.json/x.txt", "c", "c/d.txt", "caf\u00e9.txt", "cafe\u0301.txt", "calendar.ics", "d/x.txt"}
	slices.Sort(files)
	var s beside
	for range 2 {
		left, diags := s.of(list, files, func(p string) string { return "content/" + p })
		var bad []string
		for _, d := range diags {
			bad = append(bad, d.At.File)
		}
		if want := []string{"a/B.txt", "a/index.html.png", "assets/more.txt", "c", "cafe\u0301.txt", "d/x.txt"}; !slices.Equal(left, want) {
			t.Errorf("left are %q", left)
		}
		if want := []string{"content/A", "content/a/b.txt", "content/book.json/x.txt", "content/c/d.txt", "content/caf\u00e9.txt", "content/calendar.ics"}; !slices.Equal(bad, want) {
			t.Errorf("told of are %q", bad)
		}
	}
}
