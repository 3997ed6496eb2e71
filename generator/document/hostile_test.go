package document

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// hostile are pages made to cost. Each gives about n bytes.
func hostile() map[string]func(n int) string {
	rep := func(s string) func(int) string {
		return func(n int) string { return strings.Repeat(s, n/len(s)) }
	}
	// lines breaks a pattern into lines under the cap, all in one paragraph.
	lines := func(s string) func(int) string {
		per := 60000 / len(s)
		return func(n int) string { return strings.Repeat("x"+strings.Repeat(s, per)+"\n", n/(per*len(s)+2)+1) }
	}
	each := func(f string) func(int) string {
		return func(n int) string {
			var b strings.Builder
			for i := 0; b.Len() < n; i++ {
				b.WriteString(strings.ReplaceAll(f, "#", fmt.Sprint(i)))
			}
			return b.String()
		}
	}
	halves := func(a, b string) func(int) string {
		return func(n int) string { return lines(a)(n/2) + lines(b)(n/2) }
	}
	m := map[string]func(int) string{}
	for _, s := range []string{
		"[", "![", "]", "[a](", "[a](b", "[a](<b", "[a](b \"", "[a](b)", "[[a](b)", "[a][", "[a]", "[]", "[[", "[[a|", "![[", "[[a]]", "![[a]]",
		"*a ", "**a _b ", "*a_ ", "a**b", "~a ", "~~a", "`a``b", "`", "<", "<a ", "<a b=", "<a b='c", "<!--", "<?", "<!A", "<![CDATA[", "&", "\\",
		"\"a ", "a\" ", "'a ", " www.a", " http://", "a@", " a.b", "[^a]", "[^", "*[a*](b)", "[a]{.b}", "[a]{", "[`]{.x}`]", "[[[]{.a}",
		"<b>", "</b>", "<b></i>", "<svg>", "<script>", "<a href=x>", "<b a>", "<br>", ":::", "$", "{", "{{", "\x00", "\xff",
	} {
		m["line "+s] = lines(s)
	}
	for _, s := range []string{
		"a\n", "a  \n", "-\n", "- a\n", "- a\n\n", "a\n-\n", "# a\n", "# a {#b}\n", "> a\n", "a\n: b\n", ": b\n", "    a\n\n", "```\n", "~~~a\n\n> ",
		"<div>\n\n", "<div>\n", "<pre>\n\n", "<p>\n\n", "<svg>\n\n", "</div>\n\n", "<details>\n\n# a\n\n", "|-|\n", "a|b\n|-|\n", "[a]: b \"\n", "[a\n", "[a]\n", ":::a\n", "::::a\n\n", ":::\n", "> [!a]\n",
		"- [ ] a\n", "![a](b)\n\n", "![[a]]\n\n", "[a](b)\n\n", "[a](b). ", "\n", "\r", "<!-- a -->\n", "1. ", "- ", "> ", ">", "* * ",
	} {
		m["rep "+s] = rep(s)
	}
	for _, s := range []string{"[^#]: x\n\n", "a[^#]\n\n[^#]: x\n\n", "[#]: x\n", "# a#\n", "[a#](b) ", "```go\nx#\n```\n", "<x#>", "<a id=\"x#\">\n\n", "<b x#=1>", "[a#]{.b}\n"} {
		m["each "+s] = each(s)
	}
	m["brackets"] = halves("[", "]")
	m["angles"] = halves("<b>", "</i>")
	m["emphasis"] = halves("*a **a ", "b** b*")
	m["nested links"] = halves("[", "](b)")
	m["references"] = func(n int) string { return "[a]: " + strings.Repeat("b", 60000) + "\n\n" + lines("[a] ")(n-60000) }
	m["pictures"] = func(n int) string { return "[a]: " + strings.Repeat("b", 60000) + "\n\n" + lines("![a] ")(n-60000) }
	m["references apart"] = func(n int) string {
		return "[a]: " + strings.Repeat("b", 60000) + "\n\n" + strings.Repeat("[a]\n\n", (n-60000)/5)
	}
	m["backticks"] = func(n int) string {
		var b strings.Builder
		for i := 1; b.Len() < n; i++ {
			b.WriteString(strings.Repeat("`", i) + "\n")
		}
		return b.String()
	}
	m["table rows"] = func(n int) string {
		return strings.Repeat("|a", 120) + "|\n" + strings.Repeat("|-", 120) + "|\n" + strings.Repeat("|\n", n/2)
	}
	m["table pipes"] = func(n int) string { return "|a|b|\n|-|-|\n" + strings.Repeat("|`\\|`|b|\n", n/9) }
	m["table wide"] = func(n int) string {
		return strings.Repeat("|a", n/4) + "|\n" + strings.Repeat("|-", n/4) + "|\n"
	}
	m["deep blank"] = func(n int) string {
		var b strings.Builder
		for i := range 99 {
			b.WriteString(strings.Repeat("  ", i) + "- a\n")
		}
		return b.String() + strings.Repeat("\n", n)
	}
	m["deep list"] = func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			b.WriteString(strings.Repeat(" ", 2*(i%20000)) + "- a\n")
		}
		return b.String()
	}
	m["deep quote"] = func(n int) string {
		line := strings.Repeat("> ", 99) + "a\n"
		return strings.Repeat(line, n/len(line))
	}
	m["heading braces"] = func(n int) string { return strings.Repeat("# "+strings.Repeat("{a=[", 15000)+"\n", n/60000) }
	m["heading classes"] = func(n int) string { return strings.Repeat("# a {"+strings.Repeat(".a ", 20000)+"}\n", n/60000) }
	m["spaces"] = func(n int) string { return strings.Repeat("a"+strings.Repeat(" ", 60000)+"b\n", n/60000) }
	m["tabs"] = func(n int) string { return strings.Repeat(strings.Repeat("\t", 60000)+"b\n", n/60000) }
	m["one line"] = func(n int) string { return strings.Repeat("a", n) }
	m["too large"] = func(n int) string { return strings.Repeat("a\n", n) }
	m["code brackets"] = func(n int) string { return "```json\n" + strings.Repeat("[[1,2],[3,4]],", n/14) + "\n```\n" }
	m["code strings"] = func(n int) string {
		return "```python\n" + strings.Repeat("\"\"\"' \\", 9000) + "\n```\n" + strings.Repeat("```yaml\n"+strings.Repeat("a: &b {", 1000)+"\n```\n", 20)
	}
	return m
}

var full = flag.Bool("hostile", false, "compile every hostile page at full size")

// costly are the pages that cost the parser the square of their size and more
// where nothing stops it; they are always tried at a size that tells.
var costly = []string{
	"line [a](", "line [a](b", "line *a_ ", "brackets", "heading braces", "each a[^#]\n\n[^#]: x\n\n", "references apart", "table rows", "table pipes", "deep blank", "rep >", "angles",
}

// TestHostile compiles pages made to cost. The bound is wide, for slow and busy
// machines; what costs the square of its size would take minutes.
func TestHostile(t *testing.T) {
	c := NewCompiler(Options{Typographer: true})
	for name, f := range hostile() {
		size := 12 << 10
		if *full {
			size = 1<<20 - 4096
		} else if slices.Contains(costly, name) {
			size = 400 << 10
		}
		src := []byte(f(size))
		if name == "too large" {
			src = []byte(f(2 << 20))
		} else if len(src) > 1<<20 {
			src = src[:1<<20]
		}
		start := time.Now()
		done := make(chan *Document, 1)
		go func() { done <- c.Compile("p.md", "p.md", src) }()
		select {
		case d := <-done:
			if *full {
				t.Logf("%6d ms %9d bytes of HTML, %d diagnostics: %q", time.Since(start).Milliseconds(), len(d.Body.HTML()), len(d.Diags), name)
			}
			if n := len(d.Body.HTML()); n > 17*len(src)+2<<20 {
				t.Errorf("%q: %d bytes of HTML from %d", name, n, len(src))
			}
			if len(d.Diags) > maxWarnings+10 {
				t.Errorf("%q: %d diagnostics", name, len(d.Diags))
			}
			if !*full && len(src) < 100<<10 {
				wellFormed(t, d)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%q takes more than 30 s", name)
		}
	}
	for _, name := range costly {
		if hostile()[name] == nil {
			t.Errorf("there is no page %q", name)
		}
	}
}
