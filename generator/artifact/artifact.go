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
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"playbook/generator/book"
	"playbook/generator/diag"
	"playbook/generator/source"
)

// Make gives an artifact's bytes. It may learn about the site only through r
// and must be deterministic in the answers it gets.
type Make func(r *Reader) ([]byte, []diag.Diagnostic)

// Target is an output to be made. Path is where it goes, below the output
// folder, with forward slashes.
type Target struct {
	Path string
	Make Make
}

// Read is one line of a trace: a question (interned, see State) and the digest
// of the answer it got.
type Read struct {
	Q QID
	A source.Digest
}

// QID is a question interned in a State.
type QID uint32

// Artifact is what is remembered of an output between builds: all but its bytes.
type Artifact struct {
	Path   string
	Digest source.Digest
	Size   int
	Trace  []Read
	Diags  []diag.Diagnostic
}

// State is what one build leaves for the next: the traces, and the questions
// they speak of. The zero State is an empty one.
type State struct {
	artifacts map[string]*Artifact
	fragments map[string]*Artifact
	bodies    map[string][]byte // of fragments
	table     *table
}

// Artifact returns what is remembered of an output path, nil if nothing.
func (s *State) Artifact(path string) *Artifact {
	if s == nil {
		return nil
	}
	return s.artifacts[path]
}

// Sink takes artifacts as they are made, from many goroutines at once. Has
// tells whether the sink already holds these bytes under this path; only then
// can an artifact be left as it is.
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
	Workers   int                               // 0: GOMAXPROCS
	Why       func(path string, reason *Change) // optional: told why an artifact is made; called from many goroutines
}

// Change is the first answer that differed from an artifact's trace. A nil
// Change, where one is asked for, means the artifact was not known before.
type Change struct {
	Question book.Question
	Old, New source.Digest
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
	for _, name := range r.State.fragmentNames() {
		out = append(out, r.State.fragments[name].Diags...)
	}
	return out
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
	e.now = make([]atomic.Pointer[source.Digest], e.table.size())
	workers := in.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	out := make([]*Artifact, len(in.Targets))
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range min(workers, max(1, len(in.Targets))) {
		wg.Go(func() {
			r := &Reader{e: e, seen: map[QID]struct{}{}}
			for {
				i := int(next.Add(1)) - 1
				if i >= len(in.Targets) || failed.Load() != nil {
					return
				}
				if err := ctx.Err(); err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				a, err := e.artifact(r, in.Targets[i])
				if err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				out[i] = a
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	res := &Result{Artifacts: out, Made: int(e.made.Load()), Reused: int(e.reused.Load()), Fragments: int(e.fragMade.Load())}
	st := &State{artifacts: make(map[string]*Artifact, len(out)), fragments: map[string]*Artifact{}, bodies: map[string][]byte{}, table: e.table}
	for _, a := range out {
		st.artifacts[a.Path] = a
	}
	e.cells.Range(func(k, v any) bool {
		c := v.(*cell)
		st.fragments[k.(string)] = c.art
		st.bodies[k.(string)] = c.data
		return true
	})
	res.State = st
	return res, nil
}

// engine is one run of MakeAll.
type engine struct {
	in       Input
	prev     *State
	table    *table
	now      []atomic.Pointer[source.Digest] // answers of this Book to the questions known before, by QID
	cells    sync.Map                        // fragment name -> *cell
	made     atomic.Int64
	reused   atomic.Int64
	fragMade atomic.Int64
}

type cell struct {
	once sync.Once
	art  *Artifact
	data []byte
}

func (e *engine) artifact(r *Reader, t Target) (*Artifact, error) {
	var why *Change
	if p := e.prev.Artifact(t.Path); p != nil {
		if why = e.changed(p.Trace); why == nil && e.in.Sink.Has(p.Path, p.Digest) {
			e.reused.Add(1)
			return p, nil
		}
	}
	if e.in.Why != nil {
		e.in.Why(t.Path, why)
	}
	r.begin(false)
	data, diags := run(t.Path, t.Make, r)
	e.made.Add(1)
	a := &Artifact{Path: t.Path, Digest: source.Sum(data), Size: len(data), Trace: r.end(), Diags: diags}
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
	for _, rd := range trace {
		if d := e.digest(rd.Q); d != rd.A {
			return &Change{Question: e.table.question(rd.Q), Old: rd.A, New: d}
		}
	}
	return nil
}

func (e *engine) digest(q QID) source.Digest {
	if int(q) < len(e.now) {
		if d := e.now[q].Load(); d != nil {
			return *d
		}
	}
	_, d := e.ask(e.table.question(q))
	if int(q) < len(e.now) {
		e.now[q].Store(&d)
	}
	return d
}

func (e *engine) ask(q book.Question) (any, source.Digest) {
	if q.Op == book.OpFragment {
		c := e.fragment(q.Arg)
		return c.data, c.art.Digest
	}
	a := e.in.Book.Answer(q)
	return a.Value, a.Digest()
}

func (e *engine) fragment(name string) *cell {
	v, ok := e.cells.Load(name)
	if !ok {
		v, _ = e.cells.LoadOrStore(name, &cell{})
	}
	c := v.(*cell)
	c.once.Do(func() {
		if e.prev != nil {
			if p := e.prev.fragments[name]; p != nil && e.changed(p.Trace) == nil {
				c.art, c.data = p, e.prev.bodies[name]
				return
			}
		}
		mk, ok := e.in.Fragments(name)
		if !ok {
			c.art = &Artifact{Path: name}
			return
		}
		r := &Reader{e: e, seen: map[QID]struct{}{}}
		r.begin(true)
		data, diags := run(name, mk, r)
		e.fragMade.Add(1)
		c.data = data
		c.art = &Artifact{Path: name, Digest: source.Sum(data), Size: len(data), Trace: r.end(), Diags: diags}
	})
	return c
}

// Reader is the one road from an output to the Book. It belongs to one
// goroutine and is good only during the Make it was given to.
type Reader struct {
	e        *engine
	trace    []Read
	seen     map[QID]struct{}
	fragment bool
}

func (r *Reader) begin(fragment bool) {
	r.trace = r.trace[:0]
	clear(r.seen)
	r.fragment = fragment
}

func (r *Reader) end() []Read { return append([]Read(nil), r.trace...) }

// Ask answers q and records that it was asked. T must be the type that the
// question's documentation names.
func Ask[T any](r *Reader, q book.Question) T {
	v, d := r.e.ask(q)
	id := r.e.table.intern(q)
	if _, again := r.seen[id]; !again {
		r.seen[id] = struct{}{}
		r.trace = append(r.trace, Read{id, d})
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
