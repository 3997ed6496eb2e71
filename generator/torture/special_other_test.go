//go:build !unix

package torture

import "testing"

func none(string) func(*testing.T, box) { return func(*testing.T, box) {} }

var pipe, socket, device = none, none, none
