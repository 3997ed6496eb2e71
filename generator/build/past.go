package build

import (
	"context"

	"playbook/generator/book"
	"playbook/generator/diag"
	"playbook/generator/history"
	"playbook/generator/source"
)

// remember sees to it that the Session knows what the checkout that the content
// lies in knows. That nothing can be known is no fault of the site: it is said,
// and pages then have no dates rather than wrong ones.
func (s *Session) remember(ctx context.Context, o Options, site *Site, diags *[]diag.Diagnostic) error {
	repo := site.repo
	if repo == nil {
		s.past = nil
		return nil
	}
	if o.NoCache {
		s.past = nil
	} else if s.past == nil && s.cache != nil {
		s.past = s.cache.history()
	}
	if s.past != nil && s.past.Key() == repo.Key() {
		return nil
	}
	s.past = nil
	h, err := repo.Read(ctx)
	if err != nil {
		return site.forget(ctx, err, diags)
	}
	s.past, site.asked = h, true
	return nil
}

// fetch has what the book tells of changes read.
func (s *Session) fetch(ctx context.Context, site *Site, b *book.Book, diags *[]diag.Diagnostic) error {
	if s.past == nil {
		return nil
	}
	more, err := site.repo.Fetch(ctx, s.past, b.Told())
	if site.asked = site.asked || more; err != nil {
		return site.forget(ctx, err, diags)
	}
	return nil
}

// forget says that the history is not known, or not all of it.
func (site *Site) forget(ctx context.Context, err error, diags *[]diag.Diagnostic) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	hint := `say history = "off" in playbook.toml if it is not wanted`
	if err == history.ErrShallow {
		hint = "fetch all of it (git fetch --unshallow; in a workflow, fetch-depth: 0), or " + hint
	}
	site.unread = true
	*diags = append(*diags, diag.Diagnostic{Rule: "history-unknown", Level: diag.Info, At: diag.Pos{File: site.Content.Name()},
		Msg: "no page tells when it was changed: " + err.Error(), Hint: hint})
	return nil
}

// history returns what is kept of the answers of git, nil if that is of no use.
func (c *cache) history() *history.History {
	s := c.open(false)
	defer s.Close()
	if c.past = history.Recall(c.read(s, historyFile)); c.past.Key() == (source.Digest{}) {
		c.past = nil
	}
	return c.past
}
