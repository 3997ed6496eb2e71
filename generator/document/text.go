package document

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// appendEscaped appends s as HTML text, or as the value of a quoted attribute.
func appendEscaped[T string | []byte](dst []byte, s T, attr bool) []byte {
	from := 0
	for i := range len(s) {
		var esc string
		switch s[i] {
		case '&':
			esc = "&amp;"
		case '<':
			esc = "&lt;"
		case '>':
			esc = "&gt;"
		case '"':
			if !attr {
				continue
			}
			esc = "&quot;"
		case 0:
			esc = "\uFFFD"
		default:
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = append(dst, esc...)
		from = i + 1
	}
	return append(dst, s[from:]...)
}

// appendUnescaped appends Markdown text as plain text: backslash escapes and
// character references resolved in one pass, as CommonMark wants.
func appendUnescaped(dst, md []byte) []byte {
	for i := 0; i < len(md); {
		switch c := md[i]; {
		case c == '\\' && i+1 < len(md) && util.IsPunct(md[i+1]):
			dst = append(dst, md[i+1])
			i += 2
		case c == '&':
			n, plain := reference(dst, md[i:])
			if n == 0 {
				dst = append(dst, c)
				i++
			} else {
				dst = plain
				i += n
			}
		case c == 0:
			dst = append(dst, "\uFFFD"...)
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// reference appends the character that the reference at the start of b stands
// for and returns the reference's length, 0 if there is none.
func reference(dst, b []byte) (int, []byte) {
	end := bytes.IndexByte(b[:min(len(b), 40)], ';')
	if end < 2 {
		return 0, dst
	}
	name := b[1:end]
	if name[0] != '#' {
		if e, ok := util.LookUpHTML5EntityByName(string(name)); ok {
			return end + 1, append(dst, e.Characters...)
		}
		return 0, dst
	}
	digits, base, most := name[1:], rune(10), 7
	if len(digits) > 0 && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base, most = digits[1:], 16, 6
	}
	if len(digits) == 0 || len(digits) > most {
		return 0, dst
	}
	var r rune
	for _, c := range digits {
		var d rune
		switch {
		case '0' <= c && c <= '9':
			d = rune(c - '0')
		case base == 16 && 'a' <= c|0x20 && c|0x20 <= 'f':
			d = rune(c|0x20-'a') + 10
		default:
			return 0, dst
		}
		r = r*base + d
	}
	if r == 0 || !utf8.ValidRune(r) {
		r = utf8.RuneError
	}
	return end + 1, utf8.AppendRune(dst, r)
}

// plainText is what a node of ours that stands for text says as plain text.
type plainText interface{ plainText() string }

// plainer gathers the plain text of inline nodes and notes where marked nodes
// begin in it.
type plainer struct {
	src   []byte
	out   []byte
	marks []ast.Node
	at    []int
}

func (p *plainer) walk(n ast.Node) {
	for len(p.at) < len(p.marks) && p.marks[len(p.at)] == n {
		p.at = append(p.at, len(p.out))
	}
	switch n := n.(type) {
	case *ast.Text:
		v := n.Segment.Value(p.src)
		if n.IsRaw() {
			p.out = append(p.out, v...)
		} else {
			p.out = appendUnescaped(p.out, v)
		}
		if n.SoftLineBreak() || n.HardLineBreak() {
			p.out = append(p.out, ' ')
		}
		return
	case *ast.String:
		p.out = append(p.out, n.Value...)
		return
	case *ast.AutoLink:
		p.out = append(p.out, n.Label(p.src)...)
		return
	case *east.FootnoteLink, *east.FootnoteBacklink, *east.TaskCheckBox:
		return
	case plainText:
		p.out = append(p.out, n.plainText()...)
		return
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		p.walk(c)
	}
}

// plain returns the text of a node on one line.
func (w *writer) plain(n ast.Node) string {
	p := &w.plainer
	p.src, p.out, p.marks, p.at = w.src, p.out[:0], nil, p.at[:0]
	p.walk(n)
	return oneLine(p.out)
}

// plainMarked returns the text of a node and where in it the marks begin.
func (w *writer) plainMarked(n ast.Node, marks []ast.Node) (string, []int) {
	p := &w.plainer
	p.src, p.out, p.marks, p.at = w.src, p.out[:0], marks, p.at[:0]
	p.walk(n)
	for len(p.at) < len(marks) {
		p.at = append(p.at, len(p.out))
	}
	text := bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, p.out)
	if len(text) != len(p.out) {
		text = p.out
	}
	return string(text), p.at
}

// oneLine makes runs of white space one space.
func oneLine(b []byte) string {
	b = bytes.TrimSpace(b)
	if !bytes.ContainsAny(b, "\n\t\r") && !bytes.Contains(b, []byte("  ")) {
		return string(b)
	}
	return strings.Join(strings.Fields(string(b)), " ")
}

// The lengths, in characters, of what other pages show of a text.
const (
	summaryLength = 300
	snippetLength = 240
)

// shorten cuts text at a word so that it has at most n characters.
func shorten(text string, n int) string {
	if len(text) <= n || utf8.RuneCountInString(text) <= n {
		return text
	}
	end, count, word := 0, 0, 0
	for i, r := range text {
		if count == n-1 {
			end = i
			break
		}
		if r == ' ' {
			word = i
		}
		count++
	}
	if word > end/2 {
		end = word
	}
	return strings.TrimRightFunc(text[:end], func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' || r == ':' }) + "…"
}

// snippet returns what stands around byte at of text: all of it when it is
// short, else the sentence, else the words around.
func snippet(text string, at int) string {
	if len(text) <= snippetLength {
		return strings.TrimSpace(text)
	}
	at = min(at, len(text))
	// A window first, so that a long block with many references costs each of
	// them the window and not the block.
	lo, hi := max(0, at-2*snippetLength), min(len(text), at+4*snippetLength)
	for lo > 0 && !utf8.RuneStart(text[lo]) {
		lo--
	}
	for hi < len(text) && !utf8.RuneStart(text[hi]) {
		hi++
	}
	from, to, cutFrom, cutTo := lo, hi, lo > 0, hi < len(text)
	for i := lo; i < hi; i++ {
		if i+1 < len(text) && (text[i] == '.' || text[i] == '!' || text[i] == '?') && text[i+1] == ' ' {
			if i < at {
				from, cutFrom = i+2, false
			} else {
				to, cutTo = i+1, false
				break
			}
		}
	}
	s := strings.TrimSpace(text[from:to])
	if n := utf8.RuneCountInString(s); n <= snippetLength && !cutFrom && !cutTo {
		return s
	}
	// Too long: the words around, a third before.
	if at-from > snippetLength/3 {
		from = at - snippetLength/3
		for from > 0 && !utf8.RuneStart(text[from]) {
			from--
		}
		if i := strings.IndexByte(text[from:at], ' '); i >= 0 {
			from += i + 1
		}
		cutFrom = true
	}
	s = strings.TrimSpace(text[from:to])
	if cutFrom {
		s = "…" + s
	}
	if cutTo && utf8.RuneCountInString(s) < snippetLength {
		s += "…"
	}
	return shorten(s, snippetLength)
}
