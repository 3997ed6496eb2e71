package build_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// historySequences is how many sites TestLawHistory plays.
const historySequences = 8

// TestLawHistory is TestLawCache in a git checkout: between edits somebody
// commits, goes back to the commit before, and comes again. What a build in that
// Session or in a new process tells of changes is what a clean build tells.
func TestLawHistory(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("git is not installed")
		}
		t.Skip("SKIPPED: git is not installed, so histories are not tested")
	}
	var steps, told, recalled atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d steps, after %d of them the news told of a change, %d recalled the Book before", steps.Load(), told.Load(), recalled.Load())
		if !t.Failed() && (told.Load() < 10 || recalled.Load() < 10) {
			t.Error("the sequences show too little of a history")
		}
	})
	for shard := range 2 {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			judge := newBuilder(true)
			for n, seed := 0, 5000+shard; n < historySequences/2; seed += 2 {
				s := sequences.Example(seed)
				if !s.full {
					continue
				}
				n++
				playHistory(t, s, seed, judge, func(feed string, b *builder) {
					steps.Add(1)
					if strings.Contains(feed, "→") || strings.Contains(feed, "revised") {
						told.Add(1)
					}
					if b.sess.Recalled() {
						recalled.Add(1)
					}
				})
			}
		})
	}
}

func playHistory(t *testing.T, s sequence, seed int, judge *builder, saw func(feed string, b *builder)) {
	g, err := newStage(s)
	if err != nil {
		t.Fatal(err)
	}
	defer g.clear()
	git := func(day int, args ...string) {
		t.Helper()
		who := [...]string{"Sales", "Marketing"}[day%2]
		cmd := exec.Command("git", append([]string{"-c", "user.name=" + who, "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false", "-c", "gc.auto=0"}, args...)...)
		date := fmt.Sprintf("2025-12-%02dT12:00:00Z", 1+day%28)
		cmd.Dir, cmd.Env = g.dir, append(os.Environ(), "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git(0, "init", "-q", "-b", "main")
	b := newBuilder(true)
	b.disk = "playbook 1"
	dice := rapid.IntRange(0, 9)
	commits := 0
	for i, st := range s.steps {
		if err := g.apply(st); err != nil {
			t.Fatal(err)
		}
		for k := range 2 { // as it was edited, then as it was committed
			if throw := dice.Example(seed*1000 + 2*i + k); throw < 5 {
				b.process(true)
			}
			got := b.build(t.Context(), g, st.set, false)
			want := judge.build(t.Context(), g, st.set, true)
			if d := want.differ(got); d != "" {
				t.Fatalf("sequence %d, step %d (%s, %d commits): %s\n%s", seed, i, [...]string{"edited", "committed"}[k], commits, d, s.tell())
			}
			saw(string(got.files["feed.xml"]), b)
			g.moved = []string{}
			if k == 1 {
				break
			}
			if throw := dice.Example(seed*1000 + 500 + i); throw < 6 {
				git(commits, "add", "-A")
				git(commits, "commit", "-q", "--allow-empty", "-m", "edit")
				commits++
			} else if throw == 6 && commits > 1 { // the commit before, the files left as they are
				git(commits, "update-ref", "--no-deref", "HEAD", "HEAD~1")
				commits--
			}
		}
	}
}
