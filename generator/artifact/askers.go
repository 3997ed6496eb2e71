package artifact

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Verifying every trace costs the site, if little of it. Where the Book can tell
// which answers may differ from those before, the traces are turned round once:
// question -> who asked it. Whoever asked none of these questions has a trace
// that holds, and is not looked at. This decides where to look and nothing else;
// what is looked at is verified like all others.
type askers struct {
	artifacts fan // by question: those that asked it
	pieces    fan // by question: the fragments that asked it
	users     fan // by fragment: the artifacts that asked for it
}

// fan leads from one number to several.
type fan struct {
	start []uint32
	list  []int32
}

// newFan turns round what each calls: pairs of a number below n and one that it
// leads to. each is called twice and must call the same pairs.
func newFan(n int, each func(pair func(from uint32, to int32))) fan {
	f := fan{start: make([]uint32, n+2)}
	each(func(from uint32, _ int32) { f.start[from+2]++ })
	for i := 2; i < len(f.start); i++ {
		f.start[i] += f.start[i-1]
	}
	f.list = make([]int32, f.start[n+1])
	each(func(from uint32, to int32) {
		f.list[f.start[from+1]] = to
		f.start[from+1]++
	})
	return f
}

func (f *fan) of(from uint32) []int32 {
	if int(from)+1 >= len(f.start) {
		return nil // asked for the first time since
	}
	return f.list[f.start[from]:f.start[from+1]]
}

func newAskers(s *State) *askers {
	asked, pieces := s.table.sizes()
	reads := func(fragments bool) func(pair func(uint32, int32)) {
		return func(pair func(uint32, int32)) {
			for i, a := range s.list {
				for _, rd := range a.Trace {
					if rd.Q&shared != 0 == fragments {
						pair(uint32(rd.Q&^shared), int32(i))
					}
				}
			}
		}
	}
	return &askers{artifacts: newFan(asked, reads(false)), users: newFan(pieces, reads(true)),
		pieces: newFan(asked, func(pair func(uint32, int32)) {
			for i, c := range s.cells {
				if c != nil {
					for _, rd := range c.art.Trace {
						pair(uint32(rd.Q), int32(i))
					}
				}
			}
		})}
}

// Beyond these counts it is as well to look everywhere.
const (
	maxMoved = 4096 // answers that differ
	maxLate  = 1024 // traces that are younger than the askers
)

// narrow returns the targets that must be looked at, in order; ok is false if
// that are all of them.
func (e *engine) narrow() (todo []int32, ok bool) {
	p := e.prev
	if !e.in.Kept || e.moved == nil || !e.sameTargets() {
		return nil, false
	}
	var moved []uint32
	for id, m := range e.moved {
		if m {
			if moved = append(moved, uint32(id)); len(moved) > maxMoved {
				return nil, false
			}
		}
	}
	e.askers, e.late, e.latePieces = p.askers, slices.Clone(p.late), slices.Clone(p.latePieces)
	if e.askers == nil || len(e.late)+len(e.latePieces) > maxLate {
		e.askers, e.late, e.latePieces = newAskers(p), nil, nil
	}
	todo = slices.Clone(e.late)
	pieces := slices.Clone(e.latePieces)
	for _, q := range moved {
		todo = append(todo, e.askers.artifacts.of(q)...)
		pieces = append(pieces, e.askers.pieces.of(q)...)
	}
	slices.Sort(pieces)
	pieces = slices.Compact(pieces)
	e.narrowed = true
	parallel(e.in.Workers, len(pieces), func(i int) {
		if id := QID(pieces[i]) | shared; p.fragment(id) != nil {
			e.fragment(id)
		}
	})
	for _, n := range pieces {
		if old := p.fragment(QID(n)); old != nil && e.fragment(QID(n)|shared).art.Digest != old.art.Digest {
			todo = append(todo, e.askers.users.of(uint32(n))...)
		}
	}
	slices.Sort(todo)
	return slices.Compact(todo), true
}

// sameTargets tells whether the artifacts before were made for the same list of
// targets.
func (e *engine) sameTargets() bool {
	p := e.prev
	return p != nil && len(e.in.Targets) > 0 && len(p.targets) == len(e.in.Targets) && &p.targets[0] == &e.in.Targets[0]
}

// settle makes the fragments of a narrowed run complete: those that nobody had
// to look at are as they were, and what a fragment found counts while somebody
// asks for it.
func (e *engine) settle(s *State, made []int32) {
	if !e.narrowed {
		return
	}
	for i, c := range e.prev.cells {
		if s.cells[i] == nil {
			s.cells[i] = c
		}
	}
	for i, c := range s.cells {
		switch {
		case c == nil:
		case len(c.art.Diags) > 0 && !s.asks(QID(i)|shared):
			s.cells[i] = nil
		case i >= len(e.prev.cells) || c != e.prev.cells[i]:
			e.latePieces = append(e.latePieces, int32(i))
		}
	}
	s.askers, s.late, s.latePieces = e.askers, compacted(append(e.late, made...)), compacted(e.latePieces)
}

func compacted(s []int32) []int32 {
	slices.Sort(s)
	return slices.Compact(s)
}

func (s *State) asks(q QID) bool {
	return slices.ContainsFunc(s.list, func(a *Artifact) bool {
		return slices.ContainsFunc(a.Trace, func(r Read) bool { return r.Q == q })
	})
}

// parallel calls f for 0..n-1 on several goroutines; f must not panic.
func parallel(workers, n int, f func(i int)) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}
