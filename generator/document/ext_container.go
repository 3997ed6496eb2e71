package document

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// containers are `:::name[Title]` … `:::`. They nest: a fence closes the
// innermost open container that was opened with no more colons than it has.
// note, tip, info, warning, caution, danger and the alerts' other kinds look
// like alerts, details folds, any other name is a neutral box with the name as
// class.
type containers struct{}

// Extend implements goldmark.Extender. The nodes are rendered by alerts.
func (containers) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithBlockParsers(util.Prioritized(bounded{BlockParser: containerParser{}}, 810)))
}

type containerParser struct{}

// Trigger implements parser.BlockParser.
func (containerParser) Trigger() []byte { return []byte{':'} }

// Open implements parser.BlockParser.
func (containerParser) Open(_ ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, seg := reader.PeekLine()
	pos := pc.BlockOffset()
	if pos < 0 {
		return nil, parser.NoChildren
	}
	i := pos
	for i < len(line) && line[i] == ':' {
		i++
	}
	n := &callout{fence: i - pos, at: seg.Start + pos - seg.Padding}
	if n.fence < 3 {
		return nil, parser.NoChildren
	}
	for i < len(line) && line[i] == ' ' {
		i++
	}
	start := i
	for i < len(line) && (util.IsAlphaNumeric(line[i]) || i > start && (line[i] == '-' || line[i] == '_')) {
		i++
	}
	n.word = strings.ToLower(string(line[start:i]))
	if !validClass(n.word) {
		return nil, parser.NoChildren
	}
	if n.kind = calloutKind(n.word); n.word == "details" {
		n.kind, n.folded = "details", true
	}
	// [Title] as in directives, or the rest of the line; {#id .class open} last.
	stop := len(bytes.TrimRight(line, " \t\n"))
	if stop > i && line[stop-1] == '}' {
		if open := bytes.LastIndexByte(line[i:stop], '{'); open >= 0 {
			if attrs, ok := parseContainerAttributes(string(line[i+open+1 : stop-1])); ok {
				n.id, n.css, n.open = attrs.id, attrs.class, n.folded && slices.Contains(attrs.words, "open")
				stop = i + len(bytes.TrimRight(line[i:i+open], " \t"))
				if w := state(pc); w != nil {
					w.reportAttributes(attrs.dropped, n.at)
				}
			}
		}
	}
	for i < stop && line[i] == ' ' {
		i++
	}
	if stop > i {
		if line[i] == '[' && line[stop-1] == ']' {
			i, stop = i+1, stop-1
		} else if line[i] == '[' {
			return nil, parser.NoChildren
		}
		from := seg.Start - seg.Padding
		n.setTitle(text.NewSegment(from+i, from+stop), reader.Source())
	}
	reader.AdvanceToEOL()
	return n, parser.HasChildren
}

// parseContainerAttributes also takes a lone word, which in a heading is prose.
func parseContainerAttributes(s string) (attributes, bool) {
	a, ok := parseAttributes(s)
	return a, ok || len(a.words) > 0
}

// Continue implements parser.BlockParser. goldmark asks the outermost container
// first, so each has to see whether the fence is meant for one further in.
func (containerParser) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	line, _ := reader.PeekLine()
	indent, pos := util.IndentWidth(line, reader.LineOffset())
	rest := bytes.TrimRight(line[min(pos, len(line)):], " \t\n")
	if len(rest) < 3 || len(bytes.TrimLeft(rest, ":")) > 0 {
		return parser.Continue | parser.HasChildren
	}
	mine := false
	for _, o := range pc.OpenedBlocks() {
		if o.Node == node {
			mine = true
			continue
		}
		if !mine {
			continue
		}
		switch in := o.Node.(type) {
		case *callout:
			if in.fence == 0 {
				goto decide // a quote: the line has no ">"
			}
			if in.fence <= len(rest) {
				return parser.Continue | parser.HasChildren
			}
		case *ast.ListItem:
			if indent < in.Offset {
				goto decide
			}
			indent -= in.Offset
		case *ast.FencedCodeBlock, *ast.HTMLBlock:
			return parser.Continue | parser.HasChildren
		case *ast.Blockquote:
			goto decide
		}
	}
decide:
	n := node.(*callout)
	if indent > 3 || n.fence > len(rest) {
		return parser.Continue | parser.HasChildren
	}
	n.closed = true
	reader.AdvanceToEOL()
	return parser.Close
}

// Close implements parser.BlockParser.
func (containerParser) Close(node ast.Node, _ text.Reader, pc parser.Context) {
	n := node.(*callout)
	if w := state(pc); w != nil && !n.closed && w.guard.steps <= maxSteps {
		w.warn("container-unclosed", n.at, "the container "+strconv.Quote(n.word)+" is not closed", "end it with a line of "+strings.Repeat(":", min(n.fence, 20)))
	}
}

// CanInterruptParagraph implements parser.BlockParser.
func (containerParser) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine implements parser.BlockParser.
func (containerParser) CanAcceptIndentedLine() bool { return false }
