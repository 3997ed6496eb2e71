package build

// Shape tells tests whether linking shared structure with the Book before: the
// same value, not nil, means it did.
func (s *Session) Shape() any {
	if s.book == nil {
		return nil
	}
	return s.book.Shape()
}

// Lend gives a new Session the layouts that another one has loaded. A Session
// uses what it has loaded only while the digest of all layouts is the same.
func (s *Session) Lend(to *Session) { to.builtin, to.loaded = s.builtin, s.loaded }

// Recalled tells whether the Session made the Book before of what lay on disk.
func (s *Session) Recalled() bool { return s.cache != nil && s.cache.recalled }
