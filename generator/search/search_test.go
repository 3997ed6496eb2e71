package search

import (
	"encoding/base64"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func wordsOf(text string) string {
	var out []string
	Words([]byte(text), func(w []byte) { out = append(out, string(w)) })
	return strings.Join(out, " ")
}

// TestWords holds the rules to the table that the browser is held to as well.
func TestWords(t *testing.T) {
	table, err := os.ReadFile("testdata/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(table)) {
		line = strings.TrimSuffix(line, "\n")
		if text, want, ok := strings.Cut(line, "\t"); ok {
			n++
			if got, want := wordsOf(text), norm.NFKD.String(want); got != want {
				t.Errorf("%q has the words %q, want %q", text, got, want)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d lines", n)
	}
}

// TestFamilies: what inflection joins, and what a stemmer alone would join too.
func TestFamilies(t *testing.T) {
	base := func(lang, w string) string {
		f := familyOf(lang, w)
		return w[:len(w)-int(f&7)] + map[family]string{withY: "/y", withE: "/e"}[f&^7]
	}
	for _, c := range []struct{ lang, together string }{
		{"en", "customer customers"}, {"en", "company companies"}, {"en", "price prices priced pricing"}, {"en", "plan plans planned planning"},
		{"en", "opportunity opportunities"}, {"en", "lead leads leading"}, {"en", "reach reaches reached reaching"},
		{"de", "plan plane plans"}, {"fr", "vente ventes"}, {"es", "cliente clientes"},
	} {
		words := strings.Fields(c.together)
		for _, w := range words[1:] {
			if base(c.lang, w) != base(c.lang, words[0]) {
				t.Errorf("%s: %s is of %s, %s of %s", c.lang, w, base(c.lang, w), words[0], base(c.lang, words[0]))
			}
		}
	}
	for _, apart := range []string{"customer custom", "market marketer", "plan plane", "police policy", "sale salary", "class clasp", "2026 202"} {
		a, b, _ := strings.Cut(apart, " ")
		if base("en", a) == base("en", b) {
			t.Errorf("%s and %s are both of %s", a, b, base("en", a))
		}
	}
	if f := familyOf("xx", "leads"); f != 0 {
		t.Errorf("a language without a stemmer gives %d", f)
	}
}

// TestEntry: titles say more than headings, headings more than text, and a word
// is found where it stands most.
func TestEntry(t *testing.T) {
	var c, d Counter
	c.Add([]byte("pipeline review: the pipeline is reviewed"), InText, 1)
	c.Add([]byte("Gap"), InHeading, 2)
	c.Add([]byte("review review review"), InText, 2)
	body := c.Pack()
	d.Add([]byte("Weekly gap"), InTitle, 0)
	d.AddName("kind:", "Guide", InText, 0)
	got := map[string]byte{}
	for r := (entryReader{rest: string(NewEntry(200, body, d.Pack()))}); r.next(); {
		got[string(r.word)] = r.what
	}
	for w, part := range map[string]byte{"pipeline": 1, "review": 2, "reviewed": 1, "weekly": 0, "kind:guide": 0} {
		if got[w]&15 != part {
			t.Errorf("%s is found in part %d, want %d", w, got[w]&15, part)
		}
	}
	if !(got["gap"]>>4 > got["review"]>>4 && got["review"]>>4 > got["reviewed"]>>4) {
		t.Errorf("gap %d, review %d, reviewed %d", got["gap"]>>4, got["review"]>>4, got["reviewed"]>>4)
	}
	if c.Pack() != "" {
		t.Error("a Counter is not empty after Pack")
	}
}

// site is texts by number.
type site map[uint32]Entry

func (s site) index() *Index {
	var texts []Text
	for n, e := range s {
		texts = append(texts, Text{n, e})
	}
	slices.SortFunc(texts, func(a, b Text) int { return int(a.Number) - int(b.Number) })
	return New("en", texts)
}

func drawEntry(t *rapid.T) Entry {
	var c Counter
	for i := range rapid.IntRange(0, 3).Draw(t, "parts") {
		c.Add([]byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(vocabulary), 0, 12).Draw(t, "words"), " ")), rapid.SampledFrom([]int{InText, InHeading, InTitle}).Draw(t, "weight"), i)
	}
	return NewEntry(rapid.IntRange(0, 900).Draw(t, "long"), c.Pack())
}

var vocabulary = func() []string {
	out := []string{"東京都", "売上", "Ärger", "z", "kind"}
	for _, a := range []string{"cu", "cus", "custom", "pl", "plan", "re"} {
		for _, b := range []string{"", "s", "er", "ers", "ing", "view", "tom"} {
			out = append(out, a+b)
		}
	}
	return out
}()

// TestWith: an Index with changes is the one made anew, whatever changes.
func TestWith(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := site{}
		for range rapid.IntRange(0, 20).Draw(t, "texts") {
			s[rapid.Uint32Range(0, 300).Draw(t, "number")] = drawEntry(t)
		}
		x := s.index()
		for range 3 {
			var changes []Change
			told := map[uint32]bool{}
			for range rapid.IntRange(0, 6).Draw(t, "changes") {
				n := rapid.Uint32Range(0, 300).Draw(t, "number")
				if told[n] {
					continue
				}
				told[n] = true
				c := Change{Number: n, Was: s[n]}
				if delete(s, n); rapid.Bool().Draw(t, "there") {
					c.Is = drawEntry(t)
					s[n] = c.Is
				}
				changes = append(changes, c)
			}
			old := x.Shards()
			x = x.With(changes)
			want := s.index()
			if a, b := x.Append(nil), want.Append(nil); string(a) != string(b) {
				t.Fatalf("with changes: %q\nanew: %q", a, b)
			}
			// A shard that says it is the same has the same text.
			by := map[string]Shard{}
			for _, o := range old {
				by[o.Key] = o
			}
			for i, sh := range x.Shards() {
				if o, ok := by[sh.Key]; ok && sh.Same(o) && sh.Text() != o.Text() {
					t.Fatalf("shard %q is said to be the same", sh.Key)
				}
				if w := want.Shards()[i]; w.Key != sh.Key || w.Text() != sh.Text() {
					t.Fatalf("shard %q differs from %q", sh.Key, w.Key)
				}
			}
			back, err := Read("en", x.Append(nil))
			if err != nil || string(back.Append(nil)) != string(x.Append(nil)) {
				t.Fatalf("read back: %v", err)
			}
		}
	})
}

// TestShards: every word lies in the one shard where a browser looks for it, and
// no shard is large but for a single word's sake.
func TestShards(t *testing.T) {
	var texts []Text
	for n := range 3000 {
		var c Counter
		for k := range 40 {
			c.Add(fmt.Appendf(nil, "w%x common%d x%d", (n*37+k*k)%5000, k%3, n), InText, k%4)
		}
		texts = append(texts, Text{uint32(n * 61), NewEntry(120, c.Pack())})
	}
	x := New("en", texts)
	shards := x.Shards()
	if len(shards) < 20 {
		t.Fatalf("only %d shards", len(shards))
	}
	at := 0
	for i, s := range shards {
		if i > 0 && s.Key <= shards[i-1].Key {
			t.Errorf("shard %q after %q", s.Key, shards[i-1].Key)
		}
		if s.lo != at {
			t.Errorf("shard %q begins at %d, want %d", s.Key, s.lo, at)
		}
		at = s.hi
		for _, f := range x.forms[s.lo:s.hi] {
			if f.word < s.Key || i+1 < len(shards) && f.word >= shards[i+1].Key {
				t.Errorf("%q lies in %q", f.word, s.Key)
			}
		}
		if size := base64.StdEncoding.DecodedLen(len(s.Text())); size > shardSize+64 && s.hi-s.lo > 1 {
			t.Errorf("shard %q has %d bytes and %d words", s.Key, size, s.hi-s.lo)
		}
	}
	if at != len(x.forms) {
		t.Errorf("%d of %d words", at, len(x.forms))
	}
}

// FuzzRead: what was kept on a disk may be anything.
func FuzzRead(f *testing.F) {
	var c Counter
	c.Add([]byte("a territory plan in eight steps"), InText, 1)
	f.Add(New("en", []Text{{3, NewEntry(6, c.Pack())}, {90, NewEntry(6, "")}}).Append(nil))
	f.Add([]byte{0, 1, 'a', 0, 1, 2, 0, 17})
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := Read("en", data)
		if err != nil {
			return
		}
		if got := x.Append(nil); string(got) != string(data) && len(got) > len(data) {
			t.Errorf("%q comes back as %q", data, got)
		}
		for _, s := range x.Shards() {
			s.Text()
		}
		x.With([]Change{{Number: 5, Is: NewEntry(6, Bag("\x00\x01a\x01\x00"))}})
	})
}

// FuzzWords: no text breaks the rules, and folding twice is folding once.
func FuzzWords(f *testing.F) {
	f.Add("Ärger 東京 İ ﬁ x")
	f.Fuzz(func(t *testing.T, text string) {
		Words([]byte(text), func(w []byte) {
			if again := wordsOf(string(w)); len(w) > 4*MaxWord || again != "" && again != string(w) && !strings.Contains(again, " ") && again != Fold(string(w)) {
				t.Errorf("%q gives %q, which gives %q", text, w, again)
			}
		})
		var c Counter
		c.Add([]byte(text), InText, 3)
		NewEntry(10, c.Pack())
	})
}
