package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"playbook/generator/book"
	"playbook/generator/document"
	"playbook/generator/picture"
)

// funcs returns the functions of layouts. They are pure: whatever knows the
// site is a method of View. Each tolerates missing values, since front matter
// may lack any field.
func funcs() template.FuncMap {
	m := template.FuncMap{
		"date": formatDate, "number": number, "percent": percent, "svgnum": svgnum,
		"lower":   func(v any) string { return strings.ToLower(text(v)) },
		"upper":   func(v any) string { return strings.ToUpper(text(v)) },
		"title":   func(v any) string { return book.Capital(text(v)) },
		"trim":    func(v any) string { return strings.TrimSpace(text(v)) },
		"join":    join,
		"split":   func(sep string, v any) []string { return strings.Split(text(v), sep) },
		"replace": func(old, new string, v any) string { return strings.ReplaceAll(text(v), old, new) },
		"slug":    func(v any) string { return book.Slug(text(v)) },
		"text":    text,
		"dict":    dict, "list": func(v ...any) []any { return v },
		"append": func(v any, more ...any) []any { return append(slices.Clone(items(v)), more...) },
		"first":  first, "last": last, "default": orDefault, "has": has, "seq": seq, "plural": plural,
		"add": func(a, b any) any { return arith(a, b, func(x, y float64) float64 { return x + y }) },
		"sub": func(a, b any) any { return arith(a, b, func(x, y float64) float64 { return x - y }) },
		"mul": func(a, b any) any { return arith(a, b, func(x, y float64) float64 { return x * y }) },
		"div": func(a, b any) any {
			return arith(a, b, func(x, y float64) float64 {
				if y == 0 {
					return 0
				}
				return x / y
			})
		},
		"mod": func(a, b any) any {
			return arith(a, b, func(x, y float64) float64 {
				if y == 0 {
					return 0
				}
				return math.Mod(x, y)
			})
		},
		"float": toFloat,
		"json": func(v any) (template.JS, error) {
			b, err := json.Marshal(v)
			return template.JS(b), err
		},
		"markdown": func(v any) template.HTML { return template.HTML(document.Inline(text(v))) },
		"plain":    func(v any) string { return document.Plain(text(v)) },
		"groupby":  groupBy, "sortby": sortBy, "where": where, "choices": choices,
		"initial":  initial,
		"isCard":   func(v any) bool { _, ok := v.(*book.Card); return ok },
		"isCards":  func(v any) bool { _, ok := v.([]*book.Card); return ok },
		"isList":   func(v any) bool { _, ok := v.([]any); return ok },
		"isNumber": func(v any) bool { _, ok := asNumber(v); return ok },
		"isDate":   func(v any) bool { s, ok := v.(string); return ok && isDate(s) },
		"isMap":    func(v any) bool { _, ok := v.(map[string]any); return ok },
		"isBool":   func(v any) bool { _, ok := v.(bool); return ok },
	}
	maps.Copy(m, picture.Funcs(picture.Reader{Field: pictured, Text: text}))
	return m
}

// pictured returns what a picture wants to know of a card.
func pictured(x any, field string) any {
	if c, ok := x.(*book.Card); ok && c != nil {
		switch field {
		case "label":
			return c.Title
		case "url":
			return c.URL
		case "id":
			return c.ID
		}
	}
	return member(x, field)
}

// text returns a value as a reader would write it.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case template.HTML:
		return string(v)
	case *book.Card:
		if v == nil {
			return ""
		}
		return v.Title
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	if f, ok := asNumber(v); ok {
		return number(f)
	}
	if s, ok := v.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprint(v)
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s[:min(10, len(s))])
	return err == nil
}

// formatDate writes a date "2026-03-31" by a Go layout; what is no date is
// written as it is.
func formatDate(layout string, v any) string {
	s := text(v)
	if len(s) >= 10 {
		if t, err := time.Parse(time.DateOnly, s[:10]); err == nil {
			return t.Format(layout)
		}
	}
	return s
}

func asNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func toFloat(v any) float64 {
	f, ok := asNumber(v)
	if !ok {
		f, _ = strconv.ParseFloat(strings.TrimSpace(text(v)), 64)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// number writes a number with at most two decimals and narrow spaces between
// thousands.
func number(v any) string {
	f, ok := asNumber(v)
	if !ok {
		return text(v)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "–"
	}
	s := strconv.FormatFloat(math.Abs(math.Round(f*100)/100), 'f', -1, 64)
	whole, frac, dot := strings.Cut(s, ".")
	var b strings.Builder
	if f < 0 && s != "0" {
		b.WriteRune('−')
	}
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 && len(whole) > 4 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(c)
	}
	if dot {
		b.WriteString("." + frac)
	}
	return b.String()
}

// percent writes a share (0.42) as "42 %".
func percent(v any) string {
	f, ok := asNumber(v)
	if !ok {
		return ""
	}
	return number(math.Round(f*100)) + "\u202f%"
}

// svgnum writes a coordinate: at most two decimals, a plain point, no spaces.
func svgnum(v any) string {
	return strconv.FormatFloat(math.Round(toFloat(v)*100)/100, 'f', -1, 64)
}

func arith(a, b any, f func(x, y float64) float64) any {
	r := f(toFloat(a), toFloat(b))
	_, af := a.(float64)
	_, bf := b.(float64)
	if !af && !bf && r == math.Trunc(r) && math.Abs(r) < 1<<53 {
		return int64(r)
	}
	return r
}

// items returns the elements of any slice.
func items(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice {
		return []any{v}
	}
	out := make([]any, rv.Len())
	for i := range out {
		out[i] = rv.Index(i).Interface()
	}
	return out
}

func join(sep string, v any) string {
	var parts []string
	for _, x := range items(v) {
		parts = append(parts, text(x))
	}
	return strings.Join(parts, sep)
}

func dict(kv ...any) (map[string]any, error) {
	if len(kv)%2 != 0 {
		return nil, errors.New("dict needs a value for each key")
	}
	m := make(map[string]any, len(kv)/2)
	for i := 0; i < len(kv); i += 2 {
		k, ok := kv[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no text", kv[i])
		}
		m[k] = kv[i+1]
	}
	return m, nil
}

func first(n int, v any) any {
	rv := reflect.ValueOf(v)
	if v == nil || rv.Kind() != reflect.Slice || rv.Len() <= n {
		return v
	}
	return rv.Slice(0, max(0, n)).Interface()
}

func last(n int, v any) any {
	rv := reflect.ValueOf(v)
	if v == nil || rv.Kind() != reflect.Slice || rv.Len() <= n {
		return v
	}
	return rv.Slice(rv.Len()-max(0, n), rv.Len()).Interface()
}

func orDefault(d, v any) any {
	if ok, _ := template.IsTrue(v); ok {
		return v
	}
	return d
}

func has(v any, want any) bool {
	if m, ok := v.(map[string]any); ok {
		_, found := m[text(want)]
		return found
	}
	return slices.ContainsFunc(items(v), func(x any) bool { return text(x) == text(want) })
}

// maxSeq bounds seq, since a number may come from content.
const maxSeq = 10_000

func seq(v any) []int {
	n := int(max(0, min(maxSeq, toFloat(v))))
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func plural(n any, one, many string) string {
	if toFloat(n) == 1 {
		return one
	}
	return many
}

// Group is what groupby makes of cards that share a value.
type Group struct {
	Key   string
	Value any
	Items []any
}

// groupBy groups cards (or maps) by a field, groups in order of first
// appearance; those without the field form a group with an empty key.
func groupBy(key string, v any) []Group {
	var out []Group
	at := map[string]int{}
	for _, x := range items(v) {
		val := member(x, key)
		k := text(val)
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, Group{Key: k, Value: val})
		}
		out[i].Items = append(out[i].Items, x)
	}
	return out
}

// choices returns what a field says among the values, each once, in the order in
// which it is first said; of a list, each of its items.
func choices(key string, v any) []string {
	var out []string
	said := map[string]bool{}
	for _, x := range items(v) {
		for _, y := range items(member(x, key)) {
			if s := text(y); s != "" && !said[s] {
				said[s] = true
				out = append(out, s)
			}
		}
	}
	return out
}

func sortBy(key string, v any) []any {
	out := slices.Clone(items(v))
	name, desc := strings.CutPrefix(key, "-")
	slices.SortStableFunc(out, func(a, b any) int {
		c := compare(member(a, name), member(b, name))
		if desc {
			return -c
		}
		return c
	})
	return out
}

func compare(a, b any) int {
	x, okx := asNumber(a)
	y, oky := asNumber(b)
	if okx && oky {
		if x < y {
			return -1
		} else if x > y {
			return 1
		}
		return 0
	}
	return strings.Compare(text(a), text(b))
}

// where keeps the elements whose field has the value.
func where(key string, want any, v any) []any {
	var out []any
	for _, x := range items(v) {
		m := member(x, key)
		if text(m) == text(want) || isListWith(m, want) {
			out = append(out, x)
		}
	}
	return out
}

func isListWith(v, want any) bool {
	switch v.(type) {
	case []any, []string, []*book.Card:
		return has(v, want)
	}
	return false
}

// member returns a field of a card or of a map; a card's own data win over its
// kind's fields of the same name.
func member(x any, key string) any {
	switch x := x.(type) {
	case map[string]any:
		return x[key]
	case book.News:
		return member(x.Card, key)
	case *book.Card:
		if x == nil {
			return nil
		}
		switch key {
		case "title":
			return x.Title
		case "kind":
			return x.Kind
		case "section":
			return x.Section
		case "status":
			return x.Status
		case "owner":
			return x.Owner
		case "date":
			return x.Date
		case "tags":
			return x.Tags
		case "initial":
			return initial(x.Title)
		}
		return x.Fields[key]
	}
	return nil
}

// initial returns the letter under which a title stands in an A to Z.
func initial(v any) string {
	return book.Initial(text(v))
}
