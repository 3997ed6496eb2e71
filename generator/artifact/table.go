package artifact

import (
	"hash/maphash"
	"slices"
	"sync"

	"playbook/generator/book"
)

// table interns questions to dense numbers: a trace then costs 20 bytes a read,
// and verifying it an index instead of a hash. It only grows, which is right
// for one process: what is no longer asked costs a few bytes.
//
// The lock is split by the question's hash, since every read of every page
// passes here.
type table struct {
	seed   maphash.Seed
	shards [64]struct {
		sync.Mutex
		ids map[book.Question]QID
	}
	mu   sync.RWMutex
	list []book.Question
}

func newTable() *table {
	t := &table{seed: maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].ids = map[book.Question]QID{}
	}
	return t
}

func (t *table) size() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.list)
}

func (t *table) question(q QID) book.Question {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.list[q]
}

func (t *table) intern(q book.Question) QID {
	s := &t.shards[(maphash.String(t.seed, q.Arg)+uint64(q.Op))%uint64(len(t.shards))]
	s.Lock()
	defer s.Unlock()
	id, ok := s.ids[q]
	if !ok {
		t.mu.Lock()
		id = QID(len(t.list))
		t.list = append(t.list, q)
		t.mu.Unlock()
		s.ids[q] = id
	}
	return id
}

func (s *State) fragmentNames() []string {
	names := make([]string, 0, len(s.fragments))
	for n := range s.fragments {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
