package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"playbook/generator/build"
	"playbook/generator/diag"
	"playbook/generator/document"
)

// configuration reads playbook.toml and tells what is wrong with it.
func (a *app) configuration(f siteFlags) (build.Config, []build.Said, error) {
	o, err := f.options(a)
	if err != nil {
		return build.Config{}, nil, err
	}
	c, said, err := build.ReadConfig(o)
	var config *build.ConfigError
	if errors.As(err, &config) && len(config.Diags) > 0 {
		if err := diag.Write(a.Err, config.Diags, diag.PrintOptions{Name: f.name, Source: config.Source, Color: a.screenOf(a.Err).color}); err != nil {
			return c, nil, err
		}
		return c, nil, told(exitUsage)
	}
	if err != nil {
		return c, nil, workError(err)
	}
	return c, said, nil
}

func (a *app) configCommand() *cobra.Command {
	var f siteFlags
	var format string
	c := &cobra.Command{
		Use:   "config [SETTING]",
		Short: "list what playbook.toml can say, and what it says",
		Long: `List what playbook.toml can say: what is set, with its place, and of the rest
what it would be for. A SETTING, or the table it stands in, narrows the list.`,
		Args: arguments(0, "a SETTING"),
		RunE: func(c *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return wrong("it is text or json", `"%s" is no value for "--format"`, format)
			}
			_, said, err := a.configuration(f)
			if err != nil {
				return err
			}
			list := settingsOf(said)
			if len(args) > 0 {
				all := list
				list = slices.DeleteFunc(slices.Clone(all), func(s setting) bool { return !s.named(args[0]) })
				if len(list) == 0 {
					var names []string
					for _, s := range all {
						names = append(names, s.Setting)
					}
					hint := "playbook config lists them"
					if n := diag.Nearest(args[0], names); n != "" {
						hint = fmt.Sprintf("did you mean %q?", n)
					}
					return wrong(hint, "there is no setting %q", args[0])
				}
			}
			if format == "json" {
				return writeJSON(a.Out, list)
			}
			return a.writeSettings(list)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, s := range build.Settings() {
				if len(args) == 0 {
					names = append(names, s.Path+"\t"+s.Doc)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	f.add(c.Flags())
	stringFlag(c.Flags(), &format, "format", "", "text", "FORM", "form of the list: text or json")
	return c
}

// setting is a setting as config lists it: one that has a value, or one that
// could have one.
type setting struct {
	Setting string `json:"setting"` // with the names of the site's own
	Want    string `json:"type"`
	Doc     string `json:"description"`
	Value   any    `json:"value,omitempty"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`

	general string // path of the setting
	text    string // value as TOML
}

// named tells whether a name is the setting's, or that of a table around it.
func (s *setting) named(name string) bool {
	for _, path := range []string{s.Setting, s.general} {
		if path == name || strings.HasPrefix(path, name+".") {
			return true
		}
	}
	return false
}

func settingsOf(said []build.Said) (out []setting) {
	for _, s := range build.Settings() {
		found := false
		for _, v := range said {
			if v.Setting == s.Path {
				found = true
				out = append(out, setting{v.Path, s.Want, s.Doc, v.Value.Plain(), v.At.File, v.At.Line, s.Path, asTOML(v.Value)})
			}
		}
		if !found || strings.Contains(s.Path, "*") {
			out = append(out, setting{Setting: strings.ReplaceAll(s.Path, "*", "NAME"), Want: s.Want, Doc: s.Doc, general: s.Path})
		}
	}
	return out
}

func (a *app) writeSettings(list []setting) error {
	w := bufio.NewWriter(a.Out)
	widest := 0
	for _, s := range list {
		widest = max(widest, len(s.line()))
	}
	widest = min(widest, 44)
	for _, s := range list {
		about := s.Doc
		if s.File == "" {
			about += " (" + s.Want + ")"
		} else {
			about = fmt.Sprintf("%s:%d, %s", s.File, s.Line, about)
		}
		fmt.Fprintf(w, "%-*s  # %s\n", widest, s.line(), about)
	}
	return w.Flush()
}

// line is the setting as it stands in playbook.toml, or could.
func (s *setting) line() string {
	if s.File == "" {
		return "# " + s.Setting
	}
	key := s.Setting
	if name, ok := strings.CutPrefix(s.Setting, strings.TrimSuffix(s.general, "*")); ok && strings.HasSuffix(s.general, "*") {
		key = strings.TrimSuffix(s.general, "*") + bareKey(name)
	}
	return key + " = " + s.text
}

// asTOML writes a value as TOML does.
func asTOML(v document.Value) string {
	switch v.Kind {
	case document.List:
		var parts []string
		for _, e := range v.List() {
			parts = append(parts, asTOML(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case document.String:
		return fmt.Sprintf("%q", v.Str)
	}
	return cmp.Or(fmt.Sprint(v.Plain()), `""`)
}
