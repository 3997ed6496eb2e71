//go:build linux

package torture

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKills kills builds and servers at random moments, while somebody reads.
func TestKills(t *testing.T) {
	all := turns()
	gs := make([]ground, len(all))
	for i, tn := range all {
		gs[i] = grounds(t, tn)
	}
	// How long a build takes here and now tells when to kill.
	b := newBox(t)
	gs[0].copyTo(t, b)
	began := time.Now()
	if o := (process{}).run("build", "-s", b.site(), "--as-of", asOf, "-q"); o.code != 0 {
		t.Fatal(o.err)
	}
	long := time.Since(began)
	t.Logf("a build takes %v", long)
	dice := rand.New(rand.NewPCG(uint64(*seed), 1))
	n := sample(*kills, 3)
	type kill struct {
		turn  int
		after time.Duration
		serve bool
	}
	var ks []kill
	for i := range n {
		ks = append(ks, kill{dice.IntN(len(all)), time.Duration(dice.Int64N(int64(long) * 5 / 4)), i%8 == 7})
	}
	each(t, n, func(i int) {
		k := ks[i]
		g, tn := gs[k.turn], all[k.turn]
		b := box{filepath.Join(scratch(), fmt.Sprint("kill", i))}
		defer release(b.dir)
		g.copyTo(t, b)
		table.killed.add(1)
		if k.serve {
			killServe(t, g, b, k.after)
			return
		}
		what := fmt.Sprintf("%s, killed after %v", tn.name, k.after.Round(time.Millisecond))
		stop := make(chan bool)
		read := make(chan string)
		go func() { read <- reading(b.public(), g, stop) }()
		o := process{began: func(p *os.Process) {
			go func() {
				time.Sleep(k.after)
				p.Kill()
			}()
		}}.run(append([]string{"build", "-s", b.site(), "--as-of", asOf, "-q"}, tn.args...)...)
		close(stop)
		if saw := <-read; saw != "" {
			bad(t, &table.half, "%s: a reader saw %s", what, saw)
		}
		if fault.MatchString(o.err) {
			bad(t, &table.crashes, "%s: %s", what, brief(o.err, 2000))
		}
		if s := g.state(t, b.public()); s != "old" && s != "new" && s != "between" {
			bad(t, &table.half, "%s: %s", what, s)
		}
		g.finish(t, b, what)
	})
}

// reading reads outputs over and over and tells what is wrong with one: each is
// that of the old site or of the new one, to the byte.
func reading(public string, g ground, stop chan bool) string {
	var names []string
	for p := range g.old {
		names = append(names, p)
	}
	for p := range g.new {
		names = append(names, p)
	}
	for {
		for _, p := range names {
			select {
			case <-stop:
				return ""
			default:
			}
			text, err := os.ReadFile(filepath.Join(public, filepath.FromSlash(p)))
			if err != nil {
				continue
			}
			was, wasThere := g.old[p]
			will, willBe := g.new[p]
			if !(wasThere && bytes.Equal(text, was)) && !(willBe && bytes.Equal(text, will)) {
				return fmt.Sprintf("%s of %d bytes, where the old site has %d and the new one %d", p, len(text), len(was), len(will))
			}
			time.Sleep(200 * time.Microsecond)
		}
	}
}

// server is serve in a process of its own.
type server struct {
	cmd  *exec.Cmd
	url  string
	said *bytes.Buffer
}

func serving(t *testing.T, site string, more ...string) (*server, error) {
	t.Helper()
	s := &server{said: &bytes.Buffer{}}
	s.cmd = exec.Command(program(), append([]string{"serve", "-s", site, "--as-of", asOf, "--addr", "127.0.0.1:0"}, more...)...)
	s.cmd.Env = append(os.Environ(), "NO_COLOR=1")
	out, err := s.cmd.StderrPipe()
	must(t, err)
	must(t, s.cmd.Start())
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		s.said.WriteString(line)
		if _, rest, ok := strings.Cut(line, "the site is at "); ok {
			s.url, _, _ = strings.Cut(rest, " ")
			go io.Copy(io.Discard, r)
			return s, nil
		}
		if err != nil {
			s.cmd.Wait()
			return s, fmt.Errorf("the server did not begin: %v: %s", err, s.said)
		}
	}
}

func (s *server) end() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// killServe kills a server while somebody reads and edits.
func killServe(t *testing.T, g ground, b box, after time.Duration) {
	before := snapshot(t, b.dir)
	s, err := serving(t, b.site())
	if err != nil {
		bad(t, &table.crashes, "%v", err)
		return
	}
	stop := make(chan bool)
	gone := make(chan bool)
	go func() {
		defer close(gone)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			if r, err := http.Get(s.url); err == nil {
				io.Copy(io.Discard, r.Body)
				r.Body.Close()
			}
		}
	}()
	time.Sleep(after)
	s.end()
	close(stop)
	<-gone
	if d := difference(before, snapshot(t, b.dir), "site/.playbook"); d != "" {
		bad(t, &table.outside, "serve, killed after %v: %s", after, d)
	}
	g.finish(t, b, "after a server that was killed")
}
