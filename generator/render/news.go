package render

import (
	"strconv"
	"strings"

	"playbook/generator/book"
)

// Recent returns what is new, the latest first: on the site, in a section by its
// id, or about a tag by "tags/" and its slug.
func (v *View) Recent(of ...string) []book.News {
	return ask[[]book.News](v, book.OpRecent, strings.Join(of, "/"))
}

// Tell returns in a line how a value of a page, or its text, is another one than
// it was: "Target: 1,200,000 → 1,500,000".
func (v *View) Tell(c book.FieldChange) string {
	if c.Label == "" {
		if len(c.Parts) == 0 {
			return v.T("Text revised")
		}
		return v.T("Text revised") + ": " + strings.Join(c.Parts, ", ")
	}
	said := func(x any) string {
		switch x := x.(type) {
		case nil:
			return "–"
		case bool:
			if x {
				return v.T("Yes")
			}
			return v.T("No")
		case string:
			if isDate(x) {
				return v.Date("2 Jan 2006", x)
			}
			if c.Choice {
				return v.Word(x)
			}
			return x
		}
		return v.Number(x)
	}
	var parts []string
	count := func(n int, what string) {
		if n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+v.T(what))
		}
	}
	label := v.T(c.Label) + ": "
	switch {
	case c.From == nil && c.To != nil:
		return label + said(c.To)
	case c.From != nil || c.To != nil:
		return label + said(c.From) + " → " + said(c.To)
	case c.Long:
		return label + v.T("revised")
	}
	count(c.Added, "added")
	count(c.Changed, "revised")
	count(c.Removed, "removed")
	return label + strings.Join(parts, ", ")
}

// Changed returns the day on which the page's document was last changed, as the
// history of its files has it; "" if that is not known.
func (v *View) Changed() string { return v.self().Changed }

// ChangedBy returns who changed the document then.
func (v *View) ChangedBy() string { return v.self().ChangedBy }

// Created returns the day on which the document came to be, "" if that is not
// known.
func (v *View) Created() string { return v.self().Created }
