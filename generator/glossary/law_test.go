package glossary

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pieces are what random texts and names are made of: little of each, so that
// names are met often and in all disguises.
var pieces = []string{
	"lead", "Lead", "leads", "LEAD", "sales", "a", "b", "SQL", "sql", "SQLs", "e\u0301", "é", "É", "ß", "s", "opportunity", "opportunities", "of", "on",
	" ", " ", " ", " ", "  ", "\n", "-", "-", "\u2010", "–", "'", "’", "'s", "’s", ".", ",", "_", "1", "2", "&amp;", "&quot;", "&#39;", "&rsquo;", "&nbsp;",
	"\u00ad", "\u200d", "\u0301", "客", "户", "リ", "ド", "ー", "の", "ข", "고객", "+", "/", "🙂", "K", "ſ",
}

var markup = []string{
	"<em>", "</em>", "<em>", "</em>", "<b>", "</b>", "<strong>", "</strong>", "<code>", "</code>", "<br>", "</p><p>", "<h2>", "</h2>", "<a>", "</a>",
}

func drawTerms(t *rapid.T) []Term {
	name := rapid.Custom(func(t *rapid.T) string {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 5).Draw(t, "name"), "")
		return strings.NewReplacer("&amp;", "&", "&quot;", `"`, "&#39;", "'", "&rsquo;", "’", "&nbsp;", "\u00a0").Replace(s)
	})
	n := rapid.IntRange(1, 4).Draw(t, "terms")
	out := make([]Term, n)
	for i := range out {
		out[i] = Term{
			ID:     strconv.Itoa(i),
			Names:  rapid.SliceOfN(name, 1, 2).Draw(t, "names"),
			Case:   rapid.SampledFrom([]CaseRule{CaseAuto, CaseAuto, CaseSensitive, CaseFold}).Draw(t, "case"),
			Plural: rapid.Bool().Draw(t, "plural"),
			Auto:   rapid.IntRange(0, 4).Draw(t, "auto") > 0,
			Lang:   rapid.SampledFrom([]string{"", "", "en", "en-gb", "de"}).Draw(t, "lang"),
			Scope:  rapid.SampledFrom([]string{"", "", "x", "y"}).Draw(t, "scope"),
		}
	}
	return out
}

// drawText makes a page of pieces, tags and the words of terms.
func drawText(t *rapid.T, terms []Term) string {
	words := []string{"lead"}
	for _, term := range terms {
		for _, n := range term.Names {
			words = append(words, html.EscapeString(n), html.EscapeString(strings.ReplaceAll(n, " ", "-")), " "+html.EscapeString(n)+" ", " "+html.EscapeString(n)+"s ")
			words = append(words, strings.SplitAfter(html.EscapeString(n), " ")...)
		}
	}
	part := rapid.Custom(func(t *rapid.T) string {
		switch n := rapid.IntRange(0, 9).Draw(t, "of"); {
		case n < 4:
			return rapid.SampledFrom(words).Draw(t, "word")
		case n < 7:
			return rapid.SampledFrom(pieces).Draw(t, "piece")
		case n < 8:
			return " "
		}
		return rapid.SampledFrom(markup).Draw(t, "tag")
	})
	return "<p>" + strings.Join(rapid.SliceOfN(part, 2, 16).Draw(t, "text"), "") + "</p>"
}

// TestLikeTheReference: Find answers as the slow and obvious way does, and the
// ranges can be wrapped. PLAYBOOK_CHECKS=1000000 asks for more inputs.
func TestLikeTheReference(t *testing.T) {
	checks(t, 20000)
	var found, cases int
	inf := newInflector(nil) // shared: making the inflection library's rules costs more than all else
	rapid.Check(t, func(t *rapid.T) {
		terms := drawTerms(t)
		src := drawText(t, terms)
		p := Page{
			Lang: rapid.SampledFrom([]string{"", "en", "de", "en-us"}).Draw(t, "lang"),
			In:   rapid.SampledFrom([][]string{nil, {"x"}, {"y"}, {"y", "x"}}).Draw(t, "in"),
		}
		m := newMatcher(terms, "en", inf)
		runs := prose(src)
		got := m.Find(p, []byte(src), runs, nil)
		if want := reference(inf, terms, Options{}, p, src, runs); !slices.Equal(got, want) {
			t.Fatalf("%+v\n got %s\nwant %s", terms, show(src, got, true), show(src, want, true))
		}
		wellFormed(t, src, got)
		cases++
		found += len(got)
	})
	if !t.Failed() && found*3 < cases {
		t.Errorf("%d mentions in %d inputs test little", found, cases)
	}
}

func wellFormed(t interface{ Fatalf(string, ...any) }, src string, got []Mention) {
	at := 0
	for _, m := range got {
		if m.From < at || m.To <= m.From || m.To > len(src) {
			t.Fatalf("%v overlaps or leaves %q", got, src)
		}
		if !pairUp(src[m.From:m.To]) {
			t.Fatalf("%q does not pair up in %q", src[m.From:m.To], src)
		}
		at = m.To
	}
}

// TestDeltaIsSafe: where Touches says no, nothing differs but the numbers.
func TestDeltaIsSafe(t *testing.T) {
	checks(t, 3000)
	var kept, moved int
	rapid.Check(t, func(t *rapid.T) {
		before := drawTerms(t)
		after := slices.Clone(before)
		switch i := rapid.IntRange(0, len(after)-1).Draw(t, "which"); rapid.IntRange(0, 4).Draw(t, "edit") {
		case 0:
			after = slices.Delete(after, i, i+1)
		case 1:
			n := drawTerms(t)[0]
			n.ID = "new"
			after = slices.Insert(after, i, n)
		case 2:
			after[i].Plural = !after[i].Plural
		case 3:
			after[i].Names = append(slices.Clone(after[i].Names), drawTerms(t)[0].Names...)
		case 4:
			after[i].Scope += "x"
		}
		old, _ := NewMatcher(before, Options{})
		now, _ := NewMatcher(after, Options{Prev: old})
		d := Diff(old, now)
		src := drawText(t, after)
		runs := prose(src)
		if d.Touches(WordKeys([]byte(src), runs, nil)) {
			moved++
			return
		}
		kept++
		p := Page{In: []string{"x"}}
		a, b := old.Find(p, []byte(src), runs, nil), now.Find(p, []byte(src), runs, nil)
		for i := range a {
			a[i].Term = d.Term(a[i].Term)
		}
		if !slices.Equal(a, b) {
			t.Fatalf("%+v\n%+v\n%s\n%s", before, after, show(src, a, true), show(src, b, true))
		}
	})
	if !t.Failed() && kept < moved/10 {
		t.Errorf("%d pages kept, %d looked at again: the difference is too coarse", kept, moved)
	}
}

// TestPrevChangesNothing: a Matcher grown from another answers like one made
// from nothing.
func TestPrevChangesNothing(t *testing.T) {
	checks(t, 500)
	rapid.Check(t, func(t *rapid.T) {
		prev, _ := NewMatcher(drawTerms(t), Options{})
		terms := drawTerms(t)
		a, ac := NewMatcher(terms, Options{})
		b, bc := NewMatcher(terms, Options{Prev: prev})
		src := []byte(drawText(t, terms))
		runs := prose(string(src))
		if !slices.Equal(a.Find(Page{}, src, runs, nil), b.Find(Page{}, src, runs, nil)) || !slices.Equal(ac, bc) || a.Digest() != b.Digest() {
			t.Fatalf("%+v in %q", terms, src)
		}
	})
}

// checks sets how many inputs rapid tries.
func checks(t *testing.T, n int) {
	t.Helper()
	if s := os.Getenv("PLAYBOOK_CHECKS"); s != "" {
		n, _ = strconv.Atoi(s)
	} else if testing.Short() {
		n /= 20
	}
	f := flag.Lookup("rapid.checks")
	was := f.Value.String()
	if was != f.DefValue {
		return // asked for on the command line
	}
	if err := f.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Value.Set(was) })
}

func FuzzFind(f *testing.F) {
	f.Add("sales qualified lead\nlead", "<p>a <em>sales</em> qualified-lead’s &amp; lead</p>", uint8(0))
	f.Add("R&D\nSQL", "<p>R&amp;D <b>S</b>QL</p>", uint8(1))
	f.Add("客户\nリード", "<p>大客户<em>经</em>理リード</p>", uint8(2))
	f.Add("e\u0301", "<p>\u00e9 e<i>\u0301</i></p>", uint8(3))
	f.Fuzz(func(t *testing.T, names, src string, flags uint8) {
		if len(names) > 200 || len(src) > 2000 {
			return
		}
		var terms []Term
		for i, n := range strings.Split(names, "\n") {
			terms = append(terms, Term{ID: strconv.Itoa(i), Names: []string{n}, Plural: flags&1 != 0, Auto: true, Case: CaseRule(flags >> 1 % 3)})
		}
		m, _ := NewMatcher(terms, Options{})
		runs := prose(src)
		got := m.Find(Page{}, []byte(src), runs, nil)
		at := 0
		for _, g := range got {
			if g.From < at || g.To <= g.From || g.To > len(src) || g.Term >= len(terms) {
				t.Fatalf("%v", got)
			}
			at = g.To
		}
		// Any runs at all must be survived.
		var odd []Run
		for i := 0; i+1 < len(src) && i < 20; i += 2 {
			odd = append(odd, Run{From: int(src[i]) - 8, To: int(src[i+1]) - 4, Block: i / 6})
		}
		m.Find(Page{}, []byte(src), odd, nil)
		WordKeys([]byte(src), odd, nil)
		// A word of a mention is a word of the page.
		if len(got) > 0 && !Diff(nil, m).Touches(WordKeys([]byte(src), runs, nil)) {
			t.Fatalf("%q has a mention but not its words", src)
		}
	})
}

// corpus makes n terms and a page of about size bytes that uses some of them.
func corpus(n, size int) ([]Term, []byte, []Run) {
	rnd := rand.New(rand.NewSource(1))
	syllables := strings.Fields("ba de fi go lu ma ne pi ro su ta ve wi zo ka mer ton lis dra gen")
	word := func() string {
		var b strings.Builder
		for range 2 + rnd.Intn(3) {
			b.WriteString(syllables[rnd.Intn(len(syllables))])
		}
		return b.String()
	}
	acronym := func() string {
		b := make([]byte, 4)
		for i := range b {
			b[i] = "BCDFGHJKLMNPQRSTVWXZ"[rnd.Intn(20)]
		}
		return string(b)
	}
	pool := make([]string, 2000)
	for i := range pool {
		pool[i] = word()
	}
	pick := func() string { return pool[int(float64(len(pool))*rnd.Float64()*rnd.Float64())] }
	terms := make([]Term, n)
	for i := range terms {
		name := pool[rnd.Intn(len(pool))] + " " + pool[rnd.Intn(len(pool))] + "or"
		if i%3 == 0 {
			name += " " + pick()
		}
		terms[i] = Term{ID: strconv.Itoa(i), Names: []string{name, acronym()}, Plural: true, Auto: true}
	}
	rnd = rand.New(rand.NewSource(2)) // the same page whatever the number of terms
	var b bytes.Buffer
	used := min(500, n)
	for b.Len() < size {
		b.WriteString("<p>")
		for range 60 {
			switch r := rnd.Intn(60); {
			case r == 0:
				b.WriteString(terms[rnd.Intn(used)].Names[0])
			case r < 3:
				fmt.Fprintf(&b, "<em>%s</em>", pick())
			case r < 4:
				b.WriteString(pick() + "’s")
			case r < 10:
				b.WriteString(pick() + ",")
			default:
				b.WriteString(pick())
			}
			b.WriteByte(' ')
		}
		b.WriteString("end.</p>\n")
	}
	return terms, b.Bytes(), prose(b.String())
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{500, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, src, runs := corpus(500, 6000)
			terms, _, _ := corpus(n, 0)
			m, _ := NewMatcher(terms, Options{})
			dst := m.Find(Page{}, src, runs, nil)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				dst = m.Find(Page{}, src, runs, dst[:0])
			}
			b.ReportMetric(float64(len(dst)), "mentions")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
		})
	}
}

func BenchmarkWordKeys(b *testing.B) {
	_, src, runs := corpus(500, 6000)
	dst := WordKeys(src, runs, nil)
	b.ReportAllocs()
	for b.Loop() {
		dst = WordKeys(src, runs, dst[:0])
	}
	b.ReportMetric(float64(4*len(dst)), "bytes/page")
}

func BenchmarkNewMatcher(b *testing.B) {
	for _, n := range []int{500, 5000} {
		terms, _, _ := corpus(n, 0)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				NewMatcher(terms, Options{})
			}
		})
		prev, _ := NewMatcher(terms[1:], Options{})
		b.Run(fmt.Sprint(n, " after a change"), func(b *testing.B) {
			for b.Loop() {
				NewMatcher(terms, Options{Prev: prev})
			}
		})
	}
}

func BenchmarkTouches(b *testing.B) {
	terms, src, runs := corpus(500, 6000)
	old, _ := NewMatcher(terms[1:], Options{})
	now, _ := NewMatcher(terms, Options{Prev: old})
	d := Diff(old, now)
	page := WordKeys(src, runs, nil)
	for b.Loop() {
		d.Touches(page)
	}
}

// TestNoAllocation: a page costs no memory but its mentions, in any script.
func TestNoAllocation(t *testing.T) {
	terms, src, runs := corpus(500, 6000)
	terms = append(terms, Term{ID: "e", Names: []string{"été", "商談", "buyer's remorse", "R&D"}, Plural: true, Auto: true})
	m, _ := NewMatcher(terms, Options{})
	odd := "<p>l\u2019e\u0301te\u0301 e\u0301te\u0301 次の商談 <em>buy</em>er&rsquo;s re\u00admorse R&amp;D</p>"
	for _, page := range []struct {
		src  []byte
		runs []Run
	}{{src, runs}, {[]byte(odd), prose(odd)}} {
		dst := m.Find(Page{Lang: "en-GB", In: []string{"plans"}}, page.src, page.runs, nil)
		if len(dst) == 0 {
			t.Fatal("nothing found")
		}
		if n := testing.AllocsPerRun(100, func() { dst = m.Find(Page{Lang: "en-GB", In: []string{"plans"}}, page.src, page.runs, dst[:0]) }); n > 0 {
			t.Errorf("%v allocations for %.30q", n, page.src)
		}
	}
}

// TestNumberOfTerms: ten times the terms must not cost ten times. The bound is
// far above what is measured (1.1), for machines that are busy.
func TestNumberOfTerms(t *testing.T) {
	_, src, runs := corpus(500, 6000)
	best := func(n int) time.Duration {
		terms, _, _ := corpus(n, 0)
		m, _ := NewMatcher(terms, Options{})
		least := time.Hour
		var dst []Mention
		for range 200 {
			start := time.Now()
			dst = m.Find(Page{}, src, runs, dst[:0])
			least = min(least, time.Since(start))
		}
		return least
	}
	if few, many := best(500), best(5000); many > 3*few {
		t.Errorf("500 terms take %v a page, 5,000 terms %v", few, many)
	}
}
