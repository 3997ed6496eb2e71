package picture

import (
	"bytes"
	"flag"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

var (
	update  = flag.Bool("update", false, "rewrite the golden files")
	gallery = flag.String("gallery", "", "folder in which to put a page with all pictures and the theme's style sheet")
)

// The cases are layouts, as a theme's keeper would write them, in
// testdata/*.tmpl: a line "== name" begins each.
type layoutCase struct{ name, text string }

func cases(t testing.TB) []layoutCase {
	files, err := filepath.Glob("testdata/*.tmpl")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no cases", err)
	}
	var out []layoutCase
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split("\n"+string(b), "\n== ")[1:] {
			name, text, _ := strings.Cut(part, "\n")
			out = append(out, layoutCase{strings.TrimSuffix(filepath.Base(f), ".tmpl") + "-" + strings.ReplaceAll(name, " ", "-"), text})
		}
	}
	return out
}

func helpers() template.FuncMap {
	m := Funcs(Reader{})
	m["list"] = func(v ...any) []any { return v }
	m["dict"] = func(kv ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	return m
}

// world is data that is too long to write down.
func world() map[string]any {
	w := map[string]any{}
	item := func(i int) map[string]any {
		return map[string]any{"id": fmt.Sprint("g", i), "label": fmt.Sprintf("Item number %d", i), "url": fmt.Sprintf("/~pb~/items/%d/", i), "value": float64(i*7919%101) / 100,
			"date": fmt.Sprintf("2026-%02d-%02d", i*31%12+1, i*17%28+1), "x": float64(i * 37 % 100), "y": float64(i * 53 % 100), "tone": []string{"", "good", "warn", "bad", "done"}[i%5], "weight": int64(i % 6)}
	}
	var many []any
	for i := range 300 {
		many = append(many, item(i))
	}
	w["many"] = many
	var goals []any
	for i := range 3000 {
		g := item(i)
		if i > 4 {
			g["up"] = []any{fmt.Sprint("g", (i-1)/6)}
		}
		if i%50 == 49 {
			g["up"] = append(g["up"].([]any), fmt.Sprint("g", i/9))
		}
		goals = append(goals, g)
	}
	w["goals"] = goals
	w["deep"] = deep(600)
	return w
}

func deep(n int) []any {
	var out []any
	for i := range n {
		out = append(out, map[string]any{"id": fmt.Sprint(i), "up": []any{fmt.Sprint(i - 1)}, "label": fmt.Sprint("Level ", i)})
	}
	return out
}

func render(t testing.TB, text string) (string, error) {
	tmpl, err := template.New("case").Funcs(helpers()).Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var b bytes.Buffer
	err = tmpl.Execute(&b, world())
	return strings.TrimSpace(b.String()), err
}

// TestGolden compares each case with what a person once looked at, and holds
// what must be true of every picture.
func TestGolden(t *testing.T) {
	seen := map[string]bool{}
	var page strings.Builder
	for _, c := range cases(t) {
		t.Run(c.name, func(t *testing.T) {
			got, err := render(t, c.text)
			if err != nil {
				t.Fatal(err)
			}
			again, _ := render(t, c.text)
			if again != got {
				t.Error("the same data gave another picture")
			}
			sound(t, got)
			if !strings.Contains(c.name, "many") {
				fmt.Fprintf(&page, "<h2><small>%s</small></h2>\n%s\n", c.name, strings.ReplaceAll(got, "/~pb~/", "./"))
			}
			file := filepath.Join("testdata", c.name+".html")
			seen[file] = true
			lines := strings.NewReplacer("<li", "\n<li", "<tr", "\n<tr", "<svg", "\n<svg", "<div", "\n<div", "</figure", "\n</figure").Replace(got) + "\n"
			if strings.Contains(c.name, "many") {
				lines = fmt.Sprintf("%d bytes\n%s\n", len(got), head(lines, 4000))
			}
			if *update {
				if err := os.WriteFile(file, []byte(lines), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err, "; run with -update, then look at it")
			}
			if string(want) != lines {
				t.Errorf("differs from %s; look at it, then run with -update\n%s", file, firstDifference(string(want), lines))
			}
		})
	}
	files, _ := filepath.Glob("testdata/*.html")
	for _, f := range files {
		if !seen[f] {
			if *update {
				os.Remove(f)
				continue
			}
			t.Errorf("%s belongs to no case", f)
		}
	}
	if *gallery != "" {
		writeGallery(t, *gallery, page.String())
	}
}

func head(s string, n int) string { return s[:min(n, len(s))] }

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d\n want %s\n got  %s", i+1, x[i], y[i])
		}
	}
	return "one is longer"
}

// writeGallery puts all pictures on one page with the theme's own style sheet,
// to be looked at: wide and narrow, light and dark, on paper.
func writeGallery(t *testing.T, dir, body string) {
	css, err := os.ReadFile("../../layouts/assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, theme := range []string{"light", "dark"} {
		page := `<!doctype html><html lang="en" data-theme="` + theme + `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self' file:; img-src 'self'"><title>Pictures</title><link rel="stylesheet" href="style.css"></head><body><div class="frame plain"><main class="main"><h1>Pictures</h1>` + body + `</main></div></body></html>`
		if err := os.WriteFile(filepath.Join(dir, theme+".html"), []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "style.css"), css, 0o644); err != nil {
		t.Fatal(err)
	}
}

// allowed are the elements and attributes that a picture may have. No style, no
// handler, no script, no reference but a link.
var (
	allowedElements   = set("figure figcaption ul ol li dl dt dd div p span bdi b strong a time table thead tbody tr th td details summary svg g rect circle path line text title desc")
	allowedAttributes = set("class id role aria-hidden aria-label aria-current scope tabindex open href datetime data-tone x y x1 x2 y1 y2 cx cy r dx dy d width height viewbox preserveaspectratio transform text-anchor font-size pathlength stroke-dasharray stroke-dashoffset")
)

func set(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// sound holds what is true of every picture, whatever was drawn.
func sound(t reporter, s string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(s))
	var open []string
	void := set("")
	titles := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("left open: %v in %s", open, head(s, 300))
			}
			if titles == 0 {
				t.Error("no caption")
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if !allowedElements[tok.Data] {
				t.Errorf("element %s", tok.Data)
			}
			if tok.Data == "figcaption" {
				titles++
			}
			image, named := false, len(tok.Attr) == 0
			for _, a := range tok.Attr {
				if !allowedAttributes[strings.ToLower(a.Key)] {
					t.Errorf("attribute %s of %s", a.Key, tok.Data)
				}
				if a.Key == "href" && (tok.Data != "a" || !safeURL(a.Val)) {
					t.Errorf("address %q of %s", a.Val, tok.Data)
				}
				if a.Key == "id" && tok.Data != "figure" {
					t.Errorf("%s has an id", tok.Data)
				}
				if (strings.Contains(a.Val, "NaN") || strings.Contains(a.Val, "Inf")) && a.Key != "aria-label" && a.Key != "href" {
					t.Errorf("%s=%q", a.Key, a.Val)
				}
				image = image || a.Key == "role" && a.Val == "img"
				named = named || a.Key == "aria-hidden"
			}
			if tok.Data == "svg" && image == named && !strings.Contains(tok.String(), "pic-at") && !strings.Contains(tok.String(), "pic-stretch") {
				t.Errorf("%s is neither decoration nor an image with a name", tok)
			}
			if tok.Type == html.StartTagToken && !void[tok.Data] {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			tok := z.Token()
			if len(open) == 0 || open[len(open)-1] != tok.Data {
				t.Fatalf("</%s> closes %v", tok.Data, open)
			}
			open = open[:len(open)-1]
		case html.CommentToken, html.DoctypeToken:
			t.Error("a comment or doctype")
		}
	}
}

// reporter is what testing and rapid have in common.
type reporter interface {
	Helper()
	Error(...any)
	Errorf(string, ...any)
	Fatalf(string, ...any)
}
