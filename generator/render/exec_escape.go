package render

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// trust is what a value says of itself by its type.
type trust uint8

const (
	plainText trust = iota
	trustedHTML
	trustedURL
	trustedOther
)

// written returns a value as text, and what its type promises.
func written(v any) (string, trust) {
	switch v := v.(type) {
	case string:
		return v, plainText
	case nil, null:
		return "", plainText
	case template.HTML:
		return string(v), trustedHTML
	case template.URL:
		return string(v), trustedURL
	case template.CSS:
		return string(v), trustedOther
	case template.HTMLAttr:
		return string(v), trustedOther
	case template.JS:
		return string(v), trustedOther
	case template.JSStr:
		return string(v), trustedOther
	case template.Srcset:
		return string(v), trustedOther
	case int:
		return strconv.Itoa(v), plainText
	case int64:
		return strconv.FormatInt(v, 10), plainText
	case bool:
		return strconv.FormatBool(v), plainText
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 && v != 0 {
			return strconv.FormatInt(int64(v), 10), plainText
		}
		return fmt.Sprint(v), plainText
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer {
		p := rv
		for p.Kind() == reflect.Pointer && !p.IsNil() {
			p = p.Elem()
		}
		switch p.Interface().(type) {
		case string, template.HTML, template.URL, template.CSS, template.HTMLAttr, template.JS, template.JSStr, template.Srcset:
			return written(p.Interface())
		}
		for rv.Kind() == reflect.Pointer && !rv.IsNil() && !prints(rv.Type()) {
			rv = rv.Elem()
		}
		v = rv.Interface()
	}
	return fmt.Sprint(v), plainText
}

func prints(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[fmt.Stringer]()) || t.Implements(reflect.TypeFor[error]())
}

// writer returns how a value is written through a row of html/template's
// escapers, nil if one of them is not known here.
func writer(names []string) func(*bytes.Buffer, any) {
	switch strings.Join(names, " ") {
	case "htmlescaper":
		return writeHTML
	case "attrescaper":
		return writeAttr
	case "rcdataescaper":
		return writeRCDATA
	case "commentescaper":
		return func(*bytes.Buffer, any) {}
	case "urlfilter urlnormalizer attrescaper":
		return writeURLAttr
	case "":
		return func(b *bytes.Buffer, v any) { // after html or urlquery
			s, ok := v.(string)
			if !ok {
				giveUp()
			}
			b.WriteString(s)
		}
	}
	var steps []func(string, trust) string
	for i, n := range names {
		var step func(string, trust) string
		switch n {
		case "urlfilter":
			step = filterURL
		case "urlnormalizer":
			step = normalizeURL
		case "urlescaper":
			step = escapeURL
		case "attrescaper", "rcdataescaper", "htmlescaper":
			step = func(s string, t trust) string {
				if t == trustedHTML { // these come last, and first only alone
					giveUp()
				}
				var b bytes.Buffer
				escapeHTML(&b, s)
				return b.String()
			}
		case "nospaceescaper":
			first := i == 0
			step = func(s string, t trust) string {
				if first && t == trustedHTML {
					return asStandard("unquoted", template.HTML(s))
				}
				return escapeUnquoted(s)
			}
		case "htmlnamefilter", "commentescaper", "html", "urlquery":
			return nil
		default:
			return nil
		}
		steps = append(steps, step)
	}
	return func(b *bytes.Buffer, v any) {
		s, t := written(v)
		for _, step := range steps {
			s, t = step(s, t), plainText
		}
		b.WriteString(s)
	}
}

func writeHTML(b *bytes.Buffer, v any) {
	s, t := written(v)
	if t == trustedHTML {
		b.WriteString(s)
		return
	}
	escapeHTML(b, s)
}

func writeAttr(b *bytes.Buffer, v any) {
	s, t := written(v)
	if t == trustedHTML {
		b.WriteString(asStandard("quoted", template.HTML(s)))
		return
	}
	escapeHTML(b, s)
}

func writeRCDATA(b *bytes.Buffer, v any) {
	s, t := written(v)
	if t == trustedHTML {
		b.WriteString(asStandard("rcdata", template.HTML(s)))
		return
	}
	escapeHTML(b, s)
}

func writeURLAttr(b *bytes.Buffer, v any) {
	s, t := written(v)
	if t == plainText && clean(s, &urlAttrSafe) && safeURL(s) {
		b.WriteString(s)
		return
	}
	escapeHTML(b, normalizeURL(filterURL(s, t), plainText))
}

// asStandard lets html/template write a value into one of the probes: text with
// tags in an attribute or a title, which it strips or normalizes.
func asStandard(probe string, v any) string {
	p := probes()[probe]
	var b bytes.Buffer
	if err := p.tmpl.Execute(&b, v); err != nil {
		giveUp()
	}
	return string(b.Bytes()[p.before : b.Len()-p.after])
}

type probe struct {
	tmpl          *template.Template
	before, after int
}

var probes = sync.OnceValue(func() map[string]probe {
	mk := func(before, after string) probe {
		return probe{template.Must(template.New("").Parse(before + "{{.}}" + after)), len(before), len(after)}
	}
	return map[string]probe{
		"quoted":   mk(`<a title="`, `">`),
		"unquoted": mk(`<a title=`, `>`),
		"rcdata":   mk(`<title>`, `</title>`),
	}
})

// bytesOf is a set of bytes.
type bytesOf [256]bool

func setOf(bytes string) (set bytesOf) {
	for i := range len(bytes) {
		set[bytes[i]] = true
	}
	return set
}

const alnum = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

var (
	// htmlSpecial are the bytes that text and quoted attributes may not have.
	htmlSpecial = setOf("\x00\"&'+<>")
	// urlUnreserved and urlReserved are those of RFC 3986, but for quotes and
	// parentheses, which could end an attribute or a CSS url().
	urlUnreserved = setOf(alnum + "-._~")
	urlReserved   = setOf("!#$&*+,/:;=?@[]")
	// urlAttrSafe need nothing done in a URL in an attribute.
	urlAttrSafe = setOf(alnum + "-._~" + "!#$*,/:;=?@[]")
)

func clean(s string, set *bytesOf) bool {
	for i := range len(s) {
		if !set[s[i]] {
			return false
		}
	}
	return true
}

// escapeHTML writes text for an element's content or a quoted attribute.
func escapeHTML(b *bytes.Buffer, s string) {
	from := 0
	for i := range len(s) {
		if !htmlSpecial[s[i]] {
			continue
		}
		b.WriteString(s[from:i])
		from = i + 1
		switch s[i] {
		case 0:
			b.WriteString("\uFFFD")
		case '"':
			b.WriteString("&#34;")
		case '&':
			b.WriteString("&amp;")
		case '\'':
			b.WriteString("&#39;")
		case '+':
			b.WriteString("&#43;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		}
	}
	b.WriteString(s[from:])
}

// harmless is what html/template writes in place of what it does not allow.
const harmless = "ZgotmplZ"

// escapeUnquoted makes text an attribute's value without quotes.
func escapeUnquoted(s string) string {
	if s == "" {
		return harmless
	}
	var b strings.Builder
	from := 0
	for i, w := 0, 0; i < len(s); i += w {
		var r rune
		r, w = utf8.DecodeRuneInString(s[i:])
		repl := ""
		switch r {
		case 0:
			repl = "&#xfffd;"
		case '&':
			repl = "&amp;"
		case '<':
			repl = "&lt;"
		case '>':
			repl = "&gt;"
		case '\t', '\n', '\v', '\f', '\r', ' ', '"', '\'', '+', '=', '`':
			repl = "&#" + strconv.Itoa(int(r)) + ";"
		default:
			if 0xfdd0 <= r && r <= 0xfdef || 0xfff0 <= r && r <= 0xffff {
				repl = "&#x" + strconv.FormatInt(int64(r), 16) + ";"
			}
		}
		if repl != "" {
			b.WriteString(s[from:i])
			b.WriteString(repl)
			from = i + w
		}
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

func filterURL(s string, t trust) string {
	if t == trustedURL || safeURL(s) {
		return s
	}
	return "#" + harmless
}

// safeURL tells whether a URL cannot run anything: it has no scheme or a known
// one.
func safeURL(s string) bool {
	scheme, _, ok := strings.Cut(s, ":")
	if !ok || strings.Contains(scheme, "/") {
		return true
	}
	return strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "mailto")
}

func normalizeURL(s string, _ trust) string { return percentEscaped(s, true) }

func escapeURL(s string, t trust) string { return percentEscaped(s, t == trustedURL) }

// percentEscaped writes the bytes that a URL may not have as %xx; norm leaves what
// has a meaning in a URL as it is.
func percentEscaped(s string, norm bool) string {
	var b strings.Builder
	from := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case urlUnreserved[c], norm && urlReserved[c]:
			continue
		case c == '%' && norm && i+2 < len(s) && hexDigit(s[i+1]) && hexDigit(s[i+2]):
			continue
		}
		if from == 0 {
			b.Grow(len(s) + 16)
		}
		const digits = "0123456789abcdef"
		b.WriteString(s[from:i])
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
		from = i + 1
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

func hexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
