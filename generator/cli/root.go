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
  playbook build                  makes the site in public/
  playbook publish                brings it to the host where it is read`,
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
		a.publishCommand(),
		a.checkCommand(),
		a.newCommand(),
		a.initCommand(),
		a.kindsCommand(),
		a.schemaCommand(),
		a.explainCommand(),
		a.configCommand(),
		a.glossaryCommand(),
		a.versionCommand(),
		a.completionCommand(),
	)
	// Cobra's own help and completion know our errors and words as little as
	// we know theirs.
	root.SetHelpCommand(a.helpCommand())
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(a.flagError)
	return root
}

func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "tell how a command is used",
		Args:  arguments(0, "a COMMAND"),
		RunE: func(c *cobra.Command, args []string) error {
			of := c.Root()
			if len(args) > 0 {
				sub, _, err := of.Find(args)
				if err != nil || sub == of {
					return unknownCommand(of, args[0])
				}
				of = sub
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, sub := range c.Root().Commands() {
				if len(args) == 0 && sub.IsAvailableCommand() {
					names = append(names, sub.Name()+"\t"+sub.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
