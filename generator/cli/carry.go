package cli

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"playbook/generator/build"
	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/kind"
)

// carried is a page made from another one, for the period after it.
type carried struct {
	text string
	file string // of the page it was made from, below content
	what string // what was changed, for people
	stay bool   // dates are as they were, because nothing says how far to move them
}

// carry makes a page of kind k from the page that from names: dates are moved
// into the next period, or by the span given; what is finished stays behind, boxes are
// empty again, and nobody has verified it yet.
func carry(site *build.Site, k *kind.Kind, from, title, owner string, by kind.Span, today string) (*carried, error) {
	id, err := pageNamed(site, from)
	if err != nil {
		return nil, err
	}
	d := site.Book.Document(id)
	if is := site.Book.KindOf(id); is != k.ID {
		hint := "a page is carried over into one of its own kind"
		if is != "" {
			hint = fmt.Sprintf("say playbook new %s", is)
		}
		return nil, wrong(hint, "%q is not of the kind %q", seen(d.Name), k.ID)
	}
	src, _, err := site.Content.Read(d.Path)
	if err != nil {
		return nil, err
	}
	c := document.NewCompiler(site.Config.Markup)
	p, err := openPage(c, d.Name, src)
	if err != nil {
		return nil, &failure{code: exitContent, msg: fmt.Sprintf("%s cannot be carried over: %v", d.Name, err), hint: "playbook check tells more"}
	}
	front := p.doc.Front.Plain()
	edits, span := k.Carry(front, site.Book.NameOf(id, []string{k.ID}), by, today)
	out := &carried{file: d.Path, stay: span == (kind.Span{})}
	body := string(src[p.body:])
	if _, ok := front["title"]; ok || !heading.MatchString(body) {
		edits = append(edits, kind.Edit{Path: []string{"title"}, Value: title})
	} else {
		at := heading.FindStringSubmatchIndex(body)
		body = body[:at[2]] + title + body[at[3]:]
	}
	if owner != "" {
		edits = append(edits, kind.Edit{Path: []string{"owner"}, Value: owner})
	}
	boxes := 0
	body, boxes = untick(body)

	root := &yaml.Node{Kind: yaml.MappingNode}
	switch p.lang {
	case 'y':
		var n yaml.Node
		if err := yaml.Load(src[p.from:p.to], &n); err != nil || len(n.Content) == 0 || n.Content[0].Kind != yaml.MappingNode {
			return nil, errors.Join(errByHand, err)
		}
		root = n.Content[0]
	case 't', 'j':
		root = yamlOf(document.Value{Kind: document.Dict, Map: p.doc.Front})
	}
	want := any(front)
	moved, left := 0, map[string]int{}
	ofList := func(e kind.Edit) bool {
		_, err := strconv.Atoi(e.Path[len(e.Path)-1])
		return e.Remove && err == nil
	}
	// Elements of lists go last, and from the end, since the paths of all edits
	// count them as they were.
	slices.SortStableFunc(edits, func(a, b kind.Edit) int {
		switch x, y := ofList(a), ofList(b); {
		case x && y:
			return -slices.CompareFunc(a.Path, b.Path, func(s, t string) int { return cmp.Or(cmp.Compare(len(s), len(t)), cmp.Compare(s, t)) })
		case x:
			return 1
		case y:
			return -1
		}
		return 0
	})
	for _, e := range edits {
		if err := editNode(root, e); err != nil {
			return nil, err
		}
		want = editPlain(want, e.Path, e)
		if s, ok := e.Value.(string); ok && dateText.MatchString(s) {
			moved++
		}
		if ofList(e) {
			left[strings.Join(e.Path[:len(e.Path)-1], ".")]++
		}
	}
	var b strings.Builder
	if len(root.Content) > 0 {
		b.WriteString("---\n")
		w, err := yaml.NewDumper(&b, yaml.WithIndent(2), yaml.WithCompactSeqIndent(false), yaml.WithLineWidth(-1))
		if err != nil {
			return nil, err
		}
		if err := errors.Join(w.Dump(root), w.Close()); err != nil {
			return nil, err
		}
		b.WriteString("---\n")
	}
	b.WriteString(body)
	out.text = b.String()
	// What was written is read again: a page that says anything else is not handed out.
	if q, err := openPage(c, d.Name, []byte(out.text)); err != nil || !reflect.DeepEqual(q.doc.Front.Plain(), want) {
		return nil, &failure{code: exitContent, msg: fmt.Sprintf("%s cannot be carried over: its front matter %v", d.Name, errByHand), hint: "copy the page, and change it by hand"}
	}
	var said []string
	if span != (kind.Span{}) {
		said = append(said, fmt.Sprintf("%s moved by %s", counted(moved, "date"), span))
	}
	for _, list := range sortedKeys(left) {
		said = append(said, fmt.Sprintf("%s of %q left behind", entries(left[list]), list))
	}
	if boxes > 0 {
		said = append(said, fmt.Sprintf("%s emptied", boxesOf(boxes)))
	}
	out.what = strings.Join(said, ", ")
	return out, nil
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return strconv.Itoa(n) + " entries"
}

func boxesOf(n int) string {
	if n == 1 {
		return "1 box"
	}
	return strconv.Itoa(n) + " boxes"
}

func sortedKeys(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// pageNamed finds the page that a person names: by the path of its file, from
// here or from content, by its id, or by the end of it.
func pageNamed(site *build.Site, name string) (string, error) {
	slashed := strings.TrimPrefix(filepath.ToSlash(filepath.Clean(name)), "./")
	file := strings.TrimPrefix(slashed, site.Config.Content+"/")
	if rel, err := filepath.Rel(contentDir(site), name); err == nil && !strings.HasPrefix(rel, "..") {
		file = filepath.ToSlash(rel)
	}
	var found, all []string
	for _, id := range site.Book.PageIDs() {
		d := site.Book.Document(id)
		if d == nil {
			continue
		}
		if id == slashed || d.Path == file || d.Path == file+".md" {
			return id, nil
		}
		if strings.HasSuffix(id, "/"+slashed) {
			found = append(found, id)
		}
		all = append(all, id, path.Base(id))
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", wrong("write one of "+strings.Join(found, ", "), `%q for "--from" names %d pages`, name, len(found))
	}
	hint := "name it by its file, or by its id"
	if near := diag.Nearest(slashed, all); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return "", wrong(hint, `%q for "--from" is no page`, name)
}

var (
	heading = regexp.MustCompile(`^\s*# +(\S.*?)\s*(?:\n|$)`)
	ticked  = regexp.MustCompile(`^([ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[)[xX](\][ \t])`)
	fence   = regexp.MustCompile("^[ \t>]*(`{3,}|~{3,})")
)

// untick empties the boxes of task lists, and tells how many there were. What
// stands between fences is no task.
func untick(body string) (string, int) {
	var out strings.Builder
	open, n := "", 0
	for line := range strings.SplitAfterSeq(body, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case m != nil && open == "":
			open = m[1]
		case m != nil && m[1][0] == open[0] && len(m[1]) >= len(open) && strings.TrimSpace(strings.Trim(strings.TrimSpace(line), "> ")) == m[1]:
			open = ""
		case open == "" && ticked.MatchString(line):
			line = ticked.ReplaceAllString(line, "$1 $2")
			n++
		}
		out.WriteString(line)
	}
	return out.String(), n
}

// yamlOf is a value of front matter in another language, as YAML.
func yamlOf(v document.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode}
	switch v.Kind {
	case document.Dict:
		n.Kind = yaml.MappingNode
		if v.Map != nil {
			for _, f := range v.Map.Fields {
				n.Content = append(n.Content, scalarNode(f.Key), yamlOf(f.Value))
			}
		}
	case document.List:
		n.Kind = yaml.SequenceNode
		for _, e := range v.List() {
			n.Content = append(n.Content, yamlOf(e))
		}
	default:
		return scalarNode(v.Plain())
	}
	return n
}

// scalarNode is a value on its own. Dates stay bare.
func scalarNode(v any) *yaml.Node {
	n := &yaml.Node{}
	if s, ok := v.(string); ok && dateText.MatchString(s) {
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!timestamp", s
		return n
	}
	if n.Encode(v) != nil {
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!str", fmt.Sprint(v)
	}
	return n
}

// editNode does an edit to the front matter.
func editNode(n *yaml.Node, e kind.Edit) error {
	for i, key := range e.Path {
		last := i == len(e.Path)-1
		at := -1
		switch n.Kind {
		case yaml.MappingNode:
			for j := 0; j+1 < len(n.Content); j += 2 {
				if n.Content[j].Value == key {
					at = j + 1
				}
			}
		case yaml.SequenceNode:
			if j, err := strconv.Atoi(key); err == nil && j < len(n.Content) {
				at = j
			}
		}
		switch {
		case at < 0 && e.Remove:
			return nil
		case at < 0 && last && n.Kind == yaml.MappingNode:
			n.Content = append(n.Content, scalarNode(key), scalarNode(e.Value))
			return nil
		case at < 0:
			return errByHand
		case last && e.Remove && n.Kind == yaml.MappingNode:
			n.Content = slices.Delete(n.Content, at-1, at+1)
			return nil
		case last && e.Remove:
			n.Content = slices.Delete(n.Content, at, at+1)
			return nil
		case last:
			fresh, was := scalarNode(e.Value), n.Content[at]
			fresh.HeadComment, fresh.LineComment, fresh.FootComment = was.HeadComment, was.LineComment, was.FootComment
			if was.Kind == yaml.ScalarNode && fresh.ShortTag() == was.ShortTag() {
				fresh.Style = was.Style
			}
			n.Content[at] = fresh
			return nil
		}
		n = n.Content[at]
	}
	return nil
}

// editPlain does an edit to plain data, and returns what that is then.
func editPlain(v any, path []string, e kind.Edit) any {
	key := path[0]
	switch v := v.(type) {
	case map[string]any:
		switch {
		case len(path) > 1:
			v[key] = editPlain(v[key], path[1:], e)
		case e.Remove:
			delete(v, key)
		default:
			v[key] = e.Value
		}
	case []any:
		i, err := strconv.Atoi(key)
		switch {
		case err != nil || i >= len(v):
		case len(path) > 1:
			v[i] = editPlain(v[i], path[1:], e)
		case e.Remove:
			return slices.Delete(v, i, i+1)
		default:
			v[i] = e.Value
		}
	}
	return v
}
