package diag

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// at is a range on one line; to 0 means that the end is not known.
func at(file string, line, col, to int) (Pos, Pos) {
	p := Pos{File: file, Line: line, Col: col}
	if to == 0 {
		return p, Pos{}
	}
	return p, Pos{File: file, Line: line, Col: to}
}

func found(rule string, level Level, file string, line, col, to int, msg, hint string, also ...Note) Diagnostic {
	a, b := at(file, line, col, to)
	return Diagnostic{rule, level, a, b, msg, hint, also}
}

// reports are printed in every format; testdata/print/<name>.<format> holds what
// comes out.
func reports() map[string]struct {
	files map[string]string
	ds    []Diagnostic
	o     PrintOptions
} {
	type report = struct {
		files map[string]string
		ds    []Diagnostic
		o     PrintOptions
	}
	plan := "---\ntitle: EMEA\ntitle: Europe\ngoals: [grow-mid-markte]\n---\n\nSee [the goal](../goals/grow.md).\n"
	return map[string]report{
		"usual": {
			files: map[string]string{"content/plans/emea.md": plan},
			ds: []Diagnostic{
				found("front-duplicate", Error, "content/plans/emea.md", 3, 1, 6, `"title" is given twice`, "keep one of them",
					Note{Pos{"content/plans/emea.md", 2, 1}, "the first is here"}),
				found("ref-unknown", Error, "content/plans/emea.md", 4, 9, 24, `"grow-mid-markte" names no goal`, `did you mean "grow-mid-market"?`),
				found("link-broken", Warning, "content/plans/emea.md", 7, 16, 32, `"../goals/grow.md" is not there`, ""),
				found("page-empty", Info, "content/plans/emea.md", 0, 0, 0, "the page says little", ""),
			},
			o: PrintOptions{Version: "1.2.3"},
		},
		"none": {ds: nil},
		"places": {
			files: map[string]string{"a.md": "one\n  two words  \r\nthree", "b.md": ""},
			ds: []Diagnostic{
				found("no-file", Error, "", 0, 0, 0, "nothing can be read", "look at the disk"),
				found("", Error, "a.md", 1, 2, 0, "no rule", ""),
				found("whole-line", Error, "a.md", 2, 0, 0, "the line as a whole", "all of it"),
				found("at-end", Error, "a.md", 3, 6, 0, "something is missing behind the line", ""),
				found("behind-end", Error, "a.md", 3, 40, 50, "a place that the file no longer has", ""),
				{"two-lines", Error, Pos{"a.md", 1, 2}, Pos{"a.md", 2, 4}, "a range over two lines", "", nil},
				found("no-such-line", Error, "a.md", 9, 1, 0, "a line that the file no longer has", "save the file"),
				found("empty-file", Error, "b.md", 1, 1, 0, "an empty file", "write something"),
				found("not-there", Error, "c.md", 1, 1, 0, "a file that cannot be read", ""),
			},
			o: PrintOptions{Name: func(file string) string { return "docs/" + file }},
		},
		"wide": {
			files: map[string]string{
				"content/日本/計画.md":     "タイトル: 売上 goal\n",
				"content/tabs.md":      "\ta:\tbad\n",
				"content/accents.md":   "cafe\u0301s: x\u0308y\u0308 z\n",
				"content/emoji.md":     "🎯 👩\u200d💻 👍🏽 ok\n",
				"content/hangul.md":    "\u1112\u1161\u11ab x\n",
				"content/halfwidth.md": "ｱｲｳ x\n",
			},
			ds: []Diagnostic{
				found("wide", Error, "content/日本/計画.md", 1, 7, 9, "two wide characters", "hint"),
				found("wide", Error, "content/日本/計画.md", 1, 10, 14, "four narrow ones after wide ones", "hint"),
				found("tabs", Error, "content/tabs.md", 1, 5, 8, "after two tabs", "hint"),
				found("tabs", Error, "content/tabs.md", 1, 1, 2, "a tab", "hint"),
				found("accents", Error, "content/accents.md", 1, 9, 13, "two letters with marks above", "hint"),
				found("emoji", Error, "content/emoji.md", 1, 10, 12, "after joined signs", "hint"),
				found("hangul", Error, "content/hangul.md", 1, 5, 6, "after a syllable of three parts", "hint"),
				found("halfwidth", Error, "content/halfwidth.md", 1, 5, 6, "after halfwidth letters", "hint"),
			},
		},
		"long": {
			files: map[string]string{
				"a.md": strings.Repeat("left ", 40) + "HERE" + strings.Repeat(" right", 40) + "\n" +
					"HERE" + strings.Repeat(" right", 40) + "\n" +
					strings.Repeat("left ", 40) + "HERE\n" +
					strings.Repeat("日本", 60) + "HERE" + strings.Repeat("語", 60) + "\n" +
					strings.Repeat("x", 50) + strings.Repeat("long", 60) + "\n" +
					strings.Repeat("é", 500_000) + "HERE" + strings.Repeat("é", 500_000) + "\n" +
					strings.Repeat("e\u0301", 120) + "HERE\n",
			},
			ds: []Diagnostic{
				found("middle", Error, "a.md", 1, 201, 205, "in the middle", "hint"),
				found("begin", Error, "a.md", 2, 1, 5, "at the beginning", "hint"),
				found("end", Error, "a.md", 3, 201, 205, "at the end", "hint"),
				found("end", Error, "a.md", 3, 201, 205, "a hint that does not fit", strings.Repeat("do this and that ", 5)),
				found("wide", Error, "a.md", 4, 121, 125, "between wide characters", "hint"),
				found("range", Error, "a.md", 5, 51, 291, "a range that is too long to show", "hint"),
				found("huge", Error, "a.md", 6, 500_001, 500_005, "in a line of a million characters", "hint"),
				found("accents", Error, "a.md", 7, 241, 245, "no accent may stand alone at the cut", "hint"),
			},
			o: PrintOptions{Width: 60},
		},
		"hostile": {
			files: map[string]string{
				"content/a\x1b[2Jb.md": "x: \x1b]0;title\x07 \u202eevil\u202c \u009b31m \xff\xfe \x00 end\n",
				"content/50%,a:b.md":   "line\n",
			},
			ds: []Diagnostic{
				found("control", Error, "content/a\x1b[2Jb.md", 1, 27, 29, "quotes \"\x1b]0;title\x07\" and \u202eevil\u202c", "remove \x1b[31m\u009b"),
				found("control", Error, "content/a\x1b[2Jb.md", 1, 32, 35, "a column behind all of it", ""),
				found("escapes", Warning, "content/50%,a:b.md", 1, 1, 0, "100% of it\r\n::error::not a command", "::stop-commands::x",
					Note{Pos{"content/50%,a:b.md", 1, 2}, "at %0A, too"}),
				found("a:b,c%", Info, "c:d/e.md", 1, 1, 0, "tag\U000e0041, soft\u00adhyphen, line\u2028break, del\x7f", ""),
			},
		},
	}
}

func TestWriteGolden(t *testing.T) {
	seen := map[string]bool{}
	for name, r := range reports() {
		for _, f := range Formats() {
			file := filepath.Join("testdata", "print", name+"."+string(f))
			seen[file] = true
			t.Run(name+"/"+string(f), func(t *testing.T) {
				o := r.o
				o.Format = f
				o.Source = func(file string) []byte {
					if s, ok := r.files[file]; ok {
						return []byte(s)
					}
					return nil
				}
				var b bytes.Buffer
				if err := Write(&b, r.ds, o); err != nil {
					t.Fatal(err)
				}
				got := b.String()
				if *update {
					if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("-want +got (run with -update to accept):\n%s", diff)
				}
				for i, c := range got {
					if c == utf8.RuneError && !strings.HasPrefix(got[i:], "�") {
						t.Errorf("invalid UTF-8 at byte %d", i)
					}
					if c != '\n' && (unicode.IsControl(c) || hazardous(c)) {
						t.Errorf("%U reached the output at byte %d", c, i)
					}
				}
			})
		}
	}
	files, err := filepath.Glob("testdata/print/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !seen[f] {
			t.Errorf("no test reads %s", f)
		}
	}
}

// The words of the manual, to the letter.
func TestWriteTextAsDocumented(t *testing.T) {
	src := strings.Repeat("\n", 13) + "goals: [grow-mid-markte]\n"
	var b bytes.Buffer
	err := Write(&b, []Diagnostic{
		found("ref-unknown", Error, "content/plans/emea.md", 14, 9, 24, `"grow-mid-markte" names no goal`, `did you mean "grow-mid-market"?`),
	}, PrintOptions{Source: func(string) []byte { return []byte(src) }})
	if err != nil {
		t.Fatal(err)
	}
	want := `content/plans/emea.md:14:9: error[ref-unknown]: "grow-mid-markte" names no goal
   14 │ goals: [grow-mid-markte]
      │         ^^^^^^^^^^^^^^^ did you mean "grow-mid-market"?
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Colour adds escape sequences and changes nothing else.
func TestWriteColorOnlyAdds(t *testing.T) {
	for name, r := range reports() {
		o := r.o
		o.Source = func(file string) []byte { return []byte(r.files[file]) }
		var plain, color bytes.Buffer
		if err := Write(&plain, r.ds, o); err != nil {
			t.Fatal(err)
		}
		o.Color = true
		if err := Write(&color, r.ds, o); err != nil {
			t.Fatal(err)
		}
		if len(r.ds) > 0 && !strings.Contains(color.String(), "\x1b[1;31m") {
			t.Errorf("%s: no red in a report with errors", name)
		}
		stripped := color.String()
		for _, sgr := range []string{sgrReset, sgrBold, sgrDim, sgrRed, sgrYellow, sgrCyan, sgrGreen} {
			stripped = strings.ReplaceAll(stripped, sgr, "")
		}
		// Trailing space is cut before colour is put on in one case and not in
		// the other only if the two disagree.
		if stripped != plain.String() {
			t.Errorf("%s: colour changed the text:\n%s", name, cmp.Diff(plain.String(), stripped))
		}
	}
}

func TestWriteSARIFRefersToItsRules(t *testing.T) {
	for name, r := range reports() {
		var b bytes.Buffer
		if err := Write(&b, r.ds, PrintOptions{Format: SARIF}); err != nil {
			t.Fatal(err)
		}
		var log sarifLog
		d := json.NewDecoder(&b)
		d.DisallowUnknownFields()
		if err := d.Decode(&log); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		run := log.Runs[0]
		if run.Results == nil || len(run.Results) != len(r.ds) {
			t.Errorf("%s: %d results for %d diagnostics", name, len(run.Results), len(r.ds))
		}
		for _, res := range run.Results {
			if res.RuleID == "" {
				continue
			}
			if got := run.Tool.Driver.Rules[*res.RuleIndex].ID; got != res.RuleID {
				t.Errorf("%s: ruleIndex of %s names %s", name, res.RuleID, got)
			}
		}
	}
}

type failingWriter struct{}

var errFull = errors.New("disk full")

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

func TestWriteTellsTheWritersError(t *testing.T) {
	for _, f := range Formats() {
		d := []Diagnostic{found("r", Error, "a.md", 1, 1, 0, strings.Repeat("long ", 2000), "")}
		if err := Write(failingWriter{}, d, PrintOptions{Format: f}); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want %v", f, err, errFull)
		}
	}
}

// Whatever the line and wherever the place, the frame fits and the underline
// stands under the place.
func FuzzCutLine(f *testing.F) {
	f.Add("goals: [grow-mid-markte]", 8, 23, 94)
	f.Add("日本語 e\u0301 👩\u200d💻\t\x1b[0m\xff", 4, 9, 40)
	f.Add(strings.Repeat("left ", 100)+"HERE", 500, 504, 40)
	f.Add(strings.Repeat("\u0301", 300), 200, 210, 40)
	f.Add("", 0, 0, 40)
	f.Fuzz(func(t *testing.T, line string, from, end, room int) {
		from, end, room = min(max(from, 0), 1<<20), min(max(end, 0), 1<<20), 40+abs(room)%100
		text, pad, under := cutLine([]byte(line), from, max(from, end), room)
		if n := width(text); n > room && !strings.ContainsRune(line, '\u200d') && !strings.ContainsAny(text, "<\u1160") {
			t.Errorf("%d columns in a room of %d: %q", n, room, text)
		}
		if pad < 0 || under < 1 || pad+under > room+2 {
			t.Errorf("underline at %d, %d long, in a room of %d: %q", pad, under, room, text)
		}
		for _, r := range text {
			if unicode.IsControl(r) || hazardous(r) {
				t.Errorf("%U in %q", r, text)
			}
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}

func BenchmarkWriteText(b *testing.B) {
	src := []byte(strings.Repeat("goals: [grow-mid-markte]\n", 1000))
	var ds []Diagnostic
	for i := range 1000 {
		ds = append(ds, found("ref-unknown", Error, fmt.Sprintf("content/%d.md", i/10), i+1, 9, 24, "names no goal", "hint"))
	}
	for b.Loop() {
		var out bytes.Buffer
		if err := Write(&out, ds, PrintOptions{Source: func(string) []byte { return src }}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(ds)*b.N)/b.Elapsed().Seconds(), "diagnostics/s")
}
