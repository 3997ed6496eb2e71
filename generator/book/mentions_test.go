package book_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"playbook/generator/book"

	"golang.org/x/tools/txtar"
)

// spoken is one page of Markdown and which of its words become links: want is
// the page's text with these words in «», and "/" between blocks.
type spoken struct{ name, page, want string }

// vocabularies are what the cases are read with: title of a term, then what else
// its front matter says.
const (
	sales     = "glossary/lead: title: Lead\nglossary/sql: title: Sales qualified lead\naliases: [SQL, \"sales-qualified lead\"]\nglossary/customer: title: Customer\nglossary/buyers-remorse: title: Buyer's remorse"
	apart     = "glossary/lead: title: Lead\nscope: plans\nglossary/metal: title: Metal\naliases: [Lead]\nscope: mining"
	written   = "glossary/a: title: CRM\nglossary/b: title: iPad\nglossary/c: title: Pipeline\nmatch: {case: sensitive}\nglossary/d: title: KPI\nmatch: {case: fold}"
	forms     = "glossary/a: title: Opportunity\nglossary/b: title: Letter of intent\nglossary/c: title: Sales\nglossary/d: title: Analysis\nglossary/e: title: Lead\nmatch: {plural: false}"
	silent    = "glossary/lead: title: Lead\nmatch: {auto: false}\nglossary/customer: title: Customer"
	hidden    = "glossary/lead: title: Lead\ndraft: true\nglossary/later: title: Customer\npublish_on: 2027-01-01\nglossary/gone: title: Pipeline\nexpires_on: 2026-01-01\nglossary/deal: title: Deal"
	tonguesIn = "language: de\nlanguage: ja\nlanguage: zh"
	tongues   = "glossary/lead: title: Lead\nde/glossary/kunde: title: Kunde\nde/glossary/lead: title: Lead\nja/glossary/a: title: 商談\nzh/glossary/b: title: 销售线索"
)

// TestWords holds the eleven rules by which words become links, from Markdown to
// what the reader sees. How words are told apart has more cases in the package
// glossary.
func TestWords(t *testing.T) {
	rules := []struct {
		rule, terms, path, comment string
		cases                      []spoken
	}{
		{"1 only prose", sales, "guides/a.md", "", []spoken{
			{"a paragraph", "A lead.", "A «lead»."},
			{"headings", "# Lead\n\n## A lead\n\n### lead\n\nlead", "A lead / lead / «lead»"},
			{"a heading underlined", "lead\n---\n\nlead", "lead / «lead»"},
			{"a link", "[lead](x.md) and lead", "lead and «lead»"},
			{"a link by reference", "[lead] and lead\n\n[lead]: https://example.com", "lead and «lead»"},
			{"a bare address", "https://example.com/lead and <https://example.com/lead> lead", "https://example.com/lead and https://example.com/lead «lead»"},
			{"a wikilink", "[[customer]] is a customer", "is a «customer»"},
			{"a wikilink's words", "[[customer|our lead]] is a lead", "our lead is a «lead»"},
			{"code", "`lead` and lead", "lead and «lead»"},
			{"a block of code", "```\nlead\n```\n\n    lead\n\nlead", "lead / lead / «lead»"},
			{"an attribute", "[x](y.md \"lead\"), ![lead](z.png \"lead\"), lead", "x, , «lead»"},
			{"a picture in a link", "[![lead](z.png) lead](y.md) lead", "lead «lead»"},
			{"raw HTML", "<span title=\"lead\">lead</span> <code>lead</code>", "«lead» lead"},
			{"a comment", "<!-- lead -->\n\nlead", "«lead»"},
			{"a list", "- a lead\n- a customer", "a «lead» / a «customer»"},
			{"nested lists", "1. one\n   - a lead\n     - a customer\n2. two", "one / a «lead» / a «customer» / two"},
			{"tasks", "- [x] call the lead", "call the «lead»"},
			{"a table", "| lead | b |\n|---|---|\n| customer | c |", "lead / b / «customer» / c"},
			{"a quotation", "> A lead said so.", "A «lead» said so."},
			{"an alert", "> [!NOTE]\n> The lead waits.", "Note / The «lead» waits."},
			{"a container", "::: tip\nThe lead waits.\n:::", "Tip / The «lead» waits."},
			{"a footnote", "Text.[^1]\n\n[^1]: Of a lead.", "Text.1 / Of a «lead». ↩"},
			{"a definition list", "What\n:   A lead.", "What / A «lead»."},
			{"the lines of verse", "a lead  \na customer", "a «lead» / a «customer»"},
		}},
		{"1 its own page", sales, "glossary/lead.md", "", []spoken{
			{"itself", "A lead is no customer.", "A lead is no «customer»."},
			{"another that holds it", "A lead may be a sales qualified lead.", "A lead may be a «sales qualified lead»."},
		}},
		{"2 longest, leftmost", sales, "guides/a.md", "", []spoken{
			{"the longer one", "A sales qualified lead is a lead.", "A «sales qualified lead» is a «lead»."},
			{"not across a stop", "We do sales. Qualified lead!", "We do sales. Qualified «lead»!"},
			{"not across blocks", "sales qualified\n\nlead", "sales qualified / «lead»"},
			{"beside each other", "lead customer", "«lead» «customer»"},
		}},
		{"3 borders", sales, "guides/a.md", "", []spoken{
			{"inside of words", "leader, mislead, leadership", "leader, mislead, leadership"},
			{"four hyphens", "sales-qualified lead\n\n## b\n\nsales‐qualified lead\n\n## c\n\nsales‑qualified lead\n\n## d\n\nsales–qualified lead",
				"«sales-qualified lead» / b / «sales‐qualified lead» / c / «sales‑qualified lead» / d / «sales–qualified lead»"},
			{"two apostrophes", "a customer's wish\n\n## b\n\na customer’s wish", "a «customer's» wish / b / a «customer’s» wish"},
			{"an apostrophe inside", "buyer’s remorse\n\n## b\n\nbuyer's remorse", "«buyer’s remorse» / b / «buyer's remorse»"},
			{"combining marks", "cafe\u0301 le\u0301ad lead", "cafe\u0301 le\u0301ad «lead»"},
			{"signs", "(lead), “customer”!", "(«lead»), “«customer»”!"},
			{"soft hyphens", "cus&shy;tomer", "«cus\u00adtomer»"},
		}},
		{"4 case", written, "guides/a.md", "", []spoken{
			{"capitals", "crm, Crm, CRM", "crm, Crm, «CRM»"},
			{"mixed", "ipad, IPAD, iPad", "ipad, IPAD, «iPad»"},
			{"forced to be as written", "pipeline, PIPELINE, Pipeline", "pipeline, PIPELINE, «Pipeline»"},
			{"forced to fold", "kpi", "«kpi»"},
		}},
		{"4 case of an alias", sales, "guides/a.md", "", []spoken{
			{"as written", "sql, then SQL", "sql, then «SQL»"},
			{"at the begin of a sentence", "Customer. LEAD.", "«Customer». «LEAD»."},
		}},
		{"5 plurals and possessives", forms, "guides/a.md", "", []spoken{
			{"regular", "opportunities", "«opportunities»"},
			{"possessive", "the opportunity's end, the opportunities’ end", "the «opportunity's» end, the opportunities’ end"},
			{"in the first word", "letters of intent", "«letters of intent»"},
			{"irregular", "two analyses", "two «analyses»"},
			{"a plural as it is", "sales, sale", "«sales», sale"},
			{"switched off", "leads, lead", "leads, «lead»"},
		}},
		{"6 the first in a section", sales, "guides/a.md", "", []spoken{
			{"once a section", "lead, lead\n\n## One\n\nlead, lead\n\n### Under\n\nlead\n\n## Two\n\nlead", "«lead», lead / One / «lead», lead / Under / lead / Two / «lead»"},
			{"each term by itself", "lead, customer, lead, customer", "«lead», «customer», lead, customer"},
			{"other forms are the same", "leads, lead, lead's", "«leads», lead, lead's"},
			{"an alias is the same", "SQL, sales qualified lead", "«SQL», sales qualified lead"},
			{"a footnote belongs to its section", "lead.[^1]\n\n[^1]: lead", "«lead».1 / lead ↩"},
		}},
		{"6 the first in a page", sales, "guides/a.md", "terms: page", []spoken{
			{"once", "lead\n\n## One\n\nlead, customer", "«lead» / One / lead, «customer»"},
		}},
		{"6 all", sales, "guides/a.md", "terms: all", []spoken{
			{"each", "lead, lead\n\n## One\n\nlead", "«lead», «lead» / One / «lead»"},
		}},
		{"7 spaces, breaks, emphasis", sales, "guides/a.md", "", []spoken{
			{"a soft break", "a sales\nqualified\nlead", "a «sales qualified lead»"},
			{"several spaces", "a sales    qualified lead", "a «sales qualified lead»"},
			{"emphasis inside", "a sales *qualified* lead", "a «sales qualified lead»"},
			{"emphasis at its end", "a sales qualified **lead**", "a «sales qualified lead»"},
			{"emphasis round it", "***sales qualified lead***", "«sales qualified lead»"},
			{"struck out", "~~sales~~ qualified lead", "«sales qualified lead»"},
			{"emphasis that goes on", "sales qualified *lead of ours*", "sales qualified «lead» of ours"},
			{"emphasis inside of a word", "l*ea*d", "«lead»"},
			{"a hard break", "sales qualified\\\nlead", "sales qualified / «lead»"},
			{"in a quotation over lines", "> a sales\n> qualified lead", "a «sales qualified lead»"},
			{"in an item over lines", "- a sales\n  qualified lead", "a «sales qualified lead»"},
			{"a space that does not break", "sales&nbsp;qualified lead", "«sales qualified lead»"},
		}},
		{"8 opting out", silent, "guides/a.md", "", []spoken{
			{"a term", "lead, customer", "lead, «customer»"},
			{"a page", "---\nglossary: false\n---\nlead, customer", "lead, customer"},
			{"a spot", "[customer]{.plain}, customer", "customer, «customer»"},
			{"a longer spot", "[the customer and *the customer*]{.plain} of a customer", "the customer and the customer of a «customer»"},
		}},
		{"9 told apart by a section", apart, "plans/a.md", "", []spoken{
			{"in the section", "A lead.", "A «lead»."},
		}},
		{"9 told apart by a tag", apart, "guides/a.md", "", []spoken{
			{"in neither", "A lead and a metal.", "A lead and a metal."},
			{"by the tag", "---\ntags: [mining]\n---\nA lead and a metal.", "A «lead» and a metal."},
		}},
		{"10 hidden", hidden, "guides/a.md", "", []spoken{
			{"a draft, one to come, one that is over", "lead, customer, pipeline, deal", "lead, customer, pipeline, «deal»"},
		}},
		{"10 for others", hidden, "guides/a.md", "drafts: true", []spoken{
			{"seen by who sees drafts", "lead, deal", "«lead», «deal»"},
		}},
		{"11 the page's language", tongues, "de/guides/a.md", tonguesIn, []spoken{
			{"german words", "Ein Kunde, ein Lead.", "Ein «Kunde», ein «Lead»."},
			{"german compounds", "Kundenbindung, Leadgenerierung, Neukunde, Bestandskunde, Vertriebslead", "Kundenbindung, Leadgenerierung, Neukunde, Bestandskunde, Vertriebslead"},
			{"a compound with a hyphen", "die Lead-Generierung", "die «Lead»-Generierung"},
			{"no English plural", "Leads", "Leads"},
		}},
		{"11 another language", tongues, "guides/a.md", tonguesIn, []spoken{
			{"no german word", "A Kunde, a lead.", "A Kunde, a «lead»."},
			{"said in the page", "---\nlang: de\n---\nEin Kunde.", "Ein «Kunde»."},
		}},
		{"11 Japanese", tongues, "ja/guides/a.md", tonguesIn, []spoken{
			{"without borders", "次の商談を準備する。", "次の«商談»を準備する。"},
		}},
		{"11 Chinese", tongues, "zh/guides/a.md", tonguesIn, []spoken{
			{"without borders", "合格的销售线索是", "合格的«销售线索»是"},
			{"over two lines", "合格的**销售**线索", "合格的«销售线索»"},
		}},
	}
	seen := map[string]int{}
	n := 0
	for _, r := range rules {
		number, _, _ := strings.Cut(r.rule, " ")
		seen[number] += len(r.cases)
		n += len(r.cases)
		for _, c := range r.cases {
			t.Run(r.rule+"/"+c.name, func(t *testing.T) {
				if got := words(t, r.terms, r.path, r.comment, c.page); got != c.want {
					t.Errorf("\n got %q\nwant %q", got, c.want)
				}
			})
		}
	}
	for _, number := range strings.Fields("1 2 3 4 5 6 7 8 9 10 11") {
		if seen[number] == 0 {
			t.Errorf("rule %s has no case", number)
		}
	}
	if n < 80 {
		t.Errorf("only %d cases", n)
	}
}

var (
	blockTag = regexp.MustCompile(`</?(p|h[1-6]|li|ul|ol|table|thead|tbody|tr|td|th|div|section|aside|blockquote|pre|dl|dt|dd|br|hr)\b[^>]*>`)
	someTag  = regexp.MustCompile(`<[^>]*>|<!--.*?-->`)
	breaks   = regexp.MustCompile(`(\s*\x01\s*)+`)
	spaces   = regexp.MustCompile(`[ \n\t\x{a0}]+`)
)

// words compiles and links a site of the terms and one page, and shows that page.
func words(t *testing.T, terms, path, comment, page string) string {
	t.Helper()
	a := &txtar.Archive{Comment: []byte(comment + "\n")}
	if !strings.HasPrefix(path, "glossary/lead") {
		a.Files = append(a.Files, txtar.File{Name: "content/" + path, Data: []byte(page + "\n")})
	}
	at := -1
	for _, line := range strings.Split(terms, "\n") {
		if file, rest, ok := strings.Cut(line, ": "); ok && strings.Contains(file, "glossary/") {
			text := "---\nkind: term\nstatus: agreed\nagreed_on: 2026-01-01\ndefinition: A word.\n---\n"
			if "content/"+file+".md" == "content/"+path {
				text += page + "\n"
			}
			a.Files = append(a.Files, txtar.File{Name: "content/" + file + ".md", Data: []byte(text)})
			at, line = len(a.Files)-1, rest
		}
		f := &a.Files[at]
		f.Data = []byte(strings.Replace(string(f.Data), "definition:", line+"\ndefinition:", 1))
	}
	b, diags := link(t, a)
	for _, d := range diags {
		if strings.HasPrefix(d.Rule, "term-clash") || strings.HasPrefix(d.Rule, "front-") {
			t.Errorf("%+v", d)
		}
	}
	v, _ := b.Answer(book.Question{Op: book.OpBody, Arg: strings.TrimSuffix(path, ".md")}).Value.(*book.Body)
	if v == nil {
		t.Fatal("the page has no body")
	}
	var w strings.Builder
	from := 0
	for _, m := range v.Terms {
		w.Write(v.HTML[from:m.From])
		w.WriteString("«" + string(v.HTML[m.From:m.To]) + "»")
		from = m.To
	}
	w.Write(v.HTML[from:])
	s := someTag.ReplaceAllString(blockTag.ReplaceAllString(w.String(), "\x01"), "")
	s = breaks.ReplaceAllString(spaces.ReplaceAllString(html.UnescapeString(s), " "), " / ")
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(s), "/"))
}
