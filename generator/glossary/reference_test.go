package glossary

import (
	"cmp"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const emphases = `(em|strong|b|i|del|ins|mark|s|u)`

var (
	anyTag  = regexp.MustCompile(`<(/?)([a-z0-9]+)[^<>]*>`)
	between = regexp.MustCompile(`^(</?` + emphases + `>)*$`)
	before  = regexp.MustCompile(`<` + emphases + `>$`)
	after   = regexp.MustCompile(`^</` + emphases + `>`)
	pairTag = regexp.MustCompile(`<(/?)([a-z]+)>`)
	charRef = regexp.MustCompile(`^&[#a-zA-Z0-9]+;`)
)

// prose finds the runs of an HTML snippet as the Markdown compiler would: text
// of paragraphs and items, none in headings, links, code and marked spots.
func prose(src string) []Run {
	var runs []Run
	block, section, mute := 0, -1, 0
	at := 0
	text := func(to int) {
		if mute == 0 && to > at {
			runs = append(runs, Run{From: at, To: to, Section: section, Block: block})
		}
	}
	for _, t := range anyTag.FindAllStringSubmatchIndex(src, -1) {
		text(t[0])
		at = t[1]
		end := t[2] != t[3]
		switch name := src[t[4]:t[5]]; name {
		case "h2", "h3", "a", "code", "span":
			if end {
				mute = max(0, mute-1)
			} else {
				mute++
				if name[0] == 'h' {
					section++
				}
			}
		case "p", "li", "td", "ul", "table", "tr":
			block++
		}
	}
	text(len(src))
	return runs
}

// reference finds mentions in the slow and obvious way: write the text out as
// characters, cut it by asking at each gap whether a border is there, try each
// form of each term at each word.
func reference(inf *inflector, terms []Term, o Options, p Page, src string, runs []Run) []Mention {
	def := cmp.Or(strings.ToLower(o.Language), "en")
	pageLang := cmp.Or(strings.ToLower(p.Lang), def)
	type entry struct {
		term  int
		words []word
		rank  [4]int
	}
	var entries []entry
	for i, t := range terms {
		lang := cmp.Or(strings.ToLower(t.Lang), def)
		if lang != pageLang && !strings.HasPrefix(lang, pageLang+"-") && !strings.HasPrefix(pageLang, lang+"-") {
			continue
		}
		in := len(p.In)
		if t.Scope != "" {
			if in = slices.Index(p.In, t.Scope); in < 0 {
				continue
			}
		}
		for _, name := range t.Names {
			for _, f := range inf.forms(name, &t, lang) {
				var r [4]int
				if !t.Auto {
					r[0] = 1
				}
				if f.made {
					r[1] = 1
				}
				for _, w := range f.words {
					if w.exact {
						r[2]--
					}
				}
				r[3] = in
				entries = append(entries, entry{i, f.words, r})
			}
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return slices.Compare(a.rank[:], b.rank[:]) })

	var out []Mention
	for len(runs) > 0 {
		n := 1
		for n < len(runs) && runs[n].Block == runs[0].Block && between.MatchString(src[runs[n-1].To:runs[n].From]) {
			n++
		}
		toks := refWords(src, runs[:n])
		for i := 0; i < len(toks); {
			step := 1
			for length := len(toks) - i; length > 0 && step == 1; length-- {
				if length > maxWords {
					continue
				}
				for _, e := range entries {
					if !refEqual(e.words, toks[i:i+length]) {
						continue
					}
					if from, to, ok := refGrow(src, toks[i].from, toks[i+length-1].to); ok {
						out = append(out, Mention{from, to, e.term, toks[i].section})
						step = length
						break
					}
				}
				if step > 1 || len(out) > 0 && out[len(out)-1].To > toks[i].from {
					break
				}
			}
			i += step
		}
		runs = runs[n:]
	}
	return out
}

type refWord struct {
	text     string
	from, to int
	section  int
}

type refChar struct {
	r             rune
	from, to, sec int
}

// refWords cuts by the rules of UAX 29, asked for each pair of neighbours.
func refWords(src string, runs []Run) []refWord {
	var cs []refChar
	for _, r := range runs {
		for at := r.From; at < r.To; {
			size := 0
			var c rune
			if m := charRef.FindString(src[at:r.To]); src[at] == '&' && m != "" && utf8.RuneCountInString(html.UnescapeString(m)) == 1 {
				size = len(m)
				c, _ = utf8.DecodeRuneInString(html.UnescapeString(m))
			} else {
				c, size = utf8.DecodeRuneInString(src[at:r.To])
			}
			if !strings.ContainsRune("\u00ad\u200d\u2060", c) {
				cs = append(cs, refChar{c, at, at + size, r.Section})
			}
			at += size
		}
	}
	isLetter := func(r rune) bool {
		return !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Thai, unicode.Katakana) && r != 'ー' &&
			(unicode.IsLetter(r) || unicode.IsMark(r) || r == '_') && !unicode.IsDigit(r)
	}
	isKata := func(r rune) bool { return unicode.Is(unicode.Katakana, r) || r == 'ー' }
	isWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) || r == '_' }
	isApo := func(r rune) bool { return strings.ContainsRune("'’‘ʼ", r) }
	isHyphen := func(r rune) bool { return strings.ContainsRune("-\u2010\u2011–", r) }
	base := func(i int) rune { // the character that marks before i stand on
		for i > 0 && unicode.IsMark(cs[i].r) && isWord(cs[i-1].r) {
			i--
		}
		return cs[i].r
	}
	joined := func(i int) bool { // no border between i and i+1
		if i < 0 || i+1 >= len(cs) {
			return false
		}
		a, b := cs[i].r, cs[i+1].r
		if !isWord(a) && !isWord(b) {
			return false
		}
		if isWord(a) && unicode.IsMark(b) {
			return true
		}
		a = base(i)
		num := unicode.IsDigit
		switch {
		case isWord(a) && isWord(b):
			al, bl := isLetter(a) || unicode.IsNumber(a), isLetter(b) || unicode.IsNumber(b)
			return al && bl || isKata(a) && isKata(b)
		case isWord(a) && (isApo(b) || b == '.' || b == ',') && i+2 < len(cs):
			c := cs[i+2].r
			return num(a) && num(c) || b != ',' && isLetter(a) && isLetter(c)
		case isWord(b) && (isApo(cs[i].r) || cs[i].r == '.' || cs[i].r == ',') && i > 0:
			c := base(i - 1)
			return isWord(cs[i-1].r) && (num(c) && num(b) || cs[i].r != ',' && isLetter(c) && isLetter(b))
		}
		return false
	}
	var out []refWord
	for i := 0; i < len(cs); {
		j := i
		for joined(j) {
			j++
		}
		c := cs[i].r
		tie := i == j && isHyphen(c) && i > 0 && isWord(cs[i-1].r) && i+1 < len(cs) && isWord(cs[i+1].r)
		if !unicode.IsSpace(c) && !tie {
			var b strings.Builder
			for _, c := range cs[i : j+1] {
				switch {
				case isApo(c.r):
					b.WriteByte('\'')
				case isHyphen(c.r):
					b.WriteByte('-')
				case strings.ContainsRune("“”„«»", c.r):
					b.WriteByte('"')
				default:
					b.WriteRune(c.r)
				}
			}
			out = append(out, refWord{norm.NFC.String(b.String()), cs[i].from, cs[j].to, cs[i].sec})
		}
		i = j + 1
	}
	return out
}

func refEqual(form []word, toks []refWord) bool {
	if len(form) != len(toks) {
		return false
	}
	for i, w := range form {
		if w.exact && w.text != toks[i].text || !strings.EqualFold(w.text, toks[i].text) {
			return false
		}
	}
	return true
}

// refGrow tries all ways to take in opening tags before and closing tags after
// a range until its tags pair up, the fewest first.
func refGrow(src string, from, to int) (int, int, bool) {
	type way struct{ from, to, n int }
	var ways []way
	for f, n := from, 0; ; n++ {
		for t, k := to, 0; ; k++ {
			ways = append(ways, way{f, t, n + k})
			loc := after.FindStringIndex(src[t:])
			if loc == nil {
				break
			}
			t += loc[1]
		}
		loc := before.FindStringIndex(src[:f])
		if loc == nil {
			break
		}
		f = loc[0]
	}
	slices.SortStableFunc(ways, func(a, b way) int { return cmp.Compare(a.n, b.n) })
	for _, w := range ways {
		if pairUp(src[w.from:w.to]) {
			return w.from, w.to, true
		}
	}
	return 0, 0, false
}

func pairUp(s string) bool {
	var open []string
	for _, t := range pairTag.FindAllStringSubmatch(s, -1) {
		if t[1] == "" {
			open = append(open, t[2])
			continue
		}
		if len(open) == 0 || open[len(open)-1] != t[2] {
			return false
		}
		open = open[:len(open)-1]
	}
	return len(open) == 0
}
