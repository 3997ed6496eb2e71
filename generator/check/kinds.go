package check

import "playbook/generator/book"

// kinds runs, for every page, the checks that its kind states about it.
func kinds(b *book.Book, report Report) { b.KindChecks(report) }
