package torture

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// shim narrows the rights of this process and becomes the built command.
func shim(text string) error {
	var o shimOrder
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	runtime.LockOSThread()
	name := os.Getenv("TORTURE_PROGRAM")
	os.Unsetenv(shimVariable)
	os.Unsetenv("TORTURE_PROGRAM")
	if o.Umask >= 0 {
		syscall.Umask(o.Umask)
	}
	if o.Files > 0 {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: o.Files, Max: o.Files}); err != nil {
			return err
		}
	}
	if o.CPU > 0 {
		if err := syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: o.CPU, Max: o.CPU}); err != nil {
			return err
		}
	}
	if o.User > 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(o.User), syscall.Setuid(o.User)); err != nil {
			return err
		}
	}
	if o.Listen {
		if err := listen(3); err != nil {
			return err
		}
	}
	return syscall.Exec(name, append([]string{name}, os.Args[1:]...), os.Environ())
}

// holding watches a process and returns what tells the most memory that it held.
// What the system says of one that has ended counts what it was started from, and
// so this test, too.
func holding(pid int) func() int64 {
	stop, most := make(chan bool), make(chan int64)
	go func() {
		peak := int64(0)
		defer func() { most <- peak }()
		for wait := time.Millisecond; ; wait = min(2*wait, 20*time.Millisecond) {
			select {
			case <-stop:
				return
			case <-time.After(wait):
			}
			// Until it is the built command its memory is the test's.
			if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err != nil || exe != program() {
				continue
			}
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if err != nil {
				continue
			}
			for line := range strings.Lines(string(text)) {
				var kb int64
				if n, _ := fmt.Sscanf(line, "VmHWM: %d", &kb); n == 1 {
					peak = max(peak, kb<<10)
				}
			}
		}
	}()
	return func() int64 { close(stop); return <-most }
}

// changing are the system calls that change what lies on a disk. An open is one
// if it may write.
var changing = []uint32{unix.SYS_MKDIRAT, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_FCHMODAT, unix.SYS_FCHMOD, unix.SYS_UTIMENSAT,
	unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_FTRUNCATE, unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_WRITEV, unix.SYS_COPY_FILE_RANGE, unix.SYS_FSYNC, unix.SYS_FCHOWNAT,
	unix.SYS_MKNODAT, unix.SYS_TRUNCATE}

const writing = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC

// listen has all such calls of this thread, and of the program that it becomes,
// ask whoever holds the other end of a socket first.
func listen(socket int) error {
	const (
		ld  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		jeq = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		set = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		ret = unix.BPF_RET | unix.BPF_K
	)
	f := []unix.SockFilter{{Code: ld, K: 0}}
	for _, nr := range append(changing, unix.SYS_OPENAT2) {
		f = append(f, unix.SockFilter{Code: jeq, K: nr, Jf: 1}, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF})
	}
	f = append(f,
		unix.SockFilter{Code: jeq, K: unix.SYS_OPENAT, Jf: 3},
		unix.SockFilter{Code: ld, K: 16 + 2*8}, // the flags
		unix.SockFilter{Code: set, K: writing, Jf: 1},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	prog := unix.SockFprog{Len: uint16(len(f)), Filter: &f[0]}
	fd, _, e := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&prog)))
	if e != 0 {
		return fmt.Errorf("seccomp: %w", e)
	}
	if err := unix.Sendmsg(socket, []byte{0}, unix.UnixRights(int(fd)), nil, 0); err != nil {
		return err
	}
	return errors.Join(unix.Close(int(fd)), unix.Close(socket))
}

// change is a call that is about to change something.
type change struct {
	nr   uint32
	path string
	to   string // where a rename leads
}

func (c change) String() string {
	names := map[uint32]string{unix.SYS_MKDIRAT: "mkdir", unix.SYS_UNLINKAT: "remove", unix.SYS_RENAMEAT: "rename", unix.SYS_RENAMEAT2: "exchange", unix.SYS_WRITE: "write",
		unix.SYS_OPENAT: "create", unix.SYS_OPENAT2: "create", unix.SYS_FSYNC: "sync", unix.SYS_FCHMODAT: "chmod", unix.SYS_FCHMOD: "chmod", unix.SYS_UTIMENSAT: "chtimes"}
	n := names[c.nr]
	if n == "" {
		n = fmt.Sprint("call ", c.nr)
	}
	if c.to != "" {
		return n + " " + c.path + " to " + c.to
	}
	return n + " " + c.path
}

// verdict is what becomes of a call: 0 lets it be, kill ends the process
// instead, anything else is the error that it gets.
type verdict syscall.Errno

const kill verdict = 1 << 20

// watched runs the built command, asking judge before every call that changes
// something; calls come one at a time.
func watched(p process, judge func(c change) verdict, args ...string) (outcome, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return outcome{}, err
	}
	theirs, ours := os.NewFile(uintptr(pair[0]), "theirs"), pair[1]
	if p.shim == nil {
		p.shim = &shimOrder{Umask: -1}
	}
	p.shim.Listen = true
	p.files = []*os.File{theirs}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer unix.Close(ours)
		oob := make([]byte, 64)
		_, n, _, _, err := unix.Recvmsg(ours, make([]byte, 1), oob, unix.MSG_CMSG_CLOEXEC)
		if err != nil || n == 0 {
			return
		}
		msgs, err := unix.ParseSocketControlMessage(oob[:n])
		if err != nil || len(msgs) == 0 {
			return
		}
		fds, err := unix.ParseUnixRights(&msgs[0])
		if err != nil || len(fds) == 0 {
			return
		}
		defer unix.Close(fds[0])
		judging(fds[0], judge)
	})
	p.began = func(*os.Process) { theirs.Close() }
	o := p.run(args...)
	theirs.Close()
	wg.Wait()
	return o, nil
}

func judging(fd int, judge func(c change) verdict) {
	var req [80]byte
	var resp [24]byte
	for {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(ready, 1000); err != nil && err != unix.EINTR {
			return
		}
		if ready[0].Revents&unix.POLLHUP != 0 {
			return
		}
		if ready[0].Revents&unix.POLLIN == 0 {
			continue
		}
		clear(req[:])
		if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&req[0]))); e != 0 {
			continue // it died meanwhile
		}
		n := binary.NativeEndian
		pid := int(n.Uint32(req[8:]))
		nr := n.Uint32(req[16:])
		var a [6]uint64
		for i := range a {
			a[i] = n.Uint64(req[32+8*i:])
		}
		v := verdict(0)
		if c, ok := changeOf(pid, nr, a); ok {
			v = judge(c)
		}
		if v == kill {
			unix.Kill(leader(pid), unix.SIGKILL)
		}
		clear(resp[:])
		copy(resp[:8], req[:8])
		if v == 0 || v == kill {
			n.PutUint32(resp[20:], unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE)
		} else {
			n.PutUint32(resp[16:], uint32(-int32(v)))
		}
		if v == kill {
			continue // the call is never answered, and so never made
		}
		unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&resp[0])))
	}
}

// leader is the process of a thread.
func leader(tid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err == nil {
		for line := range strings.Lines(string(text)) {
			var pid int
			if _, err := fmt.Sscanf(line, "Tgid: %d", &pid); err == nil {
				return pid
			}
		}
	}
	return tid
}

// changeOf says what a call is about to change, and whether that lies on a disk.
func changeOf(pid int, nr uint32, a [6]uint64) (change, bool) {
	of := func(fd uint64) string {
		if int32(fd) == unix.AT_FDCWD {
			p, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
			return p
		}
		p, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, int32(fd)))
		return p
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return change{}, false
	}
	defer mem.Close()
	at := func(fd, ptr uint64) string {
		b := make([]byte, 4096)
		n, _ := mem.ReadAt(b, int64(ptr))
		s, _, _ := strings.Cut(string(b[:n]), "\x00")
		if filepath.IsAbs(s) {
			return filepath.Clean(s)
		}
		return filepath.Join(of(fd), s)
	}
	c := change{nr: nr}
	switch nr {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_WRITEV, unix.SYS_FTRUNCATE, unix.SYS_FSYNC, unix.SYS_FCHMOD:
		c.path = of(a[0])
	case unix.SYS_COPY_FILE_RANGE:
		c.path = of(a[2])
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT:
		c.path, c.to = at(a[0], a[1]), at(a[2], a[3])
	case unix.SYS_SYMLINKAT:
		c.path = at(a[1], a[2])
	case unix.SYS_TRUNCATE:
		c.path = at(uint64(uint32(0xffffff9c)), a[0])
	case unix.SYS_OPENAT2:
		var how [8]byte
		mem.ReadAt(how[:], int64(a[2]))
		if binary.NativeEndian.Uint64(how[:])&writing == 0 {
			return c, false
		}
		c.path = at(a[0], a[1])
	case unix.SYS_UTIMENSAT:
		if a[1] == 0 {
			c.path = of(a[0])
		} else {
			c.path = at(a[0], a[1])
		}
	default:
		c.path = at(a[0], a[1])
	}
	return c, filepath.IsAbs(c.path) && !strings.HasPrefix(c.path, "/dev/null") && !strings.HasPrefix(c.path, "/dev/pts") && !strings.HasPrefix(c.path, "/dev/tty") && !strings.HasPrefix(c.path, "/proc/")
}
