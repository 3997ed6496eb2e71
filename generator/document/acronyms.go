package document

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Acronym is a word in capitals that the prose of a document uses.
type Acronym struct {
	Text      string // without the "s" of a plural
	Line, Col int    // of where the source first has it; Line is 0 if that is not known
}

// An acronym has two to maxAcronym letters and digits, and at most maxRow stand
// in a row. Beyond that, somebody shouts.
const (
	maxAcronym = 6
	maxRow     = 2
)

// acronyms finds the words in capitals in the prose of a page, each once, in the
// order in which they first stand there. What a quantity is measured in ("40
// MB"), numerals, parts of addresses and names of files, and what is shouted are none.
func acronyms(html []byte, runs []Run) []string {
	var out []string
	var row []string // words of capitals one after the other
	words, last := 0, 0
	flush := func() {
		for _, s := range row {
			if words <= maxRow && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
		row, words = row[:0], 0
	}
	for _, r := range runs {
		text := html[r.From:r.To]
		for i := 0; i < len(text); {
			c := text[i]
			if c == '&' { // a character reference is a border
				if n := bytes.IndexByte(text[i:min(i+12, len(text))], ';'); n > 0 {
					i += n
				}
				i++
				continue
			}
			if c < 'A' || c > 'Z' && c < utf8.RuneSelf {
				if i++; c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' {
					i += wordLen(text[i:]) // the rest of a word that begins otherwise
				}
				continue
			}
			n := wordLen(text[i:])
			if n == 0 {
				_, size := utf8.DecodeRune(text[i:])
				i += size
				continue
			}
			plain := bytes.TrimSuffix(text[i:i+n], []byte("s"))
			at := i
			i += n
			letters, size, capitals := shape(plain)
			if !capitals || letters < 2 {
				continue
			}
			if at != last+1 || text[last] != ' ' {
				flush()
			}
			words, last = words+1, i
			if size > maxAcronym {
				words = maxRow + 1
			} else if !touches(text, at, i) && !counted(text[:at]) && !numeral(plain) {
				row = append(row, string(plain))
			}
		}
		flush()
	}
	return out
}

// wordLen returns the length of the letters, digits and marks that b begins with.
func wordLen(b []byte) int {
	n := 0
	for n < len(b) {
		if c := b[n]; c < utf8.RuneSelf {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' {
				n++
				continue
			}
			break
		}
		r, size := utf8.DecodeRune(b[n:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) {
			break
		}
		n += size
	}
	return n
}

// shape counts the capital letters and the characters of a word; capitals tells
// whether it has nothing but capitals and digits.
func shape(word []byte) (letters, size int, capitals bool) {
	for len(word) > 0 {
		r, n := utf8.DecodeRune(word)
		word = word[n:]
		size++
		switch {
		case unicode.IsUpper(r):
			letters++
		case r < '0' || r > '9':
			return letters, size, false
		}
	}
	return letters, size, true
}

// touches tells whether a sign beside text[from:to] makes it a part of an
// address, a path or the name of a file.
func touches(text []byte, from, to int) bool {
	if from > 0 && bytes.IndexByte([]byte(`.@#/\=_$`), text[from-1]) >= 0 && !(text[from-1] == '/' && from > 1 && text[from-2] >= 'A' && text[from-2] <= 'Z') {
		return true
	}
	if to+1 >= len(text) {
		return false
	}
	next := text[to+1]
	alnum := next >= 'a' && next <= 'z' || next >= '0' && next <= '9'
	return bytes.IndexByte([]byte(`@\=_(`), text[to]) >= 0 || (text[to] == '.' || text[to] == '/' || text[to] == ':') && alnum
}

// counted tells whether a number stands before a word: then it is a unit.
func counted(before []byte) bool {
	before = bytes.TrimSuffix(bytes.TrimSuffix(bytes.TrimRight(before, " "), []byte("\u00a0")), []byte("\u202f"))
	return len(before) > 0 && before[len(before)-1] >= '0' && before[len(before)-1] <= '9'
}

func numeral(word []byte) bool {
	for _, c := range word {
		if c != 'I' && c != 'V' && c != 'X' {
			return false
		}
	}
	return true
}

// findAcronyms enters the acronyms of the body, with where the source has them.
func (w *writer) findAcronyms() {
	for _, a := range acronyms(w.doc.Body.html, w.doc.Body.Runs) {
		found := Acronym{Text: a}
		for at := 0; ; {
			i := bytes.Index(w.src[at:], []byte(a))
			if i < 0 {
				break
			}
			at += i
			before, _ := utf8.DecodeLastRune(w.src[:at])
			if end := at + len(a); !unicode.IsLetter(before) && wordLen(bytes.TrimPrefix(w.src[end:], []byte("s"))) == 0 {
				p := w.pos(at)
				found.Line, found.Col = p.Line, p.Col
				break
			}
			at += len(a)
		}
		w.doc.Acronyms = append(w.doc.Acronyms, found)
	}
}
