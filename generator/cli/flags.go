package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"playbook/generator/build"
	"playbook/generator/diag"
)

// named is a text flag that help shows with a NAME for its value.
type named struct {
	to   *string
	name string
}

func (n named) String() string     { return *n.to }
func (n named) Set(s string) error { *n.to = s; return nil }
func (n named) Type() string       { return n.name }

func stringFlag(set *pflag.FlagSet, to *string, flag, short, otherwise, name, usage string) {
	*to = otherwise
	set.VarP(named{to, name}, flag, short, usage)
}

// siteFlags say which site a command is about.
type siteFlags struct {
	source, config, asOf string
	verbose              bool
}

func (f *siteFlags) add(set *pflag.FlagSet) {
	set.SortFlags = false
	stringFlag(set, &f.source, "source", "s", ".", "DIR", "folder of the site")
	stringFlag(set, &f.config, "config", "c", "", "FILE", "configuration file (default playbook.toml in the site)")
	set.BoolVarP(&f.verbose, "verbose", "v", false, "tell more about the work")
}

func (f *siteFlags) addAsOf(set *pflag.FlagSet) {
	stringFlag(set, &f.asOf, "as-of", "", "", "DATE", "date that counts as today, such as 2026-11-23")
}

// options returns what the flags say as build options, once they make sense.
func (f *siteFlags) options(a *app) (build.Options, error) {
	a.verbose = f.verbose
	if f.source == "" {
		return build.Options{}, wrong("for this folder write -s . or leave it out", `"--source" names no folder`)
	}
	asOf, err := a.today(f.asOf)
	if err != nil {
		return build.Options{}, err
	}
	if info, err := os.Stat(f.source); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return build.Options{}, wrong("name the folder that holds content/", "there is no folder %q", f.source)
	} else if err != nil {
		return build.Options{}, err
	}
	return build.Options{
		Source:  f.source,
		Config:  f.config,
		AsOf:    asOf,
		Builtin: a.builtin,
		Version: a.version.String(),
		Program: a.version.program(),
		Now:     a.Now,
	}, nil
}

// name is a file of a diagnostic as seen from the working folder:
// "docs/content/a.md" for the site in docs. For an absolute source names stay
// those in the site, and what is not in the site keeps its name anyway.
func (f *siteFlags) name(file string) string {
	s := filepath.ToSlash(filepath.Clean(f.source))
	if s == "." || filepath.IsAbs(f.source) || strings.HasPrefix(file, "/") ||
		strings.HasPrefix(file, "builtin:") || f.config != "" && file == filepath.ToSlash(f.config) {
		return file
	}
	return s + "/" + file
}

// today is the date of the run: what --as-of says, else SOURCE_DATE_EPOCH, else
// the day it is where the clock is.
func (a *app) today(flag string) (string, error) {
	if flag != "" {
		if _, err := time.Parse(time.DateOnly, flag); err != nil {
			return "", wrong("write year, month and day, such as --as-of 2026-11-23", `"%s" is no date for "--as-of"`, flag)
		}
		return flag, nil
	}
	if s, ok := a.LookupEnv("SOURCE_DATE_EPOCH"); ok && s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		// The last second of the year 9999: four digits are all a date has.
		if err != nil || n < 0 || n > 253402300799 {
			return "", wrong("it is seconds since 1970, such as those of git log -1 --format=%ct", `%q in SOURCE_DATE_EPOCH is no time`, s)
		}
		return time.Unix(n, 0).UTC().Format(time.DateOnly), nil
	}
	return a.Now().Format(time.DateOnly), nil
}

// workFlags are those of the commands that go over all content.
type workFlags struct {
	siteFlags
	destination, baseURL, format, stats string
	drafts, future, strict, noCache     bool
	quiet                               bool
}

func (f *workFlags) add(set *pflag.FlagSet) {
	set.SortFlags = false
	stringFlag(set, &f.source, "source", "s", ".", "DIR", "folder of the site")
	stringFlag(set, &f.destination, "destination", "d", "", "DIR", "folder the site is made in (default public in the site)")
	stringFlag(set, &f.config, "config", "c", "", "FILE", "configuration file (default playbook.toml in the site)")
	stringFlag(set, &f.baseURL, "base-url", "b", "", "URL", "address the site will have, such as https://example.com/playbook/")
	set.BoolVarP(&f.drafts, "drafts", "D", false, "take drafts in")
	set.BoolVarP(&f.future, "future", "F", false, "take in what is published later")
	f.addAsOf(set)
	set.BoolVar(&f.strict, "strict", false, "let warnings fail the command")
	stringFlag(set, &f.format, "format", "", "text", "FORM", "form of the diagnostics: "+formatNames())
	set.BoolVar(&f.noCache, "no-cache", false, "do all work anew")
	stringFlag(set, &f.stats, "stats", "", "", "FILE", "file for figures about the work, as JSON; - is standard output")
	set.BoolVarP(&f.quiet, "quiet", "q", false, "tell of errors only")
	set.BoolVarP(&f.verbose, "verbose", "v", false, "tell more about the work")
	set.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(hugoName(name))
	})
}

// hugoName gives our name of a flag that people know from Hugo under another.
func hugoName(name string) string {
	switch name {
	case "baseURL", "baseUrl":
		return "base-url"
	case "buildDrafts":
		return "drafts"
	case "buildFuture":
		return "future"
	}
	return name
}

func formatNames() string {
	var names []string
	for _, f := range diag.Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// options returns the build options and the report's format, or what is wrong
// with the flags taken together.
func (f *workFlags) options(a *app) (build.Options, diag.Format, error) {
	o, err := f.siteFlags.options(a)
	if err != nil {
		return o, "", err
	}
	o.Dest, o.BaseURL = f.destination, f.baseURL
	o.Drafts, o.Future, o.Strict, o.NoCache = f.drafts, f.future, f.strict, f.noCache

	var format diag.Format
	for _, known := range diag.Formats() {
		if f.format == string(known) {
			format = known
		}
	}
	switch {
	case format == "":
		hint := "it is " + formatNames()
		return o, "", wrong(hint, `"%s" is no value for "--format"`, f.format)
	case f.quiet && f.verbose:
		return o, "", wrong("leave one out", `"--quiet" and "--verbose" ask for opposite things`)
	case f.stats == "-" && format != diag.Text:
		return o, "", wrong("write the figures to a file: --stats FILE",
			`"--stats -" and "--format %s" both want standard output`, format)
	}
	if f.baseURL != "" {
		if err := checkBaseURL(f.baseURL); err != nil {
			return o, "", err
		}
	}
	return o, format, nil
}

// checkDestination refuses destinations that would be read as part of the site,
// or hold it. Any other folder that is not ours is refused where it is written.
func (f *workFlags) checkDestination() error {
	if f.destination == "" {
		return nil
	}
	source, err := filepath.Abs(f.source)
	if err != nil {
		return err
	}
	dest, err := filepath.Abs(f.destination)
	if err != nil {
		return err
	}
	within := func(path, folder string) bool {
		rel, err := filepath.Rel(folder, path)
		return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
	}
	const hint = "name a folder of its own, such as public"
	switch {
	case source == dest:
		return wrong(hint, "the destination %q is the site itself", f.destination)
	case within(source, dest):
		return wrong(hint, "the destination %q holds the site", f.destination)
	}
	for _, folder := range []string{"content", "layouts", ".playbook"} {
		if within(dest, filepath.Join(source, folder)) {
			return wrong(hint, "the destination %q lies in %s of the site", f.destination, folder)
		}
	}
	return nil
}

func checkBaseURL(s string) error {
	u, err := url.Parse(s)
	const hint = "write it in full, such as https://example.com/playbook/"
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return wrong(hint, `"%s" is no address for "--base-url"`, s)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil:
		return wrong(hint, `the address %q for "--base-url" has more than host and path`, u.Redacted())
	}
	return nil
}

// counted writes "1 page", "2 pages".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
