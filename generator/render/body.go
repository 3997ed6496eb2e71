package render

import (
	"bytes"
	"html/template"
	"slices"
	"strconv"
	"unsafe"

	"playbook/generator/artifact"
	"playbook/generator/book"
	"playbook/generator/document"
)

// maxEmbedDepth and maxEmbedBytes bound transclusion: pages that show each
// other, or one that shows many large ones, must not fill the memory.
const (
	maxEmbedDepth = 5
	maxEmbedBytes = 2 << 20
)

// linked are the terms that the texts of one page link to, in the order in
// which a reader meets them. A term's place tells its card from the others.
type linked struct {
	terms []string
	at    map[string]int
}

// place returns the place of a term, which it gets when first linked.
func (l *linked) place(id string) int {
	n, ok := l.at[id]
	if !ok {
		if l.at == nil {
			l.at = map[string]int{}
		}
		n = len(l.terms)
		l.at[id] = n
		l.terms = append(l.terms, id)
	}
	return n
}

// cardID is the id that the card of the term at a place has in the page.
func cardID(place int) string { return "pb-t" + strconv.Itoa(place+1) }

// body splices resolved references into a page's HTML and notes the terms it
// links to. Without terms, the words of the vocabulary are words like others.
func body(r *artifact.Reader, id string, terms *linked) template.HTML {
	b := artifact.Ask[*book.Body](r, book.Question{Op: book.OpBody, Arg: id})
	if b == nil {
		return ""
	}
	s := splicer{r: r, out: r.Buffer(), home: id, terms: terms, open: []string{id}}
	s.out.Grow(len(b.HTML) + len(b.HTML)/4)
	s.splice(b, 0, len(b.HTML))
	return asHTML(s.out.Bytes())
}

// asHTML takes bytes that nobody writes to any more, for as long as the page is
// made, without copying them.
func asHTML(b []byte) template.HTML {
	return template.HTML(unsafe.String(unsafe.SliceData(b), len(b)))
}

type splicer struct {
	r     *artifact.Reader
	out   *bytes.Buffer
	home  string   // id of the page whose text is made
	terms *linked  // by all the texts of the page
	open  []string // pages being spliced, outermost first
}

// splice writes b.HTML[from:to] with its holes filled.
func (s *splicer) splice(b *book.Body, from, to int) {
	embedded := len(s.open) > 1
	pos := from
	i, _ := slices.BinarySearchFunc(b.Holes, from, func(h book.Hole, at int) int { return h.At - at })
	m, _ := slices.BinarySearchFunc(b.Terms, from, func(m book.Mention, at int) int { return m.From - at })
	text := func(end int) { // writes up to end, with the terms on the way
		for ; m < len(b.Terms) && b.Terms[m].To <= end; m++ {
			t := &b.Terms[m]
			s.out.Write(b.HTML[pos:t.From])
			s.term(t, b.HTML[t.From:t.To])
			pos = t.To
		}
		s.out.Write(b.HTML[pos:end])
		pos = end
	}
	for ; i < len(b.Holes) && b.Holes[i].At <= to; i++ {
		h := b.Holes[i]
		if h.At == to && to != len(b.HTML) {
			break
		}
		text(h.At)
		switch kind := document.HoleKind(h.Kind); kind {
		case document.HoleID:
			if !embedded {
				s.out.WriteString(` id="`)
				template.HTMLEscape(s.out, []byte(b.IDs[h.Arg]))
				s.out.WriteByte('"')
			}
		case document.HoleLocal:
			if embedded {
				s.attr(b.URL)
			}
		default:
			s.ref(b, kind, &b.Targets[h.Arg])
			if kind == document.HoleSrc {
				s.size(b.HTML[:h.At], &b.Targets[h.Arg])
			}
		}
	}
	text(to)
}

// term writes a word of the vocabulary as a link to its page, described by the
// term's card; shown on that page itself it is a word like others.
func (s *splicer) term(t *book.Mention, text []byte) {
	if t.Page == s.home || s.terms == nil {
		s.out.Write(text)
		return
	}
	s.out.WriteString(`<a class="term" href="`)
	s.attr(t.URL)
	s.out.WriteString(`" aria-describedby="` + cardID(s.terms.place(t.Page)) + `">`)
	s.out.Write(text)
	s.out.WriteString(`</a>`)
}

func (s *splicer) ref(b *book.Body, kind document.HoleKind, t *book.Target) {
	switch kind {
	case document.HoleHref:
		switch {
		case t.URL == "":
			s.out.WriteString(` data-missing`)
		case t.URL[0] == '#' && len(s.open) > 1: // a link within a page that is shown in another
			s.out.WriteString(` href="`)
			s.attr(b.URL)
			s.attr(t.URL)
			s.out.WriteByte('"')
		default:
			s.out.WriteString(` href="`)
			s.attr(t.URL)
			s.out.WriteByte('"')
		}
	case document.HoleSrc:
		if t.URL == "" {
			s.out.WriteString(` src="data:," data-missing`)
			return
		}
		s.out.WriteString(` src="`)
		s.attr(t.URL)
		s.out.WriteByte('"')
	case document.HoleText:
		template.HTMLEscape(s.out, []byte(t.Text))
	case document.HoleEmbed:
		s.embed(t)
	}
}

// size writes how large a picture is, so that nothing moves when it arrives. tag
// ends where its source stands; where it has a width or a height from the author
// already, the other is in proportion.
func (s *splicer) size(tag []byte, t *book.Target) {
	if t.W <= 0 || t.H <= 0 || t.URL == "" {
		return
	}
	tag = tag[max(0, bytes.LastIndex(tag, []byte("<img"))):]
	given := func(name string) (n int, is bool) {
		_, rest, is := bytes.Cut(tag, []byte(" "+name+`="`))
		digits, _, _ := bytes.Cut(rest, []byte(`"`))
		n, _ = strconv.Atoi(string(digits))
		return n, is
	}
	w, wide := given("width")
	h, high := given("height")
	switch {
	case wide && high:
		return
	case wide && w > 0:
		s.out.WriteString(` height="` + strconv.Itoa(max(1, w*t.H/t.W)) + `"`)
	case high && h > 0:
		s.out.WriteString(` width="` + strconv.Itoa(max(1, h*t.W/t.H)) + `"`)
	case !wide && !high:
		s.out.WriteString(` width="` + strconv.Itoa(t.W) + `" height="` + strconv.Itoa(t.H) + `"`)
	}
}

func (s *splicer) attr(url string) { template.HTMLEscape(s.out, []byte(url)) }

// embed shows the blocks of another page, or says why it does not.
func (s *splicer) embed(t *book.Target) {
	if t.Page == "" {
		s.note(t.Text, "", "is not there")
		return
	}
	if slices.Contains(s.open, t.Page) {
		s.note(t.Text, t.URL, "shows this page itself")
		return
	}
	if len(s.open) > maxEmbedDepth || s.out.Len() > maxEmbedBytes {
		s.note(t.Text, t.URL, "is too deep to show here")
		return
	}
	o := artifact.Ask[*book.Body](s.r, book.Question{Op: book.OpBody, Arg: t.Page})
	if o == nil {
		s.note(t.Text, t.URL, "has no text of its own")
		return
	}
	from, to := 0, len(o.HTML)
	if t.Section >= 0 && t.Section < len(o.Heads) {
		from, to = o.Heads[t.Section][0], o.Heads[t.Section][1]
	}
	s.out.WriteString(`<div class="embed">`)
	s.open = append(s.open, t.Page)
	s.splice(o, from, to)
	s.open = s.open[:len(s.open)-1]
	s.out.WriteString(`<p class="embed-source"><a href="`)
	s.attr(t.URL)
	s.out.WriteString(`">`)
	template.HTMLEscape(s.out, []byte(t.Text))
	s.out.WriteString(`</a></p></div>`)
}

func (s *splicer) note(text, url, why string) {
	s.out.WriteString(`<p class="embed-missing">`)
	if url != "" {
		s.out.WriteString(`<a href="`)
		s.attr(url)
		s.out.WriteString(`">`)
	}
	template.HTMLEscape(s.out, []byte(text))
	if url != "" {
		s.out.WriteString(`</a>`)
	}
	s.out.WriteString(` ` + why + `</p>`)
}
