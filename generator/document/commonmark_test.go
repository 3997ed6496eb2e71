package document

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
)

// specFloor is how many examples of the CommonMark specification pass. It may
// rise, not fall.
const specFloor = 570

// TestCommonMark compiles the examples of the specification, as the parser's
// module ships them, with the dialect's own additions off. Left out are those
// that want HTML to pass as it is written and those that want a link whose scheme
// is refused.
func TestCommonMark(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/goldmark").Output()
	if err != nil {
		t.Skip("the module cache cannot be asked")
	}
	raw, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "_test", "spec.json"))
	if err != nil {
		t.Skip(err)
	}
	var examples []struct {
		Markdown, HTML, Section string
		Example                 int
	}
	if err := json.Unmarshal(raw, &examples); err != nil {
		t.Fatal(err)
	}
	c := NewCompiler(Options{Plain: true, RawHTML: Escape})
	passed := 0
	left := map[string][]int{}
	for _, x := range examples {
		// The body alone: a first line of "---" is no front matter here.
		d := compileBody(c, x.Markdown)
		switch {
		case d.RawHTML || x.Section == "HTML blocks" || x.Section == "Raw HTML" || strings.Contains(x.HTML, "<!--"):
			left["raw HTML"] = append(left["raw HTML"], x.Example)
			continue
		case slices.ContainsFunc(d.Diags, func(x diagnostic) bool { return x.Rule == "link-scheme" }):
			left["refused scheme"] = append(left["refused scheme"], x.Example)
			continue
		}
		wellFormed(t, d)
		got, want := normal(t, filled(d)), normal(t, x.HTML)
		if got == want {
			passed++
			continue
		}
		t.Errorf("example %d (%s)\n%q\ngot  %s\nwant %s", x.Example, x.Section, x.Markdown, got, want)
	}
	t.Logf("%d of %d examples pass", passed, len(examples))
	for _, why := range []string{"raw HTML", "refused scheme"} {
		t.Logf("left out, %s: %v", why, left[why])
	}
	if passed < specFloor {
		t.Errorf("%d examples pass, %d did", passed, specFloor)
	}
}

// filled puts the targets as they were written into the holes.
func filled(d *Document) string {
	var b strings.Builder
	at := 0
	for _, h := range d.Body.Holes {
		b.Write(d.Body.HTML()[at:h.At])
		at = h.At
		name := "href"
		if h.Kind == HoleSrc {
			name = "src"
		}
		r := d.Refs[h.Arg]
		url := r.Target
		if r.Query != "" {
			url += "?" + r.Query
		}
		if r.Fragment != "" {
			url += "#" + r.Fragment
		}
		fmt.Fprintf(&b, ` %s="%s"`, name, appendEscaped(nil, util.URLEscape([]byte(url), false), true))
	}
	b.Write(d.Body.HTML()[at:])
	return b.String()
}

// normal writes HTML as a tree of which the white space between blocks, the
// order of attributes and what the compiler adds to links are left out.
func normal(t *testing.T, src string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(n *html.Node, pre bool)
	walk = func(n *html.Node, pre bool) {
		switch n.Type {
		case html.TextNode:
			s := n.Data
			if !pre {
				s = strings.ReplaceAll(s, "\n", " ")
				if edge(n.PrevSibling, n.Parent) {
					s = strings.TrimLeft(s, " ")
				}
				if edge(n.NextSibling, n.Parent) {
					s = strings.TrimRight(s, " ")
				}
			}
			b.WriteString(s)
		case html.ElementNode:
			attrs := slices.DeleteFunc(slices.Clone(n.Attr), func(a html.Attribute) bool { return a.Key == "rel" })
			slices.SortFunc(attrs, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
			fmt.Fprintf(&b, "<%s", n.Data)
			for _, a := range attrs {
				v := a.Val
				if a.Key == "href" || a.Key == "src" {
					v = percentDecoded(v)
				}
				fmt.Fprintf(&b, " %s=%q", a.Key, v)
			}
			b.WriteString(">")
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c, pre || n.Data == "pre")
			}
			fmt.Fprintf(&b, "</%s>", n.Data)
		default:
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c, pre)
			}
		}
	}
	walk(root, false)
	return b.String()
}

// edge tells whether white space next to a sibling is not shown: at the edge of
// a block, beside a block, after a line break.
func edge(sibling, parent *html.Node) bool {
	if sibling == nil {
		return isBlockElement(parent.Data)
	}
	return sibling.Type == html.ElementNode && (isBlockElement(sibling.Data) || sibling.Data == "br")
}

func isBlockElement(name string) bool {
	return slices.Contains([]string{"html", "body", "p", "ul", "ol", "li", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "div"}, name)
}
