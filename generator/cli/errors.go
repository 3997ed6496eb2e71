package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"playbook/generator/diag"
)

// failure is how a command ends when not with exitDone: what is wrong and what
// to do about it. A failure without a message has been told already.
type failure struct {
	code      int
	msg, hint string
	err       error // what lies behind it
}

func (f *failure) Error() string { return f.msg }
func (f *failure) Unwrap() error { return f.err }

// wrong is a mistake in how the program was called or configured.
func wrong(hint, format string, args ...any) error {
	return &failure{code: exitUsage, msg: fmt.Sprintf(format, args...), hint: hint}
}

// told ends a command whose output has said everything.
func told(code int) error {
	if code == exitDone {
		return nil
	}
	return &failure{code: code}
}

// report prints err and returns the exit status it stands for.
func (a *app) report(err error) int {
	if err == nil {
		return exitDone
	}
	var f *failure
	switch {
	case errors.As(err, &f):
	case errors.Is(err, context.Canceled):
		f = &failure{code: exitMachine, msg: "interrupted"}
	default:
		f = &failure{code: exitMachine, msg: err.Error()}
		if errors.Is(err, fs.ErrPermission) {
			f.hint = "see who may read and write there"
		}
	}
	if f.msg != "" {
		fmt.Fprintf(a.Err, "playbook: %s\n", f.msg)
	}
	if f.hint != "" {
		fmt.Fprintf(a.Err, "hint: %s\n", f.hint)
	}
	return f.code
}

// flagError puts what the flag parser found into words.
func (a *app) flagError(c *cobra.Command, err error) error {
	if !c.HasParent() {
		// The flag is not at fault when the command before it is.
		for _, arg := range a.args {
			if !strings.HasPrefix(arg, "-") {
				if sub, _, err := c.Find([]string{arg}); err == nil && sub != c {
					return wrong(fmt.Sprintf("write playbook %s first, then its flags", arg), "flags stand behind the command")
				}
				return unknownCommand(c, arg)
			}
		}
	}
	var (
		notExist *pflag.NotExistError
		required *pflag.ValueRequiredError
		invalid  *pflag.InvalidValueError
		syntax   *pflag.InvalidSyntaxError
	)
	help := c.CommandPath() + " --help lists the flags"
	switch {
	case errors.As(err, &notExist):
		name := dashed(notExist.GetSpecifiedName())
		return wrong(nearestFlag(c, notExist.GetSpecifiedName(), help), "%s has no flag %q", c.CommandPath(), name)
	case errors.As(err, &required):
		return wrong(fmt.Sprintf("it is the %s", required.GetFlag().Usage), "%q needs a value", dashed(required.GetSpecifiedName()))
	case errors.As(err, &invalid):
		hint := help
		if invalid.GetFlag().Value.Type() == "bool" {
			hint = fmt.Sprintf("write %s, or leave it out", dashed(invalid.GetFlag().Name))
		}
		return wrong(hint, "%q is no value for %q", invalid.GetValue(), dashed(invalid.GetFlag().Name))
	case errors.As(err, &syntax):
		return wrong(help, "%q is no flag", syntax.GetSpecifiedFlag())
	}
	return wrong(help, "%v", err)
}

func dashed(flag string) string {
	if len([]rune(flag)) == 1 {
		return "-" + flag
	}
	return "--" + flag
}

// nearestFlag says what an unknown flag may have been meant to be: a flag of
// this command with a like name, or that very flag of another command.
func nearestFlag(c *cobra.Command, name, otherwise string) string {
	var own, owners []string
	c.Flags().VisitAll(func(f *pflag.Flag) { own = append(own, f.Name) })
	for _, other := range c.Root().Commands() {
		f := other.Flags().Lookup(name)
		if f == nil && len(name) == 1 {
			f = other.Flags().ShorthandLookup(name)
		}
		if f != nil {
			owners = append(owners, other.CommandPath())
		}
	}
	if len(owners) > 0 {
		return fmt.Sprintf("it is a flag of %s", strings.Join(owners, " and "))
	}
	if near := diag.Nearest(name, own); near != "" && len(name) > 1 {
		return fmt.Sprintf("did you mean %q?", dashed(near))
	}
	return otherwise
}

func unknownCommand(root *cobra.Command, name string) error {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	slices.Sort(names)
	hint := "the commands are " + strings.Join(names, ", ")
	if near := diag.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return wrong(hint, "there is no command %q", name)
}

// arguments returns a check for how many arguments a command takes: those
// named in use, of which the first least must be there.
func arguments(least int, use ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return wrong("write "+c.UseLine(), "%s needs %s", c.CommandPath(), use[len(args)])
		case len(args) > len(use) && len(use) == 0:
			hint := c.CommandPath() + " --help tells what it takes"
			if c.Flags().Lookup("source") != nil {
				hint = fmt.Sprintf("for a site in the folder %s write %s -s %[1]s", args[0], c.CommandPath())
			}
			return wrong(hint, "%s takes flags only, not %q", c.CommandPath(), args[0])
		case len(args) > len(use):
			return wrong("write "+c.UseLine()+"; names with spaces need quotes", "%q is one argument too many", args[len(use)])
		}
		return nil
	}
}
