package picture

// Browsers stop nesting at 512 elements, and nobody unfolds as many.
const depthMost = 40

// cascade draws a tree that folds.
//
// Fields: label, url, value (a share, or a number with of, drawn as a meter),
// status, tone, note; and for the shape either items (the ones below) or id and
// up (the ids of those above it, or those items themselves; the first it
// finds is where it hangs, at the others it is only named). What has nothing
// above it is a root; so is the first of a circle.
//
// Options: open (levels unfolded at first, 1), here (id of the item that is this
// page), limit (items drawn, 5000: the levels nearest to the roots; where some
// are left out their number is shown).
func (c *canvas) cascade(data any) error {
	items, err := c.items(data)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		c.nothing = true
		return nil
	}
	open, ok := c.optNum("open")
	if !ok {
		open = 1
	}
	limit, ok := c.optNum("limit")
	if !ok {
		limit = 5000
	}
	f := &forest{here: c.text(c.opt["here"]), open: int(min(max(open, 0), depthMost))}
	f.plant(c, items)
	f.count()
	f.cut(int(min(max(limit, 1), 1e6)))
	c.s(`<ul class="pic-tree">`)
	for _, r := range f.roots {
		f.write(c, r, 0)
	}
	c.s(`</ul>`)
	return nil
}

type node struct {
	item   any
	id     string
	below  []int
	also   []int // items it supports without hanging below them
	total  int   // all items below it
	placed bool
	drawn  bool
}

type forest struct {
	nodes []node
	roots []int
	here  string
	open  int
}

// plant finds what hangs below what.
func (f *forest) plant(c *canvas, items []any) {
	var nested func(it any, depth int) int
	nested = func(it any, depth int) int {
		i := len(f.nodes)
		f.nodes = append(f.nodes, node{item: it, id: c.str(it, "id")})
		if depth < depthMost { // a list that holds itself ends here
			for _, s := range c.sub(it, "items") {
				k := nested(s, depth+1)
				f.nodes[i].below = append(f.nodes[i].below, k)
				f.nodes[k].placed = true
			}
		}
		return i
	}
	for _, it := range items {
		nested(it, 0)
	}
	byID := make(map[string]int, len(f.nodes))
	for i, n := range f.nodes {
		if _, taken := byID[n.id]; n.id != "" && !taken {
			byID[n.id] = i
		}
	}
	up := make([]int, len(f.nodes)) // the item it hangs below, -1 for none
	for i := range f.nodes {
		up[i] = -1
	}
	for i := range f.nodes {
		for _, k := range f.nodes[i].below {
			up[k] = i
		}
	}
	// hangs tells whether a is b or hangs below it.
	hangs := func(a, b int) bool {
		for ; a >= 0; a = up[a] {
			if a == b {
				return true
			}
		}
		return false
	}
	for i := range f.nodes {
		for _, u := range c.sub(f.nodes[i].item, "up") {
			id, ok := u.(string)
			if !ok {
				id = c.str(u, "id")
			}
			k, known := byID[id]
			switch {
			case !known || k == i:
			case f.nodes[i].placed:
				f.nodes[i].also = append(f.nodes[i].also, k)
			case !hangs(k, i):
				f.nodes[i].placed, up[i] = true, k
				f.nodes[k].below = append(f.nodes[k].below, i)
			}
		}
	}
	for i := range f.nodes {
		if !f.nodes[i].placed {
			f.roots = append(f.roots, i)
		}
	}
}

// count totals what is below each item, the deepest first. order is by level.
func (f *forest) count() {
	order := f.byLevel()
	for n := len(order) - 1; n >= 0; n-- {
		i := order[n]
		for _, k := range f.nodes[i].below {
			f.nodes[i].total += 1 + f.nodes[k].total
		}
	}
}

func (f *forest) byLevel() []int {
	order := make([]int, 0, len(f.nodes))
	order = append(order, f.roots...)
	for n := 0; n < len(order); n++ {
		order = append(order, f.nodes[order[n]].below...)
	}
	return order
}

// cut marks what is drawn: the first levels, as far as the limit goes.
func (f *forest) cut(limit int) {
	for n, i := range f.byLevel() {
		if n >= limit {
			return
		}
		f.nodes[i].drawn = true
	}
}

func (f *forest) write(c *canvas, i, depth int) {
	n := &f.nodes[i]
	if !n.drawn {
		return
	}
	c.s(`<li><div>`)
	if f.here != "" && n.id == f.here {
		c.s(`<strong aria-current="page"><bdi>`).e(c.str(n.item, "label")).s(`</bdi></strong>`)
	} else {
		c.label(n.item, "")
	}
	v, has := c.num(n.item, "value")
	if has {
		s, _, _, of, hasOf := c.stepShare(n.item)
		c.s(`<svg class="pic-meter" aria-hidden="true"`).toned(c.tone(n.item)).s(`>`)
		if s > 0 {
			c.s(`<rect width="`).f(100 * s).s(`%" height="100%"/>`)
		}
		c.s(`</svg><span class="pic-value">`)
		if hasOf {
			c.reached(v, true, of, true)
		} else {
			c.e(c.lang.percent(s))
		}
		c.s(`</span>`)
	}
	c.more(n.item)
	drawn := 0
	for _, k := range n.below {
		if f.nodes[k].drawn && depth+1 < depthMost {
			drawn++
		}
	}
	if n.total > 0 {
		c.s(`<span class="pic-count">`).e(c.lang.number(float64(n.total))).s(" ").e(c.word("below")).s(`</span>`)
	}
	for j, k := range n.also {
		if j == 0 {
			c.s(`<span class="pic-count">`).e(c.word("also")).s(` `)
		} else {
			c.s(`, `)
		}
		c.label(f.nodes[k].item, "")
		if j == len(n.also)-1 {
			c.s(`</span>`)
		}
	}
	c.s(`</div>`)
	if drawn > 0 {
		c.s(`<details`)
		if depth < f.open {
			c.s(` open`)
		}
		c.s(`><summary><span class="sr">`).e(c.str(n.item, "label")).s(`</span></summary><ul>`)
		for _, k := range n.below {
			f.write(c, k, depth+1)
		}
		c.s(`</ul></details>`)
	}
	c.s(`</li>`)
}
