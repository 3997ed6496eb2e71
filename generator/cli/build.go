package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"playbook/generator/build"
	"playbook/generator/diag"
	"playbook/generator/output"
)

func (a *app) buildCommand() *cobra.Command {
	var f workFlags
	var keepGoing, portable bool
	var why, target string
	c := &cobra.Command{
		Use:   "build",
		Short: "make the site",
		Long: `Make the site from content/ in public/: whole the first time, and what changed
from then on. Where the content has errors nothing in public/ is changed.`,
		Args: arguments(0),
		RunE: func(c *cobra.Command, _ []string) error {
			o, format, err := f.options(a)
			if err != nil {
				return err
			}
			if err := f.checkDestination(); err != nil {
				return err
			}
			o.KeepGoing, o.Portable, o.Keep = keepGoing, portable, true
			if err := a.work(c.Context(), o, format, f, why); err != nil || !c.Flags().Changed("publish") {
				return err
			}
			site, err := a.targets(f.siteFlags)
			if err != nil {
				return err
			}
			if target == theDefault {
				target = ""
			}
			return a.publish(c.Context(), site, target, publishFlags{destination: f.destination, quiet: f.quiet}, false)
		},
	}
	f.add(c.Flags())
	stringFlag(c.Flags(), &target, "publish", "", "", "TARGET", "bring the site to its host when it is made without errors")
	c.Flags().Lookup("publish").NoOptDefVal = theDefault
	c.Flags().BoolVarP(&keepGoing, "keep-going", "k", false, "make what has no errors; the status stays 1")
	c.Flags().BoolVar(&portable, "portable", false, "name every index.html, so that the site opens without a server")
	stringFlag(c.Flags(), &why, "why", "", "", "PATH", "tell why an output such as goals/index.html was made again")
	a.completeFormats(c)
	return c
}

func (a *app) checkCommand() *cobra.Command {
	var f workFlags
	c := &cobra.Command{
		Use:   "check",
		Short: "tell what is wrong with the content, and write nothing",
		Args:  arguments(0),
		RunE: func(c *cobra.Command, _ []string) error {
			o, format, err := f.options(a)
			if err != nil {
				return err
			}
			o.CheckOnly = true
			return a.work(c.Context(), o, format, f, "")
		},
	}
	f.add(c.Flags())
	a.completeFormats(c)
	return c
}

func (a *app) completeFormats(c *cobra.Command) {
	var names []string
	for _, f := range diag.Formats() {
		names = append(names, string(f))
	}
	// The only error is a flag that does not exist.
	if err := c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// work runs a build or a check and tells what came of it.
func (a *app) work(ctx context.Context, o build.Options, format diag.Format, f workFlags, why string) error {
	s := a.screenOf(a.Err)
	p := diag.PrintOptions{Format: format, Name: f.name, Version: a.version.String(), Color: s.color, Width: s.width}
	w := a.Out
	if format == diag.Text {
		w = a.Err
	}
	what := "building"
	if o.CheckOnly {
		what = "checking"
	}
	watch, done := s.progress(a.Err, what)
	defer done()
	o.OnProgress = watch
	answer := asked{path: why}
	if why != "" {
		o.Why = answer.listen
	}
	began := a.Now()
	res, err := build.Run(ctx, o)
	seconds := a.Now().Sub(began).Seconds()
	done()

	var config *build.ConfigError
	if errors.As(err, &config) && len(config.Diags) > 0 {
		p.Source = config.Source
		if err := diag.Write(w, config.Diags, p); err != nil {
			return fmt.Errorf("cannot write the report: %w", err)
		}
		return told(exitUsage)
	}
	if err != nil {
		return workError(err)
	}

	shown := res.Diags
	if f.quiet && format == diag.Text {
		shown = slices.DeleteFunc(slices.Clone(shown), func(d diag.Diagnostic) bool { return d.Level != diag.Error })
	}
	p.Source = res.Source
	if err := diag.Write(w, shown, p); err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	if f.verbose {
		a.logStages(res.Stats, res.Notes)
	}
	if why != "" {
		if err := a.tellWhy(&answer, res); err != nil {
			return err
		}
	}
	if !f.quiet {
		fmt.Fprintln(a.Err, summary(res.Stats, o.CheckOnly, seconds))
	}
	if f.stats != "" {
		if err := a.writeStats(f.stats, res.Stats); err != nil {
			return err
		}
	}
	if res.Stats.Errors > 0 || o.Strict && res.Stats.Warnings > 0 {
		return told(exitContent)
	}
	return nil
}

// summary is the line that ends a report.
func summary(s build.Stats, check bool, seconds float64) string {
	line := counted(s.Pages, "page")
	if !check {
		line += fmt.Sprintf(", %d rendered, %d written", s.Rendered, s.Written)
		if s.Removed > 0 {
			line += fmt.Sprintf(", %d removed", s.Removed)
		}
	}
	return fmt.Sprintf("%s, %s, %s in %.2f s", line, counted(s.Errors, "error"), counted(s.Warnings, "warning"), seconds)
}

// workError sorts the ways in which a build can end without a result.
func workError(err error) error {
	var config *build.ConfigError
	switch {
	case errors.As(err, &config):
		return &failure{code: exitUsage, msg: config.Error(), err: err}
	case errors.Is(err, output.ErrForeign):
		return &failure{code: exitUsage, msg: err.Error(), err: err,
			hint: "name another folder with -d, or empty this one: playbook removes nothing that it did not write"}
	case errors.Is(err, output.ErrLocked):
		return &failure{code: exitMachine, msg: err.Error(), err: err, hint: "wait until the other one is done"}
	case errors.Is(err, context.Canceled):
		return &failure{code: exitMachine, msg: "interrupted, the site is as it was", err: err}
	}
	return err
}

// logStages tells how long each stage took.
func (a *app) logStages(s build.Stats, notes []string) {
	log := slog.New(slog.NewTextHandler(a.Err, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
			if len(groups) == 0 && attr.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return attr
		},
	}))
	t := s.Seconds
	for _, stage := range []struct {
		name    string
		seconds float64
	}{
		{"scan", t.Scan}, {"load", t.Load}, {"compile", t.Compile}, {"link", t.Link},
		{"check", t.Check}, {"render", t.Render}, {"commit", t.Commit}, {"total", t.Total},
	} {
		log.Info("stage", "name", stage.name, "seconds", stage.seconds)
	}
	log.Info("memory", "peak_rss_bytes", s.PeakRSSBytes)
	for _, n := range notes {
		log.Info("cache", "note", n)
	}
}

// writeStats writes the figures as JSON to a file, or to standard output.
func (a *app) writeStats(name string, s build.Stats) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if name == "-" {
		_, err = a.Out.Write(text)
	} else {
		err = writeWhole(name, text)
	}
	if err != nil {
		return fmt.Errorf("cannot write the figures: %w", err)
	}
	return nil
}

func writeWhole(name string, text []byte) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
