// Package torture turns the promises of the program into figures: what must
// never happen is tried, many times over, against the real command.
//
//	make torture                         everything, about 25 minutes on two cores
//	make torture SITES=500 KILLS=50      less of it
//	make torture SEED=7                  other dice
//	go test ./generator/torture          a small sample of each part
//
// hostile_test.go holds what an attacker writes, active_test.go what no output
// may carry, hidden_test.go proves that what is hidden leaves no trace,
// faults_test.go and machine_test.go break the machine under a build,
// environment_test.go builds in other surroundings, serve_test.go asks the
// server what it must not answer. Each counts; TestMain prints the table, and
// fails when something is in it that must not be.
package torture

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"
)

var (
	whole = flag.Bool("torture", false, "try everything, not a sample")
	sites = flag.Int("torture.sites", 5000, "sites that a hidden page is added to, in a whole run")
	kills = flag.Int("torture.kills", 200, "processes killed at random moments, in a whole run")
	seed  = flag.Int("torture.seed", 1, "what random choices begin with")
)

// sample returns n in a whole run, and otherwise the few of a quick one.
func sample(n, few int) int {
	if *whole {
		return n
	}
	return min(n, few)
}

// figure is a line of the table.
type figure struct {
	name string
	bad  bool // it must be 0
	n    atomic.Int64
}

func (f *figure) add(n int) { f.n.Add(int64(n)) }

// figures is the table that a run ends with.
type figures struct {
	inputs, builds, parsed, dropped, asked, killed, faults, hidden, combinations            figure
	crashes, hangs, memory, outside, touched, codes, places, leaks, half, active, differing figure
	mu                                                                                      sync.Mutex
	skipped                                                                                 []string
}

func newFigures() *figures {
	return &figures{
		inputs: figure{name: "hostile inputs"}, builds: figure{name: "builds"}, parsed: figure{name: "outputs parsed"},
		dropped: figure{name: "payloads told of instead of shown"}, asked: figure{name: "hostile requests"}, killed: figure{name: "kills"},
		faults: figure{name: "faults"}, hidden: figure{name: "sites with hidden pages"}, combinations: figure{name: "combinations of surroundings"},
		crashes: figure{name: "crashes and internal faults", bad: true}, hangs: figure{name: "inputs without end", bad: true},
		memory: figure{name: "inputs that took too much memory", bad: true}, outside: figure{name: "writes outside", bad: true},
		touched: figure{name: "sites touched in spite of errors", bad: true}, codes: figure{name: "wrong statuses and reports", bad: true},
		places: figure{name: "errors without a place", bad: true}, leaks: figure{name: "leaks", bad: true},
		half: figure{name: "half-written sites", bad: true}, active: figure{name: "active content", bad: true},
		differing: figure{name: "outputs that surroundings changed", bad: true},
	}
}

func (f *figures) all() []*figure {
	return []*figure{&f.inputs, &f.builds, &f.parsed, &f.dropped, &f.asked, &f.killed, &f.faults, &f.hidden, &f.combinations,
		&f.crashes, &f.hangs, &f.memory, &f.outside, &f.touched, &f.codes, &f.places, &f.leaks, &f.half, &f.active, &f.differing}
}

// print writes the table and tells whether all is well.
func (f *figures) print(w io.Writer, took time.Duration) bool {
	well := true
	fmt.Fprintf(w, "\n%-36s %9s\n", "tried", "count")
	head := false
	for _, x := range f.all() {
		if x.bad && !head {
			head = true
			fmt.Fprintf(w, "%-36s %9s\n", "found", "count")
		}
		mark := ""
		if x.bad && x.n.Load() != 0 {
			well, mark = false, "  <- must be 0"
		}
		fmt.Fprintf(w, "  %-34s %9d%s\n", x.name, x.n.Load(), mark)
	}
	for _, s := range f.skipped {
		fmt.Fprintln(w, "SKIPPED:", s)
	}
	fmt.Fprintf(w, "seed %d, %.0f s, %.0f s of processors\n", *seed, took.Seconds(), processors())
	return well
}

// table is the one of this run.
var table = newFigures()

// skip leaves a part out, loudly: the table says so too.
func skip(t *testing.T, why string) {
	t.Helper()
	table.mu.Lock()
	table.skipped = append(table.skipped, t.Name()+": "+why)
	table.mu.Unlock()
	if os.Getenv("CI") == "true" {
		t.Fatal("under CI nothing is skipped: " + why)
	}
	t.Skip("SKIPPED: " + why)
}

// bad counts something that must not happen and fails the test.
func bad(t testing.TB, f *figure, format string, a ...any) {
	t.Helper()
	f.add(1)
	t.Errorf(f.name+": "+format, a...)
}

// scratch is where this run works, in memory where the system has such folders.
var scratch = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("/dev/shm", "torture")
	if err != nil {
		dir, err = os.MkdirTemp("", "torture")
	}
	if err != nil {
		panic(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		panic(err)
	}
	return dir
})

func TestMain(m *testing.M) {
	if s := os.Getenv(shimVariable); s != "" {
		fmt.Fprintln(os.Stderr, "torture: cannot begin:", shim(s))
		os.Exit(99)
	}
	flag.Parse()
	began := time.Now()
	code := m.Run()
	well := table.print(os.Stdout, time.Since(began))
	release(scratch())
	if code == 0 && !well {
		code = 1
	}
	os.Exit(code)
}

// release removes a folder in which some things may not be read.
func release(dir string) {
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			os.Chmod(p, 0o755)
		}
		return nil
	})
	os.RemoveAll(dir)
}

// program is the built command.
var program = sync.OnceValue(func() string {
	name := filepath.Join(scratch(), "playbook")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", name, "playbook")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as what is handed out
	if out, err := cmd.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v\n%s", err, out))
	}
	return name
})

// layouts are the built-in ones, as the command has them.
var layouts = sync.OnceValue(func() fs.FS {
	out := fstest.MapFS{}
	fsys := os.DirFS("../../layouts")
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, p)
		out[p] = &fstest.MapFile{Data: data, Mode: 0o444}
		return err
	})
	if err != nil {
		panic(err)
	}
	return out
})

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// brief cuts a text for a message.
func brief(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
