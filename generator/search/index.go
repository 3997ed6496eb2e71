package search

import (
	"bytes"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"unsafe"
)

// Entry is what an Index holds of one text: its words, each with a byte, of which
// the upper half says how much the word says of the text (1 to 15), the lower
// half in which part it stands most (0: none).
type Entry string

// Weights of a word by where it stands. What stands in a title is found before
// all else.
const (
	InText    = 1
	InSummary = 2
	InHeading = 3
	InTags    = 3
	InTitle   = 8
)

// typical is the number of words that a text has. It is the same for all sites,
// and not their average: else one edit would change what all other texts say.
const typical = 400

// NewEntry makes an Entry of the words of a text that was counted in pieces, and
// which has so many words. The formula is BM25's (Robertson and Zaragoza, "The
// Probabilistic Relevance Framework", 2009) with k1 1.2 and b 0.6.
func NewEntry(words int, bags ...Bag) Entry {
	norm := 1.2 * (0.4 + 0.6*float64(words)/typical)
	var impacts [maxWeight + 1]byte // by weight, each one more than it is; 0: not worked out yet
	impact := func(weight int) byte {
		if weight > maxWeight {
			return byte(math.Round(10 * float64(weight) / (float64(weight) + norm)))
		}
		if impacts[weight] == 0 {
			impacts[weight] = 1 + byte(math.Round(10*float64(weight)/(float64(weight)+norm)))
		}
		return impacts[weight] - 1
	}
	what := func(weight int, inTitle bool, part uint8) byte {
		n := impact(weight)
		if inTitle {
			n += 5
		}
		return max(1, min(15, n))<<4 | part&15
	}
	rs := make([]reader, len(bags))
	live := make([]*reader, 0, len(bags))
	size := 0
	for i := range bags {
		size += len(bags[i])
		rs[i].rest = bags[i]
		if rs[i].next() {
			live = append(live, &rs[i])
		}
	}
	out := make([]byte, 0, size)
	var last, word []byte
	var from *reader // whose word last is, if nobody else has it
	for len(live) > 0 {
		least, shared := live[0], false
		for _, r := range live[1:] {
			switch order := bytes.Compare(r.word, least.word); {
			case order < 0:
				least, shared = r, false
			case order == 0:
				shared = true
			}
		}
		if !shared {
			if from == least { // what the two have in common is told by the Bag
				out = append(out, least.said...)
			} else {
				out = appendWord(out, last, least.word)
			}
			out = append(out, what(least.weight&^titled, least.weight&titled != 0, least.part))
			from = least
			if len(live) > 1 {
				last = append(last[:0], least.word...)
			}
			if !least.next() {
				live = slices.DeleteFunc(live, func(r *reader) bool { return r == least })
			}
			continue
		}
		word = append(word[:0], least.word...)
		weight, most, part, inTitle := 0, -1, uint8(0), false
		for i := 0; i < len(live); i++ {
			r := live[i]
			if !bytes.Equal(r.word, word) {
				continue
			}
			w := r.weight &^ titled
			inTitle = inTitle || r.weight&titled != 0
			if weight += w; w > most {
				most, part = w, r.part
			}
			if !r.next() {
				live = slices.Delete(live, i, i+1)
				i--
			}
		}
		out = appendWord(out, last, word)
		out = append(out, what(weight, inTitle, part))
		last = append(last[:0], word...)
		from = nil
	}
	return Entry(unsafe.String(unsafe.SliceData(out), len(out))) // nobody writes to it any more
}

// entryReader reads an Entry word by word.
type entryReader struct {
	rest string
	word []byte
	what byte
}

func (r *entryReader) next() bool {
	if r.rest == "" {
		return false
	}
	keep, n := uvarint(r.rest)
	more, m := uvarint(r.rest[n:])
	at := n + m + int(more)
	r.word = append(r.word[:keep], r.rest[n+m:at]...)
	r.what = r.rest[at]
	r.rest = r.rest[at+1:]
	return true
}

// Text is an Entry with the number that stands for it.
type Text struct {
	Number uint32
	Entry  Entry
}

// Index is the words of many texts in one language.
type Index struct {
	lang  string
	forms []form // sorted by word
}

// form is a word with the texts that it stands in.
type form struct {
	word   string
	family family
	texts  int
	list   []byte // by number, ascending: how far it is from the one before, and the Entry's byte
}

// New makes an Index of texts in a language, a tag such as "de". They are sorted
// by number, and no two have the same.
func New(lang string, texts []Text) *Index {
	workers := max(1, min(runtime.GOMAXPROCS(0), len(texts)/64))
	type building struct {
		list        []byte
		first, last uint32
		texts       int
	}
	parts := make([]map[string]*building, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			m := map[string]*building{}
			for _, t := range texts[w*len(texts)/workers : (w+1)*len(texts)/workers] {
				for r := (entryReader{rest: string(t.Entry)}); r.next(); {
					b := m[string(r.word)]
					if b == nil {
						b = &building{first: t.Number}
						m[string(r.word)] = b
					}
					b.list = binary.AppendUvarint(b.list, uint64(t.Number-b.last))
					b.list = append(b.list, r.what)
					b.last = t.Number
					b.texts++
				}
			}
			parts[w] = m
		})
	}
	wg.Wait()
	all := parts[0]
	for _, m := range parts[1:] {
		for word, b := range m {
			a := all[word]
			if a == nil {
				all[word] = b
				continue
			}
			_, n := binary.Uvarint(b.list)
			a.list = binary.AppendUvarint(a.list, uint64(b.first-a.last))
			a.list = append(a.list, b.list[n:]...)
			a.last = b.last
			a.texts += b.texts
		}
	}
	x := &Index{lang: lang, forms: make([]form, 0, len(all))}
	for word, b := range all {
		x.forms = append(x.forms, form{word: word, texts: b.texts, list: b.list})
	}
	slices.SortFunc(x.forms, func(a, b form) int { return strings.Compare(a.word, b.word) })
	const block = 1024
	for at := 0; at < len(x.forms); at += block {
		wg.Go(func() {
			for i := at; i < min(at+block, len(x.forms)); i++ {
				x.forms[i].family = familyOf(lang, x.forms[i].word)
			}
		})
	}
	wg.Wait()
	return x
}

// Change is what differs for one number: the Entry it had and the one it has,
// either of which may be none.
type Change struct {
	Number  uint32
	Was, Is Entry
}

// With returns the Index with other texts under some numbers. It is the one that
// New would make of them.
func (x *Index) With(changes []Change) *Index {
	type edit struct {
		number uint32
		what   byte // 0: the word is gone from the text
	}
	edits := map[string][]edit{}
	for _, c := range changes {
		was, is := entryReader{rest: string(c.Was)}, entryReader{rest: string(c.Is)}
		had, has := was.next(), is.next()
		for had || has {
			order := 0
			switch {
			case !had:
				order = 1
			case !has:
				order = -1
			default:
				order = bytes.Compare(was.word, is.word)
			}
			switch {
			case order < 0:
				edits[string(was.word)] = append(edits[string(was.word)], edit{c.Number, 0})
				had = was.next()
			case order > 0:
				edits[string(is.word)] = append(edits[string(is.word)], edit{c.Number, is.what})
				has = is.next()
			default:
				if was.what != is.what {
					edits[string(is.word)] = append(edits[string(is.word)], edit{c.Number, is.what})
				}
				had, has = was.next(), is.next()
			}
		}
	}
	if len(edits) == 0 {
		return x
	}
	words := make([]string, 0, len(edits))
	for w := range edits {
		words = append(words, w)
	}
	slices.Sort(words)
	out := &Index{lang: x.lang, forms: make([]form, 0, len(x.forms)+len(words))}
	at := 0
	for _, w := range words {
		n := at + sort.Search(len(x.forms)-at, func(i int) bool { return x.forms[at+i].word >= w })
		out.forms = append(out.forms, x.forms[at:n]...)
		at = n
		f := form{word: w}
		if at < len(x.forms) && x.forms[at].word == w {
			f = x.forms[at]
			at++
		} else {
			f.family = familyOf(x.lang, w)
		}
		es := edits[w]
		slices.SortFunc(es, func(a, b edit) int { return int(int64(a.number) - int64(b.number)) })
		var list []byte
		texts, last := 0, uint32(0)
		put := func(n uint32, what byte) {
			if what != 0 {
				list = binary.AppendUvarint(list, uint64(n-last))
				list = append(list, what)
				last = n
				texts++
			}
		}
		number := uint32(0)
		for rest := f.list; len(rest) > 0; {
			gap, k := binary.Uvarint(rest)
			number += uint32(gap)
			for len(es) > 0 && es[0].number < number {
				put(es[0].number, es[0].what)
				es = es[1:]
			}
			what := rest[k]
			if len(es) > 0 && es[0].number == number {
				what = es[0].what
				es = es[1:]
			}
			put(number, what)
			rest = rest[k+1:]
		}
		for _, e := range es {
			put(e.number, e.what)
		}
		if f.list, f.texts = list, texts; texts > 0 {
			out.forms = append(out.forms, f)
		}
	}
	out.forms = append(out.forms, x.forms[at:]...)
	return out
}
