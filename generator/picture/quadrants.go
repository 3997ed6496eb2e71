package picture

import "math"

// quadrants draws four lists as two rows of two.
//
// Fields of a quadrant: label, url, note, items. Fields of what is in it: label,
// url, weight, status, tone, note; the heaviest come first. Options: columns and
// rows (two names each, said above every quadrant), weights (the heaviest
// weight, 5).
func (c *canvas) quadrants(data any) error {
	quads, err := c.items(data)
	if err != nil {
		return err
	}
	if len(quads) == 0 {
		c.nothing = true
		return nil
	}
	cols, rows := c.optList("columns"), c.optList("rows")
	most, ok := c.optNum("weights")
	if !ok || most < 1 || most > 10 {
		most = 5
	}
	c.s(`<div class="pic-quads">`)
	for i, q := range quads[:min(4, len(quads))] {
		c.s(`<div class="pic-quad pic-q`).int(i).s(`">`)
		if len(cols) == 2 && len(rows) == 2 {
			c.s(`<p class="pic-note">`).e(rows[i/2]).s(` · `).e(cols[i%2]).s(`</p>`)
		}
		c.s(`<p class="pic-head">`).label(q, "").s(`</p>`)
		c.smallNote(q)
		list := c.heaviest(c.sub(q, "items"))
		if len(list) == 0 {
			c.s(`<p class="pic-none">`).e(c.word("none")).s(`</p></div>`)
			continue
		}
		c.s(`<ul class="pic-points">`)
		for n, it := range list {
			if n == datesShown && len(list) > datesShown+2 {
				c.s(`</ul><details class="pic-figures"><summary>`).int(len(list) - n).s(" ").e(c.word("more")).s(`</summary><ul class="pic-points">`)
			}
			c.s(`<li>`).label(it, "pic-label")
			if w, ok := c.num(it, "weight"); ok {
				c.weight(w, int(most))
			}
			c.more(it)
			c.s(`</li>`)
		}
		c.s(`</ul>`)
		if len(list) > datesShown+2 {
			c.s(`</details>`)
		}
		c.s(`</div>`)
	}
	c.s(`</div>`)
	return nil
}

// heaviest returns the items by weight, those without one last.
func (c *canvas) heaviest(list []any) []any {
	key := func(it any) float64 {
		if w, ok := c.num(it, "weight"); ok {
			return w
		}
		return math.Inf(-1)
	}
	return sortedBy(list, func(a, b any) bool { return key(a) > key(b) })
}

// weight writes a weight as dots; the words are for those who do not see them.
func (c *canvas) weight(w float64, most int) {
	c.s(`<svg class="pic-weight" width="`).int(most * 9).s(`" height="9" aria-hidden="true">`)
	for i := range most {
		class := "pic-hole"
		if float64(i)+.5 <= w {
			class = "pic-dot"
		}
		c.s(`<circle class="`, class, `" cx="`).f(float64(i)*9 + 4.5).s(`" cy="4.5" r="3"/>`)
	}
	c.s(`</svg><span class="sr">`).e(c.word("weight")).s(" ").n(w).s(" ").e(c.word("of")).s(" ").int(most).s(`</span>`)
}

// Places for marks in a scatter. A place that two would share shows the first
// and how many more.
const (
	cellsX = 8 // 42 pixels on a phone: a mark and what it shares its place with
	cellsY = 10
)

// scatter places items by two numbers; each mark has a number, under which the
// item stands in the list below.
//
// Fields: label, url, x, y, status, tone, note. Options: x and y (names of the
// axes), xmin, xmax, ymin, ymax (their ends; else those of the data), corners
// (four names: left and right above, left and right below).
func (c *canvas) scatter(data any) error {
	items, err := c.items(data)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		c.nothing = true
		return nil
	}
	xs := c.extent(items, "x", "xmin", "xmax")
	ys := c.extent(items, "y", "ymin", "ymax")
	xName, yName := c.text(c.opt["x"]), c.text(c.opt["y"])
	if xName == "" {
		xName = "x"
	}
	if yName == "" {
		yName = "y"
	}
	c.s(`<div class="pic-field"><p class="pic-axis-y"><span aria-hidden="true">↑ </span>`).e(yName).s(`</p><div class="pic-plane">`)
	corners := c.optList("corners")
	for i, name := range corners[:min(4, len(corners))] {
		c.s(`<span class="pic-corner pic-c`).int(i).s(`">`).e(name).s(`</span>`)
	}
	c.s(`<svg class="pic-plane-svg" role="img"><title>`).e(c.title).s(`</title><desc>`).int(len(items)).s(" ").e(c.count(len(items))).s(`; `).e(xName).s(" ").n(xs.lo).s(" – ").n(xs.hi).s("; ").e(yName).s(" ").n(ys.lo).s(" – ").n(ys.hi)
	c.s(`</desc><rect class="pic-rule" x="50%" width="1" height="100%"/><rect class="pic-rule" y="50%" width="100%" height="1"/>`)
	var first, count [cellsX * cellsY]int
	var tones [cellsX * cellsY]string
	for i, it := range items {
		x, okx := c.num(it, "x")
		y, oky := c.num(it, "y")
		if !okx || !oky || x < xs.lo || x > xs.hi || y < ys.lo || y > ys.hi {
			continue
		}
		cell := int(min(cellsX-1, xs.at(x)/100*cellsX)) + cellsX*int(min(cellsY-1, (100-ys.at(y))/100*cellsY))
		if count[cell] == 0 {
			first[cell], tones[cell] = i+1, c.tone(it)
		}
		count[cell]++
	}
	for cell, n := range count {
		if n == 0 {
			continue
		}
		x, y := (float64(cell%cellsX)+.5)*100/cellsX, (float64(cell/cellsX)+.5)*100/cellsY
		if first[cell] > 99 { // no room for three figures
			c.s(`<circle class="pic-bubble" cx="`).f(x).s(`%" cy="`).f(y).s(`%" r="4"`).toned(tones[cell]).s(`/>`)
			continue
		}
		move, shift := "", `" dy="4.5">`
		if n > 1 { // room for the number of the others
			move, shift = ` transform="translate(-8)"`, `" dx="-8" dy="4.5">`
		}
		c.s(`<circle class="pic-bubble" cx="`).f(x).s(`%" cy="`).f(y).s(`%" r="11"`, move).toned(tones[cell]).s(`/><text class="pic-bubble-no" text-anchor="middle" x="`).f(x).s(`%" y="`).f(y).s(`%`, shift).int(first[cell]).s(`</text>`)
		if n > 1 {
			c.s(`<text class="pic-no" text-anchor="middle" x="`).f(x).s(`%" y="`).f(y).s(`%" dx="12" dy="4.5">+`)
			if n > 10 {
				c.s(`9`)
			} else {
				c.int(n - 1)
			}
			c.s(`</text>`)
		}
	}
	c.s(`</svg></div><p class="pic-axis-x">`).e(xName).s(`<span aria-hidden="true"> →</span></p></div><ol class="pic-legend">`)
	many := len(items) > 2*datesShown
	for i, it := range items {
		if many && i == 2*datesShown {
			c.s(`</ol><details class="pic-figures"><summary>`).int(len(items) - i).s(" ").e(c.word("more")).s(`</summary><ol class="pic-legend">`)
		}
		c.s(`<li><span class="pic-no">`).int(i+1).s(`</span>`).label(it, "pic-label").s(`<span class="pic-value">`)
		for j, f := range [2]string{"x", "y"} {
			if j > 0 {
				c.s(`, `)
			}
			c.e([2]string{xName, yName}[j]).s(" ")
			if v, ok := c.num(it, f); ok {
				c.n(v)
			} else {
				c.s(`–`)
			}
		}
		c.s(`</span>`)
		c.more(it)
		c.s(`</li>`)
	}
	c.s(`</ol>`)
	if many {
		c.s(`</details>`)
	}
	return nil
}

func (c *canvas) count(n int) string {
	if n == 1 {
		return c.word("entry")
	}
	return c.word("entries")
}

// extent is the range of a field, or what the layout says it is. An empty range
// is widened, so that what is in it stands in the middle.
func (c *canvas) extent(items []any, field, lo, hi string) scale {
	sc, any := scale{}, false
	for _, it := range items {
		if v, ok := c.num(it, field); ok {
			if !any {
				sc, any = scale{v, v}, true
			}
			sc.add(v, true)
		}
	}
	if v, ok := c.optNum(lo); ok {
		sc.lo = v
	}
	if v, ok := c.optNum(hi); ok {
		sc.hi = v
	}
	if sc.hi < sc.lo {
		sc.lo, sc.hi = sc.hi, sc.lo
	}
	if sc.lo == sc.hi {
		d := max(1, math.Abs(sc.lo)/2)
		sc.lo, sc.hi = sc.lo-d, sc.hi+d
	}
	return sc
}
