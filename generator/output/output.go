// Package output puts a made site in place: all of it or none.
//
// Begin opens the destination folder; the Tx it gives takes every file the site
// consists of, one at a time so that a site need not fit into memory, and its
// Commit changes on the disk what differs. (The function Commit does all that
// with a list of files.) What was put in place is listed in a manifest inside
// the destination; only files named there are ever changed or removed. A
// destination that holds other files and no manifest is refused, and so is an
// output for which another program's file is in the way.
//
// A destination that does not exist is built in a folder beside it, which is
// then renamed. In one that exists, the differing files are staged in a folder
// inside it; once all are there a journal is written, and from then on the
// commit is certain: the files are renamed into place, what is no longer wanted
// is removed, the manifest is replaced, the journal goes. A build that dies
// before the journal leaves the old site and some litter, which the next run
// clears; one that dies after it is completed by the next run, or by Recover.
// Nothing is synced to the disk but the journal: after a power failure the next
// run finds by their size the files that were lost, and writes them again.
//
// A file is not written if the manifest says it has the wanted digest and one
// stat shows the size the manifest gives and a modification time before the
// manifest's own. A file touched since then is read and compared. So an output
// that was deleted, cut or edited is put right by the next build; the limit is
// an edit that keeps the size and sets the modification time back, which only
// Options.Verify finds. When nothing differs, nothing is written at all.
//
// Every write goes through an os.Root and no link inside the destination is
// ever followed. Names that leave the destination, that some system cannot
// store, or that differ only by case or Unicode form are refused. One build at
// a time may commit to a destination; a second one gets ErrLocked.
package output

import (
	"context"
	"errors"
	"fmt"
	"io"

	"playbook/generator/source"
)

// The names in a destination that are ours. No output may begin with ours.
const (
	ours         = ".playbook-"
	manifestName = ".playbook-manifest"
	stageName    = ".playbook-stage"
)

// The errors that a caller may want to tell apart.
var (
	// ErrForeign is wrapped when files of another program are in the way:
	// the destination is not empty and has no manifest of ours, or an
	// output would replace a file that the manifest does not name.
	ErrForeign = errors.New("not made by playbook")
	// ErrLocked is wrapped when another build is committing to the same
	// destination.
	ErrLocked = errors.New("another build is writing to it")
	// ErrName is wrapped when an output's path is refused.
	ErrName = errors.New("refused output path")
)

// File is one file of the site. Its bytes are Data, or, if Data is nil and Open
// is not, what Open's reader gives.
type File struct {
	Path   string // from the root of the site, forward slashes
	Digest source.Digest
	Size   int64 // a hint, where Open is used
	Data   []byte
	Open   func() (io.ReadCloser, error)
}

// Options say how to commit. The zero value is the usual way.
type Options struct {
	// Clean writes every file, whatever the manifest says. Where the system
	// can exchange two folders and the destination holds nothing but the
	// old site, the new one takes its place in one step.
	Clean bool
	// Verify reads every file that would be left alone and compares its
	// digest.
	Verify bool

	// fault, if set, is called before every call that changes the disk; an
	// error takes the call's place.
	fault func(op, name string) error
}

// Result says what a commit did. Unchanged files were not written.
type Result struct {
	Written, Removed, Unchanged int
	Bytes                       int64 // of the files written
}

// Commit makes the folder dest hold exactly files, which are sorted by Path,
// beside what other programs keep there. It is Begin, Put and Copy for those who
// have all files at hand.
func Commit(ctx context.Context, dest string, files []File, o Options) (Result, error) {
	if err := check(files); err != nil {
		return Result{}, err
	}
	tx, err := Begin(ctx, dest, o)
	if err != nil {
		return Result{}, err
	}
	defer tx.Abort()
	// A worker takes a stretch of neighbours, which mostly share a folder.
	const stretch = 32
	err = each(ctx, (len(files)+stretch-1)/stretch, func(n int) error {
		for i := n * stretch; i < min(len(files), (n+1)*stretch); i++ {
			f := &files[i]
			if f.Data != nil || f.Open == nil {
				if err := tx.Put(f.Path, f.Digest, f.Data); err != nil {
					return err
				}
				continue
			}
			if tx.Has(f.Path, f.Digest) {
				continue
			}
			r, err := f.Open()
			if err != nil {
				return err
			}
			err = tx.Copy(f.Path, f.Digest, r)
			r.Close()
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	return tx.Commit()
}

// Recover completes or clears away what a build that died left in dest. Commit
// does so itself; Recover is for those who want the site without a new build.
func Recover(dest string) error {
	s, err := open(dest, Options{}, false)
	if err != nil {
		return err
	}
	defer s.close()
	if err = s.clearAside(); err == nil && s.exists {
		_, err = s.recover()
	}
	if err != nil {
		return fmt.Errorf("destination %s: %w", dest, plain(err))
	}
	return nil
}
