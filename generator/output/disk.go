package output

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"playbook/generator/source"
)

// disk is a folder with a seam: every method that changes the disk is one call
// that a test can make fail, as are the parts of writing a file.
type disk struct {
	root  *os.Root
	fault func(op, name string) error
}

func (d disk) step(op, name string) error {
	if d.fault == nil {
		return nil
	}
	return d.fault(op, name)
}

func (d disk) mkdir(name string) error {
	if err := d.step("mkdir", name); err != nil {
		return err
	}
	return d.root.Mkdir(name, 0o755)
}

func (d disk) rename(from, to string) error {
	if err := d.step("rename", to); err != nil {
		return err
	}
	return d.root.Rename(from, to)
}

func (d disk) remove(name string) error {
	if err := d.step("remove", name); err != nil {
		return err
	}
	return d.root.Remove(name)
}

// removeAll is for what is litter whole or in part.
func (d disk) removeAll(name string) error {
	if err := d.step("removeAll", name); err != nil {
		return err
	}
	return d.root.RemoveAll(name)
}

func (d disk) chmod(name string, mode fs.FileMode) error {
	if err := d.step("chmod", name); err != nil {
		return err
	}
	return d.root.Chmod(name, mode)
}

func (d disk) chtimes(name string, t time.Time) error {
	if err := d.step("chtimes", name); err != nil {
		return err
	}
	return d.root.Chtimes(name, t, t)
}

func (d disk) exchange(a, b string) error {
	if err := d.step("exchange", b); err != nil {
		return err
	}
	return exchange(d.root, a, b)
}

// write makes the file name, which is not there, with data.
func (d disk) write(name string, data []byte) error {
	return d.fill(name, func(f *os.File) error { return d.put(f, name, data) })
}

// writeSync is write, and waits until the disk has it.
func (d disk) writeSync(name string, data []byte) error {
	return d.fill(name, func(f *os.File) error {
		err := d.put(f, name, data)
		if err == nil {
			err = d.step("sync", name)
		}
		if err == nil {
			err = f.Sync()
		}
		return err
	})
}

func (d disk) put(f *os.File, name string, data []byte) error {
	if err := d.step("write", name); err != nil {
		f.Write(data[:len(data)/2]) // as a full disk does
		return err
	}
	_, err := f.Write(data)
	return err
}

func (d disk) fill(name string, fill func(*os.File) error) error {
	if err := d.step("create", name); err != nil {
		return err
	}
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = fill(f)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// copy makes the file name with what r gives and returns what that was.
func (d disk) copy(name string, r io.Reader) (sum source.Digest, size int64, err error) {
	err = d.fill(name, func(w *os.File) error {
		if err := d.step("write", name); err != nil {
			io.CopyN(w, r, 100)
			return err
		}
		h := source.NewSum()
		size, err = io.CopyBuffer(struct{ io.Writer }{w}, io.TeeReader(r, h), make([]byte, 64<<10))
		sum = source.SumOf(h)
		return err
	})
	return sum, size, err
}

// list reads a folder.
func (d disk) list(name string) ([]fs.DirEntry, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// treeRoots bounds the folders a tree keeps open.
const treeRoots = 64

// tree is a folder into which files are written at their paths, from many
// goroutines at once. Folders on the way are made as they are needed; those at
// the top are kept open, so that a file costs few look-ups however deep it lies.
type tree struct {
	disk
	mu   sync.Mutex
	tops map[string]disk
	made sync.Map // the folders that are there, by path
}

// at returns the folder to write path in, which is there, and the rest of path.
func (t *tree) at(path string) (disk, string, error) {
	dir := parent(path)
	if dir == "" {
		return t.disk, path, nil
	}
	first, _, _ := strings.Cut(dir, "/")
	top, ok, err := t.top(first)
	if err != nil {
		return disk{}, "", err
	}
	from := 0
	if ok {
		from = len(first) + 1
	}
	return top, path[from:], t.folder(top, from, dir)
}

func (t *tree) top(name string) (d disk, ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d, ok = t.tops[name]; ok {
		return d, true, nil
	}
	if len(t.tops) >= treeRoots {
		return t.disk, false, nil
	}
	if err := t.mkdir(name); err != nil {
		return d, false, err
	}
	root, err := t.root.OpenRoot(name)
	if err != nil {
		return d, false, err
	}
	d = disk{root, t.fault}
	t.tops[name] = d
	t.made.Store(name, true)
	return d, true, nil
}

// folder makes dir, of which the first from bytes lead to d.
func (t *tree) folder(d disk, from int, dir string) error {
	if len(dir) <= from {
		return nil
	}
	if _, ok := t.made.Load(dir); ok {
		return nil
	}
	if err := t.folder(d, from, parent(dir)); err != nil {
		return err
	}
	if err := d.mkdir(dir[from:]); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	t.made.Store(dir, true)
	return nil
}

func (t *tree) close() {
	for _, d := range t.tops {
		d.root.Close()
	}
	t.root.Close()
}

// each calls f for 0 to n-1 from a few goroutines until one fails.
func each(ctx context.Context, n int, f func(i int) error) error {
	var (
		next atomic.Int64
		wg   sync.WaitGroup
		once sync.Once
		fail error
	)
	for range max(1, min(runtime.GOMAXPROCS(0), 16, n)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				err := ctx.Err()
				if err == nil {
					err = f(i)
				}
				if err != nil {
					once.Do(func() { fail = err })
					next.Store(int64(n))
				}
			}
		})
	}
	wg.Wait()
	return fail
}

// sameBytes reports whether the regular file at name has the digest d.
func (d disk) sameBytes(name string, want Entry) bool {
	f, err := d.root.OpenFile(name, os.O_RDONLY|openNofollow, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	h := source.NewSum()
	n, err := io.Copy(h, io.LimitReader(f, want.Size+1))
	return err == nil && n == want.Size && source.SumOf(h) == want.Digest
}
