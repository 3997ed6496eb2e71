package document

import (
	"strconv"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// tasks are GFM's task list items. The checkbox is disabled, inside the label
// that is the item's text; a script that takes "disabled" off has a live
// checkbox with a name, and data-task tells which one it is.
type tasks struct{}

// Extend implements goldmark.Extender.
func (tasks) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithInlineParsers(util.Prioritized(extension.NewTaskCheckBoxParser(), 0)))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		east.KindTaskCheckBox: renderNothing,
	}, 500)))
}

// beginTask opens the label of a block that begins with a checkbox.
func (w *writer) beginTask(n ast.Node) {
	box := taskOf(n)
	if box == nil {
		return
	}
	line, _ := w.place(max(nodeStart(n), 0))
	w.doc.Facts = append(w.doc.Facts, Fact{Kind: FactTask, Section: w.section(), Text: w.plain(n), Done: box.IsChecked, Line: line})
	w.put(`<label><input type="checkbox" data-task="`)
	w.buf = strconv.AppendInt(w.buf, int64(w.tasks), 10)
	w.put(`"`)
	if box.IsChecked {
		w.put(" checked")
	}
	w.put(" disabled> ")
	w.tasks++
	w.barrier = len(w.buf)
}

// endTask closes what beginTask opened.
func (w *writer) endTask(n ast.Node) {
	if taskOf(n) != nil {
		w.put("</label>")
	}
}
