package cli

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// screen is what is known of the place standard error leads to.
type screen struct {
	terminal bool
	color    bool
	width    int // 0 if not a terminal
}

// screenOf looks at w and at what the user says about colours: NO_COLOR forbids
// them, CLICOLOR_FORCE asks for them anywhere, and a dumb terminal has none.
func (a *app) screenOf(w io.Writer) screen {
	var s screen
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.terminal = true
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			s.width = width
		}
	}
	env := func(name string) string { v, _ := a.LookupEnv(name); return v }
	force := env("CLICOLOR_FORCE")
	switch {
	case env("NO_COLOR") != "":
	case force != "" && force != "0":
		s.color = true
	default:
		s.color = s.terminal && env("TERM") != "dumb"
	}
	return s
}

// patience is how long work may take before it is worth a word.
const patience = 500 * time.Millisecond

// progress shows one line that says how far the work is and how long it has
// taken, on a terminal only, from the moment it proves long. watch is to be told
// of the work; done takes the line away and must be called before anything else
// is written.
func (s screen) progress(w io.Writer, what string) (watch func(stage string, done, total int), done func()) {
	if !s.terminal {
		return nil, func() {}
	}
	return tick(w, what, patience, 100*time.Millisecond)
}

func tick(w io.Writer, what string, after, every time.Duration) (watch func(stage string, done, total int), done func()) {
	var state atomic.Pointer[string]
	state.Store(&what)
	watch = func(stage string, done, total int) {
		line := what + ": " + stage
		if total > 0 {
			line += fmt.Sprintf(" %d of %d", done, total)
		}
		state.Store(&line)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		began := time.Now()
		select {
		case <-stop:
			return
		case <-time.After(after):
		}
		t := time.NewTicker(every)
		defer t.Stop()
		widest := 0
		for {
			line := fmt.Sprintf("%s, %.1f s", *state.Load(), time.Since(began).Seconds())
			widest = max(widest, len(line))
			fmt.Fprintf(w, "\r%-*s", widest, line)
			select {
			case <-stop:
				fmt.Fprintf(w, "\r%*s\r", widest, "")
				return
			case <-t.C:
			}
		}
	}()
	return watch, sync.OnceFunc(func() {
		close(stop)
		<-stopped
	})
}
