package render

import (
	"bytes"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"playbook/generator/artifact"
	"playbook/generator/book"
)

// View is what a layout calls ".": its methods are the questions it may ask.
// Each is recorded, so a page is made again exactly when an answer it used has
// changed. A View is good for one execution of one layout.
type View struct {
	t    *Theme
	r    *artifact.Reader
	id   string
	tag  string
	part int // of a section's pages, from 2; 0 is the first
	page *book.Page

	terms   linked                  // by the bodies asked for so far
	rel     map[string][]*book.Card // Relations and Derived, once asked for
	derived map[string]any
	kind    string            // whose layout is executed, "" if it is of none
	words   map[string]string // in the page's language, once asked for
	site    *book.Site
	icons   []icon // those asked for so far
}

func ask[T any](v *View, op book.Op, arg string) T {
	return artifact.Ask[T](v.r, book.Question{Op: op, Arg: arg})
}

// Site returns what every page may know of the site.
func (v *View) Site() *book.Site {
	if v.site == nil {
		v.site = ask[*book.Site](v, book.OpSite, "")
	}
	return v.site
}

var nobody = &book.Page{Card: &book.Card{}, Fields: map[string]any{}}

func (v *View) self() *book.Page {
	if v.page == nil {
		if v.page = nobody; v.id != "" {
			if p := ask[*book.Page](v, book.OpPage, v.id); p != nil {
				v.page = p
			}
		}
	}
	return v.page
}

// Page returns the page's own card.
func (v *View) Page() *book.Card { return v.self().Card }

// Title returns the page's title.
func (v *View) Title() string {
	switch {
	case v.tag != "":
		if t := v.Tag(); t != nil {
			return t.Name
		}
	case v.id == "":
		return ""
	}
	return v.self().Title
}

// TitleID returns the anchor of the heading that became the title, "" if none.
func (v *View) TitleID() string { return v.self().TitleID }

// Description returns what front matter says the page is about, else its
// summary.
func (v *View) Description() string {
	if d := v.self().Description; d != "" {
		return d
	}
	return v.self().Card.Summary
}

// Lang returns the page's language tag.
func (v *View) Lang() string {
	if l := v.self().Card.Lang; l != "" {
		return l
	}
	return v.Site().Language
}

// Body returns the page's text as HTML.
func (v *View) Body() template.HTML {
	if v.id == "" {
		return ""
	}
	return body(v.r, v.id, &v.terms)
}

// BodyOf returns the text of another page.
func (v *View) BodyOf(c *book.Card) template.HTML {
	if c == nil {
		return ""
	}
	return body(v.r, c.ID, &v.terms)
}

// TermCard is the card of a term that a text on this page links to.
type TermCard struct {
	ID   string // of the element that the links name as their description
	HTML template.HTML
}

// Terms returns the cards of the terms that the page's texts link to, what they
// transclude included, in the order in which a reader meets them. Each card is
// made once for all pages. A layout asks for them behind the last Body.
func (v *View) Terms() []TermCard {
	out := make([]TermCard, len(v.terms.terms))
	for i, id := range v.terms.terms {
		out[i] = TermCard{cardID(i), asHTML(v.r.Fragment("hover/" + id))}
	}
	return out
}

// Words returns the number of words of prose, Draft whether the page is one,
// Path the document's path below content/.
func (v *View) Words() int   { return v.self().Words }
func (v *View) Draft() bool  { return v.self().Draft }
func (v *View) Path() string { return v.self().Path }

// TOC returns the headings of the second and third level.
func (v *View) TOC() []book.Heading { return v.self().Headings }

// Fields returns front matter as data, references as cards.
func (v *View) Fields() map[string]any { return v.self().Fields }

// FieldList returns the declared fields that have a value worth a line.
func (v *View) FieldList() []book.FieldValue { return v.self().FieldList }

// Derived returns the kind's derived values by name.
func (v *View) Derived() map[string]any {
	if v.derived == nil {
		v.derived = map[string]any{}
		for _, n := range ask[[]book.Named](v, book.OpDerived, v.id) {
			v.derived[n.Name] = n.Value
		}
	}
	return v.derived
}

// DerivedOf returns another page's derived values.
func (v *View) DerivedOf(c *book.Card) map[string]any {
	if c == nil {
		return nil
	}
	out := map[string]any{}
	for _, n := range ask[[]book.Named](v, book.OpDerived, c.ID) {
		out[n.Name] = n.Value
	}
	return out
}

// Outline returns the sections that the kind wants the page to have, and how far
// each is; OutlineOf those of another page.
func (v *View) Outline() []book.OutlinePart { return ask[[]book.OutlinePart](v, book.OpOutline, v.id) }
func (v *View) OutlineOf(c *book.Card) []book.OutlinePart {
	if c == nil {
		return nil
	}
	return ask[[]book.OutlinePart](v, book.OpOutline, c.ID)
}

// FieldsOf returns another page's front matter.
func (v *View) FieldsOf(c *book.Card) map[string]any {
	if c == nil {
		return nil
	}
	if p := ask[*book.Page](v, book.OpPage, c.ID); p != nil {
		return p.Fields
	}
	return nil
}

// Relations returns the pages related to this one, by the relation's name in
// either direction.
func (v *View) Relations() map[string][]*book.Card {
	if v.rel == nil {
		v.rel = v.relations(v.id)
	}
	return v.rel
}

// RelationsOf returns the relations of another page.
func (v *View) RelationsOf(c *book.Card) map[string][]*book.Card {
	if c == nil {
		return nil
	}
	return v.relations(c.ID)
}

// Related returns the pages of one relation of another page, by the relation's
// name or its inverse. What else is said of that page does not matter to the page
// that asks.
func (v *View) Related(name string, c *book.Card) []*book.Card {
	if c == nil {
		return nil
	}
	return ask[[]*book.Card](v, book.OpRelated, name+" "+c.ID)
}

func (v *View) relations(id string) map[string][]*book.Card {
	out := map[string][]*book.Card{}
	for _, g := range ask[[]book.RelationGroup](v, book.OpRelations, id) {
		out[g.Name] = append(out[g.Name], g.Pages...)
	}
	return out
}

// RelationGroups returns the relations with their labels, forward ones first.
func (v *View) RelationGroups() []book.RelationGroup {
	return ask[[]book.RelationGroup](v, book.OpRelations, v.id)
}

// Backlinks returns the pages that link here in their prose.
func (v *View) Backlinks() []book.Backlink { return ask[[]book.Backlink](v, book.OpBacklinks, v.id) }

// Uses returns where the term that this page explains is used.
func (v *View) Uses() *book.Uses { return ask[*book.Uses](v, book.OpUses, v.id) }

// Breadcrumbs returns the way from the home page, without the page itself.
func (v *View) Breadcrumbs() []*book.Card { return ask[[]*book.Card](v, book.OpTrail, v.id) }

// Prev and Next return the neighbours in the section, nil at its ends.
func (v *View) Prev() *book.Card { return ask[[2]*book.Card](v, book.OpPager, v.id)[0] }
func (v *View) Next() *book.Card { return ask[[2]*book.Card](v, book.OpPager, v.id)[1] }

// Children returns the pages directly in the section that this page is the
// page of; Sections its subsections.
func (v *View) Children() []*book.Card {
	return ask[[]*book.Card](v, book.OpChildren, v.sectionID())
}
func (v *View) Sections() []*book.Card {
	return ask[[]*book.Card](v, book.OpSections, v.sectionID())
}

// Listed returns those of Children that this page of the section lists.
func (v *View) Listed() []*book.Card {
	all, per := v.Children(), v.Site().PerList
	from := min(len(all), max(0, v.part-1)*per)
	return all[from:min(len(all), from+per)]
}

// Part is one of the pages on which a section lists what lies in it.
type Part struct {
	Number int
	URL    string
	Here   bool
}

// PartNumber returns which of its section's pages this is, from 1.
func (v *View) PartNumber() int { return max(v.part, 1) }

// Parts returns the pages of this section, nothing where one is enough.
func (v *View) Parts() []Part {
	s := v.Site()
	n := (len(v.Children()) + s.PerList - 1) / max(1, s.PerList)
	if n < 2 {
		return nil
	}
	first := v.self().Card.URL
	out := make([]Part, n)
	for i := range out {
		out[i] = Part{Number: i + 1, URL: first, Here: max(v.part, 1) == i+1}
		if i > 0 {
			out[i].URL = strings.TrimSuffix(first, "index.html") + partName(i+1) + "/"
			if s.Portable {
				out[i].URL += "index.html"
			}
		}
	}
	return out
}

// SectionsOf and ChildrenOf return those of another section.
func (v *View) SectionsOf(c *book.Card) []*book.Card {
	return ask[[]*book.Card](v, book.OpSections, sectionOf(c))
}
func (v *View) ChildrenOf(c *book.Card) []*book.Card {
	return ask[[]*book.Card](v, book.OpChildren, sectionOf(c))
}

func sectionOf(c *book.Card) string {
	if c == nil || c.ID == book.HomeID && c.Section == "" {
		return ""
	}
	return c.ID
}

func (v *View) sectionID() string { return sectionOf(v.self().Card) }

// TopNav returns the top sections.
func (v *View) TopNav() []*book.Card { return ask[[]*book.Card](v, book.OpTopNav, "") }

// Nav returns the navigation of the page's section, made once for all its
// pages; the line of this page is marked.
func (v *View) Nav() template.HTML {
	c := v.self().Card
	sec := c.Section
	if c.IsSection {
		sec = sectionOf(c)
	}
	h := v.r.Fragment("nav/" + sec)
	if c.URL != "" {
		at := []byte(`href="` + c.URL + `"`)
		h = bytes.Replace(h, at, append([]byte(`aria-current="page" `), at...), 1)
	}
	return asHTML(h)
}

// Shared returns a partial that is the same for all pages of one language in
// one top section, made once for all of them: the site's header and footer. In
// it "." is a View of the section's page when the page is that, and else of a
// page without a name in that section.
func (v *View) Shared(name string) template.HTML {
	c := v.self().Card
	top, _, deeper := strings.Cut(c.Section, "/")
	if c.Section == "" && c.IsSection && c.ID != book.HomeID {
		top = c.ID
	} else if deeper || c.Section != "" || c.ID != book.HomeID {
		top += "/"
	}
	return asHTML(v.r.Fragment("shared/" + v.Lang() + "/" + strings.ReplaceAll(name, "/", ":") + "/" + top))
}

// Feed returns the address of the feed of the page's section or of its tag, that
// of the site on all others; "" if the site has no feeds.
func (v *View) Feed() string {
	if v.Site().Outputs.NoFeeds {
		return ""
	}
	if v.tag != "" {
		return book.Root + "tags/" + v.tag + "/feed.xml"
	}
	way := v.Breadcrumbs()
	if c := v.self().Card; c.IsSection {
		way = append(slices.Clone(way), c)
	}
	if len(way) > 1 {
		return strings.TrimSuffix(way[1].URL, "index.html") + "feed.xml"
	}
	return book.Root + "feed.xml"
}

// CardOf returns the card of a page by its id, nil if there is none.
func (v *View) CardOf(id string) *book.Card { return ask[*book.Card](v, book.OpCard, id) }

// PagesOf returns all pages of a kind, in its order.
func (v *View) PagesOf(kind string) []*book.Card { return ask[[]*book.Card](v, book.OpKindPages, kind) }

// KindInfo returns the page's kind, nil if it has none; KindOf any kind.
func (v *View) KindInfo() *book.KindInfo { return v.KindOf(v.self().Card.Kind) }
func (v *View) KindOf(id string) *book.KindInfo {
	if id == "" {
		return nil
	}
	return ask[*book.KindInfo](v, book.OpKind, id)
}

// SectionKind returns the kind whose section this page is the page of, nil if
// none: its list layout and columns apply.
func (v *View) SectionKind() *book.KindInfo {
	id := v.sectionID()
	if id == "" {
		return nil
	}
	for _, k := range v.Kinds() {
		if k.Section == id {
			return k
		}
	}
	return nil
}

// Kinds returns the kinds that have pages.
func (v *View) Kinds() []*book.KindInfo { return ask[[]*book.KindInfo](v, book.OpKinds, "") }

// CardHTML returns a page's card, made once for all pages that show it.
func (v *View) CardHTML(c *book.Card) template.HTML {
	if c == nil {
		return ""
	}
	return asHTML(v.r.Fragment("card/" + c.ID))
}

// Tags returns the page's tags; AllTags those of the site; Tag, on a tag's
// page, that tag.
func (v *View) Tags() []book.TagLink { return v.self().Tags }
func (v *View) AllTags() []book.Tag  { return ask[[]book.Tag](v, book.OpTags, "") }
func (v *View) Tag() *book.Tag {
	if v.tag == "" {
		return nil
	}
	return ask[*book.Tag](v, book.OpTag, v.tag)
}

// TagPages returns the pages of the tag whose page this is.
func (v *View) TagPages() []*book.Card {
	if t := v.Tag(); t != nil {
		return t.Pages
	}
	return nil
}

// Archetype returns the text from which a page of this kind starts.
func (v *View) Archetype() string {
	if k := v.self().Card.Kind; k != "" {
		return ask[string](v, book.OpText, "kinds/"+k+"/archetype.md")
	}
	return ""
}

// SearchIndex returns where the search index in the page's language lies, Root the
// way to the site's root, for scripts that put addresses together.
func (v *View) SearchIndex() string { return book.Root + searchFolder(v.Site().Language, v.Lang()) }
func (v *View) Root() string        { return book.Root }

// Asset returns the URL of a file from the layouts' assets, "" if there is none.
func (v *View) Asset(name string) string { return ask[string](v, book.OpAsset, name) }

// Icon returns an inline picture from the layouts' icons. It is decoration: the
// text beside it must say the same.
func (v *View) Icon(name string) template.HTML {
	for i := range v.icons {
		if v.icons[i].name == name {
			return v.icons[i].html
		}
	}
	html := iconHTML(ask[string](v, book.OpText, "icons/"+name+".svg"), name)
	v.icons = append(v.icons, icon{name, html})
	return html
}

// icon is a picture that a page shows, mostly more than once.
type icon struct {
	name string
	html template.HTML
}

func iconHTML(inner, name string) template.HTML {
	if inner == "" {
		return ""
	}
	return template.HTML(`<svg class="icon icon-` + template.HTMLEscapeString(name) + `" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">` + inner + `</svg>`)
}

// Today returns the date of the build.
func (v *View) Today() string { return ask[string](v, book.OpToday, "") }

// TodayPlus returns the day that many days after today.
func (v *View) TodayPlus(days int) string {
	t, err := time.Parse(time.DateOnly, v.Today())
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

// VerifiedOn, VerifiedBy, ReviewEvery and Owner tell how far the page is to be
// trusted.
func (v *View) VerifiedOn() string  { return v.self().VerifiedOn }
func (v *View) VerifiedBy() string  { return v.self().VerifiedBy }
func (v *View) ReviewEvery() string { return v.self().ReviewEvery }

// ReviewDue returns the day by which the page is to be looked at again, "" if none.
func (v *View) ReviewDue() string { return v.self().ReviewDue }

// Owner returns the card of the page's owner, nil if it names none.
func (v *View) Owner() *book.Card { return v.self().OwnerCard }

// EditURL returns where the page's source can be edited, "" if the site does
// not say.
func (v *View) EditURL() string {
	s := v.Site().EditURL
	p := v.self().Path
	if s == "" || p == "" {
		return ""
	}
	if strings.Contains(s, "{path}") {
		return strings.ReplaceAll(s, "{path}", p)
	}
	return strings.TrimSuffix(s, "/") + "/" + p
}

// Generator names the program that made the page.
func (v *View) Generator() string { return "playbook " + v.Site().Version }

// IsHome tells whether this is the front page.
func (v *View) IsHome() bool { return v.id == book.HomeID && v.self().Card.Section == "" }

// cardView is "." in a card layout.
type cardView struct {
	*View
	Card *book.Card
}

// navView is "." in partials/nav.html.
type navView struct {
	*View
	Nav *book.Nav
}

// Section, Up, Items and More are those of the Nav.
func (n navView) Section() *book.Card   { return n.Nav.Section }
func (n navView) Up() []*book.Card      { return n.Nav.Up }
func (n navView) Items() []book.NavItem { return n.Nav.Items }
func (n navView) More() int             { return n.Nav.More }

// layoutFor finds the layout of a page among the candidates, by asking which of
// them exist.
func (v *View) layoutFor(candidates ...string) (string, error) {
	for _, c := range candidates {
		if c == "" {
			continue
		}
		if d := ask[digest](v, book.OpLayout, c); d != (digest{}) {
			return c, nil
		}
	}
	return "", fmt.Errorf("none of the layouts %s exists", strings.Join(slices.DeleteFunc(candidates, func(s string) bool { return s == "" }), ", "))
}
