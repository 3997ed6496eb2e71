package document

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// frontText returns what stands between a file's first two rules.
func frontText(src []byte) (text []byte, ok bool) {
	open, rest := cutLine(bytes.TrimPrefix(src, []byte("\ufeff")))
	if strings.TrimRight(string(open), " \t\r") != "---" {
		return nil, false
	}
	text, end := until(rest, func(l string) bool { return l == "---" || l == "..." })
	return text, end >= 0
}

// slowFront is what the library makes of a text.
func slowFront(text []byte, lim Limits) (*frontReader, error) {
	p := &frontReader{name: "f.md", line: 2, text: text, format: frontYAML, lim: lim}
	err := p.slowYAML()
	return p, err
}

// sameFront holds that fastYAML reads text as the library does, if at all. It
// tells whether it did.
func sameFront(t *testing.T, text []byte, lim Limits) bool {
	t.Helper()
	if firstInvalid(text) >= 0 {
		return false // is reported before anybody reads it
	}
	got, ok := fastYAML(text, 2, lim)
	if !ok {
		return false
	}
	p, err := slowFront(text, lim)
	switch {
	case err != nil:
		t.Errorf("%q is no front matter and was taken: %s", text, err)
	case len(p.diags) > 0:
		t.Errorf("%q was taken, and the library says: %s", text, said(p.diags))
	case !reflect.DeepEqual(got, p.front):
		t.Errorf("%q\nfast    %+v\nlibrary %+v", text, got, p.front)
	}
	return true
}

// frontFiles are the fronts of all Markdown files below dirs.
func frontFiles(t *testing.T, dirs ...string) (out [][]byte) {
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".md", ".markdown", ".mdx", ".yaml", ".yml"}, filepath.Ext(p)) {
				return err
			}
			src, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			if filepath.Ext(p)[1] == 'y' {
				out = append(out, src)
			} else if text, ok := frontText(src); ok {
				out = append(out, text)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestFrontFastFiles reads what people have written with both, and holds that
// the sample, which is written as people write, hardly needs the library.
func TestFrontFastFiles(t *testing.T) {
	taken, all := 0, frontFiles(t, "../../content")
	for _, text := range all {
		if sameFront(t, text, Limits{}) {
			taken++
		}
	}
	t.Logf("%d of the sample's %d are read fast", taken, len(all))
	if len(all) < 100 || taken*10 < len(all)*9 {
		t.Errorf("only %d of the sample's %d fronts are read fast", taken, len(all))
	}
	for _, text := range frontFiles(t, "../../layouts", "testdata", "../../generator") {
		sameFront(t, text, Limits{})
	}
}

// TestFrontFastCorpora does the same with handbooks of others.
func TestFrontFastCorpora(t *testing.T) {
	const dir = "../../../shared/corpora"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: the handbooks are not there: %v", err)
	}
	taken, all := 0, frontFiles(t, dir)
	for _, text := range all {
		if sameFront(t, text, Limits{}) {
			taken++
		}
	}
	t.Logf("%d of %d are read fast", taken, len(all))
}

// frontLines are lines of front matter, plain and tricky.
var frontLines = []string{
	"title: Plan", "a: b: c", "a: b #c", "a: b#c", "a:b", "a : b", "- - x", "- -", "-x", "-x: y", "- x", "- a: 1", "-", "- ", "a: 'it''s'", "a: ''''", "a: ''", `a: ""`, `a: "x\n"`, `a: "x"y`,
	"a: [a, b]", "a: []", "a: [ ]", "a: {}", "a: [,]", "a: [a,]", "a: [a,,b]", "a: [a b, 'c, d', \"e]\"]", "a: {a: b}", "a: {a: b, 'c': [1, {d: e}]}", "a: {a}", "a: {a:b}", "a: {a: }", "a: {\"a\":b}", "a: {a: b, a: c}",
	"a: [b: c]", "a: [b:c, http://x.org/y]", "a: [b #c]", "a: [b]#c", "a: [b] # c", "a: [b", "a: b]", "a: [-, -1, -x]", "a: [?, :x]", "{a: b}", "[a]", "a: [[[[x]]]]", "a: [b:]", "a: [b:[c]]",
	"a: 1_000", "a: 0o7", "a: 07", "a: 08", "a: 0x1F", "a: 0b11", "a: 1e3", "a: 1e400", "a: .5", "a: 5.", "a: -5", "a: +5", "a: -0", "a: -0.0", "a: -0.5", "a: 0.5", "a: 00", "a: 0", "a: 0.10", "a: 1.5.2", "a: -1-2", "a: 1-2",
	"a: 123456789012345", "a: 1234567890123456", "a: 9223372036854775807", "a: 9223372036854775808", "a: 18446744073709551615", "a: 99999999999999999999", "a: 123456789.123456789",
	"a: 12:30:45", "a: 2024-01-01", "a: 2024-1-1", "a: 2024-13-41", "a: 2024-01-01T10:00:00Z", "a: 2024-01-01 10:00:00", "a: 2024-H1", "a: 2024-01", "a: 20%", "a: 1,000", "a: 3D", "a: 4ab", "a: +49 30", "a: -", "a: +", "a: --", "a: +.inf", "a: -.Inf", "a: .inf", "a: .nan", "a: .x", "a: ..", "a: -.x", "a: -.", "a: ._5",
	"a: null", "a: Null", "a: nULL", "a: ~", "a: ~x", "a:", "a: ", "a: # c", "a:#c", "a: #c", "a: true", "a: True", "a: tRUE", "a: false", "a: yes", "a: No", "a: on", "a: y", "a: Infinity", "a: <<", "a: =", "a: <", "null: a", "true: a", "1: a", "~: a", "1.5: a", "'': a", `"": a`,
	"<<: x", "'<<': x", "? a", "?a: b", "? a: b", "a: |", "a: >", "a: >-", "a: |2", "a: &x", "a: *x", "a: !t x", "a: !!str 1", "a: @x", "a: `x", "a: %x", "%x: a", "a: ?x", "a: ? x", "a: :x", ":x: a", ": a", "a: -x", "a: - x", "a: - - x", "a: b:", "a: b:c", "a: 'b': c", "a: 'b' c", "a: 'b'#c", "a: 'b' #c",
	`"a": b`, `"a" : b`, "'a''b': c", `"a:b": c`, `"a": b: c`, `- "a": b`, "- 'it''s': b", "- 'a' b", "- 'a: b'", `- "a#b": c`, "- 'a': 'b': c", "- [a, b]", "- {a: b}", "- [a]: b", "[a]: b", "a: b  ", "a:  b", "a: b c  # d", "# c", "  # c", "#", "", "   ", "a: \u00e9\u00e8", "\u00fc: [x, yy]", "a: \U0001f600 x", "\u00e9: \u65e5\u672c: x", "a: \u00a0x", "\u00a0#a: b", "\u3000#a: b", "a: \u3000x",
	"\ufeffa: b", "a: \ufeffb", "a: \u0085b", "a: \u2028b", "a: \u2029b", "a: b\r", "a: b\rc", "a: b\tc", "a:\tb", "\ta: b", "a: b\t", "a: \x7fb", "a: \x01b", "a: \ufffeb", "---", "--- x", "---x: y", "...", "...: x", "....: x", "--: x", "a: ---", "a: ...", "key with blanks: b", "a,b: c", "a]: c", "a{b: c", "a&b: c*", "a!: %b", "a\\b: c\\d", "a\"b: c'd", "http://x: y", "a: http://x.org:80/y?z#q",
}

// TestFrontFastLines joins tricky lines at several indents, in an order that is
// the same each time.
func TestFrontFastLines(t *testing.T) {
	for _, l := range frontLines {
		sameFront(t, []byte(l+"\n"), Limits{})
		sameFront(t, []byte(l), Limits{})
		for _, m := range frontLines {
			for _, between := range []string{"\n", "\n  ", "\n    # c\n", "\r\n\r\n "} {
				sameFront(t, []byte("k:\n  "+l+between+m+"\n"), Limits{})
				sameFront(t, []byte(l+between+m+"\n"), Limits{})
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 20_000 {
		if sameFront(t, randomFront(r), Limits{}) {
			taken++
		}
	}
	if taken < 2_000 {
		t.Errorf("only %d random fronts were taken; they test little", taken)
	}
}

// randomFront makes lines that mostly fit together, so that some are taken.
func randomFront(r *rand.Rand) []byte {
	var b strings.Builder
	indent, step := 0, 2
	list := false
	for i := range 1 + r.IntN(12) {
		l := frontLines[r.IntN(len(frontLines))]
		if rest, ok := strings.CutPrefix(l, "a:"); ok {
			l = string(rune('b'+i)) + ":" + rest
		}
		if r.IntN(3) > 0 {
			l = string(rune('b'+i)) + ": " + []string{"x y", "12", "'q'", "[1, z]", "2026-01-01 # c"}[r.IntN(5)]
		}
		switch r.IntN(5) {
		case 0:
			b.WriteString(strings.Repeat(" ", indent) + string(rune('B'+i)) + ":\n")
			indent += step * r.IntN(2)
			list = r.IntN(2) == 0
		case 1:
			indent = step * r.IntN(1+indent/step)
			list = false
		}
		if list {
			l = "- " + l
		}
		b.WriteString(strings.Repeat(" ", indent) + l + "\n")
	}
	return []byte(b.String())
}

// TestFrontFastLimits holds that a limit is the library's to report.
func TestFrontFastLimits(t *testing.T) {
	for _, c := range []struct {
		text  string
		lim   Limits
		taken bool
	}{
		{"a: 1\nb: {c: 2}\n", Limits{Keys: 3}, true},
		{"a: 1\nb: {c: 2}\n", Limits{Keys: 2}, false},
		{"a: 1\n", Limits{Depth: 2}, true},
		{"a: 1\n", Limits{Depth: 1}, false},
		{"a: [b]\n", Limits{Depth: 3}, true},
		{"a: [b]\n", Limits{Depth: 2}, false},
		{"a:\n- b\n", Limits{Depth: 3}, true},
		{"a:\n- b\n", Limits{Depth: 2}, false},
		{"a: [" + strings.Repeat("x, ", 128) + "]\n", Limits{}, true},
		{"a: [" + strings.Repeat("x, ", 129) + "]\n", Limits{}, false},
		{strings.Repeat("- ", 300) + "x\n", Limits{}, false},
		{"a: " + strings.Repeat("[", 300) + "\n", Limits{}, false},
		{"a:\n " + strings.Repeat("- ", 30_000) + "x\n", Limits{}, false},
	} {
		if got := sameFront(t, []byte(c.text), c.lim); got != c.taken {
			t.Errorf("%.40q with %+v: taken %v", c.text, c.lim, got)
		}
	}
}

// FuzzFrontFast holds that whatever fastYAML takes, it reads as the library does.
func FuzzFrontFast(f *testing.F) {
	for _, l := range frontLines {
		f.Add([]byte(l + "\n"))
		f.Add([]byte("k:\n- " + l + "\n  " + l + "\n"))
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		f.Add(randomFront(r))
	}
	_, front, _ := strings.Cut(planFront, "---\n")
	front, _, _ = strings.Cut(front, "---\n")
	f.Add([]byte(front))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) < 64<<10 {
			sameFront(t, text, Limits{})
		}
	})
}
