//go:build unix

// Measure takes the figures that stand in generator/bench/RESULTS.md: playbook
// beside Hugo and beside a bare program, on generated sites.
//
//	go run ./generator/bench/measure [flags] [PART ...]
//
// A part is a kind of measurement and a number of pages, such as cold-10000:
//
//	cold     builds from nothing: playbook in its forms, Hugo plain and with minify
//	         and a search index, the bare program; and the next process after such
//	         a build, with nothing changed and with one body edited; and check
//	hugo     Hugo with one extra at a time
//	terms    a vocabulary of 5,000 terms against the same pages with none matched
//	find     the search index and what the first result costs a reader, beside Pagefind
//	publish  10 changed pages to a folder, beside rsync
//	disk     some of cold with the destination on a disk
//	serve    from an edit to changed bytes
//	hugo-serve  the same of "hugo server"
//
// Without PART all that the budgets need are measured, but those of serve, and
// those of Hugo alone if they stand in the results already. Any number of pages
// will do to try a part out: cold-200.
//
// Every turn runs all contestants of a part once. Content, caches and destinations
// lie in memory where /dev/shm is. What was measured is kept in results.jsonl after
// each turn, and the tables of RESULTS.md are made of that; an interrupted run
// loses nothing, and parts can be taken again one by one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What is measured when nothing is named, in this order. The large sites come
// last: what is cut off is what costs most and matters least.
var (
	coldParts  = []string{"cold-1000", "cold-10000", "terms-10000", "publish-10000", "find-10000", "disk-10000", "hugo-1000", "hugo-10000", "cold-50000", "cold-100000"}
	serveParts = []string{"serve-10000", "hugo-serve-10000", "serve-100000"}
)

type measurer struct {
	work     string // where everything lies that is made on the way
	disk     string // a folder that is on a disk
	playbook string // the program
	runs     int
	warm     int
	edits    int
	ours     bool
	only     *regexp.Regexp
	results  *results
	stopped  func() error // not nil: somebody has interrupted

	part        string // that is being measured
	pages       int    // of the part
	files       int    // Markdown files of its site
	began       string
	load        float64
	state, cpus string
	hugo        string // the program, once it was asked for
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run() error {
	m := &measurer{}
	runs := flag.Int("runs", 0, "turns that count (0: 5 up to 10,000 pages, 2 beyond)")
	warm := flag.Int("warm", -1, "turns before them (-1: 1 up to 10,000 pages, none beyond)")
	edits := flag.Int("edits", 15, "edits of each kind in serve")
	only := flag.String("only", "", "a pattern: only contestants with such a name")
	ours := flag.Bool("ours", false, "only playbook; the figures of others stay as they are")
	again := flag.Bool("again", false, "measure Hugo alone (hugo-*) though it was measured before")
	serving := flag.Bool("serve", false, "without PART: those of serve")
	program := flag.String("playbook", "", "the program to measure (default: built from here)")
	limit := flag.Duration("limit", time.Hour, "begin no part after this time")
	work := flag.String("work", "", "where to work (default: in memory if there is /dev/shm)")
	disk := flag.String("disk", "", "a folder on a disk, for disk (default: the one for temporary files, or the user's cache)")
	table := flag.Bool("table", false, "measure nothing, only write the tables of RESULTS.md")
	list := flag.Bool("list", false, "measure nothing, only list the parts, and how long each took")
	dir := flag.String("results", "generator/bench", "the folder with RESULTS.md and results.jsonl")
	flag.Parse()

	m.runs, m.warm, m.edits, m.ours = *runs, *warm, *edits, *ours
	var err error
	if *only != "" {
		if m.only, err = regexp.Compile(*only); err != nil {
			return err
		}
	}
	if m.results, err = readResults(filepath.Join(*dir, "results.jsonl")); err != nil {
		return err
	}
	report := filepath.Join(*dir, "RESULTS.md")
	if *table {
		return m.results.writeTables(report)
	}
	parts := flag.Args()
	named := len(parts) > 0
	if !named {
		parts = coldParts
		if *serving {
			parts = serveParts
		}
		if *list {
			parts = append(append([]string{}, coldParts...), serveParts...)
		}
	}
	if *list {
		for _, p := range parts {
			if x, ok := m.results.whole(p); ok {
				m.say("%-18s %6.1f min, %s, load %.1f", p, x.Seconds/60, x.Began, x.Load)
			} else {
				m.say("%-18s not measured", p)
			}
		}
		return nil
	}
	for _, p := range parts {
		if _, _, err := split(p); err != nil {
			return err
		}
	}

	if m.work, err = workFolder(*work); err != nil {
		return err
	}
	defer os.RemoveAll(m.work)
	if m.disk, err = diskFolder(*disk); err != nil {
		return err
	}
	// An interrupt reaches the programs that run, too; they end, and so do we.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	m.stopped = ctx.Err
	m.state = stateOf()
	m.cpus = machine()
	if err := m.build(*program); err != nil {
		return err
	}
	start := time.Now()
	var missed []string
	for _, p := range parts {
		if ctx.Err() != nil {
			missed = append(missed, p+" (interrupted)")
			continue
		}
		before, known := m.results.whole(p)
		if strings.HasPrefix(p, "hugo") && known && !named && !*again {
			m.say("%s: measured %s, kept", p, before.Began)
			continue
		}
		if m.ours && strings.HasPrefix(p, "hugo") {
			continue
		}
		if time.Since(start) > *limit {
			missed = append(missed, p+" (no time left)")
			continue
		}
		if err := m.measure(p); err != nil {
			missed = append(missed, fmt.Sprintf("%s (%v)", p, err))
		}
		if err := m.results.writeTables(report); err != nil {
			return err
		}
	}
	m.say("%.1f minutes in all", time.Since(start).Minutes())
	if len(missed) > 0 {
		return fmt.Errorf("not measured: %s", strings.Join(missed, "; "))
	}
	return nil
}

func (m *measurer) say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// split tells the kind of a part and its number of pages.
func split(part string) (kind string, pages int, err error) {
	i := strings.LastIndexByte(part, '-')
	if i > 0 {
		kind = part[:i]
		pages, err = strconv.Atoi(part[i+1:])
	}
	if _, ok := kinds[kind]; !ok || err != nil || pages < 1 {
		return "", 0, fmt.Errorf("%q is no part: a kind and a number of pages, such as cold-1000", part)
	}
	return kind, pages, nil
}

func (m *measurer) measure(part string) (err error) {
	kind, pages, _ := split(part)
	m.part, m.pages = part, pages
	m.began = time.Now().UTC().Format("2006-01-02 15:04:05")
	m.load = load()
	m.say("%s, begun %s, load %.1f", part, m.began, m.load)
	start := time.Now()
	// Of each part only the site stays, for the next one with as many pages.
	defer func() {
		names, _ := os.ReadDir(m.work)
		for _, n := range names {
			if n.Name() != "bin" && n.Name() != fmt.Sprintf("site-%d", pages) {
				err = errors.Join(err, os.RemoveAll(filepath.Join(m.work, n.Name())))
			}
		}
	}()
	if free, need := freeMemory(), neededFor(pages); strings.HasPrefix(m.work, "/dev/shm") && free > 0 && free < need {
		return fmt.Errorf("needs about %d MiB of memory, and %d are free", need, free)
	}
	if m.only == nil && !m.ours {
		if err := m.results.begin(part); err != nil {
			return err
		}
	}
	if err := kinds[kind](m); err != nil {
		return err
	}
	if m.only != nil || m.ours {
		return nil
	}
	if err := m.results.settle(part, m.began); err != nil {
		return err
	}
	r := m.row("")
	r.Seconds = time.Since(start).Seconds()
	return m.results.put(r)
}

// row is an empty row of the part that is being measured.
func (m *measurer) row(name string) row {
	return row{Part: m.part, Name: name, Pages: m.files, Began: m.began, Machine: m.cpus, State: m.state, Load: m.load}
}

// build makes the programs that take part.
func (m *measurer) build(program string) error {
	bin := filepath.Join(m.work, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	m.playbook = filepath.Join(bin, "playbook")
	what := []string{"./generator/bench/corpus", "./generator/bench/floor", "./generator/bench/edits", "./generator/bench/search"}
	if program != "" {
		m.playbook = program
		m.state += ", another program"
	} else {
		what = append(what, ".")
	}
	return command([]string{"CGO_ENABLED=0"}, "go", append([]string{"build", "-trimpath", "-o", bin + "/"}, what...)...)
}

func (m *measurer) bin(name string) string { return filepath.Join(m.work, "bin", name) }

func command(env []string, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, tail(out, 4000))
	}
	return nil
}

// findHugo returns the program of the one version that the figures are about,
// and installs it into the user's cache if it is nowhere.
func (m *measurer) findHugo() (string, error) {
	if m.hugo != "" {
		return m.hugo, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	own := filepath.Join(cache, "playbook-bench", "hugo-"+hugoVersion)
	for _, h := range []string{"hugo", filepath.Join(own, "hugo")} {
		if out, err := exec.Command(h, "version").Output(); err == nil && strings.Contains(string(out), "v"+hugoVersion) {
			m.hugo, err = exec.LookPath(h)
			return m.hugo, err
		}
	}
	m.say("installing Hugo %s into the cache (this takes minutes)", hugoVersion)
	if err := command([]string{"GOBIN=" + own, "CGO_ENABLED=0", "GOFLAGS="}, "go", "install", "github.com/gohugoio/hugo@v"+hugoVersion); err != nil {
		return "", err
	}
	m.hugo = filepath.Join(own, "hugo")
	return m.hugo, nil
}

// findPagefind does so for Pagefind, which npm brings.
func (m *measurer) findPagefind() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	own := filepath.Join(cache, "playbook-bench", "pagefind-"+pagefindVersion)
	program := filepath.Join(own, "node_modules", ".bin", "pagefind")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := os.MkdirAll(own, 0o755); err != nil {
		return "", err
	}
	m.say("installing Pagefind %s into the cache", pagefindVersion)
	return program, command(nil, "npm", "install", "--prefix", own, "--no-audit", "--no-fund", "pagefind@"+pagefindVersion)
}

// workFolder makes the folder that everything happens in.
func workFolder(base string) (string, error) {
	if base == "" {
		base = os.TempDir()
		if d, err := os.Stat("/dev/shm"); err == nil && d.IsDir() {
			base = "/dev/shm"
		}
	}
	return os.MkdirTemp(base, "playbook-bench")
}

// diskFolder finds a folder that is on a disk.
func diskFolder(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	own := filepath.Join(cache, "playbook-bench")
	if !inMemory(os.TempDir()) {
		own = os.TempDir()
	}
	return own, os.MkdirAll(own, 0o755)
}

func inMemory(dir string) bool {
	out, err := exec.Command("df", "-P", dir).Output()
	if err != nil {
		return false
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.HasPrefix(lines[len(lines)-1], "tmpfs")
}

// machine says what the figures were taken on.
func machine() string {
	cpu := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if f := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindSubmatch(text); f != nil {
			cpu = string(f[1])
		}
	} else if out, err := exec.Command("sysctl", "-n", "machdep.cpu.brand_string").Output(); err == nil {
		cpu = strings.TrimSpace(string(out))
	}
	memory := ""
	if n := memInfo("MemTotal"); n > 0 {
		memory = fmt.Sprintf(", %d GiB", (n+512)/1024)
	}
	return fmt.Sprintf("%s, %d processors%s, %s/%s, %s", cpu, runtime.NumCPU(), memory, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// memInfo reads a line of what Linux says about memory, in MiB; 0 if there is none.
func memInfo(key string) int {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	f := regexp.MustCompile(`(?m)^` + key + `:\s+(\d+) kB`).FindSubmatch(text)
	if f == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(f[1]))
	return n / 1024
}

func freeMemory() int { return memInfo("MemAvailable") }

// neededFor is about how much memory a part takes, in MiB: what is written and
// read, and the larger of the programs.
func neededFor(pages int) int { return 500 + pages*125/1000 }

func load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	v, _ := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
	return v
}

// stateOf names the state of the source that is measured.
func stateOf() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	s := strings.TrimSpace(string(out))
	if out, err := exec.Command("git", "status", "--porcelain", "-uno", "--", "*.go", "go.mod", "layouts").Output(); err == nil && len(out) > 0 {
		s += ", changed"
	}
	return s
}
