package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"playbook/generator/build"
)

// schemaFolder is where schemas go unless said otherwise, below the site.
const schemaFolder = ".playbook/schema"

func (a *app) schemaCommand() *cobra.Command {
	var f siteFlags
	var editor bool
	c := &cobra.Command{
		Use:   "schema [DIR | KIND]",
		Short: "write the JSON Schema of each kind, for editors",
		Long: `Write one JSON Schema for the front matter of each kind to DIR, by default
` + schemaFolder + ` in the site, and print what was written. With a KIND, print its schema.`,
		Args: arguments(0, "a DIR or KIND"),
		RunE: func(c *cobra.Command, args []string) error {
			site, err := a.open(c, f)
			if err != nil {
				return err
			}
			dir := filepath.Join(f.source, filepath.FromSlash(schemaFolder))
			if len(args) == 1 {
				if !isFolder(args[0]) {
					k, err := knownKind(site, args[0])
					if err != nil {
						var w *failure
						if errors.As(err, &w) {
							w.hint += fmt.Sprintf("; for a folder write ./%s", args[0])
						}
						return err
					}
					if editor {
						return wrong("leave one out", `"--editor" is about all kinds, not %q alone`, args[0])
					}
					_, err = a.Out.Write(k.Schema())
					return err
				}
				dir = args[0]
			}
			written, err := writeSchemas(site, dir)
			if err != nil {
				return err
			}
			if editor {
				name, err := writeEditorSettings(site, f.source, dir)
				if err != nil {
					return err
				}
				written = append(written, name)
			}
			for _, name := range written {
				if _, err := fmt.Fprintln(a.Out, seen(name)); err != nil {
					return err
				}
			}
			return nil
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			kinds, _ := a.completeKinds(c, f)
			return kinds, cobra.ShellCompDirectiveDefault
		},
	}
	f.add(c.Flags())
	c.Flags().BoolVar(&editor, "editor", false, "also write settings that tell VS Code of the schemas")
	return c
}

// isFolder tells a DIR from a KIND: it is written as a path, or is there.
func isFolder(arg string) bool {
	if strings.ContainsAny(arg, `/\`) || strings.HasPrefix(arg, ".") {
		return true
	}
	info, err := os.Stat(arg)
	return err == nil && info.IsDir()
}

func writeSchemas(site *build.Site, dir string) (written []string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for _, k := range site.Kinds.All() {
		name := k.ID + ".json"
		if err := root.WriteFile(name, k.Schema(), 0o666); err != nil {
			return written, err
		}
		written = append(written, filepath.Join(dir, name))
	}
	return written, nil
}

// writeEditorSettings writes .vscode/settings.json, which maps each kind's
// pages to its schema. One that is there is the author's and stays.
func writeEditorSettings(site *build.Site, source, dir string) (name string, err error) {
	root, err := os.OpenRoot(source)
	if err != nil {
		return "", err
	}
	defer root.Close()
	at, err := filepath.Rel(source, dir)
	if err != nil {
		at = dir
	}
	content, err := filepath.Rel(source, contentDir(site))
	if err != nil {
		return "", err
	}
	schemas := map[string][]string{}
	for _, k := range site.Kinds.All() {
		if k.Section != "" {
			file := path.Join(filepath.ToSlash(at), k.ID+".json")
			if !path.IsAbs(file) && !strings.HasPrefix(file, "../") {
				file = "./" + file
			}
			schemas[file] = []string{path.Join(filepath.ToSlash(content), k.Section) + "/**/*.md"}
		}
	}
	var b strings.Builder
	if err := writeJSON(&b, map[string]any{"yaml.schemas": schemas}); err != nil {
		return "", err
	}
	const file = ".vscode/settings.json"
	if err := root.MkdirAll(".vscode", 0o777); err != nil {
		return "", err
	}
	f, err := root.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return "", wrong("add this to it:\n"+b.String(), "%q is there already", seen(filepath.Join(source, file)))
	}
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(b.String())
	return filepath.Join(source, file), errors.Join(err, f.Close())
}
