package document

import (
	"encoding/binary"

	"playbook/generator/search"
	"playbook/generator/source"
)

// Form numbers the form that AppendTo writes. Raise it with every change of a
// field; what is kept under another number is not read.
const Form = 4

// AppendTo appends the Document to b, for Decode.
func (d *Document) AppendTo(b []byte) []byte {
	at := len(b)
	e := source.Encoder{B: append(b, 0, 0, 0, 0)} // how long all is but the HTML
	e.Str(d.Path)
	e.Str(d.Name)
	e.Digest(d.Digest)
	e.Digest(d.Made)
	encodeMap(&e, d.Front)
	e.Str(d.Title)
	e.Str(d.TitleID)
	e.Str(d.Summary)
	e.Int(d.Words)
	e.Len(len(d.Headings), d.Headings == nil)
	for _, h := range d.Headings {
		e.Int(h.Level)
		e.Int(h.Shown)
		e.Str(h.ID)
		e.Str(h.Text)
		e.Int(h.Line)
		e.Int(h.From)
		e.Int(h.To)
		e.Int(h.Words)
	}
	e.Len(len(d.Refs), d.Refs == nil)
	for i := range d.Refs {
		r := &d.Refs[i]
		e.Uint(uint64(r.Kind))
		e.Str(r.Target)
		e.Str(r.Query)
		e.Str(r.Fragment)
		e.Str(r.Label)
		e.Int(r.Line)
		e.Int(r.Col)
		e.Int(r.EndCol)
		e.Str(r.Snippet)
	}
	e.Len(len(d.Facts), d.Facts == nil)
	for _, f := range d.Facts {
		e.Uint(uint64(f.Kind))
		e.Int(f.Section)
		e.Str(f.Text)
		e.Bool(f.Done)
		e.Int(f.Line)
	}
	e.Len(len(d.Acronyms), d.Acronyms == nil)
	for _, a := range d.Acronyms {
		e.Str(a.Text)
		e.Int(a.Line)
		e.Int(a.Col)
	}
	e.Strs(d.Anchors)
	e.Str(string(d.Lexicon))
	e.Bool(d.RawHTML)
	e.Diags(d.Diags)

	e.Len(len(d.Body.Holes), d.Body.Holes == nil)
	last := 0
	for _, h := range d.Body.Holes {
		e.Int(h.At - last)
		e.Uint(uint64(h.Kind))
		e.Int(h.Arg)
		last = h.At
	}
	e.Len(len(d.Body.Runs), d.Body.Runs == nil)
	last = 0
	for _, r := range d.Body.Runs {
		e.Int(r.From - last)
		e.Int(r.To - r.From)
		e.Int(r.Section)
		e.Int(r.Block)
		last = r.To
	}
	e.Strs(d.Body.IDs)
	e.Int(d.Body.Lead[0])
	e.Int(d.Body.Lead[1])
	e.Bool(d.Body.html == nil && d.Body.kept == nil)

	binary.LittleEndian.PutUint32(e.B[at:], uint32(len(e.B)-at-4))
	if d.Body.kept != nil {
		return append(e.B, d.Body.kept.text...)
	}
	return append(e.B, d.Body.html...)
}

// Decode reads what AppendTo wrote. It returns nil for bytes that no AppendTo
// wrote; a Document that it returns is one that every stage can work with,
// whatever it says.
func Decode(b string) *Document {
	r := source.NewDecoder(b)
	n := int(r.Fixed32())
	if !r.OK() || n > r.Left() {
		return nil
	}
	html := b[4+n:]
	r = source.NewDecoder(b[4 : 4+n])
	d := &Document{Path: r.Str(), Name: r.Str(), Digest: r.Digest(), Made: r.Digest()}
	d.Front = decodeMap(r, 0)
	d.Title, d.TitleID, d.Summary, d.Words = r.Str(), r.Str(), r.Str(), r.Int()
	if n, none := r.Len(7); !none {
		d.Headings = make([]Heading, n)
		for i := range d.Headings {
			h := &d.Headings[i]
			h.Level, h.Shown, h.ID, h.Text, h.Line, h.From, h.To, h.Words = r.Int(), r.Int(), r.Str(), r.Str(), r.Int(), r.Int(), r.Int(), r.Int()
			within(r, h.From, h.To, len(html))
		}
	}
	if n, none := r.Len(9); !none {
		d.Refs = make([]Ref, n)
		for i := range d.Refs {
			f := &d.Refs[i]
			f.Kind = RefKind(r.Below(int(RefEmbed) + 1))
			f.Target, f.Query, f.Fragment, f.Label = r.Str(), r.Str(), r.Str(), r.Str()
			f.Line, f.Col, f.EndCol = r.Int(), r.Int(), r.Int()
			f.Snippet = r.Str()
		}
	}
	if n, none := r.Len(5); !none {
		d.Facts = make([]Fact, n)
		for i := range d.Facts {
			d.Facts[i] = Fact{FactKind(r.Below(int(FactCode) + 1)), headingIndex(r, d), r.Str(), r.Bool(), r.Int()}
		}
	}
	if n, none := r.Len(3); !none {
		d.Acronyms = make([]Acronym, n)
		for i := range d.Acronyms {
			d.Acronyms[i] = Acronym{r.Str(), r.Int(), r.Int()}
		}
	}
	d.Anchors = r.Strs()
	d.Lexicon = search.Bag(r.Str()) // who reads it stops where it is damaged
	d.RawHTML = r.Bool()
	d.Diags = r.Diags()

	at := 0
	if n, none := r.Len(3); !none {
		d.Body.Holes = make([]Hole, n)
	}
	nIDs := 0 // checked below, when it is known how many there are
	for i := range d.Body.Holes {
		h := Hole{at + r.Int(), HoleKind(r.Below(int(HoleLocal) + 1)), r.Int()}
		within(r, at, h.At, len(html))
		switch {
		case h.Kind == HoleID:
			nIDs = max(nIDs, h.Arg+1)
			within(r, 0, h.Arg, len(b))
		case h.Kind != HoleLocal:
			within(r, 0, h.Arg, len(d.Refs)-1)
		}
		d.Body.Holes[i], at = h, h.At
	}
	if n, none := r.Len(4); !none {
		d.Body.Runs = make([]Run, n)
	}
	at = 0
	for i := range d.Body.Runs {
		from := at + r.Int()
		run := Run{From: from, To: from + r.Int(), Section: headingIndex(r, d), Block: r.Int()}
		within(r, at, run.From, len(html))
		within(r, run.From, run.To, len(html))
		d.Body.Runs[i], at = run, run.To
	}
	d.Body.IDs = r.Strs()
	d.Body.Lead = [2]int{r.Int(), r.Int()}
	within(r, d.Body.Lead[0], d.Body.Lead[1], len(html))
	if none := r.Bool(); none && len(html) > 0 {
		return nil
	} else if !none {
		d.Body.kept = &keptHTML{text: html}
	}
	if !r.Done() || d.Front == nil || nIDs > len(d.Body.IDs) {
		return nil
	}
	return d
}

// within refuses a range that does not lie in a text of size bytes.
func within(r *source.Decoder, from, to, size int) {
	if from < 0 || to < from || to > size {
		r.Fail()
	}
}

// headingIndex reads the index of a heading.
func headingIndex(r *source.Decoder, d *Document) int {
	n := r.Int()
	if n < -1 || n >= len(d.Headings) {
		r.Fail()
		return -1
	}
	return n
}

// maxDepth bounds how deep front matter is nested, far above what a file may
// have.
const maxDepth = 1000

func encodeMap(e *source.Encoder, m *Map) {
	if m == nil {
		e.Len(0, true)
		return
	}
	// A map with nil Fields is told from one with none.
	e.Len(len(m.Fields), false)
	e.Bool(m.Fields == nil)
	for i := range m.Fields {
		f := &m.Fields[i]
		e.Str(f.Key)
		e.Int(int(f.Line))
		e.Int(int(f.Col))
		encodeValue(e, &f.Value)
	}
}

func encodeValue(e *source.Encoder, v *Value) {
	e.Uint(uint64(v.Kind))
	e.Int(int(v.Line))
	e.Int(int(v.Col))
	e.Int(int(v.EndCol))
	switch v.Kind {
	case Bool:
		e.Bool(v.Bool())
	case Int:
		e.Int(int(v.Int()))
	case Float:
		e.Float(v.Float())
	case String:
		e.Str(v.Str)
	case List:
		list := v.List()
		e.Len(len(list), false)
		for i := range list {
			encodeValue(e, &list[i])
		}
	case Dict:
		encodeMap(e, v.Map)
	}
}

func decodeMap(r *source.Decoder, depth int) *Map {
	n, none := r.Len(7)
	if none || depth > maxDepth {
		if depth > maxDepth {
			r.Fail()
		}
		return nil
	}
	m := &Map{}
	if !r.Bool() {
		m.Fields = make([]Field, n)
	} else if n > 0 {
		r.Fail()
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		f.Key, f.Line, f.Col = r.Str(), int32Of(r), int32Of(r)
		decodeValue(r, &f.Value, depth+1)
	}
	return m
}

func decodeValue(r *source.Decoder, v *Value, depth int) {
	if depth > maxDepth {
		r.Fail()
		return
	}
	kind := ValueKind(r.Below(int(Dict) + 1))
	v.Line, v.Col, v.EndCol = int32Of(r), int32Of(r), int32Of(r)
	switch kind {
	case Bool:
		v.setBool(r.Bool())
	case Int:
		v.setInt(int64(r.Int()))
	case Float:
		v.setFloat(r.Float())
	case String:
		v.Kind, v.Str = String, r.Str()
	case List:
		n, none := r.Len(4)
		if none {
			r.Fail()
			return
		}
		list := make([]Value, n)
		for i := range list {
			decodeValue(r, &list[i], depth+1)
		}
		v.setList(list)
	case Dict:
		v.Kind, v.Map = Dict, decodeMap(r, depth+1)
		if v.Map == nil {
			v.Map = &Map{}
		}
	}
}

func int32Of(r *source.Decoder) int32 {
	n := r.Int()
	if n != int(int32(n)) {
		r.Fail()
	}
	return int32(n)
}
