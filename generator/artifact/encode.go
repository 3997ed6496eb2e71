package artifact

import (
	"encoding/binary"

	"playbook/generator/book"
	"playbook/generator/source"
)

// Form numbers the form that Save writes. Raise it with every change of a
// field; what is kept under another number is not read.
const Form = 1

// Save returns what a later process needs to know of a State: the traces, with
// each question and the digest of its answer once, and the bytes of the
// fragments. Recall reads it. It returns nil for a State that is not of one
// piece, whose traces disagree about an answer.
func (s *State) Save() []byte {
	if s == nil || s.table == nil {
		return nil
	}
	asked, _ := s.table.sizes()
	digests := make([]source.Digest, asked)
	known := make([]bool, asked)
	pieces := make([]bool, len(s.cells))
	whole := true
	reads, order := 0, []QID(nil) // questions in the order in which traces have them
	note := func(trace []Read, fragment bool) {
		reads += len(trace)
		for i := range trace {
			rd := &trace[i]
			if n := rd.Q &^ shared; rd.Q&shared != 0 {
				if fragment || int(n) >= len(s.cells) || s.cells[n] == nil || s.cells[n].art.Digest != rd.A {
					whole = false
				} else {
					pieces[n] = true
				}
				continue
			}
			if !known[rd.Q] {
				known[rd.Q], digests[rd.Q] = true, rd.A
				order = append(order, rd.Q)
			} else if digests[rd.Q] != rd.A {
				whole = false
			}
		}
	}
	for _, a := range s.list {
		note(a.Trace, false)
	}
	used := 0
	numbers := make([]uint64, len(s.cells)) // of fragments, +1
	for n, is := range pieces {
		if is {
			note(s.cells[n].art.Trace, true)
			used++
			numbers[n] = uint64(used)
		}
	}
	if !whole {
		return nil
	}

	size := 0
	for n, c := range s.cells {
		if pieces[n] {
			size += len(c.data)
		}
	}
	e := source.Encoder{B: make([]byte, 8, 8+32*len(order)+2*reads+112*(len(s.list)+used)+size)}
	args := map[string]uint64{}
	e.Uint(uint64(len(order)))
	place := make([]int, asked)
	for n, q := range order {
		place[q] = n
		question := s.table.question(q)
		e.B = append(e.B, byte(question.Op))
		k, ok := args[question.Arg]
		if !ok {
			k = uint64(len(args))
			args[question.Arg] = k
			e.Uint(k)
			e.Str(question.Arg)
		} else {
			e.Uint(k)
		}
		e.Digest(digests[q])
	}
	// A trace mostly asks what its neighbours asked, or what nobody has asked
	// before: its questions are told by how far each is from the one before.
	trace := func(list []Read) {
		e.Uint(uint64(len(list)))
		at := 0
		for i := range list {
			if q := list[i].Q; q&shared != 0 {
				e.Uint(numbers[q&^shared]<<1 | 1)
			} else {
				d := place[q] - at
				at = place[q]
				e.Uint(uint64(d<<1^d>>63) << 1)
			}
		}
	}
	one := func(a *Artifact) {
		e.Str(a.Path)
		e.Str(a.Of)
		e.Digest(a.Digest)
		e.Uint(uint64(a.Size))
		trace(a.Trace)
		e.Diags(a.Diags)
	}
	e.Uint(uint64(reads))
	e.Uint(uint64(used))
	for n, c := range s.cells {
		if pieces[n] {
			e.Str(s.table.question(QID(n) | shared).Arg)
			one(c.art)
			e.Uint(uint64(len(c.data)))
		}
	}
	e.Len(len(s.list), false)
	for _, a := range s.list {
		one(a)
	}
	binary.LittleEndian.PutUint64(e.B, uint64(size)) // what the fragments are, behind all else
	for n, c := range s.cells {
		if pieces[n] {
			e.B = append(e.B, c.data...)
		}
	}
	return e.B
}

// Recall returns the State that Save wrote, nil for bytes that no Save wrote.
// Whose answers its traces hold is not known, unless OfBook says it.
func Recall(b string) *State {
	r := source.NewDecoder(b)
	size := uint64(r.Fixed32()) | uint64(r.Fixed32())<<32
	if !r.OK() || size > uint64(r.Left()) {
		return nil
	}
	r = source.NewDecoder(b[8 : len(b)-int(size)])
	blob := []byte(b[len(b)-int(size):])

	const question = 2 + len(source.Digest{})
	asked := r.Below(len(b)/question + 1)
	t := newTable()
	t.list = make([]book.Question, asked)
	digests := make([]source.Digest, asked)
	var args []string
	for i := range t.list {
		q := &t.list[i]
		q.Op = book.Op(r.Below(int(book.OpFragment)))
		if at := r.Below(len(args) + 1); at < len(args) {
			q.Arg = args[at]
		} else {
			q.Arg = r.Str()
			args = append(args, q.Arg)
		}
		digests[i] = r.Digest()
		if !r.OK() {
			return nil
		}
	}
	reads := make([]Read, 0, r.Below(len(b)))
	used := r.Below(len(b))
	if !r.OK() {
		return nil
	}
	s := &State{table: t, cells: make([]*cell, 0, used)}
	trace := func(pieces int) []Read {
		n := r.Below(cap(reads) - len(reads) + 1)
		from, at := len(reads), 0
		for range n {
			v := r.Uint()
			if v&1 != 0 {
				if v >>= 1; v == 0 || v > uint64(pieces) {
					r.Fail()
					return nil
				}
				reads = append(reads, Read{QID(v-1) | shared, s.cells[v-1].art.Digest})
				continue
			}
			v >>= 1
			at += int(int64(v>>1) ^ -int64(v&1))
			if at < 0 || at >= asked {
				r.Fail()
				return nil
			}
			reads = append(reads, Read{QID(at), digests[at]})
		}
		return reads[from:len(reads):len(reads)]
	}
	one := func(pieces int) *Artifact {
		return &Artifact{Path: r.Str(), Of: r.Str(), Digest: r.Digest(), Size: r.Below(1 << 40), Trace: trace(pieces), Diags: r.Diags()}
	}
	for range used {
		t.names = append(t.names, r.Str())
		a := one(0)
		size := r.Below(len(blob) + 1)
		if !r.OK() {
			return nil
		}
		s.cells = append(s.cells, &cell{art: a, data: blob[:size:size]})
		blob = blob[size:]
	}
	count, _ := r.Len(21)
	s.list = make([]*Artifact, 0, count)
	for range count {
		s.list = append(s.list, one(used))
	}
	if !r.Done() || len(blob) > 0 || !t.fill() {
		return nil
	}
	return s
}

// fill enters the questions that are listed; false if one is there twice.
func (t *table) fill() bool {
	for i := range t.shards {
		t.shards[i].ids = make(map[book.Question]QID, len(t.list)/len(t.shards)+8)
	}
	enter := func(q book.Question, id QID) bool {
		ids := t.shard(q).ids
		if _, ok := ids[q]; ok {
			return false
		}
		ids[q] = id
		return true
	}
	for i, q := range t.list {
		if !enter(q, QID(i)) {
			return false
		}
	}
	for i, name := range t.names {
		if !enter(book.Question{Op: book.OpFragment, Arg: name}, QID(i)|shared) {
			return false
		}
	}
	return true
}

// Answers calls f with every question in the traces and the digest of its
// answer, those about fragments left out.
func (s *State) Answers(f func(q book.Question, d source.Digest)) {
	seen := make([]bool, len(s.table.list))
	all := func(trace []Read) {
		for i := range trace {
			if q := trace[i].Q; q&shared == 0 && !seen[q] {
				seen[q] = true
				f(s.table.list[q], trace[i].A)
			}
		}
	}
	for _, a := range s.list {
		all(a.Trace)
	}
	for _, c := range s.cells {
		if c != nil {
			all(c.art.Trace)
		}
	}
}

// OfBook says that the traces hold the answers of b, so that only those have to
// be asked again in which another Book differs from it.
func (s *State) OfBook(b *book.Book) { s.book = b }
