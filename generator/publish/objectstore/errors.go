package objectstore

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// Error is what came in the way of publishing to an object store, in words. No
// secret is part of it.
type Error struct {
	msg, hint string
	usage     bool // it is a matter of how the target is configured
	err       error
}

func (e *Error) Error() string { return e.msg }
func (e *Error) Unwrap() error { return e.err }

// Hint is what to do about it, "" if nothing can be said.
func (e *Error) Hint() string { return e.hint }

// Usage tells that it is a matter of how the target is configured, and not of the
// machine or the network.
func (e *Error) Usage() bool { return e.usage }

// ErrLocked is wrapped when another publisher holds the lock.
var ErrLocked = errors.New("somebody else is publishing")

var errForeign = errors.New("not made by playbook")

func s3Wrong(msg, hint string) error             { return &Error{msg: msg, hint: hint, usage: true} }
func s3Failed(err error, msg, hint string) error { return &Error{msg: msg, hint: hint, err: err} }
func s3Foreign(msg string) error {
	return &Error{msg: msg, hint: "playbook changes nothing that it did not make: name another bucket or prefix", err: errForeign, usage: true}
}

// s3Each calls f for 0 to n-1 from a few goroutines until one fails.
func s3Each(ctx context.Context, n, workers int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, workers) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := f(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
