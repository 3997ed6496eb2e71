package document

import (
	"strings"
	"sync"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxInlineText is how much of a front matter string is read as Markdown; the
// rest of a longer one is shown as it is.
const maxInlineText = 8 << 10

// inlineParser knows emphasis, code, links and pictures and no block at all. It
// is built once because building costs more than using it, and never changes.
var inlineParser = sync.OnceValue(func() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(util.Prioritized(parser.NewParagraphParser(), 1000)),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
			util.Prioritized(extension.NewStrikethroughParser(), 500),
		),
	)
})

// Inline returns one line of Markdown as HTML that is safe in any element: the
// strings of front matter are written with it. It knows emphasis, code and
// links to http and https; other links keep only their text, pictures their
// description, and HTML is shown as text.
func Inline(markdown string) string {
	src, rest := inlineSource(markdown)
	if !strings.ContainsAny(markdown, "\\`*_~[<>&") {
		return string(appendEscaped(nil, src, false)) + rest
	}
	root := inlineParser().Parse(text.NewReader(src))
	var out []byte
	for p := root.FirstChild(); p != nil; p = p.NextSibling() {
		out = appendInline(out, src, p)
	}
	return string(out) + rest
}

// Plain returns the plain text of one line of Markdown.
func Plain(markdown string) string {
	src, _ := inlineSource(markdown)
	if strings.ContainsAny(markdown, "\\`*_~[<&") {
		p := plainer{src: src}
		p.walk(inlineParser().Parse(text.NewReader(src)))
		return oneLine(p.out)
	}
	return oneLine([]byte(markdown))
}

// inlineSource returns the line to be read and, escaped, what is beyond the
// bound.
func inlineSource(markdown string) (src []byte, rest string) {
	line := strings.Join(strings.Fields(strings.ToValidUTF8(markdown, "\uFFFD")), " ")
	if len(line) > maxInlineText {
		cut := strings.LastIndexByte(line[:maxInlineText], ' ')
		if cut < 0 {
			cut = 0
		}
		line, rest = line[:cut], string(appendEscaped(nil, line[cut:], false))
	}
	return []byte(line), rest
}

func appendInline(out, src []byte, n ast.Node) []byte {
	inside := func(open, shut string) []byte {
		out = append(out, open...)
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			out = appendInline(out, src, c)
		}
		return append(out, shut...)
	}
	switch n := n.(type) {
	case *ast.Text:
		v := n.Segment.Value(src)
		if !n.IsRaw() {
			v = appendUnescaped(nil, v)
		}
		out = appendEscaped(out, v, false)
		if n.SoftLineBreak() || n.HardLineBreak() {
			out = append(out, ' ')
		}
		return out
	case *ast.String:
		return appendEscaped(out, n.Value, false)
	case *ast.CodeSpan:
		return inside("<code>", "</code>")
	case *ast.Emphasis:
		if n.Level == 2 {
			return inside("<strong>", "</strong>")
		}
		return inside("<em>", "</em>")
	case *east.Strikethrough:
		return inside("<del>", "</del>")
	case *ast.Link:
		return inside(inlineLink(string(appendUnescaped(nil, n.Destination))))
	case *ast.AutoLink:
		open, shut := inlineLink(string(n.URL(src)))
		out = append(out, open...)
		out = appendEscaped(out, n.Label(src), false)
		return append(out, shut...)
	}
	return inside("", "") // pictures too: their children are the description
}

// inlineLink returns the tags around the text of a link to url.
func inlineLink(url string) (open, shut string) {
	url, f := judge(url)
	if f != fateWeb || !strings.HasPrefix(strings.ToLower(url), "http") {
		return "", ""
	}
	href := appendEscaped(nil, util.URLEscape([]byte(url), false), true)
	return `<a href="` + string(href) + `" rel="external noopener">`, "</a>"
}
