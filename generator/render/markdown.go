package render

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// toMarkdown writes a body's HTML, as the splicer gives it, as Markdown. What
// a reader sees is there, transclusions and link texts included; comments of the
// source and front matter are not, since they are not in the HTML. No raw HTML
// comes out, so that what reads the file as HTML, or turns it into HTML, meets
// nothing active. href says how a URL is written.
func toMarkdown(src string, href func(url string) string) []byte {
	w := &mdWriter{href: href}
	for len(src) > 0 {
		i := strings.IndexByte(src, '<')
		if i < 0 {
			i = len(src)
		}
		if i > 0 {
			w.text(html.UnescapeString(src[:i]))
			src = src[i:]
			continue
		}
		t, rest, ok := cutTag(src)
		if src = rest; !ok {
			w.text("<")
			continue
		}
		w.tag(t)
	}
	w.end()
	return bytes.TrimLeft(w.out.Bytes(), "\n")
}

// mdTag is a tag of HTML.
type mdTag struct {
	name, attrs string
	close       bool
}

// cutTag reads the tag that s begins with; ok is false if that is none, and only
// its first byte was read.
func cutTag(s string) (t mdTag, rest string, ok bool) {
	quote := byte(0)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			in := strings.TrimSuffix(s[1:i], "/")
			in, t.close = strings.CutPrefix(in, "/")
			n := strings.IndexAny(in, " \t\r\n")
			if n < 0 {
				n = len(in)
			}
			t.name, t.attrs = strings.ToLower(in[:n]), in[n:]
			return t, s[i+1:], true
		}
	}
	return t, s[1:], false
}

// attr returns the value of an attribute, "" if it is missing or empty.
func (t *mdTag) attr(name string) string {
	for s := t.attrs; ; {
		i := strings.Index(s, name+"=")
		if i < 0 {
			return ""
		}
		before, v := s[:i], s[i+len(name)+1:]
		if strings.Count(before, `"`)%2 == 0 && strings.HasSuffix(before, " ") && len(v) > 0 && (v[0] == '"' || v[0] == '\'') {
			if j := strings.IndexByte(v[1:], v[0]); j >= 0 {
				return html.UnescapeString(v[1 : 1+j])
			}
		}
		s = v
	}
}

func (t *mdTag) is(class string) bool {
	return strings.Contains(" "+t.attr("class")+" ", " "+class+" ")
}

// mdWriter is a Markdown text that is being written.
type mdWriter struct {
	href   func(url string) string
	out    bytes.Buffer
	open   []mdBlock // containers, outermost first
	line   bytes.Buffer
	marks  []string // how open links and the like end
	tight  bool     // no empty line before the next block
	pre    bool     // in a code block
	code   bool     // in a code span
	raw    bytes.Buffer
	lang   string
	cells  int  // of the table's row so far
	header bool // the row is the first of its table
	table  bool
	notes  bool // among the footnotes
	skip   int  // depth of what is left out
	title  bool // what is read is the title of an alert or the summary of details
}

// mdBlock is a container of blocks: a quote, or an item of a list.
type mdBlock struct {
	tag     string
	prefix  string // of its lines
	first   string // of its first line, once
	ordered bool   // of a list
	n       int    // of a list: items so far
	begun   bool   // something stands in it
}

// block begins a new block: what was read of the one before is written.
func (w *mdWriter) block() {
	s := strings.Trim(w.line.String(), " \n")
	w.line.Reset()
	if s == "" || w.table {
		return
	}
	if w.title {
		s, w.title = "**"+s+"**", false
	}
	w.put(s)
}

// put writes the lines of a block, each with what its containers begin lines
// with.
func (w *mdWriter) put(s string) {
	if !w.tight && w.out.Len() > 0 {
		w.out.WriteString(strings.TrimRight(w.prefix(false), " ") + "\n")
	}
	w.tight = false
	for line := range strings.SplitSeq(s, "\n") {
		w.out.WriteString(strings.TrimRight(w.prefix(true)+line, " ") + "\n")
	}
}

// prefix returns what a line begins with. What is used begins the containers, and
// takes the marks of list items.
func (w *mdWriter) prefix(use bool) string {
	var b strings.Builder
	for i := range w.open {
		o := &w.open[i]
		switch {
		case o.begun:
			b.WriteString(o.prefix)
		case !use:
			return b.String() // an empty line before it is none of its own
		case o.first != "":
			b.WriteString(o.first)
		default:
			b.WriteString(o.prefix)
		}
		o.begun = o.begun || use
	}
	return b.String()
}

func (w *mdWriter) end() {
	w.block()
	w.open = nil
}

// mdLead are the characters that mean something at the start of a line.
const mdLead = "#>+-=~|"

func (w *mdWriter) text(s string) {
	switch {
	case w.skip > 0:
		return
	case w.pre || w.code:
		w.raw.WriteString(s)
		return
	}
	start := w.line.Len() == 0 || w.line.Bytes()[w.line.Len()-1] == '\n'
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			_, n := utf8.DecodeRuneInString(s[i:])
			w.line.WriteString(s[i : i+n])
			i, start = i+n, false
			continue
		}
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c < ' ':
			if b := w.line.Bytes(); len(b) > 0 && b[len(b)-1] != ' ' && b[len(b)-1] != '\n' {
				w.line.WriteByte(' ')
			}
			i++
			continue
		case strings.IndexByte("\\`*_[]<", c) >= 0, start && strings.IndexByte(mdLead, c) >= 0, c == '|' && w.table,
			c == '!' && i+1 == len(s), c == '&' && i+1 < len(s) && s[i+1] != ' ', c == '~' && i+1 < len(s) && s[i+1] == '~':
			w.line.WriteByte('\\')
		case start && c >= '0' && c <= '9':
			n := i
			for n < len(s) && s[n] >= '0' && s[n] <= '9' {
				n++
			}
			w.line.WriteString(s[i:n])
			if i = n; n < len(s) && (s[n] == '.' || s[n] == ')') {
				w.line.WriteByte('\\')
				w.line.WriteByte(s[n])
				i++
			}
			start = false
			continue
		}
		w.line.WriteByte(c)
		i++
		start = false
	}
}

// mdURL writes an address so that nothing in it ends the link.
var mdURL = strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", "\n", "%0A", "\\", "%5C", "\"", "%22", "`", "%60")

// mdAlt escapes what a picture shows as text.
var mdAlt = strings.NewReplacer("[", "\\[", "]", "\\]", "\\", "\\\\", "<", "\\<", "`", "\\`", "|", "\\|")

func (w *mdWriter) push(b mdBlock) { w.open = append(w.open, b) }

func (w *mdWriter) pop(tags ...string) {
	for i := len(w.open) - 1; i >= 0; i-- {
		for _, t := range tags {
			if w.open[i].tag == t {
				w.open = w.open[:i]
				return
			}
		}
	}
}

func (w *mdWriter) around(mark string, t *mdTag) {
	if t.close {
		// Markdown's marks stand close to the word.
		b := w.line.Bytes()
		if n := len(bytes.TrimRight(b, " ")); n < len(b) {
			w.line.Truncate(n)
			w.line.WriteString(mark + " ")
			return
		}
	}
	w.line.WriteString(mark)
}

func (w *mdWriter) tag(t mdTag) {
	switch t.name {
	case "svg", "script", "style", "template":
		if t.close {
			w.skip = max(0, w.skip-1)
		} else {
			w.skip++
		}
		return
	}
	if w.skip > 0 && t.name != "a" {
		return
	}
	if w.pre && t.name != "pre" && t.name != "code" {
		return
	}
	switch t.name {
	case "p", "figure", "figcaption", "section", "header", "footer", "caption":
		w.block()
		if w.title = w.title && !t.close; !t.close && (t.is("alert-title") || t.is("embed-missing")) {
			w.title = true
		}
		if t.name == "section" {
			w.notes = !t.close && t.is("footnotes")
		}
	case "div":
		w.block()
		switch {
		case t.close:
			w.pop("div")
		case t.is("alert"):
			w.push(mdBlock{tag: "div", prefix: "> "})
		default:
			w.push(mdBlock{tag: "div"})
		}
	case "summary":
		w.block()
		w.title = !t.close
	case "h1", "h2", "h3", "h4", "h5", "h6":
		if !t.close {
			w.block()
			return
		}
		if s := strings.TrimSpace(w.line.String()); s != "" {
			w.line.Reset()
			w.put(strings.Repeat("#", int(t.name[1]-'0')) + " " + strings.ReplaceAll(s, "\n", " "))
		}
	case "ul", "ol", "dl":
		w.block()
		if t.close {
			w.pop("ul", "ol", "dl")
			w.tight = false
			return
		}
		n, _ := strconv.Atoi(t.attr("start"))
		if t.attr("start") == "" {
			n = 1
		}
		w.tight = len(w.open) > 0 && w.open[len(w.open)-1].tag == "li"
		w.push(mdBlock{tag: t.name, ordered: t.name == "ol", n: n - 1})
	case "li", "dt", "dd":
		w.block()
		if t.close {
			w.pop(t.name)
			w.tight = true
			return
		}
		mark := "- "
		if n := len(w.open); n > 0 && w.open[n-1].ordered {
			l := &w.open[n-1]
			l.n++
			if mark = strconv.Itoa(l.n) + ". "; w.notes {
				mark = "[^" + strconv.Itoa(l.n) + "]: "
			}
		}
		switch t.name {
		case "dt":
			w.title, mark = true, ""
		case "dd":
			mark = ": "
		}
		pad := strings.Repeat(" ", len(mark))
		if w.notes {
			pad = "    "
		}
		w.push(mdBlock{tag: t.name, first: mark, prefix: pad})
	case "blockquote":
		w.block()
		if t.close {
			w.pop("blockquote")
		} else {
			w.push(mdBlock{tag: "blockquote", prefix: "> "})
		}
	case "hr":
		w.block()
		w.put("---")
	case "br":
		if w.table {
			w.line.WriteByte(' ')
		} else {
			w.line.WriteString("\\\n")
		}
	case "pre":
		if !t.close {
			w.block()
			w.raw.Reset()
			w.pre, w.lang = true, ""
			return
		}
		w.pre = false
		s := strings.TrimSuffix(w.raw.String(), "\n")
		f := fence(s, '`', 3)
		w.put(f + w.lang + "\n" + s + "\n" + f)
	case "code":
		switch {
		case w.pre:
			if l := t.attr("data-lang"); !t.close && !strings.ContainsAny(l, "` \n") {
				w.lang = l
			}
		case !t.close:
			w.raw.Reset()
			w.code = true
		case w.code:
			w.code = false
			s := strings.ReplaceAll(w.raw.String(), "\n", " ")
			if w.table {
				s = strings.ReplaceAll(s, "|", "\\|")
			}
			f := fence(s, '`', 1)
			if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
				s = " " + s + " "
			}
			if s != "" {
				w.line.WriteString(f + s + f)
			}
		}
	case "em", "i":
		w.around("*", &t)
	case "strong", "b":
		w.around("**", &t)
	case "del", "s":
		w.around("~~", &t)
	case "a":
		w.anchor(&t)
	case "img":
		alt := strings.Join(strings.Fields(t.attr("alt")), " ")
		if src := t.attr("src"); src == "" || t.is("missing") {
			w.text(alt)
		} else {
			w.line.WriteString("![" + mdAlt.Replace(alt) + "](" + mdURL.Replace(w.href(src)) + ")")
		}
	case "input":
		if strings.Contains(t.attrs, "checkbox") {
			if strings.Contains(t.attrs, " checked") {
				w.line.WriteString("[x] ")
			} else {
				w.line.WriteString("[ ] ")
			}
		}
	case "table":
		w.block()
		w.table, w.header = !t.close, !t.close
		w.tight = w.tight && !t.close
	case "tr":
		w.row(&t)
	case "td", "th":
		if !t.close {
			w.line.WriteString("| ")
			w.cells++
		} else {
			w.line.WriteByte(' ')
		}
	}
}

// row ends a row of a table; behind the first stands the line that makes it one.
func (w *mdWriter) row(t *mdTag) {
	if !t.close || !w.table {
		w.cells = 0
		return
	}
	s := strings.TrimSpace(strings.ReplaceAll(w.line.String(), "\n", " ")) + " |"
	w.line.Reset()
	if w.cells == 0 {
		return
	}
	w.put(s)
	if w.header {
		w.header = false
		w.tight = true
		w.put(strings.Repeat("| --- ", w.cells) + "|")
	}
	w.tight = true
	w.cells = 0
}

func (w *mdWriter) anchor(t *mdTag) {
	if t.close {
		if n := len(w.marks); n > 0 {
			m := w.marks[n-1]
			w.marks = w.marks[:n-1]
			switch b := w.line.Bytes(); {
			case m == "skip":
				w.skip--
			case strings.HasPrefix(m, "](") && bytes.HasSuffix(b, []byte("[")): // of nothing, such as a heading's own
				w.line.Truncate(len(b) - 1)
			default:
				w.line.WriteString(m)
			}
		}
		return
	}
	switch url := t.attr("href"); {
	case t.attr("role") == "doc-backlink" || w.skip > 0:
		w.skip++
		w.marks = append(w.marks, "skip")
	case t.is("footnote-ref"):
		w.line.WriteString("[^")
		w.marks = append(w.marks, "]")
	case url == "":
		w.marks = append(w.marks, "")
	default:
		w.line.WriteByte('[')
		w.marks = append(w.marks, "]("+mdURL.Replace(w.href(url))+")")
	}
}

// fence returns as many marks as it takes to hold s, at least n.
func fence(s string, mark byte, n int) string {
	run := 0
	for i := 0; i < len(s); i++ {
		if s[i] != mark {
			run = 0
		} else if run++; run >= n {
			n = run + 1
		}
	}
	return strings.Repeat(string(mark), n)
}
