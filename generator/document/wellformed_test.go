package document

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

var voids = []string{"br", "hr", "img", "input", "wbr"}

// wellFormed holds every document to what the type promises and to what no
// content may do.
func wellFormed(t *testing.T, d *Document) {
	t.Helper()
	body := d.Body
	n := len(body.HTML())
	at := 0
	for _, h := range body.Holes {
		if h.At < at || h.At > n {
			t.Errorf("hole %+v out of order", h)
		}
		at = h.At
		switch h.Kind {
		case HoleID:
			if h.Arg >= len(body.IDs) {
				t.Errorf("hole %+v has no id", h)
			}
		case HoleLocal:
			if !bytes.HasSuffix(body.HTML()[:h.At], []byte(`href="`)) || h.At == n || body.HTML()[h.At] != '#' {
				t.Errorf("hole %+v stands in no href", h)
			}
		default:
			if h.Arg >= len(d.Refs) {
				t.Errorf("hole %+v has no reference", h)
			}
		}
	}
	at = 0
	block := -1
	for _, r := range body.Runs {
		if r.From < at || r.To <= r.From || r.To > n || r.Block < block || r.Section >= len(d.Headings) {
			t.Fatalf("run %+v out of order", r)
		}
		at, block = r.To, r.Block
		if bytes.ContainsAny(body.HTML()[r.From:r.To], "<>") {
			t.Errorf("run %q holds markup", body.HTML()[r.From:r.To])
		}
		i, _ := slices.BinarySearchFunc(body.Holes, r.From+1, func(h Hole, at int) int { return h.At - at })
		if i < len(body.Holes) && body.Holes[i].At < r.To {
			t.Errorf("run %q holds a hole", body.HTML()[r.From:r.To])
		}
	}
	seen := map[string]bool{}
	for _, id := range body.IDs {
		if seen[id] {
			t.Errorf("id %q twice", id)
		}
		seen[id] = true
	}
	balanced(t, "the body", body.HTML())
	for _, h := range d.Headings {
		if h.From >= h.To || h.To > n || !bytes.HasPrefix(body.HTML()[h.From:], []byte("<h")) {
			t.Errorf("heading %+v has no section", h)
			continue
		}
		if h.Words < 0 || !slices.Contains(body.IDs, h.ID) {
			t.Errorf("heading %+v", h)
		}
		balanced(t, "the section of "+h.Text, body.HTML()[h.From:h.To])
	}
	if l := body.Lead; l[0] > l[1] || l[1] > n {
		t.Errorf("lead %v", l)
	} else {
		balanced(t, "the lead", body.HTML()[l[0]:l[1]])
	}
	for _, r := range d.Refs {
		if r.Line < 1 || r.Col < 1 || r.EndCol != 0 && r.EndCol < r.Col {
			t.Errorf("ref %+v has no place", r)
		}
		if len([]rune(r.Snippet)) > snippetLength {
			t.Errorf("snippet of %d characters", len([]rune(r.Snippet)))
		}
	}
	if len([]rune(d.Summary)) > summaryLength {
		t.Errorf("summary of %d characters", len([]rune(d.Summary)))
	}
	for _, x := range d.Diags {
		if x.Rule == "internal" {
			t.Errorf("%+v", x)
		}
	}
	harmless(t, body.HTML())
}

// balanced checks that every start tag has its end tag, in order.
func balanced(t *testing.T, what string, h []byte) {
	t.Helper()
	var stack []string
	z := html.NewTokenizer(bytes.NewReader(h))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(stack) > 0 {
				t.Errorf("%s leaves %v open: %s", what, stack, h)
			}
			return
		case html.StartTagToken:
			if name, _ := z.TagName(); !slices.Contains(voids, string(name)) {
				stack = append(stack, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(stack) == 0 || stack[len(stack)-1] != string(name) {
				t.Errorf("%s closes %s in %v: %s", what, name, stack, h)
				return
			}
			stack = stack[:len(stack)-1]
		}
	}
}

// harmless parses HTML as a browser does and looks for what runs.
func harmless(t *testing.T, h []byte) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(h))
	if err != nil {
		t.Error(err)
		return
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			t.Errorf("a comment: %q", n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script", "style", "iframe", "object", "embed", "svg", "math", "form", "base", "meta", "link", "template", "noscript", "textarea", "title":
			t.Errorf("element %s in %s", n.Data, h)
		case "input":
			if !strings.Contains(string(h), `type="checkbox"`) {
				t.Errorf("an input that is no checkbox")
			}
		}
		for _, a := range n.Attr {
			v := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" || a.Key == "formaction" {
				t.Errorf("attribute %s in %s", a.Key, h)
			}
			if a.Key == "href" || a.Key == "src" || a.Key == "cite" {
				for _, bad := range []string{"javascript:", "vbscript:", "data:", "file:", "blob:"} {
					if strings.HasPrefix(v, bad) {
						t.Errorf("URL %q in %s", a.Val, h)
					}
				}
			}
		}
	}
}
