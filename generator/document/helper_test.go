package document

import "playbook/generator/diag"

type diagnostic = diag.Diagnostic

// compileBody compiles Markdown without looking for front matter.
func compileBody(c *Compiler, markdown string) *Document {
	d := &Document{Path: "p.md", Name: "p.md", Front: &Map{}}
	w := c.writers.Get().(*writer)
	defer c.writers.Put(w)
	w.reset(c, d, 1)
	w.compile([]byte(markdown))
	d.Diags = diag.Sort(append(d.Diags, w.diags...))
	w.release()
	return d
}
