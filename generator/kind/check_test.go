package kind

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func goal(t testing.TB) (*Kind, *doc) {
	k := demo(t).Get("goal")
	vp := &doc{vals: map[string]any{"id": "roles/vp", "title": "VP Sales"}}
	return k, &doc{kind: k, vals: map[string]any{
		"id": "goals/a", "title": "Grow", "level": "team", "owner": vp, "target": 10.0, "actual": 4.0, "due": "2026-10-31", "supports": []Object{},
		"steps": []any{
			map[string]any{"what": "call", "who": vp, "due": "2026-11-01"},
			map[string]any{"what": "write", "due": "2026-11-02", "done": true},
			map[string]any{"what": "visit", "due": "2026-12-24"},
			map[string]any{"what": "think"},
		},
	}}
}

func TestChecks(t *testing.T) {
	k, d := goal(t)
	var got []string
	for i := range k.Checks {
		c := &k.Checks[i]
		fs, err := c.Eval(d, today)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
		for _, f := range fs {
			got = append(got, fmt.Sprintf("%s %s %s | %s | %s", c.ID, c.Level, strings.Join(f.Path, "."), f.Msg, f.Hint))
		}
	}
	want := []string{
		"goal-unmapped warning supports | this team goal supports no goal above it | the owner is VP Sales",
		"goal-step-late error steps.0.due | step 1 of 4, call, is 22 days late | ",
		"goal-step-nobody info steps.1 | nobody does it | ",
		"goal-step-nobody info steps.2 | nobody does it | ",
		"goal-step-nobody info steps.3 | nobody does it | ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	d.vals["level"], d.vals["steps"] = "corporate", nil
	for i := range k.Checks {
		if fs, err := k.Checks[i].Eval(d, today); len(fs) > 0 || err != nil {
			t.Errorf("%s fires without a reason: %v, %v", k.Checks[i].ID, fs, err)
		}
	}
}

func TestCheckKeepsWhatFired(t *testing.T) {
	k, d := goal(t)
	d.vals["steps"] = append(d.vals["steps"].([]any), "no mapping")
	fs, err := k.Checks[1].Eval(d, today)
	var ee *EvalError
	if len(fs) != 1 || !errors.As(err, &ee) {
		t.Fatalf("got %v and %v", fs, err)
	}
	// kind.yaml is where it happened: "not it.done" of goal-step-late.
	if line := strings.Split(goalYAML, "\n")[ee.At.Line-1]; !strings.HasPrefix(line[ee.At.Col-1:], "done and it.due") {
		t.Errorf("points at %d:%d: %s", ee.At.Line, ee.At.Col, line)
	}
}

func TestDerived(t *testing.T) {
	k, d := goal(t)
	below := &doc{kind: k, vals: map[string]any{"target": 4.0, "actual": 8.0}}
	unknown := &doc{kind: k, vals: map[string]any{}}
	top := &doc{kind: k, vals: map[string]any{"supported_by": []Object{d, below, unknown}}}
	for _, c := range []struct {
		of   *doc
		name string
		want any
	}{
		{d, "progress", 0.4}, {below, "progress", 1.0}, {unknown, "progress", nil}, {top, "progress", 0.7},
		{d, "at_risk", true}, {unknown, "at_risk", false}, {top, "reach", int64(3)}, {d, "next_due", "2026-12-24"}, {top, "next_due", nil},
	} {
		if got, err := c.of.Get(c.name); got != c.want || err != nil {
			t.Errorf("%s is %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestCalendar(t *testing.T) {
	k, d := goal(t)
	var got []string
	for i := range k.Calendar {
		es, err := k.Calendar[i].Eval(d, today)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			got = append(got, e.Date+" "+e.Title+" "+strings.Join(e.Path, "."))
		}
	}
	want := []string{
		"2026-10-31 Grow due",
		"2026-11-01 Grow: call steps.0.due", "2026-11-02 Grow: write steps.1.due", "2026-12-24 Grow: visit steps.2.due",
		"2026-11-01 Grow steps.0.due", "2026-11-02 Grow steps.1.due", "2026-12-24 Grow steps.2.due",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, "–"}, {2.0, "2"}, {1.005, "1"}, {1200000.0, "1200000"}, {0.456, "0.46"}, {-0.001, "0"}, {int64(-3), "-3"}, {false, "no"}, {[]any{"a", int64(1)}, "a, 1"}, {map[string]any{"b": 1, "a": "x"}, "a: x, b: 1"}, {struct{}{}, "?"},
	} {
		if got := text(c.v); got != c.want {
			t.Errorf("text(%v) = %q, want %q", c.v, got, c.want)
		}
	}
}
