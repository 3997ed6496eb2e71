package build_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"playbook/generator/book"
	"playbook/generator/build"
	"playbook/generator/document"
	"playbook/generator/kind"
	"playbook/generator/source"
)

// write puts files into a folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for p, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checked builds a site of the given files in memory and returns its
// diagnostics as "file: rule line".
func checked(t *testing.T, files map[string]string) []string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	var sess build.Session
	warm()[true].Lend(&sess)
	res, err := sess.Run(context.Background(), options(dir, true, "2026-11-23", false, build.NewMemory(nil)))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range res.Diags {
		out = append(out, fmt.Sprintf("%s: %s %d", d.At.File, d.Rule, d.At.Line))
	}
	return out
}

var (
	sectionKey = regexp.MustCompile(`(?m)^section: *(\S+)`)
	wantLine   = regexp.MustCompile(`<!-- want: (\S+) (\d+|section) -->`)
)

// TestKinds walks the folders of all kinds: their samples together are a site
// without a fault, and each bad sample, put among them, is told exactly what it
// says is wrong with it: "<!-- want: RULE LINE -->", or section instead of the line
// for what a check with "once" says.
func TestKinds(t *testing.T) {
	kinds, err := fs.Glob(builtin(), "kinds/*/kind.yaml")
	if err != nil || len(kinds) < 7 {
		t.Fatalf("%d kinds found: %v", len(kinds), err)
	}
	read := func(p string) string {
		b, err := fs.ReadFile(builtin(), p)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	good := map[string]string{}
	sections := map[string]string{}
	for _, p := range kinds {
		m := sectionKey.FindStringSubmatch(read(p))
		if m == nil {
			t.Fatalf("%s names no section", p)
		}
		sections[path.Dir(p)] = m[1]
		samples, _ := fs.Glob(builtin(), path.Dir(p)+"/sample*.md")
		for _, f := range samples {
			if path.Base(f) != "sample-bad.md" {
				good["content/"+m[1]+"/"+path.Base(f)] = read(f)
			}
		}
	}
	if got := checked(t, good); len(got) > 0 {
		t.Errorf("the samples are not without fault:\n%s", strings.Join(got, "\n"))
	}
	for dir, section := range sections {
		bad := read(dir + "/sample-bad.md")
		name := "content/" + section + "/sample-bad.md"
		want := map[string]int{}
		for _, m := range wantLine.FindAllStringSubmatch(bad, -1) {
			if m[2] == "section" {
				want["content/"+section+": "+m[1]+" 0"]++ // of the kind as a whole
				continue
			}
			want[name+": "+m[1]+" "+m[2]]++
		}
		if len(want) == 0 && dir != "kinds/guide" {
			t.Errorf("%s: sample-bad.md wants nothing", dir)
		}
		files := map[string]string{name: bad}
		for p, text := range good {
			files[p] = text
		}
		for _, got := range checked(t, files) {
			want[got]--
		}
		for line, n := range want {
			if n > 0 {
				t.Errorf("%s: not said: %s", dir, line)
			} else if n < 0 {
				t.Errorf("%s: said and not wanted: %s", dir, line)
			}
		}
	}
}

// TestReasons holds that each check of a built-in kind says why it is there.
func TestReasons(t *testing.T) {
	layouts, err := source.FromFS(builtin(), source.Options{Name: "layouts/", KeepUnderscore: true})
	if err != nil {
		t.Fatal(err)
	}
	kinds, _ := kind.Load(layouts)
	for _, k := range kinds.All() {
		for _, c := range k.Checks {
			if c.About == "" {
				t.Errorf("kinds/%s/kind.yaml: %s has no \"about\": why is there this rule?", k.ID, c.ID)
			}
		}
	}
}

// TestOutlines holds that who starts from a kind's archetype has the sections that
// the kind wants.
func TestOutlines(t *testing.T) {
	layouts, err := source.FromFS(builtin(), source.Options{Name: "layouts/", KeepUnderscore: true})
	if err != nil {
		t.Fatal(err)
	}
	kinds, _ := kind.Load(layouts)
	for _, k := range kinds.All() {
		if len(k.Outline) == 0 {
			continue
		}
		name := "kinds/" + k.ID + "/archetype.md"
		src, err := fs.ReadFile(builtin(), name)
		if err != nil {
			t.Errorf("%s: %v", k.ID, err)
			continue
		}
		d := document.NewCompiler(document.Options{}).Compile(name, name, src)
		for _, p := range k.Outline {
			if !p.Optional && !slices.ContainsFunc(d.Headings, func(h document.Heading) bool {
				return h.Level == 2 && (h.ID == p.ID || slices.ContainsFunc(append(p.Also, p.Title), func(title string) bool { return book.Slug(h.Text) == book.Slug(title) }))
			}) {
				t.Errorf("%s has no section %q, which the outline wants", name, p.Title)
			}
		}
	}
}

// TestCorpora builds handbooks that nobody here wrote, where they are at hand.
// Every link that works on its own host works, and each broken one is named
// once.
func TestCorpora(t *testing.T) {
	root := filepath.FromSlash("../../../shared/corpora")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the corpora of foreign handbooks are not beside this checkout")
	}
	for _, c := range []struct {
		name, config    string
		links, anchors  int // broken ones
		errors, minimum int // errors; pages at least
	}{
		{"presales-playbook", "content = '.'\nlinks.root = true", 12, 0, 0, 79},
		{"engineering-playbook", "content = '.'", 2, 9, 0, 244},
		{"cncf-glossary", "languages = {en = 'English', fr = 'Français'}", 0, 0, 0, 160},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "playbook.toml")
			if err := os.WriteFile(config, []byte(c.config), 0o644); err != nil {
				t.Fatal(err)
			}
			o := options(filepath.Join(root, c.name), true, "2026-11-23", false, build.NewMemory(nil))
			o.Config = config
			res, err := build.Run(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			count := map[string]int{}
			seen := map[string]bool{}
			for _, d := range res.Diags {
				count[d.Rule]++
				key := fmt.Sprint(d.Rule, d.At)
				if strings.HasPrefix(d.Rule, "link-") && seen[key] {
					t.Errorf("%v is said twice", d)
				}
				seen[key] = true
			}
			if count["link-broken"] != c.links || count["anchor-broken"] != c.anchors || res.Stats.Errors != c.errors || res.Stats.Pages < c.minimum {
				t.Errorf("%d broken links, %d broken anchors, %d errors, %d pages; want %d, %d, %d, at least %d\n%v",
					count["link-broken"], count["anchor-broken"], res.Stats.Errors, res.Stats.Pages, c.links, c.anchors, c.errors, c.minimum, count)
			}
		})
	}
}
