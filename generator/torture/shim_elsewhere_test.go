//go:build !linux

package torture

import "errors"

func shim(string) error { return errors.New("rights are narrowed on Linux only") }
