package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

func TestFill(t *testing.T) {
	values := map[string]string{"title": `Grow: the "mid" market`, "date": "2026-11-23", "owner": "", "kind": "goal"}
	tests := []struct{ name, archetype, want string }{
		{"plain", "---\ntitle: {{title}}\non: {{date}}\n---\n# {{title}}\n",
			"---\ntitle: \"Grow: the \\\"mid\\\" market\"\non: 2026-11-23\n---\n# Grow: the \"mid\" market\n"},
		{"nothing to fill in leaves the key", "---\nowner: {{owner}}\nx: {{ owner }} # a role\n---\n", "---\nowner:\nx: # a role\n---\n"},
		{"quoted", "---\na: \"{{title}}!\"\nb: 'It''s {{title}}'\n---\n",
			"---\na: \"Grow: the \\\"mid\\\" market!\"\nb: 'It''s Grow: the \"mid\" market'\n---\n"},
		{"part of a value", "---\na: Plan of {{title}}\nb: \"{{kind}}\"\nc: a {{kind}}\n---\n",
			"---\na: \"Plan of Grow: the \\\"mid\\\" market\"\nb: \"goal\"\nc: a goal\n---\n"},
		{"lists", "---\na: [{{title}}, {{kind}}]\nb:\n  - {{title}}\n  - what: {{title}}\n---\n",
			"---\na: [\"Grow: the \\\"mid\\\" market\", goal]\nb:\n  - \"Grow: the \\\"mid\\\" market\"\n  - what: \"Grow: the \\\"mid\\\" market\"\n---\n"},
		{"block text is text", "---\na: |\n  {{title}}\nb: {{kind}}\n---\n", "---\na: |\n  Grow: the \"mid\" market\nb: goal\n---\n"},
		{"comments", "---\n# {{title}}\na: 1\n---\n", "---\n# {{title}}\na: 1\n---\n"},
		{"unknown blanks stay", "---\na: \"{{quarter}}\"\n---\n{{ other }} {{.X}}\n", "---\na: \"{{quarter}}\"\n---\n{{ other }} {{.X}}\n"},
		{"toml", "+++\ntitle = {{title}}\non = {{date}}\nq = \"{{title}}\"\n+++\n{{title}}\n",
			"+++\ntitle = \"Grow: the \\\"mid\\\" market\"\non = 2026-11-23\nq = \"Grow: the \\\"mid\\\" market\"\n+++\nGrow: the \"mid\" market\n"},
		{"no front matter", "# {{title}}\n", "# Grow: the \"mid\" market\n"},
		{"line ends are kept", "---\r\ntitle: {{kind}}\r\n---\r\n{{kind}}", "---\r\ntitle: goal\r\n---\r\ngoal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, fill(tt.archetype, values)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What goes in as a title comes out of YAML as that title.
func FuzzFillKeepsTheTitle(f *testing.F) {
	for _, s := range []string{"Grow", "yes", "2026", "1e3", "0x1F", "a: b", "a #b", "- a", "[x]", "{{date}}", `"q"`, `it's`, "日本", "é\u0301",
		`back\slash`, "null", "~", "*a", "&a", "!a", "%a", "@a", "`a`", " a ", "a:", "😀", "\u200e", "2026-11-23x", "1_000", "---", "|", "N"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, title string) {
		if !isText(title) || title == "" {
			return
		}
		for _, archetype := range []string{
			"---\nx: {{title}}\n---\n", "---\nx: \"{{title}}\"\n---\n", "---\nx: '{{title}}'\n---\n",
			"---\nx: [{{title}}]\n---\n", "---\nx:\n  - {{title}}\n---\n", "---\nx: {y: {{title}}}\n---\n",
		} {
			text := fill(archetype, map[string]string{"title": title})
			front, _, _ := strings.Cut(strings.TrimPrefix(text, "---\n"), "\n---\n")
			var got struct{ X yaml.Node }
			if err := yaml.Unmarshal([]byte(front), &got); err != nil {
				t.Fatalf("%q became %q: %v", title, front, err)
			}
			n := &got.X
			for n.Kind != yaml.ScalarNode {
				n = n.Content[len(n.Content)-1]
			}
			if n.Value != title || n.Tag != "!!str" && !dateText.MatchString(title) {
				t.Errorf("%q became %q, which YAML reads as %s %q", title, front, n.Tag, n.Value)
			}
		}
	})
}
