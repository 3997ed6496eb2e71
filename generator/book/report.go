package book

import (
	"cmp"
	"slices"
	"strings"

	"playbook/generator/diag"
)

// DefaultReview is how often a page is to be looked at again where neither it, nor
// its kind, nor the site says.
const DefaultReview = "90d"

// Review is a page that somebody once made sure of, and by when somebody is to do
// so again.
type Review struct {
	Page          *Card
	Verified, Due string // days
	By            string // who made sure
}

// Coverage is how much of a section somebody has made sure of.
type Coverage struct {
	Section         *Card
	Pages           int
	Verified, Fresh int // of them, ever, and not yet due again
}

// Report is what the site's own checks find.
type Report struct {
	Sections []Coverage // those that have pages, in their order
	Owners   []Findings // by name; what belongs to nobody last
	Count    int        // of all findings
}

// Findings are those about the pages of one owner.
type Findings struct {
	Owner *Card  // nil where the owner is no page
	Name  string // "" for pages without an owner
	List  []Finding
	More  int // findings left out
}

// Finding is what a check finds about a page.
type Finding struct {
	Page   *Card // nil where it concerns a kind as a whole
	Rule   string
	Level  string // "error", "warning" or "info"
	Msg    string // "" for links that lead nowhere, of which there are Broken
	Broken int
}

const (
	maxReviews  = 300 // in the answer to OpReviews
	maxFindings = 100 // of one owner
)

// reviews returns the pages that are to be looked at again, the first due first.
func (b *Book) reviews() []Review {
	var first []*page // pages come by id, so those of one day are in order
	for _, p := range b.pages {
		if p.due == "" || len(first) == maxReviews && first[maxReviews-1].due <= p.due {
			continue
		}
		i, _ := slices.BinarySearchFunc(first, p.due, func(q *page, due string) int {
			if q.due <= due {
				return -1
			}
			return 1
		})
		if first = slices.Insert(first, i, p); len(first) > maxReviews {
			first = first[:maxReviews]
		}
	}
	out := make([]Review, len(first))
	for i, p := range first {
		by, _ := p.plain("verified_by").(string)
		out[i] = Review{Page: p.card, Verified: p.verified, Due: p.due, By: by}
	}
	return out
}

// Overdue reports pages that nobody has looked at in time.
func (b *Book) Overdue(report func(diag.Diagnostic)) {
	for _, p := range b.pages {
		due := p.due
		if due == "" || due >= b.in.AsOf {
			continue
		}
		at, to, _ := p.doc.Front.Find(p.doc.Name, []string{"verified_on"}, true)
		report(diag.Diagnostic{Rule: "review-overdue", Level: diag.Warning, At: at, To: to, Msg: "this page was to be looked at again by " + due,
			Hint: "make sure that all of it holds, and set verified_on to the day on which you did"})
	}
}

// report gathers what checks and links are found to be amiss.
func (b *Book) report() *Report {
	out := &Report{}
	at := map[string]*Coverage{}
	for _, c := range b.subsections("") {
		at[c.ID] = &Coverage{Section: c}
	}
	by := map[string]*Findings{}
	add := func(p *page, f Finding) {
		name, owner := "", (*Card)(nil)
		if p != nil {
			f.Page, name = p.card, p.ref.Owner
			if owner, _ = p.fields["owner"].(*Card); owner != nil {
				name = owner.Title
			}
		}
		g := by[name]
		if g == nil {
			g = &Findings{Name: name, Owner: owner}
			by[name] = g
		}
		out.Count++
		if len(g.List) == maxFindings {
			g.More++
			return
		}
		g.List = append(g.List, f)
	}
	b.KindChecks(func(d diag.Diagnostic) {
		level, ok := b.weigh(d)
		if !ok {
			return
		}
		add(b.named(d.At.File), Finding{Rule: d.Rule, Level: level, Msg: d.Msg})
	})
	for _, p := range b.pages {
		if p.doc == nil {
			continue
		}
		if n := b.brokenLinks(p); n > 0 {
			add(p, Finding{Rule: "link-broken", Level: "warning", Broken: n})
		}
		if p.index {
			continue
		}
		top, _, _ := strings.Cut(p.id, "/")
		if c := at[top]; c != nil {
			c.Pages++
			if p.verified != "" {
				c.Verified++
				if p.due == "" || p.due >= b.in.AsOf {
					c.Fresh++
				}
			}
		}
	}
	for _, c := range b.subsections("") {
		if at[c.ID].Pages > 0 {
			out.Sections = append(out.Sections, *at[c.ID])
		}
	}
	for _, g := range by {
		slices.SortStableFunc(g.List, func(x, y Finding) int {
			id := func(f Finding) string {
				if f.Page == nil {
					return ""
				}
				return f.Page.ID
			}
			return cmp.Or(strings.Compare(id(x), id(y)), strings.Compare(x.Rule, y.Rule), strings.Compare(x.Msg, y.Msg))
		})
		out.Owners = append(out.Owners, *g)
	}
	slices.SortFunc(out.Owners, func(x, y Findings) int {
		if (x.Name == "") != (y.Name == "") {
			return strings.Compare(y.Name, x.Name)
		}
		return strings.Compare(x.Name, y.Name)
	})
	return out
}

// weigh returns how much a diagnostic weighs on this site; ok is false for one
// that is not wanted.
func (b *Book) weigh(d diag.Diagnostic) (level string, ok bool) {
	l := d.Level
	if now, set := b.in.Config.Levels[d.Rule]; set && (l != diag.Error || now == diag.Error) {
		l = now
	}
	if l == diag.Off || l == diag.Warning && b.Excused(d.At.File, d.Rule) {
		return "", false
	}
	return l.String(), true
}

// brokenLinks counts the links in p's prose that lead nowhere a reader can go.
// What they would lead to is not told: it may be hidden.
func (b *Book) brokenLinks(p *page) int {
	n := 0
	for _, d := range p.prose {
		if d.Rule == "link-broken" || d.Rule == "link-hidden" || d.Rule == "anchor-broken" {
			d.Rule = "link-broken"
			if _, ok := b.weigh(d); ok {
				n++
			}
		}
	}
	return n
}

// reportsAlike tells whether a report says of p what it said of was, the same
// page with another body, and works out what p's checks find.
func (b *Book) reportsAlike(p, was *page, had *checked) bool {
	b.checks[p.n] = b.kindCheck(p)
	return had != nil && b.brokenLinks(p) == b.brokenLinks(was) && slices.EqualFunc(had.diags, b.checks[p.n].diags, func(x, y diag.Diagnostic) bool {
		return x.Rule == y.Rule && x.Level == y.Level && x.Msg == y.Msg
	})
}

// named returns the page of a document by the name that diagnostics give it, nil
// if it has none.
func (b *Book) named(doc string) *page {
	if len(b.in.Docs) == 0 { // names are paths below the content folder
		return nil
	}
	path, ok := strings.CutPrefix(doc, strings.TrimSuffix(b.in.Docs[0].Name, b.in.Docs[0].Path))
	if p := b.index.byPath[path]; ok && p != nil && p.placed {
		return b.pages[p.n]
	}
	return nil
}
