package kind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"playbook/generator/diag"
)

// Derived is a value worked out from a document and those related to it.
type Derived struct {
	Name        string
	Label       string // what readers see
	Description string
	About       string   // why there is such a value
	Example     string   // one, in words: "8 of 20 booked is 40%"
	Type        string   // in the words of Field.Type
	Source      string   // the expression as written
	Uses        []string // names of the document itself that it reads, sorted
	Far         []string // names of other documents that it reads, sorted

	prog *program
}

// Eval works the value out: nil (unknown), bool, int64, float64, string, Object,
// []any or map[string]any of these. The form is the same for every document: a
// number that is not always whole is always a float64. Errors are those of
// Object.Get, unchanged, or an *EvalError.
func (d *Derived) Eval(self Object, today string) (any, error) {
	v, err := d.prog.eval(self, today, nil, 0)
	if err != nil {
		return nil, err
	}
	if i, ok := v.(int64); ok && d.prog.typ.k == tNum {
		return float64(i), nil
	}
	return v, nil
}

// Check is a condition under which a document deserves a diagnostic.
type Check struct {
	ID      string // the diagnostic's rule
	Level   diag.Level
	About   string   // why there is such a rule
	Example string   // of what it finds, or of what is right, in words
	Once    bool     // it is about all documents of the kind together, see Eval
	For     []string // path of the list whose elements it looks at one by one, nil for the document as a whole
	When    string   // the expression as written
	Message string   // with its holes
	At      []string // front matter path the diagnostic points at; "*" is the element

	pos       diag.Pos // of When
	each      *program // the list instead of For, where that is worked out
	when      *program
	msg, hint message
}

// Fired is one diagnostic a check gives.
type Fired struct {
	Path []string // in the front matter; may lead further than the document goes
	Msg  string
	Hint string
}

// Eval returns what the check has to say about a document, in the order of the
// list if it looks at one. What is unknown does not fire. Errors are those of
// Derived.Eval; what fired before is returned with them.
//
// A check with Once is evaluated once for the kind, with a self that is a
// Collection and otherwise has nothing.
func (c *Check) Eval(self Object, today string) ([]Fired, error) {
	var out []Fired
	look := func(it any, i int) error {
		v, err := c.when.eval(self, today, it, i+1)
		if err != nil {
			return err
		}
		switch v := v.(type) {
		case nil:
			return nil
		case bool:
			if !v {
				return nil
			}
		default:
			return &EvalError{At: c.pos, Msg: fmt.Sprintf("the check %q needs yes or no, not %s", c.ID, wordOf(v))}
		}
		f := Fired{Path: element(c.At, i)}
		if f.Msg, err = c.msg.eval(self, today, it, i+1); err != nil {
			return err
		}
		if f.Hint, err = c.hint.eval(self, today, it, i+1); err != nil {
			return err
		}
		out = append(out, f)
		return nil
	}
	if c.each == nil {
		err := overList(self, c.For, look)
		return out, err
	}
	v, err := c.each.eval(self, today, nil, 0)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if v != nil && !ok {
		return nil, &EvalError{At: c.pos, Msg: fmt.Sprintf("the check %q goes through a list, not %s", c.ID, wordOf(v))}
	}
	for i, e := range list {
		if err := look(known(e), i); err != nil {
			return out, err
		}
	}
	return out, nil
}

// Calendar is a date of documents that a calendar shows.
type Calendar struct {
	For   []string // path of the list each element of which has such a date, nil for the document
	Date  string   // where the date is, of the element if there is For
	Title string   // with its holes

	date      *program
	title     message
	done, who *program // nil if the entry does not say
}

// Event is one entry of a calendar.
type Event struct {
	Date  string // 2026-03-31
	Title string
	Who   string   // whose it is, "" if nobody's
	Done  bool     // nothing is left to do
	Path  []string // of the date in the front matter
}

// Eval returns the events of a document. What has no date is none.
func (c *Calendar) Eval(self Object, today string) ([]Event, error) {
	var out []Event
	err := overList(self, c.For, func(it any, i int) error {
		v, err := c.date.eval(self, today, it, i+1)
		s, ok := v.(string)
		if err != nil || !ok {
			return err
		}
		if _, ok := day(s); !ok {
			return nil
		}
		e := Event{Date: s[:10], Path: strings.Split(c.Date, ".")}
		if c.For != nil {
			e.Path = slices.Concat(c.For, []string{strconv.Itoa(i)}, e.Path)
		}
		if e.Title, err = c.title.eval(self, today, it, i+1); err != nil {
			return err
		}
		if c.done != nil {
			v, err := c.done.eval(self, today, it, i+1)
			if err != nil {
				return err
			}
			e.Done, _ = v.(bool)
		}
		if c.who != nil {
			v, err := c.who.eval(self, today, it, i+1)
			if err != nil {
				return err
			}
			if list, ok := v.([]any); v != nil && (!ok || len(list) > 0) {
				e.Who = text(v)
			}
		}
		out = append(out, e)
		return nil
	})
	return out, err
}

// Root returns the name of the value that the entry begins at: the list, or that
// which holds the date.
func (c *Calendar) Root() string {
	if len(c.For) > 0 {
		return c.For[0]
	}
	name, _, _ := strings.Cut(c.Date, ".")
	return name
}

// overList calls f for each element of the list at path, or once with nothing
// if there is no path.
func overList(self Object, path []string, f func(it any, i int) error) error {
	if path == nil {
		return f(nil, 0)
	}
	v, err := self.Get(path[0])
	v = known(v)
	for _, p := range path[1:] {
		if err != nil {
			return err
		}
		v, _, err = memberOf(v, p)
	}
	if err != nil {
		return err
	}
	list, _ := v.([]any)
	for i, e := range list {
		if err := f(known(e), i); err != nil {
			return err
		}
	}
	return nil
}

// element fills the first star of a path in.
func element(path []string, i int) []string {
	j := slices.Index(path, "*")
	if j < 0 {
		return path
	}
	out := slices.Clone(path)
	out[j] = strconv.Itoa(i)
	return out
}

// message is a text with {{expressions}} in it.
type message []part

type part struct {
	lit  string
	prog *program // nil for lit
}

func (m message) eval(self Object, today string, it any, nth int) (string, error) {
	if len(m) == 1 && m[0].prog == nil {
		return m[0].lit, nil
	}
	var b strings.Builder
	for _, p := range m {
		if p.prog == nil {
			b.WriteString(p.lit)
			continue
		}
		v, err := p.prog.eval(self, today, it, nth)
		if err != nil {
			return "", err
		}
		b.WriteString(text(v))
	}
	return b.String(), nil
}

// holes cuts a message at its {{ }} and hands each expression to compile with
// the number of characters before it. ok is false for a hole that is not closed;
// off is then where it begins.
func holes(s string, compile func(src string, off int) *program) (m message, off int, ok bool) {
	before := 0
	for {
		i := strings.Index(s, "{{")
		if i < 0 {
			if s != "" {
				m = append(m, part{lit: s})
			}
			return m, 0, true
		}
		j := strings.Index(s[i:], "}}")
		if j < 0 {
			return m, before + utf8.RuneCountInString(s[:i]), false
		}
		if i > 0 {
			m = append(m, part{lit: s[:i]})
		}
		src := s[i+2 : i+j]
		if p := compile(src, before+utf8.RuneCountInString(s[:i+2])); p != nil {
			m = append(m, part{prog: p})
		}
		before += utf8.RuneCountInString(s[:i+j+2])
		s = s[i+j+2:]
	}
}

// ReadsFar tells whether a derived value, check or calendar of the kind reads any of
// these names of other documents than the one it is about.
func (k *Kind) ReadsFar(names ...string) bool {
	far := func(p *program) bool {
		return p != nil && slices.ContainsFunc(p.far, func(f string) bool { return f == anyName || slices.Contains(names, f) })
	}
	said := func(m message) bool { return slices.ContainsFunc(m, func(x part) bool { return far(x.prog) }) }
	for i := range k.Derived {
		if far(k.Derived[i].prog) {
			return true
		}
	}
	for i := range k.Checks {
		if c := &k.Checks[i]; far(c.each) || far(c.when) || said(c.msg) || said(c.hint) {
			return true
		}
	}
	for i := range k.Calendar {
		if c := &k.Calendar[i]; far(c.date) || far(c.done) || far(c.who) || said(c.title) {
			return true
		}
	}
	return false
}
