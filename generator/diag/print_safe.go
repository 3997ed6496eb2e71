package diag

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	textwidth "golang.org/x/text/width"
)

// cell is one character as a terminal shows it.
type cell struct {
	text  string
	width int
}

// tabStop is how far apart tabs stop in a code frame.
const tabStop = 4

// cellsOf returns the characters lo..hi of line, which index its first cell has,
// and whether characters follow. A byte that is no UTF-8 is one character, as it
// is for whoever counted the columns.
func cellsOf(line []byte, lo, hi int) (cells []cell, first int, more bool) {
	column, joined := 0, false
	for i := 0; len(line) > 0; i++ {
		if i >= hi {
			return cells, max(lo, 0), true
		}
		r, n := utf8.DecodeRune(line)
		line = line[n:]
		if i < lo {
			continue
		}
		c := cell{"�", 1}
		switch {
		case r == utf8.RuneError && n == 1:
		case r == '\t':
			n := tabStop - column%tabStop
			c = cell{strings.Repeat(" ", n), n}
		default:
			c.text = safeRune(r)
			c.width = width(c.text)
			// What a joiner joins is drawn into the sign before it.
			if joined {
				c.width = 0
			}
		}
		joined = r == zeroWidthJoiner && column > 0
		column += c.width
		cells = append(cells, c)
	}
	return cells, max(lo, 0), false
}

const zeroWidthJoiner = '\u200d'

// safe returns s fit for a terminal and a log line: control characters as their
// pictures, invisible and direction-changing ones by number.
func safe(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				b.WriteString("�")
				continue
			}
		}
		b.WriteString(safeRune(r))
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func safeRune(r rune) string {
	switch {
	case r < ' ':
		return string('\u2400' + r) // the pictures stand in the order of the codes
	case r == 0x7f:
		return "\u2421"
	case hazardous(r):
		return fmt.Sprintf("<U+%04X>", r)
	}
	return string(r)
}

// hazardous reports characters that do something to a terminal, or to the order
// of the text around them, or that cannot be seen at all.
func hazardous(r rune) bool {
	switch {
	case r == zeroWidthJoiner, r == '\u200c': // needed to write Persian, Hindi, emoji
		return false
	case unicode.Is(unicode.Cf, r):
		return !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
	}
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Cs)
}

// width returns how many columns s fills. Ambiguous characters count one, as in
// every terminal that is not set up for an East Asian locale.
func width(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r < 0x7f:
			n++
		case unicode.In(r, unicode.Mn, unicode.Me), unicode.Is(unicode.Cf, r),
			r >= 0x1160 && r <= 0x11ff,   // vowels and finals of conjoining Hangul
			r >= 0x1f3fb && r <= 0x1f3ff: // skin tones
		default:
			switch textwidth.LookupRune(r).Kind() {
			case textwidth.EastAsianWide, textwidth.EastAsianFullwidth:
				n++
			}
			n++
		}
	}
	return n
}
