package picture

import (
	"slices"
	"strings"
	"time"
)

// sortedBy returns a sorted copy; equals stay in order.
func sortedBy(list []any, less func(a, b any) bool) []any {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b any) int {
		switch {
		case less(a, b):
			return -1
		case less(b, a):
			return 1
		}
		return 0
	})
	return out
}

type reading struct {
	t     time.Time
	day   int
	name  string
	v     float64
	has   bool
	x     float64
	index int
}

// trend draws a series of numbers as a line: over time where every item has a
// date, else evenly in the order given. A missing number breaks the line.
//
// Fields: date, label, value, note. Options: of (the number to reach, drawn as a
// dashed line), min and max (ends of the scale), from and to (ends of the time).
func (c *canvas) trend(data any) error {
	items, err := c.items(data)
	if err != nil {
		return err
	}
	list := make([]reading, 0, len(items))
	dated, some := len(items) > 0, 0
	for i, it := range items {
		r := reading{name: c.str(it, "label"), index: i}
		var ok bool
		if r.t, ok = c.day(c.field(it, "date")); ok {
			r.day = days(r.t)
		} else {
			dated = false
		}
		if r.v, r.has = c.num(it, "value"); r.has {
			some++
		}
		list = append(list, r)
	}
	if some == 0 {
		c.nothing = true
		return nil
	}
	if dated {
		slices.SortStableFunc(list, func(a, b reading) int { return a.day - b.day })
		from, to := list[0].day, list[len(list)-1].day
		if t, ok := c.day(c.opt["from"]); ok {
			from = days(t)
		}
		if t, ok := c.day(c.opt["to"]); ok {
			to = days(t)
		}
		list = slices.DeleteFunc(list, func(r reading) bool { return r.day < from || r.day > to })
		some = 0
		for i := range list {
			if list[i].has {
				some++
			}
			if list[i].x = 50; to > from {
				list[i].x = 100 * float64(list[i].day-from) / float64(to-from)
			}
		}
		if some == 0 {
			c.nothing = true
			return nil
		}
	} else {
		for i := range list {
			if list[i].x = 50; len(list) > 1 {
				list[i].x = 100 * float64(i) / float64(len(list)-1)
			}
		}
	}
	of, hasOf := c.optNum("of")
	sc, low, high, last := c.readings(list, of, hasOf)
	at := func(v float64) float64 { return min(100, max(0, 100-sc.at(v))) }

	c.s(`<dl class="pic-facts">`)
	c.fact("latest", list[last])
	if some > 1 {
		c.fact("highest", list[high])
		c.fact("lowest", list[low])
	}
	if hasOf {
		c.s(`<div><dt>`).e(c.word("target")).s(`</dt><dd>`).n(of).s(`</dd></div>`)
	}
	c.s(`</dl><svg class="pic-line" role="img"><title>`).e(c.title).s(`</title><desc>`)
	for i, r := range []reading{list[0], list[last]} {
		if i > 0 {
			c.s(` → `)
		}
		if w := c.when(r); w != "" {
			c.e(w).s(": ")
		}
		if r.has {
			c.n(r.v)
		} else {
			c.s(`–`)
		}
	}
	c.s(`</desc>`)
	if sc.lo < 0 && sc.hi > 0 {
		c.s(`<rect class="pic-rule" y="`).f(at(0)).s(`%" width="100%" height="1"/>`)
	} else {
		c.s(`<rect class="pic-rule" y="100%" width="100%" height="1"/>`)
	}
	if hasOf {
		c.s(`<line class="pic-aim" x1="0" x2="100%" y1="`).f(at(of)).s(`%" y2="`).f(at(of)).s(`%"/>`)
	}
	c.s(`<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%" class="pic-stretch"><path class="pic-curve" d="`)
	pen := false
	for _, r := range list {
		if !r.has {
			pen = false
			continue
		}
		if pen {
			c.s("L")
		} else {
			c.s("M")
		}
		pen = true
		c.f(r.x).s(" ").f(at(r.v))
	}
	c.s(`"/></svg>`)
	for i, r := range list {
		alone := r.has && (i == 0 || !list[i-1].has) && (i+1 == len(list) || !list[i+1].has)
		if i == last || alone || r.has && len(list) <= 24 {
			class, radius := "pic-point", "2.5"
			if i == last {
				class, radius = "pic-last", "4"
			}
			c.s(`<circle class="`, class, `" cx="`).f(r.x).s(`%" cy="`).f(at(r.v)).s(`%" r="`, radius, `"/>`)
		}
	}
	c.s(`</svg>`)
	if len(list) > 1 {
		c.s(`<p class="pic-ends"><span>`).e(c.when(list[0])).s(`</span><span>`).e(c.when(list[len(list)-1])).s(`</span></p>`)
	}
	if some > 1 {
		c.readingTable(items, list)
	}
	return nil
}

// readings finds the scale and the places of the lowest, highest and last number.
func (c *canvas) readings(list []reading, of float64, hasOf bool) (sc scale, low, high, last int) {
	low = -1
	for i, r := range list {
		if !r.has {
			continue
		}
		if low < 0 {
			sc, low, high = scale{r.v, r.v}, i, i
		}
		sc.add(r.v, true)
		if r.v < list[low].v {
			low = i
		}
		if r.v > list[high].v {
			high = i
		}
		last = i
	}
	sc.add(of, hasOf)
	if sc.lo > 0 && sc.lo < sc.hi/2 { // near enough to zero to show it
		sc.lo = 0
	}
	if v, ok := c.optNum("min"); ok {
		sc.lo = v
	}
	if v, ok := c.optNum("max"); ok {
		sc.hi = v
	}
	if sc.hi <= sc.lo {
		sc.lo, sc.hi = sc.lo-1-abs(sc.lo)/2, sc.lo+1+abs(sc.lo)/2
	}
	return sc, low, high, last
}

func abs(x float64) float64 { return max(x, -x) }

func (c *canvas) when(r reading) string {
	switch {
	case !r.t.IsZero():
		return c.lang.date(r.t)
	case r.name != "":
		return r.name
	}
	return ""
}

func (c *canvas) fact(word string, r reading) {
	c.s(`<div><dt>`).e(c.word(word)).s(`</dt><dd>`).n(r.v)
	if w := c.when(r); w != "" {
		c.s(` <span class="pic-note">`).e(w).s(`</span>`)
	}
	c.s(`</dd></div>`)
}

// readingTable writes the numbers behind the line.
func (c *canvas) readingTable(items []any, list []reading) {
	head := c.word("date")
	if list[0].t.IsZero() {
		head = ""
	}
	c.s(`<details class="pic-figures"><summary>`).e(c.word("figures")).s(`</summary><table class="pic-table"><thead><tr>`)
	if head == "" {
		c.s(`<td></td>`)
	} else {
		c.s(`<th scope="col">`).e(head).s(`</th>`)
	}
	c.s(`<th scope="col">`).e(c.word("value")).s(`</th></tr></thead><tbody>`)
	for _, r := range list {
		c.s(`<tr><th scope="row"><bdi>`)
		if w := c.when(r); w != "" {
			c.e(w)
		} else {
			c.int(r.index + 1)
		}
		c.s(`</bdi>`)
		if n := c.str(items[r.index], "note"); n != "" {
			c.s(` <bdi class="pic-note">`).e(strings.TrimSpace(n)).s(`</bdi>`)
		}
		c.s(`</th><td>`)
		if r.has {
			c.n(r.v)
		} else {
			c.s(`–`)
		}
		c.s(`</td></tr>`)
	}
	c.s(`</tbody></table></details>`)
}
