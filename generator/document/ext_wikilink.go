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

// wikilinks are [[id]], [[id#heading]], [[id|text]] and the quoted value
// [[id.field.path]], which differs from a link only in what the target names:
// whoever resolves it decides.
type wikilinks struct{}

// Extend implements goldmark.Extender.
func (wikilinks) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithInlineParsers(util.Prioritized(wikilinkParser{}, 90)))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		kindWikilink: renderWikilink,
	}, 500)))
}

var kindWikilink = ast.NewNodeKind("Wikilink")

// wikilink is what stands between [[ and ]].
type wikilink struct {
	ast.BaseInline
	target, fragment, label string
	at, length              int // of target and fragment as written
}

// Kind implements ast.Node.
func (*wikilink) Kind() ast.NodeKind { return kindWikilink }

// Dump implements ast.Node.
func (n *wikilink) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

func (n *wikilink) plainText() string {
	switch {
	case n.label != "":
		return n.label
	case n.target == "":
		return n.fragment
	}
	return n.target
}

type wikilinkParser struct{}

// Trigger implements parser.InlineParser.
func (wikilinkParser) Trigger() []byte { return []byte{'['} }

// Parse implements parser.InlineParser.
func (wikilinkParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, seg := block.PeekLine()
	n, used := parseWikilink(line)
	if n == nil || used < len(line) && line[used] == '(' {
		// [[1]](url) is a link whose text is [1].
		return nil
	}
	n.at += seg.Start - seg.Padding
	block.Advance(used)
	return n
}

// parseWikilink reads [[target#fragment|label]] at the start of line and tells
// how much of it that was.
func parseWikilink(line []byte) (*wikilink, int) {
	if !bytes.HasPrefix(line, []byte("[[")) {
		return nil, 0
	}
	end := 2 + bytes.IndexAny(line[2:], "[]\n")
	if end < 2 || !bytes.HasPrefix(line[end:], []byte("]]")) {
		return nil, 0
	}
	// In a table the pipe has to be written "\|".
	inner := line[2:end]
	n := &wikilink{at: 2}
	whole := inner
	if i := bytes.IndexByte(inner, '|'); i >= 0 {
		n.label = string(appendUnescaped(nil, bytes.TrimSpace(inner[i+1:])))
		whole = inner[:i]
		if i > 0 && inner[i-1] == '\\' {
			whole = inner[:i-1]
		}
	}
	if len(whole) > 0 && (whole[0] == ' ' || whole[0] == '\t') && n.label == "" && bytes.ContainsAny(bytes.TrimSpace(whole), " ") {
		// [[ -f file ]] is a shell's test, not a link.
		return nil, 0
	}
	trimmed := bytes.TrimSpace(whole)
	if len(trimmed) == 0 {
		return nil, 0
	}
	n.at += bytes.Index(whole, trimmed)
	n.length = len(trimmed)
	target, fragment, _ := strings.Cut(string(trimmed), "#")
	n.target, n.fragment = strings.TrimSpace(target), strings.TrimSpace(fragment)
	if n.target == "" && n.fragment == "" {
		return nil, 0
	}
	return n, end + 2
}

func renderWikilink(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if entering {
		n := node.(*wikilink)
		w.wiki(n, n)
	}
	return ast.WalkContinue
}

// wiki writes a wikilink: the text given, else what the target turns out to say.
func (w *writer) wiki(node ast.Node, n *wikilink) {
	ref := w.addRef(node, Ref{Kind: RefWiki, Target: n.target, Fragment: n.fragment, Label: n.label}, n.at, n.length)
	w.put("<a")
	w.hole(HoleHref, ref)
	w.put(">")
	w.mute++
	if n.label != "" {
		w.literal([]byte(n.label))
	} else {
		w.hole(HoleText, ref)
	}
	w.mute--
	w.put("</a>")
}
