package book

import (
	"fmt"
	"slices"
	"strings"

	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/kind"
)

// derivedValue is the state of one derived value of one page.
type derivedValue struct {
	v     any
	err   error
	done  bool
	doing bool
	reads []int32 // pages that it was worked out from
	sets  []int32 // kinds of which it read all documents, by their place among the kinds
	loop  bool    // it is part of a circle, or rests on one: reads are not all
	docs  bool    // there are documents in v
	shown []int32 // their pages; nil where docs is true: not known
}

// object is a page as expressions see it. What an expression reads of it is
// noted in reads.
type object struct {
	b     *Book
	p     *page
	reads *reads
}

// reads are the pages that an evaluation has looked at, its own among them.
type reads struct {
	pages []int32
	sets  []int32
	loop  bool // it met a circle, of which not all is known while one goes round it

	lists map[string][]any // documents by kind, once asked for
}

func (r *reads) add(n int32) {
	k := len(r.pages)
	if k > 0 && r.pages[k-1] == n {
		return
	}
	if k == cap(r.pages) && k >= 1024 { // a check of many documents looks at each many times
		slices.Sort(r.pages)
		if r.pages = slices.Compact(r.pages); len(r.pages) > k/2 {
			r.pages = slices.Grow(r.pages, k)
		}
	}
	r.pages = append(r.pages, n)
}

// take adds what a derived value was worked out from.
func (r *reads) take(v *derivedValue) {
	r.pages, r.sets = append(r.pages, v.reads...), append(r.sets, v.sets...)
	r.loop = r.loop || v.loop
}

// settled returns each page and each kind once, in order.
func (r *reads) settled() (pages, sets []int32) {
	slices.Sort(r.pages)
	slices.Sort(r.sets)
	return slices.Clip(slices.Compact(r.pages)), slices.Clip(slices.Compact(r.sets))
}

// documents returns all documents of a kind, by id, and notes that they were
// read.
func (b *Book) documents(id string, r *reads) []any {
	if list, ok := r.lists[id]; ok {
		return list
	}
	k, ok := slices.BinarySearchFunc(b.in.Kinds.All(), id, func(k *kind.Kind, id string) int { return strings.Compare(k.ID, id) })
	if !ok {
		return nil
	}
	r.sets = append(r.sets, int32(k))
	list := b.members(id)
	out := make([]any, len(list))
	for i, n := range list {
		out[i] = object{b, b.pages[n], r}
	}
	if r.lists == nil {
		r.lists = map[string][]any{}
	}
	r.lists[id] = out
	return out
}

// members returns the pages of a kind, by number.
func (b *Book) members(id string) []int32 {
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
func (o object) Documents(id string) []any { return o.b.documents(id, o.reads) }

// shelf is what a check of a kind as a whole sees: no document, and all of them.
type shelf struct {
	b     *Book
	reads *reads
}

func (s shelf) Get(string) (any, error)   { return nil, nil }
func (s shelf) Documents(id string) []any { return s.b.documents(id, s.reads) }

// derive evaluates the i-th derived value of p, once. Values may need those of
// other pages in any order, so one lock covers all of them: a lock a page would
// deadlock on the circle that it is there to find.
func (b *Book) derive(p *page, i int) (any, error) {
	b.evalMu.Lock()
	defer b.evalMu.Unlock()
	return object{b, p, new(reads)}.derived(i)
}

func (o object) derived(i int) (any, error) {
	d := &o.p.kind.Derived[i]
	if o.p.derived == nil {
		o.p.derived = make([]derivedValue, len(o.p.kind.Derived))
	}
	st := o.p.derived[i]
	if st.done {
		o.reads.take(&st)
		if st.docs {
			return o.given(st.v), st.err
		}
		return st.v, st.err
	}
	here := o.p.id + "." + d.Name
	if st.doing {
		o.reads.loop = true
		return nil, &kind.CycleError{Path: []string{here}}
	}
	o.p.derived[i].doing = true
	own := &reads{pages: []int32{o.p.n}}
	v, err := d.Eval(object{o.b, o.p, own}, o.b.in.AsOf)
	if c, ok := asCycle(err); ok && (len(c.Path) == 1 || c.Path[0] != c.Path[len(c.Path)-1]) {
		err = &kind.CycleError{Path: append([]string{here}, c.Path...)}
	}
	st = derivedValue{v: v, err: err, done: true, loop: own.loop}
	st.reads, st.sets = own.settled()
	rebound(v, func(x object) object {
		st.docs, st.shown = true, append(st.shown, x.p.n)
		return x
	})
	o.p.derived[i] = st
	o.reads.take(&st)
	return o.given(v), err
}

// ringFrom returns the circle of derived values of which this one is the first by
// name, so that a circle is told once, and nil for all others.
func (b *Book) ringFrom(name string) []string {
	if ring, ok := b.ringed[name]; ok {
		return ring
	}
	if b.ringed == nil {
		b.ringed = map[string][]string{}
	}
	ring := b.ring(name)
	first := 0
	for i, m := range ring {
		b.ringed[m] = nil
		if m < ring[first] {
			first = i
		}
	}
	if len(ring) == 0 {
		return nil
	}
	b.ringed[ring[first]] = slices.Concat(ring[first:], ring[:first])
	return b.ringed[name]
}

// ring returns the circle of derived values that one is part of, from that one
// on; nil if it only rests on one. Wherever the circle was entered, each value on
// it knows the next.
func (b *Book) ring(from string) []string {
	var ring []string
	for at := from; len(ring) == 0 || at != from; {
		i := strings.LastIndexByte(at, '.')
		n, ok := b.byID[at[:i]]
		if !ok || len(ring) > len(b.pages)*8 {
			return nil
		}
		p := b.pages[n]
		k := slices.IndexFunc(p.kind.Derived, func(d kind.Derived) bool { return d.Name == at[i+1:] })
		if k < 0 || k >= len(p.derived) {
			return nil
		}
		c, ok := asCycle(p.derived[k].err)
		if !ok || len(c.Path) < 2 || c.Path[0] != at {
			return nil
		}
		ring = append(ring, at)
		at = c.Path[1]
	}
	return ring
}

// given returns a value that was worked out for somebody else, perhaps for the
// Book before, with the documents in it as o's Book has them; what is read of
// them is noted in o's reads.
func (o object) given(v any) any {
	return rebound(v, func(x object) object { return object{o.b, o.b.pages[o.b.byID[x.p.id]], o.reads} })
}

// rebound returns v with other documents in place of those in it.
func rebound(v any, to func(object) object) any {
	switch v := v.(type) {
	case object:
		return to(v)
	case []kind.Object:
		out := make([]kind.Object, len(v))
		for i, x := range v {
			if out[i] = x; x != nil {
				if y, ok := x.(object); ok {
					out[i] = to(y)
				}
			}
		}
		return out
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
func (o object) Get(name string) (any, error) {
	p := o.p
	o.reads.add(p.n)
	if p.kind != nil {
		for i := range p.kind.Derived {
			if p.kind.Derived[i].Name == name {
				return o.derived(i)
			}
		}
		if v, ok := p.fields[name]; ok {
			return o.live(v), nil
		}
		for i := range p.kind.Inverses {
			if v := &p.kind.Inverses[i]; v.Name == name {
				return o.inverse(v), nil
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
		parts := p.outline()
		out := make([]any, len(parts))
		for i, part := range parts {
			out[i] = map[string]any{"id": part.ID, "title": part.Title, "guidance": part.Guidance, "optional": part.Optional, "present": part.Present,
				"words": part.Words, "tasks_done": part.TasksDone, "tasks_total": part.TasksTotal, "complete": part.Complete}
		}
		return out, nil
	}
	return nil, nil
}

// inverse returns the documents that refer to the page by one of the fields
// that v gathers, each once.
func (o object) inverse(v *kind.Inverse) []kind.Object {
	out := []kind.Object{}
	last := int32(-1) // references of one page stand together
	for _, e := range o.p.in {
		if from := o.b.pages[e.from]; e.from != last && slices.Contains(v.From, kind.InverseField{Kind: from.kind.ID, Field: e.field}) {
			last = e.from
			out = append(out, object{o.b, from, o.reads})
		}
	}
	return out
}

// live puts the documents themselves where fields hold their cards.
func (o object) live(v any) any {
	switch v := v.(type) {
	case *Card:
		if n, ok := o.b.byID[v.ID]; ok {
			return object{o.b, o.b.pages[n], o.reads}
		}
		return nil
	case []*Card:
		out := make([]kind.Object, 0, len(v))
		for _, c := range v {
			if n, ok := o.b.byID[c.ID]; ok {
				out = append(out, object{o.b, o.b.pages[n], o.reads})
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = o.live(x)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = o.live(x)
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
func (p *page) outline() []OutlinePart {
	if p.kind == nil || p.doc == nil || len(p.kind.Outline) == 0 {
		return nil
	}
	sections := p.sections()
	out := make([]OutlinePart, len(p.kind.Outline))
	for i, want := range p.kind.Outline {
		part := &out[i]
		*part = OutlinePart{ID: want.ID, Title: want.Title, Guidance: want.Guidance, Optional: want.Optional}
		k := slices.IndexFunc(sections, func(s section2) bool {
			slug := Slug(s.title)
			return s.id == want.ID || slug == Slug(want.Title) || slices.ContainsFunc(want.Also, func(t string) bool { return slug == Slug(t) })
		})
		if k < 0 {
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
	case object:
		return v.p.card
	case []kind.Object:
		out := make([]*Card, 0, len(v))
		for _, o := range v {
			if x, ok := o.(object); ok {
				out = append(out, x.p.card)
			}
		}
		return out
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

// KindChecks runs, for every page, what its kind checks about it, and reports
// derived values that cannot be worked out.
func (b *Book) KindChecks(report func(diag.Diagnostic)) {
	b.checkMu.Lock()
	defer b.checkMu.Unlock()
	check := func(n int32) {
		if b.checks[n] == nil {
			b.checks[n] = b.kindCheck(b.pages[n])
		}
	}
	if b.unchecked == nil {
		b.faulty = nil
		for n := range b.pages {
			if check(int32(n)); len(b.checks[n].diags) > 0 {
				b.faulty = append(b.faulty, int32(n))
			}
		}
	} else { // all others are as they were
		b.faulty = slices.Concat(b.faulty, b.unchecked)
		slices.Sort(b.faulty)
		b.faulty = slices.DeleteFunc(slices.Compact(b.faulty), func(n int32) bool {
			check(n)
			return len(b.checks[n].diags) == 0
		})
	}
	b.unchecked = []int32{}
	if b.once == nil {
		b.once = map[string]*checked{}
	}
	for _, k := range b.in.Kinds.All() {
		if b.once[k.ID] == nil {
			b.once[k.ID] = b.checkOnce(k)
		}
		for _, d := range b.once[k.ID].diags {
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
func (b *Book) checkOnce(k *kind.Kind) *checked {
	b.evalMu.Lock()
	defer b.evalMu.Unlock()
	out := &checked{}
	at := diag.Pos{}
	for i := range k.Checks {
		c := &k.Checks[i]
		if !c.Once {
			continue
		}
		if at == (diag.Pos{}) {
			at = b.shelfAt(k)
		}
		r := &reads{}
		fired, err := c.Eval(shelf{b, r}, b.in.AsOf)
		if err != nil {
			if _, ok := asCycle(err); !ok {
				out.diags = append(out.diags, diag.Diagnostic{Rule: c.ID, Level: diag.Warning, At: at, Msg: "the check " + c.ID + " cannot be worked out: " + err.Error()})
			}
		}
		for _, f := range fired {
			out.diags = append(out.diags, diag.Diagnostic{Rule: c.ID, Level: c.Level, At: at, Msg: f.Msg, Hint: f.Hint})
		}
		pages, sets := r.settled()
		out.reads, out.sets, out.loop = append(out.reads, pages...), append(out.sets, sets...), out.loop || r.loop
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

func (b *Book) kindCheck(p *page) *checked {
	out := &checked{}
	report := func(d diag.Diagnostic) { out.diags = append(out.diags, d) }
	if p.kind == nil || p.doc == nil || p.index && p.kind.ID == "guide" || broken(p.doc) {
		return out
	}
	b.evalMu.Lock()
	defer b.evalMu.Unlock()
	o := object{b, p, &reads{pages: []int32{p.n}}}
	defer func() {
		out.reads, out.sets = o.reads.settled()
		out.loop = o.reads.loop
	}()
	top := diag.Pos{File: p.doc.Name, Line: 1, Col: 1}
	for i := range p.kind.Derived {
		if _, err := o.derived(i); err != nil {
			if _, ok := asCycle(err); ok {
				if ring := b.ringFrom(p.id + "." + p.kind.Derived[i].Name); ring != nil {
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
		fired, err := c.Eval(o, b.in.AsOf)
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
