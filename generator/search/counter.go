package search

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// MaxSection is the highest part of a text that a word can be found in; what
// stands further down counts for the whole.
const MaxSection = 15

// Counter counts the words of a text. The zero Counter is empty; it can be used
// again after Pack.
type Counter struct {
	slots []int32 // 1 + index into words; open addressing
	words []counted
	text  []byte            // of words
	order []uint64          // the words to be sorted, see sort
	room  [4 * MaxWord]byte // for a word
	name  []byte            // for a text
	out   []byte            // for a Bag
}

type counted struct {
	at, size  int32 // in text
	hash      uint32
	weight    int32 // all told
	most      int32 // in the part where it has most
	here      int32 // in the part it was last seen in
	part, now uint8 // those parts
	titled    bool  // it stands in a title
}

// AddText is Add of a string.
func (c *Counter) AddText(text string, weight, part int) {
	c.name = append(c.name[:0], text...)
	c.Add(c.name, weight, part)
}

// AddName counts a whole text as one word: what stands before it, and its words
// with hyphens between them, up to some hundred letters.
func (c *Counter) AddName(prefix, text string, weight, part int) {
	at := len(prefix)
	c.name = append(append(c.name[:0], prefix...), text...)
	end := len(c.name)
	name := append(c.name, prefix...) // behind the text, which is read meanwhile
	words(c.name[at:end:end], c.room[:0], func(w []byte) {
		if len(name) > end+at {
			name = append(name, '-')
		}
		if len(name) < end+100 {
			name = append(name, w...)
		}
	})
	c.count(name[end:], weight, part)
	c.name = name
}

// Add counts the words of a text: weight for each, in that part of the whole (0:
// no part, else 1 to MaxSection).
func (c *Counter) Add(text []byte, weight, part int) {
	words(text, c.room[:0], func(w []byte) { c.count(w, weight, part) })
}

func (c *Counter) count(w []byte, weight, part int) {
	if part > MaxSection {
		part = 0
	}
	titled := weight == InTitle
	if titled {
		weight = 4
	}
	if 2*len(c.words) >= len(c.slots) {
		c.grow()
	}
	h := uint32(2166136261) // FNV-1a
	for _, b := range w {
		h = (h ^ uint32(b)) * 16777619
	}
	mask := uint32(len(c.slots) - 1)
	i := h & mask
	for ; c.slots[i] != 0; i = (i + 1) & mask {
		x := &c.words[c.slots[i]-1]
		if x.hash == h && bytes.Equal(c.text[x.at:x.at+x.size], w) {
			if x.weight += int32(weight); int(x.now) != part {
				x.settle()
				x.now, x.here = uint8(part), 0
			}
			x.here += int32(weight)
			x.titled = x.titled || titled
			return
		}
	}
	if len(c.words) > indices {
		return // nobody searches for the words of such a text
	}
	c.slots[i] = int32(len(c.words) + 1)
	c.words = append(c.words, counted{at: int32(len(c.text)), size: int32(len(w)), hash: h, weight: int32(weight), here: int32(weight), now: uint8(part), titled: titled})
	c.text = append(c.text, w...)
}

// settle compares the part that was last counted with the best before.
func (x *counted) settle() {
	if x.here > x.most {
		x.most, x.part = x.here, x.now
	}
}

func (c *Counter) grow() {
	c.slots = make([]int32, max(256, 2*len(c.slots)))
	mask := uint32(len(c.slots) - 1)
	for n := range c.words {
		i := c.words[n].hash & mask
		for c.slots[i] != 0 {
			i = (i + 1) & mask
		}
		c.slots[i] = int32(n + 1)
	}
}

// Pack returns what was counted, sorted by word, and empties the Counter: a Bag
// that Merge and Index read.
func (c *Counter) Pack() Bag {
	word := func(x *counted) []byte { return c.text[x.at : x.at+x.size] }
	c.sort(word)
	out := c.out[:0]
	var last []byte
	for _, o := range c.order {
		x := &c.words[o&indices]
		x.settle()
		w := word(x)
		out = appendWord(out, last, w)
		weight := byte(min(x.weight, maxWeight))
		if x.titled {
			weight |= titled
		}
		out = append(out, weight, x.part)
		last = w
	}
	c.words, c.text, c.out = c.words[:0], c.text[:0], out
	clear(c.slots)
	return Bag(out)
}

// indices are the bits of order that tell which word it is; those above are of
// its first letters.
const indices = 1<<24 - 1

// sort makes order the words in their order: numbers are sorted, of which the
// first five letters mostly decide, and then those of the same five.
func (c *Counter) sort(word func(*counted) []byte) {
	c.order = c.order[:0]
	for i := range c.words {
		var first [8]byte
		copy(first[:5], word(&c.words[i]))
		c.order = append(c.order, binary.BigEndian.Uint64(first[:])|uint64(i))
	}
	slices.Sort(c.order)
	for i := 0; i < len(c.order); {
		k := i + 1
		for k < len(c.order) && c.order[k]&^indices == c.order[i]&^indices {
			k++
		}
		if k-i > 1 {
			slices.SortFunc(c.order[i:k], func(x, y uint64) int { return bytes.Compare(word(&c.words[x&indices]), word(&c.words[y&indices])) })
		}
		i = k
	}
}

// The byte of a weight: what it is, and whether the word stands in a title.
const (
	maxWeight = 127
	titled    = 128
)

// Bag is the words of a text with how much each weighs and in which part of the
// text it stands most: sorted, each after what it shares with the one before.
type Bag string

// appendWord appends w, of which the first letters are those of last.
func appendWord(b, last, w []byte) []byte {
	n := 0
	for n < len(last) && n < len(w) && last[n] == w[n] {
		n++
	}
	b = binary.AppendUvarint(b, uint64(n))
	b = binary.AppendUvarint(b, uint64(len(w)-n))
	return append(b, w[n:]...)
}

// reader reads a Bag word by word.
type reader struct {
	rest   Bag
	said   Bag // how the word is written
	word   []byte
	weight int
	part   uint8
}

// next reads a word; false at the end, which is also where a Bag is damaged.
func (r *reader) next() bool {
	if r.rest == "" {
		return false
	}
	keep, n := uvarint(string(r.rest))
	more, m := uvarint(string(r.rest[max(n, 0):]))
	at := n + m
	if n <= 0 || m <= 0 || keep > uint64(len(r.word)) || more > uint64(len(r.rest)-at) || uint64(len(r.rest)-at) < more+2 {
		r.rest = ""
		return false
	}
	r.word = append(r.word[:keep], r.rest[at:at+int(more)]...)
	at += int(more)
	r.said = r.rest[:at]
	r.weight, r.part = int(r.rest[at]), r.rest[at+1]
	r.rest = r.rest[at+2:]
	return true
}

// uvarint is binary.Uvarint of a string.
func uvarint(s string) (uint64, int) {
	var x uint64
	for i := 0; i < len(s) && i < 5; i++ {
		if s[i] < 0x80 {
			return x | uint64(s[i])<<(7*i), i + 1
		}
		x |= uint64(s[i]&0x7f) << (7 * i)
	}
	return 0, 0
}
