package render

import (
	"bytes"
	"encoding/hex"
	"html/template"
	"strings"
	"time"
	"unicode/utf8"

	"playbook/generator/book"
	"playbook/generator/source"
)

// calendarName is the file in which a page, a section and the site have their
// dates.
const calendarName = "calendar.ics"

// calendarOf writes the calendar of the site (of is ""), or of a top section.
func calendarOf(v *View, of string) []byte {
	title := v.Site().Title
	if of != "" {
		if c := v.CardOf(of); c != nil {
			title += " · " + c.Title
		}
	}
	return writeCalendar(v, title, ask[[]book.Due](v, book.OpCalendar, of))
}

// calendarOfPage writes the calendar of one page.
func calendarOfPage(v *View, id string) []byte {
	c := v.CardOf(id)
	if c == nil {
		return nil
	}
	events := ask[[]book.Event](v, book.OpEvents, id)
	due := make([]book.Due, len(events))
	for i, e := range events {
		due[i] = book.Due{Page: c, Event: e}
	}
	return writeCalendar(v, c.Title, due)
}

// writeCalendar writes events as RFC 5545 (iCalendar) wants them: days without a
// time, each free in the reader's own calendar. They are events and not to-dos,
// since the programs that subscribe to calendars leave to-dos out.
func writeCalendar(v *View, title string, due []book.Due) []byte {
	site := v.Site()
	var w ics
	w.line("BEGIN:VCALENDAR")
	w.line("VERSION:2.0")
	w.line("PRODID:-//playbook//playbook//EN")
	w.line("CALSCALE:GREGORIAN")
	w.line("METHOD:PUBLISH")
	w.text("NAME", title)
	w.text("X-WR-CALNAME", title)
	w.line("REFRESH-INTERVAL;VALUE=DURATION:PT12H")
	w.line("X-PUBLISHED-TTL:PT12H")
	review := v.T("due for review")
	for i := range due {
		d := &due[i]
		day, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			continue
		}
		// Where the same page ids stand in two books, the books tell their events apart.
		home := site.BaseURL
		if home == "" {
			home = site.Title
		}
		sum := source.Sum([]byte(home + "\x00" + d.Page.ID + "\x00" + d.Key))
		w.line("BEGIN:VEVENT")
		w.line("UID:" + hex.EncodeToString(sum[:16]) + "@playbook.invalid")
		// A clock here would make each build another; this is when the page last
		// said something new.
		stamp := "19700101"
		if t, err := time.Parse(time.DateOnly, d.Page.Date); err == nil {
			stamp = t.Format("20060102")
		}
		w.line("DTSTAMP:" + stamp + "T000000Z")
		w.line("DTSTART;VALUE=DATE:" + day.Format("20060102"))
		if next := day.AddDate(0, 0, 1); next.Year() <= 9999 {
			w.line("DTEND;VALUE=DATE:" + next.Format("20060102"))
		}
		what, about := d.Title, d.Page.Title
		switch {
		case d.Review:
			what += ": " + review
		case d.Done:
			what = "✓ " + what
		}
		w.text("SUMMARY", what)
		if d.Who != "" {
			about = d.Who + "\n" + about
		}
		if site.BaseURL != "" {
			url := wholeURL(site, d.Page.URL)
			about += "\n" + url
			w.line("URL:" + url)
		}
		w.text("DESCRIPTION", about)
		if d.Page.KindName != "" {
			w.text("CATEGORIES", d.Page.KindName)
		}
		w.line("TRANSP:TRANSPARENT")
		w.line("END:VEVENT")
	}
	w.line("END:VCALENDAR")
	return w.out.Bytes()
}

// ics writes content lines.
type ics struct{ out bytes.Buffer }

// icsText escapes a text; what cannot stand in one becomes a space.
var icsText = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

func (w *ics) text(name, value string) {
	value = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\r' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(value, "\uFFFD"))
	w.line(name + ":" + icsText.Replace(value))
}

// line writes one line, folded at 75 bytes as the standard asks, never within a
// character.
func (w *ics) line(s string) {
	for room := 75; len(s) > room; room = 74 {
		n := room
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		w.out.WriteString(s[:n])
		w.out.WriteString("\r\n ")
		s = s[n:]
	}
	w.out.WriteString(s)
	w.out.WriteString("\r\n")
}

// Events returns what the page has for calendars, by date.
func (v *View) Events() []book.Event { return ask[[]book.Event](v, book.OpEvents, v.id) }

// Calendar returns the address of the page's calendar: its own if something is
// due on it, that of the site or the section if it is the page of one, else "".
func (v *View) Calendar() string {
	if v.id == "" || v.Site().Outputs.NoCalendar {
		return ""
	}
	c := v.self().Card
	top := c.IsSection && (v.IsHome() || c.Section == "")
	if top {
		id := c.ID
		if v.IsHome() {
			id = ""
		}
		if len(ask[[]book.Due](v, book.OpCalendar, id)) == 0 {
			return ""
		}
	} else {
		own := false
		for _, e := range v.Events() {
			own = own || !e.Review
		}
		if !own {
			return ""
		}
	}
	return strings.TrimSuffix(c.URL, "index.html") + calendarName
}

// CalendarFile returns the name under which a reader keeps the page's calendar.
func (v *View) CalendarFile() string {
	name := book.Slug(v.Title())
	if name == "" {
		name = "calendar"
	}
	return name + ".ics"
}

// Subscribe returns the address by which a calendar program keeps the page's
// calendar up to date, "" where it is not known where the site lies.
func (v *View) Subscribe() template.URL {
	site, at := v.Site(), v.Calendar()
	if _, rest, ok := strings.Cut(wholeURL(site, at), "://"); ok && at != "" && site.BaseURL != "" {
		return template.URL("webcal://" + rest)
	}
	return ""
}
