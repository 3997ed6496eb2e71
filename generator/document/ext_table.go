package document

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// tables are GFM's. A wide table scrolls in a wrapper that the keyboard can
// reach; the wrapper is a named group, not a landmark, because a page of
// twenty tables must not have twenty landmarks. Columns are aligned by class:
// the pages' policy forbids style attributes.
type tables struct{}

// Extend implements goldmark.Extender. goldmark's transformer for pipes in code
// spans is left out: it costs the square of their number; renderCodeSpan does
// its work.
func (tables) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithParagraphTransformers(
		util.Prioritized(tableGuard{}, 150),
		util.Prioritized(extension.NewTableParagraphTransformer(), 200),
	))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		east.KindTable:       renderTable,
		east.KindTableHeader: renderTableHeader,
		east.KindTableRow:    renderTableRow,
		east.KindTableCell:   renderTableCell,
	}, 500)))
}

// tableGuard refuses tables that would become far larger than they are written:
// a row may leave out its cells, which are made all the same.
type tableGuard struct{}

// Transform implements parser.ParagraphTransformer.
func (tableGuard) Transform(node *ast.Paragraph, _ text.Reader, pc parser.Context) {
	w := state(pc)
	lines := node.Lines()
	n := lines.Len()
	if w == nil || n < 2 {
		return
	}
	for i := 1; i < n; i++ {
		seg := lines.At(i)
		line := bytes.Trim(w.src[seg.Start:seg.Stop], " \t\n")
		if len(line) == 0 || len(bytes.Trim(line, "-|: \t")) > 0 || bytes.IndexByte(line, '-') < 0 {
			continue
		}
		columns := bytes.Count(line, []byte("|")) + 1
		if line[0] == '|' {
			columns--
		}
		if line[len(line)-1] == '|' && len(line) > 1 {
			columns--
		}
		most := w.c.o.Limits.TableColumns
		if columns > most {
			w.fail("table-columns", seg.Start, fmt.Sprintf("the table has %d columns, more than the %d a table may have", columns, most), "split the table, or publish it as a file beside the page")
			refuse(node)
			return
		}
		if cells := columns * (n - i); cells > freeCells && cells > lines.At(n-1).Stop-seg.Start {
			w.fail("table-columns", seg.Start, fmt.Sprintf("the table has %d cells, most of them not written", cells), "split the table, or publish it as a file beside the page")
			refuse(node)
			return
		}
	}
}

// tableLabel names a table by its header cells.
func (w *writer) tableLabel(cells []string) string {
	label := w.c.words.table
	cells = slices.DeleteFunc(slices.Clone(cells), func(c string) bool { return c == "" })
	if names := strings.Join(cells, ", "); names != "" {
		label += ": " + names
	}
	return shorten(label, 120)
}

func renderTable(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		w.put("</table></div>")
		return ast.WalkContinue
	}
	var cells []string
	for c := n.FirstChild().FirstChild(); c != nil; c = c.NextSibling() {
		cells = append(cells, w.plain(c))
	}
	line, _ := w.place(max(nodeStart(n), 0))
	w.doc.Facts = append(w.doc.Facts, Fact{Kind: FactTable, Section: w.section(), Text: strings.Join(cells, "\t"), Line: line})
	w.put(`<div class="table-wrap" role="group" tabindex="0"`)
	w.attr("aria-label", w.tableLabel(cells))
	w.put("><table>")
	return ast.WalkContinue
}

func renderTableHeader(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	if entering {
		w.put("<thead><tr>")
		return ast.WalkContinue
	}
	w.put("</tr></thead>")
	if n.NextSibling() != nil {
		w.put("<tbody>")
	}
	return ast.WalkContinue
}

func renderTableRow(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	if entering {
		w.put("<tr>")
		return ast.WalkContinue
	}
	w.put("</tr>")
	if n.NextSibling() == nil {
		w.put("</tbody>")
	}
	return ast.WalkContinue
}

func renderTableCell(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	n := node.(*east.TableCell)
	// An empty header cell heads nothing; as a th it would be read out as one.
	head := n.Parent().Kind() == east.KindTableHeader && n.HasChildren()
	w.cell = entering
	if !entering {
		w.end(n)
		if head {
			w.mute--
			w.put("</th>")
		} else {
			w.put("</td>")
		}
		return ast.WalkContinue
	}
	if head {
		w.put(`<th scope="col"`)
		w.mute++
	} else {
		w.put("<td")
	}
	switch n.Alignment {
	case east.AlignLeft:
		w.put(` class="a-left"`)
	case east.AlignRight:
		w.put(` class="a-right"`)
	case east.AlignCenter:
		w.put(` class="a-center"`)
	}
	w.put(">")
	w.begin()
	return ast.WalkContinue
}
