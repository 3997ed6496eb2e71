//go:build !linux

package output

import (
	"errors"
	"os"
)

const canExchange = false

func exchange(*os.Root, string, string) error { return errors.ErrUnsupported }
