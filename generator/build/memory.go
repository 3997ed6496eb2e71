package build

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"playbook/generator/output"
	"playbook/generator/source"
)

// Memory is a Sink that keeps a site's outputs in memory, for serve and for
// tests. It is filled by one run and then only read.
//
// It lies over the Memory before, since most of a site stays as it is: what a
// run leaves is marked where it lies, and only what it puts is entered anew.
type Memory struct {
	mu   sync.Mutex
	prev *Memory                // the one before, while this one is filled
	rest bool                   // all of prev is kept but what is put
	base map[string]*MemoryFile // of Memories before; shared, never written
	over map[string]*MemoryFile // instead of what base has
	old  map[string]*MemoryFile // over of the Memory before, while this one is filled
	kept atomic.Int64           // files marked
	runs *atomic.Uint64         // of all Memories that share files
	run  uint64                 // marks what this run keeps
	size int                    // files, once it is filled

	changed []string
}

// MemoryFile is one output. Files that a run did not change are shared by the
// Memory before and after it.
type MemoryFile struct {
	Digest source.Digest
	Data   []byte
	run    atomic.Uint64
}

// NewMemory returns an empty Memory that takes over from prev, which may be
// nil, what a run leaves as it is. One Memory can be taken over by one other at
// a time.
func NewMemory(prev *Memory) *Memory {
	if prev == nil {
		prev = &Memory{runs: new(atomic.Uint64)}
	}
	return &Memory{prev: prev, base: prev.base, old: prev.over, over: map[string]*MemoryFile{}, runs: prev.runs, run: prev.runs.Add(1), size: prev.size}
}

// File returns the output at a path, nil if there is none.
func (m *Memory) File(path string) *MemoryFile {
	if f, ok := m.over[path]; ok {
		return f
	}
	return m.base[path]
}

// All calls f for every output, in no order.
func (m *Memory) All(f func(path string, file *MemoryFile)) {
	for p, file := range m.base {
		if _, ok := m.over[p]; !ok {
			f(p, file)
		}
	}
	for p, file := range m.over {
		f(p, file)
	}
}

// Changed returns, sorted, the paths whose bytes are others than in the Memory
// before, those that are gone among them.
func (m *Memory) Changed() []string { return m.changed }

// Files returns the bytes of all outputs by path.
func (m *Memory) Files() map[string][]byte {
	out := make(map[string][]byte, m.size)
	m.All(func(p string, f *MemoryFile) { out[p] = f.Data })
	return out
}

// before returns what the Memory before has at a path.
func (m *Memory) before(path string) *MemoryFile {
	if f, ok := m.old[path]; ok {
		return f
	}
	return m.base[path]
}

// Has takes an output over from the Memory before, if it is the same.
func (m *Memory) Has(path string, d source.Digest) bool {
	f := m.before(path)
	if f == nil || f.Digest != d {
		return false
	}
	if f.run.Swap(m.run) != m.run {
		m.kept.Add(1)
	}
	return true
}

// KeepRest takes over all that over holds but what will be put, if that is the
// Memory before.
func (m *Memory) KeepRest(over Sink) bool {
	m.rest = over == Sink(m.prev)
	return m.rest
}

// Put takes an output.
func (m *Memory) Put(path string, d source.Digest, data []byte) error {
	if m.Has(path, d) {
		return nil
	}
	f := &MemoryFile{Digest: d, Data: slices.Clone(data)}
	m.mu.Lock()
	m.over[path] = f
	m.mu.Unlock()
	return nil
}

// maxFile bounds a file beside a page that is kept; a larger one is left to the
// written site.
const maxFile = 64 << 20

// Copy takes a file beside a page.
func (m *Memory) Copy(path string, d source.Digest, r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return err
	}
	if len(data) > maxFile {
		data = fmt.Appendf(nil, "%s is larger than %d MiB and is not kept in memory\n", path, maxFile>>20)
	}
	return m.Put(path, d, data)
}

// Commit ends the filling and counts what differs from the Memory before.
func (m *Memory) Commit() (output.Result, error) {
	r := output.Result{Written: len(m.over)}
	replaced := 0
	for p, f := range m.over {
		r.Bytes += int64(len(f.Data))
		m.changed = append(m.changed, p)
		if m.before(p) != nil {
			replaced++
		}
	}
	kept := int(m.kept.Load())
	if m.rest {
		kept = m.size - replaced
	}
	r.Unchanged, r.Removed = kept, m.size-replaced-kept
	m.size = kept + len(m.over)
	put := m.over
	if r.Removed == 0 && len(m.old)+len(put) <= len(m.base)/8 {
		m.over = make(map[string]*MemoryFile, len(m.old)+len(put))
		maps.Copy(m.over, m.old)
		maps.Copy(m.over, put)
	} else { // lay all that is kept into one
		base := make(map[string]*MemoryFile, m.size)
		for _, from := range []map[string]*MemoryFile{m.base, m.old} {
			for p, f := range from {
				switch {
				case m.before(p) != f:
				case put[p] == nil && (m.rest || f.run.Load() == m.run):
					base[p] = f
				case put[p] == nil:
					m.changed = append(m.changed, p)
				}
			}
		}
		maps.Copy(base, put)
		m.base, m.over = base, nil
	}
	m.old, m.prev = nil, nil
	slices.Sort(m.changed)
	return r, nil
}

// Abort does nothing: a Memory that nobody reads is gone.
func (m *Memory) Abort() {}
