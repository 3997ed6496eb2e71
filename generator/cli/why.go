package cli

import (
	"fmt"
	"strings"
	"sync"

	"playbook/generator/artifact"
	"playbook/generator/build"
	"playbook/generator/diag"
)

// asked is an output of which one wants to know why it was made.
type asked struct {
	path string

	mu   sync.Mutex
	made map[string]*artifact.Change
}

// listen takes what the build says of each output that it makes.
func (w *asked) listen(path string, c *artifact.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.made == nil {
		w.made = map[string]*artifact.Change{}
	}
	w.made[path] = c
}

// tellWhy says why an output was made again, or was not. Where people give the
// address of a page its output is meant.
func (a *app) tellWhy(w *asked, res *build.Result) error {
	if res.Failed {
		return nil // nothing was made, as the report says
	}
	p := strings.TrimPrefix(strings.TrimPrefix(w.path, "./"), "/")
	tries := []string{p, strings.TrimSuffix(p, "/") + "/index.html"}
	if p == "" {
		tries = []string{"index.html"}
	}
	var names []string
	for _, x := range res.Outputs {
		for _, t := range tries {
			if x.Path != t {
				continue
			}
			fmt.Fprintln(a.Err, x.Path+" "+w.reason(x))
			return nil
		}
		names = append(names, x.Path, strings.TrimSuffix(x.Path, "/index.html"))
	}
	hint := "name it as it lies in the destination, such as index.html"
	if n := diag.Nearest(p, names); n != "" {
		hint = fmt.Sprintf("did you mean %q?", n)
	}
	return wrong(hint, `%q for "--why" is no output`, w.path)
}

func (w *asked) reason(x *artifact.Artifact) string {
	c, made := w.made[x.Path]
	switch {
	case !made && len(x.Trace) == 1:
		return "was reused: the one answer is as it was"
	case !made:
		return fmt.Sprintf("was reused: all %d answers are as they were", len(x.Trace))
	case c == nil:
		return "was made: there was no trace of it"
	case c.Gone:
		return "was made again: it was no longer there as it had been made"
	}
	return fmt.Sprintf("was made again: the answer to %q changed", strings.TrimSpace(c.Question.Op.String()+" "+c.Question.Arg))
}
