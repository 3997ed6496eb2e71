package book

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"playbook/generator/kind"
)

// Values are worked out by many goroutines at once, each value by one of them.
// Who needs a value that another is at waits for it, unless that one waits, by
// however many steps, for a value that this one is at: then each of these values
// needs the next, which is a circle, whether one goroutine goes round it or
// several have begun at different places of it. So nobody waits for ever, and a
// value knows the same next one in its circle wherever work on it began: the
// first that it reads and that leads back.

// derivedValue is the state of one derived value of one page. What it is, is
// written before it is settled, and by nobody after.
type derivedValue struct {
	v     any
	err   error
	state uint32      // atomic, see settled
	by    *evaluation // who works it out; under work.mu
	reads []int32     // pages that it was worked out from
	sets  []int32     // kinds of which it read all documents, by their place among the kinds
	loop  bool        // it is part of a circle, or rests on one: reads are not all
	docs  bool        // there are documents in v
	shown []int32     // their pages; nil where docs is true: not known
}

func (v *derivedValue) settled() bool { return atomic.LoadUint32(&v.state) != 0 }
func (v *derivedValue) settle()       { atomic.StoreUint32(&v.state, 1) }

// work is what evaluations share: those of a Book, and of the Books that it has
// pages in common with.
type work struct {
	mu      sync.Mutex
	settled *sync.Cond // a value is settled, or given up
	waiting int
}

func newWork() *work {
	w := new(work)
	w.settled = sync.NewCond(&w.mu)
	return w
}

// evaluation is what one goroutine works with: the pages as expressions see them,
// and what was looked at on the way. What it notes is that of the value or check
// under work, and below it, of those that wait for it.
type evaluation struct {
	b       *Book
	objects [][]object // by number of page, a part at a time
	lists   map[string][]any
	waits   *derivedValue // of another; under work.mu

	pages []int32
	sets  []int32
	noted
	stamps uint32
	last   []int32 // the pages of the value before: those of one page's values are often the same

	outlined *page // the page of which outline is
	outline  []any
	fieldsOf *page // the page of which fields are
	fields   map[string]any
	ringed   map[string][]string // derived values in circles; see ringFrom
}

// noted says what of an evaluation's notes belongs to the value under work.
type noted struct {
	pageAt, setAt int
	stamp         uint32 // of objects that it looked at already
	loop          bool   // it met a circle, of which not all is known while one goes round it
}

// objectPart is how many objects are made at once.
const objectPart = 256

// object is a page as expressions see it. What an expression reads of it is
// noted in its evaluation. In values that are kept it has none.
type object struct {
	ev   *evaluation
	p    *page
	seen uint32 // the last stamp under which it was noted
}

// evaluation returns one that nobody uses. It is to be given back by done.
func (b *Book) evaluation() *evaluation {
	b.work.mu.Lock()
	defer b.work.mu.Unlock()
	if n := len(b.idle); n > 0 {
		ev := b.idle[n-1]
		b.idle = b.idle[:n-1]
		return ev
	}
	return &evaluation{b: b, objects: make([][]object, (len(b.pages)+objectPart-1)/objectPart)}
}

// done gives an evaluation back. One in which something panicked is not.
func (b *Book) done(ev *evaluation) {
	ev.pages, ev.sets, ev.noted = ev.pages[:0], ev.sets[:0], noted{}
	ev.lists, ev.last, ev.outlined, ev.outline, ev.fieldsOf, ev.fields, ev.ringed = nil, nil, nil, nil, nil, nil, nil
	b.work.mu.Lock()
	defer b.work.mu.Unlock()
	b.idle = append(b.idle, ev)
}

// evaluate calls f for 0..n-1, on the Book's workers, each with an evaluation.
func (b *Book) evaluate(n int, f func(ev *evaluation, i int)) {
	share(b.in.Workers, n, 8, func(each func(f func(i int))) {
		ev := b.evaluation()
		each(func(i int) { f(ev, i) })
		b.done(ev)
	})
}

// object returns a page as expressions see it.
func (ev *evaluation) object(p *page) *object {
	part := &ev.objects[p.n/objectPart]
	if *part == nil {
		*part = make([]object, objectPart)
	}
	o := &(*part)[p.n%objectPart]
	switch o.p {
	case p:
	case nil:
		o.ev, o.p = ev, p
	default: // another state of the page
		return &object{ev: ev, p: p}
	}
	return o
}

// open begins the notes of a value or check of p. close ends them.
func (ev *evaluation) open(p *page) (outer noted) {
	outer = ev.noted
	ev.stamps++
	ev.noted = noted{pageAt: len(ev.pages), setAt: len(ev.sets), stamp: ev.stamps}
	if p != nil {
		ev.note(ev.object(p))
	}
	return outer
}

// close returns each page and each kind that was read once, in order, and goes
// back to the notes of who waits.
func (ev *evaluation) close(outer noted) (pages, sets []int32, loop bool) {
	of := func(list []int32) []int32 {
		if len(list) == 0 {
			return nil
		}
		slices.Sort(list)
		if list = slices.Compact(list); slices.Equal(list, ev.last) {
			return ev.last
		}
		return slices.Clip(slices.Clone(list))
	}
	if pages = of(ev.pages[ev.pageAt:]); pages != nil {
		ev.last = pages
	}
	sets, loop = of(ev.sets[ev.setAt:]), ev.loop
	ev.pages, ev.sets, ev.noted = ev.pages[:ev.pageAt], ev.sets[:ev.setAt], outer
	return pages, sets, loop
}

func (ev *evaluation) note(o *object) {
	if o.seen == ev.stamp {
		return
	}
	o.seen = ev.stamp
	if own := ev.pages[ev.pageAt:]; len(ev.pages) == cap(ev.pages) && len(own) >= 1024 { // values that waited may have noted the same again
		slices.Sort(own)
		ev.pages = ev.pages[:ev.pageAt+len(slices.Compact(own))]
		ev.pages = slices.Grow(ev.pages, len(ev.pages))
	}
	ev.pages = append(ev.pages, o.p.n)
}

// take notes what a derived value was worked out from.
func (ev *evaluation) take(v *derivedValue) {
	for _, n := range v.reads {
		ev.note(ev.object(ev.b.pages[n]))
	}
	ev.sets = append(ev.sets, v.sets...)
	ev.loop = ev.loop || v.loop
}

// documents returns all documents of a kind, by id, and notes that they were
// read.
func (ev *evaluation) documents(id string) []any {
	k, ok := slices.BinarySearchFunc(ev.b.in.Kinds.All(), id, func(k *kind.Kind, id string) int { return strings.Compare(k.ID, id) })
	if !ok {
		return nil
	}
	if n := int32(k); !slices.Contains(ev.sets[ev.setAt:], n) {
		ev.sets = append(ev.sets, n)
	}
	if list, ok := ev.lists[id]; ok {
		return list
	}
	list := ev.b.members(id)
	out := make([]any, len(list))
	for i, n := range list {
		out[i] = ev.object(ev.b.pages[n])
	}
	if ev.lists == nil {
		ev.lists = map[string][]any{}
	}
	ev.lists[id] = out
	return out
}

// claim tells whether ev is to work a value out. If not it is settled, or
// circle: ev is at it already, or at one that it waits for.
func (ev *evaluation) claim(v *derivedValue) (mine, circle bool) {
	w := ev.b.work
	w.mu.Lock()
	defer w.mu.Unlock()
	for !v.settled() {
		if v.by == nil {
			v.by = ev
			return true, false
		}
		for of := v; of != nil && of.by != nil; of = of.by.waits {
			if of.by == ev {
				return false, true
			}
		}
		ev.waits = v
		w.waiting++
		w.settled.Wait()
		w.waiting--
		ev.waits = nil
	}
	return false, false
}

// leave says that ev is no longer at a value.
func (ev *evaluation) leave(v *derivedValue, settled bool) {
	w := ev.b.work
	w.mu.Lock()
	defer w.mu.Unlock()
	v.by = nil
	if settled {
		v.settle()
	}
	if w.waiting > 0 {
		w.settled.Broadcast()
	}
}

// derive returns the i-th derived value of p, which is worked out once.
func (b *Book) derive(p *page, i int) (any, error) {
	ev := b.evaluation()
	v, err := ev.derived(p, i)
	b.done(ev)
	return v, err
}

func (ev *evaluation) derived(p *page, i int) (any, error) {
	st := &p.derived[i]
	if !st.settled() {
		mine, circle := ev.claim(st)
		if circle {
			ev.loop = true
			return nil, &kind.CycleError{Path: []string{p.id + "." + p.kind.Derived[i].Name}}
		}
		if mine {
			ev.workOut(p, i, st)
		}
	}
	ev.take(st)
	if st.docs {
		return ev.given(st.v), st.err
	}
	return st.v, st.err
}

// workOut works out a value that ev has claimed.
func (ev *evaluation) workOut(p *page, i int, st *derivedValue) {
	settled := false
	defer func() { ev.leave(st, settled) }() // also where something panics: others must not wait for it
	d := &p.kind.Derived[i]
	outer := ev.open(p)
	v, err := d.Eval(ev.object(p), ev.b.in.AsOf)
	if c, ok := asCycle(err); ok {
		err = &kind.CycleError{Path: []string{p.id + "." + d.Name, c.Path[0]}}
	}
	st.reads, st.sets, st.loop = ev.close(outer)
	st.v, st.err = v, err
	if st.docs = holds(v, isObject); st.docs {
		st.v = rebound(v, func(x *object) *object {
			st.shown = append(st.shown, x.p.n)
			return &object{p: x.p}
		})
	}
	settled = true
}

// given returns a value that was worked out for somebody else, perhaps for the
// Book before, with the documents in it as ev has them.
func (ev *evaluation) given(v any) any {
	b := ev.b
	return rebound(v, func(x *object) *object {
		if int(x.p.n) < len(b.pages) && b.pages[x.p.n].id == x.p.id {
			return ev.object(b.pages[x.p.n])
		}
		return ev.object(b.pages[b.byID[x.p.id]])
	})
}

// holds tells whether there is something of a sort in a value, at any depth.
func holds(v any, sort func(any) bool) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(x any) bool { return holds(x, sort) })
	case map[string]any:
		for _, x := range v {
			if holds(x, sort) {
				return true
			}
		}
		return false
	}
	return sort(v)
}

func isObject(v any) bool { _, ok := v.(*object); return ok }

func isCards(v any) bool {
	switch v.(type) {
	case *Card, []*Card:
		return true
	}
	return false
}

// ringFrom returns the circle of derived values of which this one, the i-th of p,
// is the first by name, so that a circle is told once, and nil for all others.
func (ev *evaluation) ringFrom(p *page, i int) []string {
	name := p.id + "." + p.kind.Derived[i].Name
	if ring, ok := ev.ringed[name]; ok {
		return ring
	}
	if ev.ringed == nil {
		ev.ringed = map[string][]string{}
	}
	var way []string // each value needs the next
	for at := name; ; {
		if _, ok := ev.ringed[at]; ok {
			k := slices.Index(way, at)
			if k < 0 {
				return nil // its circle was found from elsewhere
			}
			ring := way[k:]
			first := slices.Index(ring, slices.Min(ring))
			ev.ringed[ring[first]] = slices.Concat(ring[first:], ring[:first])
			return ev.ringed[name]
		}
		ev.ringed[at] = nil
		way = append(way, at)
		_, err := ev.derived(p, i)
		c, ok := asCycle(err)
		if !ok || len(c.Path) < 2 {
			return nil
		}
		at = c.Path[1]
		dot := strings.LastIndexByte(at, '.')
		n, ok := ev.b.byID[at[:dot]]
		if !ok {
			return nil
		}
		p = ev.b.pages[n]
		if i = slices.IndexFunc(p.kind.Derived, func(d kind.Derived) bool { return d.Name == at[dot+1:] }); i < 0 {
			return nil
		}
	}
}
