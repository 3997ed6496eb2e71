package search

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// shardSize is what a shard holds in bytes, where words let it: enough that a
// query needs few, little enough that none is long under way.
const shardSize = 8 << 10

// Shard is a stretch of an Index's words, those from Key on and before the next
// shard's Key.
type Shard struct {
	Key    string
	x      *Index
	lo, hi int
}

// Shards cuts the Index along the beginnings of words: where the words with one
// beginning are too many for a shard they are cut by their next letter, and of
// those what is small lies together. So a word that comes or goes moves no
// border but those of its own kin.
func (x *Index) Shards() []Shard {
	sums := make([]int, len(x.forms)+1)
	for i := range x.forms {
		sums[i+1] = sums[i] + len(x.forms[i].list) + 7
	}
	var out []Shard
	var cut func(lo, hi, depth int)
	cut = func(lo, hi, depth int) {
		from := lo // of what lies together and is not out yet
		flush := func(to int) {
			if from < to {
				w := x.forms[from].word
				_, n := utf8.DecodeRuneInString(w[depth:])
				out = append(out, Shard{w[:depth+n], x, from, to})
			}
			from = to
		}
		for i := lo; i < hi; {
			w := x.forms[i].word
			j := i + 1
			if len(w) > depth {
				r, _ := utf8.DecodeRuneInString(w[depth:])
				for j < hi {
					if o, _ := utf8.DecodeRuneInString(x.forms[j].word[depth:]); o != r {
						break
					}
					j++
				}
			}
			_, n := utf8.DecodeRuneInString(w[depth:])
			switch size := sums[j] - sums[i]; {
			case size > shardSize && j-i > 1:
				flush(i)
				cut(i, j, depth+n)
				from = j
			case sums[j]-sums[from] > shardSize:
				flush(i)
			}
			i = j
		}
		flush(hi)
	}
	cut(0, len(x.forms), 0)
	return out
}

// Same tells whether two shards hold the same, by where it lies in memory: what
// With took over is the same.
func (s Shard) Same(o Shard) bool {
	if s.Key != o.Key || s.hi-s.lo != o.hi-o.lo {
		return false
	}
	for i := range s.hi - s.lo {
		a, b := &s.x.forms[s.lo+i], &o.x.forms[o.lo+i]
		if a.word != b.word || len(a.list) != len(b.list) || &a.list[0] != &b.list[0] {
			return false
		}
	}
	return true
}

// Text returns what the browser reads: for each word how many letters it shares
// with the one before, how many follow, those, its family, how many texts it
// stands in, the length of their list, and the list; numbers as in Go's varint;
// all of it in base64, so that it can stand in a script.
func (s Shard) Text() string { return base64.StdEncoding.EncodeToString(s.bytes()) }

func (s Shard) bytes() []byte {
	var b, last []byte
	for i := s.lo; i < s.hi; i++ {
		f := &s.x.forms[i]
		b = appendWord(b, last, []byte(f.word))
		b = append(b, byte(f.family))
		b = binary.AppendUvarint(b, uint64(f.texts))
		b = binary.AppendUvarint(b, uint64(len(f.list)))
		b = append(b, f.list...)
		last = []byte(f.word)
	}
	return b
}

var errDamaged = errors.New("the index of words cannot be read")

// Append appends the Index to b, for Read.
func (x *Index) Append(b []byte) []byte {
	return append(b, Shard{x: x, hi: len(x.forms)}.bytes()...)
}

// Read reads what Append wrote, an Index in a language. The Index keeps data.
func Read(lang string, data []byte) (*Index, error) {
	x := &Index{lang: lang}
	var last []byte
	number := func() (int, bool) {
		n, k := binary.Uvarint(data)
		if k <= 0 || n > uint64(len(data)) {
			return 0, false
		}
		data = data[k:]
		return int(n), true
	}
	for len(data) > 0 {
		keep, ok1 := number()
		more, ok2 := number()
		if !ok1 || !ok2 || keep > len(last) || more > len(data) || keep+more == 0 {
			return nil, errDamaged
		}
		last = append(last[:keep:keep], data[:more]...)
		if data = data[more:]; len(data) == 0 {
			return nil, errDamaged
		}
		f := form{word: string(last), family: family(data[0])}
		data = data[1:]
		texts, ok1 := number()
		size, ok2 := number()
		if !ok1 || !ok2 || size > len(data) || texts == 0 || size < 2*texts {
			return nil, errDamaged
		}
		f.texts, f.list = texts, data[:size:size]
		data = data[size:]
		if n := len(x.forms); n > 0 && x.forms[n-1].word >= f.word || !wellMade(f) {
			return nil, errDamaged
		}
		x.forms = append(x.forms, f)
	}
	return x, nil
}

func wellMade(f form) bool {
	n, last := 0, -1
	number := uint64(0)
	for rest := f.list; len(rest) > 0; n++ {
		gap, k := binary.Uvarint(rest)
		if k <= 0 || k >= len(rest) || rest[k] < 16 {
			return false
		}
		if number += gap; int(number) <= last || number > 1<<31 {
			return false
		}
		last = int(number)
		rest = rest[k+1:]
	}
	return n == f.texts
}
