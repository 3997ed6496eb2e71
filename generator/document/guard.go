package document

import (
	"bytes"
	"fmt"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// goldmark costs the square of some things an attacker can pile up. The guards
// in this file bound them by work, not by count, so that a page with one long
// list of links passes and a page made of brackets does not. The figures are
// steps; ten million take about a tenth of a second or less.
const (
	// maxInline bounds the sum over all blocks of the squares of how many
	// delimiters they hold: 7,000 brackets or 20,000 asterisks in one paragraph
	// pass. Eight: a bracket was measured to cost as much as eight delimiters.
	maxInline     = 400_000_000
	bracketWeight = 8
	// maxNotes bounds uses times definitions of footnotes.
	maxNotes = 40_000_000
	// maxSteps bounds lines times their depth in lists and quotes. The parser
	// keeps 24 bytes for each.
	maxSteps = 1_000_000
	// maxDefinitions bounds link definitions times bytes of their paragraph.
	maxDefinitions = 4_000_000_000
	// freeCells is how many table cells may be there without being written.
	freeCells = 20_000
)

// guardState is what the guards count on a page.
type guardState struct {
	block       ast.Node // whose delimiters are being counted
	brackets    int
	delimiters  int
	inline      int
	notes       int // footnotes defined
	noteSteps   int
	steps       int
	definitions int
	toldNesting bool
	toldSteps   bool
	toldInline  bool
}

// guard is the first of the inline parsers: it looks at what costs and, once a
// page has cost enough, takes the rest as text.
type guard struct{}

// Trigger implements parser.InlineParser.
func (guard) Trigger() []byte { return []byte{'[', '!', '*', '_', '~'} }

// Parse implements parser.InlineParser.
func (guard) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	w := state(pc)
	if w == nil {
		return nil
	}
	g := &w.guard
	if g.block != parent {
		g.block, g.brackets, g.delimiters = parent, 0, 0
	}
	switch block.Peek() {
	case '[', '!':
		g.brackets++
		g.inline += 2 * bracketWeight * g.brackets
		if g.notes > 0 {
			if line, _ := block.PeekLine(); bytes.HasPrefix(line, []byte("[^")) || bytes.HasPrefix(line, []byte("![^")) {
				g.noteSteps += g.notes
			}
		}
	default:
		g.delimiters++
		g.inline += 2 * g.delimiters
	}
	if g.inline <= maxInline && g.noteSteps <= maxNotes {
		return nil
	}
	line, seg := block.PeekLine()
	if !g.toldInline {
		g.toldInline = true
		what := "brackets and asterisks"
		if g.noteSteps > maxNotes {
			what = "footnotes"
		}
		w.fail("nesting", seg.Start, fmt.Sprintf("there are too many %s from here on", what), "put data into a code block or a file beside the page")
	}
	n := len(bytes.TrimRight(line, "\n"))
	if n == 0 {
		return nil
	}
	block.Advance(n)
	return ast.NewTextSegment(seg.WithStop(seg.Start + n - seg.Padding))
}

// bounded keeps a container parser from nesting too deep.
type bounded struct {
	parser.BlockParser
	note bool // it opens footnotes
}

// Open implements parser.BlockParser.
func (b bounded) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	w := state(pc)
	if w != nil && (len(pc.OpenedBlocks()) >= w.c.o.Limits.Nesting || w.guard.steps > maxSteps) {
		depth := 0
		for _, o := range pc.OpenedBlocks() {
			if o.Node.Kind() != ast.KindList {
				depth++
			}
		}
		if depth >= w.c.o.Limits.Nesting || w.guard.steps > maxSteps {
			line, seg := reader.Position()
			node, _ := b.BlockParser.Open(parent, reader, pc)
			reader.SetPosition(line, seg)
			if node != nil && !w.guard.toldNesting && !w.guard.toldSteps {
				w.guard.toldNesting = true
				w.fail("nesting", seg.Start, fmt.Sprintf("lists and quotes are nested more than %d deep", w.c.o.Limits.Nesting), "flatten the list")
			}
			return nil, parser.NoChildren
		}
	}
	node, st := b.BlockParser.Open(parent, reader, pc)
	if node != nil && b.note && w != nil {
		w.guard.notes++
	}
	return node, st
}

// Continue implements parser.BlockParser.
func (b bounded) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	if w := state(pc); w != nil {
		g := &w.guard
		g.steps++
		if g.steps > maxSteps {
			if !g.toldSteps {
				g.toldSteps = true
				_, seg := reader.Position()
				w.fail("nesting", seg.Start, "too many lines are nested too deep up to here", "flatten the list, or split the page")
			}
			return parser.Close
		}
	}
	return b.BlockParser.Continue(node, reader, pc)
}

// definitionGuard sees a paragraph before its link definitions are taken out.
type definitionGuard struct{}

// Transform implements parser.ParagraphTransformer.
func (definitionGuard) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	w := state(pc)
	lines := node.Lines()
	n := lines.Len()
	if w == nil || n < 200 {
		return
	}
	defs := 0
	for i := range n {
		if seg := lines.At(i); bytes.HasPrefix(bytes.TrimLeft(seg.Value(w.src), " "), []byte("[")) {
			defs++
		}
	}
	w.guard.definitions += defs * (lines.At(n-1).Stop - lines.At(0).Start)
	if w.guard.definitions > maxDefinitions {
		w.fail("nesting", lines.At(0).Start, "there are too many link definitions in one paragraph", "put a blank line between groups of them")
		refuse(node)
	}
}

// kindRefused is a paragraph that passed a limit: its text is shown unread.
var kindRefused = ast.NewNodeKind("Refused")

type refused struct{ ast.BaseBlock }

// Kind implements ast.Node.
func (*refused) Kind() ast.NodeKind { return kindRefused }

// IsRaw implements ast.Node: the text is not parsed.
func (*refused) IsRaw() bool { return true }

// Dump implements ast.Node.
func (n *refused) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// refuse puts an unread block in the place of a paragraph.
func refuse(p *ast.Paragraph) {
	r := &refused{}
	r.SetLines(p.Lines())
	p.Parent().ReplaceChild(p.Parent(), p, r)
}

func renderRefused(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	if entering {
		w.put("<p>")
		for i := range n.Lines().Len() {
			seg := n.Lines().At(i)
			w.buf = appendEscaped(w.buf, seg.Value(w.src), false)
		}
		w.put("</p>")
	}
	return ast.WalkContinue
}
