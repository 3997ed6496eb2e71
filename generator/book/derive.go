package book

import (
	"fmt"
	"slices"
	"strings"

	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/kind"
)

// members returns the pages of a kind, by number.
func (b *Book) members(id string) []int32 {
	b.work.mu.Lock()
	defer b.work.mu.Unlock()
	if b.ofKind == nil {
		b.ofKind = map[string][]int32{}
		for _, p := range b.pages {
			if k := p.listed(); k != "" {
				b.ofKind[k] = append(b.ofKind[k], p.n)
			}
		}
	}
	return b.ofKind[id]
}

// listed returns the kind among whose documents the page counts, "" for none.
func (p *page) listed() string {
	if p.kind == nil || p.doc == nil || p.index && p.kind.ID == kind.Fallback {
		return ""
	}
	return p.kind.ID
}

// Documents returns all documents of a kind.
func (o *object) Documents(id string) []any { return o.ev.documents(id) }

// shelf is what a check of a kind as a whole is about: it has nothing of its own
// but knows all documents.
type shelf struct{ ev *evaluation }

func (s shelf) Get(string) (any, error)   { return nil, nil }
func (s shelf) Documents(id string) []any { return s.ev.documents(id) }

// rebound returns v with other documents in place of those in it.
func rebound(v any, to func(*object) *object) any {
	switch v := v.(type) {
	case *object:
		return to(v)
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = rebound(x, to)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = rebound(x, to)
		}
		return out
	}
	return v
}

func asCycle(err error) (*kind.CycleError, bool) {
	for err != nil {
		if c, ok := err.(*kind.CycleError); ok {
			return c, true
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return nil, false
		}
		err = u.Unwrap()
	}
	return nil, false
}

// Get returns a field, relation, derived value or standard value of the page.
// Lists and mappings are nobody's to change.
func (o *object) Get(name string) (any, error) {
	p := o.p
	o.ev.note(o)
	if p.kind != nil {
		for i := range p.derived {
			if p.kind.Derived[i].Name == name {
				return o.ev.derived(p, i)
			}
		}
		if v, ok := p.fields[name]; ok {
			if holds(v, isCards) {
				v = o.ev.field(p, name, v)
			}
			return v, nil
		}
		for i := range p.kind.Inverses {
			if v := &p.kind.Inverses[i]; v.Name == name {
				return o.ev.inverse(p, v), nil
			}
		}
	}
	switch name {
	case "id":
		return p.id, nil
	case "title":
		return p.title, nil
	case "kind":
		if p.kind != nil {
			return p.kind.ID, nil
		}
		return "", nil
	case "url":
		return p.url, nil
	case "tags":
		return toAny(p.tags), nil
	case "words":
		if p.doc != nil {
			return p.doc.Words, nil
		}
		return 0, nil
	case "tasks_done", "tasks_total":
		n := 0
		if p.doc != nil {
			for _, f := range p.doc.Facts {
				if f.Kind == document.FactTask && (f.Done || name == "tasks_total") {
					n++
				}
			}
		}
		return n, nil
	case "sections":
		sections := p.sections()
		out := make([]any, len(sections))
		for i, s := range sections {
			out[i] = map[string]any{"title": s.title, "id": s.id, "level": 2, "words": s.words, "tasks_done": s.done, "tasks_total": s.total}
		}
		return out, nil
	case "outline":
		return o.ev.outlineOf(p), nil
	}
	return nil, nil
}

// outlineOf is the outline of a page for expressions. What a kind derives and
// checks asks for it time and again, so that of the last page is kept.
func (ev *evaluation) outlineOf(p *page) []any {
	if ev.outlined != p {
		parts := ev.b.outline(p)
		ev.outlined, ev.outline = p, make([]any, len(parts))
		for i, part := range parts {
			ev.outline[i] = map[string]any{"id": part.ID, "title": part.Title, "guidance": part.Guidance, "optional": part.Optional, "present": part.Present,
				"words": part.Words, "tasks_done": part.TasksDone, "tasks_total": part.TasksTotal, "complete": part.Complete}
		}
	}
	return ev.outline
}

// inverse returns the documents that refer to the page by one of the fields
// that v gathers, each once.
func (ev *evaluation) inverse(p *page, v *kind.Inverse) []any {
	out := []any{}
	last := int32(-1) // references of one page stand together
	for _, e := range p.in {
		if from := ev.b.pages[e.from]; e.from != last && slices.Contains(v.From, kind.InverseField{Kind: from.kind.ID, Field: e.field}) {
			last = e.from
			out = append(out, ev.object(from))
		}
	}
	return out
}

// field is a field with the documents in it, for whoever asks for it again while
// he is at the same page.
func (ev *evaluation) field(p *page, name string, v any) any {
	if ev.fieldsOf != p {
		ev.fieldsOf = p
		if ev.fields == nil {
			ev.fields = map[string]any{}
		}
		clear(ev.fields)
	}
	known, ok := ev.fields[name]
	if !ok {
		known = ev.live(v)
		ev.fields[name] = known
	}
	return known
}

// live puts the documents themselves where fields hold their cards.
func (ev *evaluation) live(v any) any {
	switch v := v.(type) {
	case *Card:
		if n, ok := ev.b.byID[v.ID]; ok {
			return ev.object(ev.b.pages[n])
		}
		return nil
	case []*Card:
		out := make([]any, 0, len(v))
		for _, c := range v {
			if n, ok := ev.b.byID[c.ID]; ok {
				out = append(out, ev.object(ev.b.pages[n]))
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = ev.live(x)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = ev.live(x)
		}
		return out
	}
	return v
}

// section2 is what stands under a heading of the second level, deeper ones
// included.
type section2 struct {
	id, title          string
	words, done, total int
}

// sections describes the H2 sections of a page, so that kinds can ask whether a
// step was answered.
func (p *page) sections() []section2 {
	if p.doc == nil {
		return nil
	}
	var out []section2
	of := make([]int, len(p.doc.Headings)) // the section that a heading lies in
	at := -1
	for i, h := range p.doc.Headings {
		switch {
		case h.Level == 2:
			at = len(out)
			out = append(out, section2{id: h.ID, title: h.Text, words: h.Words})
		case h.Level < 2:
			at = -1
		case at >= 0:
			out[at].words += h.Words
		}
		of[i] = at
	}
	for _, f := range p.doc.Facts {
		if f.Kind != document.FactTask || f.Section < 0 || of[f.Section] < 0 {
			continue
		}
		s := &out[of[f.Section]]
		if s.total++; f.Done {
			s.done++
		}
	}
	return out
}

// outline tells of each section that the page should have how far it is. A
// section is found by its anchor, or by its title as an anchor is made of it.
func (b *Book) outline(p *page) []OutlinePart {
	if p.kind == nil || p.doc == nil || len(p.kind.Outline) == 0 {
		return nil
	}
	sections, anchors := p.sections(), b.anchors[p.kind.ID]
	slugs := make([]string, len(sections))
	for i, s := range sections {
		slugs[i] = Slug(s.title)
	}
	out := make([]OutlinePart, len(p.kind.Outline))
	for i, want := range p.kind.Outline {
		part := &out[i]
		*part = OutlinePart{ID: want.ID, Title: want.Title, Guidance: want.Guidance, Optional: want.Optional}
		k := 0
		for k < len(sections) && sections[k].id != want.ID && !slices.Contains(anchors[i], slugs[k]) {
			k++
		}
		if k == len(sections) {
			continue
		}
		s := sections[k]
		part.ID, part.Present, part.Words, part.TasksDone, part.TasksTotal = s.id, true, s.words, s.done, s.total
		switch {
		case s.total > 0:
			part.Complete = float64(s.done) / float64(s.total)
		case s.words > 0:
			part.Complete = 1
		}
	}
	return out
}

// anchorsOf returns, by kind, the titles that each section of the outline may
// have, as anchors.
func anchorsOf(kinds []*kind.Kind) map[string][][]string {
	out := map[string][][]string{}
	for _, k := range kinds {
		for _, part := range k.Outline {
			slugs := []string{Slug(part.Title)}
			for _, t := range part.Also {
				slugs = append(slugs, Slug(t))
			}
			out[k.ID] = append(out[k.ID], slugs)
		}
	}
	return out
}

func toAny(v []string) []any {
	out := make([]any, len(v))
	for i, s := range v {
		out[i] = s
	}
	return out
}

// derivedAnswer gives all derived values of a page; one that cannot be worked
// out is nil, and check says why.
func (b *Book) derivedAnswer(p *page) []Named {
	if p.kind == nil || p.doc == nil {
		return nil
	}
	out := make([]Named, len(p.kind.Derived))
	for i := range p.kind.Derived {
		v, _ := b.derive(p, i)
		out[i] = Named{p.kind.Derived[i].Name, plainValue(v)}
	}
	return out
}

// plainValue makes dead data of what an expression returned: documents become
// their cards.
func plainValue(v any) any {
	switch v := v.(type) {
	case nil, bool, int64, float64, string, *Card:
		return v
	case int:
		return int64(v)
	case *object:
		return v.p.card
	case []any:
		out := make([]any, len(v))
		cards := make([]*Card, 0, len(v))
		for i, x := range v {
			out[i] = plainValue(x)
			if c, ok := out[i].(*Card); ok {
				cards = append(cards, c)
			}
		}
		if len(cards) == len(v) && len(v) > 0 {
			return cards
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = plainValue(x)
		}
		return out
	}
	return fmt.Sprint(v)
}

// unsettled returns a page's derived values, of which nothing is known yet.
func (p *page) unsettled() []derivedValue {
	if p.kind == nil || len(p.kind.Derived) == 0 {
		return nil
	}
	return make([]derivedValue, len(p.kind.Derived))
}

// KindChecks runs, for every page, what its kind checks about it, and reports
// derived values that cannot be worked out.
func (b *Book) KindChecks(report func(diag.Diagnostic)) {
	b.checkMu.Lock()
	defer b.checkMu.Unlock()
	todo := b.unchecked // all others are as they were
	if todo == nil {
		todo, b.faulty = make([]int32, len(b.pages)), nil
		for n := range todo {
			todo[n] = int32(n)
		}
	} else {
		slices.Sort(todo)
		todo = slices.Compact(todo)
	}
	kinds := b.in.Kinds.All()
	once := make([]*checked, len(kinds))
	b.evaluate(len(kinds)+len(todo), func(ev *evaluation, i int) {
		if i < len(kinds) {
			if once[i] = b.once[kinds[i].ID]; once[i] == nil {
				once[i] = ev.checkOnce(kinds[i])
			}
		} else if n := todo[i-len(kinds)]; b.checks[n] == nil {
			b.checks[n] = ev.kindCheck(b.pages[n])
		}
	})
	b.faulty = slices.Concat(b.faulty, todo)
	slices.Sort(b.faulty)
	b.faulty = slices.DeleteFunc(slices.Compact(b.faulty), func(n int32) bool { return len(b.checks[n].diags) == 0 })
	b.unchecked = []int32{}
	b.once = map[string]*checked{}
	for i, k := range kinds {
		b.once[k.ID] = once[i]
		for _, d := range once[i].diags {
			report(d)
		}
	}
	for _, n := range b.faulty {
		for _, d := range b.checks[n].diags {
			report(d)
		}
	}
}

// checked is what a page's checks found, and the pages they looked at.
type checked struct {
	diags []diag.Diagnostic
	reads []int32
	sets  []int32
	loop  bool // see derivedValue
}

// checkOnce runs the checks that a kind states about all its documents together.
// They point at the page of its section.
func (ev *evaluation) checkOnce(k *kind.Kind) *checked {
	b, out := ev.b, &checked{}
	at := diag.Pos{}
	for i := range k.Checks {
		c := &k.Checks[i]
		if !c.Once {
			continue
		}
		if at == (diag.Pos{}) {
			at = b.shelfAt(k)
		}
		outer := ev.open(nil)
		fired, err := c.Eval(shelf{ev}, b.in.AsOf)
		if err != nil {
			if _, ok := asCycle(err); !ok {
				out.diags = append(out.diags, diag.Diagnostic{Rule: c.ID, Level: diag.Warning, At: at, Msg: "the check " + c.ID + " cannot be worked out: " + err.Error()})
			}
		}
		for _, f := range fired {
			out.diags = append(out.diags, diag.Diagnostic{Rule: c.ID, Level: c.Level, At: at, Msg: f.Msg, Hint: f.Hint})
		}
		pages, sets, loop := ev.close(outer)
		out.reads, out.sets, out.loop = append(out.reads, pages...), append(out.sets, sets...), out.loop || loop
	}
	return out
}

// shelfAt is where what concerns a kind as a whole is told: at the document of
// its section, or the section's folder where that has none; at its first document
// where the kind has no section.
func (b *Book) shelfAt(k *kind.Kind) diag.Pos {
	if s := b.sections[k.Section]; s != nil && k.Section != "" {
		if d := b.pages[s.page.n].doc; d != nil {
			return diag.Pos{File: d.Name, Line: 1, Col: 1}
		}
	} else if list := b.members(k.ID); len(list) > 0 {
		return diag.Pos{File: b.pages[list[0]].doc.Name, Line: 1, Col: 1}
	}
	folder := ""
	if len(b.in.Docs) > 0 { // names are paths below the content folder
		folder = strings.TrimSuffix(b.in.Docs[0].Name, b.in.Docs[0].Path)
	}
	return diag.Pos{File: folder + k.Section}
}

// kindCheck runs what p's kind checks about it.
func (b *Book) kindCheck(p *page) *checked {
	ev := b.evaluation()
	out := ev.kindCheck(p)
	b.done(ev)
	return out
}

func (ev *evaluation) kindCheck(p *page) *checked {
	out := &checked{}
	report := func(d diag.Diagnostic) { out.diags = append(out.diags, d) }
	if p.kind == nil || p.doc == nil || p.index && p.kind.ID == "guide" || broken(p.doc) {
		return out
	}
	outer, o := ev.open(p), ev.object(p)
	defer func() { out.reads, out.sets, out.loop = ev.close(outer) }()
	top := diag.Pos{File: p.doc.Name, Line: 1, Col: 1}
	for i := range p.kind.Derived {
		if _, err := ev.derived(p, i); err != nil {
			if _, ok := asCycle(err); ok {
				if ring := ev.ringFrom(p, i); ring != nil {
					report(diag.Diagnostic{Rule: "derived-cycle", Level: diag.Error, At: top,
						Msg: p.kind.Derived[i].Name + " needs itself: " + strings.Join(slices.Concat(ring, ring[:1]), " → "), Hint: "take one of these references out"})
				}
				continue
			}
			report(diag.Diagnostic{Rule: "derived-failed", Level: diag.Warning, At: top,
				Msg: p.kind.Derived[i].Name + " cannot be worked out: " + err.Error()})
		}
	}
	for i := range p.kind.Checks {
		c := &p.kind.Checks[i]
		if c.Once {
			continue
		}
		fired, err := c.Eval(o, ev.b.in.AsOf)
		if err != nil {
			if _, ok := asCycle(err); !ok {
				report(diag.Diagnostic{Rule: c.ID, Level: diag.Warning, At: top, Msg: "the check " + c.ID + " cannot be worked out: " + err.Error()})
			}
			continue
		}
		for _, f := range fired {
			at, to, ok := p.doc.Front.Find(p.doc.Name, f.Path, true)
			if !ok {
				to = diag.Pos{} // the place is that of what should hold it
			}
			report(diag.Diagnostic{Rule: c.ID, Level: c.Level, At: at, To: to, Msg: f.Msg, Hint: f.Hint})
		}
	}
	return out
}
