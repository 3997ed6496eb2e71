package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"playbook/generator/build"
	"playbook/generator/kind"
	"playbook/generator/output"
)

// outside is a Stdio whose streams are buffers and whose clock stands still.
func outside(env map[string]string) (Stdio, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	return Stdio{
		In: strings.NewReader(""), Out: &out, Err: &errs,
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Now:       func() time.Time { return time.Date(2026, 11, 23, 23, 59, 0, 0, time.FixedZone("", 9*3600)) },
	}, &out, &errs
}

func TestAFaultOfTheProgramIsTold(t *testing.T) {
	for _, verbose := range []bool{false, true} {
		std, out, errs := outside(nil)
		std.Now = func() time.Time { panic("the clock broke") }
		args := []string{"build", "-s", t.TempDir()}
		if verbose {
			args = append(args, "-v")
		}
		if code := Main(args, std, fstest.MapFS{}); code != exitMachine {
			t.Errorf("status %d, want %d", code, exitMachine)
		}
		if !strings.HasPrefix(errs.String(), "playbook: internal fault: the clock broke\n") || out.Len() > 0 {
			t.Errorf("told %q and %q", errs, out)
		}
		if got := strings.Contains(errs.String(), "goroutine "); got != verbose {
			t.Errorf("stack shown: %v, want %v", got, verbose)
		}
		if got := strings.Contains(errs.String(), "hint: "); got == verbose {
			t.Errorf("hint shown: %v, want %v", got, !verbose)
		}
	}
}

func TestToday(t *testing.T) {
	tests := []struct{ name, flag, epoch, want string }{
		{"the clock, where it stands", "", "", "2026-11-23"},
		{"the variable, in UTC", "", "1795391999", "2026-11-22"},
		{"the variable's zero", "", "0", "1970-01-01"},
		{"the variable's last day", "", "253402300799", "9999-12-31"},
		{"the flag first", "2024-02-29", "0", "2024-02-29"},
		{"no leap year", "2026-02-29", "", ""},
		{"not that form", "23.11.2026", "", ""},
		{"a time", "2026-11-23T00:00:00Z", "", ""},
		{"before 1970", "", "-1", ""},
		{"a fifth digit", "", "253402300800", ""},
		{"no number", "", "1e9", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			std, _, _ := outside(map[string]string{"SOURCE_DATE_EPOCH": tt.epoch})
			got, err := (&app{Stdio: std}).today(tt.flag)
			if got != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
			var f *failure
			if err != nil && (!errors.As(err, &f) || f.code != exitUsage || f.hint == "") {
				t.Errorf("%#v is no usage error with a hint", err)
			}
		})
	}
}

func TestStatusOfErrors(t *testing.T) {
	tests := []struct {
		err  error
		code int
		says string
	}{
		{nil, exitDone, ""},
		{told(exitContent), exitContent, ""},
		{wrong("do this", "that is wrong"), exitUsage, "playbook: that is wrong\nhint: do this\n"},
		{workError(fmt.Errorf("public: %w", output.ErrForeign)), exitUsage, "hint: name another folder"},
		{workError(fmt.Errorf("public: %w", output.ErrLocked)), exitMachine, "hint: wait"},
		{workError(context.Canceled), exitMachine, "playbook: interrupted, the site is as it was\n"},
		{workError(&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}), exitMachine, "hint: see who may"},
		{workError(&build.ConfigError{Msg: "there is no configuration x"}), exitUsage, "playbook: "},
		{errors.New("disk full"), exitMachine, "playbook: disk full\n"},
	}
	for _, tt := range tests {
		std, _, errs := outside(nil)
		if code := (&app{Stdio: std}).report(tt.err); code != tt.code {
			t.Errorf("%v: status %d, want %d", tt.err, code, tt.code)
		}
		if got := errs.String(); !strings.Contains(got, tt.says) || (got == "") != (tt.says == "") {
			t.Errorf("%v: told %q, want %q in it", tt.err, got, tt.says)
		}
	}
}

func TestPagePath(t *testing.T) {
	deal := &kind.Kind{ID: "deal", Section: "deals"}
	deep := &kind.Kind{ID: "rule", Section: "library/rules"}
	tests := []struct {
		kind       *kind.Kind
		name, want string
	}{
		{deal, "acme", "deals/acme.md"},
		{deal, "acme.md", "deals/acme.md"},
		{deal, "Big Corp!", "deals/big-corp.md"},
		{deal, "EMEA/Big Corp", "deals/emea/big-corp.md"},
		{deal, "deals/acme", "deals/acme.md"},
		{deal, "content/deals/acme", "deals/acme.md"},
		{deal, "deals", "deals/deals.md"},
		{deal, "content", "deals/content.md"},
		{deep, "x", "library/rules/x.md"},
		{deep, "library/rules/x", "library/rules/x.md"},
		{deep, "library/x", "library/rules/library/x.md"},
		{&kind.Kind{ID: "page"}, "a/b", "a/b.md"},
		{deal, "売上", "deals/売上.md"},
		{deal, "CON", "deals/con-page.md"},
		{deal, "_hidden", "deals/hidden.md"},
		{deal, ".hidden", "deals/hidden.md"},
		{deal, "../x", ""},
		{deal, "a/../x", ""},
		{deal, "./x", ""},
		{deal, "/x", ""},
		{deal, "", ""},
		{deal, ".md", ""},
		{deal, "a/", ""},
		{deal, "a//b", ""},
		{deal, "a\x00b", ""},
		{deal, "a\xffb", ""},
		{deal, strings.Repeat("long/", 300) + "x", ""},
	}
	for _, tt := range tests {
		got, err := pagePath(tt.kind, tt.name)
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("pagePath(%s, %q) = %q, %v; want %q", tt.kind.ID, tt.name, got, err, tt.want)
		}
	}
}

func TestTitleOf(t *testing.T) {
	for name, want := range map[string]string{
		"grow-mid-market":  "Grow mid market",
		"emea/grow_it.md":  "Grow it",
		"emea/iPhone plan": "IPhone plan",
		"B2B - the rest":   "B2B - the rest",
		"état":             "État",
	} {
		if got := titleOf(name); got != want {
			t.Errorf("titleOf(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	s := build.Stats{Pages: 48, Rendered: 12, Written: 3, Warnings: 2}
	if got, want := summary(s, false, 0.307), "48 pages, 12 rendered, 3 written, 0 errors, 2 warnings in 0.31 s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s = build.Stats{Pages: 1, Rendered: 1, Removed: 4, Errors: 1, Warnings: 1}
	if got, want := summary(s, false, 1), "1 page, 1 rendered, 0 written, 4 removed, 1 error, 1 warning in 1.00 s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := summary(s, true, 1), "1 page, 1 error, 1 warning in 1.00 s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestColorsAreAskedFor(t *testing.T) {
	tests := []struct {
		env  map[string]string
		want bool
	}{
		{nil, false}, // a buffer is no terminal
		{map[string]string{"CLICOLOR_FORCE": "1"}, true},
		{map[string]string{"CLICOLOR_FORCE": "0"}, false},
		{map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false},
		{map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": ""}, true},
	}
	for _, tt := range tests {
		std, _, errs := outside(tt.env)
		if got := (&app{Stdio: std}).screenOf(errs); got.color != tt.want || got.terminal {
			t.Errorf("%v: %+v, want colour %v on no terminal", tt.env, got, tt.want)
		}
	}
}

// locked lets the test read what the progress line's goroutine wrote.
type locked struct {
	sync.Mutex
	b bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.Lock()
	defer l.Unlock()
	return l.b.String()
}

func TestProgressShowsLongWorkAndCleansUp(t *testing.T) {
	var w locked
	watch, done := tick(&w, "building", time.Hour, time.Hour)
	watch("render", 1, 2)
	done()
	if w.String() != "" {
		t.Errorf("short work was shown: %q", w.String())
	}
	watch, done = tick(&w, "building", time.Microsecond, time.Millisecond)
	for w.String() == "" {
		time.Sleep(time.Millisecond)
	}
	watch("render", 7, 12)
	for !strings.Contains(w.String(), "\rbuilding: render 7 of 12, 0.") {
		time.Sleep(time.Millisecond)
	}
	done()
	done()
	got := w.String()
	if !strings.HasPrefix(got, "\rbuilding, 0.0 s") || !strings.HasSuffix(got, " \r") {
		t.Errorf("progress was %q", got)
	}
	if strings.ContainsAny(got, "\n\x1b") {
		t.Errorf("progress holds more than a line: %q", got)
	}
}

// A page is written whole, in the folder that is there, over nothing.
func TestCreate(t *testing.T) {
	content := t.TempDir()
	if err := os.Mkdir(content+"/Deals", 0o777); err != nil {
		t.Fatal(err)
	}
	got, err := create(content, "deals/emea/x.md", "text")
	if err != nil || got != "Deals/emea/x.md" {
		t.Fatalf("created %q, %v", got, err)
	}
	text, err := os.ReadFile(content + "/Deals/emea/x.md")
	if err != nil || string(text) != "text" {
		t.Errorf("wrote %q, %v", text, err)
	}
	for _, again := range []string{"deals/emea/x.md", "DEALS/EMEA/X.md"} {
		if got, err := create(content, again, "other"); err == nil {
			t.Errorf("created %q over %q", again, got)
		}
	}
	if text, _ := os.ReadFile(content + "/Deals/emea/x.md"); string(text) != "text" {
		t.Errorf("the page became %q", text)
	}
}
