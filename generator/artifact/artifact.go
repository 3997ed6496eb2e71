// Package artifact is the law of incremental building. Every output (page,
// list, feed, index shard, asset) is an artifact: bytes made by a function that
// learns about the site only by asking questions of a Reader. The Reader writes
// down each question with the digest of its answer; that list is the artifact's
// trace. Before an artifact is made again its trace is verified against the new
// Book: when every question still has the same answer the old bytes stand.
//
// This is sound because Make is a function of the answers alone, and because
// questions are asked one after another: equal answers up to the k-th mean that
// the same k+1-th question would be asked. There is no code here, or anywhere,
// that works out what an edit makes dirty. The idea is the verifying trace of
// Mokhov, Mitchell and Peyton Jones, "Build systems à la carte" (2018).
//
// What several artifacts share is a fragment: an artifact without a path, asked
// for by name, made once, whose digest is its answer. Fragments ask no
// fragments, so that two workers can never wait for each other.
package artifact

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"playbook/generator/book"
	"playbook/generator/diag"
	"playbook/generator/source"
)

// Make gives an artifact's bytes. It may learn about the site only through r
// and must be deterministic in the answers it gets. The bytes may lie in one of
// r's buffers.
type Make func(r *Reader) ([]byte, []diag.Diagnostic)

// Target is an output to be made. Path is where it goes, below the output
// folder, with forward slashes. Of names what Make makes there: a trace says
// nothing of another Make, so what was made of something else is not reused
// when it happens to have the same path.
type Target struct {
	Path string
	Of   string
	Make Make
}

// Read is one line of a trace: a question (interned, see State) and the digest
// of the answer it got.
type Read struct {
	Q QID
	A source.Digest
}

// QID is a question interned in a State. Those that name fragments are counted
// on their own, with the highest bit set.
type QID uint32

const shared QID = 1 << 31

// Artifact is what is remembered of an output between builds: all but its bytes.
type Artifact struct {
	Path   string
	Of     string
	Digest source.Digest
	Size   int
	Trace  []Read
	Diags  []diag.Diagnostic
}

// State is what one build leaves for the next: the traces, and the questions
// they speak of. The zero State is an empty one.
type State struct {
	book    *book.Book  // whose answers the traces hold; nil if unknown
	targets []Target    // what the artifacts were made for
	list    []*Artifact // in the order of targets
	cells   []*cell     // fragments by QID; nil for those nobody asked for
	table   *table

	askers     *askers // nil until they are wanted
	late       []int32 // artifacts whose traces are younger than askers, sorted
	latePieces []int32 // fragments, the same

	once   sync.Once
	byPath map[string]*Artifact
}

// Artifact returns what is remembered of an output path, nil if nothing.
func (s *State) Artifact(path string) *Artifact {
	if s == nil {
		return nil
	}
	s.once.Do(func() {
		s.byPath = make(map[string]*Artifact, len(s.list))
		for _, a := range s.list {
			s.byPath[a.Path] = a
		}
	})
	return s.byPath[path]
}

// fragment returns what is remembered of a fragment, nil if nothing.
func (s *State) fragment(q QID) *cell {
	if s == nil || int(q&^shared) >= len(s.cells) {
		return nil
	}
	return s.cells[q&^shared]
}

// Sink takes artifacts as they are made, from many goroutines at once. Has
// tells whether the sink already holds these bytes under this path; only then
// can an artifact be left as it is. Put must not keep data, which is used again
// when it returns.
type Sink interface {
	Has(path string, d source.Digest) bool
	Put(path string, d source.Digest, data []byte) error
}

// Input is what MakeAll works from.
type Input struct {
	Book      *book.Book
	Targets   []Target                          // in the order in which artifacts are reported
	Fragments func(name string) (Make, bool)    // by name
	Prev      *State                            // nil: make everything
	Sink      Sink                              // where bytes go
	Kept      bool                              // Sink holds all outputs of Prev, and keeps those that are not put
	Workers   int                               // 0: GOMAXPROCS
	Why       func(path string, reason *Change) // optional: told why an artifact is made; called from many goroutines
}

// Change is the first answer that differed from an artifact's trace, or, where
// none did, says that the sink had lost the artifact. A nil Change, where one is
// asked for, means the artifact was not known before.
type Change struct {
	Question book.Question
	Old, New source.Digest
	Gone     bool
}

// Result is what MakeAll made.
type Result struct {
	Artifacts []*Artifact // one for each target, in order
	State     *State
	Made      int // artifacts whose Make ran
	Reused    int // artifacts whose trace was verified
	Fragments int // fragments whose Make ran
}

// Diags returns the diagnostics of all artifacts, made or reused.
func (r *Result) Diags() []diag.Diagnostic {
	var out []diag.Diagnostic
	for _, a := range r.Artifacts {
		out = append(out, a.Diags...)
	}
	return append(out, r.State.fragmentDiags()...)
}

// MakeAll makes or reuses every target. The error is the machine's (the sink
// failed, ctx was cancelled); what is wrong with content is in the artifacts'
// diagnostics. A panic in one Make becomes that artifact's error diagnostic.
func MakeAll(ctx context.Context, in Input) (*Result, error) {
	e := &engine{in: in, prev: in.Prev}
	if in.Prev != nil && in.Prev.table != nil {
		e.table = in.Prev.table
	} else {
		e.table = newTable()
	}
	e.faults, _ = ctx.Value(faultsKey{}).(Faults)
	e.compare()
	workers := in.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	prev := func(i int) *Artifact { return e.prev.Artifact(in.Targets[i].Path) }
	if e.sameTargets() {
		prev = func(i int) *Artifact { return in.Prev.list[i] }
	}
	var out []*Artifact
	todo, narrowed := e.narrow()
	count := len(in.Targets)
	if narrowed {
		out, count = slices.Clone(in.Prev.list), len(todo)
	} else {
		out = make([]*Artifact, len(in.Targets))
	}
	const block = 32
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range min(workers, max(1, count)) {
		wg.Go(func() {
			r := e.reader(false)
			defer e.readers.Put(r)
			made := 0
			defer func() { e.made.Add(int64(made)) }()
			for {
				lo := int(next.Add(block)) - block
				e.in.Book.Forget(r.own)
				r.own = r.own[:0]
				for k := lo; k < min(lo+block, count); k++ {
					i := k
					if narrowed {
						i = int(todo[k])
					}
					if failed.Load() != nil {
						return
					}
					if err := ctx.Err(); err != nil {
						failed.CompareAndSwap(nil, &err)
						return
					}
					old := prev(i)
					a, err := e.artifact(r, in.Targets[i], old)
					if err != nil {
						failed.CompareAndSwap(nil, &err)
						return
					}
					if out[i] = a; a != old {
						made++
					}
				}
				if lo >= count {
					return
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	res := &Result{Artifacts: out, Made: int(e.made.Load()), Fragments: int(e.fragMade.Load())}
	res.Reused = len(out) - res.Made
	res.State = &State{book: in.Book, targets: in.Targets, list: out, cells: e.fragments(), table: e.table}
	e.settle(res.State, slices.DeleteFunc(todo, func(i int32) bool { return out[i] == in.Prev.list[i] }))
	return res, nil
}

// engine is one run of MakeAll.
type engine struct {
	in       Input
	prev     *State
	table    *table
	known    []answer // to the questions known before, by QID; none of them where moved is known
	moved    []bool   // whether the answer differs from that of prev, by QID
	pieces   []piece  // the fragments known before, by QID
	more     sync.Map // QID -> *piece, of fragments asked for the first time
	readers  sync.Pool
	faults   Faults // of tests
	made     atomic.Int64
	fragMade atomic.Int64

	narrowed         bool // only some targets are looked at
	askers           *askers
	late, latePieces []int32
}

// answer is the digest of what this Book answers to a question: worked out
// once, by whoever asks first.
type answer struct {
	done   atomic.Bool
	once   sync.Once
	digest source.Digest
}

// piece is the state of a fragment in one run.
type piece struct {
	once sync.Once
	cell *cell
}

// cell is a fragment with its bytes.
type cell struct {
	art  *Artifact
	data []byte
}

// compare prepares what is known of answers. Where the Book can tell in which
// of its answers it differs from the one that the traces were taken from, only
// those are asked again.
func (e *engine) compare() {
	asked, pieces := e.table.sizes()
	e.pieces = make([]piece, pieces)
	if e.prev != nil && e.prev.book != nil && e.faults.Answer == nil {
		e.moved = make([]bool, asked)
		qs := e.in.Book.Changed(e.prev.book)
		parallel(e.in.Workers, len(qs), func(i int) {
			q := qs[i]
			if id, ok := e.table.lookup(q); ok {
				e.moved[id] = e.in.Book.Digest(q) != e.prev.book.Digest(q)
			}
		})
		return
	}
	e.known = make([]answer, asked)
}

// fragments returns the fragments that were asked for, by QID.
func (e *engine) fragments() []*cell {
	_, n := e.table.sizes()
	cells := make([]*cell, n)
	for i := range e.pieces {
		cells[i] = e.pieces[i].cell
	}
	e.more.Range(func(k, v any) bool {
		cells[k.(QID)&^shared] = v.(*piece).cell
		return true
	})
	return cells
}

func (e *engine) artifact(r *Reader, t Target, old *Artifact) (*Artifact, error) {
	var why *Change
	if old != nil && old.Of == t.Of {
		if why = e.changed(old.Trace); why == nil && (e.in.Kept || e.in.Sink.Has(old.Path, old.Digest)) {
			return old, nil
		}
		if why == nil {
			why = &Change{Gone: true}
		}
	}
	if e.in.Why != nil {
		e.in.Why(t.Path, why)
	}
	r.begin(false)
	data, diags := run(t.Path, t.Make, r)
	a := &Artifact{Path: t.Path, Of: t.Of, Digest: source.Sum(data), Size: len(data), Trace: r.end(), Diags: diags}
	return a, e.in.Sink.Put(a.Path, a.Digest, data)
}

// run calls make and turns a panic into a diagnostic: one page's bug must not
// take the site down.
func run(path string, mk Make, r *Reader) (data []byte, diags []diag.Diagnostic) {
	defer func() {
		if x := recover(); x != nil {
			data = nil
			diags = []diag.Diagnostic{{Rule: "internal", Level: diag.Error, At: diag.Pos{File: path},
				Msg:  fmt.Sprintf("making this output failed inside playbook: %v", x),
				Hint: "this is a bug of playbook; please report it with the page that causes it\n" + string(debug.Stack())}}
		}
	}()
	return mk(r)
}

// changed returns the first read of the trace whose answer is another now.
func (e *engine) changed(trace []Read) *Change {
	for i := range trace {
		rd := &trace[i]
		if int(rd.Q) < len(e.moved) && !e.moved[rd.Q] {
			continue // the very answer that was there before
		}
		if d := e.digest(rd.Q); d != rd.A {
			return &Change{Question: e.table.question(rd.Q), Old: rd.A, New: d}
		}
	}
	return nil
}

// digest returns the digest of this Book's answer to a question.
func (e *engine) digest(q QID) source.Digest {
	if q&shared != 0 && e.faults.Answer == nil {
		return e.fragment(q).art.Digest
	}
	if int(q) >= len(e.known) {
		_, d := e.ask(q, e.table.question(q))
		return d
	}
	k := &e.known[q]
	if !k.done.Load() {
		_, d := e.ask(q, e.table.question(q))
		k.once.Do(func() {
			k.digest = d
			k.done.Store(true)
		})
	}
	return k.digest
}

// ask returns the answer to a question, and its digest; id is what the question
// is interned as.
func (e *engine) ask(id QID, q book.Question) (any, source.Digest) {
	v, d := e.answer(id, q)
	if e.faults.Answer != nil {
		return e.faults.Answer(q, v, d)
	}
	return v, d
}

func (e *engine) answer(id QID, q book.Question) (any, source.Digest) {
	if id&shared != 0 {
		c := e.fragment(id)
		return c.data, c.art.Digest
	}
	a := e.in.Book.Answer(q)
	return a.Value, a.Digest()
}

func (e *engine) fragment(id QID) *cell {
	var k *piece
	if n := int(id &^ shared); n < len(e.pieces) {
		k = &e.pieces[n]
	} else {
		v, ok := e.more.Load(id)
		if !ok {
			v, _ = e.more.LoadOrStore(id, new(piece))
		}
		k = v.(*piece)
	}
	k.once.Do(func() {
		if old := e.prev.fragment(id); old != nil && e.changed(old.art.Trace) == nil {
			k.cell = old
			return
		}
		name := e.table.question(id).Arg
		mk, ok := e.in.Fragments(name)
		if !ok {
			k.cell = &cell{art: &Artifact{Path: name}}
			return
		}
		r := e.reader(true)
		defer e.readers.Put(r)
		data, diags := run(name, mk, r)
		data = append(make([]byte, 0, len(data)), data...) // out of the Reader's buffer
		e.fragMade.Add(1)
		k.cell = &cell{data: data, art: &Artifact{Path: name, Digest: source.Sum(data), Size: len(data), Trace: r.end(), Diags: diags}}
	})
	return k.cell
}

// Reader is the one road from an output to the Book. It belongs to one
// goroutine and is good only during the Make it was given to.
type Reader struct {
	e        *engine
	trace    []Read
	seen     [2][]uint32     // by QID, of questions and of fragments: the Make that asked it last
	now      uint32          // which Make this is
	own      []book.Question // asked by the outputs of a page about that page
	fragment bool
	buffers  []*bytes.Buffer
	lent     int // of buffers
}

func (e *engine) reader(fragment bool) *Reader {
	r, _ := e.readers.Get().(*Reader)
	if r == nil {
		r = &Reader{e: e}
	}
	r.begin(fragment)
	return r
}

func (r *Reader) begin(fragment bool) {
	r.trace = r.trace[:0]
	if r.now++; r.now == 0 {
		clear(r.seen[0])
		clear(r.seen[1])
		r.now = 1
	}
	r.fragment = fragment
	r.lent = 0
}

// Buffer returns an empty buffer that is good during the Make the Reader was given
// to, and until what that returns has been put away. A page has tens of kilobytes,
// which need not be found anew for each.
func (r *Reader) Buffer() *bytes.Buffer {
	const most = 1 << 20 // what is larger is rare, and not held
	if r.lent == len(r.buffers) {
		r.buffers = append(r.buffers, nil)
	}
	b := r.buffers[r.lent]
	if b == nil || b.Cap() > most {
		b = new(bytes.Buffer)
		r.buffers[r.lent] = b
	}
	r.lent++
	b.Reset()
	return b
}

func (r *Reader) end() []Read { return append([]Read(nil), r.trace...) }

// first tells whether a question is asked for the first time in this Make.
func (r *Reader) first(id QID) bool {
	seen, n := &r.seen[0], int(id&^shared)
	if id&shared != 0 {
		seen = &r.seen[1]
	}
	if n >= len(*seen) {
		*seen = append(*seen, make([]uint32, n+1+n/2-len(*seen))...)
	}
	if (*seen)[n] == r.now {
		return false
	}
	(*seen)[n] = r.now
	return true
}

// Ask answers q and records that it was asked. T must be the type that the
// question's documentation names.
func Ask[T any](r *Reader, q book.Question) T {
	id := r.e.table.intern(q)
	v, d := r.e.ask(id, q)
	if r.first(id) && !r.e.faults.forgets(q) {
		r.trace = append(r.trace, Read{id, d})
		if q.Op.Own() && !r.fragment {
			r.own = append(r.own, q)
		}
	}
	t, _ := v.(T)
	return t
}

// Fragment returns the bytes of a shared fragment. A fragment must not ask for
// another; doing so panics, which the engine reports.
func (r *Reader) Fragment(name string) []byte {
	if r.fragment {
		panic("a fragment asked for the fragment " + name)
	}
	return Ask[[]byte](r, book.Question{Op: book.OpFragment, Arg: name})
}
