package check

import "playbook/generator/book"

// kinds runs, for every page, the checks that its kind states about it.
func kinds(b *book.Book, report Report) {
	for _, id := range b.PageIDs() {
		b.KindCheck(id, report)
	}
}
