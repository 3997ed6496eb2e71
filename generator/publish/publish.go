// Package publish brings a made site to the host its readers use, and takes it
// back when it was wrong.
//
// A Target says where: a folder (a mounted share, or the web server's own), a
// folder on another machine by SSH, or a bucket. Open gives the Host that stands
// for it. All hosts promise the same:
//
//   - Nothing a reader can see changes before every file has arrived, and nothing
//     is removed before the new release is in service. When the connection is cut,
//     the process is killed, the disk is full or a permission is gone, at whichever
//     call, the old release is whole, and running the command again completes the
//     new one without sending again what has arrived.
//   - Only what a release's manifest names is ever changed or removed. A host that
//     is not marked as holding this site is refused, and an empty one too unless
//     the caller says that it is the first time: a share that is not mounted is an
//     empty folder.
//   - One publisher at a time. The lock says who holds it and since when.
//   - No secret is read from the configuration or shown anywhere.
//
// A refusal (wrong configuration, a host that is not this site's, an unknown host
// key) is a *Refusal; any other error is one of the machine or the network.
package publish

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"playbook/generator/build"
	"playbook/generator/output"
	"playbook/generator/source"
)

// Target is one table of the configuration: [targets.NAME].
type Target = build.Target

// Env is what a host needs to know of the world; no host looks for itself.
type Env struct {
	// LookupEnv reads the environment: HOME, SSH_AUTH_SOCK, AWS_….
	LookupEnv func(name string) (string, bool)
	// Now is the clock; release ids and the lock use it.
	Now func() time.Time
	// Dir is the site's folder, from which relative paths of the configuration
	// are read.
	Dir string
	// Owner says who publishes, in words for people: "kim@laptop".
	Owner string
	// Process is this process's number on the machine Owner names, and Alive
	// tells whether one is still running there. A lock of a dead process is
	// taken over without asking.
	Process int
	Alive   func(process int) bool
	// BreakLock takes the lock from whoever holds it.
	BreakLock bool
	// OnProgress, if set, is told how far the work is. It is called from many
	// goroutines, one at a time.
	OnProgress func(Progress)
}

// Progress is how far a publish is.
type Progress struct {
	Stage       string // "reading", "linking", "sending", "switching", "clearing", "verifying"
	Files, Of   int    // files done, and of how many
	Bytes, Size int64  // bytes done, and of how many
}

// Host is a place that holds releases of a site. Its methods are called one
// after another. Every one of them returns early with ctx's error when ctx ends.
type Host interface {
	// Releases lists what Rollback can bring back, and the one in service,
	// newest first.
	Releases(ctx context.Context, site string) ([]Release, error)
	// Plan says what Publish would do, and changes nothing.
	Plan(ctx context.Context, s Site, o Options) (Change, error)
	// Publish makes s the release in service. After an error readers see the
	// release they saw before, or, if the error came behind the switch, s.
	Publish(ctx context.Context, s Site, o Options) (Result, error)
	// Rollback brings the release called id back into service; "" is the one
	// before the release in service.
	Rollback(ctx context.Context, site, id string) (Release, error)
	// Verify reads every file of the release in service and compares it with
	// the release's manifest.
	Verify(ctx context.Context, site string) (Report, error)
	// Close ends the connection.
	Close() error
}

// Options say how to publish.
type Options struct {
	// First allows a host that holds nothing: it is marked as this site's.
	First bool
}

// Site is a made site: what is to be brought to a host.
type Site struct {
	// Identity tells sites apart; the mark on a host carries it.
	Identity string
	// Files are sorted by path.
	Files []File
}

// File is one file of a site. Open gives its bytes.
type File struct {
	output.Entry
	Open func() (io.ReadCloser, error)
}

// Release is a site as it was published once.
type Release struct {
	// ID is the time of the publish and the beginning of the manifest's
	// digest: "20261123T120000Z-4f1d2c3b". IDs sort by time.
	ID      string
	Current bool // in service
	Files   int
	Bytes   int64
}

// Change is what differs between the release in service and a site.
type Change struct {
	From                    string   // release in service, "" if none
	Added, Changed, Removed []string // paths, sorted
	Unchanged               int
	Send                    int64    // bytes of the files that would travel
	Drop                    []string // ids of the releases that would be removed
}

// Same reports whether there is nothing to publish.
func (c Change) Same() bool {
	return c.From != "" && len(c.Added)+len(c.Changed)+len(c.Removed) == 0
}

// Result is what a publish did.
type Result struct {
	Release            Release
	Same               bool  // the release in service was this site already
	Sent, Kept, Linked int   // files sent; that need not be sent; that links were made to
	Removed            int   // files of this release's predecessor that this one lacks
	Bytes              int64 // sent
	Dropped            []string
	// Notes are things that went wrong behind the switch, such as an old release
	// that could not be removed. The next publish tries again.
	Notes []string
}

// Report is what a verification found.
type Report struct {
	Release Release
	Files   []output.Entry // of the release in service, sorted by path
	Bytes   int64          // read
	Wrong   []Problem
}

// Problem is one file that is not what the manifest says.
type Problem struct{ Path, What string }

// Refusal says why nothing was done, and what to do about it. No secret is ever
// part of it.
type Refusal struct {
	Msg, Hint string
	Err       error
}

func (r *Refusal) Error() string { return r.Msg }
func (r *Refusal) Unwrap() error { return r.Err }

func refuse(hint, format string, args ...any) error {
	return &Refusal{Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// Failure is an error of the machine or the network with something to do about
// it.
type Failure struct {
	Msg, Hint string
	Err       error
}

func (f *Failure) Error() string { return f.Msg }
func (f *Failure) Unwrap() error { return f.Err }

// ErrLocked is wrapped when another publisher holds the lock.
var ErrLocked = errors.New("another publish is under way")

// Open connects to the host that t describes. It reads and changes nothing there.
func Open(ctx context.Context, t Target, env Env) (Host, error) {
	switch {
	case t.Bucket != "":
		return openStore(ctx, t, env)
	case t.SSH != "":
		return openSSH(ctx, t, env)
	case t.Directory != "":
		return openDirectory(t, env)
	}
	return nil, refuse(`set "directory", "ssh" or "bucket" in it`, "[targets.%s] does not say where to publish", t.Name)
}

const idTime = "20060102T150405Z"

// ReleaseID names the release of s made at the time now.
func ReleaseID(now time.Time, files []output.Entry) string {
	return releaseID(now, siteDigest(files))
}

func releaseID(now time.Time, digest string) string {
	return fmt.Sprintf("%s-%.8s", now.UTC().Format(idTime), digest)
}

// siteDigest tells whether two lists of files are the same site.
func siteDigest(files []output.Entry) string {
	b := make([]byte, 0, 110*len(files))
	for i := range files {
		f := &files[i]
		b = append(hex.AppendEncode(b, f.Digest[:]), ' ')
		b = append(strconv.AppendInt(b, f.Size, 10), ' ')
		b = append(append(b, f.Path...), '\n')
	}
	return source.Sum(b).String()
}

// entries are the files of s without their bytes.
func (s Site) entries() []output.Entry {
	list := make([]output.Entry, len(s.Files))
	for i, f := range s.Files {
		list[i] = f.Entry
	}
	return list
}

// compare says what differs between two sorted lists.
func compare(old, now []output.Entry) (c Change) {
	i := 0
	for _, f := range now {
		for ; i < len(old) && old[i].Path < f.Path; i++ {
			c.Removed = append(c.Removed, old[i].Path)
		}
		switch {
		case i == len(old) || old[i].Path != f.Path:
			c.Added = append(c.Added, f.Path)
			c.Send += f.Size
			continue
		case old[i].Digest != f.Digest || old[i].Size != f.Size:
			c.Changed = append(c.Changed, f.Path)
			c.Send += f.Size
		default:
			c.Unchanged++
		}
		i++
	}
	for ; i < len(old); i++ {
		c.Removed = append(c.Removed, old[i].Path)
	}
	return c
}

func lookup(list []output.Entry, path string) (output.Entry, bool) {
	i, ok := slices.BinarySearchFunc(list, path, func(e output.Entry, p string) int { return strings.Compare(e.Path, p) })
	if !ok {
		return output.Entry{}, false
	}
	return list[i], true
}
