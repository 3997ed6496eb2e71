package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"playbook/generator/build"
	"playbook/generator/check"
	"playbook/generator/diag"
)

func (a *app) explainCommand() *cobra.Command {
	var f siteFlags
	c := &cobra.Command{
		Use:   "explain RULE",
		Short: "tell what a diagnostic means and what to do about it",
		Long: `Tell what the rule of a diagnostic means: the name in brackets, such as
ref-unknown. The rules that the site's kinds bring are known, too.`,
		Args: arguments(1, "a RULE"),
		RunE: func(c *cobra.Command, args []string) error {
			site, err := a.open(c, f)
			if err != nil {
				return err
			}
			rule := strings.Trim(args[0], "[]")
			text, known := explained(site, rule)
			if text == "" {
				hint := "it stands in brackets behind error or warning"
				if n := diag.Nearest(rule, known); n != "" {
					hint = fmt.Sprintf("did you mean %q?", n)
				}
				return wrong(hint, "there is no rule %q", rule)
			}
			_, err = fmt.Fprint(a.Out, text)
			return err
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			site, err := a.open(c, f)
			if err != nil || len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			_, known := explained(site, "")
			return known, cobra.ShellCompDirectiveNoFileComp
		},
	}
	f.add(c.Flags())
	return c
}

// explained returns what is known of a rule, "" if nothing, and the rules that
// there are.
func explained(site *build.Site, rule string) (text string, known []string) {
	for _, r := range check.Explanations() {
		known = append(known, r.Rule)
		if r.Rule == rule {
			text = r.Rule + "\n\n" + r.Text + "\n"
		}
	}
	for _, k := range site.Kinds.All() {
		for _, c := range k.Checks {
			known = append(known, c.ID)
			if c.ID != rule {
				continue
			}
			var b strings.Builder
			fmt.Fprintf(&b, "%s\n\n%s of the kind %q (%s).\n", c.ID, titled(c.Level), k.ID, k.Name)
			if c.About != "" {
				fmt.Fprintf(&b, "\n%s\n", c.About)
			}
			fmt.Fprintf(&b, "\nIt says: %s\nwhen:    %s\n", c.Message, c.When)
			if c.Example != "" {
				fmt.Fprintf(&b, "Example: %s\n", c.Example)
			}
			if c.Level != diag.Error {
				fmt.Fprintf(&b, "\nFor the whole site: [checks] %s = \"off\" in playbook.toml, or info, warning, error.\n"+
					"For one page, with a reason: checks: {%s: \"why\"} in its front matter.\n", c.ID, c.ID)
			}
			text = b.String()
		}
	}
	return text, known
}

func titled(l diag.Level) string {
	s := fmt.Sprint(l)
	return strings.ToUpper(s[:1]) + s[1:]
}
