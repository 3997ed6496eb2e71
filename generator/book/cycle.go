package book

import (
	"slices"
	"strings"

	"playbook/generator/diag"
)

// circles reports relations that must not lead back and do. Each circle is
// named once, at the reference by which its first page (by id) takes part.
func (l *linker) circles() {
	if l.recalled != nil {
		l.b.rings = l.recalled.rings
		return
	}
	if l.relinked != nil && !slices.ContainsFunc(l.relinked, func(p *page) bool { return p.kind != p.was.kind || !slices.Equal(p.edges, p.was.edges) }) {
		l.b.rings = l.prev.rings
		return
	}
	type step struct {
		p    *page
		next int
	}
	fields := map[string]bool{} // kind.field
	for _, k := range l.b.in.Kinds.All() {
		for _, r := range k.Relations {
			if r.Acyclic {
				fields[k.ID+"."+r.Field] = true
			}
		}
	}
	if len(fields) == 0 {
		return
	}
	names := make([]string, 0, len(fields))
	for f := range fields {
		names = append(names, f)
	}
	slices.Sort(names)
	for _, name := range names {
		kindID, field, _ := strings.Cut(name, ".")
		state := make([]uint8, len(l.b.pages)) // 0 unseen, 1 on the way, 2 done
		for _, root := range l.b.pages {
			if state[root.n] != 0 || root.kind == nil || root.kind.ID != kindID {
				continue
			}
			// An explicit stack: a chain of references may be as long as the site.
			stack := []step{{root, 0}}
			state[root.n] = 1
			for len(stack) > 0 {
				top := &stack[len(stack)-1]
				if top.next == len(top.p.edges) {
					state[top.p.n] = 2
					stack = stack[:len(stack)-1]
					continue
				}
				e := top.p.edges[top.next]
				top.next++
				if e.field != field || top.p.kind.ID != kindID {
					continue
				}
				switch state[e.to] {
				case 0:
					state[e.to] = 1
					stack = append(stack, step{l.b.pages[e.to], 0})
				case 1:
					from := slices.IndexFunc(stack, func(s step) bool { return s.p.n == e.to })
					ring := make([]*page, 0, len(stack)-from)
					for _, s := range stack[from:] {
						ring = append(ring, s.p)
					}
					l.circle(ring, field)
				}
			}
		}
	}
}

func (l *linker) circle(ring []*page, field string) {
	at := 0
	for i, p := range ring {
		if p.id < ring[at].id {
			at = i
		}
	}
	ring = append(ring[at:], ring[:at]...)
	first, second := ring[0], ring[(1)%len(ring)]
	d := diag.Diagnostic{Rule: "relation-cycle", Level: diag.Error, Hint: "take one of these references out"}
	ids := make([]string, 0, len(ring)+1)
	for _, p := range ring {
		ids = append(ids, p.id)
	}
	ids = append(ids, first.id)
	d.Msg = field + " leads back to where it began: " + strings.Join(ids, " → ")
	for _, e := range first.edges {
		if e.field == field && e.to == second.n {
			d.At = e.at
			break
		}
	}
	l.b.rings = append(l.b.rings, d)
}
