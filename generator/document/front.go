package document

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"playbook/generator/diag"

	"github.com/BurntSushi/toml"
	"github.com/adrg/frontmatter"
	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Limits bound what one file may ask of the compiler. Zero means the default.
type Limits struct {
	Page         int // bytes of a file, 1 MiB
	Front        int // bytes of front matter, 64 KiB
	Keys         int // keys of front matter, at all depths together, 1000
	Depth        int // depth of front matter, 100
	TableColumns int // columns of a table, 128
	Nesting      int // depth of lists and quotes, 100
	Line         int // bytes of a line, 64 KiB
}

func (l Limits) front() int { return cmp.Or(l.Front, 64<<10) }
func (l Limits) keys() int  { return cmp.Or(l.Keys, 1000) }
func (l Limits) depth() int { return cmp.Or(l.Depth, 100) }

// frontFormat is how front matter was written.
type frontFormat uint8

const (
	frontNone frontFormat = iota
	frontYAML
	frontTOML
	frontJSON
)

// frontResult is a file cut into front matter and body.
type frontResult struct {
	Front    *Map // never nil
	Body     []byte
	BodyLine int // line of the file on which Body begins
	Format   frontFormat
	Diags    []diag.Diagnostic
}

// A decoder returns errNoFront for text that is no front matter at all, and
// errRead when it has read it: the library then need not copy what follows.
var (
	errNoFront = errors.New("not front matter")
	errRead    = errors.New("front matter is read")
)

// frontFinder is what the library reads from. It serves one file after the
// other, because what it reads through is larger than most front matter.
type frontFinder struct {
	text bytes.Reader
	buf  *bufio.Reader
}

// reader returns a reader of text. It is large enough for the library to take
// it as its own.
func (f *frontFinder) reader(text []byte) *bufio.Reader {
	f.text.Reset(text)
	if f.buf == nil {
		f.buf = bufio.NewReaderSize(&f.text, 4096)
	} else {
		f.buf.Reset(&f.text)
	}
	return f.buf
}

// release lets go of the file.
func (f *frontFinder) release() { f.text.Reset(nil) }

// parseFront finds and reads front matter. The finding is adrg/frontmatter's;
// it calls our decoders, which keep the place of every key and value. A body
// that merely begins with a rule or a brace is a body: front matter must be
// closed and be a mapping, or at least be meant as one.
func parseFront(name string, src []byte, lim Limits) frontResult {
	return new(frontFinder).parse(name, src, lim)
}

func (find *frontFinder) parse(name string, src []byte, lim Limits) frontResult {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	none := frontResult{Front: &Map{}, Body: src, BodyLine: 1}
	start, line := 0, 1
	for start < len(src) { // blank lines before it do not count
		i := bytes.IndexByte(src[start:], '\n')
		if i < 0 || len(bytes.TrimSpace(src[start:start+i])) > 0 {
			break
		}
		start, line = start+i+1, line+1
	}
	open, rest := cutLine(src[start:])
	p := &frontReader{name: name, lim: lim, line: line}
	var format *frontmatter.Format
	var end int // of the closing line, in rest
	switch delim := strings.TrimRight(string(open), " \t\r"); delim {
	case "---", "---yaml":
		p.format = frontYAML
		p.text, end = until(rest, func(l string) bool { return l == "---" || l == "..." })
		format = frontmatter.NewFormat(delim, "---", p.decode(p.yaml))
	case "+++", "---toml":
		p.format = frontTOML
		p.text, end = until(rest, func(l string) bool { return l == delim[:3] })
		format = frontmatter.NewFormat(delim, delim[:3], p.decode(p.toml))
	case ";;;", "---json":
		p.format = frontJSON
		p.text, end = until(rest, func(l string) bool { return l == delim[:3] })
		format = frontmatter.NewFormat(delim, delim[:3], p.decode(p.json))
	case "{":
		p.format = frontJSON
		n := jsonEnd(src[start:])
		if n < 0 {
			if jsonMeant(rest) {
				none.Diags = append(none.Diags, diag.Diagnostic{Rule: "front-unclosed", Level: diag.Error, At: p.pos(line, 1),
					Msg: "front matter begins with { and is never closed", Hint: "close it with } on a line of its own"})
			}
			return none
		}
		p.text, p.braces = src[start:start+n], true
		_, after := cutLine(src[start+n:])
		if len(bytes.TrimSpace(src[start+n:len(src)-len(after)])) > 0 {
			return none
		}
		rest, end = after, 0
		format = &frontmatter.Format{Start: "{", End: "}", Unmarshal: p.decode(p.json), UnmarshalDelims: true}
	default:
		return none
	}
	if !p.braces && end < 0 {
		if meant(p.format, rest) {
			none.Diags = append(none.Diags, diag.Diagnostic{Rule: "front-unclosed", Level: diag.Error, At: p.pos(line, 1), To: p.pos(line, 4),
				Msg: fmt.Sprintf("front matter begins with %s and is never closed", open), Hint: "close it with a line that is just " + string(bytes.TrimSpace(open)[:3])})
		}
		return none
	}
	if !p.braces {
		p.line++ // the text begins on the line after the opening one
	}
	if len(p.text) > lim.front() {
		p.report("front-too-large", line, 1, 0, fmt.Sprintf("front matter has %d bytes, the limit is %d", len(p.text), lim.front()), "move text into the body, or raise limits.front_matter")
	} else if bad := firstInvalid(p.text); bad >= 0 {
		l, c := place(p.text, bad)
		p.report("front-encoding", p.line+l, c, 0, "front matter is not UTF-8 here", "save the file as UTF-8")
	} else {
		region := src[start : len(src)-len(rest)+end]
		if p.braces {
			region = []byte("{\n}\n\n")
		} else {
			format.End = string(bytes.TrimSpace(rest[len(p.text):end]))
		}
		_, err := frontmatter.Parse(find.reader(region), nil, format)
		find.release()
		if errors.Is(err, errNoFront) || !p.called {
			return none
		}
	}
	body := rest[end:]
	bodyLine := 1 + bytes.Count(src[:len(src)-len(body)], []byte("\n"))
	return frontResult{Front: p.out(), Body: body, BodyLine: bodyLine, Format: p.format, Diags: p.diags}
}

// Front reads the front matter of a file and nothing else of it, and tells where
// the body begins; ok is false where something in it cannot be read.
func Front(src []byte, lim Limits) (front *Map, body []byte, ok bool) {
	r := parseFront("", src, lim)
	return r.Front, r.Body, !slices.ContainsFunc(r.Diags, func(d diag.Diagnostic) bool { return d.Level == diag.Error })
}

// ParseTOML reads a whole file of TOML, such as a configuration, with places.
// What could be read is returned beside the diagnostics.
func ParseTOML(name string, src []byte) (*Map, []diag.Diagnostic) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	p := &frontReader{name: name, line: 1, text: src, format: frontTOML}
	if bad := firstInvalid(src); bad >= 0 {
		l, c := place(src, bad)
		p.report("front-encoding", 1+l, c, 0, "the file is not UTF-8 here", "save the file as UTF-8")
	} else if err := p.toml(); err != nil {
		p.report("front-syntax", 1, 1, 0, err.Error(), "")
	}
	return p.out(), p.diags
}

// cutLine returns the first line without its end, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), b[i+1:]
}

// until returns the text before the first line that closes, and where the line
// after that begins; -1 when none closes. Only an unindented line closes, so
// that a rule inside a block of text does not.
func until(b []byte, closes func(string) bool) (text []byte, end int) {
	for at := 0; at < len(b); {
		line, rest := cutLine(b[at:])
		if len(line) < 16 && closes(strings.TrimRight(string(line), " \t\r")) {
			return b[:at], len(b) - len(rest)
		}
		if rest == nil {
			break
		}
		at = len(b) - len(rest)
	}
	return nil, -1
}

var keyLine = regexp.MustCompile(`^[A-Za-z_"'][\w .'"-]{0,60}:(\s|$)`)
var keyEquals = regexp.MustCompile(`^[A-Za-z_"'][\w.'"-]*\s*=`)

// meant tells whether text that is not closed, or cannot be read, was meant as
// front matter: its first line with anything on it is a key.
func meant(f frontFormat, text []byte) bool {
	for range 20 {
		line, rest := cutLine(text)
		if t := bytes.TrimSpace(line); len(t) > 0 && t[0] != '#' {
			switch f {
			case frontYAML:
				return keyLine.Match(line)
			case frontTOML:
				return keyEquals.Match(t) || t[0] == '['
			}
			return jsonMeant(text)
		}
		if rest == nil {
			return false
		}
		text = rest
	}
	return false
}

func jsonMeant(text []byte) bool {
	t := bytes.TrimSpace(text)
	t = bytes.TrimSpace(bytes.TrimPrefix(t, []byte("{")))
	return len(t) > 0 && t[0] == '"'
}

func firstInvalid(b []byte) int {
	if utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return -1
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || r == 0 {
			return i
		}
		i += n
	}
	return -1
}

// place returns the line (from 0) and column (from 1) of an offset.
func place(b []byte, at int) (line, col int) {
	line = bytes.Count(b[:at], []byte("\n"))
	from := bytes.LastIndexByte(b[:at], '\n') + 1
	return line, utf8.RuneCount(b[from:at]) + 1
}

// frontReader decodes one file's front matter.
type frontReader struct {
	name   string
	lim    Limits
	format frontFormat
	text   []byte
	line   int // of the file on which text begins
	braces bool
	called bool
	keys   int
	lines  [][]byte // of text, once asked for
	front  *Map
	diags  []diag.Diagnostic
}

func (p *frontReader) out() *Map {
	if p.front == nil {
		return &Map{}
	}
	return p.front
}

// decode makes a decoder for the library. It is given the text the library cut,
// and reads the text that we cut, which no indented delimiter ends early.
func (p *frontReader) decode(f func() error) frontmatter.UnmarshalFunc {
	return func([]byte, any) error {
		p.called = true
		return cmp.Or(f(), errRead)
	}
}

func (p *frontReader) pos(line, col int) diag.Pos {
	return diag.Pos{File: p.name, Line: line, Col: col}
}

func (p *frontReader) report(rule string, line, col, end int, msg, hint string) {
	d := diag.Diagnostic{Rule: rule, Level: diag.Error, At: p.pos(line, col), Msg: msg, Hint: hint}
	if end > col {
		d.To = p.pos(line, end)
	}
	p.diags = append(p.diags, d)
}

// sourceLine returns a line of the file that lies in the text.
func (p *frontReader) sourceLine(line int) []byte {
	if p.lines == nil {
		p.lines = bytes.Split(p.text, []byte("\n"))
	}
	if i := line - p.line; i >= 0 && i < len(p.lines) {
		return bytes.TrimSuffix(p.lines[i], []byte("\r"))
	}
	return nil
}

// count bounds the number of keys; it returns false when there are too many.
func (p *frontReader) count(line, col int) bool {
	if p.keys++; p.keys == p.lim.keys()+1 {
		p.report("front-too-large", line, col, 0, fmt.Sprintf("front matter has more than %d keys", p.lim.keys()), "raise limits.keys if that is meant")
	}
	return p.keys <= p.lim.keys()
}

func (p *frontReader) doubled(key string, line, col int, first Field) {
	p.diags = append(p.diags, diag.Diagnostic{Rule: "front-duplicate-key", Level: diag.Error, At: p.pos(line, col), To: p.pos(line, col+utf8.RuneCountInString(key)),
		Msg: fmt.Sprintf("%q stands here a second time", key), Hint: "keep one of them", Also: []diag.Note{{At: first.At(p.name), Msg: "the first one"}}})
}

// ---- YAML

func (p *frontReader) yaml() error {
	if m, ok := fastYAML(p.text, p.line, p.lim); ok {
		p.front = m
		return nil
	}
	return p.slowYAML()
}

// slowYAML reads any YAML, by the library.
func (p *frontReader) slowYAML() error {
	if onlyComments(p.text) {
		p.front = &Map{}
		return nil
	}
	if p.glued() {
		return nil
	}
	if !meant(frontYAML, p.text) && !bytes.HasPrefix(bytes.TrimSpace(p.text), []byte("{")) {
		// Text between two rules, a list, a paragraph: a body.
		var n yaml.Node
		if err := p.load(&n); err != nil || len(n.Content) == 0 || n.Content[0].Kind != yaml.MappingNode {
			return errNoFront
		}
	}
	var n yaml.Node
	if err := p.load(&n); err != nil {
		p.yamlError(err)
		return nil
	}
	if len(n.Content) == 0 {
		p.front = &Map{}
		return nil
	}
	root := n.Content[0]
	if root.Kind != yaml.MappingNode {
		return errNoFront
	}
	p.front = p.yamlMap(root, 1)
	return nil
}

var keyGlued = regexp.MustCompile(`^[A-Za-z_][\w-]{0,60}:([^\s/:\x80-\x{10ffff}]|[\x{a0}\x{1680}\x{2000}-\x{200b}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}])`)

// glued reports a first key after whose colon no space stands, or one of those
// that only look like it: YAML takes all lines for one text, and a page whose
// front matter says draft:true would be shown with it as its words.
func (p *frontReader) glued() bool {
	text := p.text
	for line := p.line; ; line++ {
		l, rest := cutLine(text)
		if t := bytes.TrimSpace(l); len(t) > 0 && t[0] != '#' {
			at := bytes.IndexByte(l, ':')
			if !keyGlued.Match(l) {
				return false
			}
			var n yaml.Node
			if err := p.load(&n); err != nil || len(n.Content) == 0 || n.Content[0].Kind != yaml.ScalarNode {
				return false
			}
			col := utf8.RuneCount(l[:at]) + 2
			p.report("front-syntax", line, col, col+1, fmt.Sprintf("after %q there is no space, so this is no key", l[:at+1]), fmt.Sprintf("write %s: and a plain space, then the value", l[:at]))
			return true
		}
		if rest == nil {
			return false
		}
		text = rest
	}
}

func onlyComments(text []byte) bool {
	for line := range bytes.Lines(text) {
		if t := bytes.TrimSpace(line); len(t) > 0 && t[0] != '#' {
			return false
		}
	}
	return true
}

func (p *frontReader) load(n *yaml.Node) error {
	text := p.text
	if bytes.Contains(text, []byte("\r\n")) {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	return yaml.Load(text, n, yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(p.lim.depth()))))
}

var yamlPlace = regexp.MustCompile(`line (\d+)`)

// yamlError words what the YAML library found, with what to do about the usual
// mistakes.
func (p *frontReader) yamlError(err error) {
	line, col := 1, 1
	msg := err.Error()
	var le *yaml.LoadError
	if errors.As(err, &le) {
		line, col, msg = le.Mark.Line, le.Mark.Column, le.Message
		if line == 0 {
			line, col = le.ContextMark.Line, le.ContextMark.Column
		}
	} else if m := yamlPlace.FindStringSubmatch(msg); m != nil {
		line, _ = strconv.Atoi(m[1])
	}
	line, col = max(line, 1), max(col, 1)
	at := p.line + line - 1
	text := string(p.sourceLine(at))
	trimmed := strings.TrimLeft(text, " \t")
	hint := ""
	end := 0
	switch {
	case strings.Contains(msg, "depth") || strings.Contains(msg, "nest"):
		p.report("front-too-large", at, col, 0, fmt.Sprintf("front matter is nested deeper than %d", p.lim.depth()), "raise limits.depth if that is meant")
		return
	case strings.Contains(text[:len(text)-len(trimmed)], "\t"):
		col = 1 + utf8.RuneCountInString(text[:strings.IndexByte(text, '\t')])
		msg, hint = "a tab indents this line; YAML wants spaces", "indent with spaces"
	case strings.Contains(msg, "mapping values are not allowed"):
		if i := strings.Index(text, ":"); i >= 0 {
			if j := strings.Index(text[i+1:], ": "); j >= 0 {
				col = utf8.RuneCountInString(text[:i+1+j]) + 1
				end = col + 1
				msg, hint = "a colon and a space inside a value end it", `put the value in quotes: `+strings.TrimSpace(text[:i])+`: "`+strings.TrimSpace(text[i+1:])+`"`
				break
			}
		}
		msg, hint = "a key cannot stand here", "check the indentation of this line and of the one before"
	case strings.Contains(msg, "cannot start any token"), strings.Contains(msg, "found character"):
		c := ""
		if i := strings.Index(text, ":"); i >= 0 {
			v := strings.TrimLeft(text[i+1:], " ")
			if v != "" {
				c = v[:1]
				col = utf8.RuneCountInString(text[:len(text)-len(v)]) + 1
			}
		}
		if c != "" && strings.Contains("@`%|>&*!", c) {
			end = col + 1
			msg, hint = "a value cannot begin with "+strconv.Quote(c), "put the value in quotes"
		} else {
			msg, hint = "a character stands here that YAML does not allow", "put the value in quotes"
		}
	case strings.Contains(msg, "unexpected end of stream"), strings.Contains(msg, "unexpected document indicator"):
		if le != nil && le.ContextMark.Line > 0 {
			at, col = p.line+le.ContextMark.Line-1, max(le.ContextMark.Column, 1)
		}
		msg, hint = "a quote is opened and never closed", "close it, or double it inside the text"
	case strings.Contains(msg, "could not find expected ':'"):
		if le != nil && le.ContextMark.Line > 0 {
			at, col = p.line+le.ContextMark.Line-1, max(le.ContextMark.Column, 1)
		}
		msg, hint = "this line has no key", "write key: value, or indent the line to carry on the one before"
	case strings.Contains(msg, "did not find expected key"), strings.Contains(msg, "did not find expected '-' indicator"):
		msg, hint = "a key is expected here", "check indentation, and quotes in the value before"
	case strings.Contains(msg, "did not find expected ',' or"):
		if le != nil && le.ContextMark.Line > 0 {
			at, col = p.line+le.ContextMark.Line-1, max(le.ContextMark.Column, 1)
		}
		msg, hint = "a list or mapping in brackets is not closed, or lacks a comma", "close it with ] or }, and put commas between its parts"
	case strings.Contains(msg, "alias"), strings.Contains(msg, "anchor"):
		p.report("front-alias", at, col, 0, "aliases are not allowed in front matter", "write the value out")
		return
	}
	p.report("front-syntax", at, col, end, msg, hint)
}

func (p *frontReader) yamlMap(n *yaml.Node, depth int) *Map {
	m := &Map{Fields: make([]Field, 0, len(n.Content)/2)}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		line := p.line + k.Line - 1
		if k.Kind == yaml.AliasNode || k.Anchor != "" || k.Tag == "!!merge" {
			p.report("front-alias", line, k.Column, 0, "aliases and merge keys are not allowed in front matter", "write the values out")
			continue
		}
		if k.Kind != yaml.ScalarNode {
			p.report("front-key", line, k.Column, 0, "a key must be a text", "")
			continue
		}
		if first, ok := m.Get(k.Value); ok {
			p.doubled(k.Value, line, k.Column, first)
			continue
		}
		if !p.count(line, k.Column) {
			return m
		}
		m.Fields = append(m.Fields, Field{Key: k.Value, Line: int32(line), Col: int32(k.Column), Value: p.yamlValue(n.Content[i+1], depth+1)})
	}
	return m
}

func (p *frontReader) yamlValue(n *yaml.Node, depth int) Value {
	line := p.line + n.Line - 1
	v := Value{Line: int32(line), Col: int32(n.Column)}
	if depth > p.lim.depth() {
		p.report("front-too-large", line, n.Column, 0, fmt.Sprintf("front matter is nested deeper than %d", p.lim.depth()), "raise limits.depth if that is meant")
		return v
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		p.report("front-alias", line, n.Column, 0, "aliases are not allowed in front matter", "write the value out")
		return v
	}
	switch n.Kind {
	case yaml.MappingNode:
		v.Kind, v.Map = Dict, p.yamlMap(n, depth)
	case yaml.SequenceNode:
		list := make([]Value, 0, len(n.Content))
		for _, c := range n.Content {
			if p.keys > p.lim.keys() {
				break
			}
			list = append(list, p.yamlValue(c, depth+1))
		}
		v.setList(list)
	case yaml.ScalarNode:
		p.yamlScalar(n, &v)
	}
	return v
}

func (p *frontReader) yamlScalar(n *yaml.Node, v *Value) {
	v.Kind, v.Str = String, n.Value
	at, col, end := p.line+n.Line-1, n.Column, 0
	line := p.sourceLine(at)
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		end = quotedEnd(line, col)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
	default:
		end = min(col+utf8.RuneCountInString(n.Value), utf8.RuneCount(line)+1)
	}
	v.EndCol = int32(end)
	switch tag := n.Tag; tag {
	case "", "!!str", "!!timestamp":
	case "!!null":
		v.Kind, v.Str, v.EndCol = Null, "", 0
	case "!!bool":
		v.Str = ""
		v.setBool(strings.EqualFold(n.Value, "true"))
	case "!!int":
		if x, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64); err == nil {
			v.Str = ""
			v.setInt(x)
		} else if f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64); err == nil && !math.IsInf(f, 0) {
			v.Str = ""
			v.setFloat(f)
		}
	case "!!float":
		f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			p.report("front-syntax", at, col, end, strconv.Quote(n.Value)+" is no number that can be used", "put it in quotes if it is a text")
			return
		}
		v.Str = ""
		v.setFloat(f)
	default:
		p.report("front-syntax", at, col, 0, "the tag "+tag+" is not allowed in front matter", "leave the tag out")
	}
}

// quotedEnd returns the column behind a quoted text that begins at col of line,
// 0 when it does not end on it.
func quotedEnd(line []byte, col int) int {
	r := []rune(string(line))
	if col < 1 || col > len(r) {
		return 0
	}
	q := r[col-1]
	for i := col; i < len(r); i++ {
		switch {
		case r[i] == '\\' && q == '"':
			i++
		case r[i] == q && q == '\'' && i+1 < len(r) && r[i+1] == q:
			i++
		case r[i] == q:
			return i + 2
		}
	}
	return 0
}

// ---- TOML

func (p *frontReader) toml() error {
	if at := tomlTooDeep(p.text, p.lim.depth()); at >= 0 && (p.format != frontTOML || p.line == 1 || meant(frontTOML, p.text)) {
		line, col := place(p.text, at)
		p.report("front-too-large", p.line+line, col, 0, fmt.Sprintf("front matter is nested deeper than %d", p.lim.depth()), "raise limits.depth if that is meant")
		return nil
	} else if at >= 0 {
		return errNoFront
	}
	var raw map[string]any
	if _, err := toml.Decode(string(p.text), &raw); err != nil {
		var pe toml.ParseError
		if !errors.As(err, &pe) {
			p.report("front-syntax", p.line, 1, 0, err.Error(), "")
			return nil
		}
		if p.format == frontTOML && p.line > 1 && !meant(frontTOML, p.text) {
			return errNoFront
		}
		line, col := place(p.text, min(max(pe.Position.Start, 0), len(p.text)))
		if pe.Position.Line > 0 && line != pe.Position.Line-1 {
			line, col = pe.Position.Line-1, 1
		}
		rule, hint := "front-syntax", ""
		msg := pe.Message
		if msg == "" {
			msg = pe.Error()
		}
		switch {
		case strings.Contains(msg, "has already been defined") || strings.Contains(msg, "already"):
			rule, hint = "front-duplicate-key", "keep one of them"
		case strings.Contains(msg, "expected value but found"):
			hint = "put texts in quotes"
		case strings.Contains(msg, "strings cannot contain new"):
			hint = `close the quote, or use """ for several lines`
		}
		p.report(rule, p.line+line, col, 0, msg, hint)
		return nil
	}
	t := &tomlPlaces{text: p.text, line: p.line, at: map[string]tomlPlace{}, arrays: map[string]int{}}
	t.read()
	p.front = p.tomlMap(raw, "", t, 1)
	return nil
}

// tomlTooDeep returns where keys, lists and tables lie more than most deep in each
// other, -1 if nowhere. The library remembers each part of a key with all before
// it: a key of 30,000 parts, in 60 kB, costs it more memory than a machine has.
func tomlTooDeep(text []byte, most int) int {
	depth, parts := 0, 0 // of what is open; of the key that is being read
	var open []int       // parts of the keys that what is open belongs to
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '#':
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case '"', '\'':
			i = tomlTextEnd(text, i) - 1
		case '.':
			parts++
		case '\n':
			if len(open) == 0 {
				parts = 0
			}
		case ',':
			parts = 0
		case '[', '{':
			open = append(open, parts)
			depth += 1 + parts
			parts = 0
		case ']', '}':
			parts = 0
			if n := len(open); n > 0 {
				depth -= 1 + open[n-1]
				open = open[:n-1]
			}
		}
		if depth+parts >= most {
			return i
		}
	}
	return -1
}

// tomlTextEnd returns where the text ends that begins at i, in any of the four
// ways of quoting; one without an end ends where the line does, or all.
func tomlTextEnd(text []byte, i int) int {
	q := text[i]
	long := bytes.HasPrefix(text[i:], []byte{q, q, q})
	end, at := []byte{q}, i+1
	if long {
		end, at = []byte{q, q, q}, i+3
	}
	for at < len(text) {
		switch {
		case q == '"' && text[at] == '\\':
			at += 2
		case bytes.HasPrefix(text[at:], end):
			at += len(end)
			for long && at < len(text) && text[at] == q { // quotes right before the end
				at++
			}
			return at
		case !long && text[at] == '\n':
			return at
		default:
			at++
		}
	}
	return len(text)
}

func (p *frontReader) tomlMap(raw map[string]any, path string, t *tomlPlaces, depth int) *Map {
	m := &Map{}
	for k, x := range raw {
		at := t.at[path+"\x00"+k]
		if at.keyLine == 0 {
			at = tomlPlace{keyLine: p.line, keyCol: 1, line: p.line, col: 1}
		}
		m.Fields = append(m.Fields, Field{Key: k, Line: int32(at.keyLine), Col: int32(at.keyCol), Value: p.tomlValue(x, path+"\x00"+k, at, t, depth+1)})
	}
	slices.SortFunc(m.Fields, func(a, b Field) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), strings.Compare(a.Key, b.Key))
	})
	for i, f := range m.Fields {
		if !p.count(int(f.Line), int(f.Col)) {
			m.Fields = m.Fields[:i]
			break
		}
	}
	return m
}

func (p *frontReader) tomlValue(x any, path string, at tomlPlace, t *tomlPlaces, depth int) Value {
	v := Value{Line: int32(at.line), Col: int32(at.col), EndCol: int32(at.end)}
	if depth > p.lim.depth() {
		p.report("front-too-large", at.line, at.col, 0, fmt.Sprintf("front matter is nested deeper than %d", p.lim.depth()), "raise limits.depth if that is meant")
		return v
	}
	list := func(n int, get func(i int) any) {
		list := make([]Value, n)
		for i := range n {
			key := path + "\x00" + strconv.Itoa(i)
			e, ok := t.at[key]
			if !ok {
				e = at
			}
			list[i] = p.tomlValue(get(i), key, e, t, depth+1)
		}
		v.setList(list)
	}
	switch x := x.(type) {
	case string:
		v.Kind, v.Str = String, x
	case int64:
		v.setInt(x)
	case float64:
		if math.IsInf(x, 0) || math.IsNaN(x) {
			p.report("front-syntax", at.line, at.col, at.end, "this is no number that can be used", "put it in quotes if it is a text")
			break
		}
		v.setFloat(x)
	case bool:
		v.setBool(x)
	case time.Time: // as it was written: a date has no clock and no zone
		v.Kind, v.Str = String, cmp.Or(at.raw, x.Format(time.RFC3339))
	case map[string]any:
		v.Kind, v.Map = Dict, p.tomlMap(x, path, t, depth)
	case []any:
		list(len(x), func(i int) any { return x[i] })
	case []map[string]any:
		list(len(x), func(i int) any { return x[i] })
	}
	return v
}

// tomlPlaces finds where keys and values stand in TOML that the library has
// accepted; it decides nothing about their meaning.
type tomlPlaces struct {
	text   []byte
	pos    int
	line   int
	at     map[string]tomlPlace // path, parts led by NUL
	arrays map[string]int       // arrays of tables: elements so far
}

type tomlPlace struct {
	keyLine, keyCol int
	line, col, end  int
	raw             string // of a plain value
}

func (t *tomlPlaces) here() (line, col int) {
	l, c := place(t.text, t.pos)
	return t.line + l, c
}

// space skips blanks and, when lines is set, ends of lines and comments.
func (t *tomlPlaces) space(lines bool) {
	for t.pos < len(t.text) {
		switch c := t.text[t.pos]; {
		case c == ' ' || c == '\t' || c == '\r':
			t.pos++
		case lines && c == '\n':
			t.pos++
		case lines && c == '#':
			for t.pos < len(t.text) && t.text[t.pos] != '\n' {
				t.pos++
			}
		default:
			return
		}
	}
}

func (t *tomlPlaces) peek() byte {
	if t.pos < len(t.text) {
		return t.text[t.pos]
	}
	return 0
}

// key reads a dotted key and notes the place of each part below base.
func (t *tomlPlaces) key(base string) string {
	path := base
	for {
		t.space(false)
		line, col := t.here()
		var part string
		switch q := t.peek(); q {
		case '"', '\'':
			from := t.pos
			t.quoted(q)
			part = string(t.text[from+1 : max(from+1, t.pos-1)])
			if q == '"' {
				if s, err := strconv.Unquote(string(t.text[from:t.pos])); err == nil {
					part = s
				}
			}
		default:
			from := t.pos
			for t.pos < len(t.text) && strings.IndexByte(".=] \t\r\n", t.text[t.pos]) < 0 {
				t.pos++
			}
			part = string(t.text[from:t.pos])
		}
		path += "\x00" + part
		if _, ok := t.at[path]; !ok {
			t.at[path] = tomlPlace{keyLine: line, keyCol: col, line: line, col: col}
		}
		t.space(false)
		if t.peek() != '.' {
			return path
		}
		t.pos++
		if n, ok := t.arrays[path]; ok {
			path += "\x00" + strconv.Itoa(n-1)
		}
	}
}

func (t *tomlPlaces) quoted(q byte) {
	long := bytes.HasPrefix(t.text[t.pos:], []byte{q, q, q})
	n := 1
	if long {
		n = 3
	}
	t.pos += n
	for t.pos < len(t.text) {
		switch c := t.text[t.pos]; {
		case c == '\\' && q == '"':
			t.pos += 2
			continue
		case c == q && !long:
			t.pos++
			return
		case c == q && bytes.HasPrefix(t.text[t.pos:], []byte{q, q, q}):
			t.pos += 3
			for t.peek() == q { // up to two quotes may stand before the closing three
				t.pos++
			}
			return
		}
		t.pos++
	}
	t.pos = len(t.text)
}

func (t *tomlPlaces) read() {
	table := ""
	for {
		t.space(true)
		if t.pos >= len(t.text) {
			return
		}
		before := t.pos
		if t.peek() == '[' {
			t.pos++
			many := t.peek() == '['
			if many {
				t.pos++
			}
			line, col := t.here()
			table = t.key("")
			if many {
				n := t.arrays[table]
				t.arrays[table] = n + 1
				table += "\x00" + strconv.Itoa(n)
				t.at[table] = tomlPlace{keyLine: line, keyCol: col, line: line, col: col}
			}
			for t.pos < len(t.text) && t.text[t.pos] != '\n' {
				t.pos++
			}
		} else {
			t.pair(table)
		}
		if t.pos == before { // cannot be in accepted TOML; never loop
			t.pos++
		}
	}
}

func (t *tomlPlaces) pair(table string) {
	path := t.key(table)
	t.space(false)
	if t.peek() != '=' {
		return
	}
	t.pos++
	t.space(false)
	t.value(path)
}

func (t *tomlPlaces) value(path string) {
	line, col := t.here()
	at := t.at[path]
	at.line, at.col = line, col
	if at.keyLine == 0 {
		at.keyLine, at.keyCol = line, col
	}
	from := t.pos
	switch c := t.peek(); c {
	case '"', '\'':
		t.quoted(c)
	case '[':
		t.pos++
		for i := 0; ; i++ {
			t.space(true)
			if t.peek() == ']' || t.pos >= len(t.text) {
				t.pos++
				break
			}
			before := t.pos
			t.value(path + "\x00" + strconv.Itoa(i))
			t.space(true)
			if t.peek() == ',' || t.pos == before {
				t.pos++
			}
		}
	case '{':
		t.pos++
		for {
			t.space(true)
			if t.peek() == '}' || t.pos >= len(t.text) {
				t.pos++
				break
			}
			before := t.pos
			t.pair(path)
			t.space(true)
			if t.peek() == ',' || t.pos == before {
				t.pos++
			}
		}
	default:
		for t.pos < len(t.text) && strings.IndexByte(",]}#\r\n", t.text[t.pos]) < 0 {
			t.pos++
		}
		for t.pos > from && (t.text[t.pos-1] == ' ' || t.text[t.pos-1] == '\t') {
			t.pos--
		}
		at.raw = string(t.text[from:t.pos])
	}
	t.pos = min(t.pos, len(t.text))
	if !bytes.ContainsRune(t.text[from:t.pos], '\n') {
		at.end = col + utf8.RuneCount(t.text[from:t.pos])
	}
	t.at[path] = at
}

// ---- JSON

// jsonEnd returns the length of the JSON object at the head of b, -1 when its
// braces do not close.
func jsonEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"' && b[i] != '\n'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

type jsonReader struct {
	p   *frontReader
	b   []byte
	pos int
	bad bool // said already
}

func (p *frontReader) json() error {
	if !jsonMeant(p.text) && !bytes.Equal(bytes.Join(bytes.Fields(p.text), nil), []byte("{}")) && len(bytes.TrimSpace(p.text)) > 0 {
		return errNoFront
	}
	if len(bytes.TrimSpace(p.text)) == 0 {
		p.front = &Map{}
		return nil
	}
	r := &jsonReader{p: p, b: p.text}
	r.space()
	if r.peek() != '{' {
		return errNoFront
	}
	v := r.value(1)
	r.space()
	if !r.bad && r.pos < len(r.b) {
		r.fail("nothing may follow the closing brace", "")
	}
	p.front = v.Map
	return nil
}

func (r *jsonReader) peek() byte {
	if r.pos < len(r.b) {
		return r.b[r.pos]
	}
	return 0
}

func (r *jsonReader) space() {
	for r.pos < len(r.b) && strings.IndexByte(" \t\r\n", r.b[r.pos]) >= 0 {
		r.pos++
	}
}

func (r *jsonReader) at() (line, col int) {
	l, c := place(r.b, min(r.pos, len(r.b)))
	return r.p.line + l, c
}

func (r *jsonReader) fail(msg, hint string) {
	if !r.bad {
		r.bad = true
		line, col := r.at()
		r.p.report("front-syntax", line, col, 0, msg, hint)
	}
	r.pos = len(r.b)
}

func (r *jsonReader) value(depth int) Value {
	line, col := r.at()
	v := Value{Line: int32(line), Col: int32(col)}
	if depth > r.p.lim.depth() {
		r.bad = true
		r.p.report("front-too-large", line, col, 0, fmt.Sprintf("front matter is nested deeper than %d", r.p.lim.depth()), "raise limits.depth if that is meant")
		r.pos = len(r.b)
		return v
	}
	from := r.pos
	switch c := r.peek(); {
	case c == '{':
		v.Kind, v.Map = Dict, r.object(depth)
		return v
	case c == '[':
		var list []Value
		r.pos++
		r.space()
		for r.peek() != ']' && !r.bad {
			list = append(list, r.value(depth+1))
			r.space()
			if r.peek() == ',' {
				comma := r.pos
				r.pos++
				r.space()
				if r.peek() == ']' {
					r.pos = comma
					r.fail("a comma stands before the closing bracket", "take it out")
				}
			} else if r.peek() != ']' {
				r.fail("a comma or ] is expected here", "")
			}
		}
		r.pos++
		v.setList(list)
		return v
	case c == '"':
		v.Kind = String
		v.Str = r.text()
	default:
		for r.pos < len(r.b) && strings.IndexByte(",]} \t\r\n", r.b[r.pos]) < 0 {
			r.pos++
		}
		word := string(r.b[from:r.pos])
		var n any
		switch {
		case word == "null":
		case word == "true" || word == "false":
			v.setBool(word == "true")
		case json.Unmarshal([]byte(word), &n) == nil:
			if x, err := strconv.ParseInt(word, 10, 64); err == nil {
				v.setInt(x)
			} else if f, err := strconv.ParseFloat(word, 64); err == nil {
				v.setFloat(f)
			}
		default:
			r.pos = from
			hint := "put texts in double quotes"
			if strings.HasPrefix(word, "//") || strings.HasPrefix(word, "/*") {
				hint = "JSON has no comments"
			}
			r.fail("this is no JSON value", hint)
		}
	}
	if _, end := r.at(); !r.bad {
		v.EndCol = int32(end)
	}
	return v
}

// text reads a quoted text.
func (r *jsonReader) text() string {
	from := r.pos
	for r.pos++; r.pos < len(r.b) && r.b[r.pos] != '"'; r.pos++ {
		if r.b[r.pos] == '\\' {
			r.pos++
		}
		if r.peek() == '\n' {
			break
		}
	}
	if r.peek() != '"' {
		r.pos = from
		r.fail("a quote is opened and never closed", "close it on the same line")
		return ""
	}
	r.pos++
	var s string
	if json.Unmarshal(r.b[from:r.pos], &s) != nil {
		r.pos = from
		r.fail("this text has an escape or a character that JSON does not know", "write a backslash as \\\\")
	}
	return s
}

func (r *jsonReader) object(depth int) *Map {
	m := &Map{}
	r.pos++
	r.space()
	for r.peek() != '}' && !r.bad {
		line, col := r.at()
		if r.peek() != '"' {
			r.fail("a key in double quotes is expected here", "")
			break
		}
		key := r.text()
		r.space()
		if r.bad {
			break
		}
		if r.peek() != ':' {
			r.fail("a colon is expected here", "")
			break
		}
		r.pos++
		r.space()
		v := r.value(depth + 1)
		if first, ok := m.Get(key); ok {
			r.p.doubled(key, line, col, first)
		} else if r.p.count(line, col) {
			m.Fields = append(m.Fields, Field{Key: key, Line: int32(line), Col: int32(col), Value: v})
		}
		r.space()
		if r.peek() == ',' {
			comma := r.pos
			r.pos++
			r.space()
			if r.peek() == '}' {
				r.pos = comma
				r.fail("a comma stands before the closing brace", "take it out")
			}
		} else if r.peek() != '}' && !r.bad {
			r.fail("a comma or } is expected here", "")
		}
	}
	r.pos++
	return m
}
