package kind

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"playbook/generator/diag"
)

// Limits on one kind.yaml. They are far above what anyone writes by hand and
// keep a few bytes of anchors from becoming a few gigabytes of schema.
const (
	maxBytes = 1 << 20
	maxDepth = 60
	maxNodes = 50_000
)

// yamlFile is a parsed kind.yaml that knows where everything stands.
type yamlFile struct {
	name  string
	lines [][]rune
	root  *yaml.Node
}

// parseYAML reads one document. ok is false when nothing can be made of it.
func parseYAML(name string, src []byte, report func(diag.Diagnostic)) (f *yamlFile, ok bool) {
	f = &yamlFile{name: name}
	whole := diag.Pos{File: name, Line: 1, Col: 1}
	if len(src) > maxBytes {
		report(diag.Diagnostic{Rule: "kind-yaml", Level: diag.Error, At: whole, Msg: "a kind.yaml of more than 1 MiB is not read"})
		return nil, false
	}
	var doc yaml.Node
	if err := yaml.Load(src, &doc, yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth)))); err != nil {
		at, msg := whole, err.Error()
		var le *yaml.LoadError
		if errors.As(err, &le) {
			msg = le.Message
			if le.Mark.Line > 0 {
				at.Line, at.Col = min(le.Mark.Line, len(splitLines(string(src)))), max(1, le.Mark.Column)
			}
		}
		if strings.TrimSpace(string(src)) == "" || strings.Contains(msg, "no documents") {
			report(diag.Diagnostic{Rule: "kind-yaml", Level: diag.Error, At: whole, Msg: "this kind.yaml is empty", Hint: `begin with "name:"`})
			return nil, false
		}
		d := diag.Diagnostic{Rule: "kind-yaml", Level: diag.Error, At: at, Msg: "this is not YAML: " + strings.TrimSuffix(firstLine(msg), ".")}
		switch {
		case strings.Contains(msg, "mapping values are not allowed"):
			d.Hint = "put a text that holds a colon in quotes"
		case strings.Contains(msg, "cannot start any token"):
			d.Hint = "put the text in quotes, and indent with spaces, not tabs"
		case strings.Contains(msg, "did not find expected"):
			d.Hint = "look for an unclosed bracket or quote, or a line that is indented too far"
		}
		report(d)
		return nil, false
	}
	f.lines = splitLines(string(src))
	f.root = &doc
	if doc.Kind == yaml.DocumentNode {
		if len(doc.Content) == 0 {
			report(diag.Diagnostic{Rule: "kind-yaml", Level: diag.Error, At: whole, Msg: "this kind.yaml is empty", Hint: `begin with "name:"`})
			return nil, false
		}
		f.root = doc.Content[0]
	}
	n := &normaliser{f: f, report: report}
	f.root = n.node(f.root, 0)
	if n.failed {
		return nil, false
	}
	return f, true
}

// splitLines cuts a text where YAML sees line ends, so that its line numbers
// hold.
func splitLines(s string) (lines [][]rune) {
	s = strings.ReplaceAll(strings.TrimPrefix(s, "\ufeff"), "\r\n", "\n")
	for _, l := range strings.Split(strings.NewReplacer("\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s), "\n") {
		lines = append(lines, []rune(l))
	}
	return lines
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// normaliser replaces aliases by copies of what they stand for, so that nobody
// after it meets one, and refuses doubled keys.
type normaliser struct {
	f      *yamlFile
	report func(diag.Diagnostic)
	nodes  int
	failed bool
}

func (z *normaliser) node(n *yaml.Node, depth int) *yaml.Node {
	if z.nodes++; z.nodes > maxNodes || depth > maxDepth {
		if !z.failed {
			z.failed = true
			z.report(diag.Diagnostic{Rule: "kind-yaml", Level: diag.Error, At: z.f.pos(n), Msg: "too much or too deep: anchors used here multiply into thousands of values"})
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}
	}
	if z.failed {
		return n
	}
	switch n.Kind {
	case yaml.AliasNode:
		// The copy keeps the places of the original: that is where one mends it.
		if n.Alias == nil {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}
		}
		return z.node(n.Alias, depth+1)
	case yaml.MappingNode:
		out := *n
		out.Content = make([]*yaml.Node, 0, len(n.Content))
		seen := map[string]*yaml.Node{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := z.node(n.Content[i], depth+1), z.node(n.Content[i+1], depth+1)
			if z.failed {
				return n
			}
			if k.Kind != yaml.ScalarNode {
				z.report(diag.Diagnostic{Rule: "kind-yaml", Level: diag.Error, At: z.f.pos(k), Msg: "a key must be a plain word"})
				continue
			}
			if k.ShortTag() == "!!merge" {
				z.report(diag.Diagnostic{Rule: "kind-yaml", Level: diag.Error, At: z.f.pos(k), Msg: `merge keys ("<<") are not read`, Hint: "use an anchor for the whole mapping, or write the keys out"})
				continue
			}
			if first := seen[k.Value]; first != nil {
				z.report(diag.Diagnostic{Rule: "kind-yaml", Level: diag.Error, At: z.f.pos(k), To: z.f.end(k), Msg: "the key " + strconv.Quote(k.Value) + " stands here twice",
					Also: []diag.Note{{At: z.f.pos(first), Msg: "it stands here first"}}})
				continue
			}
			seen[k.Value] = k
			out.Content = append(out.Content, k, v)
		}
		return &out
	case yaml.SequenceNode:
		out := *n
		out.Content = make([]*yaml.Node, len(n.Content))
		for i, c := range n.Content {
			out.Content[i] = z.node(c, depth+1)
		}
		return &out
	}
	return n
}

func (f *yamlFile) pos(n *yaml.Node) diag.Pos {
	return diag.Pos{File: f.name, Line: max(1, n.Line), Col: max(1, n.Column)}
}

// end returns the place behind a scalar on one line, zero if there is none.
func (f *yamlFile) end(n *yaml.Node) diag.Pos {
	if n.Kind != yaml.ScalarNode || n.Value == "" || strings.Contains(n.Value, "\n") || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return diag.Pos{}
	}
	e := f.at(n, len([]rune(n.Value)))
	if e.Line != n.Line {
		return diag.Pos{}
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		e.Col++
	}
	return e
}

// at returns where the character of a scalar's value with index off stands in
// the file. It walks value and source side by side, so that quotes, escapes
// and folded lines need no rules of their own: white space matches any white
// space, everything else matches itself.
func (f *yamlFile) at(n *yaml.Node, off int) diag.Pos {
	line, col := n.Line-1, n.Column-1
	single, double := n.Style&yaml.SingleQuotedStyle != 0, n.Style&yaml.DoubleQuotedStyle != 0
	switch {
	case single || double:
		col++
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		line, col = line+1, 0
	}
	skip := func() {
		for line < len(f.lines) && (col >= len(f.lines[line]) || unicode.IsSpace(f.lines[line][col])) {
			if col < len(f.lines[line]) {
				col++
			} else if line, col = line+1, 0; line >= len(f.lines) {
				return
			}
		}
	}
	end := func() diag.Pos { return diag.Pos{File: f.name, Line: line + 1, Col: col + 1} }
	i := 0
	for _, r := range n.Value {
		if unicode.IsSpace(r) {
			if i == off {
				return end()
			}
			skip()
			i++
			continue
		}
		skip()
		if line < 0 || line >= len(f.lines) {
			return f.pos(n)
		}
		if i == off {
			return end()
		}
		switch c := f.lines[line][col]; {
		case single && c == '\'':
			col += 2
		case double && c == '\\' && col+1 < len(f.lines[line]):
			switch f.lines[line][col+1] {
			case 'x':
				col += 4
			case 'u':
				col += 6
			case 'U':
				col += 10
			default:
				col += 2
			}
		default:
			col++
		}
		if i++; line < len(f.lines) && col > len(f.lines[line]) {
			return f.pos(n)
		}
	}
	return end()
}

// get returns the value of a key of a mapping, nil if there is none.
func get(n *yaml.Node, key string) *yaml.Node {
	if n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

// find walks keys and indexes as far as they lead.
func find(n *yaml.Node, path []string) *yaml.Node {
	for _, p := range path {
		next := get(n, p)
		if n.Kind == yaml.SequenceNode {
			if i, err := strconv.Atoi(p); err == nil && i >= 0 && i < len(n.Content) {
				next = n.Content[i]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func isNull(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func isText(n *yaml.Node) bool {
	if n == nil || n.Kind != yaml.ScalarNode {
		return false
	}
	t := n.ShortTag()
	return t == "!!str" || t == "!!timestamp"
}

// shapeOf says in words what a node is.
func shapeOf(n *yaml.Node) string {
	switch {
	case isNull(n):
		return "empty"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	}
	return "text"
}

// object is a mapping that keeps its order, for JSON that is the same each time.
type object []member

type member struct {
	key string
	val any
}

func (o object) get(key string) (any, bool) {
	for _, m := range o {
		if m.key == key {
			return m.val, true
		}
	}
	return nil, false
}

// appendJSON writes v (see plain) as JSON, indented, in its own order.
func appendJSON(b []byte, v any, indent string) []byte {
	inner := indent + "  "
	switch v := v.(type) {
	case object:
		if len(v) == 0 {
			return append(b, "{}"...)
		}
		b = append(b, '{')
		for i, m := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, '\n'), inner...), quoteJSON(m.key)...)
			b = appendJSON(append(b, ": "...), m.val, inner)
		}
		return append(append(append(b, '\n'), indent...), '}')
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendJSON(b, e, inner)
		}
		return append(b, ']')
	case string:
		return append(b, quoteJSON(v)...)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	}
	return append(b, "null"...)
}

func quoteJSON(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return []byte(`""`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// plain turns a node into nil, bool, int64, float64, string, []any or object.
func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		o := object{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			o = append(o, member{n.Content[i].Value, plain(n.Content[i+1])})
		}
		return o
	case yaml.SequenceNode:
		l := []any{}
		for _, c := range n.Content {
			l = append(l, plain(c))
		}
		return l
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int":
		if i, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64); err == nil {
			return i
		}
	case "!!float":
		if x, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64); err == nil && x == x && x < 1e300 && x > -1e300 {
			return x
		}
	}
	return n.Value
}
