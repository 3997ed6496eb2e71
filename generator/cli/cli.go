// Package cli is the command line: it reads arguments, environment and clock,
// calls the stages below and tells people what came of it. Nothing below it
// knows a flag, a terminal or the time.
//
// # Streams
//
// Standard output carries what was asked for: a list of kinds, a schema, the
// path of a new page, a report in a format for machines. Everything said about
// the work goes to standard error: diagnostics as text, the summary, problems
// of the command itself. Those begin with "playbook:", in lower case and
// without a full stop, and a line with a hint follows where there is something
// to do about it.
//
// # Exit status
//
//	0  done
//	1  the content has errors, or warnings under --strict
//	2  wrong usage or configuration, a destination that is not ours among them
//	3  the machine failed: disk, network, an interrupt, a fault of the program
//
// # Environment
//
// SOURCE_DATE_EPOCH is the date of the build when --as-of does not say it.
// NO_COLOR turns colours off; CLICOLOR_FORCE turns them on where standard error
// is no terminal.
package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// Exit statuses, as the package comment lists them.
const (
	exitDone    = 0
	exitContent = 1
	exitUsage   = 2
	exitMachine = 3
)

// Stdio is the world outside: the streams, the environment and the clock.
type Stdio struct {
	In        io.Reader
	Out, Err  io.Writer
	LookupEnv func(name string) (value string, ok bool)
	Now       func() time.Time
}

// System returns the Stdio of this process.
func System() Stdio {
	return Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, LookupEnv: os.LookupEnv, Now: time.Now}
}

// Main runs the command that args name (without the name of the program) and
// returns the exit status. The built-in layouts are in builtin. An interrupt
// ends the work in good order; a second one ends the process.
func Main(args []string, std Stdio, builtin fs.FS) (code int) {
	a := &app{Stdio: std, args: args, builtin: builtin, version: readVersion()}
	a.tuneMemory()
	defer func() {
		if v := recover(); v != nil {
			code = a.fault(v, debug.Stack())
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := a.root()
	// Given nil, cobra would read the arguments of the process.
	root.SetArgs(append([]string{}, args...))
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	return a.report(root.ExecuteContext(ctx))
}

// app is one run of the program.
type app struct {
	Stdio
	args    []string
	builtin fs.FS
	version version

	verbose bool // set by -v of whichever command runs
}

// fault tells of a panic: a defect of the program, whatever the content was.
func (a *app) fault(v any, stack []byte) int {
	fmt.Fprintf(a.Err, "playbook: internal fault: %v\n", v)
	if a.verbose {
		fmt.Fprintf(a.Err, "%s", stack)
	} else {
		fmt.Fprintln(a.Err, "hint: this is a defect of playbook, not of your content; run the command again with -v "+
			"and report what it prints, together with what playbook version prints")
	}
	return exitMachine
}
