package torture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"playbook/generator/cli"
)

// A box is a folder with a site in it and things around the site that are none
// of its business.
type box struct{ dir string }

func (b box) site() string    { return filepath.Join(b.dir, "site") }
func (b box) outside() string { return filepath.Join(b.dir, "outside") }
func (b box) public() string  { return filepath.Join(b.dir, "site", "public") }

// newBox makes a box with the small site in it, not built.
func newBox(t testing.TB) box {
	t.Helper()
	dir, err := os.MkdirTemp(scratch(), "box")
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	b := box{dir}
	t.Cleanup(func() { release(dir) })
	must(t, os.MkdirAll(filepath.Join(b.outside(), "deep"), 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, "home"), 0o755))
	must(t, os.WriteFile(filepath.Join(b.outside(), "secret.txt"), []byte(secret), 0o644))
	must(t, os.WriteFile(filepath.Join(b.outside(), "secret.md"), []byte("# Secret\n\n"+secret+"\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(b.outside(), "deep", "secret.png"), []byte("\x89PNG"+secret), 0o644))
	b.write(t, small)
	return b
}

// builtBox makes a box with the small site in it, built.
func builtBox(t testing.TB) box {
	t.Helper()
	b := newBox(t)
	must(t, os.CopyFS(b.public(), os.DirFS(smallBuilt())))
	return b
}

// secret stands in files that no output may show.
const secret = "zsecretz"

// small is the site that hostile things are added to. It has no errors.
var small = map[string]string{
	"playbook.toml":    "title = \"Small\"\nhistory = \"off\"\nbase_url = \"https://example.org/x/\"\n",
	"content/index.md": "# Small\n\nSee [one](guides/one.md) and [[two]].\n",
	"content/lead.txt": "text beside a page\n",
	"content/guides/one.md": "---\ntitle: One\ntags: [first]\naliases: [/old/one/]\nowner: boss\nverified_on: 2026-01-01\n---\n## Part\n\nThe lead goes to [[two]].[^1]\n\n- [ ] to do\n- [x] done\n\n" +
		"> [!NOTE]\n> Note.\n\n```go\nfunc a() {}\n```\n\n| a | b |\n|:-:|---|\n| 1 | 2 |\n\n[^1]: Foot.\n",
	"content/guides/two.md":    "---\ntitle: Two\n---\nBack to [one](one.md#part). ![[one#Part]]\n",
	"content/roles/boss.md":    "---\ntitle: Boss\ndepartment: sales\n---\nIs in charge.\n",
	"content/glossary/lead.md": "---\ntitle: Lead\nstatus: agreed\ndefinition: Somebody who asked.\n---\nMore of it.\n",
	"content/goals/top.md":     "---\ntitle: Top\nlevel: corporate\nowner: boss\nmetric: orders\ntarget: 10\nactual: 4\ndue: 2027-01-01\n---\nWhy.\n",
	"content/assumptions/a.md": "---\ntitle: It holds\nstatus: holds\nbelief: It holds.\nowner: boss\n---\n",
	"content/fr/index.md":      "---\ntitle: Accueil\nlang: fr\n---\nBonjour.\n",
}

// write puts files into the site, by path.
func (b box) write(t testing.TB, files map[string]string) {
	t.Helper()
	for p, text := range files {
		full := filepath.Join(b.site(), filepath.FromSlash(p))
		must(t, os.MkdirAll(filepath.Dir(full), 0o755))
		must(t, os.WriteFile(full, []byte(text), 0o644))
	}
}

// smallBuilt is the small site's output, made once.
var smallBuilt = sync.OnceValue(func() string {
	dir := filepath.Join(scratch(), "small")
	for p, text := range small {
		full := filepath.Join(dir, filepath.FromSlash(p))
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte(text), 0o644)); err != nil {
			panic(err)
		}
	}
	if o := here("build", "-s", dir, "--as-of", asOf, "--no-cache"); o.code != 0 {
		panic("the small site has errors: " + o.err)
	}
	return filepath.Join(dir, "public")
})

const asOf = "2026-11-23"

// outcome is what can be seen of a run of the command.
type outcome struct {
	code     int
	out, err string
	peak     int64 // bytes, of a process
	signal   string
	hung     bool
}

// here runs the command in this process.
func here(args ...string) outcome {
	table.builds.add(1)
	var out, errs bytes.Buffer
	env := map[string]string{"GOGC": "100", "NO_COLOR": "1"}
	code := cli.Main(args, cli.Stdio{In: strings.NewReader(""), Out: &out, Err: &errs,
		LookupEnv: func(n string) (string, bool) { v, ok := env[n]; return v, ok }, Now: time.Now}, layouts())
	return outcome{code: code, out: out.String(), err: errs.String()}
}

// patience is how long a process may take, on a machine however busy.
const patience = 5 * time.Minute

// process is how the command is run as a process of its own.
type process struct {
	dir   string
	env   []string // instead of that of the test
	shim  *shimOrder
	files []*os.File // given on, from 3
	began func(*os.Process)
}

// run runs the built command.
func (p process) run(args ...string) outcome {
	table.builds.add(1)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(), args...)
	cmd.Env = p.env
	if cmd.Env == nil {
		cmd.Env = append(os.Environ(), "NO_COLOR=1", "HOME="+filepath.Join(scratch(), "home"))
	}
	if p.shim != nil {
		text, err := json.Marshal(p.shim)
		if err != nil {
			return outcome{code: -1, err: err.Error()}
		}
		cmd.Path, cmd.Args[0] = os.Args[0], os.Args[0]
		if abs, err := filepath.Abs(os.Args[0]); err == nil {
			cmd.Path = abs
		}
		cmd.Env = append(cmd.Env, shimVariable+"="+string(text), "TORTURE_PROGRAM="+program())
	}
	var out, errs bytes.Buffer
	var peak int64
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = p.dir, &out, &errs, p.files
	err := cmd.Start()
	if err == nil {
		if p.began != nil {
			p.began(cmd.Process)
		}
		held := holding(cmd.Process.Pid)
		err = cmd.Wait()
		peak = held()
	}
	o := outcome{out: out.String(), err: errs.String(), code: -1, hung: ctx.Err() != nil, peak: peak}
	if s := cmd.ProcessState; s != nil {
		o.code = s.ExitCode()
		if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
			o.signal = w.Signal().String()
		}
	} else {
		o.err += err.Error()
	}
	return o
}

// finding is a diagnostic as --format json tells it.
type finding struct {
	Rule, Level, File, Message, Hint string
	Line, Column                     int
}

// findings reads the report on standard output.
func (o outcome) findings() ([]finding, error) {
	var report struct{ Diagnostics []finding }
	if strings.TrimSpace(o.out) == "" {
		return nil, nil
	}
	err := json.Unmarshal([]byte(o.out), &report)
	return report.Diagnostics, err
}

// brief tells what was reported, without what the small site is told anyway.
func (o outcome) brief() string {
	var b strings.Builder
	fs, _ := o.findings()
	for _, f := range fs {
		if small[f.File] == "" {
			fmt.Fprintf(&b, "\n  %s:%d:%d: %s[%s]: %s", f.File, f.Line, f.Column, f.Level, f.Rule, f.Message)
		}
	}
	return brief(o.err+b.String(), 1500)
}

// snapshot tells what lies in a folder: kind, mode and content of each thing.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && p == dir {
				return nil
			}
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		info, err := d.Info()
		if err != nil {
			return err
		}
		what := info.Mode().String()
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(p)
			if err != nil {
				return err
			}
			what += " " + to
		case info.Mode().IsRegular():
			f, err := os.Open(p)
			if err != nil {
				return err
			}
			h := sha256.New()
			_, err = io.Copy(h, f)
			f.Close()
			if err != nil {
				return err
			}
			what += fmt.Sprintf(" %x", h.Sum(nil)[:8])
		}
		out[filepath.ToSlash(rel)] = what
		return nil
	})
	must(t, err)
	return out
}

// contents reads all files of a folder, without those that are the program's
// own.
func contents(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && p == dir {
				return nil
			}
			return err
		}
		if !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".playbook-") {
			return nil
		}
		rel, _ := filepath.Rel(dir, p)
		out[filepath.ToSlash(rel)], err = os.ReadFile(p)
		return err
	})
	must(t, err)
	return out
}

// difference names what differs between two snapshots, leaving out what lies in
// some folders; "" if nothing does.
func difference(was, is map[string]string, but ...string) string {
	var out []string
	for _, p := range slices.Sorted(maps.Keys(is)) {
		if _, ok := was[p]; !ok && !within(p, but) {
			out = append(out, p+" is new")
		}
	}
	for _, p := range slices.Sorted(maps.Keys(was)) {
		if w := was[p]; is[p] != w && !within(p, but) {
			if is[p] == "" {
				out = append(out, p+" is gone")
			} else {
				out = append(out, p+" is another")
			}
		}
	}
	if len(out) > 5 {
		out = append(out[:5], fmt.Sprintf("and %d more", len(out)-5))
	}
	return strings.Join(out, ", ")
}

func within(p string, folders []string) bool {
	for _, f := range folders {
		if p == f || strings.HasPrefix(p, f+"/") {
			return true
		}
	}
	return false
}
