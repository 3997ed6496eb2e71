package cli

import (
	"github.com/spf13/cobra"
)

// root returns the tree of commands. It is made anew for each run, so that no
// flag keeps a value.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "playbook COMMAND",
		Short: "turn a folder of Markdown into a sales and marketing playbook",
		Long: `playbook turns a folder of Markdown into the static site of a sales and
marketing playbook: plans, goals, assumptions, question banks and the rest,
checked against each other.

  playbook new goal emea/grow     writes content/goals/emea/grow.md to fill in
  playbook check                  tells everything that is wrong with the content
  playbook serve                  shows the site and every edit of it
  playbook build                  makes the site in public/`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			c.SetOut(a.Err)
			if err := c.Help(); err != nil {
				return err
			}
			return told(exitUsage)
		},
	}
	root.AddCommand(
		a.buildCommand(),
		a.serveCommand(),
		a.checkCommand(),
		a.newCommand(),
		a.kindsCommand(),
		a.schemaCommand(),
		a.versionCommand(),
		a.completionCommand(),
	)
	// The completion command is ours; help is a flag of every command and, by
	// cobra, a command.
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(a.flagError)
	return root
}
