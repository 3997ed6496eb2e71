// Package search makes the index that readers search in their browser. It knows
// words and numbers and nothing of pages: whoever has texts counts their words
// (Counter), gives each text a number, and gets an Index of all of them, cut into
// shards of some 8 kB that a browser fetches as it needs them (Shards). An Index
// is never written again; With gives the next one, which shares what did not
// change, and is equal to the one made anew.
//
// The browser's half, layouts/assets/search.js, folds and splits what is typed by
// the same rules as Words; testdata/words.txt holds both to them.
package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxWord bounds a word in characters; of longer ones only so much is looked at.
const MaxWord = 24

// Words calls yield with each word of a text, folded: in lower case, without
// accents, letters that are written as two taken apart. Words are runs of letters
// and digits; of scripts without word borders each pair of neighbours is a word,
// or a single character where it stands alone. What is one letter or digit else
// is no word. yield must not keep its argument.
func Words(text []byte, yield func(word []byte)) {
	words(text, make([]byte, 0, 4*MaxWord), yield)
}

// words is Words with room for a word.
func words(text, buf []byte, yield func(word []byte)) {
	for i := 0; i < len(text); {
		if !chunk[text[i]] {
			i++
			continue
		}
		from, ascii := i, true
		for ; i < len(text) && chunk[text[i]]; i++ {
			ascii = ascii && text[i] < utf8.RuneSelf
		}
		if !ascii {
			foldedWords(text[from:i], yield)
			continue
		}
		if w := text[from:min(i, from+MaxWord)]; len(w) > 1 {
			yield(lower(w, buf[:0]))
		}
	}
}

// chunk tells of each byte whether it may belong to a word: ASCII's letters and
// digits, and all that is not ASCII.
var chunk = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= utf8.RuneSelf || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	return t
}()

func lower(w, buf []byte) []byte {
	for _, c := range w {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf = append(buf, c)
	}
	return buf
}

// Fold returns a text as Words compares it.
func Fold(text string) string { return string(fold([]byte(text))) }

func fold(text []byte) []byte {
	out := make([]byte, 0, len(text)+8)
	for _, r := range string(norm.NFKD.Bytes(text)) {
		switch r = unicode.ToLower(r); {
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case unicode.In(r, unicode.M, unicode.Cf):
		case r == 'ß':
			out = append(out, "ss"...)
		case r == 'æ':
			out = append(out, "ae"...)
		case r == 'œ':
			out = append(out, "oe"...)
		case r == 'ø':
			out = append(out, 'o')
		case r == 'đ':
			out = append(out, 'd')
		case r == 'ł':
			out = append(out, 'l')
		case r == 'ς':
			out = append(out, "σ"...)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// foldedWords splits what is not ASCII alone.
func foldedWords(text []byte, yield func(word []byte)) {
	text = fold(text)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if !unicode.In(r, unicode.L, unicode.N) || r == utf8.RuneError {
			text = text[n:]
			continue
		}
		// A run of one sort: with word borders, or without.
		dense, end, runes, cut := borderless(r), 0, 0, 0
		var last int // where the last character begins
		for end < len(text) {
			r, n := utf8.DecodeRune(text[end:])
			if !unicode.In(r, unicode.L, unicode.N) || r == utf8.RuneError || borderless(r) != dense {
				break
			}
			if dense && runes > 0 {
				yield(text[last : end+n])
			}
			last = end
			end += n
			if runes++; runes <= MaxWord {
				cut = end
			}
		}
		switch {
		case dense && runes == 1:
			yield(text[:end])
		case !dense && runes > 1:
			yield(text[:cut])
		}
		text = text[end:]
	}
}

// borderless tells whether a character is of a script that sets no space between
// words.
func borderless(r rune) bool {
	return r > 0xE00 && (r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}
