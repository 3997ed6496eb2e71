package kind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Next is how a document of a kind is carried over into the period after its
// own: what the new document says of the period, what it starts with, and what
// stays behind.
type Next struct {
	Period  string // field that names the period, such as 2027-H1; "" if none does
	Starts  string // field with its first day, "" if there is none
	Ends    string // field with its last day, "" if there is none
	Follows string // reference to the document of the period before, "" if there is none
	Set     []Edit // what the new one starts with, in the order of kind.yaml
	Clear   [][]string
	Drop    []Drop
}

// Drop tells which elements of a list are not carried over.
type Drop struct {
	For  []string // path of the list
	When string   // the expression as written

	when *program
}

// Edit is one change of a front matter.
type Edit struct {
	Path   []string // keys, and indexes in decimal as the lists were before any edit
	Value  any      // what is to stand there: a text, bool, int64 or float64
	Remove bool     // take it out instead: the key, or the element of the list
}

// Span is the distance between a period and the next: whole months, or days.
// The zero Span is none.
type Span struct{ Months, Days int }

// ParseSpan reads a span as people write it: 2w, 90d, 6m, 1y.
func ParseSpan(s string) (Span, bool) {
	if len(s) < 2 {
		return Span{}, false
	}
	n, ok := digits(s[:len(s)-1])
	if !ok || n < 1 || n > 3660 {
		return Span{}, false
	}
	switch s[len(s)-1] {
	case 'd':
		return Span{Days: n}, true
	case 'w':
		return Span{Days: 7 * n}, true
	case 'm':
		return Span{Months: n}, true
	case 'y':
		return Span{Months: 12 * n}, n <= 100
	}
	return Span{}, false
}

func (s Span) String() string {
	n, unit := s.Months, "month"
	if n == 0 {
		n, unit = s.Days, "day"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}

// add moves a day. The last day of a month stays one, and a day that the other
// month does not have becomes its last.
func (s Span) add(d time.Time) time.Time {
	if s.Months == 0 {
		return d.AddDate(0, 0, s.Days)
	}
	first := time.Date(d.Year(), d.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, s.Months, 0)
	last := first.AddDate(0, 1, -1).Day()
	n := min(d.Day(), last)
	if d.AddDate(0, 0, 1).Day() == 1 {
		n = last
	}
	return first.AddDate(0, 0, n-1)
}

// span is the distance between the period of a document and the next: the length
// of the period it names, or of the one between its first and its last day.
func (n *Next) span(front map[string]any) Span {
	if s, ok := front[n.Period].(string); ok && n.Period != "" {
		if _, _, length, ok := parsePeriod(s); ok {
			return map[string]Span{"week": {Days: 7}, "month": {Months: 1}, "quarter": {Months: 3}, "half": {Months: 6}, "year": {Months: 12}}[length]
		}
	}
	a, _ := front[n.Starts].(string)
	b, _ := front[n.Ends].(string)
	from, ok := day(a)
	to, is := day(b)
	if !ok || !is || to.Before(from) {
		return Span{}
	}
	end := to.AddDate(0, 0, 1)
	if months := 12*(end.Year()-from.Year()) + int(end.Month()-from.Month()); end.Day() == from.Day() && months > 0 {
		return Span{Months: months}
	}
	return Span{Days: int(end.Sub(from).Hours() / 24)}
}

// Carry returns what is to be changed in a front matter to make that of the next
// period of it, and how far its dates move: by, if that is not zero, else by the
// length of its period. Where neither is known dates stay, and the Span is zero.
// What says who the document is and when somebody made sure of it (id, slug,
// aliases, verified_on, and the like) is taken out. follows is how the document
// is referred to.
//
// The edits are in an order in which they can be applied one by one if elements
// of lists are taken out last.
func (k *Kind) Carry(front map[string]any, follows string, by Span, today string) ([]Edit, Span) {
	n := k.Next
	if n == nil {
		n = &Next{}
	}
	norm := k.Normalise(front)
	if by == (Span{}) {
		by = n.span(norm)
	}
	var out []Edit
	var gone [][]string
	take := func(path []string) {
		out = append(out, Edit{Path: path, Remove: true})
		gone = append(gone, path)
	}
	for _, name := range personal {
		if _, ok := front[name]; ok && k.own(name) == nil {
			take([]string{name})
		}
	}
	for _, d := range n.Drop {
		// An element of another form than the schema's is for check to tell; it
		// is carried over as it is.
		_ = overList(plainObject(norm), d.For, func(it any, i int) error {
			if v, err := d.when.eval(plainObject(norm), today, it, i+1); err == nil && v == true {
				take(append(slices.Clone(d.For), strconv.Itoa(i)))
			}
			return nil
		})
	}
	for _, c := range n.Clear {
		reach(front, c, nil, func(path []string, _ any) { take(path) })
	}
	under := func(path []string) bool {
		return slices.ContainsFunc(gone, func(g []string) bool { return len(path) >= len(g) && slices.Equal(path[:len(g)], g) })
	}
	set := func(path []string, v any) {
		if !under(path) {
			out = append(out, Edit{Path: path, Value: v})
		}
	}
	if by != (Span{}) {
		k.dates(k.Fields, nil, func(pattern []string) {
			reach(front, pattern, nil, func(path []string, v any) {
				s, _ := v.(string)
				if d, ok := day(s); ok {
					set(path, by.add(d).Format(time.DateOnly)+s[len(time.DateOnly):])
				}
			})
		})
		if s, ok := front[n.Period].(string); ok && n.Period != "" {
			if from, _, length, ok := parsePeriod(s); ok {
				if next, _ := periodOf(by.add(from), length); next != nil {
					set([]string{n.Period}, next)
				}
			}
		}
	}
	for _, e := range n.Set {
		if len(e.Path) == 1 {
			set(e.Path, e.Value)
			continue
		}
		// Below the top only what is there gets another value.
		reach(front, e.Path, nil, func(path []string, _ any) { set(path, e.Value) })
	}
	if n.Follows != "" && follows != "" {
		set([]string{n.Follows}, follows)
	}
	return out, by
}

// personal are the common fields that say who a document is, where it is found,
// and when somebody made sure of it. No other document can have them too.
var personal = [...]string{"id", "slug", "url", "aliases", "draft", "verified_on", "verified_by", "publish_on", "expires_on"}

// own returns the field the kind itself declares by that name, nil if it does not.
func (k *Kind) own(name string) *Field {
	for i := range k.Fields {
		if k.Fields[i].Name == name {
			return &k.Fields[i]
		}
	}
	return nil
}

// dates calls f for the path of every date among fields.
func (k *Kind) dates(fields []Field, above []string, f func(path []string)) {
	for _, x := range fields {
		path := append(slices.Clone(above), x.Name)
		if x.Many {
			path = append(path, "*")
		}
		switch {
		case len(x.Fields) > 0:
			k.dates(x.Fields, path, f)
		case x.Type == "date" || x.Type == "list of date":
			f(path)
		}
	}
}

// reach calls f for every value that path leads to. Lists on the way are gone
// through, whether the path says so with a star or not.
func reach(v any, path, at []string, f func(path []string, v any)) {
	if list, ok := v.([]any); ok && len(path) > 0 {
		if path[0] == "*" {
			path = path[1:]
		}
		for i, e := range list {
			reach(e, path, append(slices.Clone(at), strconv.Itoa(i)), f)
		}
		return
	}
	if len(path) == 0 {
		f(at, v)
		return
	}
	if path[0] == "*" { // one value where a list may stand
		reach(v, path[1:], at, f)
		return
	}
	if m, ok := v.(map[string]any); ok {
		if e, ok := m[path[0]]; ok && e != nil {
			reach(e, path[1:], append(slices.Clone(at), path[0]), f)
		}
	}
}

// plainObject is a front matter without the book around it.
type plainObject map[string]any

func (o plainObject) Get(name string) (any, error) { return o[name], nil }

// readNext reads how documents are carried over.
func (l *loader) readNext(d *draft, n *yaml.Node) {
	if !l.mapping(d, n, "next") {
		return
	}
	l.only(d, n, "period", "starts", "ends", "follows", "set", "clear", "drop")
	x := &Next{}
	field := func(n *yaml.Node, name, wants string) string {
		f := d.k.own(l.knownField(d, n))
		if f == nil {
			return ""
		}
		if wants != "" && f.Type != wants {
			l.fault(d, n, "kind-value", "", "%q is to be a %s, but %q is %s", name, wants, f.Name, f.Type)
		}
		return f.Name
	}
	each(n, func(k, v *yaml.Node) {
		switch k.Value {
		case "period":
			x.Period = field(v, k.Value, "text")
		case "starts":
			x.Starts = field(v, k.Value, "date")
		case "ends":
			x.Ends = field(v, k.Value, "date")
		case "follows":
			name := field(v, k.Value, "")
			if f := d.k.own(name); f != nil && !slices.Contains(f.Refs, d.k.ID) {
				l.fault(d, v, "kind-value", fmt.Sprintf("declare it as %s: {x-ref: %s}", name, d.k.ID), "%q does not refer to a %s", name, d.k.ID)
			}
			x.Follows = name
		case "set":
			if l.mapping(d, v, "set") {
				each(v, func(k, v *yaml.Node) {
					path, f := l.fieldPath(d, k)
					value := simple(plain(v))
					switch value.(type) {
					case string, bool, int64, float64:
					default:
						l.fault(d, v, "kind-value", "", "what a field is set to is a text, number, true or false, not %s", shapeOf(v))
						return
					}
					if text, ok := value.(string); path != nil && len(f.Enum) > 0 && (!ok || !slices.Contains(f.Enum, text)) {
						l.fault(d, v, "kind-value", meant(v.Value, f.Enum, "it is one of "), "%q cannot be %s", k.Value, display(v.Value))
						return
					}
					if path != nil {
						x.Set = append(x.Set, Edit{Path: path, Value: value})
					}
				})
			}
		case "clear":
			list := []*yaml.Node{v}
			if v.Kind == yaml.SequenceNode {
				list = v.Content
			}
			for _, c := range list {
				if path, _ := l.fieldPath(d, c); path != nil {
					x.Clear = append(x.Clear, path)
				}
			}
		case "drop":
			if l.list(d, v, "drop") {
				for _, c := range v.Content {
					if !l.mapping(d, c, "drop") {
						continue
					}
					l.only(d, c, "for", "each", "when")
					before := len(l.diags)
					y := Drop{}
					var it *typ
					y.For, it = l.over(d, c)
					when := get(c, "when")
					if y.For == nil || when == nil {
						l.fault(d, c, "kind-value", `such as {for: actions, when: 'it.status == "done"'}`, `what is dropped needs "for" and "when"`)
						continue
					}
					y.When = when.Value
					if y.when = l.expr(d, when, it); y.when != nil && y.when.typ.k != tBool && !y.when.typ.open() {
						l.fault(d, when, "kind-expression", "compare it with something", `"when" asks for yes or no, but this is %s`, y.when.typ.a())
					}
					if len(l.diags) == before {
						x.Drop = append(x.Drop, y)
					}
				}
			}
		}
	})
	d.k.Next = x
}

// knownField reads the name of a field that the kind itself declares.
func (l *loader) knownField(d *draft, n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && d.k.own(n.Value) != nil {
		return n.Value
	}
	if n.Kind != yaml.ScalarNode || isNull(n) {
		l.fault(d, n, "kind-value", "", "this must be a name, not %s", shapeOf(n))
		return ""
	}
	l.fault(d, n, "kind-value", meant(n.Value, d.own, "it has "), "the schema has no %q", n.Value)
	return ""
}

// fieldPath reads the path of a field that the kind declares, such as
// objectives.actual, and returns the field with it; nil if there is none.
func (l *loader) fieldPath(d *draft, n *yaml.Node) (path []string, found Field) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		l.fault(d, n, "kind-value", "", "this must be a name, not %s", shapeOf(n))
		return nil, found
	}
	fields := d.k.Fields
	for p := range strings.SplitSeq(n.Value, ".") {
		if p == "*" && path != nil {
			continue
		}
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == p })
		if i < 0 {
			var names []string
			for _, f := range fields {
				names = append(names, f.Name)
			}
			l.fault(d, n, "kind-value", meant(p, names, "there are "), "the schema has no %q", n.Value)
			return nil, found
		}
		path, found = append(path, p), fields[i]
		fields = found.Fields
	}
	return path, found
}
