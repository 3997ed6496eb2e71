package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// starterDir is the folder of the built-in layouts that a new site begins from.
const starterDir = "starter"

func (a *app) initCommand() *cobra.Command {
	var title, asOf string
	c := &cobra.Command{
		Use:   "init DIR",
		Short: "begin a site: configuration, a page of each common kind, a workflow",
		Long: `Begin a site in a new or empty folder. What it holds can be built at once, and is
meant to be changed page by page.`,
		Args: arguments(1, "a DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			today, err := a.today(asOf)
			if err != nil {
				return err
			}
			if title == "" {
				title = "Sales and marketing playbook"
			}
			n, err := a.begin(args[0], title, today)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "%s begun in %s\nnext: playbook serve -s %s --open\n", counted(n, "file"), args[0], args[0])
			return nil
		},
	}
	stringFlag(c.Flags(), &title, "title", "", "", "TEXT", "name of the site")
	stringFlag(c.Flags(), &asOf, "as-of", "", "", "DATE", "date that counts as today, such as 2026-11-23")
	return c
}

// begin writes the starter into dir and returns how many files that are.
func (a *app) begin(dir, title, today string) (n int, err error) {
	if strings.ContainsAny(title, "\n\r\x00") {
		return 0, wrong("write it on one line", "the title has more than one line")
	}
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return 0, err
	}
	values := map[string]string{"title": title, "date": today,
		"soon": day.AddDate(0, 0, 45).Format(time.DateOnly), "half_a_year": day.AddDate(0, 6, 0).Format(time.DateOnly)}
	starter, err := fs.Sub(a.builtin, starterDir)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	there, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, e := range there {
		if e.Name() != ".git" { // a repository that was made first
			return 0, wrong("name a new folder, or an empty one", "%q holds %q already", dir, e.Name())
		}
	}
	err = fs.WalkDir(starter, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if d.IsDir() {
			return root.Mkdir(filepath.FromSlash(name), 0o777)
		}
		text, err := fs.ReadFile(starter, name)
		if err != nil {
			return err
		}
		out := string(text)
		switch path.Ext(name) {
		case ".md":
			out = fill(out, values)
		case ".toml":
			out = replace(out, values, quoteTOML)
		}
		n++
		return root.WriteFile(filepath.FromSlash(name), []byte(out), 0o666)
	})
	if errors.Is(err, fs.ErrNotExist) && n == 0 {
		return 0, errors.New("this program was built without the pages that a site begins with")
	}
	return n, err
}
