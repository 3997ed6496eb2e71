package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"playbook/generator/book"
	"playbook/generator/build"
	"playbook/generator/kind"
)

func (a *app) kindsCommand() *cobra.Command {
	var f siteFlags
	var format string
	c := &cobra.Command{
		Use:   "kinds [KIND]",
		Short: "list what can be written, or explain one kind",
		Args:  arguments(0, "a KIND"),
		RunE: func(c *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return wrong("it is text or json", `"%s" is no value for "--format"`, format)
			}
			site, err := a.open(c, f)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return writeKinds(a.Out, site, format)
			}
			k, err := knownKind(site, args[0])
			if err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(a.Out, describe(site, k))
			}
			return writeKind(a.Out, describe(site, k))
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.completeKinds(c, f)
		},
	}
	f.add(c.Flags())
	stringFlag(c.Flags(), &format, "format", "", "text", "FORM", "form of the list: text or json")
	return c
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// kindLine is a kind in the list of kinds.
type kindLine struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Plural      string `json:"plural"`
	Section     string `json:"section,omitempty"`
	Description string `json:"description,omitempty"`
	Pages       int    `json:"pages"` // that readers see today
}

func lineOf(site *build.Site, k *kind.Kind) kindLine {
	pages, _ := site.Book.Answer(book.Question{Op: book.OpKindPages, Arg: k.ID}).Value.([]*book.Card)
	return kindLine{k.ID, k.Name, k.Plural, k.Section, k.Description, len(pages)}
}

func writeKinds(w io.Writer, site *build.Site, format string) error {
	lines := []kindLine{}
	for _, k := range site.Kinds.All() {
		lines = append(lines, lineOf(site, k))
	}
	if format == "json" {
		return writeJSON(w, lines)
	}
	t := table(w)
	fmt.Fprintln(t, "KIND\tFOLDER\tPAGES\tIS")
	for _, l := range lines {
		folder := "content"
		if l.Section != "" {
			folder += "/" + l.Section
		}
		what := l.Description
		if what == "" {
			what = l.Name
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\n", l.ID, folder, l.Pages, oneLine(what))
	}
	return t.Flush()
}

func table(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 4, 2, ' ', 0) }

// oneLine takes the line breaks out of what a kind.yaml says over several.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// writeKind writes what an author wants to know, top down: what may be written,
// how it hangs together, what is made of it, what is checked.
func writeKind(to io.Writer, d kindDescription) error {
	w := bufio.NewWriter(to)
	folder := "content/" + d.Section
	fmt.Fprintf(w, "%s: %s, in %s\n", d.ID, d.Name, strings.TrimSuffix(folder, "/"))
	if d.Description != "" {
		fmt.Fprintf(w, "%s\n", oneLine(d.Description))
	}
	t := table(w)
	heading := func(s string) { fmt.Fprintf(t, "\n%s\n", s) }
	if len(d.Fields) > 0 {
		heading("FIELDS")
		writeFields(t, d.Fields, "  ")
	}
	if len(d.Common) > 0 {
		heading("FIELDS OF EVERY KIND")
		writeFields(t, d.Common, "  ")
	}
	if len(d.Relations) > 0 {
		heading("RELATIONS")
		for _, r := range d.Relations {
			what := strings.Join(r.Kinds, " or ")
			if len(r.Kinds) == 0 {
				what = "any page"
			}
			if len(r.From) > 0 {
				what = "from " + strings.Join(r.From, ", ")
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\n", r.Name, what, r.Label)
		}
	}
	if len(d.Derived) > 0 {
		heading("DERIVED")
		for _, v := range d.Derived {
			about := oneLine(v.Description)
			if about == "" {
				about = oneLine(v.Expression)
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\n", v.Name, v.Type, about)
			writeReason(t, v.About, v.Example)
		}
	}
	if len(d.Outline) > 0 {
		heading("SECTIONS")
		for _, p := range d.Outline {
			need := ""
			if p.Optional {
				need = "optional"
			}
			fmt.Fprintln(t, strings.TrimRight(fmt.Sprintf("  %s\t%s\t%s", p.Title, need, oneLine(p.Guidance)), "\t"))
		}
	}
	if len(d.Checks) > 0 {
		heading("CHECKS")
		for _, c := range d.Checks {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", c.ID, c.Level, oneLine(c.Message))
			writeReason(t, c.About, c.Example)
		}
	}
	return errors.Join(t.Flush(), w.Flush())
}

// writeReason writes why there is a check or a value, under what it does.
func writeReason(w io.Writer, about, example string) {
	if about != "" {
		fmt.Fprintf(w, "  \t\t  %s\n", oneLine(about))
	}
	if example != "" {
		fmt.Fprintf(w, "  \t\t  e.g. %s\n", oneLine(example))
	}
}

func writeFields(w io.Writer, fields []fieldLine, indent string) {
	for _, f := range fields {
		need := ""
		if f.Required {
			need = "required"
		}
		about := oneLine(f.Description)
		if len(f.Enum) > 0 {
			about = strings.TrimSpace(strings.Join(f.Enum, ", ") + ". " + about)
		}
		if f.Default != nil {
			about = strings.TrimSpace(fmt.Sprintf("%s (default %v)", about, f.Default))
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%s%s\t%s\t%s\t%s", indent, f.Name, f.Type, need, about), "\t"))
		writeFields(w, f.Fields, indent+"  ")
	}
}
