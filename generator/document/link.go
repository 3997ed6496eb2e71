package document

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// offsetIn returns where in src the slice sub begins, -1 if it is no part of it.
// A slice of a slice keeps the end of its capacity, so no search is needed.
func offsetIn(src, sub []byte) int {
	off := cap(src) - cap(sub)
	if cap(sub) == 0 || off < 0 || off+len(sub) > len(src) {
		return -1
	}
	if len(sub) > 0 && &src[off] != &sub[0] {
		return -1
	}
	return off
}

// targetPlace returns where the target of a Markdown link or picture is written.
// That of a reference link is the use, not the definition: it is the use that
// another page's edit can break.
func (w *writer) targetPlace(n ast.Node, dest []byte, reference bool) (at, length int) {
	start := max(nodeStart(n), 0)
	if !reference {
		if at := offsetIn(w.src, dest); at >= 0 {
			return at, len(dest)
		}
		// A tab in a list was widened, so the line is a copy.
		if i := bytes.Index(w.src[start:], dest); i >= 0 && len(dest) > 0 {
			return start + i, len(dest)
		}
		return start, 0
	}
	return start, referenceLength(w.src[start:])
}

// referenceLength returns the length of the reference link at the start of b,
// 0 if it does not end on its line.
func referenceLength(b []byte) int {
	depth, i := 0, 0
	for ; i < len(b) && b[i] != '\n'; i++ {
		switch b[i] {
		case '\\':
			i++
		case '[':
			depth++
		case ']':
			depth--
			if depth == 0 && (i+1 >= len(b) || b[i+1] != '[') {
				return i + 1
			}
		}
	}
	return 0
}

// fate says what becomes of a URL.
type fate uint8

const (
	fateLocal    fate = iota // another page or file: a Ref
	fateWeb                  // http, https and protocol-relative
	fateExternal             // another allowed scheme
	fateRefused
)

// judge cleans a URL as browsers do (they drop tabs, line ends and surrounding
// control characters before they look at the scheme) and says what becomes of it.
func judge(url string) (string, fate) {
	url = strings.TrimFunc(url, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(url, "\t\n\r") {
		url = strings.Map(func(r rune) rune {
			if r == '\t' || r == '\n' || r == '\r' {
				return -1
			}
			return r
		}, url)
	}
	if len(url) >= 2 && (url[0] == '/' || url[0] == '\\') && (url[1] == '/' || url[1] == '\\') {
		return url, fateWeb
	}
	for i := range len(url) {
		switch c := url[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			switch strings.ToLower(url[:i]) {
			case "http", "https":
				return url, fateWeb
			case "mailto", "tel", "ftp", "sms", "xmpp", "irc", "ircs", "news", "callto", "skype", "msteams", "slack":
				return url, fateExternal
			}
			return url, fateRefused
		default:
			return url, fateLocal
		}
	}
	return url, fateLocal
}

// ref records a reference to url, written at an offset of the body.
func (w *writer) ref(n ast.Node, kind RefKind, url string, decode bool, at, length int) int {
	r := Ref{Kind: kind}
	rest, fragment, _ := strings.Cut(url, "#")
	r.Target, r.Query, _ = strings.Cut(rest, "?")
	r.Fragment = fragment
	if decode {
		r.Target, r.Fragment = percentDecoded(r.Target), percentDecoded(r.Fragment)
	}
	return w.addRef(n, r, at, length)
}

// addRef records r with its place and returns its index.
func (w *writer) addRef(n ast.Node, r Ref, at, length int) int {
	r.Line, r.Col = w.place(at)
	if length > 0 {
		if l, col := w.place(at + length); l == r.Line {
			r.EndCol = col
		}
	}
	w.kept += len(r.Target) + len(r.Query) + len(r.Fragment) + len(r.Label)
	w.doc.Refs = append(w.doc.Refs, r)
	w.mark = append(w.mark, n)
	return len(w.doc.Refs) - 1
}

// openLink writes the start tag of a link and tells whether it did: a link with
// a scheme that is not allowed stays text.
func (w *writer) openLink(n ast.Node, url string, decode bool, at, length int, title string) bool {
	url, f := judge(url)
	if f == fateRefused {
		w.refuseScheme(url, at, "a link")
		return false
	}
	w.put("<a")
	if title != "" {
		w.attr("title", title)
	}
	w.href(n, url, f, decode, at, length)
	w.put(">")
	return true
}

// href writes the href of a judged URL, or the hole for it.
func (w *writer) href(n ast.Node, url string, f fate, decode bool, at, length int) {
	if f == fateLocal {
		w.hole(HoleHref, w.ref(n, RefLink, url, decode, at, length))
		return
	}
	w.put(` href="`)
	w.buf = appendEscaped(w.buf, util.URLEscape([]byte(url), false), true)
	w.put(`"`)
	if f == fateWeb {
		w.put(` rel="external noopener"`)
	}
}

// picture writes an img element. The hole for its source stands last, so that
// who fills it can see whether the tag has a width already.
func (w *writer) picture(n ast.Node, url string, decode bool, at, length int, alt, title, width, height string) {
	url, f := judge(url)
	if f == fateRefused || f == fateExternal {
		w.refuseScheme(url, at, "a picture")
		w.literal([]byte(alt))
		return
	}
	w.put("<img")
	w.attr("alt", alt)
	if title != "" {
		w.attr("title", title)
	}
	if width != "" {
		w.attr("width", width)
	}
	if height != "" {
		w.attr("height", height)
	}
	// The first picture is likely to be seen at once; the others can wait.
	if w.images > 0 && !w.c.o.Plain {
		w.put(` loading="lazy"`)
	}
	w.images++
	w.source(n, url, f, decode, at, length)
	w.put(">")
}

// source writes the src of a judged URL, or the hole for it.
func (w *writer) source(n ast.Node, url string, f fate, decode bool, at, length int) {
	if f == fateLocal {
		w.hole(HoleSrc, w.ref(n, RefImage, url, decode, at, length))
		return
	}
	w.put(` src="`)
	w.buf = appendEscaped(w.buf, util.URLEscape([]byte(url), false), true)
	w.put(`"`)
}

func (w *writer) refuseScheme(url string, at int, what string) {
	scheme, _, _ := strings.Cut(url, ":")
	w.warn("link-scheme", at, what+" may not begin with "+strconv.Quote(strings.ToLower(scheme)+":"), "use http, https, mailto, tel, or the path of a page or file")
}

// percentDecoded resolves %XX; what is no such escape stays.
func percentDecoded(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && util.IsHexDecimal(s[i+1]) && util.IsHexDecimal(s[i+2]) {
			v, _ := strconv.ParseUint(s[i+1:i+3], 16, 8)
			b.WriteByte(byte(v))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// isPicture tells by its ending whether a file is a picture.
func isPicture(target string) bool {
	switch strings.ToLower(path.Ext(target)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".bmp", ".ico":
		return true
	}
	return false
}
