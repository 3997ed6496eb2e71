package cli

import (
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// version is what the build knows about itself.
type version struct {
	number   string // "1.2.0", or "devel" outside a release
	commit   string // short, "" if not known
	modified bool
}

// releaseNumber and releaseCommit are set by the linker when a release is made,
// see generator/release; nothing else sets them.
var releaseNumber, releaseCommit string

func readVersion() version {
	if releaseNumber != "" {
		return version{number: releaseNumber, commit: releaseCommit}
	}
	v := version{number: "devel"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if n := info.Main.Version; n != "" && n != "(devel)" {
		v.number = strings.TrimPrefix(n, "v")
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.commit = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			v.modified = s.Value == "true"
		}
	}
	return v
}

// String is the version as pages and caches name it.
func (v version) String() string { return v.number }

// program identifies this very build of the program, for what is kept on disk:
// by the commit it was built from, or, where that does not tell, by the bytes of
// the executable. It is "" if there is no telling.
func (v version) program() string {
	how := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + " " + v.number
	if v.commit != "" && !v.modified {
		return how + " " + v.commit
	}
	name, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	a, b := crc32.New(crc32.MakeTable(crc32.Castagnoli)), crc32.NewIEEE()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(a, b)}, struct{ io.Reader }{f}, make([]byte, 256<<10))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %d %08x%08x", how, n, a.Sum32(), b.Sum32())
}

func (a *app) versionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  arguments(0),
		RunE: func(*cobra.Command, []string) error {
			commit := ""
			if a.version.commit != "" {
				commit = ", commit " + a.version.commit
				if a.version.modified {
					commit += ", modified"
				}
			}
			_, err := fmt.Fprintf(a.Out, "playbook %s (%s, %s/%s%s)\n", a.version, runtime.Version(), runtime.GOOS, runtime.GOARCH, commit)
			return err
		},
	}
	c.Flags().SortFlags = false
	return c
}

func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print a completion script for bash, zsh, fish or powershell",
		Long: `Print a script that lets a shell complete commands, flags and kinds.

  bash        source <(playbook completion bash)
  zsh         source <(playbook completion zsh)
  fish        playbook completion fish | source
  powershell  playbook completion powershell | Out-String | Invoke-Expression

Put the line into the start-up file of the shell.`,
		Args:      arguments(1, "a SHELL"),
		ValidArgs: shells,
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.Out, true)
			case "zsh":
				return root.GenZshCompletion(a.Out)
			case "fish":
				return root.GenFishCompletion(a.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.Out)
			}
			return wrong("it knows "+strings.Join(shells, ", "), "there is no completion for %q", args[0])
		},
	}
}
