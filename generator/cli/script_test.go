package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"playbook/generator/cli"
)

// layoutsVar tells the playbook of a script where the built-in layouts are: the
// program proper has them embedded.
const layoutsVar = "PLAYBOOK_TEST_LAYOUTS"

// today is the day on which all scripts run.
var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"playbook": func() {
			std := cli.System()
			began := time.Now()
			std.Now = func() time.Time { return today.Add(time.Since(began)) }
			os.Exit(cli.Main(os.Args[1:], std, os.DirFS(os.Getenv(layoutsVar))))
		},
	})
}

// TestScripts runs the stories in testdata. Their names begin with what they
// are about. Beside the commands of testscript they have:
//
//	diag RULE FILE:LINE[:COL]   the last command told of RULE there
//	diags N                     the last command told of N things
//	stats KEY VALUE             stats.json has that figure
//	edit FILE s/OLD/NEW/        OLD, a regular expression, becomes NEW in FILE
//	sameasclean [FLAG ...]      public is what a build from nothing with FLAGs makes
//	unchanged DIR               DIR is as it was when keep DIR was called
//	keep DIR                    remember DIR for unchanged
//	try PAGE RULE [LINE:COL]    bad/PAGE.md as a page of content/deals fails a strict
//	                            build with RULE there and nothing else, and leaves
//	                            public as it was kept
//	status N COMMAND ...        COMMAND ends with status N
//	fetch N PATH [TEXT]         the server whose address the file "url" holds soon answers
//	                            PATH with status N and a body that matches TEXT
//
// A "!" before diag, unchanged or sameasclean turns it round.
func TestScripts(t *testing.T) {
	layouts, err := filepath.Abs("../../layouts")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: false,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv(layoutsVar, layouts)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"diag":        scriptDiag,
			"diags":       scriptDiags,
			"stats":       scriptStats,
			"edit":        scriptEdit,
			"sameasclean": scriptSameAsClean,
			"keep":        scriptKeep,
			"unchanged":   scriptUnchanged,
			"status":      scriptStatus,
			"try":         scriptTry,
			"fetch":       scriptFetch,
		},
	})
}

// heads are the first lines of diagnostics as text, in what the last command
// wrote to either stream.
func heads(ts *testscript.TestScript) []string {
	head := regexp.MustCompile(`(?m)^(\S.*?): (error|warning|info)(\[[^\]]*\])?: .*$`)
	return head.FindAllString(ts.ReadFile("stderr")+"\n"+ts.ReadFile("stdout"), -1)
}

func scriptDiag(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: diag RULE FILE:LINE[:COL]")
	}
	rule, place := args[0], args[1]
	found := false
	for _, h := range heads(ts) {
		at, rest, _ := strings.Cut(h, ": ")
		if (at == place || strings.HasPrefix(at, place+":")) && strings.Contains(rest, "["+rule+"]: ") {
			found = true
		}
	}
	if found == neg {
		ts.Fatalf("diag %s %s: want it %v; told were:\n%s", rule, place, !neg, strings.Join(heads(ts), "\n"))
	}
}

func scriptDiags(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: diags N")
	}
	if got := heads(ts); strconv.Itoa(len(got)) != args[0] {
		ts.Fatalf("%d diagnostics, want %s:\n%s", len(got), args[0], strings.Join(got, "\n"))
	}
}

func scriptStats(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: stats KEY VALUE")
	}
	var all map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stats.json")), &all))
	v, ok := all[args[0]]
	if !ok {
		ts.Fatalf("stats.json has no %q", args[0])
	}
	if (fmt.Sprint(v) == args[1]) == neg {
		ts.Fatalf("%s is %v, want %s (turned round: %v)", args[0], v, args[1], neg)
	}
}

func scriptEdit(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 || len(args[1]) < 4 || args[1][0] != 's' {
		ts.Fatalf("usage: edit FILE s/OLD/NEW/")
	}
	parts := strings.Split(args[1][2:], args[1][1:2])
	if len(parts) != 3 || parts[2] != "" {
		ts.Fatalf("edit: %q is not s/OLD/NEW/", args[1])
	}
	old, err := regexp.Compile("(?m)" + parts[0])
	ts.Check(err)
	file := ts.MkAbs(args[0])
	text := ts.ReadFile(args[0])
	if !old.MatchString(text) {
		ts.Fatalf("edit: %s has nothing like %q", args[0], parts[0])
	}
	ts.Check(os.WriteFile(file, []byte(old.ReplaceAllString(text, strings.ReplaceAll(parts[1], `\n`, "\n"))), 0o666))
}

// listing is every file below dir but the engine's own notes, with its text.
func listing(ts *testscript.TestScript, dir string) map[string]string {
	out := map[string]string{}
	root := ts.MkAbs(dir)
	ts.Check(filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(p)
		if strings.HasPrefix(filepath.Base(rel), ".playbook") {
			return err
		}
		out[filepath.ToSlash(rel)] = string(text)
		return err
	}))
	return out
}

// differing names the files that are not the same in both listings.
func differing(a, b map[string]string) []string {
	var out []string
	for name, text := range a {
		if other, ok := b[name]; !ok || other != text {
			out = append(out, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out
}

func scriptSameAsClean(ts *testscript.TestScript, neg bool, args []string) {
	dir := "public"
	clean := ts.MkAbs("clean-build-to-compare")
	ts.Check(os.RemoveAll(clean))
	ts.Check(ts.Exec("playbook", append([]string{"build", "--no-cache", "-q", "-d", clean}, args...)...))
	d := differing(listing(ts, dir), listing(ts, clean))
	ts.Check(os.RemoveAll(clean))
	if (len(d) == 0) == neg {
		ts.Fatalf("%s and a clean build differ in %q (turned round: %v)", dir, d, neg)
	}
}

// kept is where keep puts a copy: outside of what scripts see as their own.
func kept(dir string) string { return ".kept-" + strings.ReplaceAll(dir, "/", "-") }

func scriptKeep(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: keep DIR")
	}
	to := ts.MkAbs(kept(args[0]))
	ts.Check(os.RemoveAll(to))
	ts.Check(os.CopyFS(to, os.DirFS(ts.MkAbs(args[0]))))
}

func scriptUnchanged(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: unchanged DIR")
	}
	d := differing(listing(ts, kept(args[0])), listing(ts, args[0]))
	if (len(d) == 0) == neg {
		ts.Fatalf("%s differs from what was kept in %q (turned round: %v)", args[0], d, neg)
	}
}

func scriptStatus(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND ...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("status %s, want %s:\n%s%s", code, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

func scriptTry(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: try PAGE RULE [LINE:COL]")
	}
	page := "content/deals/" + args[0] + ".md"
	ts.Check(os.WriteFile(ts.MkAbs(page), []byte(ts.ReadFile("bad/"+args[0]+".md")), 0o666))
	scriptStatus(ts, false, []string{"1", "playbook", "build", "--strict"})
	place := page
	if len(args) > 2 {
		place += ":" + args[2]
	}
	scriptDiag(ts, false, []string{args[1], place})
	scriptDiags(ts, false, []string{"1"})
	scriptUnchanged(ts, false, []string{"public"})
	ts.Check(os.Remove(ts.MkAbs(page)))
}

func scriptFetch(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 || neg {
		ts.Fatalf("usage: fetch N PATH [TEXT]")
	}
	want := regexp.MustCompile(append(args, "")[2])
	said := "nothing"
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		url, err := os.ReadFile(ts.MkAbs("url")) // a browser that is opened writes it, so it comes late
		if err != nil || !strings.HasSuffix(string(url), "\n") {
			continue
		}
		res, err := http.Get(strings.TrimSuffix(string(url), "/\n") + args[1])
		if err != nil {
			said = err.Error()
			continue
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if said = fmt.Sprintf("%d\n%s", res.StatusCode, body); err == nil && strconv.Itoa(res.StatusCode) == args[0] && want.Match(body) {
			return
		}
	}
	ts.Fatalf("fetch %s: the answer is %s", strings.Join(args, " "), said)
}
