package document

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// alerts are quotes that begin with [!NOTE]: GitHub's five, Obsidian's others,
// with a title behind the bracket, folded by a "-" and foldable by a "+".
type alerts struct{}

// Extend implements goldmark.Extender.
func (alerts) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithBlockParsers(util.Prioritized(bounded{BlockParser: alertParser{}}, 790)))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		kindCallout:      renderCallout,
		kindCalloutTitle: renderCalloutTitle,
	}, 500)))
}

var (
	kindCallout      = ast.NewNodeKind("Callout")
	kindCalloutTitle = ast.NewNodeKind("CalloutTitle")
)

// callout is an alert or a container: a box with a kind and perhaps a title,
// which is then its first child.
type callout struct {
	ast.BaseBlock
	kind    string // "note", "tip", ...; "details"; "" for a neutral box
	word    string // as written, for a title and a class of its own
	folded  bool   // shown as a summary to open
	open    bool   // of a folded one: opened at first
	fence   int    // of a container: how many colons opened it
	at      int    // of a container: where
	closed  bool   // of a container: its fence came
	id, css string // of a container: what the author gave it
}

// Kind implements ast.Node.
func (*callout) Kind() ast.NodeKind { return kindCallout }

// Dump implements ast.Node.
func (n *callout) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// calloutTitle is the title of a callout; its lines are parsed as inline text.
type calloutTitle struct{ ast.BaseBlock }

// Kind implements ast.Node.
func (*calloutTitle) Kind() ast.NodeKind { return kindCalloutTitle }

// Dump implements ast.Node.
func (n *calloutTitle) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// setTitle gives a callout the title that stands at seg.
func (n *callout) setTitle(seg text.Segment, src []byte) {
	seg = seg.TrimRightSpace(src)
	if seg.Len() <= 0 {
		return
	}
	t := &calloutTitle{}
	t.Lines().Append(seg)
	n.AppendChild(n, t)
}

// calloutKind returns the kind that a word stands for, "" if it is none.
func calloutKind(word string) string {
	switch word {
	case "note", "info", "todo", "tip", "important", "warning", "caution", "danger", "bug", "example", "quote", "abstract", "success", "question", "failure":
		return word
	case "summary", "tldr":
		return "abstract"
	case "hint":
		return "tip"
	case "check", "done":
		return "success"
	case "help", "faq":
		return "question"
	case "attention":
		return "warning"
	case "fail", "missing":
		return "failure"
	case "error":
		return "danger"
	case "cite":
		return "quote"
	}
	return ""
}

type alertParser struct{}

// Trigger implements parser.BlockParser.
func (alertParser) Trigger() []byte { return []byte{'>'} }

// Open implements parser.BlockParser.
func (alertParser) Open(_ ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, seg := reader.PeekLine()
	pos := pc.BlockOffset()
	if pos < 0 || line[pos] != '>' {
		return nil, parser.NoChildren
	}
	i := pos + 1
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	if !bytes.HasPrefix(line[i:], []byte("[!")) {
		return nil, parser.NoChildren
	}
	start := i + 2
	end := bytes.IndexByte(line[start:], ']')
	if end < 1 {
		return nil, parser.NoChildren
	}
	end += start
	word := strings.ToLower(string(line[start:end]))
	if !validClass(word) {
		return nil, parser.NoChildren
	}
	n := &callout{kind: calloutKind(word), word: word}
	i = end + 1
	if i < len(line) && (line[i] == '-' || line[i] == '+') {
		n.folded, n.open = true, line[i] == '+'
		i++
	}
	rest := line[i:]
	if len(bytes.TrimSpace(rest)) > 0 && rest[0] != ' ' && rest[0] != '\t' {
		return nil, parser.NoChildren // [!x](url) and the like
	}
	i += len(rest) - len(bytes.TrimLeft(rest, " \t"))
	if from := seg.Start + i - seg.Padding; from < seg.Stop {
		n.setTitle(text.NewSegment(from, seg.Stop), reader.Source())
	}
	reader.AdvanceToEOL()
	return n, parser.HasChildren
}

// Continue implements parser.BlockParser: an alert goes on as a quote does.
func (alertParser) Continue(_ ast.Node, reader text.Reader, _ parser.Context) parser.State {
	line, _ := reader.PeekLine()
	w, pos := util.IndentWidth(line, reader.LineOffset())
	if w > 3 || pos >= len(line) || line[pos] != '>' {
		return parser.Close
	}
	pos++
	reader.Advance(pos)
	if pos < len(line) && (line[pos] == ' ' || line[pos] == '\t') {
		padding := 0
		if line[pos] == '\t' {
			padding = util.TabWidth(reader.LineOffset()) - 1
		}
		reader.AdvanceAndSetPadding(1, padding)
	}
	return parser.Continue | parser.HasChildren
}

// Close implements parser.BlockParser.
func (alertParser) Close(ast.Node, text.Reader, parser.Context) {}

// CanInterruptParagraph implements parser.BlockParser.
func (alertParser) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine implements parser.BlockParser.
func (alertParser) CanAcceptIndentedLine() bool { return false }

// calloutTags returns the element of a callout and that of its title.
func (n *callout) calloutTags() (box, title string) {
	if n.folded {
		return "details", "summary"
	}
	return "div", "p"
}

func renderCallout(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	n := node.(*callout)
	box, title := n.calloutTags()
	if !entering {
		w.leave()
		w.put("</" + box + ">")
		return ast.WalkContinue
	}
	class := "box"
	switch {
	case n.kind == "details":
	case n.kind != "":
		class = "alert alert-" + n.kind
	default:
		class = "box box-" + n.word
	}
	if n.css != "" {
		class += " " + n.css
	}
	w.put("<" + box)
	if n.id != "" {
		id := w.used.claim(n.id)
		w.id(id)
		w.doc.Anchors = append(w.doc.Anchors, id)
	}
	w.attr("class", class)
	if n.open {
		w.put(" open")
	}
	if n.kind != "" && !n.folded {
		w.put(` role="note"`)
	}
	w.put(">")
	w.enter()
	if _, ok := n.FirstChild().(*calloutTitle); ok {
		return ast.WalkContinue
	}
	words := w.c.words.callouts[n.kind]
	if n.kind == "" {
		if n.fence > 0 && !n.folded {
			return ast.WalkContinue // a neutral container has no title of its own
		}
		words = strings.ToUpper(n.word[:1]) + n.word[1:]
	}
	w.put("<" + title + ` class="alert-title">`)
	w.buf = appendEscaped(w.buf, words, false)
	w.put("</" + title + ">")
	return ast.WalkContinue
}

func renderCalloutTitle(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	_, title := node.Parent().(*callout).calloutTags()
	if entering {
		w.put("<" + title + ` class="alert-title">`)
		w.begin()
		w.mute++
	} else {
		w.mute--
		w.end(node)
		w.put("</" + title + ">")
	}
	return ast.WalkContinue
}
