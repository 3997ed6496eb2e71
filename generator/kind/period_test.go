package kind

import (
	"testing"
	"time"
)

// Every day lies in one period of each length, the periods follow each other
// without a gap, and their names sort as they do.
func TestPeriods(t *testing.T) {
	for _, length := range periods {
		last := ""
		for d := time.Date(2019, 12, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2033; d = d.AddDate(0, 0, 1) {
			v, wrong := periodOf(d, length)
			name, _ := v.(string)
			from, to, l, ok := parsePeriod(name)
			if wrong != "" || !ok || l != length || d.Before(from) || !d.Before(to) {
				t.Fatalf("%s lies in the %s %q, from %s to %s (%v)", d.Format(time.DateOnly), length, name, from, to, ok)
			}
			if name == last {
				continue
			}
			if !d.Equal(from) && last != "" || name < last {
				t.Fatalf("%s begins the %s %q, after %q, which begins on %s", d.Format(time.DateOnly), length, name, last, from)
			}
			next, _ := stepPeriod(1)([]any{last})
			prev, _ := stepPeriod(-1)([]any{name})
			if last != "" && (next != name || prev != last) {
				t.Errorf("after %s comes %v, before %s %v", last, next, name, prev)
			}
			last = name
		}
	}
	for _, s := range []string{"", "2026-", "26-Q1", "2026-Q", "2026-Q0", "2026-QQ1", "2026-W", "2026-W1", "2026-W00", "2021-W53", "2026-H0", "2026-13", "2026-+1", "0000", "9999", "2026-01-01", "2026-W-1", "2026-1W", "2026-W+1", "2026-WQ1", "+026"} {
		if _, _, l, ok := parsePeriod(s); ok {
			t.Errorf("%q is taken for a %s", s, l)
		}
	}
}

func FuzzPeriod(f *testing.F) {
	for _, s := range []string{"2026", "2026-W53", "2026-Q4", "2026-H2", "2026-02", "2026-W", "0001-W01", "9998-W52"} {
		f.Add(s, 1.0)
	}
	f.Fuzz(func(t *testing.T, s string, n float64) {
		from, to, length, ok := parsePeriod(s)
		if !ok {
			return
		}
		if v, _ := periodOf(from, length); v != s || !from.Before(to) {
			t.Errorf("%q begins on %s, in %v", s, from, v)
		}
		if v, _ := stepPeriod(1)([]any{s, n}); v != nil {
			if back, _ := stepPeriod(-1)([]any{v, n}); back != s && back != nil {
				t.Errorf("%v after %q is %v, and before that is %v", n, s, v, back)
			}
		}
	})
}
