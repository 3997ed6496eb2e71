package browser_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"playbook/generator/cli"
)

// TestLighthouse: nothing left to gain on the pages that reps open most, on a site
// that lets crawlers in; by itself a site does not, which costs points.
//
// It does not run in parallel: Go begins what does when this has ended. What else a
// machine does can only make a page slower. So a page has several attempts, each when
// the machine has become quiet, and of every measure of speed the best one counts.
// Everything else must be right each time.
func TestLighthouse(t *testing.T) {
	modules(t)
	if chromium() == "" {
		excused(t, "chromium is not installed")
	}
	config, err := os.ReadFile("../../playbook.toml")
	must(t, err)
	dir := t.TempDir()
	toml := filepath.Join(dir, "playbook.toml")
	must(t, os.WriteFile(toml, append(config, "\n[outputs]\nrobots = \"allow\"\n"...), 0o644))
	var out bytes.Buffer
	std := cli.Stdio{In: strings.NewReader(""), Out: &out, Err: &out, LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now}
	if code := cli.Main([]string{"build", "-s", "../..", "-c", toml, "-d", filepath.Join(dir, "public"), "--no-cache", "--as-of", "2026-11-23"}, std, os.DirFS("../../layouts")); code != 0 {
		t.Fatalf("exit %d\n%s", code, out.String())
	}
	h := newHost(t, filepath.Join(dir, "public"))
	for _, page := range []string{"", "plans/bavaria-2027-h1/", "glossary/", "glossary/lead/"} {
		t.Run("/"+page, func(t *testing.T) { perfect(t, h.URL+"/"+page) })
	}

	// A page that keeps its reader waiting fails.
	t.Run("slow", func(t *testing.T) {
		slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `<!doctype html><html lang="en"><title>Slow</title><p>Slow<script>for (const end = performance.now() + 900; performance.now() < end;);</script>`)
		}))
		defer slow.Close()
		a, err := lighthouse(t, slow.URL, usual, "performance")
		must(t, err)
		if s := a.speed(); s >= leastSpeed {
			t.Errorf("it scores %.1f: %s", s, a)
		}
	})
}

// leastSpeed is what a page must score for speed: what Lighthouse shows as 100.
const leastSpeed = 99.5

// perfect holds a page to 100 in every category.
func perfect(t *testing.T, url string) {
	t.Helper()
	times, index := usual, 0.0
	var best *audit
	for attempt := range 10 {
		quiet(t)
		a, err := lighthouse(t, url, times, "")
		if err != nil {
			t.Logf("attempt %d: %v", attempt+1, err)
			continue
		}
		t.Logf("attempt %d: %s", attempt+1, a)
		for name, c := range a.Categories {
			if name != "performance" && c.Score < 1 {
				t.Errorf("%s: %.0f\n\t%s", name, 100*c.Score, strings.Join(a.less(name), "\n\t"))
			}
		}
		if moved := a.Audits["cumulative-layout-shift"].NumericValue; moved > 0 {
			t.Errorf("things move by %.4f", moved)
		}
		if t.Failed() {
			return
		}
		// The highest index is the machine's own: others can only lower it. An attempt
		// that took the machine to be slower has shown a faster phone than is meant.
		index = max(index, a.Environment.BenchmarkIndex)
		own := slowdown(index)
		if times >= .9*own {
			if best = a.better(best); best.speed() >= leastSpeed {
				t.Logf("speed: %.1f", best.speed())
				return
			}
		}
		times = own
	}
	if best == nil {
		t.Fatal("no attempt counts")
	}
	t.Errorf("performance: %.1f at best\n\t%s", best.speed(), strings.Join(best.less("performance"), "\n\t"))
}

// usual is how much slower than this machine Lighthouse takes a phone to be.
const usual = 4.0

// slowdown is the same for a machine that Lighthouse finds to be of that speed. It
// takes machines to be fast desktops; for others its manual, under "Calibrating the
// CPU slowdown", and the calculator that is linked there have smaller figures.
func slowdown(index float64) float64 {
	type point struct{ index, times float64 }
	at := point{150, 1}
	for _, next := range []point{{800, 2}, {1300, 3}, {1533, usual}} {
		if index < next.index {
			return at.times + max(0, index-at.index)/(next.index-at.index)*(next.times-at.times)
		}
		at = next
	}
	return usual
}

// TestSlowdown: a fast machine gets no discount, and none is made faster than itself.
func TestSlowdown(t *testing.T) {
	t.Parallel()
	for index, want := range map[float64]float64{3000: 4, 1533: 4, 1300: 3, 1050: 2.5, 800: 2, 150: 1, 20: 1} {
		if got := slowdown(index); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v: %v, want %v", index, got, want)
		}
	}
}

// quiet waits until the machine is not busy with anything else, but not for ever.
func quiet(t *testing.T) {
	t.Helper()
	began := time.Now()
	for idle := 0; idle < 2 && time.Since(began) < time.Minute; {
		all, rest, ok := ticks()
		if !ok {
			return // there is no telling
		}
		time.Sleep(400 * time.Millisecond)
		all2, rest2, _ := ticks()
		if busy := 1 - (rest2-rest)/(all2-all); busy < .2 {
			idle++
		} else {
			idle = 0
		}
	}
	if waited := time.Since(began); waited > 5*time.Second {
		t.Logf("waited %.0f s for the machine to become quiet", waited.Seconds())
	}
}

// ticks are those of all processors since the machine started, and those of them
// without work.
func ticks() (all, rest float64, ok bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, false
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, s := range strings.Fields(line) {
		var n float64
		if fmt.Sscan(s, &n); i == 0 || i > 8 {
			continue
		}
		all += n
		if i == 4 || i == 5 {
			rest += n
		}
	}
	return all, rest, all > 0
}

// audit is what Lighthouse says of a page, as far as it is asked here.
type audit struct {
	Categories map[string]struct {
		Score     float64
		AuditRefs []struct {
			ID     string
			Weight float64
		}
	}
	Audits map[string]struct {
		Score        *float64
		NumericValue float64
		Title        string
		DisplayValue string
	}
	Environment  struct{ BenchmarkIndex float64 }
	RuntimeError *struct{ Message string }

	times float64 // how much slower the phone was
}

// speed is the score for performance, 0 to 100.
func (a *audit) speed() float64 {
	sum, weights := 0.0, 0.0
	for _, r := range a.Categories["performance"].AuditRefs {
		if s := a.Audits[r.ID].Score; r.Weight > 0 {
			weights += r.Weight
			if s != nil {
				sum += *s * r.Weight
			}
		}
	}
	return 100 * sum / weights
}

// better is an audit with the better of two for each measure of speed.
func (a *audit) better(than *audit) *audit {
	if than == nil {
		return a
	}
	for _, r := range a.Categories["performance"].AuditRefs {
		if b := than.Audits[r.ID]; b.Score != nil && (a.Audits[r.ID].Score == nil || *b.Score > *a.Audits[r.ID].Score) {
			a.Audits[r.ID] = b
		}
	}
	return a
}

// less tells what keeps a category from 100.
func (a *audit) less(category string) (out []string) {
	for _, r := range a.Categories[category].AuditRefs {
		if x := a.Audits[r.ID]; r.Weight > 0 && x.Score != nil && *x.Score < 1 {
			out = append(out, x.Title+": "+x.DisplayValue)
		}
	}
	return out
}

func (a *audit) String() string {
	n := func(id string) float64 { return a.Audits[id].NumericValue }
	return fmt.Sprintf("speed %.1f: first paint %.0f ms, largest %.0f ms, blocked %.0f ms, speed index %.0f ms, moved %.4f; the machine has %.0f, a phone is taken to be %.1f times slower",
		a.speed(), n("first-contentful-paint"), n("largest-contentful-paint"), n("total-blocking-time"), n("speed-index"), n("cumulative-layout-shift"), a.Environment.BenchmarkIndex, a.times)
}

// lighthouse has Lighthouse look at a page as a phone shows it that is so many
// times slower than this machine; at one category or at all four.
func lighthouse(t *testing.T, url string, times float64, category string) (*audit, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	args := []string{"node_modules/lighthouse/cli/index.js", url, "--quiet", "--output", "json", "--output-path", "stdout", "--disable-full-page-screenshot",
		fmt.Sprintf("--throttling.cpuSlowdownMultiplier=%.2f", times),
		"--chrome-flags=--headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking --user-data-dir=" + t.TempDir()}
	want := 4
	if category != "" {
		args, want = append(args, "--only-categories="+category), 1
	}
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Env = append(os.Environ(), "CHROME_PATH="+chromium())
	cmd.WaitDelay = 10 * time.Second
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("lighthouse: %w\n%s", err, said.Bytes())
	}
	a := &audit{times: times}
	if err := json.Unmarshal(out.Bytes(), a); err != nil {
		return nil, err
	}
	if a.RuntimeError != nil {
		return nil, fmt.Errorf("lighthouse: %s", a.RuntimeError.Message)
	}
	if len(a.Categories) != want {
		t.Fatalf("%d categories, want %d", len(a.Categories), want)
	}
	return a, nil
}
