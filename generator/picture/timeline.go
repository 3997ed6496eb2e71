package picture

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Layout of the timeline's axis, in pixels but for the width.
const (
	laneHeight = 11
	laneMost   = 10 // marks above each other; what is more is one cross
	bins       = 41 // places for marks; at 340 pixels each is 8 wide
	axisTop    = 22 // room for the word of today
	axisBelow  = 24 // room for the dates
)

type event struct {
	item   any
	day    int
	t      time.Time
	closed bool
	star   bool
}

// timeline draws dated items on an axis with today marked, and lists them:
// overdue ones apart and first, what is to come, what is done or was before.
//
// Fields: label, url, date, done (true closes the item, as the tones done and
// gone do), milestone (true draws a diamond), status, tone, note. Options: today
// (a date; without it nothing is overdue), from and to (the ends of the axis;
// items beyond them are listed only).
func (c *canvas) timeline(data any) error {
	items, err := c.items(data)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		c.nothing = true
		return nil
	}
	today, hasToday := c.day(c.opt["today"])
	now := days(today)
	var dated, undated []event
	for _, it := range items {
		e := event{item: it, closed: c.field(it, "done") == true, star: c.field(it, "milestone") == true}
		if t := c.tone(it); t == "done" || t == "gone" {
			e.closed = true
		}
		var ok bool
		if e.t, ok = c.day(c.field(it, "date")); ok {
			e.day = days(e.t)
			dated = append(dated, e)
		} else {
			undated = append(undated, e)
		}
	}
	slices.SortStableFunc(dated, func(a, b event) int { return a.day - b.day })
	if len(dated) > 0 {
		c.axis(dated, now, today, hasToday)
	}
	var late, past, ahead []event
	for _, e := range dated {
		switch {
		case hasToday && e.day < now && !e.closed:
			late = append(late, e)
		case hasToday && e.day < now:
			past = append(past, e)
		default:
			ahead = append(ahead, e)
		}
	}
	c.dates("overdue", late, now)
	if hasToday {
		c.dates("ahead", ahead, now)
	} else {
		c.dates("", ahead, now)
	}
	c.dates("past", past, now)
	c.dates("no date", undated, now)
	return nil
}

// datesShown is how many items of a part are listed before the rest folds.
const datesShown = 12

func (c *canvas) dates(part string, list []event, now int) {
	if len(list) == 0 {
		return
	}
	late := part == "overdue"
	if part != "" {
		c.s(`<p class="pic-part`)
		if late {
			c.s(` pic-late`)
		}
		c.s(`">`)
		if late {
			c.s(`<span class="status" data-tone="bad">`).e(c.word(part)).s(`</span>`)
		} else {
			c.e(c.word(part))
		}
		c.s(` <span class="pic-note">`).int(len(list)).s(`</span></p>`)
	}
	shown := datesShown
	if part == "past" {
		shown = 4
	}
	if len(list) <= shown+2 {
		shown = len(list)
	}
	open := func() { c.s(`<ol class="pic-dates">`) }
	open()
	for i, e := range list {
		if i == shown {
			c.s(`</ol><details class="pic-figures"><summary>`).int(len(list) - shown).s(" ").e(c.word("more")).s(`</summary>`)
			open()
		}
		c.s(`<li>`)
		if part == "no date" {
			c.s(`<span class="pic-note">–</span>`)
		} else {
			c.time(e.t)
		}
		c.s(`<span class="pic-what">`)
		if e.star {
			c.s(`<svg class="pic-star" width="10" height="10" aria-hidden="true"><path class="pic-fill" d="M5 0 10 5 5 10 0 5z"/></svg><span class="sr">`).e(c.word("milestone")).s(`: </span>`)
		}
		c.label(e.item, "pic-label")
		if late {
			n := now - e.day
			w := "days late"
			if n == 1 {
				w = "day late"
			}
			c.s(`<span class="pic-note">`).e(c.lang.number(float64(n))).s(" ").e(c.word(w)).s(`</span>`)
		}
		c.more(e.item)
		c.s(`</span></li>`)
	}
	c.s(`</ol>`)
	if shown < len(list) {
		c.s(`</details>`)
	}
}

// axis draws the marks above their dates.
func (c *canvas) axis(list []event, now int, today time.Time, hasToday bool) {
	lo, hi := list[0].day, list[len(list)-1].day
	if hasToday {
		lo, hi = min(lo, now), max(hi, now)
	}
	if t, ok := c.day(c.opt["from"]); ok {
		lo = days(t)
	}
	if t, ok := c.day(c.opt["to"]); ok {
		hi = days(t)
	}
	if hi < lo {
		lo, hi = hi, lo
	}
	place := func(d int) float64 { // per cent; a little room at both ends
		if hi == lo {
			return 50
		}
		return 2 + 96*float64(d-lo)/float64(hi-lo)
	}
	bin := func(d int) int {
		if hi == lo {
			return bins / 2
		}
		return int(float64(d-lo) / float64(hi-lo) * (bins - 1e-9))
	}
	var count [bins]int
	most := 1
	overdue, open, closed, outside := 0, 0, 0, 0
	for _, e := range list {
		switch {
		case e.closed:
			closed++
		case hasToday && e.day < now:
			overdue++
		default:
			open++
		}
		if e.day < lo || e.day > hi {
			outside++
			continue
		}
		b := bin(e.day)
		count[b]++
		most = max(most, min(laneMost, count[b]))
	}
	base := axisTop + laneHeight*most + 4
	c.s(`<svg class="pic-axis-svg pic-l`).int(most).s(`" role="img"><title>`).e(c.title).s(`</title><desc>`)
	sep := ""
	for _, x := range []struct {
		n    int
		word string
	}{{overdue, "overdue"}, {open, "open"}, {closed, "done"}} {
		if x.n > 0 {
			c.s(sep).int(x.n).s(" ").e(c.word(x.word))
			sep = ", "
		}
	}
	c.s(`</desc><rect class="pic-rule" x="0" y="`).int(base).s(`" width="100%" height="1"/>`)
	c.ticks(lo, hi, base, place)
	if hasToday && now >= lo && now <= hi {
		x := place(now)
		c.s(`<rect class="pic-now" x="`).f(x).s(`%" y="18" width="2" height="`).int(base - 12).s(`" transform="translate(-1)"/>`)
		c.s(`<text class="pic-now" x="`).f(x).s(`%" y="13" text-anchor="`, anchor(x, 25), `">`).e(c.word("today")).s(`</text>`)
	}
	var level [bins]int
	for _, e := range list {
		if e.day < lo || e.day > hi {
			continue
		}
		b := bin(e.day)
		level[b]++
		n := level[b]
		if n > laneMost || n == laneMost && count[b] > laneMost {
			if n == laneMost {
				c.mark(b, n, base, "pic-open", "M-4 0H4M0-4V4")
			}
			continue
		}
		class, path := "pic-open", circle
		switch {
		case e.closed:
			class, path = "pic-done", circle
		case hasToday && e.day < now:
			class, path = "pic-overdue", "M-3.5-3.5h7v7h-7z"
		}
		if e.star {
			path = "M0-5 5 0 0 5-5 0z"
		}
		c.mark(b, n, base, class, path)
	}
	c.s(`</svg>`)
	if outside > 0 {
		c.s(`<p class="pic-note">+ `).int(outside).s(" ").e(c.word("more")).s(`</p>`)
	}
}

const circle = "M-3.5 0a3.5 3.5 0 1 0 7 0 3.5 3.5 0 1 0-7 0z"

func (c *canvas) mark(bin, level, base int, class, path string) {
	x := 2 + 96*(float64(bin)+.5)/bins
	c.s(`<svg class="pic-at" x="`).f(x).s(`%" y="`).int(base-laneHeight*level+laneHeight/2-3).s(`"><path class="`, class, `" d="`, path, `"/></svg>`)
}

// anchor keeps a text at x per cent within the box.
func anchor(x, room float64) string {
	switch {
	case x < room/2:
		return "start"
	case x > 100-room/2:
		return "end"
	}
	return "middle"
}

// tickRoom is the least distance of two dates on the axis, per cent: 60 of 350 pixels.
const tickRoom = 18

// ticks marks round dates, as many as have room on a narrow screen.
func (c *canvas) ticks(lo, hi, base int, place func(int) float64) {
	if hi == lo {
		c.tick(place(lo), base, c.lang.date(dayOf(lo)), 0)
		return
	}
	span, end := float64(hi-lo)/96, 0.0
	if step := roundStep(span*tickRoom, []int{1, 2, 7, 14}); step > 0 && span*tickRoom <= 14 {
		for d := lo; d <= hi; d += step {
			t := dayOf(d)
			s := c.lang.date(t)
			end = c.tick(place(d), base, s[:strings.LastIndex(s, "\u00a0")], end)
		}
		return
	}
	step := roundStep(span*tickRoom/30, []int{1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000, 60000})
	if step == 0 {
		return
	}
	t := dayOf(lo)
	m := (t.Year()*12 + int(t.Month()) - 1) / step * step
	for first := true; ; m += step {
		t := time.Date(m/12, time.Month(m%12+1), 1, 0, 0, 0, 0, time.UTC)
		d := days(t)
		if d > hi {
			return
		}
		if d < lo {
			continue
		}
		s := c.lang.month(t)
		if step >= 12 {
			s = t.Format("2006")
		} else if first || t.Month() == time.January {
			s += "\u00a0" + t.Format("2006")
		}
		first = false
		end = c.tick(place(d), base, s, end)
	}
}

// What a phone has room for: the width of the axis and that of a letter, pixels.
const (
	narrow = 340
	letter = 7.2
)

// tick marks a date; its text is left out where the one before it ends too near.
// It returns where the last text ends.
func (c *canvas) tick(x float64, base int, s string, end float64) float64 {
	c.s(`<rect class="pic-rule" x="`).f(x).s(`%" y="`).int(base).s(`" width="1" height="5"/>`)
	width := letter * float64(utf8.RuneCountInString(s)) / narrow * 100
	side, from := "middle", x-width/2
	switch {
	case from < 0:
		side, from = "start", x
	case from+width > 100:
		side, from = "end", x-width
	}
	if from < end {
		return end
	}
	c.s(`<text class="pic-no" x="`).f(x).s(`%" y="`).int(base+18).s(`" text-anchor="`, side, `">`).e(s).s(`</text>`)
	return from + width
}

func dayOf(d int) time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// roundStep returns the first step that is no smaller than least, 0 if none is.
func roundStep(least float64, steps []int) int {
	for _, s := range steps {
		if float64(s) >= least {
			return s
		}
	}
	return 0
}
