// Package picture draws the pictures of a page as HTML with small inline SVG
// marks, at build time: functions from plain data to text.
//
// # What a layout writes
//
//	{{bars (list (dict "label" "EMEA" "value" 12 "of" 20 "url" .URL)) "title" "Calls by region"}}
//
// The first argument is the data, a list of items; the rest are options, names
// and values in turn. An item is a dict, or whatever else the reader given to
// Funcs can read fields of (cards), or a bare number or text. Each picture says
// below which fields it looks at; a field is missing where it is nil or "".
//
// Fields that mean the same everywhere:
//
//	label   text of the item              url     where the label links to
//	value   a number                      of      the number that value should reach
//	status  a word, shown as written      tone    good, done, warn, bad, gone or open: what the status means
//	note    a line of small text
//
// Options of all pictures:
//
//	title    the caption; it must be given, since it is what a screen reader announces
//	caption  false hides the title from sight (below a heading that says the same)
//	note     a line below the caption
//	lang     language of numbers, dates and words: de, en, fr; "" writes numbers as the function number does
//	unit     written behind every number
//	id       an anchor for the figure
//	tones    dict from status to tone, for items without a tone of their own
//	X_from   name of the field in which to look for field X: "value_from" "standard_days"
//
// # Rules that hold for every picture
//
// Text is HTML text beside the marks and never inside a scaled drawing, so it
// keeps its size at any width; the marks' coordinates are per cent, so they
// stretch. Wherever possible the list or table that a screen reader reads is the
// picture itself; a drawing that is none has role img, a title, a description,
// and its figures as a table or list below it. No element needs an id, so two
// pictures on a page cannot share one. Colours are the theme's; what a colour
// says, a word and a shape say too. There are no style attributes, scripts or
// colours in the output, only classes; the rules for them stand in the style
// sheet under "pictures".
//
// Content is never an error: what is no number (or NaN, or infinite) or no date
// is missing, and missing values are shown as such. An address that is neither
// relative nor https is left out, and its label stays. Errors are the layout's:
// an unknown option, a missing title, data that is no list.
//
// Chart libraries for Go draw at a fixed size with fixed colours and text
// inside the scaled drawing, and know neither funnel, timeline nor cascade.
package picture

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// Reader reads what is no plain data. Both functions must be pure.
type Reader struct {
	// Field returns a field of an item that is no dict, nil if it has none.
	Field func(item any, name string) any
	// Text returns a value as readers see it.
	Text func(v any) string
}

// drawing is one kind of picture.
type drawing struct {
	name    string
	options string // its own options, beside those of all
	draw    func(*canvas, any) error
}

func drawings() []drawing {
	return []drawing{
		{"bars", "max", (*canvas).bars},
		{"pairs", "max series", (*canvas).pairs},
		{"funnel", "", (*canvas).funnel},
		{"ring", "steps", (*canvas).ring},
		{"strip", "", (*canvas).strip},
		{"grid", "columns of corner total", (*canvas).grid},
		{"timeline", "today from to", (*canvas).timeline},
		{"quadrants", "columns rows weights", (*canvas).quadrants},
		{"scatter", "x y xmin xmax ymin ymax corners", (*canvas).scatter},
		{"trend", "of from to min max", (*canvas).trend},
		{"cascade", "open limit here", (*canvas).cascade},
	}
}

// Funcs returns the pictures as functions of templates, by name.
func Funcs(r Reader) template.FuncMap {
	m := template.FuncMap{}
	for _, d := range drawings() {
		m[d.name] = func(data any, options ...any) (template.HTML, error) { return draw(d, r, data, options) }
	}
	return m
}

// common are the options of all pictures.
const common = "title caption note lang unit id tones"

// canvas is a picture being drawn: its options and what is written so far.
type canvas struct {
	b       []byte
	r       Reader
	opt     map[string]any // the picture's own options
	from    map[string]string
	tones   any
	title   string
	note    string
	lang    lang
	unit    string
	nothing bool // nothing was there to draw
}

func draw(d drawing, r Reader, data any, options []any) (template.HTML, error) {
	room := 1024
	if l, ok := data.([]any); ok {
		room += 512 * min(len(l), 32)
	}
	c := &canvas{r: r, b: make([]byte, 0, room)}
	fail := func(format string, a ...any) (template.HTML, error) {
		return "", fmt.Errorf(d.name+": "+format, a...)
	}
	if len(options)%2 != 0 {
		return fail("each option needs a value")
	}
	id, hide := "", false
	for i := 0; i < len(options); i += 2 {
		name, ok := options[i].(string)
		if !ok {
			return fail("%v is no name of an option", options[i])
		}
		v := options[i+1]
		field, isFrom := strings.CutSuffix(name, "_from")
		switch {
		case name == "title":
			c.title = c.text(v)
		case name == "note":
			c.note = c.text(v)
		case name == "lang":
			c.lang = langOf(c.text(v))
		case name == "unit":
			c.unit = c.text(v)
		case name == "tones":
			c.tones = v
		case name == "caption":
			hide = v == false
		case name == "id":
			if id = c.text(v); !isID(id) {
				return fail("id %q must be letters, digits and hyphens", id)
			}
		case isFrom && field != "":
			if c.from == nil {
				c.from = map[string]string{}
			}
			c.from[field] = c.text(v)
		case slices.Contains(strings.Fields(d.options), name):
			if c.opt == nil {
				c.opt = map[string]any{}
			}
			c.opt[name] = v
		default:
			return fail("there is no option %q; there are %s", name, strings.Join(append(strings.Fields(common), strings.Fields(d.options)...), ", "))
		}
	}
	if c.title == "" {
		return fail("needs a title")
	}
	c.s(`<figure class="pic pic-`, d.name, `"`)
	if id != "" {
		c.s(` id="`, id, `"`)
	}
	c.s(`><figcaption`)
	if hide {
		c.s(` class="sr"`)
	}
	c.s(`><bdi class="pic-title">`).e(c.title).s(`</bdi>`)
	if c.note != "" {
		c.s(`<span class="pic-note">`).e(c.note).s(`</span>`)
	}
	c.s(`</figcaption>`)
	if err := d.draw(c, data); err != nil {
		return fail("%w", err)
	}
	if c.nothing {
		c.s(`<p class="pic-none">`).e(c.word("nothing")).s(`</p>`)
	}
	c.s(`</figure>`)
	return template.HTML(unsafe.String(unsafe.SliceData(c.b), len(c.b))), nil // which nobody writes to any more
}

func isID(s string) bool {
	for i := range len(s) {
		ch := s[i]
		if letter := ch|0x20 >= 'a' && ch|0x20 <= 'z'; !letter && (i == 0 || ch != '-' && (ch < '0' || ch > '9')) {
			return false
		}
	}
	return s != ""
}

// Reading values.

var errNoList = errors.New("the data must be a list")

// items returns the elements of the data; a missing list is an empty one.
func (c *canvas) items(v any) ([]any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		return v, nil
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice {
		return nil, errNoList
	}
	out := make([]any, rv.Len())
	for i := range out {
		out[i] = rv.Index(i).Interface()
	}
	return out, nil
}

// sub returns a list that an item has, nil where it has none.
func (c *canvas) sub(item any, field string) []any {
	l, err := c.items(c.field(item, field))
	if err != nil {
		return []any{c.field(item, field)}
	}
	return l
}

// field returns a field of an item; a bare number is its value, a bare text its
// label.
func (c *canvas) field(item any, name string) any {
	if c.from != nil {
		if f := c.from[name]; f != "" {
			name = f
		}
	}
	switch x := item.(type) {
	case nil:
		return nil
	case map[string]any:
		return x[name]
	case string:
		if name == "label" {
			return x
		}
		return nil
	case bool:
		return nil
	}
	if _, ok := number(item); ok {
		if name == "value" {
			return item
		}
		return nil
	}
	if c.r.Field == nil {
		return nil
	}
	return c.r.Field(item, name)
}

func (c *canvas) text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	if c.r.Text != nil {
		return c.r.Text(v)
	}
	if f, ok := number(v); ok {
		return c.lang.number(f)
	}
	return fmt.Sprint(v)
}

func (c *canvas) str(item any, field string) string {
	return strings.TrimSpace(c.text(c.field(item, field)))
}

func (c *canvas) num(item any, field string) (float64, bool) { return number(c.field(item, field)) }

func (c *canvas) optNum(name string) (float64, bool) { return number(c.opt[name]) }

func (c *canvas) optList(name string) []string {
	l, err := c.items(c.opt[name])
	if err != nil {
		return nil
	}
	out := make([]string, len(l))
	for i, v := range l {
		out[i] = c.text(v)
	}
	return out
}

// tone returns what an item's status means, "" where nobody said.
func (c *canvas) tone(item any) string {
	t := c.str(item, "tone")
	if t == "" && c.tones != nil {
		if m, ok := c.tones.(map[string]any); ok {
			t = c.text(m[c.str(item, "status")])
		}
	}
	switch t {
	case "good", "done", "warn", "bad", "gone", "open":
		return t
	}
	return ""
}

// number returns a finite number.
func number(v any) (float64, bool) {
	var f float64
	switch v := v.(type) {
	case int:
		f = float64(v)
	case int64:
		f = float64(v)
	case float64:
		f = v
	case string:
		var err error
		if f, err = strconv.ParseFloat(strings.TrimSpace(v), 64); err != nil {
			return 0, false
		}
	default:
		rv := reflect.ValueOf(v)
		switch {
		case v == nil:
			return 0, false
		case rv.CanInt():
			f = float64(rv.Int())
		case rv.CanUint():
			f = float64(rv.Uint())
		case rv.CanFloat():
			f = rv.Float()
		default:
			return 0, false
		}
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// Writing.

// s writes markup of ours.
func (c *canvas) s(parts ...string) *canvas {
	for _, p := range parts {
		c.b = append(c.b, p...)
	}
	return c
}

// e writes text that comes from elsewhere.
func (c *canvas) e(s string) *canvas {
	from := 0
	for i := 0; i < len(s); i++ {
		var r string
		switch s[i] {
		case '&':
			r = "&amp;"
		case '<':
			r = "&lt;"
		case '>':
			r = "&gt;"
		case '"':
			r = "&#34;"
		case '\'':
			r = "&#39;"
		case 0:
			r = "\uFFFD"
		default:
			continue
		}
		c.b = append(append(c.b, s[from:i]...), r...)
		from = i + 1
	}
	c.b = append(c.b, s[from:]...)
	return c
}

// f writes a coordinate with at most two decimals.
func (c *canvas) f(x float64) *canvas {
	n := len(c.b)
	c.b = strconv.AppendFloat(c.b, x, 'f', 2, 64)
	end := len(c.b)
	for c.b[end-1] == '0' {
		end--
	}
	if c.b[end-1] == '.' {
		end--
	}
	c.b = c.b[:end]
	if string(c.b[n:]) == "-0" {
		c.b = append(c.b[:n], '0')
	}
	return c
}

// n writes a number as readers see it, with the unit.
func (c *canvas) n(x float64) *canvas { return c.e(c.amount(x)) }

func (c *canvas) amount(x float64) string {
	if c.unit == "" {
		return c.lang.number(x)
	}
	return c.lang.number(x) + "\u00a0" + c.unit
}

func (c *canvas) int(i int) *canvas {
	c.b = strconv.AppendInt(c.b, int64(i), 10)
	return c
}

// label writes an item's label, with its link. Its direction is its own.
func (c *canvas) label(item any, class string) *canvas {
	l := c.str(item, "label")
	if l == "" {
		l = "–"
	}
	return c.linked(l, c.str(item, "url"), class)
}

func (c *canvas) linked(l, url, class string) *canvas {
	if class != "" {
		c.s(`<bdi class="`, class, `">`)
	} else {
		c.s(`<bdi>`)
	}
	if safeURL(url) {
		c.s(`<a href="`).e(url).s(`">`).e(l).s(`</a>`)
	} else {
		c.e(l)
	}
	return c.s(`</bdi>`)
}

// status writes an item's status as the theme's badge: word, shape and colour.
func (c *canvas) status(item any) {
	w, tone := c.str(item, "status"), c.tone(item)
	if w == "" {
		if tone == "" || tone == "open" {
			return
		}
		w = c.word(tone)
	}
	c.badge(w, tone)
}

func (c *canvas) badge(w, tone string) {
	if tone == "" {
		tone = "open"
	}
	c.s(`<span class="status" data-tone="`, tone, `">`).e(capital(strings.ReplaceAll(w, "-", " "))).s(`</span>`)
}

func (c *canvas) smallNote(item any) {
	if n := c.str(item, "note"); n != "" {
		c.s(`<bdi class="pic-note">`).e(n).s(`</bdi>`)
	}
}

// toned writes the attribute that colours a mark.
func (c *canvas) toned(tone string) *canvas {
	if tone != "" {
		c.s(` data-tone="`, tone, `"`)
	}
	return c
}

// reached writes "12 of 20", "12" or what stands for nothing.
func (c *canvas) reached(v float64, has bool, of float64, hasOf bool) {
	switch {
	case has && hasOf:
		c.s(`<b>`).n(v).s(`</b> `).e(c.word("of")).s(" ").n(of)
	case has:
		c.s(`<b>`).n(v).s(`</b>`)
	case hasOf:
		c.s(`– `).e(c.word("of")).s(" ").n(of)
	default:
		c.s(`<span class="pic-nil">`).e(c.word("no number")).s(`</span>`)
	}
}

// safeURL tells whether an address may be linked to: relative (the mark of the
// root included) or https.
func safeURL(s string) bool {
	if s == "" || strings.HasPrefix(s, "//") {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == '\\' || s[i] == 0x7f {
			return false
		}
	}
	if len(s) > 8 && strings.EqualFold(s[:8], "https://") {
		return true
	}
	colon := strings.IndexByte(s, ':')
	return colon < 0 || strings.ContainsAny(s[:colon], "/?#")
}

// share returns part/whole between 0 and 1, 0 where there is no whole.
func share(part, whole float64) float64 {
	if whole <= 0 || part <= 0 {
		return 0
	}
	return min(1, part/whole)
}
