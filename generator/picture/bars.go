package picture

// bars draws one bar an item on a common scale. Fields: label, url, value, of (a
// mark on the bar), status, tone, note. The option max sets the end of the
// scale; bars beyond it move the end.
func (c *canvas) bars(data any) error {
	items, err := c.items(data)
	if err != nil {
		return err
	}
	sc := scale{}
	for _, it := range items {
		sc.add(c.num(it, "value"))
		sc.add(c.num(it, "of"))
	}
	sc.add(c.optNum("max"))
	c.nothing = len(items) == 0
	if c.nothing {
		return nil
	}
	c.s(`<ul class="pic-rows">`)
	for _, it := range items {
		v, has := c.num(it, "value")
		of, hasOf := c.num(it, "of")
		c.s(`<li>`).label(it, "pic-label")
		c.bar(sc, v, has, of, hasOf, c.tone(it), 0)
		c.s(`<span class="pic-value">`)
		c.reached(v, has, of, hasOf)
		c.s(`</span>`)
		c.more(it)
		c.s(`</li>`)
	}
	c.s(`</ul>`)
	return nil
}

// more writes an item's status and note, where it has one.
func (c *canvas) more(it any) {
	at := len(c.b)
	c.s(`<span class="pic-more">`)
	inner := len(c.b)
	c.status(it)
	c.smallNote(it)
	if len(c.b) == inner {
		c.b = c.b[:at]
		return
	}
	c.s(`</span>`)
}

// pairs draws two or three bars an item, one for each series. Fields: label, url,
// values (a number for each series, nil where there is none), status, tone, note.
// Options: series (the names), max.
func (c *canvas) pairs(data any) error {
	items, err := c.items(data)
	if err != nil {
		return err
	}
	names := c.optList("series")
	sc := scale{}
	n := max(2, len(names))
	for _, it := range items {
		vs := c.sub(it, "values")
		n = max(n, len(vs))
		for _, v := range vs {
			sc.add(number(v))
		}
	}
	sc.add(c.optNum("max"))
	c.nothing = len(items) == 0
	if c.nothing {
		return nil
	}
	c.s(`<ul class="pic-rows pic-groups">`)
	for _, it := range items {
		vs := c.sub(it, "values")
		c.s(`<li>`).label(it, "pic-label").s(`<ul class="pic-series">`)
		for i := range n {
			var v float64
			has := false
			if i < len(vs) {
				v, has = number(vs[i])
			}
			c.s(`<li><bdi class="pic-name">`)
			if i < len(names) {
				c.e(names[i])
			} else {
				c.int(i + 1)
			}
			c.s(`</bdi>`)
			c.bar(sc, v, has, 0, false, c.tone(it), i)
			c.s(`<span class="pic-value">`)
			if has {
				c.reached(v, true, 0, false)
			} else {
				c.s(`<span aria-hidden="true">–</span><span class="sr">`).e(c.word("no number")).s(`</span>`)
			}
			c.s(`</span></li>`)
		}
		c.s(`</ul>`)
		c.more(it)
		c.s(`</li>`)
	}
	c.s(`</ul>`)
	return nil
}

// scale is a range of numbers that holds zero.
type scale struct{ lo, hi float64 }

func (s *scale) add(v float64, ok bool) {
	if ok {
		s.lo, s.hi = min(s.lo, v), max(s.hi, v)
	}
}

// at returns the place of a number in per cent. Halves, since the range of two
// finite numbers need not be finite.
func (s scale) at(v float64) float64 {
	if s.lo == s.hi {
		return 0
	}
	return 100 * ((v/2 - s.lo/2) / (s.hi/2 - s.lo/2))
}

// bar draws the mark of one number from zero, and the number it should reach.
func (c *canvas) bar(sc scale, v float64, has bool, of float64, hasOf bool, tone string, series int) {
	c.s(`<svg class="pic-bar" aria-hidden="true"`).toned(tone).s(`><rect class="pic-track" width="100%" height="100%"/>`)
	zero := sc.at(0)
	if has && v != 0 {
		a, b := min(zero, sc.at(v)), max(zero, sc.at(v))
		c.s(`<rect class="pic-fill pic-s`).int(series % 3).s(`" x="`).f(a).s(`%" width="`).f(b - a).s(`%" height="100%"/>`)
	}
	if sc.lo < 0 {
		c.s(`<rect class="pic-zero" x="`).f(zero).s(`%" width="1" y="-25%" height="150%"/>`)
	}
	if hasOf {
		c.s(`<rect class="pic-aim" x="`).f(sc.at(of)).s(`%" width="2" y="-25%" height="150%" transform="translate(-1)"/>`)
	}
	c.s(`</svg>`)
}

// funnel draws what goes from step to step, each as wide as its value, and the
// share that goes on. Fields: label, url, value, status, tone, note.
func (c *canvas) funnel(data any) error {
	items, err := c.items(data)
	if err != nil {
		return err
	}
	top := 0.0
	for _, it := range items {
		if v, ok := c.num(it, "value"); ok {
			top = max(top, v)
		}
	}
	width := func(i int) float64 {
		v, _ := c.num(items[i], "value")
		return 100 * share(v, top)
	}
	c.nothing = len(items) == 0
	if c.nothing {
		return nil
	}
	c.s(`<ol class="pic-steps">`)
	before, hasBefore := 0.0, false
	for i, it := range items {
		v, has := c.num(it, "value")
		w := width(i)
		next := w
		if i+1 < len(items) {
			if _, ok := c.num(items[i+1], "value"); ok {
				next = width(i + 1)
			}
		}
		c.s(`<li><svg class="pic-stage pic-p`).int(i % 2).s(`" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"`).toned(c.tone(it)).s(`>`)
		c.s(`<path class="pic-axis" d="M50 0v10"/>`)
		if w > 0 {
			c.s(`<path class="pic-fill" d="M`).f(50 - w/2).s(` 0H`).f(50 + w/2).s(`L`).f(50 + next/2).s(` 10H`).f(50 - next/2).s(`z"/>`)
		}
		c.s(`</svg><span class="pic-stage-text">`).label(it, "pic-label").s(`<span class="pic-value">`)
		c.reached(v, has, 0, false)
		c.s(`</span>`)
		if has && hasBefore && before > 0 && v >= 0 {
			c.s(`<span class="pic-note">`).e(c.rate(v, before)).s(" ").e(c.word("of")).s(" ").n(before).s(`</span>`)
		}
		c.more(it)
		c.s(`</span></li>`)
		if has {
			before, hasBefore = v, true
		}
	}
	c.s(`</ol>`)
	return nil
}

// rate writes v/of as per cent, also beyond a hundred.
func (c *canvas) rate(v, of float64) string {
	r := v / of
	if r > 1e6 {
		return ">\u202f" + c.lang.percent(1e6)
	}
	return c.lang.percent(r)
}
