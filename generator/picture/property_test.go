package picture

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawn(t rapid.TB, name string, data any, options ...any) string {
	f := Funcs(Reader{})[name].(func(any, ...any) (template.HTML, error))
	s, err := f(data, append(options, "title", "T")...)
	if err != nil {
		t.Fatal(err)
	}
	return string(s)
}

func floats(t rapid.TB, pattern, s string) [][]float64 {
	var out [][]float64
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(s, -1) {
		var row []float64
		for _, g := range m[1:] {
			f, err := strconv.ParseFloat(g, 64)
			if err != nil {
				t.Fatal(err)
			}
			row = append(row, f)
		}
		out = append(out, row)
	}
	return out
}

// TestBarsInProportion: a bar is as wide as its value, lies within the box,
// begins or ends at zero.
func TestBarsInProportion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vals := rapid.SliceOfN(rapid.Float64Range(-1e12, 1e12), 1, 12).Draw(t, "values")
		var items []any
		lo, hi := 0.0, 0.0
		for _, v := range vals {
			items = append(items, v)
			lo, hi = min(lo, v), max(hi, v)
		}
		rows := strings.Split(drawn(t, "bars", items), "<li>")[1:]
		for i, row := range rows {
			fill := floats(t, `pic-fill pic-s0" x="([-\d.]+)%" width="([-\d.]+)%"`, row)
			if len(fill) == 0 {
				if vals[i] != 0 {
					t.Fatalf("no bar for %v", vals[i])
				}
				continue
			}
			x, w := fill[0][0], fill[0][1]
			zero := 100 * -lo / (hi - lo)
			if want := 100 * math.Abs(vals[i]) / (hi - lo); math.Abs(w-want) > .02 {
				t.Errorf("%v is %v wide, want %v", vals[i], w, want)
			}
			if x < 0 || x+w > 100.02 {
				t.Errorf("from %v to %v", x, x+w)
			}
			if edge := x; vals[i] > 0 && math.Abs(edge-zero) > .02 || vals[i] < 0 && math.Abs(edge+w-zero) > .02 {
				t.Errorf("%v does not stand on zero (%v): %v + %v", vals[i], zero, x, w)
			}
		}
	})
}

// TestRing: the parts are as long as their shares, do not overlap, and numbers
// stand within the box.
func TestRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vals := rapid.SliceOfN(rapid.Float64Range(-10, 1e6), 1, 14).Draw(t, "values")
		steps := rapid.Bool().Draw(t, "steps")
		var items []any
		for _, v := range vals {
			items = append(items, v)
		}
		s := drawn(t, "ring", items, "steps", steps)
		end, sum := 0.0, 0.0
		for _, a := range floats(t, `pic-arc pic-p\d" d="[^"]*" pathLength="100" stroke-dasharray="([-\d.]+) 200" stroke-dashoffset="([-\d.]+)"`, s) {
			if -a[1] < end-.03 {
				t.Errorf("a part begins at %v, the one before ends at %v", -a[1], end)
			}
			end, sum = -a[1]+a[0], sum+a[0]
		}
		if end > 100.05 || sum > 100.05 {
			t.Errorf("parts end at %v, are %v together", end, sum)
		}
		for _, p := range floats(t, `pic-no" text-anchor="middle" x="([-\d.]+)" y="([-\d.]+)"`, s) {
			if p[0] < 8 || p[0] > ringBox-8 || p[1] < 10 || p[1] > ringBox-2 {
				t.Errorf("a number at %v", p)
			}
		}
	})
}

// TestTimelineRoom: at the width of a phone no mark covers another, no date
// another, and everything lies within the box.
func TestTimelineRoom(t *testing.T) {
	const width, char = narrow, letter
	rapid.Check(t, func(t *rapid.T) {
		spread := rapid.SampledFrom([]int{1, 5, 40, 400, 5000, 900_000}).Draw(t, "spread")
		var items []any
		for _, d := range rapid.SliceOfN(rapid.IntRange(0, spread), 1, 60).Draw(t, "days") {
			items = append(items, map[string]any{"date": dayOf(d + 1000).Format("2006-01-02")})
		}
		s := drawn(t, "timeline", items, "today", dayOf(1000+rapid.IntRange(0, spread).Draw(t, "today")).Format("2006-01-02"))
		h := floats(t, `pic-axis-svg pic-l(\d+)"`, s)[0][0]*laneHeight + axisTop + 4 + axisBelow
		at := map[string]bool{}
		for _, m := range floats(t, `pic-at" x="([-\d.]+)%" y="([-\d.]+)"`, s) {
			if k := fmt.Sprint(m); at[k] {
				t.Errorf("two marks at %v", m)
			} else {
				at[k] = true
			}
			if x := m[0] / 100 * width; x < 4 || x > width-4 || m[1] < axisTop-5 || m[1] > h-axisBelow {
				t.Errorf("a mark at %v of %v", m, h)
			}
		}
		if step := 96.0 / bins / 100 * width; step < 7.9 {
			t.Errorf("marks are %v apart", step)
		}
		end := -1.0
		for _, m := range regexp.MustCompile(`pic-no" x="([-\d.]+)%" y="[\d]+" text-anchor="(\w+)">([^<]*)<`).FindAllStringSubmatch(s, -1) {
			x, _ := strconv.ParseFloat(m[1], 64)
			from, w := x/100*width, char*float64(len([]rune(html.UnescapeString(m[3]))))
			switch m[2] {
			case "middle":
				from -= w / 2
			case "end":
				from -= w
			}
			if from < 0 || from+w > width || from < end-.1 {
				t.Errorf("date %q from %v to %v, the one before ends at %v", m[3], from, from+w, end)
			}
			end = from + w
		}
	})
}

// TestScatterRoom: no two marks share a place, and all lie within the plane.
func TestScatterRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items []any
		n := rapid.IntRange(1, 80).Draw(t, "n")
		for range n {
			items = append(items, map[string]any{"x": rapid.Float64Range(-5, 5).Draw(t, "x"), "y": rapid.Float64().Draw(t, "y")})
		}
		s := drawn(t, "scatter", items)
		at := map[string]bool{}
		for _, m := range floats(t, `<circle class="pic-bubble" cx="([-\d.]+)%" cy="([-\d.]+)%"`, s) {
			if at[fmt.Sprint(m)] || m[0] < 5 || m[0] > 95 || m[1] < 5 || m[1] > 95 {
				t.Errorf("a mark at %v", m)
			}
			at[fmt.Sprint(m)] = true
		}
		if len(at) == 0 {
			t.Error("no mark")
		}
	})
}

// TestCascadeWhole: however items hang together, each is drawn once.
func TestCascadeWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		var items []any
		for i := range n {
			up := rapid.SliceOfN(rapid.IntRange(0, n), 0, 3).Draw(t, "up")
			var ids []any
			for _, u := range up {
				ids = append(ids, fmt.Sprint(u))
			}
			items = append(items, map[string]any{"id": fmt.Sprint(i), "label": fmt.Sprintf("<%d>", i), "up": ids})
		}
		s := drawn(t, "cascade", items)
		sound(t, s)
		if got := strings.Count(s, "<li><div>"); got != n {
			t.Errorf("%d items drawn, want %d", got, n)
		}
		for i := range n {
			if !strings.Contains(s, fmt.Sprintf(`<li><div><bdi>&lt;%d&gt;</bdi>`, i)) {
				t.Errorf("%d is not drawn", i)
			}
		}
	})
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		lang string
		v    float64
		want string
	}{
		{"", 1200.5, "1200.5"}, {"", 12345.678, "12\u202f345.68"}, {"en", 1200.5, "1,200.5"}, {"en-GB", -1234567, "−1,234,567"},
		{"de", 1200.5, "1.200,5"}, {"de-CH", 0.005, "0,01"}, {"fr", 1200.5, "1\u202f200,5"}, {"fr", 999, "999"}, {"ja", 1200, "1200"},
		{"en", 1e12, "1,000,000,000,000"}, {"en", 1e15, "1\u202f×\u202f10¹⁵"}, {"de", -1.25e300, "−1,25\u202f×\u202f10³⁰⁰"}, {"en", -0.001, "0"},
		{"en", math.NaN(), "–"}, {"en", math.Inf(1), "–"}, {"en", math.MaxFloat64, "1.8\u202f×\u202f10³⁰⁸"},
	} {
		if got := langOf(c.lang).number(c.v); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.lang, c.v, got, c.want)
		}
	}
	for _, c := range []struct {
		lang  string
		share float64
		want  string
	}{{"en", .625, "63%"}, {"de", .625, "63\u202f%"}, {"en", .999, "99%"}, {"en", .001, "1%"}, {"", 0, "0\u202f%"}, {"", 1, "100\u202f%"}} {
		if got := langOf(c.lang).percent(c.share); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.lang, c.share, got, c.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for s, want := range map[string]bool{
		"/~pb~/a/": true, "./a/": true, "a:b": false, "a/b:c": true, "#x": true, "?q=a:b": true, "https://example.com": true, "HTTPS://example.com/x": true,
		"https://": false, "http://example.com": false, "//example.com": false, "/\\example.com": false, "javascript:alert(1)": false, "java\nscript:x": false,
		" https://example.com": false, "data:text/html,x": false, "": false, "mailto:a@b": false, "\x00": false,
	} {
		if safeURL(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

// TestMistakes: what a layout does wrong is an error that names the picture.
func TestMistakes(t *testing.T) {
	for layout, want := range map[string]string{
		`{{bars (list 1)}}`:                                 "bars: needs a title",
		`{{bars (list 1) "title"}}`:                         "bars: each option needs a value",
		`{{bars (list 1) "title" "T" "titel" "x"}}`:         `bars: there is no option "titel"; there are title, caption, note, lang, unit, id, tones, max`,
		`{{bars 7 "title" "T"}}`:                            "bars: the data must be a list",
		`{{ring (list 1) "title" "T" 3 4}}`:                 "ring: 3 is no name of an option",
		`{{ring (list 1) "title" "T" "id" "a b"}}`:          `ring: id "a b" must be letters, digits and hyphens`,
		`{{cascade (dict "label" "A") "title" "T"}}`:        "cascade: the data must be a list",
		`{{timeline "soon" "title" "T" "lang" "de"}}`:       "timeline: the data must be a list",
		`{{range .many}}{{bars . "title" "T"}}{{end}}`:      "bars: the data must be a list",
		`{{trend (list 1) "title" "T" "today" "2026-1-1"}}`: "trend: there is no option",
	} {
		_, err := render(t, layout)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", layout, err, want)
		}
	}
}

type badge struct{ Name string }

// TestReader: items that are no dicts are read through the reader, under the
// names that the layout says.
func TestReader(t *testing.T) {
	r := Reader{Field: func(item any, name string) any {
		if name == "name" || name == "label" && item.(*badge).Name == "B" {
			return item.(*badge)
		}
		if name == "days" {
			return int64(len(item.(*badge).Name))
		}
		return nil
	}, Text: func(v any) string {
		if b, ok := v.(*badge); ok {
			return b.Name
		}
		return fmt.Sprint(v)
	}}
	f := Funcs(r)["bars"].(func(any, ...any) (template.HTML, error))
	s, err := f([]*badge{{"Ada"}, {"B"}}, "title", "T", "caption", false, "value_from", "days", "label_from", "name")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<figcaption class="sr">`, `<bdi class="pic-label">Ada</bdi>`, `<b>3</b>`, `<bdi class="pic-label">B</bdi>`, `<b>1</b>`} {
		if !strings.Contains(string(s), want) {
			t.Errorf("no %s in %s", want, s)
		}
	}
}

// FuzzPictures: no text of content breaks out of its place, whatever it is.
func FuzzPictures(f *testing.F) {
	f.Add("<script>alert(1)</script>", "javascript:alert(1)", "12", 3)
	f.Add(`" onload="x`, "https://example.com/\"><img src=x>", "NaN", 1)
	f.Add("]]>--><!--", "//example.com", "-1e400", 40)
	f.Add("\x00\xff\u202e", "/~pb~/a", "2026-02-30", 13)
	f.Add("&lt;b&gt; &amp;", "?a=1&b=2", "1e308", 2)
	f.Fuzz(func(t *testing.T, label, url, value string, n int) {
		n = max(0, min(n, 40))
		items := make([]any, 0, n)
		for i := range n {
			it := map[string]any{"id": value, "label": label, "url": url, "value": value, "of": label, "status": label, "tone": url, "note": label, "x": value, "y": i,
				"date": value, "weight": value, "values": []any{value, url, map[string]any{"value": i, "of": value, "url": url, "note": label}}, "up": []any{url, label}, "items": []any{label, value}}
			if i%2 == 0 {
				it["tone"], it["value"], it["date"], it["up"] = "bad", float64(i), "2026-11-0"+strconv.Itoa(i%9+1), value
			}
			items = append(items, it)
		}
		own := map[string][]any{
			"bars": {"max", value}, "pairs": {"series", []any{label, url}}, "ring": {"steps", n%3 == 0}, "grid": {"columns", []any{label, value}, "corner", label, "of", value, "total", true},
			"timeline": {"today", "2026-11-05", "from", value}, "quadrants": {"columns", []any{label, url}, "rows", []any{label, url}, "weights", value}, "scatter": {"x", label, "corners", []any{label, url, value, label}, "xmax", value},
			"trend": {"of", value, "min", label}, "cascade": {"here", value, "limit", value},
		}
		for name, fn := range Funcs(Reader{}) {
			s, err := fn.(func(any, ...any) (template.HTML, error))(items, append([]any{"title", "T" + label, "note", label, "unit", label, "lang", value, "tones", map[string]any{label: "good"}}, own[name]...)...)
			if err != nil {
				t.Fatal(name, err)
			}
			sound(t, string(s))
		}
	})
}

// The budget of a usual picture is 50 µs.
func BenchmarkPictures(b *testing.B) {
	w := world()
	rows := w["many"].([]any)[:12]
	for _, name := range []string{"bars", "ring", "timeline", "trend", "scatter", "strip", "cascade", "funnel"} {
		f := Funcs(Reader{})[name].(func(any, ...any) (template.HTML, error))
		options := []any{"title", "T", "lang", "en"}
		if name == "timeline" {
			options = append(options, "today", "2026-11-23")
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f(rows, options...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("cascade-3000", func(b *testing.B) {
		b.ReportAllocs()
		f := Funcs(Reader{})["cascade"].(func(any, ...any) (template.HTML, error))
		for b.Loop() {
			if _, err := f(w["goals"], "title", "T"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
