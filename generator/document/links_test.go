package document

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestPlaces marks targets with ⟦ and ⟧ in the Markdown and expects every
// reference to say where they stood.
func TestPlaces(t *testing.T) {
	for _, x := range []string{
		"[a](⟦b.md⟧)",
		"[a](⟦b.md#c⟧ \"title\")",
		"[a](<⟦b c.md⟧>)",
		"ünï 日本 [a](⟦ü.md⟧) [b](⟦x⟧)",
		"line\nline [a\nb](⟦c.md⟧)",
		"line\n> quote [a](⟦c.md⟧)\n> > - item\n> >   [b](⟦d.md⟧)",
		"-\t[tab](⟦c.md⟧)\n\t[b](⟦d.md⟧)",
		"1.  item\n\n\tpara [a](⟦b.md⟧)",
		"![alt](⟦p.png⟧)",
		"x ![alt](⟦p.png⟧ 'T') y",
		"[![alt](⟦p.png⟧)](⟦t.md⟧)",
		"| a | b |\n|---|---|\n| é [x](⟦y.md⟧) | ![p](⟦z.png⟧) |",
		"## Heading [x](⟦y.md⟧) {#h}",
		"Setext [x](⟦y.md⟧)\n---",
		"*em **[x](⟦y.md⟧)***",
		"[[⟦page⟧]]",
		"é [[⟦page#Sec⟧|text]] [[ ⟦padded⟧ ]]",
		"![[⟦page#Sec⟧]]",
		"- é ![[⟦page⟧]] x",
		"![[⟦p.png⟧|300]]",
		"> [!NOTE] title [x](⟦y.md⟧)\n> [z](⟦w.md⟧)",
		":::note[T [x](⟦y.md⟧)]\n[z](⟦w.md⟧)\n:::",
		"term [x](⟦y.md⟧)\n: def [z](⟦w.md⟧)",
		"note[^1]\n\n[^1]: see [x](⟦y.md⟧)",
		"- [ ] task [x](⟦y.md⟧)",
		"[a \\] b](⟦c\\_d.md⟧)",
		"⟦[text][ref]⟧ and ⟦[ref]⟧ and ⟦[ref][]⟧\n\n[ref]: somewhere.md",
		"<a href=\"⟦x.md⟧\">é</a> <img alt=\"x\" src='⟦y.png⟧'>",
		"<div>\n<p>é <a href=⟦x.md⟧>t</a>\n</div>",
		"a `code` [x](⟦y.md⟧)\\\n[z](⟦w.md⟧)  \n[v](⟦u.md⟧)",
		"[a [nested] b](⟦c.md⟧)",
		"[x](  ⟦y.md⟧  )",
		"[x](\n⟦y.md⟧)",
	} {
		type span struct{ line, col, end int }
		var want []span
		var clean strings.Builder
		line, col := 1, 1
		for _, r := range x {
			switch r {
			case '⟦':
				want = append(want, span{line, col, 0})
			case '⟧':
				want[len(want)-1].end = col
			case '\n':
				clean.WriteRune(r)
				line, col = line+1, 1
			default:
				clean.WriteRune(r)
				col++
			}
		}
		// Nested pictures: references are in the order of the HTML, places too but
		// for a link around a picture.
		for _, lead := range []string{"", "text\n\n"} {
			d := NewCompiler(Options{}).Compile("p.md", "p.md", []byte(lead+clean.String()))
			if len(d.Refs) != len(want) {
				t.Errorf("%q: %d references, want %d\n%s", x, len(d.Refs), len(want), show(d))
				continue
			}
			got := map[span]bool{}
			for _, r := range d.Refs {
				got[span{r.Line - strings.Count(lead, "\n"), r.Col, r.EndCol}] = true
			}
			for _, s := range want {
				if !got[s] {
					t.Errorf("%q: no reference at %v, have %v", x, s, got)
				}
			}
		}
	}
}

func TestTargets(t *testing.T) {
	for _, x := range []struct {
		md, target, query, fragment string
	}{
		{"[a](b%20c.md?x=%20y#d%C3%A9)", "b c.md", "x=%20y", "dé"},
		{"[a](&auml;.md)", "ä.md", "", ""},
		{"[a](a\\*b.md)", "a*b.md", "", ""},
		{"[a](%2e%2e/x)", "../x", "", ""},
		{"[a](x%ZZ%)", "x%ZZ%", "", ""},
		{"[a](x%ff)", "x\uFFFD", "", ""},
		{"[a](#)", "", "", ""},
		{"[a]()", "", "", ""},
		{"[a](./b:c.md)", "./b:c.md", "", ""},
		{"[a](/x?#y)", "/x", "", "y"},
		{"[[a%20b#c d]]", "a%20b", "", "c d"},
	} {
		d := NewCompiler(Options{}).Compile("p.md", "p.md", []byte(x.md))
		if len(d.Refs) != 1 {
			t.Errorf("%s: %d references", x.md, len(d.Refs))
			continue
		}
		if r := d.Refs[0]; r.Target != x.target || r.Query != x.query || r.Fragment != x.fragment {
			t.Errorf("%s: %q %q %q", x.md, r.Target, r.Query, r.Fragment)
		}
	}
}

func TestJudge(t *testing.T) {
	for url, want := range map[string]fate{
		"a.md": fateLocal, "/a": fateLocal, "#x": fateLocal, "?x": fateLocal, "": fateLocal, "a/b:c": fateLocal, "1:2": fateLocal, ":x": fateLocal,
		"http://x": fateWeb, " HTTPS://x": fateWeb, "//x": fateWeb, "\\\\x": fateWeb, "/\\x": fateWeb, "ht\ntp://x": fateWeb,
		"mailto:x": fateExternal, "slack://x": fateExternal, "TEL:1": fateExternal,
		"javascript:x": fateRefused, "\x01javascript:x": fateRefused, "java\tscript:x": fateRefused, "JAVASCRIPT:x": fateRefused,
		"data:x": fateRefused, "vbscript:x": fateRefused, "file:///x": fateRefused, "blob:x": fateRefused, "foo:x": fateRefused, "c:\\x": fateRefused,
		"javascript\u200b:x": fateLocal, // no scheme to a browser either
	} {
		if _, got := judge(url); got != want {
			t.Errorf("judge(%q) = %d, want %d", url, got, want)
		}
	}
}

func TestSnippets(t *testing.T) {
	long := strings.Repeat("Some words come before. ", 20)
	for _, x := range []struct{ md, want string }{
		{"See *the* [plan](p.md) &\nact.", "See the plan & act."},
		{"- item with [[x|label]] in it", "item with label in it"},
		{"| a | see [b](c.md) |\n|---|---|", "see b"},
		{"## On [b](c.md)", "On b"},
		{long + "Here the [link](p.md) stands. After it.", "Here the link stands."},
		{"![[x]]", ""},
		{"<p>raw <a href=x.md>html</a>\nlink</p>", "raw html link"},
	} {
		d := NewCompiler(Options{}).Compile("p.md", "p.md", []byte(x.md))
		if len(d.Refs) == 0 || d.Refs[0].Snippet != x.want {
			t.Errorf("%q: %+v", x.md, d.Refs)
		}
	}
	d := NewCompiler(Options{}).Compile("p.md", "p.md", []byte(strings.Repeat("ünspaced ", 60)+"[link](p.md) "+strings.Repeat("nachher ", 60)))
	s := d.Refs[0].Snippet
	if !strings.Contains(s, "link") || len([]rune(s)) > snippetLength || !strings.HasPrefix(s, "…") || !strings.HasSuffix(s, "…") {
		t.Errorf("window: %q", s)
	}
}

// FuzzWikilink: what stands between [[ and ]] is taken apart without loss, at the
// place that is told, and whatever it holds stays text.
func FuzzWikilink(f *testing.F) {
	for _, s := range []string{"a", "a|b", "a#b|c", "#b", "a\\|b", " a ", " -f x ", "a#", "|", "||", "a|", "a.b.c", "d.png|300x200", "d.png|e|1x", "a\x00b", "ü#ß|<b>", "a#b#c", "\\", "a`b`", "*a*|*b*", "a&amp;b", "..\\..\\x", "//h/x", "javascript:x"} {
		f.Add(s)
	}
	c := NewCompiler(Options{Typographer: true})
	f.Fuzz(func(t *testing.T, inner string) {
		if len(inner) > 2000 {
			return
		}
		line := "[[" + inner + "]] after\n"
		n, used := parseWikilink([]byte(line))
		if n != nil {
			if used < 5 || used > len(line) || line[used-2:used] != "]]" || strings.ContainsAny(line[2:used-2], "[]\n") {
				t.Fatalf("%q: %d bytes of it are a link", line, used)
			}
			if n.at < 2 || n.length < 1 || n.at+n.length > used-2 {
				t.Fatalf("%q: stands at %d to %d", line, n.at, n.at+n.length)
			}
			whole := line[n.at : n.at+n.length]
			target, fragment, _ := strings.Cut(whole, "#")
			if n.target != strings.TrimSpace(target) || n.fragment != strings.TrimSpace(fragment) || n.target+n.fragment == "" || n.plainText() == "" {
				t.Fatalf("%q: target %q and fragment %q of %q", line, n.target, n.fragment, whole)
			}
		}
		// Alone, in a line, in a table, a heading and a list, as a link and embedded.
		for _, form := range []string{"%s", "x %s y", "| a |\n|-|\n| %s |", "# %s", "- %s\n- ![[q]]", "> [!NOTE] %s\n> x", "*%s*", "[t](u \"%s\")"} {
			for _, mark := range []string{"", "!"} {
				d := c.Compile("p.md", "p.md", []byte(strings.ReplaceAll(form, "%s", mark+"[["+inner+"]]")+"\n"))
				wellFormed(t, d)
				for _, r := range d.Refs {
					if r.Kind == RefWiki && r.Target+r.Fragment == "" {
						t.Errorf("%q in %q names nothing", inner, form)
					}
				}
			}
		}
		d := c.Compile("p.md", "p.md", []byte("x [["+inner+"]]\n"))
		if n != nil && used == len(inner)+4 && !strings.ContainsAny(inner, "\x00\r") && utf8.ValidString(inner) {
			if len(d.Refs) != 1 || d.Refs[0].Kind != RefWiki || d.Refs[0].Target != n.target || d.Refs[0].Fragment != n.fragment || d.Refs[0].Label != n.label || d.Refs[0].Line != 1 {
				t.Errorf("%q: %+v, want %q, %q, %q", inner, d.Refs, n.target, n.fragment, n.label)
			}
		}
	})
}
