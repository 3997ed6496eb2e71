//go:build unix

// Edits measures what a writer waits for: from writing a file to the changed
// bytes being served over HTTP.
//
//	go run ./generator/bench/edits [-n 50] [-kinds body,title,term,new,layout] DIR
//	go run ./generator/bench/edits -hugo [-theme generator/bench/hugo] DIR
//
// DIR is a site as generator/bench/corpus writes it. It is copied, and the copy
// is served by the real program and edited. With -hugo it is "hugo server" of
// the theme in generator/bench/hugo that serves the same content, and only
// bodies and titles are edited.
//
//	body    a sentence more at the end of a plan; each edit takes another plan
//	title   another title of a plan, which stands in lists, navigation and links
//	term    another first sentence of a term, which is its definition wherever
//	        the word is explained
//	new     a new term, for words that stand on 100 pages: each gets a link
//	layout  another base.html, which every page is made by
//
// The clock runs from before the file is written until the page's own address
// answers with the new words, asked for without pause but for a millisecond. A
// playbook shows all pages of an edit at once, and is held to it: for title the
// page before it is looked at too, for new all that use the term. Hugo's server
// does so for pages that were looked at lately and leaves others for later, in
// its default mode.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	n := flag.Int("n", 50, "edits of each kind")
	kinds := flag.String("kinds", "body,title,term,layout", "kinds of edit")
	binary := flag.String("program", "", "the program to measure (default: built from here, or hugo)")
	config := flag.String("config", "playbook.toml", "configuration of the site, by its name in DIR")
	log := flag.String("json", "", "a file for the figures, one line of JSON for each kind")
	layouts := flag.String("layouts", "layouts", "built-in layouts, of which base.html is edited")
	hugo := flag.Bool("hugo", false, `measure "hugo server" with edits of bodies`)
	theme := flag.String("theme", "generator/bench/hugo", "theme for -hugo")
	only := flag.String("term", "", "the term to edit, by its path below content (default: another one each time)")
	pause := flag.Duration("pause", 100*time.Millisecond, "between two edits")
	flag.Parse()
	if flag.NArg() != 1 || *n < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *n, strings.Split(*kinds, ","), *binary, *layouts, *config, *log, *hugo, *theme, *only, *pause); err != nil {
		fmt.Fprintln(os.Stderr, "edits:", err)
		os.Exit(3)
	}
}

func run(site string, n int, kinds []string, binary, layouts, config, log string, hugo bool, theme, only string, pause time.Duration) (err error) {
	// Beside the site, so that it is the same kind of disk.
	work, err := os.MkdirTemp(filepath.Dir(filepath.Clean(site)), "edits")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := os.CopyFS(filepath.Join(work, "content"), os.DirFS(filepath.Join(site, "content"))); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := ln.Addr().String()
	ln.Close()
	host, port, _ := net.SplitHostPort(addr)

	s := &server{dir: work, url: "http://" + addr, pause: pause}
	name := "playbook"
	var cmd *exec.Cmd
	if hugo {
		name = "hugo"
		kinds = slices.DeleteFunc(kinds, func(k string) bool { return k != "body" && k != "title" })
		if binary == "" {
			binary = "hugo"
		}
		at := filepath.Join(work, "theme") // Hugo locks the folder it builds in
		if err := os.CopyFS(at, os.DirFS(theme)); err != nil {
			return err
		}
		cmd = exec.Command(binary, "server", "--source", at, "--contentDir", filepath.Join(work, "content"), "--cacheDir", filepath.Join(work, "cache"),
			"--bind", host, "--port", port, "--baseURL", s.url+"/")
	} else {
		if binary == "" {
			binary = filepath.Join(work, "playbook")
			if out, err := exec.Command("go", "build", "-trimpath", "-o", binary, "playbook").CombinedOutput(); err != nil {
				return fmt.Errorf("%w\n%s", err, out)
			}
		}
		if text, err := os.ReadFile(filepath.Join(site, config)); err == nil {
			if err := os.WriteFile(filepath.Join(work, "playbook.toml"), text, 0o644); err != nil {
				return err
			}
		}
		if slices.Contains(kinds, "layout") {
			base, err := os.ReadFile(filepath.Join(layouts, "base.html"))
			if err != nil {
				return err
			}
			if err := errors.Join(os.Mkdir(filepath.Join(work, "layouts"), 0o755), os.WriteFile(filepath.Join(work, "layouts", "base.html"), base, 0o644)); err != nil {
				return err
			}
		}
		cmd = exec.Command(binary, "serve", "--source", work, "--addr", addr, "--as-of", "2026-11-23")
	}
	if slices.Contains(kinds, "new") {
		if err := s.prepare(n + 2); err != nil {
			return err
		}
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	stop := sync.OnceFunc(func() {
		cmd.Process.Signal(syscall.SIGINT)
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			cmd.Process.Kill()
			<-done
		}
	})
	defer stop()
	plans, err := s.pages("plans")
	if err != nil {
		return err
	}
	terms, err := s.pages("glossary")
	if err != nil {
		return err
	}
	if only != "" {
		terms = []string{filepath.Join(work, "content", filepath.FromSlash(only))}
	}
	first, err := os.ReadFile(plans[0])
	if err != nil {
		return err
	}
	called := strings.Trim(strings.TrimPrefix(string(title.Find(first)), "title: "), `"`)
	for !s.shows(s.address(plans[0]), called+"</h1>") { // there may be a page that asks for patience

		select {
		case err := <-done:
			done <- err
			return fmt.Errorf("the server ended: %v\n%s", err, said.Bytes())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Since(start) > 10*time.Minute {
			return errors.New("the server does not begin to serve")
		}
	}
	served := time.Since(start)
	fmt.Printf("%s, %d plans and %d terms: served after %.2f s\n", name, len(plans), len(terms), served.Seconds())
	time.Sleep(4 * time.Second) // files are old enough to be known by their times

	for _, kind := range kinds {
		var took []time.Duration
		var spent float64
		for i := -2; i < n; i++ { // two to warm up
			mark := fmt.Sprintf("edit-%s-%d-x", kind, i+2)
			plan, term := plans[(i+2)*37%len(plans)], terms[(i+2)*37%len(terms)]
			if i == 0 {
				spent = worked(cmd.Process.Pid)
			}
			var d time.Duration
			switch kind {
			case "body":
				d, err = s.edit(plan, s.address(plan), mark, func(b []byte) []byte { return fmt.Appendf(b, "\nOne sentence more, %s.\n", mark) })
			case "title":
				d, err = s.edit(plan, s.address(plan), mark, func(b []byte) []byte { return title.ReplaceAll(b, []byte(`title: "Renamed `+mark+`"`)) })
				if err == nil && !hugo {
					err = s.atOnce(mark, neighbour(plans, plan))
				}
			case "term":
				d, err = s.edit(term, s.address(term), mark, func(b []byte) []byte { return end.ReplaceAll(b, []byte("${0}It means "+mark+". ")) })
			case "new":
				d, err = s.add(i+2, plans)
			case "layout":
				d, err = s.edit(filepath.Join(work, "layouts", "base.html"), s.address(plan), mark, func(b []byte) []byte {
					b = edited.ReplaceAll(b, nil)
					return bytes.Replace(b, []byte("<head>"), []byte(`<head><meta name="edited" content="`+mark+`">`), 1)
				})
			default:
				return fmt.Errorf("%q is no kind of edit", kind)
			}
			if err != nil {
				return fmt.Errorf("%w; the server said:\n%s", err, said.Bytes())
			}
			if i >= 0 {
				took = append(took, d)
			}
		}
		spent = (worked(cmd.Process.Pid) - spent) / float64(n)
		if log != "" {
			if err := keep(log, kind, took, spent, 0); err != nil {
				return err
			}
		}
		slices.Sort(took)
		fmt.Printf("%-8s  %-6s  median %8.1f ms   95th percentile %8.1f ms   least %8.1f ms   %6.0f ms of CPU each   (%d edits)\n", name, kind, ms(took[len(took)/2]), ms(took[len(took)*95/100]), ms(took[0]), 1000*spent, len(took))
	}
	stop()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		fmt.Printf("peak memory %d MiB\n", u.Maxrss>>10)
		if log != "" {
			if err := keep(log, "start", []time.Duration{served}, 0, float64(u.Maxrss)/1024); err != nil {
				return err
			}
		}
	}
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	fmt.Printf("the server's last word: %s\n", strings.TrimSpace(lines[len(lines)-1]))
	return nil
}

var (
	title  = regexp.MustCompile(`(?m)^title: .*$`)
	end    = regexp.MustCompile(`(?s)\A---\n.*?\n---\n`) // of the front matter
	edited = regexp.MustCompile(`<meta name="edited" content="[^"]*">`)
)

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// server is a site that is being served, and the folder it is made from.
type server struct {
	dir, url string
	pause    time.Duration
	uses     int // pages that a new term is used by
}

// pages lists the pages of a section, sorted.
func (s *server) pages(section string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(filepath.Join(s.dir, "content", section), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(p, ".md") && !strings.HasPrefix(d.Name(), "_") {
			out = append(out, p)
		}
		return err
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("the site has no %s", section)
	}
	return out, err
}

// address is where the page of a file is served.
func (s *server) address(file string) string {
	rel, _ := filepath.Rel(filepath.Join(s.dir, "content"), file)
	return s.url + "/" + strings.TrimSuffix(filepath.ToSlash(rel), ".md") + "/"
}

func (s *server) shows(url, text string) bool {
	res, err := http.Get(url)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return err == nil && bytes.Contains(b, []byte(text))
}

// unknown is the n-th name that is no term yet.
func unknown(n int) string { return "marlin gauge " + string(rune('a'+n/26)) + string(rune('a'+n%26)) }

// users are the pages that use the n-th name, of n of them.
func (s *server) users(plans []string, n int) []string { return plans[n*s.uses : (n+1)*s.uses] }

// prepare has names stand on pages, each on others, before anything is served.
func (s *server) prepare(names int) error {
	plans, err := s.pages("plans")
	if err != nil {
		return err
	}
	if s.uses = min(100, len(plans)/names); s.uses == 0 {
		return errors.New("too few plans for so many new terms")
	}
	for n := range names {
		for _, p := range s.users(plans, n) {
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			if err := os.WriteFile(p, fmt.Appendf(b, "\nAsk for the %s before the next visit.\n", unknown(n)), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// add writes the n-th new term and returns how long it took until a page that
// uses it links to it. All others must do so by then.
func (s *server) add(n int, plans []string) (time.Duration, error) {
	name, users := unknown(n), s.users(plans, n)
	file := filepath.Join(s.dir, "content", "glossary", strings.ReplaceAll(name, " ", "-")+".md")
	mark := filepath.Base(s.address(file)) + "/"
	last := s.address(users[len(users)-1])
	if s.shows(last, mark) {
		return 0, fmt.Errorf("%s has %s already", last, mark)
	}
	start := time.Now()
	if err := os.WriteFile(file, fmt.Appendf(nil, "---\ntitle: %s%s\nstatus: agreed\nagreed_on: 2026-05-28\n---\nWhat tells how much is left.\n", strings.ToUpper(name[:1]), name[1:]), 0o644); err != nil {
		return 0, err
	}
	d, err := s.wait(start, last, mark)
	for _, u := range users {
		if err == nil {
			err = s.atOnce(mark, u)
		}
	}
	time.Sleep(s.pause)
	return d, err
}

// atOnce holds the server to showing a change on another page, too.
func (s *server) atOnce(mark, file string) error {
	if url := s.address(file); !s.shows(url, mark) {
		return fmt.Errorf("%s has come to one page, and not to %s", mark, url)
	}
	return nil
}

// neighbour is another page of the same folder, which lists this one.
func neighbour(plans []string, plan string) string {
	i := slices.Index(plans, plan)
	if i > 0 && filepath.Dir(plans[i-1]) == filepath.Dir(plan) {
		return plans[i-1]
	}
	return plans[min(i+1, len(plans)-1)]
}

// worked is how long a process has had processors, in seconds: asking it is its
// work as well. It is 0 where there is no /proc.
func worked(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return (user + system) / 100 // what a tick is
}

// keep appends figures to a file.
func keep(file, kind string, took []time.Duration, cpu, mib float64) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	var seconds []float64
	for _, d := range took {
		seconds = append(seconds, d.Seconds())
	}
	err = json.NewEncoder(f).Encode(map[string]any{"kind": kind, "seconds": seconds, "cpu": cpu, "mib": mib})
	return errors.Join(err, f.Close())
}

// edit changes a file and returns how long it took until mark was served.
func (s *server) edit(file, url, mark string, change func([]byte) []byte) (time.Duration, error) {
	old, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	text := change(old)
	if !bytes.Contains(text, []byte(mark)) {
		return 0, fmt.Errorf("%s is not written as expected", file)
	}
	if s.shows(url, mark) {
		return 0, fmt.Errorf("%s has %s already", url, mark)
	}
	start := time.Now()
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return 0, err
	}
	d, err := s.wait(start, url, mark)
	time.Sleep(s.pause)
	return d, err
}

// wait returns how long it took from start until mark was served.
func (s *server) wait(start time.Time, url, mark string) (time.Duration, error) {
	for !s.shows(url, mark) {
		waited := time.Since(start)
		if waited > 2*time.Minute {
			return 0, fmt.Errorf("%s does not come to %s", mark, url)
		}
		time.Sleep(time.Millisecond + waited/200) // a long wait is not made longer by asking
	}
	return time.Since(start), nil
}
