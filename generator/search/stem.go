package search

import (
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
)

// stemmers are those of the Snowball project (snowballstem.org), by language.
var stemmers = map[string]func(*snowballstem.Env) bool{
	"da": danish.Stem, "de": german.Stem, "en": english.Stem, "es": spanish.Stem, "fi": finnish.Stem, "fr": french.Stem, "hu": hungarian.Stem, "it": italian.Stem,
	"nb": norwegian.Stem, "nl": dutch.Stem, "nn": norwegian.Stem, "no": norwegian.Stem, "pt": portuguese.Stem, "ro": romanian.Stem, "ru": russian.Stem, "sv": swedish.Stem, "tr": turkish.Stem,
}

// A word's family are the forms that inflection gives it: customer and customers,
// price and pricing, but not customs, which a stemmer takes for the same. It is
// told by two facts, so that a browser needs no stemmer: how many letters at the
// word's end are not the family's (the tail, at most 7), and whether the family
// has a y (company, companies) or an e (price, pricing, unlike plan) there.
type family uint8

const (
	withY family = 8
	withE family = 16
)

// familyOf finds a word's family in a language; a stem that the Snowball stemmer
// gives counts where what is cut off is an inflection's ending.
func familyOf(lang, word string) family {
	lang, _, _ = strings.Cut(lang, "-")
	stem := stemmers[lang]
	if stem == nil || len(word) < 4 || word[0] >= '0' && word[0] <= '9' || strings.ContainsAny(word, ":=") {
		return 0
	}
	env := snowballstem.NewEnv(word)
	stem(env)
	root := env.Current()
	if lang == "en" {
		return english1(word, root)
	}
	ending, ok := strings.CutPrefix(word, root)
	if n := utf8.RuneCountInString(ending); ok && n <= 2 && len(root) >= 3 {
		return family(n)
	}
	return 0
}

// english1 knows the endings of English, of which many are longer.
func english1(word, root string) family {
	if len(root) < 3 {
		return 0
	}
	if base, ok := strings.CutSuffix(root, "e"); ok {
		if ending, ok := strings.CutPrefix(word, base); ok {
			switch ending {
			case "e", "es", "ed", "ing":
				return family(len(ending)) | withE
			}
		}
	}
	if base, ok := strings.CutSuffix(root, "i"); ok {
		if ending, ok := strings.CutPrefix(word, base); ok {
			switch ending {
			case "y", "ies", "ied", "ying":
				return family(len(ending)) | withY
			}
		}
	}
	if ending, ok := strings.CutPrefix(word, root); ok {
		double := root[len(root)-1:] // planned, planning
		switch ending {
		case "", "s", "es", "ed", "ing", double + "ed", double + "ing":
			return family(len(ending))
		}
	}
	// Words in y of which the stem is shorter: opportunity, opportunities.
	if base, ok := strings.CutSuffix(word, "ies"); ok && len(base) > 2 {
		return 3 | withY
	}
	if n := len(word); n > 4 && word[n-1] == 'y' && !strings.ContainsRune("aeiou", rune(word[n-2])) {
		return 1 | withY
	}
	// The plural of a word whose stem is shorter still: customers is of customer's.
	if strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") && !strings.HasSuffix(word, "is") {
		return 1
	}
	return 0
}
