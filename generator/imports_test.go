package generator_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed is the direction of the program: each package may import only those
// named for it. Data flows one way; a new arrow needs a reason, and a line here.
var allowed = map[string]string{
	"diag":                "",
	"source":              "diag",
	"history":             "diag source",
	"glossary":            "diag source",
	"picture":             "",
	"kind":                "diag source",
	"search":              "",
	"document":            "diag source glossary search",
	"book":                "diag source history glossary kind document search",
	"check":               "diag source glossary kind document book",
	"artifact":            "diag source glossary kind document book",
	"render":              "diag source glossary picture kind document book artifact",
	"output":              "diag source",
	"build":               "diag source history glossary kind document book check artifact render search output",
	"serve":               "diag source output build",
	"publish":             "diag source output build publish/objectstore",
	"publish/objectstore": "source output",
	"cli":                 "diag source glossary kind document book check artifact render search output build serve publish",
}

// seams are the packages that may touch the world: the rest is functions of
// their arguments.
var seams = map[string][]string{
	"os":        {"source", "history", "output", "serve", "publish", "publish/objectstore", "cli"},
	"os/exec":   {"source", "history", "cli"},
	"os/signal": {"cli"},
	"net":       {"serve", "publish", "publish/objectstore"},
	"net/http":  {"serve", "publish", "publish/objectstore"},
	"math/rand": {},
}

// TestImports holds the direction of imports and the seams to the world.
func TestImports(t *testing.T) {
	found := 0
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(p))
		if strings.HasPrefix(pkg, "bench") || pkg == "release" {
			return nil // programs that measure or pack, not part of the product
		}
		list, known := allowed[pkg]
		if !known {
			t.Errorf("package %s stands in no table: say in imports_test.go what it may import", pkg)
			return nil
		}
		found++
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, im := range f.Imports {
			name, _ := strconv.Unquote(im.Path.Value)
			if in, ok := strings.CutPrefix(name, "playbook/generator/"); ok && !slices.Contains(strings.Fields(list), in) {
				t.Errorf("%s imports %s; %s may import only: %s", p, in, pkg, list)
			}
			if homes, ok := seams[name]; ok && !slices.Contains(homes, pkg) {
				t.Errorf("%s imports %s, which only %v may", p, name, homes)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 30 {
		t.Errorf("looked at %d files only; is the test run in its folder?", found)
	}
}

// TestClock keeps the clock out of everything but the command line, whose
// --as-of decides what day it is, and the packages that wait for something.
func TestClock(t *testing.T) {
	for pkg := range allowed {
		if pkg == "cli" || pkg == "serve" || strings.HasPrefix(pkg, "publish") {
			continue
		}
		files, _ := filepath.Glob(filepath.Join(pkg, "*.go"))
		for _, p := range files {
			if strings.HasSuffix(p, "_test.go") {
				continue
			}
			text, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(text), "\n") {
				code, _, _ := strings.Cut(line, "//")
				if strings.Contains(code, "time.Now(") || strings.Contains(code, "time.Since(") || strings.Contains(code, "os.Getenv(") {
					t.Errorf("%s:%d reads clock or environment", p, i+1)
				}
			}
		}
	}
}
