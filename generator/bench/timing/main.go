//go:build unix

// Timing runs commands in turn (A B C A B C ...) and compares them, so that
// whatever slows the machine down meets all alike. Of each process it takes
// the time on the clock, the time on processors and the peak memory.
//
//	timing [-runs 5] [-warm 1] +++ name=ours wipe=/dev/shm/a out=/dev/shm/a playbook build ... +++ name=theirs ...
//
// After each +++ stand settings as key=value and then the command as it is run,
// without a shell. Folders named by wipe are removed before each run, out is
// the folder whose files are counted after the last. dir is where it runs. The
// output of a command is shown only if it fails.
//
// Printed is one Markdown table: minimum, median and maximum, and the median of
// the ratios to the first command, each taken within one turn.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

type contestant struct {
	name, dir, out string
	wipe           []string
	cmd            []string
	runs           []sample
}

// sample is what one process took.
type sample struct {
	wall, cpu float64 // seconds
	rss       float64 // MiB
}

func main() {
	runs := flag.Int("runs", 5, "turns that count")
	warm := flag.Int("warm", 1, "turns before them")
	pages := flag.Int("pages", 0, "pages of the site, to tell pages a second")
	flag.Parse()
	cs, err := parse(flag.Args())
	if err == nil && (*runs < 1 || len(cs) == 0) {
		err = fmt.Errorf("nothing to run")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "timing:", err)
		os.Exit(2)
	}
	for i := range *warm + *runs {
		for _, c := range cs {
			s, err := c.run()
			if err != nil {
				fmt.Fprintf(os.Stderr, "timing: %s: %v\n", c.name, err)
				os.Exit(1)
			}
			if i >= *warm {
				c.runs = append(c.runs, s)
			}
			fmt.Fprintf(os.Stderr, "turn %d/%d  %-24s %6.2f s  %6.2f s CPU  %5.0f MiB\n", i+1, *warm+*runs, c.name, s.wall, s.cpu, s.rss)
		}
	}
	print(cs, *pages)
}

func parse(args []string) ([]*contestant, error) {
	var cs []*contestant
	var c *contestant
	for _, a := range args {
		if a == "+++" {
			c = &contestant{}
			cs = append(cs, c)
			continue
		}
		if c == nil {
			return nil, fmt.Errorf("%q stands before the first +++", a)
		}
		key, value, ok := strings.Cut(a, "=")
		if !ok || len(c.cmd) > 0 {
			c.cmd = append(c.cmd, a)
			continue
		}
		switch key {
		case "name":
			c.name = value
		case "dir":
			c.dir = value
		case "out":
			c.out = value
		case "wipe":
			if !filepath.IsAbs(value) || filepath.Dir(value) == value {
				return nil, fmt.Errorf("wipe=%s: a whole path, please", value)
			}
			c.wipe = append(c.wipe, value)
		default:
			return nil, fmt.Errorf("unknown setting %q", key)
		}
	}
	for _, c := range cs {
		if len(c.cmd) == 0 {
			return nil, fmt.Errorf("%q has no command", c.name)
		}
	}
	return cs, nil
}

func (c *contestant) run() (s sample, err error) {
	for _, dir := range c.wipe {
		if err := os.RemoveAll(dir); err != nil {
			return s, err
		}
	}
	cmd := exec.Command(c.cmd[0], c.cmd[1:]...)
	cmd.Dir = c.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err = cmd.Run()
	s.wall = time.Since(start).Seconds()
	if err != nil {
		return s, fmt.Errorf("%w\n%s", err, out.String())
	}
	s.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.rss = float64(u.Maxrss) / 1024
		if runtime.GOOS == "darwin" { // bytes there, kilobytes elsewhere
			s.rss /= 1024
		}
	}
	return s, nil
}

// spread is the least, the middle and the greatest of some figures.
func spread(runs []sample, of func(sample) float64) (lo, mid, hi float64) {
	var v []float64
	for _, s := range runs {
		v = append(v, of(s))
	}
	return slices.Min(v), median(v), slices.Max(v)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

func print(cs []*contestant, pages int) {
	fmt.Println("| | wall s: min / median / max | CPU s: min / median / max | peak MiB | pages/s | files, MB | wall, CPU, memory against the first |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, c := range cs {
		wl, wm, wh := spread(c.runs, func(s sample) float64 { return s.wall })
		pl, pm, ph := spread(c.runs, func(s sample) float64 { return s.cpu })
		_, rm, _ := spread(c.runs, func(s sample) float64 { return s.rss })
		rate, size := "", ""
		if pages > 0 {
			rate = fmt.Sprintf("%.0f", float64(pages)/wm)
		}
		if c.out != "" {
			n, bytes := count(c.out)
			size = fmt.Sprintf("%d, %.1f", n, float64(bytes)/1e6)
		}
		against := func(of func(sample) float64) float64 {
			var v []float64
			for i := range c.runs {
				v = append(v, of(c.runs[i])/of(cs[0].runs[i]))
			}
			return median(v)
		}
		fmt.Printf("| %s | %.2f / **%.2f** / %.2f | %.2f / **%.2f** / %.2f | %.0f | %s | %s | %.2f, %.2f, %.2f |\n",
			c.name, wl, wm, wh, pl, pm, ph, rm, rate, size,
			against(func(s sample) float64 { return s.wall }), against(func(s sample) float64 { return s.cpu }), against(func(s sample) float64 { return s.rss }))
	}
}

// count returns the files below a folder and their size.
func count(dir string) (n int, bytes int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				n++
				bytes += info.Size()
			}
		}
		return nil
	})
	return n, bytes
}
