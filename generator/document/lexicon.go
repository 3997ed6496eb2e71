package document

import (
	"bytes"
	"html"

	"playbook/generator/search"
)

// lexicon counts the words of the body's text, by the sections they stand in:
// of all of it, code and links too, since readers look for what they saw.
func (w *writer) lexicon() search.Bag {
	if w.c.o.Plain {
		return ""
	}
	src, text := w.buf, w.scratch[:0]
	part, weight, next := 0, search.InText, 0
	flush := func() {
		if len(text) > 0 {
			if bytes.IndexByte(text, '&') >= 0 {
				text = []byte(html.UnescapeString(string(text)))
			}
			w.counter.Add(text, weight, part)
			text = text[:0]
		}
	}
	for at := 0; at < len(src); {
		i := bytes.IndexByte(src[at:], '<')
		if i < 0 {
			i = len(src) - at
		}
		text = append(text, src[at:at+i]...)
		if at += i; at == len(src) {
			break
		}
		if next < len(w.doc.Headings) && at >= w.doc.Headings[next].From {
			flush()
			next++
			part = next
		}
		tag := src[at:]
		end := tagEnd(tag)
		switch name, closing := tagName(tag); {
		case len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6':
			flush()
			if weight = search.InHeading; closing {
				weight = search.InText
			}
		case !withinWord[string(name)]:
			text = append(text, ' ')
		}
		at += end
	}
	flush()
	w.scratch = text[:0]
	return w.counter.Pack()
}

// withinWord are the elements that do not end a word.
var withinWord = map[string]bool{"a": true, "abbr": true, "b": true, "bdi": true, "bdo": true, "cite": true, "code": true, "del": true, "dfn": true, "em": true, "i": true, "ins": true, "kbd": true,
	"mark": true, "q": true, "s": true, "samp": true, "small": true, "span": true, "strong": true, "sub": true, "sup": true, "u": true, "var": true, "wbr": true}

// tagName returns the name of the element whose tag b begins with.
func tagName(b []byte) (name []byte, closing bool) {
	b = b[1:]
	if len(b) > 0 && b[0] == '/' {
		b, closing = b[1:], true
	}
	n := 0
	for n < len(b) && (b[n] >= 'a' && b[n] <= 'z' || b[n] >= '0' && b[n] <= '9') {
		n++
	}
	return b[:n], closing
}

// tagEnd returns how long the tag is that b begins with. Values of attributes are
// in double quotes, as the writer writes them.
func tagEnd(b []byte) int {
	quoted := false
	for i, c := range b {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '>' && !quoted:
			return i + 1
		}
	}
	return len(b)
}
