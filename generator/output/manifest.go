package output

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"playbook/generator/source"
)

// Entry is one file of a site as it was put in place.
type Entry struct {
	Path   string
	Digest source.Digest
	Size   int64
}

// Manifest lists the files of a site that Commit put in place. It holds no
// times, so that equal sites have equal manifests.
type Manifest struct{ entries []Entry }

// Files returns the files sorted by path. The slice is the manifest's own.
func (m *Manifest) Files() []Entry { return m.entries }

// Lookup returns the file at path. A nil manifest has none.
func (m *Manifest) Lookup(path string) (Entry, bool) {
	i, ok := m.index(path)
	if !ok {
		return Entry{}, false
	}
	return m.entries[i], true
}

func (m *Manifest) index(path string) (int, bool) {
	if m == nil {
		return 0, false
	}
	return slices.BinarySearchFunc(m.entries, path, func(e Entry, p string) int { return strings.Compare(e.Path, p) })
}

// ReadManifest returns the manifest of the site in dest. The error wraps
// fs.ErrNotExist if there is none, and ErrForeign if it is not whole or of
// another version. The manifest is replaced last, so until a commit is done it
// is the old one.
func ReadManifest(dest string) (*Manifest, error) {
	root, err := os.OpenRoot(dest)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return readManifest(root, manifestName)
}

func readManifest(root *os.Root, name string) (*Manifest, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrForeign, name)
	}
	data, err := root.ReadFile(name)
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrForeign, name, err)
	}
	return m, nil
}

// The form of manifest and journal: a line with name, version and the digest of
// the rest, then a line for each record. Paths hold no control characters.
const (
	manifestHead = "playbook manifest 1 "
	journalHead  = "playbook journal 1 "
)

func seal(head string, body []byte) []byte {
	return append([]byte(head+source.Sum(body).String()+"\n"), body...)
}

func unseal(head string, data []byte) (body string, err error) {
	first, rest, ok := bytes.Cut(data, []byte("\n"))
	sum, ours := bytes.CutPrefix(first, []byte(head))
	if !ok || !ours {
		return "", fmt.Errorf("it does not begin with %q", strings.TrimSpace(head))
	}
	if source.Sum(rest).String() != string(sum) {
		return "", errors.New("it is damaged")
	}
	return string(rest), nil
}

func (m *Manifest) encode() []byte {
	b := make([]byte, 0, 96*len(m.entries))
	for i := range m.entries {
		e := &m.entries[i]
		b = hex.AppendEncode(b, e.Digest[:])
		b = append(b, ' ')
		b = strconv.AppendInt(b, e.Size, 10)
		b = append(b, ' ')
		b = append(b, e.Path...)
		b = append(b, '\n')
	}
	return seal(manifestHead, b)
}

func decodeManifest(data []byte) (*Manifest, error) {
	body, err := unseal(manifestHead, data)
	if err != nil {
		return nil, err
	}
	m := &Manifest{entries: make([]Entry, 0, strings.Count(body, "\n"))}
	const sum = 2 * len(source.Digest{})
	for body != "" {
		line, rest, ok := strings.Cut(body, "\n")
		if !ok || len(line) <= sum+1 || line[sum] != ' ' {
			return nil, errors.New("it is damaged")
		}
		var e Entry
		size, path, cut := strings.Cut(line[sum+1:], " ")
		if e.Digest, ok = source.ParseDigest(line[:sum]); !ok || !cut {
			return nil, errors.New("it is damaged")
		}
		if e.Size, err = strconv.ParseInt(size, 10, 64); err != nil || e.Size < 0 {
			return nil, errors.New("it is damaged")
		}
		e.Path = path
		if err := checkName(path); err != nil {
			return nil, err
		}
		if n := len(m.entries); n > 0 && m.entries[n-1].Path >= path {
			return nil, errors.New("it is not sorted")
		}
		m.entries = append(m.entries, e)
		body = rest
	}
	return m, nil
}

// checkName says whether path may be that of an output.
func checkName(path string) error {
	if err := source.CheckPath(path); err != nil {
		return fmt.Errorf("%w %q: %w", ErrName, path, err)
	}
	if len(path) >= len(ours) && strings.EqualFold(path[:len(ours)], ours) {
		return fmt.Errorf("%w %q: names that begin with %q are the generator's own", ErrName, path, ours)
	}
	return nil
}

// check refuses files that are not sorted, are doubled, or have a refused name.
func check(files []File) error {
	for i := range files {
		if err := checkName(files[i].Path); err != nil {
			return err
		}
		if i > 0 {
			switch cmp.Compare(files[i-1].Path, files[i].Path) {
			case 0:
				return fmt.Errorf("%w %q: two outputs have it", ErrName, files[i].Path)
			case 1:
				return fmt.Errorf("%w %q: the outputs are not sorted", ErrName, files[i].Path)
			}
		}
	}
	return nil
}

// clash refuses files of which some file system would take one for another, or
// for the folder of another.
func clash(files []Entry) error {
	byFold := make(map[string]int, len(files))
	for i := range files {
		key := source.FoldPath(files[i].Path)
		if j, ok := byFold[key]; ok {
			return fmt.Errorf("%w %q: it differs from %q only by case or Unicode form", ErrName, files[i].Path, files[j].Path)
		}
		byFold[key] = i
	}
	last := ""
	for i := range files {
		dir := parent(files[i].Path)
		if dir == last {
			continue
		}
		last = dir
		for ; dir != ""; dir = parent(dir) {
			if j, ok := byFold[source.FoldPath(dir)]; ok {
				return fmt.Errorf("%w %q: it lies in a folder that is also the file %q", ErrName, files[i].Path, files[j].Path)
			}
		}
	}
	return nil
}

// parent is the folder of a path, "" for what stands at the top.
func parent(path string) string {
	return path[:max(0, strings.LastIndexByte(path, '/'))]
}
