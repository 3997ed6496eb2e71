package cli

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"playbook/generator/build"
	"playbook/generator/diag"
	"playbook/generator/serve"
)

func (a *app) serveCommand() *cobra.Command {
	var f siteFlags
	var o serve.Options
	var drafts, future, open bool
	var baseURL string
	c := &cobra.Command{
		Use:   "serve",
		Short: "show the site and every edit of it",
		Long: `Make the site in memory, show it on a local address, and make it again whenever
something changes. Nothing is written. Errors stand over the page they concern.`,
		Args: arguments(0),
		RunE: func(c *cobra.Command, _ []string) error {
			b, err := f.options(a)
			if err != nil {
				return err
			}
			b.Drafts, b.Future, b.BaseURL = drafts, future, baseURL // drafts only when asked for, whoever may read
			o.Build = b
			s := a.screenOf(a.Err)
			o.Now = a.Now
			o.Log = func(line string) { fmt.Fprintln(a.Err, line) }
			o.Report = func(ds []diag.Diagnostic, source func(string) []byte) {
				diag.Write(a.Err, ds, diag.PrintOptions{Format: diag.Text, Name: f.name, Source: source, Color: s.color, Width: s.width})
			}
			o.Ready = func(url string) {
				fmt.Fprintf(a.Err, "the site is at %s (Ctrl-C ends)\n", url)
				if open {
					if err := browse(url); err != nil {
						fmt.Fprintf(a.Err, "cannot open a browser: %v\n", err)
					}
				}
			}
			err = serve.Run(c.Context(), o)
			var config *build.ConfigError
			switch {
			case errors.Is(err, serve.ErrNotLoopback):
				return wrong("serve on 127.0.0.1, or add --allow-network if others may read the site while you write it", "%s", err.Error())
			case errors.As(err, &config) && len(config.Diags) > 0:
				if err := diag.Write(a.Err, config.Diags, diag.PrintOptions{Format: diag.Text, Source: config.Source, Color: s.color, Width: s.width}); err != nil {
					return err
				}
				return told(exitUsage)
			case err != nil:
				return workError(err)
			}
			return nil
		},
	}
	f.add(c.Flags())
	f.addAsOf(c.Flags())
	c.Flags().StringVar(&o.Addr, "addr", "127.0.0.1:8080", "address to serve on; port 0 takes a free one")
	c.Flags().BoolVar(&o.AllowNetwork, "allow-network", false, "serve on addresses that others can reach")
	c.Flags().BoolVar(&o.Poll, "poll", false, "look for changes every second, for folders the system does not watch (network shares)")
	c.Flags().BoolVar(&open, "open", false, "open the site in a browser")
	c.Flags().StringVarP(&baseURL, "base-url", "b", "", "address the site will have")
	c.Flags().BoolVarP(&drafts, "drafts", "D", false, "take drafts in")
	c.Flags().BoolVarP(&future, "future", "F", false, "take in what is published later")
	c.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(hugoName(name))
	})
	return c
}

// browse asks the system to show an address.
func browse(url string) error {
	c := exec.Command("xdg-open", url)
	switch runtime.GOOS {
	case "darwin":
		c = exec.Command("open", url)
	case "windows":
		c = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	}
	if err := c.Start(); err != nil {
		return err
	}
	go c.Wait() // it may be the browser itself, and stay
	return nil
}
