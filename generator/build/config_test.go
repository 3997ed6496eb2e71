package build

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"playbook/generator/diag"
)

// FuzzConfig: whatever stands in playbook.toml is read or refused, at a place in
// it; a configuration that passes can be shown, and means one thing.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{
		"", "title = \"A\"\nlanguage = \"pt-BR\"\naccent = \"oklch(0.5 0.12 240)\"\n", "[links]\nroot = 1\n", "links.root = true\nlinks = 3\n",
		"[sections]\norder = [\"a\", 1]\n[sections.labels]\nplans = \"\"\n\"emea.plans\" = \"x\"\n", "[kinds]\n\"handbook/terms\" = \"term\"\n\"\" = \"goal\"\n",
		"[languages]\nfr = \"Français\"\nfr = \"twice\"\n", "[checks]\n\"*\" = \"off\"\ngoal-unmapped = \"loud\"\n", "[limits]\npage = -1\nline = 99999999999\nkeys = 1e3\n",
		"[targets.a]\ndefault = true\ndirectory = \"x\"\n[targets.b]\ndefault = true\nbucket = \"y\"\nendpoint = \"https://u:p@h/\"\n", "[[targets]]\ndirectory = \"x\"\n",
		"[targets.\"\\u0000\"]\nssh = \"a\\nb\"\nfile_mode = \"0644\"\ndir_mode = 755\n", "targets.a.secret_key = \"hunter2\"\n", "[home]\nblocks = [\"../x\", \"\"]\n",
		"base_url = \"javascript:x\"\nedit_url = \"https://x/{path}\"\n", "audience = [[\"a\"]]\nignore = [\"[\"]\n", "titel = \"A\"\n", "a = \"\"\"\n\n", "\ufefftitle = 'x'\r\n", "title = \"\xff\"\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 20_000 {
			return
		}
		c, diags := ParseConfig("playbook.toml", src)
		lines := strings.Count(string(src), "\n") + 1
		for _, d := range diags {
			if d.Level != diag.Error || d.Rule == "" || d.Msg == "" || !utf8.ValidString(d.Msg+d.Hint) {
				t.Errorf("%+v", d)
			}
			if d.At.File != "playbook.toml" || d.At.Line < 1 || d.At.Line > lines || d.At.Col < 1 {
				t.Errorf("outside the file: %+v", d)
			}
		}
		again, same := ParseConfig("playbook.toml", src)
		if !reflect.DeepEqual(c, again) || !reflect.DeepEqual(diags, same) {
			t.Error("a second reading gives something else")
		}
		if shown := unseen(src, diags); strings.Count(string(shown), "\n") != lines-1 {
			t.Errorf("%q is shown as %q", src, shown)
		}
		if len(diags) > 0 {
			return
		}
		for _, s := range SaidIn("playbook.toml", src) {
			if looksSecret(s.Path) && strings.HasPrefix(s.Path, "targets.") && s.Setting != "targets.*.credentials" {
				t.Errorf("%s passes", s.Path)
			}
			if s.At.Line < 1 || s.At.Line > lines {
				t.Errorf("%s stands at %+v", s.Path, s.At)
			}
		}
		chosen := 0
		for _, g := range c.Targets {
			if g.Default {
				chosen++
			}
			if (g.Bucket != "") == (g.Directory != "") || strings.ContainsAny(g.Directory+g.SSH+g.Bucket+g.Endpoint+g.Prefix, "\x00\n") || g.FileMode&^0o7777 != 0 || g.Keep < 0 {
				t.Errorf("target %+v passes", g)
			}
		}
		if chosen > 1 {
			t.Errorf("%d targets are the default", chosen)
		}
		l := c.Markup.Limits
		for _, n := range []int{l.Page, l.Front, l.Keys, l.Depth, l.TableColumns, l.Nesting, l.Line, c.Book.PerList} {
			if n < 0 {
				t.Errorf("limits %+v", l)
			}
		}
	})
}
