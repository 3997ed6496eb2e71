package check

import (
	"playbook/generator/book"
	"playbook/generator/diag"
)

// contentEmpty says that a site has no page of its own: the folder is missing,
// or everything in it is ignored or hidden. Silence would look like success.
func contentEmpty(b *book.Book, report Report) {
	for _, id := range b.PageIDs() {
		if !b.Generated(id) {
			return
		}
	}
	report(diag.Diagnostic{Rule: "content-empty", Level: diag.Warning, At: diag.Pos{File: "content"},
		Msg: "there is no page to build", Hint: "write content/index.md, or name the folder with content = \"...\" in playbook.toml"})
}
