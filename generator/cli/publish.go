package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"playbook/generator/build"
	"playbook/generator/output"
	"playbook/generator/publish"
)

// publishFlags say what publish does beside publishing.
type publishFlags struct {
	siteFlags
	destination, rollback, stats           string
	dryRun, first, verify, list, breakLock bool
	quiet                                  bool
}

func (a *app) publishCommand() *cobra.Command {
	var f publishFlags
	c := &cobra.Command{
		Use:   "publish [TARGET]",
		Short: "bring the site that was built to its host, or take it back",
		Long: `Bring the site that was built to a target of playbook.toml: to the one that is
named, the default, or the only one. Readers see the old site until all of the
new one has arrived. What is cut goes on where it stopped when it is run again.`,
		Args: arguments(0, "a TARGET"),
		RunE: func(c *cobra.Command, args []string) error {
			site, err := a.targets(f.siteFlags)
			if err != nil {
				return err
			}
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return a.publish(c.Context(), site, name, f, c.Flags().Changed("rollback"))
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			site, err := a.targets(f.siteFlags)
			if err != nil || len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return targetNames(site), cobra.ShellCompDirectiveNoFileComp
		},
	}
	f.add(c.Flags())
	stringFlag(c.Flags(), &f.destination, "destination", "d", "", "DIR", "folder the site was made in (default public in the site)")
	c.Flags().BoolVarP(&f.dryRun, "dry-run", "n", false, "tell what would change, and change nothing")
	c.Flags().BoolVar(&f.first, "first", false, "the target is empty because nothing was published there yet")
	stringFlag(c.Flags(), &f.rollback, "rollback", "", "", "RELEASE", "take the release before back into service, or the one that is named")
	c.Flags().Lookup("rollback").NoOptDefVal = previous
	c.Flags().BoolVar(&f.list, "releases", false, "list what can be taken back")
	c.Flags().BoolVar(&f.verify, "verify", false, "compare every file on the host with what was published")
	c.Flags().BoolVar(&f.breakLock, "break-lock", false, "take the place of a publish that has died")
	stringFlag(c.Flags(), &f.stats, "stats", "", "", "FILE", "file for figures about the work, as JSON; - is standard output")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "tell of errors only")
	c.MarkFlagsMutuallyExclusive("dry-run", "verify", "releases")
	c.MarkFlagsMutuallyExclusive("rollback", "verify", "releases", "first")
	c.MarkFlagsMutuallyExclusive("rollback", "dry-run")
	return c
}

// What flags stand for that are given without a value.
const (
	previous   = "the one before" // the release in service
	theDefault = "the default"    // target
)

// published is what publish knows of a site.
type published struct {
	dir    string
	config build.Config
}

// targets reads the configuration, for what it says of publishing.
func (a *app) targets(f siteFlags) (*published, error) {
	c, _, err := a.configuration(f)
	if err != nil {
		return nil, err
	}
	return &published{f.source, c}, nil
}

func targetNames(site *published) (out []string) {
	for _, t := range site.config.Targets {
		out = append(out, t.Name)
	}
	return out
}

// targetOf finds the target that is meant.
func targetOf(site *published, name string) (publish.Target, error) {
	names := targetNames(site)
	list := "the targets are " + strings.Join(names, ", ")
	if name == "" {
		t, ok := site.config.DefaultTarget()
		switch {
		case ok:
			return t, nil
		case len(names) == 0:
			return t, wrong("add [targets.intranet] with the folder, machine or bucket to publish to", "playbook.toml names no target to publish to")
		}
		return t, wrong(list+`; name one, or let one say "default = true"`, "there is more than one target")
	}
	for _, t := range site.config.Targets {
		if t.Name == name {
			return t, nil
		}
	}
	if len(names) == 0 {
		list = "playbook.toml names none"
	}
	return publish.Target{}, wrong(list, "there is no target %q", name)
}

// publishStats are the figures of a publish.
type publishStats struct {
	Target  string  `json:"target"`
	Release string  `json:"release"`
	Same    bool    `json:"same"`
	Files   int     `json:"files"`
	Sent    int     `json:"sent"`
	Kept    int     `json:"kept"`
	Linked  int     `json:"linked"`
	Removed int     `json:"removed"`
	Dropped int     `json:"dropped_releases"`
	Bytes   int64   `json:"bytes_sent"`
	Seconds float64 `json:"seconds"`
}

func (a *app) publish(ctx context.Context, site *published, name string, f publishFlags, back bool) error {
	t, err := targetOf(site, name)
	if err != nil {
		return err
	}
	s := a.screenOf(a.Err)
	watch, done := s.progress(a.Err, "publishing")
	defer done()
	env := publish.Env{LookupEnv: a.LookupEnv, Now: a.Now, Dir: site.dir, Owner: owner(), Process: os.Getpid(), Alive: alive, BreakLock: f.breakLock}
	if watch != nil {
		env.OnProgress = func(p publish.Progress) {
			stage := p.Stage
			if p.Size > 0 {
				stage += fmt.Sprintf(" %.1f of %.1f MB,", float64(p.Bytes)/1e6, float64(p.Size)/1e6)
			}
			watch(stage, p.Files, p.Of)
		}
	}
	began := a.Now()
	host, err := publish.Open(ctx, t, env)
	if err != nil {
		return publishError(err)
	}
	defer host.Close()
	identity := t.Site
	if identity == "" {
		identity = site.config.Book.Title
	}
	say := func(format string, args ...any) {
		done()
		if !f.quiet {
			fmt.Fprintf(a.Err, format+"\n", args...)
		}
	}
	switch {
	case f.list:
		list, err := host.Releases(ctx, identity)
		done()
		if err != nil {
			return publishError(err)
		}
		return a.listReleases(list)
	case back:
		if f.rollback == previous {
			f.rollback = ""
		}
		r, err := host.Rollback(ctx, identity, f.rollback)
		if err != nil {
			return publishError(err)
		}
		say("%s: release %s is in service again, %s", t.Name, r.ID, counted(r.Files, "file"))
		return nil
	case f.verify:
		return a.verify(ctx, host, t, identity, env, say)
	}
	made, err := madeSite(site, f.destination, identity)
	if err != nil {
		return err
	}
	o := publish.Options{First: f.first}
	if f.dryRun {
		c, err := host.Plan(ctx, made, o)
		if err != nil {
			return publishError(err)
		}
		done()
		return a.tellChange(t, c)
	}
	res, err := host.Publish(ctx, made, o)
	if err != nil {
		return publishError(err)
	}
	seconds := a.Now().Sub(began).Seconds()
	for _, n := range res.Notes {
		say("note: %s", n)
	}
	if res.Same {
		say("%s: release %s is this site already, %s in %.2f s", t.Name, res.Release.ID, counted(res.Release.Files, "file"), seconds)
	} else {
		say("%s: release %s, %s, %d sent (%.1f MB), %d removed in %.2f s", t.Name, res.Release.ID, counted(res.Release.Files, "file"), res.Sent, float64(res.Bytes)/1e6, res.Removed, seconds)
	}
	if f.stats != "" {
		return a.writeFigures(f.stats, publishStats{t.Name, res.Release.ID, res.Same, res.Release.Files, res.Sent, res.Kept, res.Linked, res.Removed, len(res.Dropped), res.Bytes, seconds})
	}
	return nil
}

func (a *app) writeFigures(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if text = append(text, '\n'); name == "-" {
		_, err = a.Out.Write(text)
	} else {
		err = writeWhole(name, text)
	}
	if err != nil {
		return fmt.Errorf("cannot write the figures: %w", err)
	}
	return nil
}

func (a *app) listReleases(list []publish.Release) error {
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, r := range list {
		service := ""
		if r.Current {
			service = "in service"
		}
		fmt.Fprintf(w, "%s\t%d files\t%.1f MB\t%s\n", r.ID, r.Files, float64(r.Bytes)/1e6, service)
	}
	return w.Flush()
}

func (a *app) tellChange(t publish.Target, c publish.Change) error {
	var b strings.Builder
	for _, l := range []struct {
		mark  string
		paths []string
	}{{"+", c.Added}, {"~", c.Changed}, {"-", c.Removed}} {
		for _, p := range l.paths {
			fmt.Fprintf(&b, "%s %s\n", l.mark, p)
		}
	}
	if _, err := io.WriteString(a.Out, b.String()); err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "%s: %d added, %d changed, %d removed, %d as they are, %.1f MB to send\n", t.Name, len(c.Added), len(c.Changed), len(c.Removed), c.Unchanged, float64(c.Send)/1e6)
	for _, id := range c.Drop {
		fmt.Fprintf(a.Err, "release %s would be removed\n", id)
	}
	return nil
}

// verify tells what differs between the host and what was published there.
func (a *app) verify(ctx context.Context, host publish.Host, t publish.Target, identity string, env publish.Env, say func(string, ...any)) error {
	rep, err := host.Verify(ctx, identity)
	if err != nil {
		return publishError(err)
	}
	wrong := rep.Wrong
	where := "on the host"
	if t.URL != "" {
		more, err := publish.VerifyWeb(ctx, t.URL, rep.Files, env)
		if err != nil {
			return publishError(err)
		}
		wrong = append(wrong, more...)
		where += " and from " + t.URL
	}
	say("%s: release %s, %s (%.1f MB) compared %s, %d differ", t.Name, rep.Release.ID, counted(len(rep.Files), "file"), float64(rep.Bytes)/1e6, where, len(wrong))
	for _, p := range wrong {
		fmt.Fprintf(a.Out, "%s %s\n", p.Path, p.What)
	}
	if len(wrong) > 0 {
		return &failure{code: exitMachine, msg: fmt.Sprintf("%s is not what was published", t.Name), hint: "publish again: what is damaged is sent anew where the next release needs it"}
	}
	return nil
}

// publishError sorts the ways in which a publish can end.
func publishError(err error) error {
	var no *publish.Refusal
	var f *publish.Failure
	switch {
	case errors.As(err, &no):
		return &failure{code: exitUsage, msg: no.Msg, hint: no.Hint, err: err}
	case errors.As(err, &f):
		return &failure{code: exitMachine, msg: f.Msg, hint: f.Hint, err: err}
	case errors.Is(err, context.Canceled):
		return &failure{code: exitMachine, msg: "interrupted, readers see what they saw", hint: "run the command again: what has arrived is not sent again", err: err}
	}
	return err
}

// madeSite is the site as build left it.
func madeSite(site *published, dest, identity string) (publish.Site, error) {
	if dest == "" {
		dest = filepath.Join(site.dir, "public")
	}
	m, err := output.ReadManifest(dest)
	if errors.Is(err, fs.ErrNotExist) {
		return publish.Site{}, wrong("run playbook build first", "no site was built in %s", dest)
	}
	if err != nil {
		return publish.Site{}, wrong("build it again", "the site in %s cannot be published: %v", dest, err)
	}
	root, err := os.OpenRoot(dest)
	if err != nil {
		return publish.Site{}, err
	}
	s := publish.Site{Identity: identity, Files: make([]publish.File, 0, len(m.Files()))}
	for _, e := range m.Files() {
		s.Files = append(s.Files, publish.File{Entry: e, Open: func() (io.ReadCloser, error) { return root.Open(filepath.FromSlash(e.Path)) }})
	}
	return s, nil
}

// owner says who publishes, as others are told who find the lock.
func owner() string {
	name, host := "somebody", "a machine"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}

// alive tells whether a process of this machine is running.
func alive(process int) bool {
	p, err := os.FindProcess(process)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, fs.ErrPermission)
}
