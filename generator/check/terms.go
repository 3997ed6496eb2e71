package check

import (
	"strconv"
	"strings"

	"playbook/generator/book"
	"playbook/generator/diag"
)

func fieldsOf(b *book.Book, id string) *book.Page {
	p, _ := b.Answer(book.Question{Op: book.OpPage, Arg: id}).Value.(*book.Page)
	return p
}

// termUnused says which terms no other page uses or links to.
func termUnused(b *book.Book, report Report) {
	for _, t := range b.Terms() {
		if t.Pages > 0 {
			continue
		}
		if links, _ := b.Answer(book.Question{Op: book.OpBacklinks, Arg: t.Page}).Value.([]book.Backlink); len(links) > 0 {
			continue
		}
		if t.Retired {
			continue // that is what one wants of it
		}
		p := fieldsOf(b, t.Page)
		at, to := b.FieldAt(t.Page, "title")
		report(diag.Diagnostic{Rule: "term-unused", Level: diag.Warning, At: at, To: to, Msg: "no page uses the term " + strconv.Quote(p.Title),
			Hint: "give it the words people use under aliases, or remove it"})
	}
}

// maxRetired bounds the pages on which uses of one retired term are looked for:
// finding the place means reading the page.
const maxRetired = 100

// termRetired says where a retired term is still used.
func termRetired(b *book.Book, report Report) {
	for _, t := range b.Terms() {
		if t.Pages == 0 || !t.Retired {
			continue
		}
		p := fieldsOf(b, t.Page)
		hint := "say it in other words, or name what to say instead under " + t.Successor + " on the page of " + strconv.Quote(p.Title)
		if c, ok := p.Fields[t.Successor].(*book.Card); ok {
			hint = "say " + strconv.Quote(c.Title) + " instead"
		}
		found, more := b.InUse(t.Page, maxRetired)
		for _, u := range found {
			report(diag.Diagnostic{Rule: "term-retired", Level: diag.Warning, At: u.At, To: u.To, Msg: strconv.Quote(u.Word) + " is a retired term", Hint: hint})
		}
		if more > 0 {
			at, to := b.FieldAt(t.Page, "title")
			report(diag.Diagnostic{Rule: "term-retired", Level: diag.Warning, At: at, To: to, Msg: "this retired term is still used on " + strconv.Itoa(more) + " more pages"})
		}
	}
}

// jargonPages is on how many pages a word in capitals makes people ask.
const jargonPages = 3

// everyday are words in capitals that nobody needs to have explained.
const everyday = ` AD AKA AM API ASAP BC BIOS CD CEO CET CFO CHF CIO COO CPU CSS CSV CTO CV DC DE DIY DVD EN ES ETA ETC EU EUR FAQ FAX FR FYI GB GBP GIF GMT GPS
 HR HTML HTTP HTTPS ID INC IP ISBN ISO IT JPEG JPG JPY JSON KB LLC LTD MB MP3 MP4 NATO NB NO NOTE OK PC PDF PM PNG POST PS RAM RSS SMS SVG TB TBA TBC TBD TLS
 TODO TOML TV TXT UK UN URI URL US USA USB USD UTC UTF VAT VIP VPN WIFI XML YAML ZIP GET PUT AND OR NOT ALL ANY `

// termUndefined says which words in capitals many pages use and no term
// explains. A site without a vocabulary is not asked for one.
func termUndefined(b *book.Book, report Report) {
	if len(b.Terms()) == 0 {
		return
	}
	for _, j := range b.Jargon(jargonPages) {
		if strings.Contains(everyday, " "+j.Word+" ") || strings.Contains(everyday, " "+j.Word+"\n") {
			continue
		}
		report(diag.Diagnostic{Rule: "term-undefined", Level: diag.Info, At: j.At, To: j.To, Also: j.Also,
			Msg:  strconv.Quote(j.Word) + " stands on " + strconv.Itoa(j.Pages) + " pages, and no term explains it",
			Hint: "add a term with it as title or alias, or add it to glossary.known in playbook.toml"})
	}
}
