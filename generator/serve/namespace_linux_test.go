package serve

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

var errNoNamespace = errors.New("not allowed")

// namespaced runs this test program as root of a user namespace. A last
// argument of the form NAME=VALUE goes to its environment.
func namespaced(args ...string) ([]byte, error) {
	n := len(args) - 1
	c := exec.Command(os.Args[0], args[:n]...)
	c.Env = append(os.Environ(), args[n])
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}}
	out, err := c.CombinedOutput()
	if err != nil && c.Process == nil {
		err = fmt.Errorf("%w: %v", errNoNamespace, err)
	}
	return out, err
}
