package glossary

import (
	"encoding/binary"
	"slices"

	"playbook/generator/source"
)

// WordKey stands for a word however it is capitalised or composed. Two words
// may share one, which costs a needless look and nothing else.
type WordKey uint32

// WordKeys appends to dst the keys of all words in the prose of html, each
// once, sorted from the old end of dst, and returns it. They depend on no
// vocabulary and can be kept with the text.
func WordKeys(html []byte, runs []Run, dst []WordKey) []WordKey {
	start := len(dst)
	var w scratch
	for len(runs) > 0 {
		n := w.chain(html, runs)
		if n > 0 {
			w.scan.reset(html, runs[:n])
			for w.scan.next() {
				if !w.scan.sign {
					dst = append(dst, WordKey(w.scan.hash))
				}
			}
		}
		runs = runs[max(n, 1):]
	}
	slices.Sort(dst[start:])
	return dst[:start+len(slices.Compact(dst[start:]))]
}

// formKey is a form as far as Find can tell it from others.
type formKey struct {
	id    source.Digest
	words []WordKey // sorted, each once
}

func keyOf(t *Term, lang string, f form) formKey {
	var b []byte
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	bit := func(v bool) {
		if v {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	text(t.ID)
	text(lang)
	text(t.Scope)
	bit(t.Auto)
	bit(f.made)
	k := formKey{}
	for _, w := range f.words {
		bit(w.exact)
		if w.exact {
			text(w.text)
		} else {
			text(w.fold)
		}
		if !w.sign {
			k.words = append(k.words, WordKey(hashOf(w.fold)))
		}
	}
	slices.Sort(k.words)
	k.words = slices.Compact(k.words)
	k.id = source.Sum(b)
	return k
}

// Delta is what differs between two Matchers.
type Delta struct {
	all   bool
	forms [][]WordKey
	terms []int
}

// Diff tells on which pages the new Matcher may find other mentions than the
// old one. A nil old Matcher found nothing.
func Diff(old, new *Matcher) Delta {
	if old == nil {
		old = &Matcher{first: []int32{0}}
	}
	if old == new {
		d := Delta{terms: make([]int, len(old.terms))}
		for i := range d.terms {
			d.terms[i] = i
		}
		return d
	}
	d := Delta{all: old.def != new.def && old.def != "", terms: make([]int, len(old.terms))}
	at := make(map[string]int, len(new.terms))
	for i := range new.terms {
		if _, ok := at[new.terms[i].ID]; ok {
			d.all = true // two terms of one name cannot be told apart
		}
		at[new.terms[i].ID] = i
	}
	kept := make([]bool, len(new.terms))
	last := -1
	for i := range old.terms {
		j, ok := at[old.terms[i].ID]
		if !ok {
			d.terms[i] = -1
			d.forms = addForms(d.forms, old.formsOf(i), nil)
			continue
		}
		d.terms[i] = j
		kept[j] = true
		if j <= last {
			d.all = true // another order may decide another way
		}
		last = j
		d.forms = addForms(d.forms, old.formsOf(i), new.formsOf(j))
		d.forms = addForms(d.forms, new.formsOf(j), old.formsOf(i))
	}
	for j := range new.terms {
		if !kept[j] {
			d.forms = addForms(d.forms, new.formsOf(j), nil)
		}
	}
	slices.SortFunc(d.forms, slices.Compare)
	d.forms = slices.CompactFunc(d.forms, slices.Equal)
	return d
}

func (m *Matcher) formsOf(i int) []formKey { return m.forms[m.first[i]:m.first[i+1]] }

// addForms appends the words of those forms of a that b has not.
func addForms(dst [][]WordKey, a, b []formKey) [][]WordKey {
	if len(a) == len(b) {
		same := true
		for i := range a {
			if a[i].id != b[i].id {
				same = false
				break
			}
		}
		if same {
			return dst
		}
	}
	for _, f := range a {
		if !slices.ContainsFunc(b, func(g formKey) bool { return g.id == f.id }) {
			dst = append(dst, f.words)
		}
	}
	return dst
}

// Empty reports whether no page's mentions can differ.
func (d Delta) Empty() bool { return !d.all && len(d.forms) == 0 }

// Touches reports whether the mentions of a page with these words may differ:
// whether all words of some changed form are among them. If not, Find of the
// new Matcher gives what the old one gave, with terms numbered as Term says.
func (d Delta) Touches(page []WordKey) bool {
	if d.all {
		return true
	}
next:
	for _, f := range d.forms {
		rest := page
		for _, k := range f {
			i, ok := slices.BinarySearch(rest, k)
			if !ok {
				continue next
			}
			rest = rest[i+1:]
		}
		return true
	}
	return false
}

// Term returns the new number of the old Matcher's term, -1 if it is gone.
func (d Delta) Term(old int) int { return d.terms[old] }
