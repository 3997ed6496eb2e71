package document

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
)

// rawHTML is what HTML in Markdown becomes. Under Sanitize nothing of what was
// written reaches the page as it is: tags are read, those on the list are
// written anew with the attributes on the list, in order, each closed in the
// Markdown block in which it was opened. So no content can end an element of
// the frame around it.
type rawHTML struct{ policy RawHTML }

// Extend implements goldmark.Extender.
func (e rawHTML) Extend(m goldmark.Markdown) {
	if e.policy != Escape {
		// Before the footnotes' transformer, which appends its list to the document:
		// what is still open must be closed above it.
		m.Parser().AddOptions(parser.WithASTTransformers(util.Prioritized(sanitizer{}, 500)))
	}
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		ast.KindRawHTML:   renderEscapedInline,
		ast.KindHTMLBlock: renderEscapedBlock,
		kindHTMLInline:    renderHTMLInline,
		kindHTMLBlock:     renderHTMLBlock,
	}, 500)))
}

// tagKind says how a tag on the list is treated.
type tagKind uint8

const (
	tagRemoved tagKind = iota // the tag goes, its contents stay
	tagVanish                 // its contents go with it
	tagVoid
	tagInline // phrasing: never reaches over a block
	tagQuiet  // phrasing whose text is no prose
	tagBlock
	tagBlockQuiet
)

// kindOfTag is the allow list.
func kindOfTag(tag string) tagKind {
	switch tag {
	case "b", "i", "em", "strong", "s", "del", "ins", "sub", "sup", "mark", "small", "abbr", "q", "cite", "span", "u", "time", "dfn":
		return tagInline
	case "a", "code", "kbd", "samp", "var", "ruby", "rt", "rp":
		return tagQuiet
	case "br", "hr", "img", "wbr":
		return tagVoid
	case "details", "dl", "dt", "dd", "ul", "ol", "li", "p", "div", "center", "table", "thead", "tbody", "tfoot", "tr", "td", "caption", "blockquote", "figure", "figcaption":
		return tagBlock
	case "summary", "th", "pre", "h1", "h2", "h3", "h4", "h5", "h6":
		return tagBlockQuiet
	case "script", "style", "iframe", "object", "noscript", "noembed", "noframes", "template", "textarea", "select", "title", "xmp", "svg", "math", "head", "applet", "canvas", "audio", "video", "plaintext":
		return tagVanish
	}
	return tagRemoved
}

type tokenKind uint8

const (
	tokenText tokenKind = iota
	tokenOpen
	tokenClose
	tokenVoid
)

// htmlToken is one piece of raw HTML that passed.
type htmlToken struct {
	kind  tokenKind
	tag   string
	text  string // plain
	attrs []htmlAttr
}

// htmlAttr is an attribute that passed; of a URL also where it is written.
type htmlAttr struct {
	name, value string
	at, length  int
}

var (
	kindHTMLInline = ast.NewNodeKind("SafeHTMLInline")
	kindHTMLBlock  = ast.NewNodeKind("SafeHTMLBlock")
)

// htmlInline is sanitised HTML within a paragraph.
type htmlInline struct {
	ast.BaseInline
	tokens []htmlToken
}

// Kind implements ast.Node.
func (*htmlInline) Kind() ast.NodeKind { return kindHTMLInline }

// Dump implements ast.Node.
func (n *htmlInline) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

func (n *htmlInline) plainText() string { return tokensText(n.tokens) }

// htmlBlock is sanitised HTML between blocks.
type htmlBlock struct {
	ast.BaseBlock
	tokens []htmlToken
}

// Kind implements ast.Node.
func (*htmlBlock) Kind() ast.NodeKind { return kindHTMLBlock }

// IsRaw implements ast.Node.
func (*htmlBlock) IsRaw() bool { return true }

// Dump implements ast.Node.
func (n *htmlBlock) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

func (n *htmlBlock) plainText() string { return tokensText(n.tokens) }

func tokensText(tokens []htmlToken) string {
	var b strings.Builder
	for _, t := range tokens {
		switch {
		case t.kind == tokenText:
			b.WriteString(t.text)
		case t.tag == "br":
			b.WriteByte(' ')
		case t.tag == "img":
			for _, a := range t.attrs {
				if a.name == "alt" {
					b.WriteString(a.value)
				}
			}
		}
	}
	return b.String()
}

// sanitizer is the transformer that puts safe nodes in the place of raw ones.
type sanitizer struct{}

// Transform implements parser.ASTTransformer.
func (sanitizer) Transform(doc *ast.Document, reader text.Reader, pc parser.Context) {
	w := state(pc)
	if w == nil || bytes.IndexByte(reader.Source(), '<') < 0 {
		return
	}
	w.sanitize(doc, 0)
}

// openTag is an element that waits for its end.
type openTag struct {
	tag   string // as it was written
	as    string // as it is written: a paragraph around blocks is a div
	index int    // in the tokens of the node it was opened in
	node  int
}

// nest keeps what is open in one Markdown container.
type nest struct {
	w     *writer
	outer int // elements around the container
	stack []openTag
	count map[string]int // of tags on the stack
	lost  map[string]bool
	node  int
}

// sanitize treats the raw HTML among the children of n and below; outer is how
// many elements of raw HTML n stands in.
func (w *writer) sanitize(n ast.Node, outer int) {
	var s *nest
	for c := n.FirstChild(); c != nil; {
		next := c.NextSibling()
		inline := c.Kind() == ast.KindRawHTML
		if !inline && c.Kind() != ast.KindHTMLBlock {
			if c.HasChildren() {
				depth := outer
				if s != nil {
					depth += len(s.stack)
				}
				w.sanitize(c, depth)
				if !c.HasChildren() && c.Kind() == ast.KindParagraph {
					n.RemoveChild(n, c)
				}
			}
			c = next
			continue
		}
		if s == nil {
			s = &nest{w: w, outer: outer, count: map[string]int{}, lost: map[string]bool{}}
		}
		s.node++
		var out []htmlToken
		skip := ""
		for {
			var tokens []htmlToken
			tokens, skip = w.readHTML(rawOf(c, w.src), skip)
			out = s.balance(out, tokens)
			if skip == "" {
				break
			}
			// Its contents go with it: up to the end tag, if there is one further on.
			end := s.findEnd(skip, next)
			if end == nil {
				break
			}
			for next != end {
				after := next.NextSibling()
				n.RemoveChild(n, next)
				next = after
			}
			n.RemoveChild(n, c)
			c, next = end, end.NextSibling()
		}
		if !inline {
			out = s.settle(out)
		}
		switch {
		case len(out) == 0:
			n.RemoveChild(n, c)
		case inline:
			n.ReplaceChild(n, c, &htmlInline{tokens: out})
		default:
			b := &htmlBlock{tokens: out}
			b.SetBlankPreviousLines(c.HasBlankPreviousLines())
			b.SetPos(c.Pos())
			n.ReplaceChild(n, c, b)
		}
		c = next
	}
	if s == nil || len(s.stack) == 0 {
		return
	}
	var out []htmlToken
	for len(s.stack) > 0 {
		out = s.pop(out)
	}
	if last := n.LastChild(); last != nil && last.Type() != ast.TypeInline {
		n.AppendChild(n, &htmlBlock{tokens: out})
	} else {
		n.AppendChild(n, &htmlInline{tokens: out})
	}
}

// findEnd returns the first of the siblings from n on that has an end tag of
// tag. A search that failed once is not made again: what follows is less.
func (s *nest) findEnd(tag string, n ast.Node) ast.Node {
	if s.lost[tag] {
		return nil
	}
	for ; n != nil; n = n.NextSibling() {
		if k := n.Kind(); k != ast.KindRawHTML && k != ast.KindHTMLBlock {
			continue
		}
		if raw := rawOf(n, s.w.src); bytes.Contains(bytes.ToLower(raw.text), []byte("</"+tag)) {
			return n
		}
	}
	s.lost[tag] = true
	return nil
}

// push opens an element after what HTML says it ends.
func (s *nest) push(out []htmlToken, t htmlToken) []htmlToken {
	for len(s.stack) > 0 && endsBy(s.stack[len(s.stack)-1].tag, t.tag) {
		out = s.pop(out)
	}
	if s.outer+len(s.stack) >= s.w.c.o.Limits.Nesting {
		return out // too deep: what it holds stays
	}
	s.stack = append(s.stack, openTag{tag: t.tag, as: t.tag, index: len(out), node: s.node})
	s.count[t.tag]++
	return append(out, t)
}

// pop closes the innermost element.
func (s *nest) pop(out []htmlToken) []htmlToken {
	o := s.stack[len(s.stack)-1]
	s.stack = s.stack[:len(s.stack)-1]
	s.count[o.tag]--
	return append(out, htmlToken{kind: tokenClose, tag: o.as})
}

// balance appends tokens so that every end tag has its start tag; end tags
// without one are dropped.
func (s *nest) balance(out, tokens []htmlToken) []htmlToken {
	for _, t := range tokens {
		switch t.kind {
		case tokenOpen:
			out = s.push(out, t)
		case tokenClose:
			if s.count[t.tag] == 0 {
				continue
			}
			for s.stack[len(s.stack)-1].tag != t.tag {
				out = s.pop(out)
			}
			out = s.pop(out)
		default:
			out = append(out, t)
		}
	}
	return out
}

// settle is called at the end of a block of HTML: phrases do not reach into the
// Markdown that follows, and a paragraph that does cannot be one.
func (s *nest) settle(out []htmlToken) []htmlToken {
	for n := len(s.stack); n > 0; n = len(s.stack) {
		o := s.stack[n-1]
		if k := kindOfTag(o.tag); o.node != s.node || k != tagInline && k != tagQuiet {
			break
		}
		out = s.pop(out)
	}
	for i := range s.stack {
		if o := &s.stack[i]; o.node == s.node && o.tag == "p" {
			o.as = "div"
			out[o.index].tag = "div"
		}
	}
	for _, t := range out {
		if t.kind != tokenText || strings.TrimSpace(t.text) != "" {
			return out
		}
	}
	return nil
}

// endsBy tells whether the start of next ends an open element, as HTML has it.
func endsBy(open, next string) bool {
	switch open {
	case "li":
		return next == "li"
	case "dt", "dd":
		return next == "dt" || next == "dd"
	case "td", "th":
		return next == "td" || next == "th" || next == "tr" || next == "tbody" || next == "thead" || next == "tfoot"
	case "tr":
		return next == "tr" || next == "tbody" || next == "thead" || next == "tfoot"
	case "thead", "tbody", "tfoot":
		return next == "tbody" || next == "thead" || next == "tfoot"
	case "p":
		switch kindOfTag(next) {
		case tagBlock, tagBlockQuiet:
			return next != "td" && next != "th" && next != "tr"
		}
	case "rt", "rp":
		return next == "rt" || next == "rp"
	}
	return false
}

// rawText is the HTML of a node and where its pieces stand in the source.
type rawText struct {
	text  []byte
	first int // source offset of text[0]
	marks []rawMark
}

type rawMark struct{ at, off int }

// at returns the source offset of text[i].
func (r rawText) at(i int) int {
	off := r.first + i
	for _, m := range r.marks {
		if m.at > i {
			break
		}
		off = m.off + i - m.at
	}
	return off
}

// rawOf returns the HTML of a raw node.
func rawOf(n ast.Node, src []byte) rawText {
	var segs []text.Segment
	switch n := n.(type) {
	case *ast.RawHTML:
		segs = n.Segments.Sliced(0, n.Segments.Len())
	case *ast.HTMLBlock:
		segs = n.Lines().Sliced(0, n.Lines().Len())
		if n.HasClosure() {
			segs = append(slices.Clip(segs), n.ClosureLine)
		}
	}
	switch len(segs) {
	case 0:
		return rawText{}
	case 1:
		if segs[0].Padding == 0 {
			return rawText{text: src[segs[0].Start:segs[0].Stop], first: segs[0].Start}
		}
	}
	r := rawText{first: segs[0].Start}
	for _, seg := range segs {
		r.marks = append(r.marks, rawMark{at: len(r.text) + seg.Padding, off: seg.Start})
		r.text = append(r.text, seg.Value(src)...)
	}
	return r
}

// readHTML reads raw HTML up to its end. skip names an element that is being
// taken out together with its contents; what is returned names the one that is
// still open at the end.
func (w *writer) readHTML(raw rawText, skip string) ([]htmlToken, string) {
	if t, ok := simpleTag(raw.text); ok && skip == "" {
		switch k := kindOfTag(t.tag); k {
		case tagVanish:
			w.removedTag(t.tag, raw.at(0))
			if t.kind == tokenOpen {
				return nil, t.tag
			}
			return nil, ""
		case tagRemoved:
			w.removedTag(t.tag, raw.at(0))
			return nil, ""
		default:
			if k == tagVoid {
				if t.kind == tokenClose {
					return nil, ""
				}
				t.kind = tokenVoid
			}
			if t.tag == "center" {
				t.tag = "div"
				if t.kind == tokenOpen {
					t.attrs = []htmlAttr{{name: "class", value: "a-center"}}
				}
			}
			return []htmlToken{t}, ""
		}
	}
	var out []htmlToken
	depth := 1
	z := html.NewTokenizer(bytes.NewReader(raw.text))
	for pos, size := 0, 0; ; pos += size {
		tt := z.Next()
		size = len(z.Raw())
		if tt == html.ErrorToken {
			// A tag that never ends is text.
			if rest := raw.text[min(pos, len(raw.text)):]; len(bytes.TrimSpace(rest)) > 0 && skip == "" {
				out = append(out, htmlToken{kind: tokenText, text: string(rest)})
			}
			return out, skip
		}
		switch tt {
		case html.TextToken:
			if skip == "" {
				out = append(out, htmlToken{kind: tokenText, text: string(z.Text())})
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			rawTag := z.Raw()
			b, more := z.TagName()
			tag := string(b)
			if skip != "" {
				if tag == skip && tt == html.StartTagToken {
					depth++
				}
				continue
			}
			switch kind := kindOfTag(tag); kind {
			case tagVanish:
				w.removedTag(tag, raw.at(pos))
				if tt == html.SelfClosingTagToken && (tag == "svg" || tag == "math") {
					continue
				}
				skip, depth = tag, 1
			case tagRemoved:
				w.removedTag(tag, raw.at(pos))
			default:
				t := htmlToken{kind: tokenOpen, tag: tag}
				t.attrs = w.readAttributes(z, more, tag, rawTag, raw, pos)
				if kind == tagVoid {
					t.kind = tokenVoid
				}
				if tag == "center" {
					t.tag = "div"
				}
				out = append(out, t)
				if tt == html.SelfClosingTagToken && kind != tagVoid {
					// HTML takes <b/> for <b>; the author meant an empty element.
					out = append(out, htmlToken{kind: tokenClose, tag: t.tag})
				}
			}
		case html.EndTagToken:
			b, _ := z.TagName()
			tag := string(b)
			if skip != "" {
				if tag == skip {
					if depth--; depth == 0 {
						skip = ""
					}
				}
				continue
			}
			switch kindOfTag(tag) {
			case tagVoid, tagVanish, tagRemoved:
			default:
				if tag == "center" {
					tag = "div"
				}
				out = append(out, htmlToken{kind: tokenClose, tag: tag})
			}
		}
	}
}

// simpleTag reads a lone tag without attributes, by far the most frequent, without
// the tokenizer and its buffer of 4 kB.
func simpleTag(b []byte) (htmlToken, bool) {
	b = bytes.TrimSpace(b)
	if len(b) < 3 || len(b) > 16 || b[0] != '<' || b[len(b)-1] != '>' {
		return htmlToken{}, false
	}
	t := htmlToken{kind: tokenOpen}
	name := b[1 : len(b)-1]
	if name[0] == '/' {
		t.kind = tokenClose
		name = name[1:]
	} else if name[len(name)-1] == '/' {
		if name = bytes.TrimRight(name[:len(name)-1], " "); string(bytes.ToLower(name)) != "br" && string(bytes.ToLower(name)) != "hr" {
			return htmlToken{}, false
		}
	}
	if len(name) == 0 {
		return htmlToken{}, false
	}
	for i, c := range name {
		if !('a' <= c|0x20 && c|0x20 <= 'z' || i > 0 && '0' <= c && c <= '9') {
			return htmlToken{}, false
		}
	}
	t.tag = string(bytes.ToLower(name))
	return t, true
}

// removedTag tells once a page that a tag was taken out.
func (w *writer) removedTag(tag string, at int) {
	w.doc.RawHTML = true
	if !w.tell("tag " + tag) {
		return
	}
	// The tokenizer's names are in lower case; the author looks for his own.
	if i := bytes.IndexByte(w.src[at:min(len(w.src), at+8)], '<'); i >= 0 {
		i += at + 1
		if i < len(w.src) && w.src[i] == '/' {
			i++
		}
		if end := min(len(w.src), i+len(tag)); strings.EqualFold(string(w.src[i:end]), tag) {
			tag = string(w.src[i:end])
		}
	}
	w.warn("html-removed", at, "the HTML tag <"+tag+"> is taken out", "write it in backticks if it is meant as text")
}

// readAttributes returns the attributes that pass, and tells of those that do
// not, once a page for each name.
func (w *writer) readAttributes(z *html.Tokenizer, more bool, tag string, rawTag []byte, raw rawText, pos int) []htmlAttr {
	var out []htmlAttr
	var classes []string
	if tag == "center" {
		classes = append(classes, "a-center")
	}
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		name, value := string(k), strings.TrimSpace(string(v))
		pass := true
		switch name {
		case "title", "lang", "aria-label":
		case "alt":
			pass = tag == "img"
		case "dir":
			value = strings.ToLower(value)
			pass = value == "ltr" || value == "rtl" || value == "auto"
		case "id", "name":
			if name == "name" && tag != "a" {
				pass = false
				break
			}
			name = "id"
			pass = validID(value)
		case "class":
			for c := range strings.FieldsSeq(value) {
				if validClass(c) {
					classes = append(classes, c)
				}
			}
			continue
		case "align":
			switch value = strings.ToLower(value); value {
			case "left", "right", "center":
				classes = append(classes, "a-"+value)
			case "middle":
				classes = append(classes, "a-center")
			}
			continue
		case "width", "height":
			share, percent := strings.CutSuffix(value, "%")
			if value = strings.TrimSuffix(value, "px"); percent {
				value = share
			}
			if pass = (tag == "img" || tag == "table" || tag == "td" || tag == "th") && isNumber(value); !pass {
				break
			}
			// HTML knows a picture's size in pixels alone; shares of the page, and
			// what tables had before there were style sheets, are the style sheet's.
			if n, _ := strconv.Atoi(value); percent && name == "width" {
				classes = append(classes, "w-"+strconv.Itoa(10*max(1, min(10, (n+5)/10))))
			}
			if percent || tag != "img" {
				continue
			}
		case "colspan", "rowspan":
			pass = (tag == "td" || tag == "th") && isNumber(value)
		case "scope":
			value = strings.ToLower(value)
			pass = tag == "th" && (value == "row" || value == "col" || value == "rowgroup" || value == "colgroup")
		case "open":
			pass, value = tag == "details", ""
		case "reversed":
			pass, value = tag == "ol", ""
		case "start":
			pass = tag == "ol" && isNumber(strings.TrimPrefix(value, "-"))
		case "type":
			pass = tag == "ol" && len(value) == 1 && strings.Contains("1aAiI", value)
		case "datetime":
			pass = tag == "time" || tag == "ins" || tag == "del"
		case "cite":
			_, f := judge(value)
			pass = f == fateWeb && (tag == "blockquote" || tag == "q" || tag == "ins" || tag == "del")
		case "href", "src":
			if name == "href" && tag != "a" || name == "src" && tag != "img" {
				pass = false
				break
			}
			a := htmlAttr{name: name, value: value, at: raw.at(pos)}
			if i := bytes.Index(rawTag, v); i >= 0 && len(v) > 0 {
				a.at, a.length = raw.at(pos+i), len(v)
			}
			out = append(out, a)
			continue
		case "target", "rel", "loading", "decoding", "referrerpolicy":
			continue // the compiler sets what is needed
		default:
			pass = false
		}
		if !pass {
			w.doc.RawHTML = true
			if w.tell("html attribute " + name) {
				w.warn("html-removed", raw.at(pos), "the HTML attribute \""+name+"\" of <"+tag+"> is taken out", "use Markdown, or leave it out")
			}
			continue
		}
		if !slices.ContainsFunc(out, func(a htmlAttr) bool { return a.name == name }) {
			out = append(out, htmlAttr{name: name, value: value})
		}
	}
	if len(classes) > 0 {
		out = append(out, htmlAttr{name: "class", value: strings.Join(classes, " ")})
	}
	return out
}

func renderHTMLInline(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if entering {
		for _, t := range node.(*htmlInline).tokens {
			w.htmlToken(node, t)
		}
	}
	return ast.WalkContinue
}

func renderHTMLBlock(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		return ast.WalkContinue
	}
	n := node.(*htmlBlock)
	w.begin()
	var at []int
	said := 0
	pre := 0
	for i, t := range n.tokens {
		if len(w.mark) > len(at) {
			at = append(at, said)
		}
		if t.tag == "pre" && t.kind == tokenOpen {
			pre++
		} else if t.tag == "pre" && t.kind == tokenClose {
			pre--
		}
		if t.kind == tokenText {
			said += len(t.text)
			if pre == 0 {
				// White space at the edge of a block is not shown.
				t.text = squeezeSpace(t.text)
				if i == 0 || isBlockTag(n.tokens[i-1].tag) {
					t.text = strings.TrimLeft(t.text, " \n")
				}
				if i == len(n.tokens)-1 || isBlockTag(n.tokens[i+1].tag) {
					t.text = strings.TrimRight(t.text, " \n")
				}
			}
		}
		if t.kind != tokenText && isBlockTag(t.tag) {
			w.block++
			w.barrier = len(w.buf)
			w.inWord = false
		}
		w.htmlToken(n, t)
	}
	if len(w.mark) > 0 {
		for len(at) < len(w.mark) {
			at = append(at, said)
		}
		text := []byte(n.plainText())
		for i, c := range text {
			if c == '\n' || c == '\t' {
				text[i] = ' '
			}
		}
		w.snippets(string(text), at)
	}
	w.barrier = len(w.buf)
	return ast.WalkContinue
}

// onlyAnchors tells whether a paragraph holds nothing to be seen, just targets
// for links; as a paragraph it would show as a gap.
func onlyAnchors(p ast.Node) bool {
	for c := p.FirstChild(); c != nil; c = c.NextSibling() {
		switch n := c.(type) {
		case *htmlInline:
			for _, t := range n.tokens {
				if t.tag != "a" {
					return false
				}
			}
		case *ast.Text:
			if n.Segment.Len() > 0 {
				return false
			}
		default:
			return false
		}
	}
	return p.HasChildren()
}

func isBlockTag(tag string) bool {
	k := kindOfTag(tag)
	return k == tagBlock || k == tagBlockQuiet || tag == "hr" || tag == "br"
}

// squeezeSpace makes runs of white space one line end or one space.
func squeezeSpace(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if c := s[i]; c != ' ' && c != '\n' && c != '\t' {
			b.WriteByte(c)
			i++
			continue
		}
		sep := byte(' ')
		for ; i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t'); i++ {
			if s[i] == '\n' {
				sep = '\n'
			}
		}
		b.WriteByte(sep)
	}
	return b.String()
}

// htmlToken writes one piece.
func (w *writer) htmlToken(node ast.Node, t htmlToken) {
	switch t.kind {
	case tokenText:
		w.literal([]byte(t.text))
		return
	case tokenClose:
		w.leave()
		if k := kindOfTag(t.tag); k == tagQuiet || k == tagBlockQuiet {
			w.mute--
		}
		w.put("</" + t.tag + ">")
		return
	case tokenVoid:
		w.inWord = false
		if t.tag == "img" {
			w.htmlPicture(node, t)
			return
		}
	}
	w.put("<" + t.tag)
	for _, a := range t.attrs {
		switch a.name {
		case "id":
			if !w.used.has(a.value) {
				w.used.claim(a.value)
				w.id(a.value)
				w.doc.Anchors = append(w.doc.Anchors, a.value)
			}
		case "href":
			if url, f := judge(a.value); f == fateRefused {
				w.refuseScheme(url, a.at, "a link")
			} else {
				w.href(node, url, f, true, a.at, a.length)
			}
		case "open", "reversed":
			w.put(" " + a.name)
		default:
			w.attr(a.name, a.value)
		}
	}
	w.put(">")
	if t.kind == tokenOpen {
		if k := kindOfTag(t.tag); k == tagQuiet || k == tagBlockQuiet {
			w.mute++
		}
		w.enter()
	}
}

// htmlPicture writes an img element, its source last.
func (w *writer) htmlPicture(node ast.Node, t htmlToken) {
	var src htmlAttr
	alt := ""
	for _, a := range t.attrs {
		switch a.name {
		case "src":
			src = a
		case "alt":
			alt = a.value
		}
	}
	url, f := judge(src.value)
	if url == "" {
		w.literal([]byte(alt))
		return
	}
	if f == fateRefused || f == fateExternal {
		w.refuseScheme(url, src.at, "a picture")
		w.literal([]byte(alt))
		return
	}
	w.put("<img")
	w.attr("alt", alt)
	for _, a := range t.attrs {
		switch a.name {
		case "src", "alt":
		case "id":
			if !w.used.has(a.value) {
				w.used.claim(a.value)
				w.id(a.value)
				w.doc.Anchors = append(w.doc.Anchors, a.value)
			}
		default:
			w.attr(a.name, a.value)
		}
	}
	if w.images > 0 && !w.c.o.Plain {
		w.put(` loading="lazy"`)
	}
	w.images++
	w.source(node, url, f, true, src.at, src.length)
	w.put(">")
}

func renderEscapedInline(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if entering {
		w.escapedHTML(rawOf(node, w.src).text)
	}
	return ast.WalkSkipChildren
}

func renderEscapedBlock(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if entering {
		raw := bytes.TrimSpace(rawOf(node, w.src).text)
		if bytes.HasPrefix(raw, []byte("<!--")) && bytes.HasSuffix(raw, []byte("-->")) {
			return ast.WalkContinue
		}
		w.put("<p>")
		w.escapedHTML(raw)
		w.put("</p>")
	}
	return ast.WalkContinue
}

// escapedHTML shows HTML as the text it is written in. Comments are the
// author's notes and are not shown.
func (w *writer) escapedHTML(raw []byte) {
	if bytes.HasPrefix(raw, []byte("<!--")) && bytes.HasSuffix(raw, []byte("-->")) {
		return
	}
	w.doc.RawHTML = true
	w.buf = appendEscaped(w.buf, raw, false)
}
