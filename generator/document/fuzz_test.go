package document

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// FuzzCompile holds every text to the promises of the package: see wellFormed.
func FuzzCompile(f *testing.F) {
	files, _ := filepath.Glob("testdata/ext/*.txt")
	for _, file := range files {
		for _, c := range readSeeds(f, file) {
			f.Add(c)
		}
	}
	for _, s := range []string{
		"<a href=javascript&colon;alert(1)>x</a>", "<img src=x onerror=alert(1)//", "<a href=\"x\"onclick=y>", "<<script>script>", "<scr<script>ipt>",
		"[a](<javascript:x>)", "[a]: java\\\nscript:x\n\n[a]", "![a](\"onerror=x)", "```\"onclick=x\n```", "# {onclick=x}\n# {#\"><script>}", "<p title='\"><script>'>",
		"<details open=\"\"><summary></details></summary>", "<table><td><div></table>", "<a><b></a></b>", "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
		"<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
		"<!--><script>x</script>-->", "<!--->x-->", "<![CDATA[<script>]]>", "<?php <script> ?>", "<!DOCTYPE x><script>", "<plaintext>x\n\ny", "<xmp><script>x</script></xmp>",
		":::a{.b}\n> [!x]-\n> :::c\n:::", "[^a]: [^a]\n\n[^a]", "a\n: b\n: > c\n\n:::d", "[[a|b]](c) ![[d.png|e|1x2]]", "[*a]{.b}*", "[a]{#x}[b]{#x}", "> - <b>\n\n</b>",
		"<h2>\n\n## x\n\n</h2>", "<p>\n\n<p>\n\n</p>", "\x00<\x00b>", "-\t<br>\n\t<i>", "|a|\n|-|\n|<b>|\n|`\\|`|", "<center>\n\n</div>\n\n</center>",
		"<script>\n\nx\n\n</script>", "<b>\n<script>", "a <svg> b </svg> c", "- <svg>\n\n</svg>", "&#0;&#x110000;&#x22;&quot;", "[a](&quot;&gt;)",
	} {
		f.Add(s)
	}
	c := NewCompiler(Options{Typographer: true})
	escaping := NewCompiler(Options{RawHTML: Escape, Language: "de"})
	plain := NewCompiler(Options{Plain: true})
	slow := NewCompiler(Options{Typographer: true})
	slow.quick = slow.md
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 20_000 {
			return
		}
		d := c.Compile("p.md", "p.md", []byte(src))
		wellFormed(t, d)
		if again := c.Compile("p.md", "p.md", []byte(src)); !reflect.DeepEqual(d, again) {
			t.Error("a second compilation gives something else")
		}
		if same := slow.Compile("p.md", "p.md", []byte(src)); !reflect.DeepEqual(d, same) {
			t.Error("it is another document where addresses are looked for")
		}
		wellFormed(t, escaping.Compile("p.md", "p.md", []byte(src)))
		wellFormed(t, plain.Compile("p.md", "p.md", []byte(src)))
		line := Inline(src)
		balanced(t, "inline", []byte(line))
		harmless(t, []byte(line))
		Plain(src)
	})
}

func readSeeds(f *testing.F, file string) []string {
	f.Helper()
	var out []string
	for _, c := range readCases(f, file) {
		out = append(out, c.markdown)
	}
	return out
}

// TestFrame puts bodies into a frame and parses the whole as a browser does: no
// content may end or open an element of the frame.
func TestFrame(t *testing.T) {
	for _, src := range []string{
		"</main></body></html>", "<div>\n\ntext", "</div></div>\n\n</article>", "<table><tr><td>", "<b>\n\n- <i>\n\n> <u>", "<details>\n\n<summary>\n\n</p>",
		"<!-- never closed", "<p><p><p>", "<li><li>", "</p></p>", "<a href=x>\n\n<a href=y>", "<td>x</td>", "<h1><h2><h3>", "<ruby><rt><rp>",
	} {
		d := NewCompiler(Options{}).Compile("p.md", "p.md", []byte("start\n\n"+src+"\n\nend\n"))
		wellFormed(t, d)
		got := normal(t, "<body><main><article>"+string(d.Body.HTML())+"</article><footer>F</footer></main></body>")
		if !strings.HasSuffix(got, "</article><footer>F</footer></main></body></html>") {
			t.Errorf("%q breaks the frame:\n%s", src, got)
		}
	}
}
