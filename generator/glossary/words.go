package glossary

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Classes of characters as far as word borders go.
const (
	other    = 'p' // a sign; a word of its own
	space    = 's'
	letter   = 'w' // letters, digits, marks, underscore
	mid      = 'm' // apostrophe, full stop: holds letters or digits together
	midNum   = 'n' // comma: holds digits together
	hyphen   = 'h'
	entity   = 'e'
	nothing  = 'i' // soft hyphen and the like: as if it were not there
	single   = '1' // a character of a script without word borders
	katakana = 'k'
)

// ascii gives the class of each ASCII character.
const ascii = "" +
	"pppppppppssssspp" +
	"pppppppppppppppp" +
	"spppppempppp" + "nhmp" +
	"wwwwwwwwwwpppppp" +
	"pwwwwwwwwwwwwwww" +
	"wwwwwwwwwwwppppw" +
	"pwwwwwwwwwwwwwww" +
	"wwwwwwwwwwwppppp"

func class(r rune) byte {
	if r < 0x80 {
		c := ascii[r]
		if c == entity {
			return other
		}
		return c
	}
	switch r {
	case '\u2019', '\u2018', '\u02bc', '\uff07', '\u00b7', '\u2027', '\uff0e':
		return mid
	case '\u2010', '\u2011', '\u2012', '\u2013', '\ufe63', '\uff0d':
		return hyphen
	case '\u00ad', '\u200c', '\u200d', '\u2060', '\ufeff':
		return nothing
	case '\u200b':
		return space
	case '\u30fc', '\uff70', '\u309b', '\u309c', '\uff9e', '\uff9f':
		return katakana
	}
	switch {
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef: // variation selectors
		return nothing
	case unicode.IsSpace(r):
		return space
	case r < 0x0e00:
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) {
			return letter
		}
		return other
	case unicode.In(r, unicode.Katakana):
		return katakana
	case unicode.IsMark(r):
		return letter
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan):
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return single
		}
		return other
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return letter
	}
	return other
}

// plain maps the many makes of a sign to one.
func plain(r rune) rune {
	switch r {
	case '\u2019', '\u2018', '\u02bc', '\uff07':
		return '\''
	case '\u2010', '\u2011', '\u2012', '\u2013', '\ufe63', '\uff0d':
		return '-'
	case '\u201c', '\u201d', '\u201e', '\u00ab', '\u00bb':
		return '"'
	}
	return r
}

// foldRune gives one character for all that differ by case only.
func foldRune(r rune) rune {
	if r < 0x80 {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if least < 0x80 {
		return foldRune(least)
	}
	return least
}

const (
	hashSeed  = 2166136261
	hashPrime = 16777619
)

func hashOf(s string) uint32 {
	h := uint32(hashSeed)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * hashPrime
	}
	return h
}

// cursor is a place in a chain of runs.
type cursor struct{ run, pos int }

// scanner cuts a chain of runs into words. After next the fields below tell
// of the word found.
type scanner struct {
	html []byte
	runs []Run
	at   cursor
	glue bool // the last thing read was a word, so a hyphen may follow

	from, to       int // in html
	fromRun, toRun int
	hash           uint32 // of the folded word
	quick          bool   // html[from:to] is the word, in ASCII
	sign           bool   // no word but a sign
	exact, folded  []byte // unless quick
	spare          []byte
	norm           norm.Iter
}

func (s *scanner) reset(html []byte, runs []Run) {
	s.html, s.runs, s.glue = html, runs, false
	s.at = cursor{0, 0}
	if len(runs) > 0 {
		s.at.pos = runs[0].From
	}
}

// peek reads the character at c. from is where it stands, c the place after it.
func (s *scanner) peek(c cursor) (r rune, from int, after cursor, ok bool) {
	for c.pos >= s.runs[c.run].To {
		if c.run+1 >= len(s.runs) {
			return 0, 0, c, false
		}
		c.run++
		c.pos = s.runs[c.run].From
	}
	b := s.html[c.pos:s.runs[c.run].To]
	from = c.pos
	switch {
	case b[0] == '&':
		r, n := unescape(b)
		c.pos += n
		return r, from, c, true
	case b[0] < 0x80:
		c.pos++
		return rune(b[0]), from, c, true
	}
	r, n := utf8.DecodeRune(b)
	c.pos += n
	return r, from, c, true
}

// peekOver is peek, but it looks past what is as if not there.
func (s *scanner) peekOver(c cursor) (r rune, ok bool) {
	for {
		r, _, after, ok := s.peek(c)
		if !ok || class(r) != nothing {
			return r, ok
		}
		c = after
	}
}

// next finds the next word or sign.
func (s *scanner) next() bool {
	if len(s.runs) == 0 {
		return false
	}
	for {
		// The common case by itself: ASCII inside one run.
		to := s.runs[s.at.run].To
		p := s.at.pos
		for p < to && s.html[p] == ' ' {
			p++
			s.glue = false
		}
		s.at.pos = p
		if p < to && s.html[p] < 0x80 && ascii[s.html[p]] == letter && s.word(p, to) {
			return true
		}

		r, from, after, ok := s.peek(s.at)
		if !ok {
			return false
		}
		switch c := class(r); c {
		case space:
			s.glue = false
			s.at = after
			continue
		case nothing:
			s.at = after
			continue
		case letter, single, katakana:
			s.slowWord(c)
			return true
		case hyphen:
			if s.glue {
				if r, ok := s.peekOver(after); ok && isWord(class(r)) {
					s.glue = false
					s.at = after
					continue
				}
			}
		}
		s.from, s.to, s.fromRun, s.toRun = from, after.pos, after.run, after.run
		s.exact = utf8.AppendRune(s.exact[:0], plain(r))
		s.fold()
		s.quick, s.sign, s.glue = false, true, false
		s.at = after
		return true
	}
}

func isWord(c byte) bool { return c == letter || c == single || c == katakana }

// word reads a word that is certain to be ASCII and to end inside this run;
// false if it is not so certain.
func (s *scanner) word(p, to int) bool {
	h := uint32(hashSeed)
	q := p
	for q < to {
		c := s.html[q]
		if c >= 0x80 || ascii[c] != letter {
			break
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint32(c)) * hashPrime
		q++
	}
	if q == to {
		if s.at.run+1 < len(s.runs) {
			return false
		}
	} else {
		c := s.html[q]
		if c >= 0x80 {
			return false
		}
		switch ascii[c] {
		case entity:
			return false
		case mid, midNum:
			if q+1 >= to {
				if s.at.run+1 < len(s.runs) {
					return false
				}
			} else if d := s.html[q+1]; d >= 0x80 || ascii[d] == letter || ascii[d] == entity {
				return false
			}
		}
	}
	s.from, s.to, s.fromRun, s.toRun = p, q, s.at.run, s.at.run
	s.hash, s.quick, s.sign, s.glue = h, true, false, true
	s.at.pos = q
	return true
}

// slowWord reads any word: over tags, entities, marks, apostrophes.
func (s *scanner) slowWord(kind byte) {
	s.exact = s.exact[:0]
	first := true
	last := rune(0)
	c := s.at
	for {
		r, from, after, ok := s.peek(c)
		if !ok {
			break
		}
		k := class(r)
		switch {
		case k == nothing:
			c = after // taken in only if the word goes on
			continue
		case first, k == letter && unicode.IsMark(r), k == kind && kind != single:
		case kind == letter && (k == mid || k == midNum):
			// UAX 29, WB6 to WB12
			n, ok := s.peekOver(after)
			if !ok || class(n) != letter {
				goto done
			}
			digits := unicode.IsDigit(last) && unicode.IsDigit(n)
			letters := !unicode.IsDigit(last) && !unicode.IsDigit(n)
			if !digits && (k == midNum || !letters) {
				goto done
			}
		default:
			goto done
		}
		if first {
			s.from, s.fromRun = from, after.run
			first = false
		}
		s.exact = utf8.AppendRune(s.exact, plain(r))
		if !unicode.IsMark(r) {
			last = r
		}
		c = after
		s.at, s.to, s.toRun = after, after.pos, after.run
	}
done:
	s.fold()
	s.quick, s.sign, s.glue = false, false, true
}

// fold brings exact to composed form and fills folded and hash.
func (s *scanner) fold() {
	if !isASCII(s.exact) && norm.NFC.QuickSpan(s.exact) < len(s.exact) {
		s.spare = s.spare[:0] // Append and IsNormal would allocate, an Iter that stays does not
		for s.norm.Init(norm.NFC, s.exact); !s.norm.Done(); {
			s.spare = append(s.spare, s.norm.Next()...)
		}
		s.exact, s.spare = s.spare, s.exact
	}
	s.folded = s.folded[:0]
	for i := 0; i < len(s.exact); {
		r, n := rune(s.exact[i]), 1
		if r >= 0x80 {
			r, n = utf8.DecodeRune(s.exact[i:])
		}
		s.folded = utf8.AppendRune(s.folded, foldRune(r))
		i += n
	}
	h := uint32(hashSeed)
	for _, c := range s.folded {
		h = (h ^ uint32(c)) * hashPrime
	}
	s.hash = h
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// unescape reads the character reference that b begins with; an ampersand
// that begins none is itself. Named ones are those that renderers write into
// text.
func unescape(b []byte) (rune, int) {
	end := bytes.IndexByte(b[:min(len(b), 12)], ';')
	if end < 2 {
		return '&', 1
	}
	if b[1] == '#' {
		digits, base := b[2:end], 10
		if len(digits) > 1 && (digits[0] == 'x' || digits[0] == 'X') {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(string(digits), base, 32)
		if err != nil || n == 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
			return '&', 1
		}
		return rune(n), end + 1
	}
	var r rune
	switch string(b[1:end]) {
	case "amp":
		r = '&'
	case "lt":
		r = '<'
	case "gt":
		r = '>'
	case "quot":
		r = '"'
	case "apos":
		r = '\''
	case "nbsp":
		r = '\u00a0'
	case "shy":
		r = '\u00ad'
	case "lsquo":
		r = '\u2018'
	case "rsquo":
		r = '\u2019'
	case "ldquo":
		r = '\u201c'
	case "rdquo":
		r = '\u201d'
	case "laquo":
		r = '\u00ab'
	case "raquo":
		r = '\u00bb'
	case "ndash":
		r = '\u2013'
	case "mdash":
		r = '\u2014'
	case "hellip":
		r = '\u2026'
	default:
		return '&', 1
	}
	return r, end + 1
}

// words is the set of all folded words of all names, each with a number.
type words struct {
	list  []string
	slots []slot
	mask  uint32
}

type slot struct {
	hash uint32
	id   int32 // one more than the number; 0 is an empty slot
}

func spread(h uint32) uint32 { return h ^ h>>15 }

func (w *words) index() {
	n := 16
	for n < 3*len(w.list) {
		n *= 2
	}
	w.slots, w.mask = make([]slot, n), uint32(n-1)
	for id, s := range w.list {
		h := hashOf(s)
		i := spread(h) & w.mask
		for w.slots[i].id != 0 {
			i = (i + 1) & w.mask
		}
		w.slots[i] = slot{h, int32(id + 1)}
	}
}

// number returns the number of the scanner's word, -1 if no name has it.
func (w *words) number(s *scanner) int32 {
	for i := spread(s.hash) & w.mask; ; i = (i + 1) & w.mask {
		e := w.slots[i]
		if e.id == 0 {
			return -1
		}
		if e.hash != s.hash {
			continue
		}
		word := w.list[e.id-1]
		if s.quick {
			if equalASCII(word, s.html[s.from:s.to]) {
				return e.id - 1
			}
		} else if word == string(s.folded) {
			return e.id - 1
		}
	}
}

func equalASCII(folded string, b []byte) bool {
	if len(folded) != len(b) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if folded[i] != c {
			return false
		}
	}
	return true
}

// edges holds the steps of the trie below the root.
type edges struct {
	keys []uint64 // node<<32 | word, which is never 0 below the root
	next []int32
	mask uint64
}

func (e *edges) init(n int) {
	size := 16
	for size < 2*n {
		size *= 2
	}
	e.keys, e.next, e.mask = make([]uint64, size), make([]int32, size), uint64(size-1)
}

func (e *edges) slot(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 >> 20 & e.mask }

func (e *edges) put(key uint64, next int32) {
	i := e.slot(key)
	for e.keys[i] != 0 {
		i = (i + 1) & e.mask
	}
	e.keys[i], e.next[i] = key, next
}

func (e *edges) get(key uint64) (int32, bool) {
	for i := e.slot(key); e.keys[i] != 0; i = (i + 1) & e.mask {
		if e.keys[i] == key {
			return e.next[i], true
		}
	}
	return 0, false
}
