package picture

import (
	"math"
	"unicode/utf8"
)

// The ring's box, its middle line and the circle on which numbers stand.
const (
	ringBox    = 176
	ringMiddle = ringBox / 2
	ringRadius = 60
	ringNumber = 77
	ringParts  = 8 // more are drawn as one
)

// ring draws parts of a whole, or progress.
//
// Data that is one item (a dict, a number between 0 and 1) is progress: value of
// of, where of is 1 if not given. A list is parts; fields: label, url, value,
// status, tone, note. Parts beyond the eighth are drawn as one, so sort them
// first. With the option steps, each item is an equal part of the ring, filled by
// value of its of (1 if not given).
func (c *canvas) ring(data any) error {
	if data == nil {
		c.nothing = true
		return nil
	}
	items, err := c.items(data)
	switch {
	case err != nil:
		c.progress(data)
	case len(items) == 0:
		c.nothing = true
	case c.opt["steps"] == true:
		c.dial(items)
	default:
		c.parts(items)
	}
	return nil
}

// ringOpen begins the ring; without numbers around it needs less room.
func (c *canvas) ringOpen(numbers bool) *canvas {
	box := `viewBox="20 20 136 136" width="136" height="136"`
	if numbers {
		box = `viewBox="0 0 176 176" width="176" height="176"`
	}
	return c.s(`<div class="pic-ring-body"><svg class="pic-ring-svg" `, box, ` role="img"><title>`).e(c.title).s(`</title><desc>`)
}

// arc draws a piece of the ring; from and length are shares of it.
func (c *canvas) arc(class string, from, length float64, tone string) {
	c.s(`<path class="`, class, `" d="M88 28a60 60 0 0 1 0 120a60 60 0 0 1 0-120" pathLength="100" stroke-dasharray="`).f(100 * length).s(` 200"`)
	if from > 0 {
		c.s(` stroke-dashoffset="`).f(-100 * from).s(`"`)
	}
	c.toned(tone).s(`/>`)
}

// ringNo writes a part's number beside it.
func (c *canvas) ringNo(no string, middle float64) {
	sin, cos := math.Sincos(2*math.Pi*middle - math.Pi/2)
	c.s(`<text class="pic-no" text-anchor="middle" x="`).f(ringMiddle+ringNumber*cos).s(`" y="`).f(ringMiddle+ringNumber*sin+4.5).s(`">`, no, `</text>`)
}

// heart writes the text in the middle, as large as the hole lets it be, and
// tells whether there was room.
func (c *canvas) heart(s, under string) bool {
	size := ""
	switch n := utf8.RuneCountInString(s); {
	case n <= 5:
		size = "30"
	case n <= 8:
		size = "20"
	case n <= 12:
		size = "14"
	default:
		return false
	}
	y := 98.0
	if under != "" {
		y = 92
	}
	c.s(`<text class="pic-heart" text-anchor="middle" x="88" y="`).f(y).s(`" font-size="`, size, `">`).e(s).s(`</text>`)
	if under != "" {
		c.s(`<text class="pic-no" text-anchor="middle" x="88" y="110">`).e(under).s(`</text>`)
	}
	return true
}

func (c *canvas) progress(it any) {
	v, has := c.num(it, "value")
	of, hasOf := c.num(it, "of")
	whole := of
	if !hasOf {
		whole = 1
	}
	s := share(v, whole)
	c.ringOpen(false)
	switch {
	case !has:
		c.e(c.word("no number"))
	case hasOf:
		c.n(v).s(" ").e(c.word("of")).s(" ").n(of).s(", ").e(c.lang.percent(s))
	default:
		c.e(c.lang.percent(s))
	}
	c.s(`</desc><circle class="pic-hoop" cx="88" cy="88" r="60"/>`)
	if s > 0 {
		c.arc("pic-arc pic-p0", 0, s, c.tone(it))
	}
	if has {
		c.heart(c.lang.percent(s), "")
	} else {
		c.heart("–", "")
	}
	c.s(`</svg><div class="pic-ring-text">`)
	if c.str(it, "label") != "" {
		c.label(it, "pic-label")
	}
	if hasOf || !has {
		c.s(`<span class="pic-value">`)
		c.reached(v, has, of, hasOf)
		c.s(`</span>`)
	}
	c.more(it)
	c.s(`</div></div>`)
}

func (c *canvas) parts(items []any) {
	vals := make([]float64, len(items))
	most := 0.0
	for i, it := range items {
		if v, ok := c.num(it, "value"); ok && v > 0 { // nothing is less than no part
			vals[i] = v
			most = max(most, v)
		}
	}
	scaled := 0.0 // the sum in units of the largest, which cannot overflow
	total := 0.0
	for _, v := range vals {
		if most > 0 {
			scaled += v / most
		}
		total += v
	}
	shares := make([]float64, len(items))
	for i, v := range vals {
		if most > 0 {
			shares[i] = v / most / scaled
		}
	}
	c.ringOpen(true)
	for i, it := range items {
		if i == ringParts {
			c.s("; … ").int(len(items) - i).s(" ").e(c.word("others"))
			break
		}
		if i > 0 {
			c.s("; ")
		}
		c.e(c.str(it, "label")).s(" ").e(c.lang.percent(shares[i]))
	}
	c.s(`</desc><circle class="pic-hoop" cx="88" cy="88" r="60"/>`)
	drawn := min(len(items), ringParts)
	if len(items) > ringParts {
		drawn--
	}
	gap := 0.008
	from := 0.0
	piece := func(i int, s float64, no string) {
		if s <= 0 {
			return
		}
		g := min(gap, s/2)
		if s > 0.9999 {
			g = 0
		}
		c.arc("pic-arc pic-p"+string(rune('0'+i%ringParts)), from+g/2, s-g, c.toneAt(items, i, drawn))
		if s >= 0.03 {
			c.ringNo(no, from+s/2)
		}
		from += s
	}
	for i := range drawn {
		piece(i, shares[i], string(rune('1'+i)))
	}
	rest := 0.0
	for _, s := range shares[drawn:] {
		rest += s
	}
	if drawn < len(items) {
		piece(drawn, rest, "+")
	}
	sum := c.lang.number(total)
	if math.IsInf(total, 0) {
		sum = "–"
	}
	fits := c.heart(sum, c.word("total"))
	c.s(`</svg><ol class="pic-legend">`)
	for i, it := range items {
		no := "+"
		if i < drawn {
			no = string(rune('1' + i))
		}
		c.legend(no, min(i, drawn), c.tone(it)).label(it, "pic-label").s(`<span class="pic-value">`)
		v, has := c.num(it, "value")
		c.reached(v, has, 0, false)
		c.s(` <span class="pic-share">`).e(c.lang.percent(shares[i])).s(`</span></span>`)
		c.more(it)
		c.s(`</li>`)
	}
	if !fits {
		c.s(`<li class="pic-sum"><span class="pic-label">`).e(c.word("total")).s(`</span><span class="pic-value">`).e(sum).s(`</span></li>`)
	}
	c.s(`</ol></div>`)
}

func (c *canvas) toneAt(items []any, i, drawn int) string {
	if i < drawn {
		return c.tone(items[i])
	}
	return ""
}

// legend opens a line of the legend with the part's mark and number.
func (c *canvas) legend(no string, i int, tone string) *canvas {
	return c.s(`<li><svg class="pic-swatch" width="12" height="12" aria-hidden="true"`).toned(tone).s(`><rect class="pic-p`).int(i%ringParts).s(`" width="12" height="12"/></svg><span class="pic-no" aria-hidden="true">`, no, `</span>`)
}

// stepShare is how far an item is: its value of its of; without a value, all or
// nothing by its tone.
func (c *canvas) stepShare(it any) (s, v float64, has bool, of float64, hasOf bool) {
	v, has = c.num(it, "value")
	of, hasOf = c.num(it, "of")
	switch {
	case has && hasOf:
		s = share(v, of)
		if of <= 0 {
			hasOf = false
		}
	case has:
		s = share(v, 1)
	case c.tone(it) == "done":
		s = 1
	}
	return s, v, has, of, hasOf
}

func (c *canvas) howFar(it any) {
	s, v, has, of, hasOf := c.stepShare(it)
	switch {
	case has && hasOf:
		c.s(`<span class="pic-value">`)
		c.reached(v, true, of, true)
		c.s(`</span>`)
	case has:
		c.s(`<span class="pic-value">`).e(c.lang.percent(s)).s(`</span>`)
	}
}

func (c *canvas) dial(items []any) {
	n := float64(len(items))
	mean := 0.0
	for _, it := range items {
		s, _, _, _, _ := c.stepShare(it)
		mean += s / n
	}
	if mean > 0.999999 {
		mean = 1 // eight eighths are a whole, whatever floats say
	}
	c.ringOpen(true).e(c.lang.percent(mean)).s(`</desc>`)
	gap := 0.0
	if n > 1 {
		gap = min(0.012, 0.25/n)
	}
	for i, it := range items {
		s, _, _, _, _ := c.stepShare(it)
		from, length := float64(i)/n+gap/2, 1/n-gap
		c.arc("pic-arc pic-empty", from, length, "")
		if s > 0 {
			c.arc("pic-arc pic-p0", from, length*s, c.tone(it))
		}
		if n <= 16 && n > 1 {
			c.b = append(c.b, `<text class="pic-no" text-anchor="middle" x="`...)
			sin, cos := math.Sincos(2*math.Pi*(float64(i)+0.5)/n - math.Pi/2)
			c.f(ringMiddle + ringNumber*cos).s(`" y="`).f(ringMiddle + ringNumber*sin + 4.5).s(`">`).int(i + 1).s(`</text>`)
		}
	}
	c.heart(c.lang.percent(mean), "")
	c.s(`</svg><ol class="pic-legend">`)
	for i, it := range items {
		c.s(`<li><span class="pic-no" aria-hidden="true">`).int(i+1).s(`</span>`).label(it, "pic-label")
		c.howFar(it)
		c.more(it)
		c.s(`</li>`)
	}
	c.s(`</ol></div>`)
}

// stripWide is how many steps get a place of their own with their label; more
// are drawn as one band with the list below it.
const stripWide = 16

// strip draws the progress of several steps in a row. Fields: label, url, value
// (a share, or a number with of), current (true for the step one is at), status,
// tone, note. A step without a value is full when its tone is done.
func (c *canvas) strip(data any) error {
	items, err := c.items(data)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		c.nothing = true
		return nil
	}
	many := len(items) > stripWide
	if many {
		full := 0
		w := 100 / float64(len(items))
		at := len(c.b)
		c.s(`</desc>`)
		for i, it := range items {
			s, _, _, _, _ := c.stepShare(it)
			if s == 1 {
				full++
			}
			x := w * float64(i)
			c.s(`<rect class="pic-track" x="`).f(x).s(`%" width="`).f(w * .8).s(`%" height="100%"/>`)
			if s > 0 {
				c.s(`<rect class="pic-fill" x="`).f(x).s(`%" y="`).f(100 * (1 - s)).s(`%" width="`).f(w * .8).s(`%" height="`).f(100 * s).s(`%"`).toned(c.tone(it)).s(`/>`)
			}
		}
		drawn := string(c.b[at:])
		c.b = c.b[:at]
		c.s(`<svg class="pic-band" role="img"><title>`).e(c.title).s(`</title><desc>`).int(full).s(" ").e(c.word("of")).s(" ").int(len(items)).s(" ").e(c.word("done")).s(drawn, `</svg>`)
		c.s(`<details class="pic-figures"><summary>`).e(c.word("figures")).s(`: `).int(full).s(" ").e(c.word("of")).s(" ").int(len(items)).s(`</summary>`)
	}
	c.s(`<ol class="pic-row`)
	if many {
		c.s(` pic-long`)
	}
	c.s(`">`)
	for i, it := range items {
		s, _, _, _, _ := c.stepShare(it)
		c.s(`<li`)
		current := c.field(it, "current") == true
		if current {
			c.s(` aria-current="step"`)
		}
		c.s(`><svg class="pic-bar" aria-hidden="true"`).toned(c.tone(it)).s(`><rect class="pic-track" width="100%" height="100%"/>`)
		if s > 0 {
			c.s(`<rect class="pic-fill" width="`).f(100 * s).s(`%" height="100%"/>`)
		}
		c.s(`</svg><span class="pic-step"><span class="pic-no" aria-hidden="true">`).int(i+1).s(`</span>`).label(it, "pic-label").s(`</span>`)
		c.howFar(it)
		c.more(it)
		c.s(`</li>`)
	}
	c.s(`</ol>`)
	if many {
		c.s(`</details>`)
	}
	return nil
}
