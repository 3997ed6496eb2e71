package output

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"playbook/generator/source"
)

// What lies in the stage beside the staged files.
const (
	stagedManifest = ".playbook-next"
	draftJournal   = ".playbook-draft"
	journalName    = ".playbook-journal"
)

// journal is what remains to be done once everything is staged. Doing it twice
// does no harm, so it can be taken up wherever it was left.
type journal struct {
	first []string // to be removed before anything is moved
	moves []move
	drops []string // to be removed afterwards
}

// move takes a file or a folder from the stage to its place.
type move struct{ from, to string }

func (j *journal) encode() []byte {
	var b strings.Builder
	for _, p := range j.first {
		fmt.Fprintf(&b, "first %s\n", p)
	}
	for _, m := range j.moves {
		fmt.Fprintf(&b, "move %s\t%s\n", m.from, m.to)
	}
	for _, p := range j.drops {
		fmt.Fprintf(&b, "drop %s\n", p)
	}
	return seal(journalHead, []byte(b.String()))
}

func decodeJournal(data []byte) (*journal, error) {
	body, err := unseal(journalHead, data)
	if err != nil {
		return nil, err
	}
	j := &journal{}
	for line := range strings.Lines(body) {
		what, path, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if !ok {
			return nil, errors.New("it is damaged")
		}
		switch what {
		case "first":
			j.first = append(j.first, path)
		case "drop":
			j.drops = append(j.drops, path)
		case "move":
			var from string
			from, path, ok = strings.Cut(path, "\t")
			if !ok || source.CheckPath(from) != nil {
				return nil, errors.New("it is damaged")
			}
			j.moves = append(j.moves, move{from, path})
		default:
			return nil, errors.New("it is damaged")
		}
		if err := checkName(path); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// recover brings the destination out of whatever state a build left it in and
// returns its manifest, nil if it has none.
func (s *site) recover() (*Manifest, error) {
	old, err := readManifest(s.root.root, manifestName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	info, err := s.root.root.Lstat(stageName)
	if errors.Is(err, fs.ErrNotExist) {
		return old, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%w: %q is in the way", ErrForeign, stageName)
	}
	if _, err := s.root.root.Lstat(stageName + "/" + journalName); errors.Is(err, fs.ErrNotExist) {
		// Nothing was decided: the old site is whole.
		return old, s.root.removeAll(stageName)
	}
	if err := s.apply(old, true); err != nil {
		return nil, err
	}
	return readManifest(s.root.root, manifestName)
}

// apply does what the journal in the stage says. again is set when an earlier
// run may have done part of it.
func (s *site) apply(old *Manifest, again bool) error {
	data, err := s.root.root.ReadFile(stageName + "/" + journalName)
	if err != nil {
		return err
	}
	j, err := decodeJournal(data)
	if err != nil {
		return fmt.Errorf("the journal of an unfinished build, %s/%s: %w; remove %s and build into an empty folder", stageName, journalName, err, stageName)
	}
	if _, err := s.root.root.Lstat(stageName + "/" + stagedManifest); err == nil || !again {
		if err := s.place(j, old, again); err != nil {
			return err
		}
	}
	if err := s.root.remove(stageName + "/" + journalName); err != nil {
		return err
	}
	return s.root.removeAll(stageName)
}

// place moves everything into place, the manifest last.
func (s *site) place(j *journal, old *Manifest, again bool) error {
	for _, p := range j.first {
		if err := s.drop(p); err != nil {
			return err
		}
	}
	made := map[string]bool{"": true}
	for _, m := range j.moves {
		from := stageName + "/" + m.from
		if again {
			if _, err := s.root.root.Lstat(from); errors.Is(err, fs.ErrNotExist) {
				continue // it was moved before
			}
		}
		if err := s.folders(parent(m.to), made); err != nil {
			return err
		}
		if _, known := old.Lookup(m.to); !known {
			if info, err := s.root.root.Lstat(m.to); err == nil && !s.respelt(m.to, info, old) {
				return fmt.Errorf("%w: %q is in the way", ErrForeign, m.to)
			}
		}
		if err := s.root.rename(from, m.to); err != nil {
			return err
		}
	}
	var placed map[string]string
	if len(j.drops) > 0 {
		placed = make(map[string]string, len(j.moves))
		for _, m := range j.moves {
			placed[source.FoldPath(m.to)] = m.to
		}
	}
	for _, p := range j.drops {
		if s.twin(p, placed) {
			continue
		}
		if err := s.drop(p); err != nil {
			return err
		}
	}
	if again {
		// What the dead build staged may not have reached the disk. A
		// manifest older than every file has them all compared.
		if err := s.root.chtimes(stageName+"/"+stagedManifest, time.Unix(1, 0)); err != nil {
			return err
		}
	}
	return s.root.rename(stageName+"/"+stagedManifest, manifestName)
}

// folders makes dir and what is above it. A link is not a folder.
func (s *site) folders(dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := s.folders(parent(dir), made); err != nil {
		return err
	}
	info, err := s.root.root.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := s.root.mkdir(dir); err != nil {
			return err
		}
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%w: %q is in the way of a folder", ErrForeign, dir)
	}
	made[dir] = true
	return nil
}

// drop removes a file of ours and the folders that become empty. What is not a
// regular file any more, or is reached through a link, is not ours.
func (s *site) drop(path string) error {
	dir := parent(path)
	for i := range path {
		if path[i] != '/' {
			continue
		}
		info, err := s.root.root.Lstat(path[:i])
		if errors.Is(err, fs.ErrNotExist) {
			dir = parent(path[:i]) // an earlier run came this far
			break
		}
		if err != nil || !info.IsDir() {
			return err
		}
	}
	if info, err := s.root.root.Lstat(path); err == nil && info.Mode().IsRegular() {
		if err := s.root.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for ; dir != ""; dir = parent(dir) {
		if entries, err := s.root.list(dir); err != nil || len(entries) > 0 {
			break
		}
		err := s.root.remove(dir)
		if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EBUSY) {
			break // filled meanwhile, or somebody's mount; an empty folder does no harm
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
