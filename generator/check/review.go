package check

import "playbook/generator/book"

// reviewOverdue names pages that were to be looked at again by a day that is past.
func reviewOverdue(b *book.Book, report Report) { b.Overdue(report) }
