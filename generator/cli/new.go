package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"playbook/generator/book"
	"playbook/generator/build"
	"playbook/generator/diag"
	"playbook/generator/kind"
)

func (a *app) newCommand() *cobra.Command {
	var f siteFlags
	var title, owner, from, by string
	var stdout bool
	c := &cobra.Command{
		Use:   "new KIND NAME",
		Short: "write a page from the archetype of its kind",
		Long: `Write a page from the archetype of its kind, with title, date and owner filled in,
and print its path. NAME is the file's, without extension, below the folder of
the kind; it may name folders of its own: playbook new goal emea/grow

With --from the page begins as another one of its kind, for the period after it:
dates are moved by the length of its period, or by --by; what is finished and
what was counted stays behind, as "next" in its kind.yaml says; boxes are empty
again, and nobody has verified it yet. It comes to lie beside the other page
unless NAME names a folder.`,
		Args: arguments(2, "a KIND", "a NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := f.options(a)
			if err != nil {
				return err
			}
			o.Drafts, o.Future = from != "", from != "" // a page that is over, or not yet seen, can be carried over too
			site, err := a.openWith(c, f, o)
			if err != nil {
				return err
			}
			k, err := knownKind(site, args[0])
			if err != nil {
				return err
			}
			file, err := pagePath(k, args[1])
			if err != nil {
				return err
			}
			span, ok := kind.ParseSpan(by)
			switch {
			case by != "" && from == "":
				return wrong("it says how far the dates of another page move", `"--by" needs "--from"`)
			case by != "" && !ok:
				return wrong("such as 6m, 1y, 2w or 90d", "%q for \"--by\" is no span of time", by)
			}
			if strings.TrimSpace(title) == "" {
				title = titleOf(args[1])
			}
			for _, v := range []struct{ flag, value string }{{"--title", title}, {"--owner", owner}} {
				if !isText(v.value) {
					return wrong("write it on one line", "the value of %q holds a control character", v.flag)
				}
			}
			today, err := a.today(f.asOf)
			if err != nil {
				return err
			}
			var text string
			if from != "" {
				x, err := carry(site, k, from, title, owner, span, today)
				if err != nil {
					return err
				}
				text = x.text
				if !strings.ContainsAny(args[1], `/\`) {
					dir := path.Dir(x.file)
					if stem := path.Base(x.file); stem == "index.md" || stem == "_index.md" || stem == "README.md" {
						dir = path.Dir(dir)
					}
					file = path.Join(dir, path.Base(file))
				}
				if err := a.tellCarried(x, file); err != nil {
					return err
				}
			} else {
				if text, err = archetype(site, k); err != nil {
					return err
				}
				text = fill(text, map[string]string{"title": title, "date": today, "owner": owner, "kind": k.ID})
			}
			if stdout {
				_, err := fmt.Fprint(a.Out, text)
				return err
			}
			written, err := create(contentDir(site), file, text)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.Out, seen(filepath.Join(contentDir(site), filepath.FromSlash(written))))
			return err
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.completeKinds(c, f)
		},
	}
	f.add(c.Flags())
	stringFlag(c.Flags(), &title, "title", "t", "", "TEXT", "title of the page (default the NAME as words)")
	stringFlag(c.Flags(), &owner, "owner", "o", "", "ROLE", "id of the role that owns the page")
	stringFlag(c.Flags(), &from, "from", "", "", "PAGE", "begin as that page of the same kind, for the period after it")
	stringFlag(c.Flags(), &by, "by", "", "", "SPAN", "how far dates move with --from, such as 6m (default the length of the period)")
	f.addAsOf(c.Flags())
	c.Flags().BoolVar(&stdout, "stdout", false, "print the page instead of writing it")
	return c
}

// tellCarried says what was changed in the page that another one was made from.
func (a *app) tellCarried(x *carried, file string) error {
	say := func(format string, args ...any) error {
		_, err := fmt.Fprintf(a.Err, format+"\n", args...)
		return err
	}
	if x.what != "" {
		if err := say("%s", x.what); err != nil {
			return err
		}
	}
	if x.stay {
		if err := say("dates are as they were: its period does not tell how far to move them; --by 6m does"); err != nil {
			return err
		}
	}
	if path.Dir(x.file) != path.Dir(file) {
		return say("links are as they were in %s; playbook check tells those that lead nowhere from here", x.file)
	}
	return nil
}

// open reads what a command about the site needs, without building it.
func (a *app) open(c *cobra.Command, f siteFlags) (*build.Site, error) {
	o, err := f.options(a)
	if err != nil {
		return nil, err
	}
	return a.openWith(c, f, o)
}

// openWith is open with options of the command's own.
func (a *app) openWith(c *cobra.Command, f siteFlags, o build.Options) (*build.Site, error) {
	site, err := build.Open(c.Context(), o)
	p := diag.PrintOptions{Name: f.name, Color: a.screenOf(a.Err).color}
	var config *build.ConfigError
	if errors.As(err, &config) && len(config.Diags) > 0 {
		p.Source = config.Source
		if err := diag.Write(a.Err, config.Diags, p); err != nil {
			return nil, err
		}
		return nil, told(exitUsage)
	}
	if err != nil {
		return nil, workError(err)
	}
	// A kind that cannot be read is left out of what follows; say why. The rest
	// of what is wrong with the site is for check to tell.
	broken := diag.Sort(slices.DeleteFunc(site.Diags(), func(d diag.Diagnostic) bool {
		return path.Base(d.At.File) != "kind.yaml" || d.Level != diag.Error
	}))
	p.Source = site.Source
	if err := diag.Write(a.Err, broken, p); err != nil {
		return nil, err
	}
	return site, nil
}

// contentDir is where the content of a site lies.
func contentDir(s *build.Site) string {
	return filepath.Join(s.Dir, filepath.FromSlash(s.Config.Content))
}

// completeKinds lists the kinds for a shell. A site that cannot be read
// completes nothing; its problems are for the command to tell.
func (a *app) completeKinds(c *cobra.Command, f siteFlags) ([]string, cobra.ShellCompDirective) {
	site, err := a.open(c, f)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var out []string
	for _, k := range site.Kinds.All() {
		out = append(out, k.ID+"\t"+k.Name)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func knownKind(site *build.Site, id string) (*kind.Kind, error) {
	if k := site.Kinds.Get(id); k != nil {
		return k, nil
	}
	names := site.Kinds.Names()
	hint := "playbook kinds lists them"
	// People say the plural, and the name with its capitals, as well.
	for _, k := range site.Kinds.All() {
		for _, other := range []string{k.Name, k.Plural, k.Section} {
			if other != "" && strings.EqualFold(other, id) {
				return nil, wrong(fmt.Sprintf("did you mean %q?", k.ID), "there is no kind %q", id)
			}
		}
	}
	if near := diag.Nearest(id, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, wrong(hint, "there is no kind %q", id)
}

// archetype returns the text that pages of a kind start from: that of its
// folder, or a title and nothing else.
func archetype(site *build.Site, k *kind.Kind) (string, error) {
	name := "kinds/" + k.ID + "/archetype.md"
	if _, ok := site.Layouts.Lookup(name); !ok {
		front := "---\ntitle: {{title}}\n"
		if k.Section == "" {
			front += "kind: {{kind}}\n"
		}
		return front + "---\n", nil
	}
	text, _, err := site.Layouts.Read(name)
	return string(text), err
}

// titleOf makes a title of the last part of a name: "emea/grow-mid-market"
// becomes "Grow mid market". One that is written as people write is left alone.
func titleOf(name string) string {
	_, last := path.Split(strings.TrimSuffix(strings.TrimRight(filepath.ToSlash(name), "/"), ".md"))
	last = strings.TrimSpace(last)
	if !strings.Contains(last, " ") {
		last = strings.TrimSpace(strings.NewReplacer("-", " ", "_", " ").Replace(last))
	}
	if r, n := utf8.DecodeRuneInString(last); n > 0 {
		last = string(unicode.ToUpper(r)) + last[n:]
	}
	return last
}

// pagePath returns where the page of that name goes, below content. The name
// may begin as the path does, since shells complete paths.
func pagePath(k *kind.Kind, name string) (string, error) {
	const hint = "a NAME is a few words or a path such as emea/grow"
	slashed := filepath.ToSlash(name)
	if path.IsAbs(slashed) || filepath.IsAbs(name) {
		return "", wrong(hint, "the name %q is an absolute path", name)
	}
	if !isText(name) {
		return "", wrong(hint, "the name %q holds a control character", name)
	}
	slashed = strings.TrimSuffix(slashed, ".md")
	parts := strings.Split(slashed, "/")
	if len(parts) > 1 && parts[0] == "content" {
		parts = parts[1:]
	}
	if section := strings.Split(k.Section, "/"); k.Section != "" && len(parts) > len(section) && slices.Equal(parts[:len(section)], section) {
		parts = parts[len(section):]
	}
	if k.Section != "" {
		parts = append(strings.Split(k.Section, "/"), parts...)
	}
	fixed := 0
	if k.Section != "" {
		fixed = strings.Count(k.Section, "/") + 1
	}
	for i, p := range parts {
		switch {
		case i < fixed:
			continue
		case p == "..", p == ".":
			return "", wrong(hint, "the name %q has %q in it", name, p)
		}
		slug := book.Slug(p)
		if slug == "" {
			return "", wrong(hint, "the name %q has a part without a letter or digit", name)
		}
		parts[i] = slug
	}
	file := strings.Join(parts, "/") + ".md"
	if len(file) > 1000 {
		return "", wrong(hint, "the name is longer than a path may be")
	}
	return file, nil
}

// create writes a new page below content and returns the path it got: a folder
// that is there under another case is used, not doubled. Nothing is written
// over, and no link leads out of content.
func create(content, file, text string) (string, error) {
	if err := os.MkdirAll(content, 0o777); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(content)
	if err != nil {
		return "", err
	}
	defer root.Close()
	dir, base := path.Split(file)
	dir = existing(root, strings.TrimSuffix(dir, "/"))
	stem := strings.TrimSuffix(base, ".md")
	for _, taken := range []string{base, stem + "/index.md", stem + "/_index.md", stem + "/README.md"} {
		taken = existing(root, path.Join(dir, taken))
		if _, err := root.Lstat(taken); err == nil {
			return "", wrong("choose another NAME, or edit that page", "%q is there already", seen(filepath.Join(content, filepath.FromSlash(taken))))
		}
	}
	if dir != "" {
		if err := root.MkdirAll(dir, 0o777); err != nil {
			return "", err
		}
	}
	file = path.Join(dir, base)
	f, err := root.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		// A page of half its text would be worse than none.
		return "", errors.Join(err, root.Remove(file))
	}
	return file, nil
}

// existing spells path as the folders and files that are there spell it, where
// they differ only by case or Unicode form.
func existing(root *os.Root, p string) string {
	fold := func(s string) string { return cases.Fold().String(norm.NFC.String(s)) }
	out := ""
	for part := range strings.SplitSeq(p, "/") {
		if part == "" {
			continue
		}
		if _, err := root.Lstat(path.Join(out, part)); err != nil {
			if d, err := root.Open(path.Join(".", out)); err == nil {
				entries, _ := d.ReadDir(-1)
				d.Close()
				slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
				for _, e := range entries {
					if fold(e.Name()) == fold(part) {
						part = e.Name()
						break
					}
				}
			}
		}
		out = path.Join(out, part)
	}
	return out
}

// seen is a path as people see it: with forward slashes, and without the "./".
func seen(p string) string { return filepath.ToSlash(filepath.Clean(p)) }
