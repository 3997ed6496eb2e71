package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// Store is a folder in which the program keeps what it could work out again.
// Its files are written whole or not at all: a reader sees the old bytes or the
// new ones, whoever else reads and writes at the same time. Nothing outside the
// folder is ever touched, whatever links lie in it.
type Store struct{ root *os.Root }

// OpenStore opens the folder at path within the folder dir, and makes it if
// that is asked for and it is not there. One that is not there and not to be
// made gives nil without an error; a nil Store holds nothing and takes nothing.
func OpenStore(dir, path string, make bool) (*Store, error) {
	top, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errPlain(err)
	}
	defer top.Close()
	root, err := top.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		if !make {
			return nil, nil
		}
		if err := top.MkdirAll(path, 0o777); err != nil {
			return nil, errPlain(err)
		}
		root, err = top.OpenRoot(path)
	}
	if err != nil {
		return nil, errPlain(err)
	}
	return &Store{root}, nil
}

// errPlain is an error without the path of this machine.
func errPlain(err error) error { return errors.New(plain(err)) }

// Close lets go of the folder.
func (s *Store) Close() {
	if s != nil {
		s.root.Close()
	}
}

// Read returns what a file holds; ErrTooLarge if that is more than most bytes,
// and an error for which IsNotExist holds if there is none.
func (s *Store) Read(name string, most int64) (string, error) {
	if s == nil {
		return "", fs.ErrNotExist
	}
	f, err := openRegular(s.root, name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", errPlain(err)
	}
	if info.Size() > most {
		return "", fmt.Errorf("%w: more than %d bytes", ErrTooLarge, most)
	}
	b := make([]byte, info.Size())
	n, err := io.ReadFull(f, b)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", errPlain(err)
	}
	return unsafe.String(unsafe.SliceData(b), n), nil // so that what is cut from it costs nothing; nobody writes to b any more
}

// part ends the names of files that are being written.
const part = ".part"

// stale is how much older than the newest a half-written file must be for its
// writer to be dead.
const stale = time.Hour

// Write makes the given bytes, one after the other, the file of that name.
func (s *Store) Write(name string, data ...[]byte) error {
	return s.WriteFrom(name, func(w io.Writer) (err error) {
		for _, b := range data {
			if err == nil {
				_, err = w.Write(b)
			}
		}
		return err
	})
}

// WriteFrom makes what write writes the file of that name.
func (s *Store) WriteFrom(name string, write func(w io.Writer) error) error {
	if s == nil {
		return nil
	}
	for n := 0; ; n++ {
		tmp := fmt.Sprintf("%s.%d%s", name, n, part)
		f, err := s.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) && n < 64 {
			continue // somebody else is writing it too, or died over it
		}
		if err != nil {
			return errPlain(err)
		}
		err = write(f)
		if n > 0 {
			s.sweep(f, name)
		}
		if err = errors.Join(err, f.Close()); err == nil {
			err = s.root.Rename(tmp, name)
		}
		if err != nil {
			s.root.Remove(tmp)
			return errPlain(err)
		}
		return nil
	}
}

// sweep removes what those who died left of a file, as told by the time of one
// just written.
func (s *Store) sweep(f *os.File, name string) {
	now, err := f.Stat()
	if err != nil {
		return
	}
	for _, other := range s.names() {
		if strings.HasPrefix(other, name+".") && strings.HasSuffix(other, part) {
			if info, err := s.root.Lstat(other); err == nil && now.ModTime().Sub(info.ModTime()) > stale {
				s.root.Remove(other)
			}
		}
	}
}

// Names returns the names of the files, sorted.
func (s *Store) Names() []string {
	return slices.DeleteFunc(s.names(), func(n string) bool { return strings.HasSuffix(n, part) })
}

func (s *Store) names() []string {
	if s == nil {
		return nil
	}
	f, err := s.root.Open(".")
	if err != nil {
		return nil
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil
	}
	slices.Sort(names)
	return names
}

// Remove removes a file, if it is there.
func (s *Store) Remove(name string) {
	if s != nil {
		s.root.Remove(name)
	}
}
