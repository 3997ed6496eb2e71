package document

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// Rendering of CommonMark's own nodes. No white space is written between
// blocks: it would only have to be taken out again.

func renderNothing(*writer, ast.Node, bool) ast.WalkStatus { return ast.WalkContinue }

func renderSkip(*writer, ast.Node, bool) ast.WalkStatus { return ast.WalkSkipChildren }

func renderPlainHeading(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	level := string("0123456"[n.(*ast.Heading).Level])
	if entering {
		w.begin()
		w.put("<h" + level + ">")
	} else {
		w.end(n)
		w.put("</h" + level + ">")
	}
	return ast.WalkContinue
}

func renderBlockquote(w *writer, _ ast.Node, entering bool) ast.WalkStatus {
	if entering {
		w.put("<blockquote>")
		w.enter()
	} else {
		w.leave()
		w.put("</blockquote>")
	}
	return ast.WalkContinue
}

func renderList(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	n := node.(*ast.List)
	tag := "ul"
	if n.IsOrdered() {
		tag = "ol"
	}
	if !entering {
		w.put("</" + tag + ">")
		return ast.WalkContinue
	}
	w.put("<" + tag)
	if n.IsOrdered() && n.Start != 1 {
		w.put(` start="`)
		w.buf = strconv.AppendInt(w.buf, int64(n.Start), 10)
		w.put(`"`)
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if taskOf(c.FirstChild()) != nil {
			w.put(` class="task-list"`)
			break
		}
	}
	w.put(">")
	return ast.WalkContinue
}

func renderListItem(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	if entering {
		if taskOf(n.FirstChild()) != nil {
			w.put(`<li class="task">`)
		} else {
			w.put("<li>")
		}
		w.enter()
	} else {
		w.leave()
		w.put("</li>")
	}
	return ast.WalkContinue
}

// renderParagraph also turns a paragraph that is nothing but a picture into a
// figure, and one that is nothing but an embed into the embed.
func renderParagraph(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	if !w.c.o.Plain {
		if soleEmbed(n) != nil {
			return ast.WalkContinue
		}
		if img := solePicture(n); img != nil {
			return w.figure(n, img, entering)
		}
		if n.FirstChild() != nil && n.FirstChild().Kind() == kindHTMLInline && onlyAnchors(n) {
			if entering {
				w.begin()
			} else {
				w.end(n)
			}
			return ast.WalkContinue
		}
	}
	if !entering {
		w.endTask(n)
		if l := &w.doc.Body.Lead; !w.summary && n.Parent().Kind() == ast.KindDocument {
			if s := w.plain(n); s != "" {
				w.summary = true
				l[1] = len(w.buf)
				w.doc.Summary = shorten(s, summaryLength)
			} else {
				*l = [2]int{}
			}
		}
		w.end(n)
		w.put("</p>")
		return ast.WalkContinue
	}
	w.put("<p>")
	w.begin()
	if !w.summary && n.Parent().Kind() == ast.KindDocument {
		w.doc.Body.Lead[0] = len(w.buf)
	}
	w.beginTask(n)
	return ast.WalkContinue
}

func renderTextBlock(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	if !w.c.o.Plain && soleEmbed(n) != nil {
		return ast.WalkContinue
	}
	if entering {
		w.begin()
		w.beginTask(n)
		return ast.WalkContinue
	}
	w.endTask(n)
	w.end(n)
	if next := n.NextSibling(); next != nil && next.Kind() == ast.KindTextBlock {
		w.put("\n")
	}
	return ast.WalkContinue
}

func renderBreak(w *writer, _ ast.Node, entering bool) ast.WalkStatus {
	if entering {
		w.put("<hr>")
	}
	return ast.WalkContinue
}

func renderEmphasis(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	tag := "em"
	if n.(*ast.Emphasis).Level == 2 {
		tag = "strong"
	}
	w.phrase(tag, entering)
	return ast.WalkContinue
}

// maxPhrases is how deep emphasis and the like are written into each other.
// Browsers and parsers give up at 512 elements; lists, quotes and raw HTML have
// their share of these.
const maxPhrases = 40

// phrase writes a tag of an inline element unless it stands too deep.
func (w *writer) phrase(tag string, entering bool) {
	if entering {
		if w.phrases++; w.phrases <= maxPhrases {
			w.put("<" + tag + ">")
		}
		return
	}
	if w.phrases--; w.phrases < maxPhrases {
		w.put("</" + tag + ">")
	}
}

func renderText(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		return ast.WalkContinue
	}
	n := node.(*ast.Text)
	if v := n.Segment.Value(w.src); n.IsRaw() {
		w.literal(v)
	} else {
		w.text(v)
	}
	if n.HardLineBreak() {
		w.put("<br>")
		w.inWord = false
	} else if n.SoftLineBreak() {
		w.space()
	}
	return ast.WalkContinue
}

func renderString(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	if entering {
		w.literal(n.(*ast.String).Value)
	}
	return ast.WalkContinue
}

func renderCodeSpan(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		return ast.WalkContinue
	}
	w.put("<code>")
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		t, ok := c.(*ast.Text)
		if !ok {
			continue
		}
		v := t.Segment.Value(w.src)
		if w.cell {
			// GFM: the backslash before a pipe belongs to the table, not to the code.
			v = bytes.ReplaceAll(v, []byte(`\|`), []byte("|"))
		}
		if last := len(v) - 1; last >= 0 && v[last] == '\n' {
			w.buf = appendEscaped(w.buf, v[:last], false)
			w.put(" ")
		} else {
			w.buf = appendEscaped(w.buf, v, false)
		}
	}
	w.put("</code>")
	return ast.WalkSkipChildren
}

func renderAutoLink(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		return ast.WalkContinue
	}
	n := node.(*ast.AutoLink)
	url := string(n.URL(w.src))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(url), "mailto:") {
		url = "mailto:" + url
	}
	w.mute++
	written := w.openLink(n, url, false, max(offsetIn(w.src, n.Label(w.src)), 0), len(n.Label(w.src)), "")
	w.literal(n.Label(w.src))
	if written {
		w.put("</a>")
	}
	w.mute--
	return ast.WalkContinue
}

func renderLink(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	n := node.(*ast.Link)
	if entering {
		at, length := w.targetPlace(n, n.Destination, n.Reference != nil)
		w.links = append(w.links, w.openLink(n, w.unescape(n.Destination), true, at, length, w.unescape(n.Title)))
		w.mute++
		return ast.WalkContinue
	}
	w.mute--
	last := len(w.links) - 1
	if w.links[last] {
		w.put("</a>")
	}
	w.links = w.links[:last]
	return ast.WalkContinue
}

func renderImage(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if entering {
		n := node.(*ast.Image)
		w.image(n, w.unescape(n.Title))
	}
	return ast.WalkSkipChildren
}

// image writes a Markdown picture.
func (w *writer) image(n *ast.Image, title string) {
	at, length := w.targetPlace(n, n.Destination, n.Reference != nil)
	w.picture(n, w.unescape(n.Destination), true, at, length, w.plain(n), title, "", "")
}

// solePicture returns the picture that is all a paragraph holds, alone or as
// all that a link holds.
func solePicture(p ast.Node) ast.Node {
	c := p.FirstChild()
	if c == nil || c.NextSibling() != nil {
		return nil
	}
	switch n := c.(type) {
	case *ast.Image:
		return n
	case *embed:
		if n.picture {
			return n
		}
	case *ast.Link:
		if img, ok := n.FirstChild().(*ast.Image); ok && img.NextSibling() == nil {
			return img
		}
	}
	return nil
}

// figure writes a picture with its title as caption; the caption of a linked
// picture stands outside the link.
func (w *writer) figure(p, img ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		return ast.WalkContinue
	}
	w.begin()
	w.put("<figure>")
	link, linked := img.Parent().(*ast.Link)
	if linked {
		renderLink(w, link, true)
	}
	caption := ""
	switch n := img.(type) {
	case *ast.Image:
		caption = w.unescape(n.Title)
		w.image(n, "")
	case *embed:
		w.embedPicture(n)
	}
	if linked {
		renderLink(w, link, false)
	}
	if caption != "" {
		w.put("<figcaption>")
		w.barrier = len(w.buf)
		w.literal([]byte(caption))
		w.put("</figcaption>")
	}
	w.end(p)
	w.put("</figure>")
	return ast.WalkSkipChildren
}

// unescape resolves backslashes and character references of a target or title.
func (w *writer) unescape(md []byte) string {
	if !bytes.ContainsAny(md, "\\&\x00") {
		return string(md)
	}
	w.scratch = appendUnescaped(w.scratch[:0], md)
	return string(w.scratch)
}

// taskOf returns the checkbox with which a block begins, or nil.
func taskOf(n ast.Node) *east.TaskCheckBox {
	if n == nil || n.Type() == ast.TypeInline {
		return nil
	}
	t, _ := n.FirstChild().(*east.TaskCheckBox)
	return t
}

// prepare finds the title and gives every heading of the body its id, before
// the body is written: ids an author chose have the first right to a name.
func (w *writer) prepare(root ast.Node, front string) {
	if w.c.o.Plain {
		return
	}
	if h := leadingHeading(root); h != nil {
		text := w.plain(h)
		if text != "" && (front == "" || strings.EqualFold(front, text)) {
			w.doc.Title = text
			if front != "" {
				w.doc.Title = front
			}
			id := explicitID(h)
			if id == "" {
				id = fallbackID(text)
			}
			w.doc.TitleID = w.used.claim(id)
			root.RemoveChild(root, h)
		}
	}
	w.collect(root, true)
	w.collect(root, false)
}

// leadingHeading returns the H1 that is the first thing a page shows, or nil.
func leadingHeading(root ast.Node) *ast.Heading {
	for c := root.FirstChild(); c != nil; c = c.NextSibling() {
		switch n := c.(type) {
		case *ast.LinkReferenceDefinition, *east.FootnoteList:
			continue
		case *htmlBlock:
			if len(n.tokens) == 0 {
				continue
			}
		case *ast.Heading:
			if n.Level == 1 {
				return n
			}
		}
		return nil
	}
	return nil
}

// collect claims the explicit ids of headings first and the made ones in a
// second walk, in the order in which they will be written.
func (w *writer) collect(n ast.Node, explicit bool) {
	for c := n.FirstChild(); c != nil && c.Type() != ast.TypeInline; c = c.NextSibling() {
		h, ok := c.(*ast.Heading)
		if !ok {
			if c.HasChildren() {
				w.collect(c, explicit)
			}
			continue
		}
		id := explicitID(h)
		if explicit {
			if id != "" {
				if w.used.has(id) {
					w.warn("anchor-doubled", nodeStart(h), "the id "+strconv.Quote(id)+" is given twice on this page", "give each heading an id of its own")
				}
				h.SetAttributeString("id", []byte(w.used.claim(id)))
			}
			continue
		}
		text := w.plain(h)
		if id == "" {
			id = w.used.claim(fallbackID(text))
		}
		w.heads = append(w.heads, heading{id: id, text: text})
	}
}

// fallbackID is GitHub's id of a heading, or a name where that has no letters.
func fallbackID(text string) string {
	if id := githubAnchor(text); strings.Trim(id, "-") != "" {
		return id
	}
	return "section"
}

// explicitID returns the id an author gave a heading.
func explicitID(h *ast.Heading) string {
	if h.Attributes() == nil {
		return ""
	}
	v, _ := h.AttributeString("id")
	b, _ := v.([]byte)
	return string(b)
}
