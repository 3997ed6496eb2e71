package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"playbook/generator/source"
)

// What Verify has found wrong it writes down: the youngest release there was, and
// the content that was not as it should be. No tree that may have the damage is
// made use of from then on, content is looked at again, and the next publish makes
// a new tree, even of the same site.

// doubt returns the youngest release that is not to be trusted, "" if all are.
func (h *folderHost) doubt() (string, error) {
	text, err := h.doubts()
	if err != nil {
		return "", h.failed("reading "+doubtName, err)
	}
	id, _, _ := strings.Cut(text, "\n")
	if text != "" && !isID(id) {
		return "", refuse("remove it", "%s on %s names no release", doubtName, h.where)
	}
	return id, nil
}

func (h *folderHost) doubts() (string, error) {
	data, err := readAll(h.f, doubtName, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(data), err
}

// suspect writes down what is wrong. Whoever may only read does without.
func (h *folderHost) suspect(s *state, wrong []Problem) {
	if h.t.InPlace || len(wrong) == 0 {
		return
	}
	b := []byte(s.releases[len(s.releases)-1].id + "\n")
	for _, p := range wrong {
		if e, ok := lookup(s.current.files, p.Path); ok {
			b = append(hex.AppendEncode(b, e.Digest[:]), '\n')
		}
	}
	_ = h.write(doubtName, b)
}

// distrust takes content from have that was found wrong, and is.
func (h *folderHost) distrust(ctx context.Context, have map[string]int64) error {
	text, err := h.doubts()
	if err != nil {
		return h.failed("reading "+doubtName, err)
	}
	lines := strings.Fields(text)
	return each(ctx, 1, len(lines), func(i int) error { // one after another: have is a map
		d, ok := source.ParseDigest(lines[i])
		if i == 0 || !ok {
			return nil
		}
		r, err := h.f.open(object(d))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		sum := sha256.New()
		if err == nil {
			_, err = io.Copy(sum, r)
			err = errors.Join(err, r.Close())
		}
		if err == nil && !digested(sum, d) {
			delete(have, d.String())
		}
		return h.failed("reading what was found wrong", err)
	})
}

// doubtNoMore ends the doubt when the last tree is gone that it is about.
func (h *folderHost) doubtNoMore(s *state) error {
	if s.doubt == "" || slices.ContainsFunc(s.trees, func(t *tree) bool { return t.of == nil || t.of.id <= s.doubt }) {
		return nil
	}
	for id := range s.planted {
		if id <= s.doubt {
			return nil
		}
	}
	if err := h.f.remove(doubtName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return h.failed("removing "+doubtName, err)
	}
	return nil
}
