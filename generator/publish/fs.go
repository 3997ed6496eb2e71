package publish

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"sync"
	"sync/atomic"
)

// folder is the place on a host below which everything of a site lies: a folder
// of this machine, or one of another by SSH. Paths have forward slashes and never
// leave it. Errors wrap those of io/fs. All methods may be called from many
// goroutines, but for one path from one at a time.
type folder interface {
	// create writes a new file with the permissions of the target; what is there
	// already is an error that wraps fs.ErrExist.
	create(name string, r io.Reader) error
	open(name string) (io.ReadCloser, error)
	// link makes now another name of the file old; errNoLinks where the host has
	// no hard links.
	link(old, now string) error
	symlink(to, name string) error
	readlink(name string) (string, error)
	// rename puts a file, a folder or a link in the place of another, at once.
	rename(old, now string) error
	mkdir(name string) error
	remove(name string) error // of a file, a link or an empty folder
	// list returns what lies in a folder, in no order.
	list(name string) ([]item, error)
	stat(name string) (item, error) // of a link itself
	// workers is how many calls are worth having under way at once.
	workers() int
	Close() error
}

// item is what a folder knows of one of its names.
type item struct {
	name string
	size int64
	dir  bool
	link bool
}

var errNoLinks = errors.New("the host has no hard links")

// mkdirs makes a folder and those above it.
func mkdirs(f folder, name string) error {
	if name == "." || name == "" {
		return nil
	}
	err := f.mkdir(name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	if it, e := f.stat(name); e == nil && it.dir { // not all hosts say that it exists
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if e := mkdirs(f, path.Dir(name)); e != nil {
		return e
	}
	if err = f.mkdir(name); errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func exists(f folder, name string) (bool, error) {
	_, err := f.stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// readAll reads a file of at most max bytes.
func readAll(f folder, name string, max int64) ([]byte, error) {
	r, err := f.open(name)
	if err != nil {
		return nil, err
	}
	size := int64(0)
	if f, ok := r.(interface{ Stat() (fs.FileInfo, error) }); ok { // one read instead of many
		if info, err := f.Stat(); err == nil {
			size = min(info.Size(), max)
		}
	}
	b := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	_, err = b.ReadFrom(io.LimitReader(r, max+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	data := b.Bytes()
	if int64(len(data)) > max {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("it is too large to be playbook's")}
	}
	return data, nil
}

// each calls do for 0 to n-1 from several goroutines, until one fails or ctx ends.
func each(ctx context.Context, workers, n int, do func(i int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	var next atomic.Int64
	for range min(workers, n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					stop(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
