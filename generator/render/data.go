package render

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"playbook/generator/book"
)

// dataWriter appends values of fields as JSON, which is YAML too. card says how a
// reference is written.
type dataWriter struct {
	b    []byte
	card func(w *dataWriter, c *book.Card)
}

func (w *dataWriter) raw(s string) { w.b = append(w.b, s...) }

const hexDigits = "0123456789abcdef"

// str appends a text. What ends a script, what JavaScript or YAML take for the
// end of a line, and what cannot be seen is escaped.
func (w *dataWriter) str(s string) {
	w.b = append(w.b, '"')
	from := 0
	for i := 0; i < len(s); {
		c, n := rune(s[i]), 1
		if c >= utf8.RuneSelf {
			c, n = utf8.DecodeRuneInString(s[i:])
		}
		plain := c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && (c < 0x7f || c > 0x9f) && c != 0x2028 && c != 0x2029 && c != 0xfeff &&
			!(c == utf8.RuneError && n == 1) && c != 0xfffe && c != 0xffff
		if plain {
			i += n
			continue
		}
		w.b = append(w.b, s[from:i]...)
		switch c {
		case '"', '\\':
			w.b = append(w.b, '\\', byte(c))
		case '\n':
			w.raw(`\n`)
		case '\t':
			w.raw(`\t`)
		default:
			w.b = append(w.b, '\\', 'u', hexDigits[c>>12&15], hexDigits[c>>8&15], hexDigits[c>>4&15], hexDigits[c&15])
		}
		i += n
		from = i
	}
	w.b = append(append(w.b, s[from:]...), '"')
}

// value appends a value of a field or one worked out: numbers as numbers, what
// is unknown, or no number that JSON has, as null.
func (w *dataWriter) value(v any) {
	switch v := v.(type) {
	case bool:
		w.b = strconv.AppendBool(w.b, v)
	case int:
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	case int64:
		w.b = strconv.AppendInt(w.b, v, 10)
	case float64:
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			w.raw("null")
		case math.Abs(v) >= 1e21 || v != 0 && math.Abs(v) < 1e-6:
			w.b = strconv.AppendFloat(w.b, v, 'e', -1, 64)
		default:
			w.b = strconv.AppendFloat(w.b, v, 'f', -1, 64)
		}
	case string:
		w.str(v)
	case *book.Card:
		if v == nil {
			w.raw("null")
		} else {
			w.card(w, v)
		}
	case []*book.Card:
		w.list(len(v), func(i int) { w.value(v[i]) })
	case []string:
		w.list(len(v), func(i int) { w.str(v[i]) })
	case []any:
		w.list(len(v), func(i int) { w.value(v[i]) })
	case map[string]any:
		w.raw("{")
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				w.raw(", ")
			}
			w.str(k)
			w.raw(": ")
			w.value(v[k])
		}
		w.raw("}")
	default:
		w.raw("null")
	}
}

func (w *dataWriter) list(n int, each func(i int)) {
	w.raw("[")
	for i := range n {
		if i > 0 {
			w.raw(", ")
		}
		each(i)
	}
	w.raw("]")
}
