package artifact

import (
	"context"

	"playbook/generator/book"
	"playbook/generator/source"
)

// Faults break the engine on purpose, so that the test of the law can prove
// that it would notice. Nothing but tests makes any: they travel in a context,
// past every Options, and so no flag and no setting leads to them.
type Faults struct {
	// Forget tells that a question is not to be written into traces.
	Forget func(q book.Question) bool
	// Answer may put another answer and its digest in the place of the right
	// ones. It is called from many goroutines.
	Answer func(q book.Question, v any, d source.Digest) (any, source.Digest)
}

func (f *Faults) forgets(q book.Question) bool { return f.Forget != nil && f.Forget(q) }

type faultsKey struct{}

// WithFaults returns a context under which MakeAll has the given faults.
func WithFaults(ctx context.Context, f Faults) context.Context {
	return context.WithValue(ctx, faultsKey{}, f)
}
