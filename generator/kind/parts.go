package kind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"playbook/generator/diag"
)

// body reads every key that has a reader of its own.
func (l *loader) body(d *draft) {
	for _, k := range keys() {
		if n := d.keys[k.name]; n != nil && k.read != nil {
			k.read(l, d, n)
		}
	}
}

func (l *loader) readDerived(d *draft, n *yaml.Node) {
	each(n, func(k, v *yaml.Node) {
		x := d.derived[k.Value]
		if x == nil {
			return
		}
		out := Derived{Name: k.Value, Source: x.node.Value}
		if v.Kind == yaml.MappingNode {
			l.only(d, v, "value", "label", "description", "about", "example")
			if c := get(v, "label"); c != nil {
				out.Label = l.text(d, c, "label")
				d.k.labels[k.Value] = out.Label
			}
			if c := get(v, "description"); c != nil {
				out.Description = l.text(d, c, "description")
			}
			out.About, out.Example = l.reason(d, v)
		}
		p := l.expr(d, x.node, nil)
		if p == nil {
			return
		}
		out.Type, out.Uses, out.Far, out.prog = p.typ.words(), p.uses, p.far, p
		if out.Label == "" {
			out.Label = d.k.Label(k.Value)
		}
		d.k.Derived = append(d.k.Derived, out)
	})
	l.selfish(d, n)
}

// selfish reports derived values that rest on themselves within one document,
// which no document can make come out.
func (l *loader) selfish(d *draft, n *yaml.Node) {
	uses := map[string][]string{}
	for _, x := range d.k.Derived {
		uses[x.Name] = x.Uses
	}
	state := map[string]int{}
	var trail []string
	var visit func(name string)
	visit = func(name string) {
		state[name] = 1
		trail = append(trail, name)
		for _, u := range uses[name] {
			if _, ok := uses[u]; !ok {
				continue
			}
			switch state[u] {
			case 0:
				visit(u)
			case 1:
				loop := append(slices.Clone(trail[slices.Index(trail, u):]), u)
				l.fault(d, d.derived[u].node, "kind-expression", "", "%q rests on itself: %s", u, strings.Join(loop, " -> "))
			}
		}
		trail = trail[:len(trail)-1]
		state[name] = 2
	}
	for _, x := range d.k.Derived {
		if state[x.Name] == 0 {
			visit(x.Name)
		}
	}
}

func (l *loader) readChecks(d *draft, n *yaml.Node) {
	if !l.list(d, n, "checks") {
		return
	}
	seen := map[string]*yaml.Node{}
	defer func() { d.once = false }()
	for _, c := range n.Content {
		if !l.mapping(d, c, "checks") {
			continue
		}
		l.only(d, c, "id", "about", "example", "once", "for", "each", "when", "level", "message", "hint", "at")
		before := len(l.diags)
		x := Check{Level: diag.Warning}
		missing := false
		for _, key := range [...]string{"id", "when", "message"} {
			if isNull(get(c, key)) {
				l.fault(d, c, "kind-value", "", "this check lacks %q", key)
				missing = true
			}
		}
		if missing {
			continue
		}
		idNode := get(c, "id")
		x.ID = l.text(d, idNode, "id")
		if x.ID != "" && !idForm.MatchString(x.ID) {
			l.fault(d, idNode, "kind-value", "use small letters, digits and hyphens, such as goal-unmapped", "%q cannot be the id of a check", x.ID)
		}
		if first := seen[x.ID]; first != nil {
			l.diags = append(l.diags, diag.Diagnostic{Rule: "kind-clash", Level: diag.Error, At: d.f.pos(idNode), To: d.f.end(idNode), Msg: fmt.Sprintf("two checks are called %q", x.ID),
				Also: []diag.Note{{At: d.f.pos(first), Msg: "the other is this"}}})
		}
		seen[x.ID] = idNode
		if lv := get(c, "level"); lv != nil {
			level, ok := diag.ParseLevel(lv.Value)
			if !ok || lv.Kind != yaml.ScalarNode {
				l.fault(d, lv, "kind-value", meant(lv.Value, []string{"error", "info", "off", "warning"}, "known are "), "%q is no level", lv.Value)
			}
			x.Level = level
		}
		x.About, x.Example = l.reason(d, c)
		if o := get(c, "once"); o != nil {
			x.Once = l.yes(d, o, "once")
		}
		d.once = x.Once
		var it *typ
		if n := get(c, "for"); n != nil && (x.Once || n.Kind == yaml.ScalarNode && !pathForm.MatchString(strings.TrimSuffix(n.Value, ".*"))) {
			it = anyT()
			if x.each = l.expr(d, n, nil); x.each != nil {
				switch t := x.each.typ; {
				case t.k == tList:
					it = t.elem
				case !t.open():
					l.fault(d, n, "kind-expression", "", `"for" goes through a list, but this is %s`, t.a())
				}
			}
		} else {
			x.For, it = l.over(d, c)
		}
		when := get(c, "when")
		x.When, x.pos = when.Value, d.f.pos(when)
		if x.when = l.expr(d, when, it); x.when != nil {
			if t := x.when.typ; t.k != tBool && !t.open() {
				l.fault(d, when, "kind-expression", "compare it with something", `"when" asks for yes or no, but this is %s`, t.a())
			}
		}
		x.Message = get(c, "message").Value
		x.msg, _ = l.message(d, get(c, "message"), it, "message")
		if h := get(c, "hint"); h != nil {
			x.hint, _ = l.message(d, h, it, "hint")
		}
		if at := get(c, "at"); at != nil && x.Once {
			l.fault(d, at, "kind-value", "", `a check with "once" points at the section, not at a key`)
		} else if at != nil {
			x.At = l.place(d, at, x.For)
		} else if x.For != nil {
			x.At = append(slices.Clone(x.For), "*")
		}
		if len(l.diags) == before {
			d.k.Checks = append(d.k.Checks, x)
		}
	}
}

// reason reads why there is a check or a derived value, and an example of it.
func (l *loader) reason(d *draft, n *yaml.Node) (about, example string) {
	if c := get(n, "about"); c != nil {
		about = l.text(d, c, "about")
	}
	if c := get(n, "example"); c != nil {
		example = l.text(d, c, "example")
	}
	return about, example
}

// over reads the list that a check or an event goes through.
func (l *loader) over(d *draft, c *yaml.Node) ([]string, *typ) {
	n := get(c, "for")
	if n == nil {
		n = get(c, "each")
	}
	if n == nil {
		return nil, nil
	}
	s := l.text(d, n, "for")
	if s == "" {
		return nil, anyT()
	}
	parts := strings.Split(strings.TrimSuffix(s, ".*"), ".")
	t, ok := l.nameType(d.k.ID, parts[0])
	if !ok {
		l.fault(d, n, "kind-value", meant(parts[0], d.k.names, ""), "%s has no %q", article(d.k.ID), parts[0])
		return parts, anyT()
	}
	for _, p := range parts[1:] {
		sub := t.fields[p]
		if t.k == tDict && t.fields != nil && sub == nil {
			l.fault(d, n, "kind-value", meant(p, sortedNames(t.fields), "it has "), "%q has no %q", parts[0], p)
			return parts, anyT()
		}
		if t = sub; t == nil {
			t = anyT()
		}
	}
	switch t.k {
	case tList:
		return parts, t.elem
	case tAny:
		return parts, anyT()
	}
	l.fault(d, n, "kind-value", "", "%q is no list but %s", s, t.a())
	return parts, anyT()
}

// place reads the path a diagnostic points at.
func (l *loader) place(d *draft, n *yaml.Node, over []string) []string {
	s := l.text(d, n, "at")
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ".")
	star := slices.Index(parts, "*")
	switch {
	case star >= 0 && (over == nil || !slices.Equal(parts[:star], over)):
		l.fault(d, n, "kind-value", fmt.Sprintf("add for: %s", strings.Join(parts[:star], ".")), `"*" stands for the element of "for", which is not that list`)
		return nil
	case star >= 0 && slices.Contains(parts[star+1:], "*"):
		l.fault(d, n, "kind-value", "", `only one "*" can be filled in`)
		return nil
	}
	cur := d.k.shape
	for i, p := range parts {
		if p == "*" {
			if cur = cur.items; cur == nil {
				return parts
			}
			continue
		}
		if i == 0 && (slices.Contains(d.k.names, p) && cur.prop(p) == nil) {
			l.fault(d, n, "kind-value", `"at" names a front matter key`, "%q is worked out and stands in no file", p)
			return nil
		}
		next := cur.prop(p)
		if next == nil {
			if next = cur.rest; next == nil && (len(cur.props) > 0 || i == 0) && !cur.open {
				hint := meant(p, cur.keys(), "")
				if i == 0 && over != nil && d.k.shape.at(append(slices.Clone(over), "*")).prop(p) != nil {
					hint = fmt.Sprintf("did you mean %q?", strings.Join(over, ".")+".*."+p)
				}
				l.fault(d, n, "kind-value", hint, "the schema has no %q", strings.Join(parts[:i+1], "."))
				return nil
			}
		}
		if cur = next; cur == nil {
			return parts
		}
	}
	return parts
}

// nameList reads a list of names of values.
func (l *loader) nameList(d *draft, n *yaml.Node, signed bool) (out []string) {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	} else if n.Kind != yaml.ScalarNode {
		l.fault(d, n, "kind-value", "", "this must be a list of names, not %s", shapeOf(n))
		return nil
	}
	for _, c := range list {
		if name := l.knownName(d, c, signed); name != "" {
			if slices.Contains(out, name) {
				l.fault(d, c, "kind-value", "", "%q is named twice", name)
				continue
			}
			out = append(out, name)
		}
	}
	return out
}

// knownName reads the name of a value the kind has; "" if it is none.
func (l *loader) knownName(d *draft, n *yaml.Node, signed bool) string {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		l.fault(d, n, "kind-value", "", "this must be a name, not %s", shapeOf(n))
		return ""
	}
	name := n.Value
	if signed {
		name = strings.TrimPrefix(name, "-")
	}
	if !slices.Contains(d.k.names, name) {
		l.fault(d, n, "kind-value", meant(name, d.k.names, ""), "%s has no %q", article(d.k.ID), name)
		return ""
	}
	return n.Value
}

func (l *loader) readList(d *draft, n *yaml.Node) {
	if !l.mapping(d, n, "list") {
		return
	}
	l.only(d, n, "sort", "columns", "group")
	if c := get(n, "sort"); c != nil {
		d.k.List.Sort = l.nameList(d, c, true)
	}
	if c := get(n, "columns"); c != nil {
		d.k.List.Columns = l.nameList(d, c, false)
	}
	if c := get(n, "group"); c != nil {
		d.k.List.Group = l.knownName(d, c, false)
	}
}

func (l *loader) readCalendar(d *draft, n *yaml.Node) {
	if !l.list(d, n, "calendar") {
		return
	}
	for _, c := range n.Content {
		before := len(l.diags)
		var x Calendar
		var it *typ
		date := c
		if c.Kind == yaml.MappingNode {
			l.only(d, c, "for", "each", "date", "title", "done", "who")
			x.For, it = l.over(d, c)
			if date = get(c, "date"); date == nil {
				l.fault(d, c, "kind-value", "", `this event lacks "date"`)
				continue
			}
		}
		if x.Date = l.text(d, date, "date"); x.Date == "" {
			continue
		}
		if c.Kind != yaml.MappingNode {
			if list, rest, ok := strings.Cut(x.Date, ".*."); ok {
				each := &yaml.Node{Kind: yaml.MappingNode, Line: c.Line, Column: c.Column, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: "for"}, {Kind: yaml.ScalarNode, Tag: "!!str", Value: list, Line: c.Line, Column: c.Column}}}
				x.For, it = l.over(d, each)
				x.Date = rest
			}
		}
		if !pathForm.MatchString(x.Date) {
			l.fault(d, date, "kind-value", "such as due, or actions.*.due for each of a list", "%q does not name a date", x.Date)
			continue
		}
		src, shift := x.Date, 0
		if x.For != nil {
			src, shift = "it."+x.Date, -3
			if len(date.Value) > len(x.Date) {
				shift += len([]rune(date.Value)) - len([]rune(x.Date))
			}
		}
		s := l.scope(d, date, shift, it)
		if x.date = compileExpr(src, s, l.funcs); x.date != nil && !x.date.typ.isText() && !x.date.typ.open() {
			l.fault(d, date, "kind-value", "", "%q is no date but %s", x.Date, x.date.typ.a())
		}
		x.Title = "{{title}}"
		if t := get(c, "title"); t != nil {
			x.Title = t.Value
			x.title, _ = l.message(d, t, it, "title")
		} else {
			x.title, _, _ = holes(x.Title, func(src string, off int) *program { return compileExpr(src, l.scope(d, c, 0, it), l.funcs) })
		}
		if n := get(c, "done"); n != nil {
			if x.done = l.expr(d, n, it); x.done != nil && x.done.typ.k != tBool && !x.done.typ.open() {
				l.fault(d, n, "kind-expression", "compare it with something", `"done" asks for yes or no, but this is %s`, x.done.typ.a())
			}
		}
		if n := get(c, "who"); n != nil {
			x.who = l.expr(d, n, it)
		}
		if len(l.diags) == before {
			d.k.Calendar = append(d.k.Calendar, x)
		}
	}
}

func (l *loader) readGlossary(d *draft, n *yaml.Node) {
	d.k.Terms = TermFields{Aliases: "aliases", Definition: "definition", Match: "match", Scope: "scope", Retired: "retired", Successor: "replaced_by"}
	if n.Kind != yaml.MappingNode {
		d.k.Glossary = l.yes(d, n, "glossary")
		return
	}
	d.k.Glossary = true
	l.only(d, n, "aliases", "definition", "match", "scope", "retired", "successor")
	t := &d.k.Terms
	if v := get(n, "retired"); v != nil {
		t.Retired = l.text(d, v, "retired")
	}
	each(n, func(k, v *yaml.Node) {
		for name, dst := range map[string]*string{"aliases": &t.Aliases, "definition": &t.Definition, "match": &t.Match, "scope": &t.Scope, "successor": &t.Successor} {
			if k.Value == name {
				if s := l.knownName(d, v, false); s != "" {
					*dst = s
				}
			}
		}
	})
}

func (l *loader) readReview(d *draft, n *yaml.Node) {
	days, ok := Days(n.Value)
	if !ok || n.Kind != yaml.ScalarNode {
		l.fault(d, n, "kind-value", "such as 90, 3 months or never", "%s is no span of time", display(n.Value))
		return
	}
	d.k.ReviewEvery = days
}

// Days reads how often something is to be reviewed, as kind.yaml and front
// matter write it: "90", "90 days", "12 weeks", "3 months", "1 year", or
// "never". Months count 30 days, years 365.
func Days(s string) (days int, ok bool) {
	s = strings.TrimSpace(s)
	if s == "never" {
		return Never, true
	}
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, err := strconv.Atoi(s[:i])
	if err != nil || n <= 0 || n > 99999 {
		return 0, false
	}
	switch strings.TrimSpace(s[i:]) {
	case "", "d", "day", "days":
		return n, true
	case "w", "week", "weeks":
		return n * 7, true
	case "m", "month", "months":
		return n * 30, true
	case "y", "year", "years":
		return n * 365, true
	}
	return 0, false
}

// texts reads a list of texts, or one.
func (l *loader) texts(d *draft, n *yaml.Node, name string) (out []string) {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	for _, c := range list {
		if s := l.text(d, c, name); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// readOutline reads which sections a document should have.
func (l *loader) readOutline(d *draft, n *yaml.Node) {
	if !l.list(d, n, "outline") {
		return
	}
	for _, c := range n.Content {
		var p OutlinePart
		if c.Kind == yaml.ScalarNode {
			p.Title = l.text(d, c, "outline")
		} else if l.mapping(d, c, "outline") {
			l.only(d, c, "id", "title", "also", "guidance", "optional")
			for key, dst := range map[string]*string{"id": &p.ID, "title": &p.Title, "guidance": &p.Guidance} {
				if v := get(c, key); v != nil {
					*dst = l.text(d, v, key)
				}
			}
			if v := get(c, "also"); v != nil {
				p.Also = l.texts(d, v, "also")
			}
			if v := get(c, "optional"); v != nil {
				p.Optional = l.yes(d, v, "optional")
			}
		}
		if p.Title == "" {
			l.fault(d, c, "kind-value", "", "a part of the outline needs a title")
			continue
		}
		if slices.ContainsFunc(d.k.Outline, func(o OutlinePart) bool { return o.Title == p.Title || p.ID != "" && o.ID == p.ID }) {
			l.fault(d, c, "kind-value", "", "two parts of the outline are called %q", p.Title)
			continue
		}
		d.k.Outline = append(d.k.Outline, p)
	}
}

func (l *loader) readLabels(d *draft, n *yaml.Node) {
	if !l.mapping(d, n, "labels") {
		return
	}
	each(n, func(k, v *yaml.Node) {
		if l.knownName(d, k, false) != "" {
			d.k.labels[k.Value] = l.text(d, v, k.Value)
		}
	})
}
