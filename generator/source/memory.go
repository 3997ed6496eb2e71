package source

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// memoryVersion heads what Save writes. A change of the form below is a new one.
const memoryVersion = "playbook tree 1\n"

// Save returns what a later process needs to know of a tree that Scan made: the
// listing, and the digests found so far. Recall reads it.
func (t *Tree) Save() []byte {
	b := make([]byte, 0, 64*len(t.files)+256)
	b = append(b, memoryVersion...)
	b = appendString(b, t.name)
	b = binary.AppendVarint(b, t.scanned)
	b = binary.AppendUvarint(b, uint64(len(t.files)))
	last := ""
	for i := range t.files {
		f := &t.files[i]
		shared := 0
		for shared < min(len(last), len(f.Path)) && last[shared] == f.Path[shared] {
			shared++
		}
		last = f.Path
		b = binary.AppendUvarint(b, uint64(shared))
		b = appendString(b, f.Path[shared:])
		b = binary.AppendVarint(b, f.Size)
		b = binary.AppendVarint(b, f.ModTime)
		b = binary.AppendVarint(b, f.change)
		b = binary.AppendUvarint(b, f.Inode)
		var d Digest
		known := false
		if t.sums != nil {
			d, known = t.sums[i].get()
		}
		flags := byte(0)
		if f.Link {
			flags |= 1
		}
		if known {
			flags |= 2
		}
		if b = append(b, flags); known {
			b = append(b, d[:]...)
		}
	}
	s := Sum(b)
	return append(b, s[:]...)
}

// Recall returns the tree that Save wrote, to be given to Scan as prev: its
// files cannot be read. It returns nil, which Scan takes as well, if data is not
// whole or is of another version.
func Recall(data []byte) *Tree {
	n := len(data) - len(Digest{})
	if n < 0 || !bytes.HasPrefix(data, []byte(memoryVersion)) || Sum(data[:n]) != Digest(data[n:]) {
		return nil
	}
	// One string for all of it would keep it in memory; paths are cut from
	// names, so each file costs one allocation.
	r := reader{b: data[len(memoryVersion):n]}
	t := &Tree{partial: true}
	t.name = string(r.bytes())
	t.scanned = r.varint()
	count := r.uvarint()
	if count > uint64(len(r.b)) {
		return nil
	}
	t.files = make([]File, count)
	t.sums = make([]sum, count)
	buf := []byte(t.name)
	for i := range t.files {
		f := &t.files[i]
		shared := r.uvarint()
		if shared > uint64(len(buf)-len(t.name)) {
			return nil
		}
		buf = append(buf[:len(t.name)+int(shared)], r.bytes()...)
		f.Name = string(buf)
		f.Path = f.Name[len(t.name):]
		f.Size, f.ModTime, f.change, f.Inode = r.varint(), r.varint(), r.varint(), r.uvarint()
		flags := r.take(1)
		if r.bad || i > 0 && f.Path <= t.files[i-1].Path {
			return nil
		}
		f.Link = flags[0]&1 != 0
		if flags[0]&2 != 0 {
			d := r.take(len(Digest{}))
			if r.bad {
				return nil
			}
			t.sums[i].set(Digest(d))
		}
	}
	return newTree(t)
}

// Serves reports whether t, which may be nil, tells a later scan as much as now
// would: the same files, and all of them old enough for their digests to count.
func (t *Tree) Serves(now *Tree) bool {
	return t != nil && slices.Equal(t.files, now.files) && !slices.ContainsFunc(t.files, func(f File) bool { return !t.settled(&f) })
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// reader takes values off b and notes when there is not enough.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	return r.take(int(n))
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}
