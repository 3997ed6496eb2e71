package kind

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const planYAML = `
name: Plan
section: plans
schema:
  properties:
    status: {enum: [draft, active, done]}
    period: {type: string}
    starts: {type: string, format: date}
    ends: {type: string, format: date}
    follows: {x-ref: plan}
    holidays: {type: array, items: {type: string, format: date}}
    funnel: {type: object, properties: {target: {type: number}, booked: {type: number}}}
    actions:
      type: array
      items:
        type: object
        properties:
          what: {type: string}
          due: {type: string, format: date}
          status: {enum: [open, done], default: open}
          done_on: {type: string, format: date}
next:
  period: period
  starts: starts
  ends: ends
  follows: follows
  set: {status: draft, funnel.booked: 0}
  clear: [actions.done_on]
  drop: [{for: actions, when: 'it.status == "done" or it.due < "2020"'}]
`

func TestCarry(t *testing.T) {
	k := must(t, map[string]string{"plan": planYAML}).Get("plan")
	front := map[string]any{
		"title": "Alpha", "id": "alpha", "verified_on": "2026-06-01", "aliases": []any{"old"}, "tags": []any{"x"},
		"status": "active", "period": "2026-H2", "starts": "2026-07-01", "ends": "2026-12-31",
		"holidays": []any{"2026-08-31", "2026-10-03"},
		"funnel":   map[string]any{"target": int64(9), "booked": int64(4)},
		"actions": []any{
			map[string]any{"what": "a", "due": "2026-07-31", "status": "done", "done_on": "2026-07-30"},
			map[string]any{"what": "b", "due": "2026-08-30"},
			map[string]any{"what": "c", "due": "2026-09-01", "status": "open", "done_on": "2026-07-30"},
			map[string]any{"what": "d", "due": "soon"},
		},
	}
	tell := func(front map[string]any, by Span) string {
		t.Helper()
		edits, span := k.Carry(front, "alpha", by, "2026-11-23")
		var out []string
		for _, e := range edits {
			s := strings.Join(e.Path, ".")
			if e.Remove {
				s = "-" + s
			} else {
				s += "=" + fmt.Sprint(e.Value)
			}
			out = append(out, s)
		}
		return span.String() + ": " + strings.Join(out, " ")
	}
	want := "6 months: -id -aliases -verified_on -actions.0 -actions.0.done_on -actions.2.done_on period=2027-H1 starts=2027-01-01 ends=2027-06-30" +
		" holidays.0=2027-02-28 holidays.1=2027-04-03 actions.1.due=2027-02-28 actions.2.due=2027-03-01 status=draft funnel.booked=0 follows=alpha"
	got := tell(front, Span{})
	if a, b := strings.Fields(got), strings.Fields(want); !slices.Equal(sortedCopy(a), sortedCopy(b)) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, c := range []struct {
		front map[string]any
		by    Span
		want  string
	}{
		{map[string]any{"starts": "2026-01-15", "ends": "2026-04-14"}, Span{}, "3 months: starts=2026-04-15 ends=2026-07-14 status=draft follows=alpha"},
		{map[string]any{"starts": "2026-01-05", "ends": "2026-01-18"}, Span{}, "14 days: starts=2026-01-19 ends=2026-02-01 status=draft follows=alpha"},
		{map[string]any{"starts": "2026-01-05"}, Span{}, "0 days: status=draft follows=alpha"},
		{map[string]any{"starts": "2026-01-05", "ends": "2025-01-05"}, Span{}, "0 days: status=draft follows=alpha"},
		{map[string]any{"starts": "2026-01-05"}, Span{Months: 12}, "12 months: starts=2027-01-05 status=draft follows=alpha"},
		{map[string]any{"period": "2026-W53", "starts": "2026-12-28"}, Span{}, "7 days: starts=2027-01-04 period=2027-W01 status=draft follows=alpha"},
		{map[string]any{"period": "FY27", "starts": "2026-10-01", "ends": "2027-09-30"}, Span{}, "12 months: starts=2027-10-01 ends=2028-09-30 status=draft follows=alpha"},
		{map[string]any{"period": int64(2026), "actions": "none", "funnel": nil}, Span{}, "0 days: status=draft follows=alpha"},
	} {
		if got := tell(c.front, c.by); !slices.Equal(sortedCopy(strings.Fields(got)), sortedCopy(strings.Fields(c.want))) {
			t.Errorf("%v\ngot  %s\nwant %s", c.front, got, c.want)
		}
	}
	// A kind that says nothing of it: only what says who the document is goes.
	plain := must(t, map[string]string{"note": "name: Note\nschema: {properties: {on: {type: string, format: date}}}"}).Get("note")
	edits, span := plain.Carry(map[string]any{"id": "x", "on": "2026-01-01"}, "x", Span{}, "2026-11-23")
	if span != (Span{}) || len(edits) != 1 || !edits[0].Remove {
		t.Errorf("a kind without next: %v, %v", edits, span)
	}
}

func sortedCopy(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// The last day of a month stays the last, forwards through four years, and no
// month is left out.
func TestSpan(t *testing.T) {
	for s, want := range map[string]Span{"2w": {Days: 14}, "90d": {Days: 90}, "6m": {Months: 6}, "1y": {Months: 12}} {
		if got, ok := ParseSpan(s); !ok || got != want {
			t.Errorf("%q is %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "m", "6", "0m", "-1m", "6 m", "6mo", "99999999999d", "101y", "1.5y", "+1m"} {
		if got, ok := ParseSpan(s); ok {
			t.Errorf("%q is taken for %v", s, got)
		}
	}
	d := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for i := 1; i < 48; i++ {
		next := (Span{Months: 1}).add(d)
		if next.AddDate(0, 0, 1).Day() != 1 || next.Month() != d.AddDate(0, 0, 1).Month() {
			t.Fatalf("%s is followed by %s", d.Format(time.DateOnly), next.Format(time.DateOnly))
		}
		d = next
	}
}
