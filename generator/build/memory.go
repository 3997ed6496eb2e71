package build

import (
	"fmt"
	"io"
	"sync"

	"playbook/generator/output"
	"playbook/generator/source"
)

// Memory is a Sink that keeps a site's outputs in memory, for serve and for
// tests. It is filled by one run and then only read.
type Memory struct {
	prev  *Memory
	mu    sync.Mutex
	files map[string]*MemoryFile
}

// MemoryFile is one output. Files that a run did not change are shared by the
// Memory before and after it.
type MemoryFile struct {
	Digest source.Digest
	Data   []byte
}

// NewMemory returns an empty Memory that takes over from prev, which may be
// nil, what a run leaves as it is.
func NewMemory(prev *Memory) *Memory {
	if prev == nil {
		prev = &Memory{}
	}
	return &Memory{prev: prev, files: map[string]*MemoryFile{}}
}

// File returns the output at a path, nil if there is none.
func (m *Memory) File(path string) *MemoryFile { return m.files[path] }

// Files returns the bytes of all outputs by path.
func (m *Memory) Files() map[string][]byte {
	out := make(map[string][]byte, len(m.files))
	for p, f := range m.files {
		out[p] = f.Data
	}
	return out
}

// Has takes an output over from the Memory before, if it is the same.
func (m *Memory) Has(path string, d source.Digest) bool {
	f := m.prev.files[path]
	if f == nil || f.Digest != d {
		return false
	}
	m.mu.Lock()
	m.files[path] = f
	m.mu.Unlock()
	return true
}

// Put takes an output.
func (m *Memory) Put(path string, d source.Digest, data []byte) error {
	if m.Has(path, d) {
		return nil
	}
	m.mu.Lock()
	m.files[path] = &MemoryFile{d, data}
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
	var r output.Result
	for p, f := range m.files {
		if m.prev.files[p] == f {
			r.Unchanged++
		} else {
			r.Written++
			r.Bytes += int64(len(f.Data))
		}
	}
	for p := range m.prev.files {
		if m.files[p] == nil {
			r.Removed++
		}
	}
	m.prev = nil // nothing holds the ones before
	return r, nil
}

// Abort does nothing: a Memory that nobody reads is gone.
func (m *Memory) Abort() {}
