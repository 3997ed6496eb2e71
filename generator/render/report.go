package render

import "playbook/generator/book"

// reportsPath is where the page of reports lies.
const reportsPath = "reports/index.html"

// Reports returns the address of the page of reports, "" if the site has none.
func (v *View) Reports() string {
	switch site := v.Site(); {
	case site.Outputs.NoReports:
		return ""
	case site.Portable:
		return book.Root + reportsPath
	}
	return book.Root + "reports/"
}

// Reviews returns the pages that are to be looked at again, the first due first.
func (v *View) Reviews() []book.Review { return ask[[]book.Review](v, book.OpReviews, "") }

// Report returns what the site's own checks find.
func (v *View) Report() *book.Report { return ask[*book.Report](v, book.OpReport, "") }
