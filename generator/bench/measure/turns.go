//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// contestant is a command that is measured.
type contestant struct {
	name     string
	program  string // which one it is of: playbook, Hugo, or the bare program
	cmd      []string
	env      []string
	wipe     []string           // folders that are removed before each run
	before   func() error       // what else comes before each run; not timed
	after    func() error       // and after
	out      string             // the folder that it makes, counted after the last run
	verify   func(string) error // looks at out after the first run: does it do what it is measured for?
	fleeting bool               // out is removed after each run
}

// sample is what one process took.
type sample struct {
	wall, cpu float64 // seconds
	rss       float64 // MiB
}

func (c *contestant) run() (s sample, err error) {
	for _, dir := range c.wipe {
		if err := os.RemoveAll(dir); err != nil {
			return s, err
		}
	}
	if c.before != nil {
		if err := c.before(); err != nil {
			return s, err
		}
	}
	cmd := exec.Command(c.cmd[0], c.cmd[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err = cmd.Run()
	s.wall = time.Since(start).Seconds()
	if err != nil {
		return s, fmt.Errorf("%w\n%s", err, tail(out.Bytes(), 4000))
	}
	s.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.rss = float64(u.Maxrss) / 1024
		if runtime.GOOS == "darwin" { // bytes there, kilobytes elsewhere
			s.rss /= 1024
		}
	}
	if c.after != nil {
		err = c.after()
	}
	return s, err
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

// turns runs the contestants one after another, all of them in every turn, so
// that whatever slows the machine down meets all alike. After every turn that
// counts what was measured so far is kept.
func (m *measurer) turns(cs []*contestant) error {
	cs = slices.DeleteFunc(cs, func(c *contestant) bool {
		return m.only != nil && !m.only.MatchString(c.name) || m.ours && c.program != "playbook"
	})
	rows := make([]row, len(cs))
	warm, runs := m.turnsFor()
	for i := range warm + runs {
		for j, c := range cs {
			if err := m.stopped(); err != nil {
				return err
			}
			s, err := c.run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			m.say("  turn %d/%d  %-34s %8.2f s  %8.2f s CPU  %6.0f MiB", i+1, warm+runs, c.name, s.wall, s.cpu, s.rss)
			if i == 0 && c.verify != nil {
				if err := c.verify(c.out); err != nil {
					return fmt.Errorf("%s does not do what it is measured for: %w", c.name, err)
				}
			}
			r := &rows[j]
			if i == 0 {
				*r = m.row(c.name)
				r.Program, r.Of = c.program, runs
			}
			if c.out != "" && i == 0 {
				if r.Files, r.Bytes, err = count(c.out); err != nil {
					return err
				}
			}
			if c.fleeting {
				if err := os.RemoveAll(c.out); err != nil {
					return err
				}
			}
			if i < warm {
				continue
			}
			r.Wall, r.CPU, r.MiB = append(r.Wall, s.wall), append(r.CPU, s.cpu), append(r.MiB, s.rss)
			if err := m.results.put(*r); err != nil {
				return err
			}
		}
	}
	return nil
}

// turnsFor is how many turns warm up and how many count.
func (m *measurer) turnsFor() (warm, runs int) {
	warm, runs = 1, 5
	if m.pages > 10000 {
		warm, runs = 0, 2
	}
	if m.runs > 0 {
		runs = m.runs
	}
	if m.warm >= 0 {
		warm = m.warm
	}
	return warm, runs
}

// count returns the files below a folder and their size.
func count(dir string) (n int, size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n++
			size += info.Size()
		}
		return err
	})
	return n, size, err
}

func median(v []float64) float64 { return quantile(v, 0.5) }

// quantile is the value below which the share q of v lies; of two in the middle
// their mean.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	if q == 0.5 {
		return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	}
	return v[min(len(v)-1, int(q*float64(len(v))))]
}
