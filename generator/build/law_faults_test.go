package build_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"playbook/generator/artifact"
	"playbook/generator/book"
	"playbook/generator/source"
)

// unasked are the questions that no layout can ask, each with the reason. A
// question that is not here must be asked by the small theme, and the law must
// fail when it is not recorded or answered as before.
var unasked = map[book.Op]string{}

// fault is an engine that is broken in one way for one kind of question.
type fault struct {
	op    book.Op
	how   string
	start func(full bool) // on a new site
	next  func()          // after a build
	b     *builder
	at    string // where the law failed
}

// forgetting does not record a kind of question.
func forgetting(op book.Op) *fault {
	f := &fault{op: op, how: "not recorded", next: func() {}}
	f.start = func(full bool) {
		f.b = broken(full, artifact.Faults{Forget: func(q book.Question) bool { return q.Op == op }})
	}
	return f
}

// staying answers a kind of question from the Book before.
func staying(op book.Op) *fault {
	f := &fault{op: op, how: "answered as before"}
	f.start = func(full bool) {
		st := &stale{op: op, now: map[book.Question]reply{}}
		f.b, f.next = broken(full, artifact.Faults{Answer: st.answer}), st.next
	}
	return f
}

func broken(full bool, f artifact.Faults) *builder {
	b := newBuilder(full)
	b.ctx = func(ctx context.Context) context.Context { return artifact.WithFaults(ctx, f) }
	return b
}

// stale answers one kind of question from the Book before.
type stale struct {
	op       book.Op
	mu       sync.Mutex
	was, now map[book.Question]reply
}

type reply struct {
	v any
	d source.Digest
}

func (s *stale) answer(q book.Question, v any, d source.Digest) (any, source.Digest) {
	if q.Op != s.op {
		return v, d
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now[q] = reply{v, d}
	if old, ok := s.was[q]; ok {
		return old.v, old.d
	}
	return v, d
}

func (s *stale) next() {
	if len(s.now) > 0 {
		s.was, s.now = s.now, map[book.Question]reply{}
	}
}

// ops returns every kind of question. The name of one beyond the last panics.
func ops() (out []book.Op) {
	defer func() { recover() }()
	for op := book.Op(0); op.String() != ""; op++ {
		out = append(out, op)
	}
	return out
}

// TestLawCanFail proves that TestLaw would notice: it plays the same random
// sequences with engines that forget to record one kind of question, or answer
// it as before, and wants the law to fail with each of them. All engines are
// judged by the one clean tree. A kind of question that is added is broken here
// too, and must be found.
func TestLawCanFail(t *testing.T) {
	t.Parallel()
	const enough = 120
	var asked sync.Map
	watch := &fault{next: func() {}}
	watch.start = func(full bool) {
		watch.b = broken(full, artifact.Faults{Answer: func(q book.Question, v any, d source.Digest) (any, source.Digest) {
			asked.Store(q.Op, true)
			return v, d
		}})
	}
	var faults []*fault
	for _, op := range ops() {
		if unasked[op] == "" {
			faults = append(faults, forgetting(op), staying(op))
		}
	}
	judge := newBuilder(false)
	left, seed := len(faults), 0
	for ; left > 0 && seed < enough; seed++ {
		seq := panels.Example(seed)
		play := []*fault{watch}
		for _, f := range faults {
			if f.at == "" {
				play = append(play, f)
			}
		}
		for _, f := range play {
			f.start(false)
		}
		g, err := newStage(seq)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(g.clear)
		for i, st := range seq.steps {
			if err := g.apply(st); err != nil {
				t.Fatal(err)
			}
			want := judge.build(t.Context(), g, st.set, true)
			for _, f := range play {
				if f.at != "" {
					continue
				}
				d := want.differ(f.b.build(t.Context(), g, st.set, false))
				f.next()
				if d == "" {
					continue
				}
				if f == watch {
					t.Fatalf("an engine that is not broken failed, which TestLaw is for: sequence %d, step %d, %s: %s", seed, i, st.story, d)
				}
				f.at = fmt.Sprintf("sequence %d, step %d, %s: %.200s", seed, i, st.story, d)
				left--
			}
		}
		g.clear()
	}
	t.Logf("%d of %d broken engines found out in %d sequences", len(faults)-left, len(faults), seed)
	for _, f := range faults {
		t.Run(f.op.String()+" "+f.how, func(t *testing.T) {
			if f.at == "" {
				t.Errorf("%d sequences of edits did not find out that this question is %s: let a layout of the small theme ask it and little else, or let edits change its answer", seed, f.how)
			}
			t.Log(f.at)
		})
	}
	for op, why := range unasked {
		if _, ok := asked.Load(op); ok {
			t.Errorf("the question %q is asked now, so it cannot be excused: %s", op, why)
		}
	}
}
