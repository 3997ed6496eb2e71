package document

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// show writes a body with its holes visible: «href 0».
func show(d *Document) string {
	names := []string{"href", "src", "text", "embed", "id", "local"}
	var b strings.Builder
	at := 0
	for _, h := range d.Body.Holes {
		b.Write(d.Body.HTML()[at:h.At])
		at = h.At
		switch h.Kind {
		case HoleID:
			fmt.Fprintf(&b, "«id %s»", d.Body.IDs[h.Arg])
		case HoleLocal:
			b.WriteString("«local»")
		default:
			fmt.Fprintf(&b, "«%s %d»", names[h.Kind], h.Arg)
		}
	}
	b.Write(d.Body.HTML()[at:])
	return b.String()
}

// story tells what a document says beside its body.
func story(d *Document) string {
	var b strings.Builder
	if d.Title != "" || d.TitleID != "" {
		fmt.Fprintf(&b, "title: %s #%s\n", d.Title, d.TitleID)
	}
	kinds := []string{"link", "image", "wiki", "embed"}
	for i, r := range d.Refs {
		fmt.Fprintf(&b, "ref %d: %s %q", i, kinds[r.Kind], r.Target)
		if r.Query != "" {
			fmt.Fprintf(&b, " ?%s", r.Query)
		}
		if r.Fragment != "" {
			fmt.Fprintf(&b, " #%s", r.Fragment)
		}
		if r.Label != "" {
			fmt.Fprintf(&b, " |%s", r.Label)
		}
		fmt.Fprintf(&b, " %d:%d-%d\n", r.Line, r.Col, r.EndCol)
	}
	for _, f := range d.Facts {
		fmt.Fprintf(&b, "fact: %s %q done=%v section=%d line=%d\n", []string{"task", "table", "code"}[f.Kind], f.Text, f.Done, f.Section, f.Line)
	}
	for _, x := range d.Diags {
		fmt.Fprintf(&b, "diag: %d:%d %s: %s\n", x.At.Line, x.At.Col, x.Rule, x.Msg)
	}
	return b.String()
}

// cases reads testdata/ext/<name>.txt: Markdown, a ruler, what comes of it, a
// ruler.
type extCase struct{ markdown, want string }

const (
	ruler = "----------------------------------------"
	end   = "========================================"
)

func readCases(t testing.TB, file string) []extCase {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []extCase
	for part := range strings.SplitSeq(string(b), end+"\n") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		md, want, _ := strings.Cut(part, ruler+"\n")
		out = append(out, extCase{md, want})
	}
	return out
}

func optionsOf(name string) Options {
	switch name {
	case "typographer":
		return Options{Typographer: true}
	case "typographer_de":
		return Options{Typographer: true, Language: "de-AT"}
	case "html_escape":
		return Options{RawHTML: Escape}
	}
	return Options{}
}

func TestExtensions(t *testing.T) {
	files, _ := filepath.Glob("testdata/ext/*.txt")
	if len(files) < 15 {
		t.Fatalf("only %d case files", len(files))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			c := NewCompiler(optionsOf(name))
			var b strings.Builder
			for _, x := range readCases(t, file) {
				d := c.Compile("p.md", "p.md", []byte(x.markdown))
				wellFormed(t, d)
				got := show(d) + "\n" + story(d)
				fmt.Fprintf(&b, "%s%s\n%s%s\n", x.markdown, ruler, got, end)
				if *update {
					continue
				}
				if diff := cmp.Diff(x.want, got); diff != "" {
					t.Errorf("%s\n%s", x.markdown, diff)
				}
			}
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
