package artifact

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"playbook/generator/book"
	"playbook/generator/diag"
)

// table interns questions to dense numbers: a trace then costs 20 bytes a read,
// and verifying it an index instead of a hash. It only grows, which is right
// for one process: what is no longer asked costs a few bytes.
//
// The lock is split by the question's hash, since every read of every page
// passes here.
type table struct {
	seed   maphash.Seed
	shards [64]shard
	mu     sync.RWMutex
	list   []book.Question
	names  []string // of fragments
}

type shard struct {
	sync.Mutex
	ids map[book.Question]QID
}

func (t *table) shard(q book.Question) *shard {
	return &t.shards[(maphash.String(t.seed, q.Arg)+uint64(q.Op))%uint64(len(t.shards))]
}

func newTable() *table {
	t := &table{seed: maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].ids = map[book.Question]QID{}
	}
	return t
}

// sizes returns how many questions are known, and how many fragments.
func (t *table) sizes() (asked, fragments int) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.list), len(t.names)
}

func (t *table) question(q QID) book.Question {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if q&shared != 0 {
		return book.Question{Op: book.OpFragment, Arg: t.names[q&^shared]}
	}
	return t.list[q]
}

func (t *table) intern(q book.Question) QID {
	s := t.shard(q)
	s.Lock()
	defer s.Unlock()
	id, ok := s.ids[q]
	if !ok {
		t.mu.Lock()
		if q.Op == book.OpFragment {
			id = QID(len(t.names)) | shared
			t.names = append(t.names, q.Arg)
		} else {
			id = QID(len(t.list))
			t.list = append(t.list, q)
		}
		t.mu.Unlock()
		s.ids[q] = id
	}
	return id
}

// lookup returns the number of a question, if it has one.
func (t *table) lookup(q book.Question) (QID, bool) {
	s := t.shard(q)
	s.Lock()
	defer s.Unlock()
	id, ok := s.ids[q]
	return id, ok
}

// fragmentDiags returns the diagnostics of the fragments, by name.
func (s *State) fragmentDiags() []diag.Diagnostic {
	var with []*Artifact
	for _, c := range s.cells {
		if c != nil && len(c.art.Diags) > 0 {
			with = append(with, c.art)
		}
	}
	slices.SortFunc(with, func(a, b *Artifact) int { return strings.Compare(a.Path, b.Path) })
	var out []diag.Diagnostic
	for _, a := range with {
		out = append(out, a.Diags...)
	}
	return out
}
