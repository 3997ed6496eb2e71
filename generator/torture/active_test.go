package torture

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	renderhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
)

// What may act in a reader's browser comes from the theme alone. The theme's
// own is learnt from the sample site, which nobody hostile wrote: which
// elements carry which attributes, and, of those that act, with what values.
// Anything else in a page is active content.

// traits are what pages made from harmless content have.
type traits struct {
	pairs  map[string]bool   // "html:a href": this element has that attribute
	acts   map[string]bool   // elements that act, with the values that matter
	assets map[string]string // what lies in assets/, by path
	lines  map[string]bool   // names of lines in calendars
}

// theme is what the sample site and the small one teach.
var theme = sync.OnceValue(func() *traits {
	tr := &traits{pairs: map[string]bool{}, acts: map[string]bool{}, assets: map[string]string{}, lines: map[string]bool{}}
	dir := filepath.Join(scratch(), "sample")
	if o := here("build", "-s", "../..", "-d", dir, "--as-of", asOf, "--no-cache", "-b", "https://example.org/x/"); o.code != 0 {
		panic("the sample has errors: " + o.err)
	}
	for _, d := range []string{dir, smallBuilt()} {
		for p, data := range contentsOf(d) {
			tr.learn(p, data)
		}
	}
	// What the sample has no use for, and Markdown may carry.
	for _, e := range []string{"a", "abbr", "b", "bdi", "blockquote", "caption", "center", "cite", "code", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6",
		"hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var"} {
		for _, a := range []string{"id", "class", "lang", "dir", "title"} {
			tr.pairs["html:"+e+" "+a] = true
		}
	}
	for _, p := range []string{"a href", "img src", "img alt", "img width", "img height", "img loading", "img decoding", "td align", "th align", "td colspan", "td rowspan", "th colspan", "th rowspan", "th scope", "ol start", "ol reversed", "ol type", "li value",
		"details open", "time datetime", "a rel", "blockquote cite", "q cite", "del cite", "ins cite", "ins datetime", "del datetime", "div align", "p align", "table align", "tr align", "td valign", "th valign", "h1 align", "h2 align", "h3 align", "img align", "a name", "a role", "sup role", "li role",
		"a data-missing", "img data-missing", "div tabindex", "pre tabindex", "pre data-lang", "div data-lang", "abbr aria-label"} {
		tr.pairs["html:"+p] = true
	}
	return tr
})

// contentsOf is contents for what has no test at hand.
func contentsOf(dir string) map[string][]byte {
	return contents(panicking{}, dir)
}

// panicking is a testing.TB for what runs once for all tests.
type panicking struct{ testing.TB }

func (panicking) Helper()        {}
func (panicking) Fatal(a ...any) { panic(fmt.Sprint(a...)) }

func (tr *traits) learn(p string, data []byte) {
	switch path.Ext(p) {
	case ".html":
		readings(data, func(doc *html.Node) {
			for _, n := range elements(doc) {
				tr.acts[acting(n)] = true
				for _, a := range n.Attr {
					tr.pairs[tagOf(n)+" "+attrOf(a)] = true
				}
			}
		})
	case ".ics":
		for _, l := range unfolded(data) {
			tr.lines[lineName(l)] = true
		}
	default:
		if strings.HasPrefix(p, "assets/") {
			tr.assets[p] = string(data)
		}
	}
}

func parse(data []byte, scripting bool) *html.Node {
	n, err := html.ParseWithOptions(bytes.NewReader(data), html.ParseOptionEnableScripting(scripting))
	if err != nil {
		return &html.Node{Type: html.DocumentNode}
	}
	return n
}

// elements lists all elements of a tree, templates' contents among them.
func elements(n *html.Node) (out []*html.Node) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode {
			out = append(out, c)
		}
	}
	return out
}

func tagOf(n *html.Node) string {
	if n.Namespace == "" {
		return "html:" + n.Data
	}
	return n.Namespace + ":" + n.Data
}

func attrOf(a html.Attribute) string {
	if a.Namespace != "" {
		return a.Namespace + ":" + a.Key
	}
	return a.Key
}

// acts are the elements of HTML that do something; those of SVG and MathML all
// count.
var acts = map[string]bool{"script": true, "style": true, "iframe": true, "frame": true, "frameset": true, "object": true, "embed": true, "applet": true, "form": true, "input": true, "button": true,
	"select": true, "option": true, "textarea": true, "meta": true, "base": true, "link": true, "template": true, "noscript": true, "portal": true, "dialog": true, "audio": true, "video": true, "source": true, "track": true,
	"xmp": true, "plaintext": true, "listing": true, "noembed": true, "noframes": true, "isindex": true, "keygen": true, "param": true, "slot": true, "canvas": true, "marquee": true, "bgsound": true, "image": true, "title": true, "map": true, "area": true,
	"fencedframe": true, "object-param": true, "output": true, "optgroup": true, "fieldset": true, "label": true, "meter": true, "progress": true, "menu": true, "command": true}

// told are the attributes whose values matter where an element acts.
var told = []string{"type", "rel", "http-equiv", "content", "method", "name", "src", "href", "action", "formaction", "target", "property", "charset"}

// acting writes what matters of an element that acts; "" for one that does not.
func acting(n *html.Node) string {
	if n.Namespace == "" && !acts[n.Data] && !strings.Contains(n.Data, "-") {
		return ""
	}
	var b strings.Builder
	b.WriteString(tagOf(n))
	if n.Namespace != "" {
		return b.String() // its attributes are looked at as pairs
	}
	at := func(name string) string {
		for _, a := range n.Attr {
			if attrOf(a) == name {
				return a.Val
			}
		}
		return ""
	}
	for _, name := range told {
		v := at(name)
		if v == "" {
			continue
		}
		switch name {
		case "content":
			if at("http-equiv") == "" {
				continue
			}
			if strings.EqualFold(at("http-equiv"), "refresh") {
				wait, to, _ := strings.Cut(v, "url=")
				v = wait + normal(to)
			}
		case "src", "href", "action", "formaction":
			v = normal(v)
		}
		b.WriteString(" " + name + "=" + v)
	}
	for _, a := range n.Attr {
		b.WriteString(" " + attrOf(a))
	}
	if n.Data == "script" || n.Data == "style" || n.Data == "noscript" {
		if text := textOf(n); strings.TrimSpace(text) != "" {
			b.WriteString(" with " + text)
		}
	}
	return b.String()
}

// handler is the name of an attribute that runs.
var handler = regexp.MustCompile(`(?i)^on[a-z]+$`)

var stamp = regexp.MustCompile(`\.[0-9a-f]{10}\.`)

// normal tells of an address whether it is an asset's, and which, or a page's.
func normal(v string) string {
	if s := scheme(v); s != "" {
		if strings.HasPrefix(v, "https://example.org/x/") || strings.HasPrefix(v, "https://e.example/%3cscript%3e/") {
			return "site"
		}
		return s + ":"
	}
	if strings.HasPrefix(strings.TrimSpace(v), "//") {
		return "//"
	}
	for strings.HasPrefix(v, "../") || strings.HasPrefix(v, "./") {
		_, v, _ = strings.Cut(v, "/")
	}
	if strings.HasPrefix(v, "assets/") && !slices.Contains([]string{".html", ".md", ".xml", ".ics", ""}, path.Ext(v)) { // else it is of a section that has the name
		return stamp.ReplaceAllString(v, ".")
	}
	return "site"
}

// scheme is that of an address as a browser reads it: without the tabs and line
// ends in it, and what stands around it.
func scheme(v string) string {
	v = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.TrimFunc(v, func(r rune) bool { return r <= ' ' }))
	s, _, ok := strings.Cut(v, ":")
	if !ok || s == "" || strings.ContainsAny(s, "/?#") {
		return ""
	}
	for i, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && (r >= '0' && r <= '9' || r == '+' || r == '-' || r == '.')) {
			return ""
		}
	}
	return strings.ToLower(s)
}

// harmless are the schemes of links that do nothing but lead somewhere.
var harmless = []string{"", "http", "https", "mailto", "tel"}

// addressed are attributes that hold an address.
var addressed = []string{"href", "src", "action", "formaction", "xlink:href", "poster", "data", "cite", "ping", "background", "longdesc", "lowsrc", "dynsrc", "profile", "usemap", "manifest", "classid", "codebase", "archive", "icon", "code"}

// inspect returns what is active in the outputs of a site and not the theme's.
func (tr *traits) inspect(tree map[string][]byte) (out []string) {
	for p, data := range tree {
		table.parsed.add(1)
		for _, f := range tr.look(p, data) {
			out = append(out, p+": "+f)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (tr *traits) look(p string, data []byte) (out []string) {
	say := func(format string, a ...any) { out = append(out, brief(fmt.Sprintf(format, a...), 300)) }
	if bytes.Contains(data, []byte(secret)) {
		say("it shows a file from outside")
	}
	ext := strings.ToLower(path.Ext(p))
	switch {
	case strings.HasPrefix(p, "assets/") && tr.assets[p] != "":
		if tr.assets[p] != string(data) {
			say("it is not the theme's")
		}
	case strings.HasPrefix(p, "assets/style.") && ext == ".css": // the accent may be another
	case strings.HasPrefix(p, "assets/") && !slices.Contains([]string{".html", ".md", ".xml", ".ics", ".png", ".txt"}, ext): // a section may have the name; what is in it is looked at as everywhere
		say("it is none of the theme's")
	case ext == ".html":
		tr.page(data, say)
	case ext == ".js":
		inner, ok := bytes.CutPrefix(bytes.TrimSpace(data), []byte("pbFound("))
		inner, end := bytes.CutSuffix(bytes.TrimSuffix(inner, []byte(";")), []byte(")"))
		switch {
		case !ok || !end || !json.Valid(append(append([]byte("["), inner...), ']')):
			say("it is a script, and not a call with data")
		case bytes.ContainsAny(inner, "<>&") || bytes.Contains(inner, []byte("\u2028")) || bytes.Contains(inner, []byte("\u2029")):
			say("its data could end the script")
		}
	case ext == ".xml":
		tr.xml(data, say)
	case ext == ".json" && strings.HasPrefix(path.Base(p), "book."): // another one lies beside pages as a file to take home
		tr.json(data, say)
	case path.Base(p) == "calendar.ics":
		tr.calendar(data, say)
	case ext == ".md":
		tr.markdown(data, say)
	case path.Base(p) == "llms.txt":
		tr.markdown(data, say)
	case ext == ".svg":
		tr.drawing(data, say)
		for _, n := range elements(parse(data, true)) {
			if n.Data == "script" || strings.EqualFold(n.Data, "foreignObject") {
				say("a picture has a <%s>", n.Data)
			}
			for _, a := range n.Attr {
				if handler.MatchString(a.Key) {
					say("a picture has %s", a.Key)
				}
				if slices.Contains(addressed, attrOf(a)) && !slices.Contains(append(harmless, "data"), scheme(a.Val)) {
					say("a picture leads to %s", a.Val)
				}
			}
		}
	case ext == ".htm" || ext == ".xhtml" || ext == ".mjs" || ext == ".css" || ext == ".svgz" || ext == ".swf" || ext == ".php" || ext == ".wasm" || ext == ".xsl":
		say("a %s file is published", ext)
	}
	return out
}

// readings gives f a page as browsers with and without scripts understand it, and
// once more as one does that is given back what it has understood.
func readings(data []byte, f func(doc *html.Node)) {
	for _, scripting := range []bool{true, false} {
		doc := parse(data, scripting)
		f(doc)
		var again bytes.Buffer
		if err := html.Render(&again, doc); err == nil {
			f(parse(again.Bytes(), scripting))
		}
	}
}

func (tr *traits) page(data []byte, say func(string, ...any)) {
	readings(data, func(doc *html.Node) { tr.tree(doc, say) })
}

func (tr *traits) tree(doc *html.Node, say func(string, ...any)) {
	for _, n := range elements(doc) {
		if a := acting(n); !tr.acts[a] {
			say("<%s>: the theme has no %s", n.Data, a)
		}
		for _, a := range n.Attr {
			name := attrOf(a)
			low := strings.ToLower(name)
			switch {
			case strings.HasPrefix(low, "on"), low == "style", low == "srcdoc", low == "srcset", low == "ping", low == "formaction":
				say("<%s %s=%q>", n.Data, name, a.Val)
			case !tr.pairs[tagOf(n)+" "+name]:
				say("<%s> has %s=%q, which the theme never gives it", n.Data, name, a.Val)
			}
			if slices.Contains(addressed, low) && !slices.Contains(harmless, scheme(a.Val)) && !ours(n.Data, a.Val) {
				say("<%s> leads to %q", n.Data, a.Val)
			}
			if n.Data == "meta" && low == "content" && strings.Contains(strings.ToLower(a.Val), "script:") && attrValue(n, "http-equiv") != "" {
				say("<meta> with %q", a.Val)
			}
		}
	}
}

// ours are the two other addresses that the theme itself writes: of a calendar to
// subscribe to, and of the picture that stands for one that is missing.
func ours(tag, v string) bool {
	return tag == "a" && (strings.HasPrefix(v, "webcal://example.org/x/") || strings.HasPrefix(v, "webcal://e.example/%3cscript%3e/")) && strings.HasSuffix(v, "calendar.ics") || tag == "img" && v == "data:,"
}

func attrValue(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if attrOf(a) == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// tokens hands on what XML consists of, up to where it is none.
func tokens(data []byte, each func(xml.Token)) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		each(tok)
	}
}

// xml reads a feed or the site map: well-formed, no markup in texts that readers
// would run, no address that does anything.
func (tr *traits) xml(data []byte, say func(string, ...any)) {
	err := tokens(data, func(tok xml.Token) {
		switch t := tok.(type) {
		case xml.Directive:
			say("it has a directive: %s", t)
		case xml.ProcInst:
			if t.Target != "xml" {
				say("it has an instruction: %s", t.Target)
			}
		case xml.StartElement:
			if t.Name.Space != "http://www.w3.org/2005/Atom" && t.Name.Space != "http://www.sitemaps.org/schemas/sitemap/0.9" && t.Name.Space != "http://www.w3.org/1999/xhtml" {
				say("it has an element <%s> of %q", t.Name.Local, t.Name.Space)
			}
			for _, a := range t.Attr {
				if a.Name.Local == "type" && (a.Value == "html" || a.Value == "xhtml") {
					say("<%s> holds markup", t.Name.Local)
				}
				if slices.Contains(addressed, strings.ToLower(a.Name.Local)) && !slices.Contains(harmless, scheme(a.Value)) {
					say("<%s> leads to %q", t.Name.Local, a.Value)
				}
			}
		}
	})
	if err != nil {
		say("it is no XML: %v", err)
	}
}

// drawing reads a picture as a browser does that opens it: as XML, in which a
// script has any prefix and an address is written in any way.
func (tr *traits) drawing(data []byte, say func(string, ...any)) {
	if bytes.IndexByte(data, 0) >= 0 {
		say("a picture is in an encoding that hides what it is")
	}
	err := tokens(data, func(tok xml.Token) {
		switch t := tok.(type) {
		case xml.Directive:
			if bytes.ContainsRune(t, '[') {
				say("a picture has declarations: %s", t)
			}
		case xml.ProcInst:
			if t.Target != "xml" {
				say("a picture has an instruction: %s", t.Target)
			}
		case xml.StartElement:
			if name := strings.ToLower(t.Name.Local); name == "script" || name == "foreignobject" || name == "handler" || name == "set" || strings.HasPrefix(name, "animate") || t.Name.Space != "http://www.w3.org/2000/svg" {
				say("a picture has <%s> of %q", t.Name.Local, t.Name.Space)
			}
			for _, a := range t.Attr {
				if handler.MatchString(a.Name.Local) {
					say("a picture has %s", a.Name.Local)
				}
				if slices.Contains(addressed, strings.ToLower(a.Name.Local)) && !slices.Contains(harmless, scheme(a.Value)) && !(t.Name.Local == "image" && strings.HasPrefix(a.Value, "data:image/")) {
					say("a picture leads to %s", a.Value)
				}
			}
		}
	})
	if err != nil {
		say("a picture is no XML: %v", err)
	}
}

// json reads data for other programs: addresses in it do nothing.
func (tr *traits) json(data []byte, say func(string, ...any)) {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		say("it is no JSON: %v", err)
		return
	}
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				walk(k, x)
			}
		case []any:
			for _, x := range v {
				walk(key, x)
			}
		case string:
			if (key == "url" || key == "href" || key == "src" || key == "$id" || key == "$schema") && !slices.Contains(harmless, scheme(v)) {
				say("%q leads to %q", key, v)
			}
		}
	}
	walk("", v)
}

func unfolded(data []byte) []string {
	return strings.Split(strings.TrimSuffix(strings.NewReplacer("\r\n ", "", "\r\n\t", "").Replace(string(data)), "\r\n"), "\r\n")
}

func lineName(l string) string {
	name, v, _ := strings.Cut(l, ":")
	name, _, _ = strings.Cut(name, ";")
	if name == "BEGIN" || name == "END" {
		return name + ":" + v
	}
	return name
}

// calendar reads a calendar: lines that it always has, and no others.
func (tr *traits) calendar(data []byte, say func(string, ...any)) {
	for _, l := range unfolded(data) {
		if !tr.lines[lineName(l)] {
			say("it has the line %q", l)
		}
		if strings.ContainsAny(l, "\r\n\x00") {
			say("a line has another in it: %q", l)
		}
		if lineName(l) == "URL" {
			if _, v, _ := strings.Cut(l, ":"); !slices.Contains(harmless, scheme(v)) {
				say("it leads to %q", v)
			}
		}
	}
}

// loose shows Markdown as a careless program would: raw HTML as it is.
var loose = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList), goldmark.WithRendererOptions(renderhtml.WithUnsafe()))

// markdown reads Markdown for machines: nothing in it acts, however it is shown.
func (tr *traits) markdown(data []byte, say func(string, ...any)) {
	text := string(data)
	if rest, ok := strings.CutPrefix(text, "---\n"); ok {
		if _, body, ok := strings.Cut(rest, "\n---\n"); ok {
			text = body
		}
	}
	var b bytes.Buffer
	if err := loose.Convert([]byte(text), &b); err != nil {
		say("it cannot be shown: %v", err)
		return
	}
	for _, n := range elements(parse(b.Bytes(), true)) {
		if n.Namespace != "" || acts[n.Data] && !(n.Data == "input" && attrValue(n, "type") == "checkbox") {
			say("its HTML has <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if low := strings.ToLower(attrOf(a)); strings.HasPrefix(low, "on") || low == "srcset" || low == "style" && !strings.HasPrefix(a.Val, "text-align:") {
				say("its HTML has <%s %s=%q>", n.Data, a.Key, a.Val)
			} else if slices.Contains(addressed, low) && !slices.Contains(harmless, scheme(a.Val)) {
				if u, err := url.PathUnescape(a.Val); (err != nil || scheme(u) != "") && !ours(n.Data, a.Val) {
					say("its HTML leads to %q", a.Val)
				}
			}
		}
	}
}

// TestInspectorFinds proves that the judge would notice: each of these is put
// into a page that is otherwise the theme's, and must be found.
func TestInspectorFinds(t *testing.T) {
	tr := theme()
	page := contents(t, smallBuilt())["guides/one/index.html"]
	if f := tr.inspect(map[string][]byte{"p.html": page}); len(f) > 0 {
		t.Fatalf("the page itself is found wanting: %q", f)
	}
	at := bytes.Index(page, []byte("<blockquote"))
	if at < 0 {
		at = bytes.Index(page, []byte("</main>"))
	}
	for _, x := range []string{
		"<script>a()</script>", "<script src=//e.example/></script>", "<script src=../../assets/other.js></script>", "<ScRiPt>a()</sCrIpT>", "<svg onload=a()>", "<svg><script>a()</script></svg>", "<img src=x onerror=a()>",
		"<a href=javascript:a()>", "<a href='java&#9;script:a()'>", "<a href=' &#1;javascript:a()'>", "<a href=data:text/html,x>", "<a href=VBScript:a>", "<iframe>", "<object>", "<embed>", "<base href=//e>", "<meta http-equiv=refresh content='0;url=//e'>",
		"<link rel=stylesheet href=//e>", "<style>a{}</style>", "<p style=a:b>", "<form action=//e>", "<form>", "<input>", "<button>", "<textarea>", "<select>", "<math href=javascript:a>", "<math><mi>", "<template>", "<noscript><img src=x>", "<video>", "<p data-find>",
		"<img srcset=a>", "<custom-element>", "<p onclick>", "<svg><a xlink:href=javascript:a>", "<em hidden>", "<a ping=//e href=x>", "<xmp>", "<plaintext>", "<img src=javascript:a>",
	} {
		text := append(append(slices.Clone(page[:at]), x...), page[at:]...)
		if len(tr.inspect(map[string][]byte{"p.html": text})) == 0 {
			t.Errorf("%s is not found", x)
		}
	}
	for name, text := range map[string]string{
		"search/a.js": "alert(1)", "search/b.js": `pbFound("<\/script>")`, "feed.xml": `<feed xmlns="http://www.w3.org/2005/Atom"><a>`, "a/feed.xml": `<feed xmlns="http://www.w3.org/2005/Atom"><link href="javascript:a"/></feed>`,
		"b/feed.xml": `<feed xmlns="http://www.w3.org/2005/Atom"><content type="html">x</content></feed>`, "book.json": `{"url":"javascript:a"}`, "calendar.ics": "BEGIN:VCALENDAR\r\nATTACH:x\r\n", "b/calendar.ics": "BEGIN:VALARM\r\n",
		"a.md": "x <script>a</script>", "b.md": "[a](javascript:b)", "c.md": "<p onclick=a>", "llms.txt": "- [a](vbscript:b)", "assets/x.js": "a()", "a.svg": "<svg><script>a</script></svg>", "b.svg": `<svg xmlns="http://www.w3.org/2000/svg"><x:script xmlns:x="http://www.w3.org/2000/svg">a</x:script></svg>`, "c.svg": `<svg xmlns="http://www.w3.org/2000/svg"><a href="&#106;avascript:a"/></svg>`, "d.svg": utf16(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
		"e.svg": `<?xml-stylesheet href="a.xsl"?><svg xmlns="http://www.w3.org/2000/svg"/>`, "f.svg": `<!DOCTYPE svg [<!ATTLIST svg onload CDATA "a">]><svg xmlns="http://www.w3.org/2000/svg"/>`, "g.svg": `<svg xmlns="http://www.w3.org/2000/svg" xmlns:h="http://www.w3.org/1999/xhtml"><h:embed/></svg>`, "a.xhtml": "", "d.md": "x " + secret,
	} {
		if len(tr.inspect(map[string][]byte{name: []byte(text)})) == 0 {
			t.Errorf("%s: %s is not found", name, text)
		}
	}
}
