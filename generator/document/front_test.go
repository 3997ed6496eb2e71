package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"playbook/generator/diag"
)

func said(ds []diag.Diagnostic) string {
	var out []string
	for _, d := range ds {
		out = append(out, fmt.Sprintf("%d:%d %s: %s", d.At.Line, d.At.Col, d.Rule, d.Msg))
	}
	return strings.Join(out, "\n")
}

// TestFrontGood holds what is front matter, what is body, and where it begins.
func TestFrontGood(t *testing.T) {
	for _, c := range []struct{ what, src, front, body string }{
		{"none", "# Hi\n", `{}`, "1|# Hi\n"},
		{"empty file", "", `{}`, "1|"},
		{"yaml", "---\ntitle: A\nn: 3\nf: 1.5\nb: true\nz:\nl: [x, 2]\nm: {k: v}\n---\nBody\n", `{"b":true,"f":1.5,"l":["x",2],"m":{"k":"v"},"n":3,"title":"A","z":null}`, "10|Body\n"},
		{"dates stay text", "---\nd: 2026-01-31\nt: 2026-01-31T10:00:00Z\n---\n", `{"d":"2026-01-31","t":"2026-01-31T10:00:00Z"}`, "5|"},
		{"yes and no are texts", "---\na: yes\nb: no\nc: on\n---\n", `{"a":"yes","b":"no","c":"on"}`, "6|"},
		{"empty", "---\n---\nx\n", `{}`, "3|x\n"},
		{"comment only", "---\n# nothing\n---\nx\n", `{}`, "4|x\n"},
		{"blanks behind the rule", "---  \ntitle: A\n---\t\nx\n", `{"title":"A"}`, "4|x\n"},
		{"blank lines before", "\n\n---\ntitle: A\n---\nx\n", `{"title":"A"}`, "6|x\n"},
		{"bom", "\ufeff---\ntitle: A\n---\nx\n", `{"title":"A"}`, "4|x\n"},
		{"crlf", "---\r\ntitle: A\r\nb: x\r\n---\r\nx\r\n", `{"b":"x","title":"A"}`, "5|x\r\n"},
		{"dots close", "---\ntitle: A\n...\nx\n", `{"title":"A"}`, "4|x\n"},
		{"a rule inside a block", "---\nt: |\n  one\n  ---\n  two\nu: 1\n---\nx\n", `{"t":"one\n---\ntwo\n","u":1}`, "8|x\n"},
		{"ends with the file", "---\ntitle: A\n---", `{"title":"A"}`, "3|"},
		{"big numbers", "---\nn: 99999999999999999999\n---\n", `{"n":100000000000000000000}`, "4|"},
		{"toml", "+++\ntitle = \"A\"\nd = 2026-01-31\n[t]\nx = [1, 2]\n[[o]]\nk = 'v'\n[[o]]\nk = 'w'\n+++\nB\n", `{"d":"2026-01-31","o":[{"k":"v"},{"k":"w"}],"t":{"x":[1,2]},"title":"A"}`, "11|B\n"},
		{"toml dotted", "+++\na.b.c = 1\n\"x y\" = {p = 'q'}\n+++\n", `{"a":{"b":{"c":1}},"x y":{"p":"q"}}`, "5|"},
		{"json", "{\n\"title\": \"A\", \"l\": [1, {\"x\": null}]\n}\nB\n", `{"l":[1,{"x":null}],"title":"A"}`, "4|B\n"},
		{"json between semicolons", ";;;\n{\"title\": \"A\"}\n;;;\nB\n", `{"title":"A"}`, "4|B\n"},
		{"a rule is a body", "---\n\nJust a line.\n", `{}`, "1|---\n\nJust a line.\n"},
		{"two rules are a body", "---\n\nSome words here.\n\n---\nmore\n", `{}`, "1|---\n\nSome words here.\n\n---\nmore\n"},
		{"two rules around an address are a body", "---\nhttps://example.org/\n---\n", `{}`, "1|---\nhttps://example.org/\n---\n"},
		{"a list between rules", "---\n- a\n- b\n---\n", `{}`, "1|---\n- a\n- b\n---\n"},
		{"liquid is a body", "{% raw %}\nx\n", `{}`, "1|{% raw %}\nx\n"},
		{"a shortcode is a body", "{{< note >}}\nx\n", `{}`, "1|{{< note >}}\nx\n"},
		{"a brace is a body", "{\nname} said\n}\n", `{}`, "1|{\nname} said\n}\n"},
		{"plus signs are a body", "+++ good +++\n", `{}`, "1|+++ good +++\n"},
	} {
		r := parseFront("f.md", []byte(c.src), Limits{})
		got, _ := json.Marshal(r.Front.Plain())
		if string(got) != c.front {
			t.Errorf("%s: front matter %s, want %s", c.what, got, c.front)
		}
		if b := fmt.Sprintf("%d|%s", r.BodyLine, r.Body); b != c.body {
			t.Errorf("%s: body %q, want %q", c.what, b, c.body)
		}
		if len(r.Diags) > 0 {
			t.Errorf("%s: %s", c.what, said(r.Diags))
		}
	}
}

// TestFrontBad holds what is said of mistakes, and where.
func TestFrontBad(t *testing.T) {
	for _, c := range []struct{ what, src, want string }{
		{"unclosed", "---\ntitle: A\n\nBody\n", `1:1 front-unclosed: front matter begins with --- and is never closed`},
		{"unclosed toml", "+++\ntitle = 'A'\n", `1:1 front-unclosed: front matter begins with +++ and is never closed`},
		{"unclosed json", "{\n\"title\": \"A\",\n", `1:1 front-unclosed: front matter begins with { and is never closed`},
		{"colon in a value", "---\ntitle: Plan: EMEA\n---\n", `2:12 front-syntax: a colon and a space inside a value end it`},
		{"no space behind the only colon", "---\ndraft:true\n---\nx\n", `2:7 front-syntax: after "draft:" there is no space, so this is no key`},
		{"no space behind any colon", "---\n\n# x\ntitle:A\ndraft:true\n---\n", `4:7 front-syntax: after "title:" there is no space, so this is no key`},
		{"a no-break space behind the only colon", "---\ndraft:\u00a0true\n---\n", `2:7 front-syntax: after "draft:" there is no space, so this is no key`},
		{"tab", "---\na:\n\tb: 1\n---\n", `3:1 front-syntax: a tab indents this line; YAML wants spaces`},
		{"at sign", "---\nowner: @sam\n---\n", `2:8 front-syntax: a value cannot begin with "@"`},
		{"backtick", "---\nowner: `sam`\n---\n", "2:8 front-syntax: a value cannot begin with \"`\""},
		{"percent", "---\nrate: %5\n---\n", `2:7 front-syntax: a value cannot begin with "%"`},
		{"unclosed quote", "---\ntitle: \"A\nb: 2\n---\n", `2:8 front-syntax: a quote is opened and never closed`},
		{"unclosed bracket", "---\ntags: [a, b\nc: 1\n---\n", `2:7 front-syntax: a list or mapping in brackets is not closed, or lacks a comma`},
		{"no key", "---\ntitle: A\njust words\n---\n", `3:1 front-syntax: this line has no key`},
		{"doubled key", "---\ntitle: A\ntitle: B\n---\n", `3:1 front-duplicate-key: "title" stands here a second time`},
		{"doubled key below", "---\na:\n  b: 1\n  b: 2\n---\n", `4:3 front-duplicate-key: "b" stands here a second time`},
		{"anchor", "---\na: &x 1\n---\n", `2:4 front-alias: aliases are not allowed in front matter`},
		{"merge", "---\na: {b: 1}\n<<: {c: 2}\n---\n", `3:1 front-alias: aliases and merge keys are not allowed in front matter`},
		{"complex key", "---\na: 1\n? [x]\n: y\n---\n", `3:3 front-key: a key must be a text`},
		{"tag", "---\na: !!binary aGk=\n---\n", `2:4 front-syntax: the tag !!binary is not allowed in front matter`},
		{"not a number", "---\na: .nan\n---\n", `2:4 front-syntax: ".nan" is no number that can be used`},
		{"latin-1", "---\ntitle: caf\xe9\n---\n", `2:11 front-encoding: front matter is not UTF-8 here`},
		{"nul", "---\ntitle: a\x00b\n---\n", `2:9 front-encoding: front matter is not UTF-8 here`},
		{"crlf keeps places", "---\r\na: 1\r\na: 2\r\n---\r\n", `3:1 front-duplicate-key: "a" stands here a second time`},
		{"wide characters", "---\nü: 1\nü: 2\n---\n", `3:1 front-duplicate-key: "ü" stands here a second time`},
		{"toml doubled", "+++\na = 1\na = 2\n+++\n", `3:1 front-duplicate-key: Key 'a' has already been defined.`},
		{"toml bare text", "+++\ntitle = Hello\n+++\n", `2:9 front-syntax: expected value but found "Hello" instead`},
		{"json doubled", "{\n\"a\": 1,\n\"a\": 2\n}\n", `3:1 front-duplicate-key: "a" stands here a second time`},
		{"json comma", "{\n\"a\": 1,\n}\n", `2:7 front-syntax: a comma stands before the closing brace`},
		{"json comment", "{\n\"a\": 1, // one\n\"b\": 2\n}\n", `2:9 front-syntax: a key in double quotes is expected here`},
		{"json word", "{\n\"a\": yes\n}\n", `2:6 front-syntax: this is no JSON value`},
		{"json single quotes", "{\n\"a\": 'x'\n}\n", `2:6 front-syntax: this is no JSON value`},
		{"json escape", "{\n\"a\": \"\\q\"\n}\n", `2:6 front-syntax: this text has an escape or a character that JSON does not know`},
		{"too long", "---\na: \"" + strings.Repeat("x", 70_000) + "\"\n---\n", `1:1 front-too-large: front matter has 70006 bytes, the limit is 65536`},
		{"too deep", "---\na: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n---\n", `2:104 front-too-large: front matter is nested deeper than 100`},
		{"a key too deep", "+++\ntitle = \"a.b\"\n" + strings.Repeat("a.", 30000) + "a = 1\n+++\n", `3:200 front-too-large: front matter is nested deeper than 100`},
		{"a key too deep at once", "+++\n" + strings.Repeat("a.", 30000) + "a = 1\n+++\n", `2:200 front-too-large: front matter is nested deeper than 100`},
		{"a table too deep", "+++\n[" + strings.Repeat("\"a\" . ", 100) + "a]\n+++\n", `2:594 front-too-large: front matter is nested deeper than 100`},
		{"tables in tables too deep", "+++\na = " + strings.Repeat("{a.b=", 60) + "1" + strings.Repeat("}", 60) + "\n+++\n", `2:252 front-too-large: front matter is nested deeper than 100`},
		{"json too deep", "{\n\"a\": " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n}\n", `2:105 front-too-large: front matter is nested deeper than 100`},
	} {
		r := parseFront("f.md", []byte(c.src), Limits{})
		if got := said(r.Diags); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.what, got, c.want)
		}
		for _, d := range r.Diags {
			if d.At.File != "f.md" || d.Level != diag.Error {
				t.Errorf("%s: %+v", c.what, d)
			}
		}
	}
}

// TestFrontKeys holds the bound on the number of keys, which is met before
// memory is.
func TestFrontKeys(t *testing.T) {
	var b strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	r := parseFront("f.md", []byte("---\n"+b.String()+"---\nx\n"), Limits{})
	if got := said(r.Diags); got != "1002:1 front-too-large: front matter has more than 1000 keys" {
		t.Errorf("got %s", got)
	}
	if string(r.Body) != "x\n" {
		t.Errorf("the body is %q", r.Body)
	}
}

// TestFrontPlaces holds where values and keys stand, in all three formats.
func TestFrontPlaces(t *testing.T) {
	for _, c := range []struct {
		src, path       string
		line, col, last int
	}{
		{"---\ntitle: A b\n---\n", "title", 2, 8, 11},
		{"---\nt: \"A 'b\"\n---\n", "t", 2, 4, 10},
		{"---\nl:\n  - one\n  - {k: two}\n---\n", "l 1 k", 4, 9, 12},
		{"\n---\nü: [x, yy]\n---\n", "ü 1", 3, 8, 10},
		{"+++\na = \"x\"\n[t.u]\nk = [1, 'two']\n+++\n", "t u k 1", 4, 9, 14},
		{"+++\n[[o]]\nk = 1\n[[o]]\nk = { z = 22 }\n+++\n", "o 1 k z", 5, 11, 13},
		{"{\n\"a\": {\"b\": [1, \"two\"]}\n}\n", "a b 1", 2, 16, 21},
		{";;;\n{\"a\": 12}\n;;;\n", "a", 2, 7, 9},
	} {
		r := parseFront("f.md", []byte(c.src), Limits{})
		at, to, ok := r.Front.Find("f.md", strings.Fields(c.path), false)
		if !ok || at.Line != c.line || at.Col != c.col || to.Col != c.last {
			t.Errorf("%q %s: %v to %v %v, want %d:%d-%d (%s)", c.src, c.path, at, to, ok, c.line, c.col, c.last, said(r.Diags))
		}
	}
}

func FuzzFront(f *testing.F) {
	for _, s := range []string{"---\ntitle: A\n---\nB", "+++\na = [1, {b = 'c'}]\n[[t]]\nx.y = 2026-01-01\n+++\n", "{\n\"a\": {\"b\": [1, \"\\u00e9\"]}\n}\nx", ";;;\n{}\n;;;\n",
		"---\n- a\n---\n", "---\na: &x [*x]\n---\n", "---\n? {a: b}\n: c\n---\n", "\ufeff---\r\na: \"b\r\n---\r\n", "---\n" + strings.Repeat("[", 300) + "\n---\n", "+++\na = \"\"\"\nx\n\"\"\"\"\n+++\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		r := parseFront("f.md", src, Limits{})
		if r.Front == nil {
			t.Fatal("no front matter, not even an empty one")
		}
		if !bytes.HasSuffix(src, r.Body) {
			t.Fatalf("the body %q is no end of the file", r.Body)
		}
		lines := bytes.Count(src, []byte("\n")) + 1
		if r.BodyLine < 1 || r.BodyLine > lines+1 {
			t.Fatalf("the body begins on line %d of %d", r.BodyLine, lines)
		}
		for _, d := range r.Diags {
			if d.At.Line < 1 || d.At.Line > lines || d.At.Col < 1 {
				t.Fatalf("place outside the file: %+v", d)
			}
			if !utf8.ValidString(d.Msg) {
				t.Fatalf("message is not UTF-8: %q", d.Msg)
			}
		}
		again := parseFront("f.md", src, Limits{})
		if a, b := fmt.Sprint(r.Front.Plain()), fmt.Sprint(again.Front.Plain()); a != b || said(r.Diags) != said(again.Diags) {
			t.Fatalf("two readings differ: %s and %s", a, b)
		}
	})
}

func BenchmarkFront(b *testing.B) {
	var s strings.Builder
	s.WriteString("---\n")
	for i := range 30 {
		fmt.Fprintf(&s, "key%d: some value %d\n", i, i)
	}
	s.WriteString("---\nBody\n")
	src := []byte(s.String())
	for b.Loop() {
		parseFront("f.md", src, Limits{})
	}
}
