package build

// Shape tells tests whether linking shared structure with the Book before: the
// same value means it did.
func (s *Session) Shape() any { return s.book.Shape() }
