package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"playbook/generator/document"
)

// TestEdit: one value changes, and every other byte stays.
func TestEdit(t *testing.T) {
	for _, c := range []struct{ name, src, path, value, want string }{
		// YAML
		{"plain", "---\ntitle: Lead   # the word\nstatus: agreed\n---\nText.\n", "title", "Hot lead", "---\ntitle: Hot lead   # the word\nstatus: agreed\n---\nText.\n"},
		{"double quotes stay", "---\ntitle: \"Lead\" # x\n---\n", "title", `A "b": c`, "---\ntitle: \"A \\\"b\\\": c\" # x\n---\n"},
		{"single quotes stay", "---\ntitle: 'Lead'\n---\n", "title", "it's", "---\ntitle: 'it''s'\n---\n"},
		{"needs quotes", "---\ntitle: Lead\n---\n", "title", "yes", "---\ntitle: \"yes\"\n---\n"},
		{"needs quotes for a number sign", "---\ntitle: Lead\n---\n", "title", "a #b: c", "---\ntitle: \"a #b: c\"\n---\n"},
		{"date", "---\nagreed_on: 2026-01-02\n---\n", "agreed_on", "2026-03-04", "---\nagreed_on: 2026-03-04\n---\n"},
		{"several lines, plain", "---\ntitle: A\n  b c\nstatus: x # y\n---\n", "title", "New", "---\ntitle: New\nstatus: x # y\n---\n"},
		{"folded", "---\ndefinition: >\n  One\n  two.\n# why\nstatus: x\n---\n", "definition", "Three.", "---\ndefinition: >-\n  Three.\n# why\nstatus: x\n---\n"},
		{"literal", "---\ndefinition: |\n  # One\n  two.\n\nstatus: x\n---\n", "definition", "a\nb", "---\ndefinition: |-\n  a\n  b\n\nstatus: x\n---\n"},
		{"empty", "---\ntitle:\nstatus: x\n---\n", "title", "A", "---\ntitle: A\nstatus: x\n---\n"},
		{"new key", "---\ntitle: A # a\n\n# end\n---\nText\n", "status", "agreed", "---\ntitle: A # a\nstatus: agreed\n\n# end\n---\nText\n"},
		{"new key behind a block", "---\nowners:\n- a\n- b\n---\n", "status", "agreed", "---\nowners:\n- a\n- b\nstatus: agreed\n---\n"},
		{"no front matter", "Text\n", "status", "agreed", "---\nstatus: agreed\n---\nText\n"},
		{"empty front matter", "---\n---\nText\n", "status", "agreed", "---\nstatus: agreed\n---\nText\n"},
		{"CRLF", "---\r\ntitle: A\r\nstatus: x\r\n---\r\nText\r\n", "title", "B", "---\r\ntitle: B\r\nstatus: x\r\n---\r\nText\r\n"},
		{"CRLF, new key", "---\r\ntitle: A\r\n---\r\nText\r\n", "status", "x", "---\r\ntitle: A\r\nstatus: x\r\n---\r\nText\r\n"},
		{"byte order mark", "\ufeff---\ntitle: A\n---\n", "title", "B", "\ufeff---\ntitle: B\n---\n"},
		{"remove", "---\n# of a\na: 1\n# of b\nb: 2\n---\n", "b", "", "---\n# of a\na: 1\n# of b\n---\n"},
		{"remove a block", "---\na:\n  - x # y\n  - z\n\nb: 2\n---\n", "a", "", "---\n\nb: 2\n---\n"},
		{"quoted key", "---\n\"not\": a\n---\n", "not", "b", "---\n\"not\": b\n---\n"},
		{"accents before it", "---\ntitre: \"éé\" # é\nnom: é # x\n---\n", "nom", "ü", "---\ntitre: \"éé\" # é\nnom: ü # x\n---\n"},
		{"flow list", "---\naliases: [SQL, \"a, b\", 'c'] # x\n---\n", "aliases", "[SQL|a, b|d e|f: g]", "---\naliases: [SQL, \"a, b\", d e, \"f: g\"] # x\n---\n"},
		{"flow list, emptied by one", "---\naliases: [SQL, MQL]\n---\n", "aliases", "[MQL]", "---\naliases: [MQL]\n---\n"},
		{"flow list over lines", "---\naliases: [\n  SQL,\n  MQL,\n]\n---\n", "aliases", "[SQL|X|MQL]", "---\naliases: [\n  SQL,\n  X,\n  MQL,\n]\n---\n"},
		{"block list", "---\naliases:\n  # first\n  - SQL   # as in CRM\n  - \"MQL\"\n\nstatus: x\n---\n", "aliases", "[MQL|New one|SQL]", "---\naliases:\n  # first\n  - \"MQL\"\n  - New one\n  - SQL   # as in CRM\n\nstatus: x\n---\n"},
		{"empty list", "---\naliases: []               # other ways\n---\n", "aliases", "[SQL]", "---\naliases: [SQL]               # other ways\n---\n"},
		{"new list", "---\ntitle: A\n---\n", "aliases", "[SQL|b c]", "---\ntitle: A\naliases: [SQL, b c]\n---\n"},
		{"in a block", "---\ndefinitions:\n  sales: Old.  # s\n  marketing: M.\nx: y\n---\n", "definitions.sales", "New: one.", "---\ndefinitions:\n  sales: \"New: one.\"  # s\n  marketing: M.\nx: y\n---\n"},
		{"new in a block", "---\ndefinitions:\n    sales: Old.\n\nx: y\n---\n", "definitions.marketing", "M.", "---\ndefinitions:\n    sales: Old.\n    marketing: M.\n\nx: y\n---\n"},
		{"new block", "---\nx: y\n---\n", "definitions.marketing", "M.", "---\nx: y\ndefinitions:\n  marketing: M.\n---\n"},
		{"new in an empty one", "---\ndefinitions:\nx: y\n---\n", "definitions.marketing", "M.", "---\ndefinitions:\n  marketing: M.\nx: y\n---\n"},
		{"out of a block", "---\ndefinitions:\n  sales: S\n  marketing: M\nx: y\n---\n", "definitions.sales", "", "---\ndefinitions:\n  marketing: M\nx: y\n---\n"},
		{"last out of a block", "---\ndefinitions:\n  sales: S\nx: y\n---\n", "definitions.sales", "", "---\nx: y\n---\n"},
		{"in braces", "---\nmatch: {case: auto, plural: true} # m\n---\n", "match.case", "fold", "---\nmatch: {case: fold, plural: true} # m\n---\n"},
		{"new in braces", "---\nvalues: { a: 1 }\n---\n", "values.b", "x, y", "---\nvalues: { a: 1, b: \"x, y\" }\n---\n"},
		{"out of braces", "---\nvalues: {a: 1, b: 2, c: 3}\n---\n", "values.b", "", "---\nvalues: {a: 1, c: 3}\n---\n"},
		{"folded in a block", "---\nd:\n  s: >-\n    One\n    two.\n  m: M\nx: y\n---\n", "d.s", "Three.", "---\nd:\n  s: >-\n    Three.\n  m: M\nx: y\n---\n"},
		{"document end", "---\na: b\n...\nText\n", "a", "c", "---\na: c\n...\nText\n"},
		// TOML
		{"toml text", "+++\ntitle = \"A\"   # a\nstatus = 'x'\n+++\nText\n", "title", "B \"c\"", "+++\ntitle = \"B \\\"c\\\"\"   # a\nstatus = 'x'\n+++\nText\n"},
		{"toml literal stays", "+++\nstatus = 'x' # y\n+++\n", "status", "z", "+++\nstatus = 'z' # y\n+++\n"},
		{"toml date", "+++\nagreed_on = 2026-01-02\n+++\n", "agreed_on", "2026-03-04", "+++\nagreed_on = 2026-03-04\n+++\n"},
		{"toml list", "+++\naliases = [\"SQL\", 'M'] # x\n+++\n", "aliases", "[M|SQL|N]", "+++\naliases = ['M', \"SQL\", \"N\"] # x\n+++\n"},
		{"toml list over lines", "+++\naliases = [\n    \"SQL\",\n    \"M\"\n]\nx = 1\n+++\n", "aliases", "[M|N]", "+++\naliases = [\n    \"M\",\n    \"N\"\n]\nx = 1\n+++\n"},
		{"toml new key", "+++\ntitle = \"A\"\n\n[definitions]\nsales = \"S\"\n+++\n", "status", "x", "+++\ntitle = \"A\"\nstatus = \"x\"\n\n[definitions]\nsales = \"S\"\n+++\n"},
		{"toml table", "+++\n[definitions]\nsales = \"S\" # s\n[x]\ny = 1\n+++\n", "definitions.sales", "T", "+++\n[definitions]\nsales = \"T\" # s\n[x]\ny = 1\n+++\n"},
		{"toml new in a table", "+++\n[definitions]\nsales = \"S\"\n[x]\ny = 1\n+++\n", "definitions.marketing", "M", "+++\n[definitions]\nsales = \"S\"\nmarketing = \"M\"\n[x]\ny = 1\n+++\n"},
		{"toml new table", "+++\na = 1\n+++\n", "definitions.marketing", "M", "+++\na = 1\n\n[definitions]\nmarketing = \"M\"\n+++\n"},
		{"toml inline table", "+++\nmatch = {case = \"auto\"}\n+++\n", "match.plural", "true!", "+++\nmatch = {case = \"auto\", plural = \"true!\"}\n+++\n"},
		{"toml long text", "+++\nd = \"\"\"\nOne\ntwo\"\"\" # x\ny = 1\n+++\n", "d", "Three", "+++\nd = \"Three\" # x\ny = 1\n+++\n"},
		{"toml remove", "+++\na = [\n 1,\n]\nb = 2\n+++\n", "a", "", "+++\nb = 2\n+++\n"},
		{"toml dotted", "+++\nd.s = \"S\"\n+++\n", "d.s", "T", "+++\nd.s = \"T\"\n+++\n"},
		// JSON
		{"json text", "{\n  \"title\": \"A\",\n  \"n\": 1\n}\nText\n", "title", "é \"x\"", "{\n  \"title\": \"é \\\"x\\\"\",\n  \"n\": 1\n}\nText\n"},
		{"json new key", "{\n  \"title\": \"A\"\n}\nText\n", "status", "x", "{\n  \"title\": \"A\",\n  \"status\": \"x\"\n}\nText\n"},
		{"json nested", "{\n  \"d\": {\"s\": \"S\"},\n  \"n\": 1\n}\n", "d.m", "M", "{\n  \"d\": {\"s\": \"S\", \"m\": \"M\"},\n  \"n\": 1\n}\n"},
		{"json new nested", "{\n  \"n\": 1\n}\n", "d.m", "M", "{\n  \"n\": 1,\n  \"d\": {\"m\": \"M\"}\n}\n"},
		{"json list", "{\n  \"a\": [\"x\", \"y\"]\n}\n", "a", "[y|z]", "{\n  \"a\": [\"y\", \"z\"]\n}\n"},
		{"json remove", "{\n  \"a\": 1,\n  \"b\": 2\n}\n", "b", "", "{\n  \"a\": 1\n}\n"},
		{"json remove the first", "{\n  \"a\": 1,\n  \"b\": 2\n}\n", "a", "", "{\n  \"b\": 2\n}\n"},
		{"json between semicolons", ";;;\n{\"a\": \"x\"}\n;;;\nText\n", "a", "y", ";;;\n{\"a\": \"y\"}\n;;;\nText\n"},
		// What only a person should change.
		{"comments inside a list", "---\na: [x, # why\n  y]\n---\n", "a", "[x|z]", "refused"},
		{"dotted, new", "+++\nd.s = \"S\"\n+++\n", "d.m", "T", "refused"},
		{"all on one line", "---\n{a: b, c: d}\n---\n", "e", "T", "refused"},
		{"no mapping", "---\nd: text\n---\n", "d.m", "T", "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := openPage(document.NewCompiler(document.Options{}), "a.md", []byte(c.src))
			if err != nil {
				t.Fatal(err)
			}
			var value any = c.value
			if list, ok := strings.CutPrefix(c.value, "["); ok {
				value = strings.Split(strings.TrimSuffix(list, "]"), "|")
			}
			if c.value == "" {
				value = nil
			}
			err = p.set(strings.Split(c.path, "."), value)
			got := string(p.src)
			if err != nil {
				if got != c.src {
					t.Errorf("refused, and changed all the same: %q", got)
				}
				got = "refused"
			}
			if got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestDefine: the first paragraph of the body is found and replaced.
func TestDefine(t *testing.T) {
	for _, c := range []struct{ src, old, want string }{
		{"---\na: b\n---\nOne\ntwo.\n\nThree.\n", "One two.", "---\na: b\n---\nNew text.\n\nThree.\n"},
		{"# Title\n\nOne.\n", "One.", "# Title\n\nNew text.\n"},
		{"Title\n=====\n\nOne.\n", "One.", "Title\n=====\n\nNew text.\n"},
		{"<!--\nwhy\n\nwhy\n-->\nOne *two*.", "One *two*.", "<!--\nwhy\n\nwhy\n-->\nNew text."},
		{"---\na: b\n---\n", "", "---\na: b\n---\nNew text.\n"},
		{"One\n\n## Two\n", "One", "New text.\n\n## Two\n"},
		{"One\r\ntwo\r\n\r\nThree\r\n", "One two", "New text.\r\n\r\nThree\r\n"},
		{"- a list\n- first\n\nOne.\n", "?", "refused"},
		{"> quoted\n\nOne.\n", "?", "refused"},
		{"One\n---\n\nTwo\n", "Two", "One\n---\n\nNew text.\n"},
	} {
		p, err := openPage(document.NewCompiler(document.Options{}), "a.md", []byte(c.src))
		if err != nil {
			t.Fatal(err)
		}
		old, ok := p.definition()
		if !ok {
			old = "?"
		}
		got := "refused"
		if err := p.define("New\ntext."); err == nil {
			got = string(p.src)
		}
		if old != c.old || got != c.want {
			t.Errorf("%q: %q, want %q\n got %q\nwant %q", c.src, old, c.old, got, c.want)
		}
	}
	p, err := openPage(document.NewCompiler(document.Options{}), "a.md", []byte("One.\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"# a heading", "- a list", "1. a list", "> a quotation", "<!-- nothing -->", "[a]: b"} {
		if err := p.define(text); err == nil || string(p.src) != "One.\n" {
			t.Errorf("%q was taken: %q", text, p.src)
		}
	}
}

// FuzzEdit: whatever the front matter, a change that is made makes that change
// alone, and one that is refused changes nothing.
func FuzzEdit(f *testing.F) {
	f.Add("---\ntitle: a\nx: [b, \"c\"] # d\nm: {n: o}\n---\nText\n", "x", "y", "z")
	f.Add("+++\na = 'b'\n[m]\nn = \"\"\"o\"\"\"\n+++\n", "m", "n", "q")
	f.Add("{\n \"a\": [1, \"}\"]\n}\n", "a", "", "\"")
	f.Add("---\na: |\n  b\n # c\nd:\n- e\n---\n", "a", "", "f\ng")
	c := document.NewCompiler(document.Options{})
	f.Fuzz(func(t *testing.T, src, key, sub, value string) {
		p, err := openPage(c, "a.md", []byte(src))
		if err != nil || key == "" {
			return
		}
		path := []string{key}
		if sub != "" {
			path = append(path, sub)
		}
		for _, v := range []any{value, []string{value, "b"}, nil, int64(4), true} {
			q := *p
			if err := q.set(path, v); err != nil && !bytes.Equal(q.src, []byte(src)) {
				t.Fatalf("refused, and changed: %q", q.src)
			}
			_, _ = q.definition()
		}
	})
}

// TestCells: lists and formulas come back as they went out.
func TestCells(t *testing.T) {
	for _, s := range []string{"", "a", "=1+1", "+a", "-", "@x", "'=1", "''x", "'x", "'", "\tx", "a;b", `\`, `a\;b`, "a, \"b\"", "Überschuss"} {
		if got := unguard(guard(s)); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
		if g := guard(s); g != "" && strings.ContainsRune("=+-@\t\r", rune(g[0])) {
			t.Errorf("%q is written as the formula %q", s, g)
		}
		if strings.TrimSpace(s) != s || s == "" {
			continue
		}
		list := []string{"x", s, "y;z"}
		var parts []string
		for _, e := range list {
			parts = append(parts, escapeItem(e))
		}
		if got := items(strings.Join(parts, "; ")); !slices.Equal(got, list) {
			t.Errorf("%q comes back as %q", list, got)
		}
	}
	for src, want := range map[string]string{
		"a,b\n1,2\n":                  "[a b] 2:[1 2]",
		"\ufeffa;b\r\n\"1;x\";2\r\n":  "[a b] 2:[1;x 2]",
		"a\tb\n1\t2\n":                "[a b] 2:[1 2]",
		"sep=;\na;b\n1;2\n":           "[a b] 3:[1 2]",
		"a,b\n\"x\ny\",2\n\n,\n3,4\n": "[a b] 2:[x\ny 2] 6:[3 4]",
		"\xff\xfea\x00\t\x00b\x00\n\x001\x00\t\x002\x00": "[a b] 2:[1 2]",
		"a;b,c;d\n1;2;3\n": "[a b,c d] 2:[1 2 3]",
	} {
		tab, err := readTable("t.csv", []byte(src))
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		got := fmt.Sprint(tab.header)
		for _, r := range tab.rows {
			got += fmt.Sprintf(" %d:%v", r.line, r.cells)
		}
		if got != want {
			t.Errorf("%q\n got %s\nwant %s", src, got, want)
		}
	}
	for _, src := range []string{"", "a,\xff\n"} {
		if _, err := readTable("t.csv", []byte(src)); err == nil {
			t.Errorf("%q was read", src)
		}
	}
}
