package book

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"playbook/generator/kind"
)

// Event is a date of a page that a calendar shows.
type Event struct {
	Key    string // tells it from the page's others, and stays while it is that event
	Date   string // 2026-03-31
	Title  string
	Who    string // whose it is, "" if nobody's
	Done   bool   // nothing is left to do
	Review bool   // the day by which the page is to be looked at again; Title is the page's
}

// Due is an event with the page that it is of.
type Due struct {
	Page *Card
	Event
}

// dated is what a page has for calendars, and the pages that this was worked out
// from.
type dated struct {
	events []Event
	reads  []int32
	sets   []int32
	loop   bool // see derivedValue
}

// maxDue bounds the calendar of a site or section, maxPast how far back it
// begins in days: what many subscribe to must not grow with the site.
const (
	maxDue  = 2000
	maxPast = 92
)

// calendared tells whether the page has a calendar of its own: it says, in front
// matter or through a value worked out, when something is due. It is known
// without evaluating anything, and a calendar in which nothing stands any more
// stays where people have subscribed to it.
func (p *page) calendared() bool {
	if p.kind == nil || p.doc == nil {
		return false
	}
	for i := range p.kind.Calendar {
		root := p.kind.Calendar[i].Root()
		if _, ok := p.front(root); ok || slices.ContainsFunc(p.kind.Derived, func(d kind.Derived) bool { return d.Name == root }) {
			return true
		}
	}
	return false
}

// Calendared tells whether a page has a calendar of its own.
func (b *Book) Calendared(id string) bool {
	n, ok := b.byID[id]
	return ok && b.pages[n].calendared()
}

// eventsOf returns the events of a page by date.
func (b *Book) eventsOf(p *page) []Event {
	b.work.mu.Lock()
	had := b.dates[p.n]
	b.work.mu.Unlock()
	if had == nil {
		made := b.date(p)
		b.work.mu.Lock()
		defer b.work.mu.Unlock()
		if had = b.dates[p.n]; had == nil { // else somebody was faster
			had, b.dates[p.n] = made, made
		}
	}
	return had.events
}

// date works out the events of a page.
func (b *Book) date(p *page) *dated {
	out := &dated{}
	if p.doc == nil {
		return out
	}
	if p.calendared() {
		ev := b.evaluation()
		outer, o := ev.open(p), ev.object(p)
		for i := range p.kind.Calendar {
			c := &p.kind.Calendar[i]
			list, err := c.Eval(o, b.in.AsOf)
			if err != nil {
				continue // check says so where the same values are derived
			}
			for _, e := range list {
				out.events = append(out.events, Event{Key: strings.Join(append(slices.Clone(c.For), c.Date), "."), Date: e.Date, Title: e.Title, Who: e.Who, Done: e.Done})
				if last := &out.events[len(out.events)-1]; c.For != nil {
					last.Key += " " + e.Title
				}
			}
		}
		out.reads, out.sets, out.loop = ev.close(outer)
		b.done(ev)
	} else {
		out.reads = []int32{p.n}
	}
	if day := p.due; day != "" {
		out.events = append(out.events, Event{Key: "review", Date: day, Title: p.title, Review: true})
	}
	slices.SortStableFunc(out.events, func(x, y Event) int { return strings.Compare(x.Date, y.Date) })
	seen := map[string]int{}
	for i := range out.events {
		e := &out.events[i]
		if seen[e.Key]++; seen[e.Key] > 1 {
			e.Key += " #" + strconv.Itoa(seen[e.Key])
		}
	}
	return out
}

// reviewEvery returns how often the page is to be looked at again, as it or its
// kind or the site says; "" for a page that need not be.
func (b *Book) reviewEvery(p *page) string {
	switch every := p.plain("review_every").(type) {
	case string:
		return every
	case int64:
		return itoa(int(every)) + "d"
	}
	switch {
	case p.kind == nil || p.kind.ReviewEvery == 0:
		return cmp.Or(b.in.Config.Review, DefaultReview)
	case p.kind.ReviewEvery > 0:
		return itoa(p.kind.ReviewEvery) + "d"
	}
	return ""
}

// reviewDue returns the day by which the page is to be looked at again, "" if
// there is none.
func (b *Book) reviewDue(p *page) string {
	verified := dateOf(p.plain("verified_on"))
	days, ok := kind.Days(b.reviewEvery(p))
	if verified == "" || !ok || days <= 0 {
		return ""
	}
	return addDays(verified, days)
}

// addDays returns the day n days after another, "" where there is no such day.
func addDays(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	if t = t.AddDate(0, 0, n); t.Year() > 9999 {
		return ""
	}
	return t.Format(time.DateOnly)
}

// calendar returns what is due on the pages of the site (id is "") or of one of
// its top sections, by date, from a quarter of a year ago on.
func (b *Book) calendar(id string) []Due {
	b.calendars.Do(func() {
		from := addDays(b.in.AsOf, -maxPast)
		shelves := map[string]*shelfOfDates{"": {}}
		each := func(f func(s *shelfOfDates, p *page, e *Event)) {
			all := shelves[""]
			for _, p := range b.pages {
				if p.doc == nil {
					continue
				}
				events := b.eventsOf(p)
				if len(events) == 0 {
					continue
				}
				var own *shelfOfDates
				if top, _, _ := strings.Cut(p.id, "/"); top != "" && b.sections[top] != nil {
					if own = shelves[top]; own == nil {
						own = &shelfOfDates{}
						shelves[top] = own
					}
				}
				for i := range events {
					if e := &events[i]; e.Date >= from {
						f(all, p, e)
						if own != nil {
							f(own, p, e)
						}
					}
				}
			}
		}
		// Of most events one look is enough: those behind the last day for which
		// there is room are never sorted.
		first := dayNumber(from)
		each(func(s *shelfOfDates, _ *page, e *Event) { s.count(dayNumber(e.Date) - first) })
		for _, s := range shelves {
			s.settle()
		}
		each(func(s *shelfOfDates, p *page, e *Event) {
			if dayNumber(e.Date)-first <= s.last {
				s.due = append(s.due, Due{p.ref, *e})
			}
		})
		b.due = map[string][]Due{}
		for id, s := range shelves {
			slices.SortFunc(s.due, func(x, y Due) int {
				return cmp.Or(strings.Compare(x.Date, y.Date), strings.Compare(x.Page.ID, y.Page.ID), strings.Compare(x.Key, y.Key))
			})
			b.due[id] = s.due[:min(len(s.due), maxDue)]
		}
	})
	return b.due[id]
}

// shelfOfDates gathers the first events of a calendar.
type shelfOfDates struct {
	days []int32 // events by day, from the calendar's first
	last int     // the last day for which there is room
	due  []Due
}

func (s *shelfOfDates) count(day int) {
	if day >= maxDays {
		return
	}
	for day >= len(s.days) {
		s.days = append(s.days, make([]int32, day+64-len(s.days))...)
	}
	s.days[day]++
}

func (s *shelfOfDates) settle() {
	n := 0
	for s.last = 0; s.last < maxDays; s.last++ {
		if s.last < len(s.days) {
			n += int(s.days[s.last])
		}
		if n >= maxDue {
			return
		}
	}
}

// maxDays bounds how far ahead a calendar looks, some ten years.
const maxDays = 3720

// dayNumber numbers days so that later ones have higher numbers.
func dayNumber(day string) int {
	digits := func(s string) (n int) {
		for i := range len(s) {
			n = n*10 + int(s[i]-'0')
		}
		return n
	}
	if len(day) < 10 {
		return 0
	}
	return (digits(day[:4])*12+digits(day[5:7]))*31 + digits(day[8:10])
}
