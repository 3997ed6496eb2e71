package render

import (
	"strings"
	"testing"

	"playbook/generator/document"
)

// TestToMarkdown holds what becomes of each element, and that nothing active
// comes out of text that looks like Markdown or HTML.
func TestToMarkdown(t *testing.T) {
	for _, c := range []struct{ html, want string }{
		{"<p>a <em>b</em> <strong>c </strong>d</p>", "a *b* **c** d\n"},
		{"<p>1. not a list # * _ [x] &lt;script&gt; &amp;amp; a|b</p>", "1\\. not a list # \\* \\_ \\[x\\] \\<script> \\&amp; a|b\n"},
		{"<p># no heading</p><p>- no item</p><p>+</p><p>===</p>", "\\# no heading\n\n\\- no item\n\n\\+\n\n\\===\n"},
		{"<h2 id=\"x\">Of a\nb</h2><p>t</p>", "## Of a b\n\nt\n"},
		{`<p><a href="/~pb~/a/">x</a>!<a href="b(c) d">y</a> <a class="missing">z</a></p>`, "[x](U/a/)\\![y](b%28c%29%20d) z\n"},
		{`<p><img src="/~pb~/p.png" alt="a ] &lt;b" width="3"> <img src="data:," class="missing" alt="gone"></p>`, "![a \\] \\<b](U/p.png) gone\n"},
		{"<ul><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ul><p>e</p>", "- a\n  - b\n- c\n\n  d\n\ne\n"},
		{`<ol start="3"><li>a</li><li>b</li></ol>`, "3. a\n4. b\n"},
		{`<ul class="task-list"><li class="task"><label><input type="checkbox" checked disabled> a</label></li><li class="task"><label><input type="checkbox" disabled> b</label></li></ul>`, "- [x] a\n- [ ] b\n"},
		{"<p>a</p><blockquote><p>b</p><p>c<br>d</p></blockquote><p>e</p>", "a\n\n> b\n>\n> c\\\n> d\n\ne\n"},
		{`<div class="alert alert-note" role="note"><p class="alert-title">Note</p><p>t</p></div>`, "> **Note**\n>\n> t\n"},
		{"<pre><code data-lang=\"go\"><span>a</span>\n\n``` &lt;b&gt;\n</code></pre>", "````go\na\n\n``` <b>\n````\n"},
		{"<p><code>a`b</code> <code>`</code></p>", "``a`b`` `` ` ``\n"},
		{"<table><thead><tr><th>a</th><th>b|</th></tr></thead><tbody><tr><td>1<br>2</td><td><code>x|y</code></td></tr></tbody></table><p>c</p>", "| a | b\\| |\n| --- | --- |\n| 1 2 | `x\\|y` |\n\nc\n"},
		{"<dl><dt>T</dt><dd>d</dd></dl>", "**T**\n: d\n"},
		{"<details><summary>s</summary><p>t</p></details><hr>", "**s**\n\nt\n\n---\n"},
		{`<p>n<sup id="fnref:1"><a class="footnote-ref" role="doc-noteref" href="#fn:1">1</a></sup></p><section class="footnotes"><ol><li id="fn:1"><p>t <a class="footnote-backref" role="doc-backlink" href="#fnref:1">↩</a></p></li></ol></section>`, "n[^1]\n\n[^1]: t\n"},
		{`<p>a<svg><title>no</title></svg>b</p>`, "ab\n"},
		{`<p title="a > b">c</p>`, "c\n"},
		{"", ""},
	} {
		got := string(toMarkdown(c.html, func(u string) string { return strings.Replace(u, "/~pb~", "U", 1) }))
		if got != c.want {
			t.Errorf("%s\n gives %q\n want  %q", c.html, got, c.want)
		}
	}
}

// FuzzToMarkdown holds that whatever text stands in a page, its Markdown read
// again has no raw HTML and no link that runs.
func FuzzToMarkdown(f *testing.F) {
	for _, s := range []string{"a <script>alert(1)</script>", "`<b>`", "[x](javascript:alert(1))", "\\<b>", "&lt;script&gt;", "```\n<script>\n```", "|a|\n|-|\n|<i>x</i>|", "- a\n\n      <b>", "![a\\]](b) <a href='x'>", "<!-- hidden -->"} {
		f.Add(s)
	}
	c := document.NewCompiler(document.Options{})
	strict := document.NewCompiler(document.Options{})
	f.Fuzz(func(t *testing.T, s string) {
		d := c.Compile("a.md", "a.md", []byte(s))
		md := toMarkdown(string(d.Body.HTML()), func(u string) string { return u })
		if again := strict.Compile("b.md", "b.md", append([]byte("# T\n\n"), md...)); again.RawHTML {
			t.Errorf("%q\n becomes the Markdown %q, which holds raw HTML", s, md)
		}
	})
}
