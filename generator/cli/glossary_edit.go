package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"playbook/generator/diag"
	"playbook/generator/document"
)

// page is the text of one Markdown file whose front matter is changed in place:
// what is not changed keeps its bytes. Each change is read back, and refused if
// the file then says anything else than it should.
type page struct {
	name string
	src  []byte
	c    *document.Compiler
	doc  *document.Document
	lang byte // of the front matter: 'y', 't' or 'j'; 0 if there is none
	from int  // the text between the delimiters is src[from:to]
	to   int
	body int // where the body begins
}

var errByHand = errors.New("it is written in a form that only a person should change")

func openPage(c *document.Compiler, name string, src []byte) (*page, error) {
	p := &page{name: name, c: c}
	return p, p.read(src)
}

// read takes src as the page's text.
func (p *page) read(src []byte) error {
	d := p.c.Compile(p.name, p.name, src)
	for _, x := range d.Diags {
		if x.Level == diag.Error {
			return fmt.Errorf("%s", x.Msg)
		}
	}
	p.src, p.doc, p.lang, p.from, p.to, p.body = src, d, 0, 0, 0, 0
	if len(d.Front.Fields) == 0 && !opensFront.Match(src) {
		p.body = len(src) - len(bytes.TrimPrefix(src, []byte("\ufeff")))
		return nil
	}
	m := opensFront.FindSubmatchIndex(src)
	if m == nil {
		return errByHand
	}
	open := strings.TrimSpace(string(src[m[2]:m[3]]))
	switch open[0] {
	case '-':
		p.lang = 'y'
		if strings.HasSuffix(open, "toml") {
			p.lang = 't'
		} else if strings.HasSuffix(open, "json") {
			p.lang = 'j'
		}
	case '+':
		p.lang = 't'
	default:
		p.lang = 'j'
	}
	if open == "{" {
		p.from = m[2]
		n := valueEnd('j', src, p.from)
		if n < 0 {
			return errByHand
		}
		p.to = n
		p.body = lineAfter(src, n)
		return nil
	}
	p.from = lineAfter(src, m[2])
	for at := p.from; at < len(src); at = lineAfter(src, at) {
		l := strings.TrimRight(string(src[at:lineAfter(src, at)]), " \t\r\n")
		if l == open[:3] || p.lang == 'y' && l == "..." {
			p.to, p.body = at, lineAfter(src, at)
			return nil
		}
	}
	return errByHand
}

var opensFront = regexp.MustCompile(`^(?:\x{feff})?(?:[ \t\r]*\n)*(---(?:yaml|toml|json)?|\+\+\+|;;;|\{)[ \t\r]*\n`)

// lineAfter returns where the line behind the one that holds at begins.
func lineAfter(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}

// offset is the place of a line and column in the text.
func (p *page) offset(line, col int32) int {
	at := 0
	for ; line > 1 && at < len(p.src); line-- {
		at = lineAfter(p.src, at)
	}
	for ; col > 1 && at < len(p.src); col-- {
		_, n := utf8.DecodeRune(p.src[at:])
		at += n
	}
	return at
}

// valueEnd returns where the value that begins at from ends, -1 if that cannot
// be told: of quoted texts, lists and mappings in brackets, and of plain values
// on one line.
func valueEnd(lang byte, src []byte, from int) int {
	depth := 0
	for i := from; i < len(src); i++ {
		switch c := src[i]; c {
		case '"', '\'':
			if lang == 'j' && c == '\'' {
				return -1
			}
			long := lang == 't' && bytes.HasPrefix(src[i:], []byte{c, c, c})
			if long {
				n := bytes.Index(src[i+3:], []byte{c, c, c})
				if n < 0 {
					return -1
				}
				for i += 3 + n + 3; i < len(src) && src[i] == c; i++ { // quotes that end it stand before the three
				}
				i--
			} else {
				for i++; ; i++ {
					if i >= len(src) {
						return -1
					}
					if src[i] == '\\' && c == '"' {
						i++
					} else if src[i] == c {
						if lang == 'y' && c == '\'' && i+1 < len(src) && src[i+1] == c {
							i++
							continue
						}
						break
					}
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return trimmedEnd(src, from, i)
			}
		case '#':
			if lang != 'j' && (i == from || src[i-1] == ' ' || src[i-1] == '\t' || src[i-1] == '\n') {
				if depth == 0 {
					return trimmedEnd(src, from, i)
				}
				i = lineAfter(src, i) - 1
			}
		case ',':
			if depth == 0 && lang == 'j' {
				return trimmedEnd(src, from, i)
			}
		case '\n':
			if depth == 0 {
				return trimmedEnd(src, from, i)
			}
		}
	}
	if depth == 0 {
		return trimmedEnd(src, from, len(src))
	}
	return -1
}

func trimmedEnd(src []byte, from, to int) int {
	return from + len(bytes.TrimRight(src[from:to], " \t\r\n"))
}

// set gives a value to the field at path, one or two keys deep; nil takes it
// out. Values are texts, lists of texts, bool, int64 and float64.
func (p *page) set(path []string, value any) error {
	want := p.doc.Front.Plain()
	if err := assign(want, path, value); err != nil {
		return err
	}
	var src []byte
	var err error
	if p.lang == 0 {
		src, err = p.begin(path, value)
	} else {
		src, err = p.change(p.doc.Front, path, 0, value)
	}
	if err != nil {
		return err
	}
	next := &page{name: p.name, c: p.c}
	if err := next.read(src); err != nil {
		return errByHand
	}
	if !reflect.DeepEqual(next.doc.Front.Plain(), want) || !bytes.Equal(next.src[next.body:], p.src[p.body:]) {
		return errByHand
	}
	*p = *next
	return nil
}

// assign does to plain data what set does to the text.
func assign(m map[string]any, path []string, value any) error {
	if len(path) > 1 {
		in, ok := m[path[0]].(map[string]any)
		if !ok {
			if m[path[0]] != nil {
				return errByHand
			}
			if value == nil {
				return nil
			}
			in = map[string]any{}
			m[path[0]] = in
		}
		if err := assign(in, path[1:], value); err != nil {
			return err
		}
		if len(in) == 0 {
			delete(m, path[0])
		}
		return nil
	}
	if list, ok := value.([]string); ok {
		out := make([]any, len(list))
		for i, s := range list {
			out[i] = s
		}
		value = out
	}
	if value == nil {
		delete(m, path[0])
	} else {
		m[path[0]] = value
	}
	return nil
}

// begin writes front matter where there was none.
func (p *page) begin(path []string, value any) ([]byte, error) {
	if value == nil {
		return p.src, nil
	}
	line := quoteKey(path[0]) + ": "
	if len(path) > 1 {
		line = quoteKey(path[0]) + ":\n  " + quoteKey(path[1]) + ": "
	}
	return splice(p.src, p.body, p.body, "---\n"+line+written('y', value, "")+"\n---\n"), nil
}

func splice(src []byte, from, to int, text string) []byte {
	return slices.Concat(src[:from], []byte(text), src[to:])
}

// eol is how lines end in this file.
func (p *page) eol() string {
	if bytes.Contains(p.src[:lineAfter(p.src, p.from)], []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// written is a value in the language of the front matter. like is what stood
// there: a text keeps its kind of quotes.
func written(lang byte, value any, like string) string {
	switch v := value.(type) {
	case string:
		if lang == 'j' {
			return jsonText(v)
		}
		if like != "" && like[0] == '\'' && strings.IndexFunc(v, func(r rune) bool { return r < ' ' }) < 0 {
			if lang == 'y' {
				return "'" + strings.ReplaceAll(v, "'", "''") + "'"
			}
			if !strings.Contains(v, "'") {
				return "'" + v + "'"
			}
		}
		if like != "" && like[0] == '"' || lang == 't' && !dateText.MatchString(v) {
			return `"` + escapeDouble(v) + `"`
		}
		if lang == 't' {
			return quoteTOML(v)
		}
		return quoteYAML(v)
	case []string:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = written(lang, s, "")
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(value)
}

func jsonText(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func quoteKey(k string) string { return quoteYAML(k) }

// block is the lines of a field of YAML or TOML: from the line of its key to
// behind its last one; comments and blank lines before the next field are that
// field's.
func (p *page) block(m *document.Map, i, end int) (from, to int) {
	f := m.Fields[i]
	from = p.offset(f.Line, 1)
	if i+1 < len(m.Fields) && m.Fields[i+1].Line > f.Line {
		end = min(end, p.offset(m.Fields[i+1].Line, 1))
	}
	to = end
	for to > lineAfter(p.src, from) {
		last := bytes.LastIndexByte(p.src[:to-1], '\n') + 1
		line := bytes.TrimRight(p.src[last:to], " \t\r\n")
		text := bytes.TrimLeft(line, " \t")
		if len(text) > 0 && (text[0] != '#' || len(line)-len(text) >= int(f.Col)) && !(p.lang == 't' && text[0] == '[') {
			break
		}
		to = last
	}
	return from, to
}

// change writes the new value of a field of m, which ends at end (0: with the
// front matter).
func (p *page) change(m *document.Map, path []string, end int, value any) ([]byte, error) {
	if end == 0 {
		end = p.to
	}
	i := slices.IndexFunc(m.Fields, func(f document.Field) bool { return f.Key == path[0] })
	if i < 0 {
		return p.add(m, path, end, value)
	}
	f := m.Fields[i]
	if len(path) > 1 && f.Value.Kind == document.Dict {
		inner := f.Value.Map
		if value == nil && len(inner.Fields) == 1 && inner.Fields[0].Key == path[1] {
			return p.remove(m, i, end)
		}
		start := p.offset(f.Value.Line, f.Value.Col)
		if start < len(p.src) && p.src[start] == '{' && p.lang != 'j' {
			return p.flow(f.Value, start, path[1:], value)
		}
		if p.lang == 'y' {
			_, end = p.block(m, i, end)
		}
		return p.change(inner, path[1:], end, value)
	}
	if value == nil {
		return p.remove(m, i, end)
	}
	if len(path) > 1 { // nothing was there
		if p.lang != 'y' || f.Value.Kind != document.Null {
			return nil, errByHand
		}
		at := lineAfter(p.src, p.offset(f.Line, f.Col))
		return splice(p.src, at, at, strings.Repeat(" ", int(f.Col)+1)+quoteKey(path[1])+": "+written('y', value, "")+p.eol()), nil
	}
	v := f.Value
	from := p.offset(v.Line, v.Col)
	if p.lang == 'y' {
		lo, hi := p.block(m, i, end)
		if v.Kind == document.Null {
			at := lo + bytes.IndexByte(p.src[lo:], ':') + 1
			return splice(p.src, at, at, " "+written('y', value, "")), nil
		}
		list, isList := value.([]string)
		if isList && v.Kind == document.List && len(v.List()) > 0 && len(list) > 0 && p.src[from] == '-' {
			return p.items(v, from, hi, list), nil
		}
		to := valueEnd('y', p.src, from)
		if c := p.src[from]; c == '|' || c == '>' || c == '-' && v.Kind == document.List || !bytes.ContainsRune([]byte(`"'[{`), rune(c)) && lineAfter(p.src, from) < hi {
			// A text or list over several lines: the block as a whole.
			text, ok := value.(string)
			if head := p.src[from]; ok && (head == '|' || head == '>') && strings.TrimSpace(text) == text && text != "" {
				indent := strings.Repeat(" ", int(f.Col)+1)
				style := string(head) + "-"
				body := strings.ReplaceAll(text, "\n", p.eol()+indent)
				if head == '>' {
					body = strings.ReplaceAll(text, "\n", p.eol()+p.eol()+indent)
				}
				return splice(p.src, from, hi, style+p.eol()+indent+body+p.eol()), nil
			}
			if bytes.Contains(p.src[from:hi], []byte(" #")) || bytes.Contains(p.src[from:hi], []byte("\n#")) {
				return nil, errByHand // the comments would go
			}
			if p.src[from] == '-' {
				from = p.offset(f.Line, f.Col)
				from += bytes.IndexByte(p.src[from:], ':') + 1
				return splice(p.src, from, hi, " "+written('y', value, "")+p.eol()), nil
			}
			return splice(p.src, from, hi, written('y', value, "")+p.eol()), nil
		}
		if to < 0 {
			return nil, errByHand
		}
		return p.put(v, from, to, value)
	}
	to := valueEnd(p.lang, p.src, from)
	if to < 0 {
		return nil, errByHand
	}
	return p.put(v, from, to, value)
}

// put writes a value in the place of one that lies between from and to. A list
// keeps the elements it had as they were written.
func (p *page) put(v document.Value, from, to int, value any) ([]byte, error) {
	list, ok := value.([]string)
	if !ok || v.Kind != document.List {
		return splice(p.src, from, to, written(p.lang, value, string(p.src[from:to]))), nil
	}
	old := p.src[from:to]
	if p.lang != 'j' && bytes.IndexByte(old, '#') >= 0 && bytes.IndexByte(old, '\n') >= 0 {
		return nil, errByHand
	}
	raw := map[string]string{}
	for _, e := range v.List() {
		at := p.offset(e.Line, e.Col)
		end := at + bytes.IndexAny(append(slices.Clone(p.src[at:to]), ']'), ",]\n")
		if c := p.src[at]; c == '"' || c == '\'' {
			end = valueEnd(p.lang, p.src, at)
		}
		if _, ok := raw[cellOf(e)]; !ok && end > at {
			raw[cellOf(e)] = strings.TrimSpace(string(p.src[at:end]))
		}
	}
	parts := make([]string, len(list))
	for i, s := range list {
		if parts[i] = raw[s]; parts[i] == "" {
			parts[i] = written(p.lang, s, "")
		}
	}
	if bytes.IndexByte(old, '\n') < 0 || len(v.List()) == 0 || len(list) == 0 {
		return splice(p.src, from, to, "["+strings.Join(parts, ", ")+"]"), nil
	}
	first := p.offset(v.List()[0].Line, v.List()[0].Col)
	line := bytes.LastIndexByte(p.src[:first], '\n') + 1
	indent := string(p.src[line:first])
	if strings.TrimSpace(indent) != "" {
		indent = "  "
	}
	closing := string(old[bytes.LastIndexByte(old, '\n')+1:])
	tail := ""
	if bytes.HasSuffix(bytes.TrimRight(old[:len(old)-1], " \t\r\n"), []byte(",")) {
		tail = ","
	}
	return splice(p.src, from, to, "["+p.eol()+indent+strings.Join(parts, ","+p.eol()+indent)+tail+p.eol()+closing), nil
}

// items writes a list of YAML with a line for each element. Elements it had keep
// their lines, with the comments in them.
func (p *page) items(v document.Value, from, to int, list []string) []byte {
	first := bytes.LastIndexByte(p.src[:from], '\n') + 1
	indent := string(p.src[first:from])
	raw := map[string]string{}
	for i, e := range v.List() {
		lo, hi := p.offset(e.Line, 1), to
		if i+1 < len(v.List()) {
			hi = p.offset(v.List()[i+1].Line, 1)
		}
		if _, ok := raw[cellOf(e)]; !ok {
			raw[cellOf(e)] = string(p.src[lo:hi])
		}
	}
	var b strings.Builder
	for _, s := range list {
		if line := raw[s]; line != "" {
			b.WriteString(line)
			delete(raw, s)
			continue
		}
		b.WriteString(indent + "- " + written('y', s, "") + p.eol())
	}
	return splice(p.src, first, to, b.String())
}

// remove takes a field out.
func (p *page) remove(m *document.Map, i, end int) ([]byte, error) {
	f := m.Fields[i]
	if p.lang == 'j' {
		from, to := p.offset(f.Line, f.Col), valueEnd('j', p.src, p.offset(f.Value.Line, f.Value.Col))
		if to < 0 {
			return nil, errByHand
		}
		if i+1 < len(m.Fields) {
			return splice(p.src, from, p.offset(m.Fields[i+1].Line, m.Fields[i+1].Col), ""), nil
		}
		for from > 0 && bytes.IndexByte([]byte(", \t\r\n"), p.src[from-1]) >= 0 {
			from--
		}
		return splice(p.src, from, to, ""), nil
	}
	if p.lang == 't' {
		from := p.offset(f.Line, 1)
		at := p.offset(f.Value.Line, f.Value.Col)
		to := valueEnd('t', p.src, at)
		if f.Value.Kind == document.Dict && p.src[at] != '{' {
			inner := f.Value.Map.Fields
			if len(inner) == 0 {
				return nil, errByHand
			}
			last := inner[len(inner)-1].Value
			to = valueEnd('t', p.src, p.offset(last.Line, last.Col))
		}
		if to < 0 {
			return nil, errByHand
		}
		return splice(p.src, from, lineAfter(p.src, to), ""), nil
	}
	from, to := p.block(m, i, end)
	return splice(p.src, from, to, ""), nil
}

// flow changes a mapping written in braces on one line, in YAML or TOML.
func (p *page) flow(v document.Value, start int, path []string, value any) ([]byte, error) {
	end := valueEnd(p.lang, p.src, start)
	if end < 0 || bytes.IndexByte(p.src[start:end], '\n') >= 0 {
		return nil, errByHand
	}
	sep := ": "
	if p.lang == 't' {
		sep = " = "
	}
	var parts []string
	done := false
	for i, f := range v.Map.Fields {
		at := p.offset(f.Line, f.Col)
		stop := end - 1
		if i+1 < len(v.Map.Fields) {
			stop = p.offset(v.Map.Fields[i+1].Line, v.Map.Fields[i+1].Col)
		}
		part := strings.TrimRight(string(p.src[at:stop]), " ,")
		if f.Key == path[0] {
			done = true
			if value == nil {
				continue
			}
			from := p.offset(f.Value.Line, f.Value.Col)
			part = string(p.src[at:from]) + inBraces(p.lang, value, string(p.src[from:stop]))
		}
		parts = append(parts, part)
	}
	if !done && value != nil {
		key := path[0]
		if p.lang == 'y' {
			key = quoteKey(key)
		}
		parts = append(parts, key+sep+inBraces(p.lang, value, ""))
	}
	inside := p.src[start+1 : end-1]
	pad := ""
	if len(inside) > 0 && inside[0] == ' ' {
		pad = " "
	}
	return splice(p.src, start, end, "{"+pad+strings.Join(parts, ", ")+pad+"}"), nil
}

// inBraces is a value between braces, where YAML gives commas a meaning.
func inBraces(lang byte, value any, like string) string {
	w := written(lang, value, like)
	if s, ok := value.(string); ok && lang == 'y' && w == s && strings.ContainsAny(s, ",[]{}") {
		return `"` + escapeDouble(s) + `"`
	}
	return w
}

// add writes a field that was not there, behind those that are.
func (p *page) add(m *document.Map, path []string, end int, value any) ([]byte, error) {
	if value == nil {
		return p.src, nil
	}
	switch p.lang {
	case 'j':
		text := jsonText(path[0]) + ": " + written('j', value, "")
		if len(path) > 1 {
			text = jsonText(path[0]) + ": {" + jsonText(path[1]) + ": " + written('j', value, "") + "}"
		}
		if len(m.Fields) == 0 {
			if m != p.doc.Front {
				return nil, errByHand
			}
			i := p.from + bytes.IndexByte(p.src[p.from:], '{') + 1
			return splice(p.src, i, i, text), nil
		}
		last := m.Fields[len(m.Fields)-1]
		to := valueEnd('j', p.src, p.offset(last.Value.Line, last.Value.Col))
		if to < 0 {
			return nil, errByHand
		}
		key := p.offset(last.Line, last.Col)
		line := bytes.LastIndexByte(p.src[:key], '\n') + 1
		between := " "
		if indent := string(p.src[line:key]); strings.TrimSpace(indent) == "" {
			between = p.eol() + indent
		}
		return splice(p.src, to, to, ","+between+text), nil
	case 't':
		text := bareKey(path[0]) + " = " + written('t', value, "") + p.eol()
		if len(path) > 1 {
			at := p.to
			return splice(p.src, at, at, p.eol()+"["+bareKey(path[0])+"]"+p.eol()+bareKey(path[1])+" = "+written('t', value, "")+p.eol()), nil
		}
		if m != p.doc.Front { // in a table: behind its last value
			if len(m.Fields) == 0 {
				return nil, errByHand
			}
			last := m.Fields[len(m.Fields)-1]
			to := valueEnd('t', p.src, p.offset(last.Value.Line, last.Value.Col))
			if to < 0 {
				return nil, errByHand
			}
			if line := p.offset(last.Line, 1); bytes.Contains(p.src[line:p.offset(last.Line, last.Col)], []byte(".")) {
				return nil, errByHand // dotted keys
			}
			at := lineAfter(p.src, to)
			return splice(p.src, at, at, text), nil
		}
		at := p.from
		for ; at < p.to; at = lineAfter(p.src, at) {
			if l := bytes.TrimLeft(p.src[at:p.to], " \t"); len(l) > 0 && l[0] == '[' {
				break
			}
		}
		for at > p.from && len(bytes.TrimSpace(p.src[bytes.LastIndexByte(p.src[:at-1], '\n')+1:at])) == 0 {
			at = bytes.LastIndexByte(p.src[:at-1], '\n') + 1
		}
		return splice(p.src, at, at, text), nil
	}
	indent, at := "", p.from
	if n := len(m.Fields); n > 0 {
		if m.Fields[n-1].Line == m.Fields[0].Line && n > 1 {
			return nil, errByHand // all on one line
		}
		indent = strings.Repeat(" ", int(m.Fields[0].Col)-1)
		_, at = p.block(m, n-1, end)
	} else if at < p.to {
		at = p.to
	}
	text := indent + quoteKey(path[0]) + ": " + written('y', value, "") + p.eol()
	if len(path) > 1 {
		text = indent + quoteKey(path[0]) + ":" + p.eol() + indent + "  " + quoteKey(path[1]) + ": " + written('y', value, "") + p.eol()
	}
	return splice(p.src, at, at, text), nil
}

func bareKey(k string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(k) {
		return k
	}
	return `"` + escapeDouble(k) + `"`
}

// paragraph returns where the first paragraph of the body lies, the one that is
// the page's summary. ok is false where that cannot be told.
func (p *page) paragraph() (from, to int, ok bool) {
	at := p.body
	line := func(i int) string { return strings.TrimRight(string(p.src[i:lineAfter(p.src, i)]), " \t\r\n") }
	for at < len(p.src) {
		l := line(at)
		t := strings.TrimSpace(l)
		switch {
		case t == "", strings.HasPrefix(t, "#"), strings.HasPrefix(t, "["): // a heading; what a link refers to
			at = lineAfter(p.src, at)
			continue
		case strings.HasPrefix(t, "<!--"):
			n := bytes.Index(p.src[at:], []byte("-->"))
			if n < 0 {
				return 0, 0, false
			}
			at = lineAfter(p.src, at+n)
			continue
		}
		end := at
		for end < len(p.src) && line(end) != "" {
			if l := strings.TrimSpace(line(end)); end > at && (strings.HasPrefix(l, "<!--") || strings.Trim(l, "=") == "" || strings.Trim(l, "-") == "" || strings.HasPrefix(l, ": ")) {
				if l[0] == '=' || l[0] == '-' { // the lines above are a heading
					end = lineAfter(p.src, end)
					at = end
				}
				break
			}
			end = lineAfter(p.src, end)
		}
		if at == end {
			continue
		}
		from, to = at, trimmedEnd(p.src, at, end)
		// Is it what the compiler takes for the first paragraph? Put a word there and see.
		const probe = "Probezeile"
		d := p.c.Compile(p.name, p.name, splice(p.src, from, to, probe))
		lead, html := p.doc.Body.Lead, p.doc.Body.HTML()
		return from, to, lead[1] > lead[0] && string(html[:lead[0]])+probe+string(html[lead[1]:]) == string(d.Body.HTML())
	}
	return len(p.src), len(p.src), p.doc.Summary == ""
}

// definition returns the first paragraph as one line of Markdown.
func (p *page) definition() (text string, ok bool) {
	from, to, ok := p.paragraph()
	if !ok {
		return p.doc.Summary, false
	}
	return strings.Join(strings.Fields(string(p.src[from:to])), " "), true
}

// define replaces the first paragraph.
func (p *page) define(text string) error {
	from, to, ok := p.paragraph()
	text = strings.Join(strings.Fields(text), " ")
	if !ok || text == "" {
		return errByHand
	}
	if from == to {
		if from > 0 && p.src[from-1] != '\n' {
			text = "\n" + text
		}
		text += "\n"
	}
	next, err := openPage(p.c, p.name, splice(p.src, from, to, text))
	if err != nil {
		return err
	}
	if got, ok := next.definition(); !ok || got != strings.TrimSpace(text) || !reflect.DeepEqual(next.doc.Front.Plain(), p.doc.Front.Plain()) || len(next.doc.Headings) != len(p.doc.Headings) {
		return errors.New("it would not be a paragraph of text")
	}
	*p = *next
	return nil
}

// cellOf is a simple value as a cell shows it.
func cellOf(v document.Value) string {
	switch v.Kind {
	case document.Bool, document.Int, document.Float:
		return fmt.Sprint(v.Plain())
	case document.String:
		return v.Str
	}
	return ""
}
