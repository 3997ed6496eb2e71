package document

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// runsOf writes the runs of a document, those of one phrase joined by "+".
func runsOf(d *Document) string {
	var b strings.Builder
	last := -1
	for _, r := range d.Body.Runs {
		switch {
		case r.Block == last:
			b.WriteString("+")
		case last >= 0:
			b.WriteString(" ")
		}
		last = r.Block
		fmt.Fprintf(&b, "%d%q", r.Section, d.Body.HTML()[r.From:r.To])
	}
	return b.String()
}

func TestRuns(t *testing.T) {
	for _, x := range []struct{ md, want string }{
		{"One *two* three\nfour.", `-1"One "+-1"two"+-1" three\nfour."`},
		{"Not [a link](b.md), [[wiki|link]] nor `code` <kbd>k</kbd>.", `-1"Not "+-1", "+-1" nor "+-1"."`},
		{"A [left alone]{.plain} word and [styled]{.x} one.", `-1"A "+-1" word and "+-1"styled"+-1" one."`},
		{"a &amp; b \\* c 1 < 2", `-1"a &amp; b * c 1 &lt; 2"`},
		{"x [[v.field]] y", `-1"x "+-1" y"`},
		{"hard  \nbreak", `-1"hard"+-1"break"`},
		{"# T\n\npre\n\n## H *no*\n\nin\n\n- li\n  - deep\n\n> quote", `-1"pre" 0"in" 0"li" 0"deep" 0"quote"`},
		{"| no | no |\n|---|---|\n| cell | *b* x |", `-1"cell" -1"b"+-1" x"`},
		{"![alt](a.png \"Caption\")\n\n```go\ncode\n```", `-1"Caption"`},
		{"> [!note] Title\n> body\n\n:::tip[No]\nyes\n:::", `-1"body" -1"yes"`},
		{"<div><p>html <a href=x>no</a> text</p><h2>no</h2></div>\n\n<summary>no</summary>", `-1"html "+-1" text"`},
		{"term\n: def\n\nx[^1]\n\n[^1]: note", `-1"term" -1"def" -1"x" -1"note"`},
		{"[a](b) [c](d)", ``},
		{"- [ ] task **b**", `-1"task "+-1"b"`},
		{"Das \"Wort\" -- ja", `-1"Das “Wort” – ja"`},
		{"www.x.com and a@b.co", `-1" and "`},
		{"<details>\n<summary>s</summary>\n\n## In\n\ninner\n\n</details>\n\nouter", `0"inner" -1"outer"`},
	} {
		d := NewCompiler(Options{Typographer: true}).Compile("p.md", "p.md", []byte(x.md))
		wellFormed(t, d)
		if got := runsOf(d); got != x.want {
			t.Errorf("%q\ngot  %s\nwant %s", x.md, got, x.want)
		}
	}
}

func TestSections(t *testing.T) {
	src := "# T\n\nlead\n\n## A\n\na one two\n\n### A1\n\nx\n\n## B\n\n> ### Q\n>\n> q\n>\n> # Big\n>\n> r\n\nstill b\n\n- item\n\n  ## L\n\n  l\n\nmore b[^n]\n\n### B1\n\n#### B2\n\n# C\n\nc\n\n[^n]: note\n"
	d := NewCompiler(Options{}).Compile("p.md", "p.md", []byte(src))
	wellFormed(t, d)
	want := map[string]string{
		"A": "A a one two A1 x", "A1": "A1 x", "B": "B Q q Big r still b item L l more b 1 B1 B2", "Q": "Q q", "Big": "Big r",
		"L": "L l", "B1": "B1 B2", "B2": "B2", "C": "C c",
	}
	words := map[string]int{"A": 3, "A1": 1, "B": 5, "Q": 1, "Big": 1, "L": 1, "C": 1}
	for _, h := range d.Headings {
		part := string(d.Body.HTML()[h.From:h.To])
		var b strings.Builder
		in := false
		for _, r := range part {
			switch {
			case r == '<':
				in = true
				b.WriteByte(' ')
			case r == '>':
				in = false
			case !in:
				b.WriteRune(r)
			}
		}
		got := strings.Join(strings.Fields(b.String()), " ")
		if got != want[h.Text] {
			t.Errorf("section %s is %q, want %q", h.Text, got, want[h.Text])
		}
		if h.Words != words[h.Text] {
			t.Errorf("section %s has %d words, want %d", h.Text, h.Words, words[h.Text])
		}
	}
	if len(d.Headings) != len(want) {
		t.Errorf("%d headings", len(d.Headings))
	}
}

func TestTitle(t *testing.T) {
	front := func(title string) *Map {
		return &Map{Fields: []Field{{Key: "title", Value: Value{Kind: String, Str: title}}}}
	}
	for _, x := range []struct {
		front          *Map
		md, title, id  string
		headings, lead string
	}{
		{nil, "# My *Page*\n\nFirst.", "My Page", "my-page", "", "First."},
		{nil, "<!-- lint off -->\n\n[r]: x\n\n# Page", "Page", "page", "", ""},
		{nil, "Text.\n\n# Page", "", "", "Page", "Text."},
		{nil, "## Two", "", "", "Two", ""},
		{front("my  PAGE"), "# My Page {#own}\n\nx", "my PAGE", "own", "", "x"},
		{front("Other"), "# My Page", "Other", "", "My Page", ""},
		{nil, "# A\n\n## A\n", "A", "a", "A", ""},
		{nil, "[![badge](a.svg)](b)\n\n![[embed]]\n\n- list\n\nReal *first* paragraph.", "", "", "", "Real <em>first</em> paragraph."},
		{nil, "", "", "", "", ""},
	} {
		c := NewCompiler(Options{})
		d := &Document{Front: x.front}
		w := new(writer)
		w.reset(c, d, 1)
		w.compile([]byte(x.md))
		var heads []string
		for _, h := range d.Headings {
			heads = append(heads, h.Text)
		}
		lead := string(d.Body.HTML()[d.Body.Lead[0]:d.Body.Lead[1]])
		if d.Title != x.title || d.TitleID != x.id || strings.Join(heads, ",") != x.headings || lead != x.lead {
			t.Errorf("%q: title %q #%s, headings %v, lead %q", x.md, d.Title, d.TitleID, heads, lead)
		}
	}
}

func TestSummaryAndWords(t *testing.T) {
	d := NewCompiler(Options{}).Compile("p.md", "p.md", []byte("# T\n\n"+strings.Repeat("word it's well-known ", 40)+"\n\n```\nnot these words\n```\n\n日本語 text\n"))
	if n := len([]rune(d.Summary)); n > summaryLength || n < summaryLength-20 || !strings.HasSuffix(d.Summary, "…") {
		t.Errorf("summary of %d characters: %q", n, d.Summary)
	}
	if d.Words != 120+4 {
		t.Errorf("%d words, want 124", d.Words)
	}
}

func TestLimits(t *testing.T) {
	lim := Limits{Page: 100_000, Line: 1000, TableColumns: 5, Nesting: 6}
	for _, x := range []struct {
		name, src, rule string
		line, col       int
	}{
		{"page", strings.Repeat("a\n", 60_000), "page-size", 0, 0},
		{"line", "a\n\n" + strings.Repeat("b", 1001) + "\n", "line-length", 3, 1},
		{"columns", "x\n\n|a|b|c|d|e|f|\n|-|-|-|-|-|-|\n", "table-columns", 4, 1},
		{"columns fit", "|a|b|c|d|e|\n|-|-|-|-|-|\n", "", 0, 0},
		{"cells", "|a|b|c|d|e|\n|-|-|-|-|-|\n" + strings.Repeat("|\n", 10_000), "table-columns", 2, 1},
		{"quotes", "x\n\n> > > > > > > deep\n", "nesting", 3, 13},
		{"quotes fit", "> > > > > > deep\n", "", 0, 0},
		{"lists", "- - - - - - - deep\n", "nesting", 1, 13},
		{"lists fit", "- - - - - - deep\n", "", 0, 0},
		{"containers", strings.Repeat(":::a\n", 7) + strings.Repeat(":::\n", 7), "nesting", 7, 1},
		{"brackets", strings.Repeat(strings.Repeat("[a](", 200)+"\n", 90), "nesting", 0, 0},
		{"references", "[a]: " + strings.Repeat("b", 900) + "\n\n" + strings.Repeat("[a]\n\n", 15000), "page-size", 0, 0},
	} {
		d := NewCompiler(Options{Limits: lim}).Compile("p.md", "content/p.md", []byte(x.src))
		wellFormed(t, d)
		switch {
		case x.rule == "":
			if len(d.Diags) > 0 {
				t.Errorf("%s: %+v", x.name, d.Diags)
			}
		case len(d.Diags) != 1 || d.Diags[0].Rule != x.rule || d.Diags[0].Level.String() != "error" || d.Diags[0].At.File != "content/p.md":
			t.Errorf("%s: %+v", x.name, d.Diags)
		case x.line > 0 && (d.Diags[0].At.Line != x.line || d.Diags[0].At.Col != x.col):
			t.Errorf("%s: at %+v", x.name, d.Diags[0].At)
		}
	}
}

// TestLimitsUnlessSaid holds the bounds of a site that sets none: what just fits
// passes, one more is an error with its place.
func TestLimitsUnlessSaid(t *testing.T) {
	wide := func(n int) string { return strings.Repeat("|a", n) + "|\n" + strings.Repeat("|-", n) + "|\n" }
	lines := func(n int) string {
		return strings.Repeat(strings.Repeat("a", 99)+"\n", n/100) + strings.Repeat("a", n%100)
	}
	front := func(n int) string { return "---\ntitle: \"" + strings.Repeat("a", n-10) + "\"\n---\n\nx\n" }
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "k%d: 1\n", i)
		}
		return "---\n" + b.String() + "---\n\nx\n"
	}
	deep := func(n int) string {
		return "---\na: " + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "\n---\n\nx\n"
	}
	for _, x := range []struct {
		what, rule string
		limit      int
		page       func(n int) string
		line, col  int
	}{
		{"bytes of a page", "page-size", 1 << 20, lines, 0, 0},
		{"bytes of a line", "line-length", 64 << 10, func(n int) string { return "x\n\n" + strings.Repeat("b", n) + "\n" }, 3, 1},
		{"columns of a table", "table-columns", 128, wide, 2, 1},
		{"quotes in quotes", "nesting", 100, func(n int) string { return "x\n\n" + strings.Repeat("> ", n) + "a\n" }, 3, 201},
		{"lists in lists", "nesting", 100, func(n int) string { return strings.Repeat("- ", n) + "a\n" }, 1, 201},
		{"bytes of front matter", "front-too-large", 64 << 10, front, 1, 1},
		{"keys of front matter", "front-too-large", 1000, keys, 1002, 1},
		{"lists in front matter", "front-too-large", 100, deep, 2, 103},
	} {
		c := NewCompiler(Options{})
		if d := c.Compile("p.md", "content/p.md", []byte(x.page(x.limit))); len(d.Diags) > 0 {
			t.Errorf("%d %s: %+v", x.limit, x.what, d.Diags)
		}
		d := c.Compile("p.md", "content/p.md", []byte(x.page(x.limit+1)))
		if len(d.Diags) != 1 || d.Diags[0].Rule != x.rule || d.Diags[0].Level.String() != "error" || d.Diags[0].At.File != "content/p.md" || d.Diags[0].At.Line != x.line || d.Diags[0].At.Col != x.col {
			t.Errorf("%d %s: %+v", x.limit+1, x.what, d.Diags)
		}
	}
}

func TestEncoding(t *testing.T) {
	c := NewCompiler(Options{})
	d := c.Compile("p.md", "p.md", []byte("a\nb \xff\xfe [x](y.md)\n"))
	if len(d.Diags) != 1 || d.Diags[0].Rule != "text-encoding" || d.Diags[0].At.Line != 2 || d.Diags[0].At.Col != 3 {
		t.Errorf("%+v", d.Diags)
	}
	if d.Refs[0].Col != 10 {
		t.Errorf("a column after bad bytes is %d", d.Refs[0].Col)
	}
	unix := c.Compile("p.md", "p.md", []byte("# T\n\na\nb [x](y)\n\n```\nc\n```\n"))
	dos := c.Compile("p.md", "p.md", []byte("# T\r\n\r\na\r\nb [x](y)\r\n\r\n```\r\nc\r\n```\r\n"))
	if !bytes.Equal(unix.Body.HTML(), dos.Body.HTML()) || unix.Refs[0] != dos.Refs[0] {
		t.Errorf("line ends matter:\n%s\n%s", unix.Body.HTML(), dos.Body.HTML())
	}
}

// TestConcurrent compiles the same pages in many goroutines with one compiler
// and expects what a fresh compiler gives for each.
func TestConcurrent(t *testing.T) {
	var pages [][]byte
	for _, x := range []string{"html", "heading", "footnote", "code", "span", "alert"} {
		for _, c := range readCases(t, "testdata/ext/"+x+".txt") {
			pages = append(pages, []byte(c.markdown))
		}
	}
	shared := NewCompiler(Options{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, src := range pages {
				got := shared.Compile("p.md", "p.md", src)
				if want := NewCompiler(Options{}).Compile("p.md", "p.md", src); !reflect.DeepEqual(got, want) {
					t.Errorf("a used compiler gives something else for %q", src)
				}
			}
		})
	}
	wg.Wait()
}

func TestCodeCacheHits(t *testing.T) {
	c := NewCompiler(Options{})
	src := []byte("```go\nfunc main() {}\n```\n")
	c.Compile("a.md", "a.md", src)
	n := len(c.code.html)
	c.Compile("b.md", "b.md", append([]byte("text\n\n"), src...))
	if n != 1 || len(c.code.html) != 1 {
		t.Errorf("the code is kept %d times, then %d", n, len(c.code.html))
	}
}

func TestAnchorVariants(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"Hello World", "hello-world"},
		{"Über uns & Co.", "über-uns--co über-uns-co uber-uns-co Über-uns-co"},
		{"01.1 Presales: who?", "011-presales-who _011-presales-who"},
		{"a  b -- c", "a--b----c a-b-c"},
		{"What's new?", "whats-new"},
		{"C++ / C#", "c--c c-c"},
		{"日本語", "日本語"},
		{"Émile’s café", "émiles-café emiles-cafe Émiles-café"},
		{"???", ""},
		{"snake_case `code`", "snake_case-code"},
	} {
		if got := strings.Join(AnchorVariants(x.text), " "); got != x.want {
			t.Errorf("%q: %q, want %q", x.text, got, x.want)
		}
	}
}

func TestInline(t *testing.T) {
	for _, x := range []struct{ md, html, plain string }{
		{"plain & simple", "plain &amp; simple", "plain & simple"},
		{"*a* **b** ~~c~~ `d<`", "<em>a</em> <strong>b</strong> <del>c</del> <code>d&lt;</code>", "a b c d<"},
		{"[x](https://e.com/?a&b) <https://f.com>", `<a href="https://e.com/?a&amp;b" rel="external noopener">x</a> <a href="https://f.com" rel="external noopener">https://f.com</a>`, "x https://f.com"},
		{"[x](page.md) [y](javascript:z) ![alt](p.png)", "x y alt", "x y alt"},
		{"<script>alert(1)</script> <b>", "&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt;", "<script>alert(1)</script> <b>"},
		{"# no heading\n\n- no list\n> no quote", "# no heading - no list &gt; no quote", "# no heading - no list > no quote"},
		{"&lt;b&gt; \\*x\\* &copy;", "&lt;b&gt; *x* ©", "<b> *x* ©"},
		{"", "", ""},
	} {
		if got := Inline(x.md); got != x.html {
			t.Errorf("Inline(%q) = %s", x.md, got)
		}
		if got := Plain(x.md); got != x.plain {
			t.Errorf("Plain(%q) = %s", x.md, got)
		}
	}
	Inline(strings.Repeat("[a](", 100_000))
}
