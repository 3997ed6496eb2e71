package picture

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// lang is a primary language subtag that this package knows, or "".
type lang string

func langOf(tag string) lang {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	switch primary {
	case "en", "de", "fr":
		return lang(primary)
	}
	return ""
}

// word returns a word of ours in the picture's language; English is complete.
func (c *canvas) word(key string) string {
	i := 0
	switch c.lang {
	case "de":
		i = 1
	case "fr":
		i = 2
	}
	if w, ok := vocabulary[key]; ok {
		return w[i]
	}
	return key
}

// vocabulary has the words in English, German and French.
var vocabulary = map[string][3]string{
	"nothing": {"Nothing here yet", "Hier ist noch nichts", "Rien ici pour l’instant"}, "none": {"none", "keine", "aucun"},
	"no number": {"no number", "keine Zahl", "pas de chiffre"}, "no date": {"No date", "Ohne Datum", "Sans date"},
	"of": {"of", "von", "sur"}, "total": {"Total", "Summe", "Total"}, "others": {"others", "weitere", "autres"},
	"good": {"good", "gut", "bon"}, "done": {"done", "erledigt", "fait"}, "warn": {"needs attention", "braucht Aufmerksamkeit", "à surveiller"},
	"bad": {"in trouble", "in Schwierigkeiten", "en difficulté"}, "gone": {"dropped", "gestrichen", "abandonné"},
	"today": {"Today", "Heute", "Aujourd’hui"}, "overdue": {"Overdue", "Überfällig", "En retard"}, "past": {"Before today", "Vor heute", "Avant aujourd’hui"},
	"ahead": {"To come", "Kommt noch", "À venir"}, "day late": {"day late", "Tag zu spät", "jour de retard"}, "days late": {"days late", "Tage zu spät", "jours de retard"},
	"open": {"open", "offen", "ouvert"}, "milestone": {"Milestone", "Meilenstein", "Jalon"}, "entries": {"entries", "Einträge", "entrées"}, "entry": {"entry", "Eintrag", "entrée"},
	"met": {"met", "erreicht", "atteint"}, "short": {"short by", "es fehlen", "manque"}, "figures": {"Figures", "Zahlen", "Chiffres"},
	"weight": {"weight", "Gewicht", "poids"}, "below": {"below", "darunter", "en dessous"}, "also": {"also under", "auch unter", "aussi sous"},
	"current": {"current", "aktuell", "actuel"}, "target": {"Target", "Ziel", "Objectif"}, "highest": {"highest", "höchster Wert", "maximum"}, "lowest": {"lowest", "niedrigster Wert", "minimum"},
	"latest": {"latest", "zuletzt", "dernier"}, "here": {"this page", "diese Seite", "cette page"}, "more": {"more", "weitere", "de plus"}, "date": {"Date", "Datum", "Date"}, "value": {"Value", "Wert", "Valeur"},
}

// number writes a number with at most two decimals as the language does. Without
// a language it is written as the template function number writes it, so that
// both look alike on one page.
func (l lang) number(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "–"
	}
	group, point, least := "\u202f", ".", 5
	switch l {
	case "en":
		group, least = ",", 4
	case "de":
		group, point, least = ".", ",", 4
	case "fr":
		point, least = ",", 4
	}
	minus := ""
	if f < 0 {
		minus, f = "−", -f
	}
	if f >= 1e15 {
		s := strconv.FormatFloat(f, 'e', 2, 64)
		mant, exp, _ := strings.Cut(s, "e+")
		if strings.Contains(mant, ".") {
			mant = strings.TrimRight(strings.TrimRight(mant, "0"), ".")
		}
		return minus + strings.Replace(mant, ".", point, 1) + "\u202f×\u202f10" + superscript.Replace(strings.TrimLeft(exp, "0"))
	}
	var buf [32]byte
	s := string(strconv.AppendFloat(buf[:0], math.Round(f*100)/100, 'f', -1, 64))
	if s == "0" {
		return s
	}
	whole, frac, dot := strings.Cut(s, ".")
	var out [48]byte
	b := append(out[:0], minus...)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 && len(whole) >= least {
			b = append(b, group...)
		}
		b = append(b, whole[i])
	}
	if dot {
		b = append(append(b, point...), frac...)
	}
	return string(b)
}

var superscript = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// percent writes a share (0.42) as a whole per cent. What is not all is never
// written as all, nor what is something as nothing.
func (l lang) percent(share float64) string {
	p := math.Round(share * 100)
	switch {
	case share > 0 && p == 0:
		p = 1
	case share < 1 && p == 100:
		p = 99
	}
	if l == "en" {
		return l.number(p) + "%"
	}
	return l.number(p) + "\u202f%"
}

var months = map[lang][12]string{
	"":   {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	"de": {"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
	"fr": {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
}

// date writes a day as a reader of the language does.
func (l lang) date(t time.Time) string {
	d := strconv.Itoa(t.Day())
	if l == "de" {
		d += "."
	}
	return d + "\u00a0" + l.month(t) + "\u00a0" + strconv.Itoa(t.Year())
}

func (l lang) month(t time.Time) string { return months[l][t.Month()-1] }

// day reads a date; a time behind it does not matter.
func (c *canvas) day(v any) (time.Time, bool) {
	if t, ok := v.(time.Time); ok {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), true
	}
	s := strings.TrimSpace(c.text(v))
	if len(s) > 10 && (s[10] == 'T' || s[10] == 't' || s[10] == ' ') {
		s = s[:10]
	}
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}

// days returns the days since the epoch.
func days(t time.Time) int { return int(t.Unix() / 86400) }

func (c *canvas) time(t time.Time) *canvas {
	return c.s(`<time datetime="`, t.Format(time.DateOnly), `">`).e(c.lang.date(t)).s(`</time>`)
}

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || unicode.IsUpper(r) {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
