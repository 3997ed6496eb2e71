package book

import (
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"slices"

	"playbook/generator/source"
)

// digestOf returns the digest of an answer. It writes the value by type, since
// fmt costs ten times as much; a type it does not know is a bug, and panics in
// the first test that asks.
func digestOf(v any) source.Digest {
	var e enc
	switch v := v.(type) {
	case source.Digest:
		return v
	case *Body:
		if v != nil {
			e.body(v)
			return e.digest()
		}
	}
	e.any(v)
	return e.digest()
}

// enc writes values so that different values give different bytes: each is
// tagged and strings carry their length. Most answers are short, and stay on the
// stack of whoever has the enc; of a longer one no more than room is held.
type enc struct {
	room [2 << 10]byte
	n    int   // bytes of room
	long *long // what came before them; nil: nothing did
}

// long is the sum of a long answer. The bytes pass through part, because room
// would not stay on the stack if it were handed to sum.
type long struct {
	sum  hash.Hash
	part [2 << 10]byte
}

// full hands on what is in room.
func (e *enc) full() {
	if e.long == nil {
		e.long = &long{sum: source.NewSum()}
	}
	e.long.sum.Write(e.long.part[:copy(e.long.part[:], e.room[:e.n])])
	e.n = 0
}

func (e *enc) bytes(b []byte) {
	for len(b) > len(e.room)-e.n {
		n := copy(e.room[e.n:], b)
		e.n += n
		e.full()
		b = b[n:]
	}
	e.n += copy(e.room[e.n:], b)
}

func (e *enc) digest() source.Digest {
	if e.long == nil {
		return source.Sum(e.room[:e.n])
	}
	e.full()
	return source.SumOf(e.long.sum)
}

func (e *enc) tag(t byte) {
	if e.n == len(e.room) {
		e.full()
	}
	e.room[e.n] = t
	e.n++
}

func (e *enc) int(n int) {
	var b [binary.MaxVarintLen64]byte
	e.bytes(b[:binary.PutVarint(b[:], int64(n))])
}

func (e *enc) str(s string) {
	var b [binary.MaxVarintLen64]byte
	e.bytes(b[:binary.PutUvarint(b[:], uint64(len(s)))])
	for len(s) > len(e.room)-e.n {
		n := copy(e.room[e.n:], s)
		e.n += n
		e.full()
		s = s[n:]
	}
	e.n += copy(e.room[e.n:], s)
}

func (e *enc) bool(v bool) {
	if v {
		e.tag(1)
	} else {
		e.tag(0)
	}
}

func (e *enc) float(f float64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], math.Float64bits(f))
	e.bytes(b[:])
}

func (e *enc) strs(v []string) {
	e.int(len(v))
	for _, s := range v {
		e.str(s)
	}
}
func (e *enc) some(ok bool) bool { e.bool(ok); return ok }

func (e *enc) any(v any) {
	switch v := v.(type) {
	case nil:
		e.tag(0)
	case bool:
		e.tag(1)
		e.bool(v)
	case int:
		e.tag(2)
		e.int(v)
	case int64:
		e.tag(2)
		e.int(int(v))
	case float64:
		e.tag(3)
		e.float(v)
	case string:
		e.tag(4)
		e.str(v)
	case []string:
		e.tag(5)
		e.strs(v)
	case []any:
		e.tag(6)
		e.int(len(v))
		for _, x := range v {
			e.any(x)
		}
	case map[string]any:
		e.tag(7)
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		e.int(len(keys))
		for _, k := range keys {
			e.str(k)
			e.any(v[k])
		}
	case map[string]string:
		e.tag(8)
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		e.int(len(keys))
		for _, k := range keys {
			e.str(k)
			e.str(v[k])
		}
	case *Card:
		e.tag(9)
		e.card(v)
	case []*Card:
		e.tag(10)
		e.cards(v)
	case [2]*Card:
		e.tag(11)
		e.card(v[0])
		e.card(v[1])
	case *Site:
		e.tag(12)
		if e.some(v != nil) {
			e.strs([]string{v.Title, v.Description, v.Language, v.Accent, v.Logo, v.Footer, v.BaseURL, v.EditURL, v.BasePath, v.URL, v.Version})
			e.bool(v.Portable)
			e.int(v.PerList)
			e.int(v.Pages)
			e.strs(v.Home)
			o := &v.Outputs
			for _, off := range [...]bool{o.NoFeeds, o.NoCalendar, o.NoSitemap, o.NoLLMs, o.NoMarkdown, o.NoJSON, o.NoPreviews, o.NoTemplates, o.NoReports} {
				e.bool(off)
			}
			e.str(o.Robots)
			e.str(o.NewURL)
		}
	case *Page:
		e.tag(13)
		if e.some(v != nil) {
			e.page(v)
		}
	case *Body:
		e.tag(14)
		if e.some(v != nil) {
			e.body(v)
		}
	case []Backlink:
		e.tag(15)
		e.int(len(v))
		for _, l := range v {
			e.card(l.Page)
			e.strs(l.Snippets)
			e.int(l.More)
		}
	case []RelationGroup:
		e.tag(16)
		e.int(len(v))
		for _, g := range v {
			e.str(g.Name)
			e.str(g.Label)
			e.bool(g.Inverse)
			e.int(g.More)
			e.cards(g.Pages)
		}
	case []Named:
		e.tag(17)
		e.int(len(v))
		for _, n := range v {
			e.str(n.Name)
			e.any(n.Value)
		}
	case *Nav:
		e.tag(18)
		if e.some(v != nil) {
			e.card(v.Section)
			e.cards(v.Up)
			e.int(len(v.Items))
			for _, it := range v.Items {
				e.card(it.Card)
				e.bool(it.Section)
			}
			e.int(v.More)
		}
	case []Tag:
		e.tag(19)
		e.int(len(v))
		for i := range v {
			e.tagValue(&v[i])
		}
	case *Tag:
		e.tag(20)
		if e.some(v != nil) {
			e.tagValue(v)
		}
	case *KindInfo:
		e.tag(21)
		if e.some(v != nil) {
			e.kind(v)
		}
	case []*KindInfo:
		e.tag(22)
		e.int(len(v))
		for _, k := range v {
			e.kind(k)
		}
	case []Review:
		e.tag(30)
		e.int(len(v))
		for i := range v {
			e.card(v[i].Page)
			e.strs([]string{v[i].Verified, v[i].Due, v[i].By})
		}
	case *Report:
		e.tag(31)
		if e.some(v != nil) {
			e.report(v)
		}
	case []News:
		e.tag(29)
		e.int(len(v))
		for i := range v {
			e.news(&v[i])
		}
	case *Uses:
		e.tag(24)
		if e.some(v != nil) {
			e.uses(v)
		}
	case []OutlinePart:
		e.tag(25)
		e.int(len(v))
		for _, p := range v {
			e.strs([]string{p.ID, p.Title, p.Guidance})
			e.bool(p.Optional)
			e.bool(p.Present)
			e.int(p.Words)
			e.int(p.TasksDone)
			e.int(p.TasksTotal)
			e.float(p.Complete)
		}
	case []Event:
		e.tag(26)
		e.int(len(v))
		for i := range v {
			e.event(&v[i])
		}
	case []Address:
		e.tag(28)
		e.int(len(v))
		for i := range v {
			e.str(v[i].URL)
			e.str(v[i].Date)
		}
	case []Due:
		e.tag(27)
		e.int(len(v))
		for i := range v {
			e.card(v[i].Page)
			e.event(&v[i].Event)
		}
	case source.Digest:
		e.tag(23)
		e.bytes(v[:])
	default:
		panic(fmt.Sprintf("book: no digest for %T", v))
	}
}

// card writes the digest of a card, which stands in many answers and is worked
// out once for all of them.
func (e *enc) card(c *Card) {
	if e.some(c != nil) {
		d := c.sum.Load()
		if d == nil {
			var own enc
			own.cardValue(c)
			v := own.digest()
			d = &v
			c.sum.Store(d)
		}
		e.bytes(d[:])
	}
}

func (e *enc) cardValue(c *Card) {
	e.strs([]string{c.ID, c.URL, c.Title, c.Kind, c.KindName, c.Icon, c.Tint, c.Summary, c.Section, c.Lang, c.Owner, c.Status, c.Date})
	e.float(c.Weight)
	e.strs(c.Tags)
	e.int(c.Count)
	e.bool(c.IsSection)
	e.bool(c.Generated)
	if e.some(c.Fields != nil) {
		e.any(c.Fields)
	}
}

func (e *enc) report(r *Report) {
	e.int(r.Count)
	e.int(len(r.Sections))
	for _, c := range r.Sections {
		e.card(c.Section)
		e.int(c.Pages)
		e.int(c.Verified)
		e.int(c.Fresh)
	}
	e.int(len(r.Owners))
	for _, g := range r.Owners {
		e.card(g.Owner)
		e.str(g.Name)
		e.int(g.More)
		e.int(len(g.List))
		for _, f := range g.List {
			e.card(f.Page)
			e.strs([]string{f.Rule, f.Level, f.Msg})
			e.int(f.Broken)
		}
	}
}

func (e *enc) news(n *News) {
	e.card(n.Card)
	e.strs([]string{n.On, n.By})
	e.bool(n.New)
	e.int(len(n.Changes))
	for i := range n.Changes {
		c := &n.Changes[i]
		e.str(c.Label)
		e.any(c.From)
		e.any(c.To)
		e.bool(c.Choice)
		e.bool(c.Long)
		e.int(c.Added)
		e.int(c.Removed)
		e.int(c.Changed)
		e.strs(c.Parts)
	}
}

func (e *enc) cards(v []*Card) {
	e.int(len(v))
	for _, c := range v {
		e.card(c)
	}
}

func (e *enc) page(p *Page) {
	e.card(p.Card)
	e.strs([]string{p.Title, p.TitleID, p.Description, p.Layout, p.Path, p.Name, p.VerifiedOn, p.VerifiedBy, p.ReviewEvery, p.ReviewDue, p.Changed, p.ChangedBy, p.Created})
	e.int(p.Words)
	e.bool(p.Draft)
	e.any(p.Fields)
	e.strs(p.Declared)
	e.int(len(p.FieldList))
	for _, f := range p.FieldList {
		e.strs([]string{f.Name, f.Label, f.Kind})
		e.any(f.Value)
	}
	e.int(len(p.Headings))
	for _, h := range p.Headings {
		e.int(h.Level)
		e.str(h.ID)
		e.str(h.Text)
	}
	e.int(len(p.Tags))
	for _, t := range p.Tags {
		e.str(t.Name)
		e.str(t.URL)
	}
	e.card(p.OwnerCard)
}

// body writes the document's digest for its HTML and holes, which it decides.
func (e *enc) body(v *Body) {
	e.bytes(v.Doc[:])
	e.str(v.Page)
	e.str(v.URL)
	e.int(len(v.HTML))
	e.int(len(v.Targets))
	for _, t := range v.Targets {
		e.strs([]string{t.URL, t.Page, t.Text})
		e.bool(t.Quote)
		e.int(t.Section)
		e.int(t.W)
		e.int(t.H)
	}
	e.int(len(v.Terms))
	for _, m := range v.Terms {
		e.int(m.From)
		e.int(m.To)
		e.str(m.URL)
		e.str(m.Page)
	}
}

func (e *enc) event(v *Event) {
	e.strs([]string{v.Key, v.Date, v.Title, v.Who})
	e.bool(v.Done)
	e.bool(v.Review)
}

func (e *enc) uses(v *Uses) {
	e.int(v.Count)
	e.int(len(v.Pages))
	for _, u := range v.Pages {
		e.card(u.Page)
		e.int(u.More)
		e.int(len(u.Sentences))
		for _, s := range u.Sentences {
			e.strs([]string{s.Before, s.Word, s.After, s.Heading, s.Anchor})
		}
	}
}

func (e *enc) tagValue(t *Tag) {
	e.strs([]string{t.Name, t.Slug, t.URL})
	e.int(t.Count)
	e.cards(t.Pages)
}

func (e *enc) kind(k *KindInfo) {
	if !e.some(k != nil) {
		return
	}
	e.strs([]string{k.ID, k.Name, k.Plural, k.Icon, k.Tint, k.Section, k.Description, k.URL, k.Archetype})
	e.strs(k.Facets)
	e.strs(k.Columns)
	e.any(k.Labels)
	e.int(k.Count)
	e.bool(k.Glossary)
	for _, list := range [...][]KindField{k.Fields, k.Derived} {
		e.int(len(list))
		for _, f := range list {
			e.strs([]string{f.Name, f.Label, f.Type})
		}
	}
}
