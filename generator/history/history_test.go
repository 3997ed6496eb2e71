package history

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// checkout is a git checkout whose commits have given days and authors.
type checkout struct {
	t   *testing.T
	dir string
}

func newCheckout(t *testing.T) *checkout {
	t.Helper()
	c := &checkout{t, t.TempDir()}
	c.git("", "", "init", "-q", "-b", "main")
	return c
}

// git runs git as who, on a day.
func (c *checkout) git(who, day string, args ...string) {
	c.t.Helper()
	if who == "" {
		who, day = "Nobody", "2026-01-01"
	}
	cmd := exec.Command("git", args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
		"GIT_AUTHOR_NAME="+who, "GIT_AUTHOR_EMAIL="+strings.ToLower(strings.Fields(who)[0])+"@example.com", "GIT_AUTHOR_DATE="+day+"T12:00:00Z",
		"GIT_COMMITTER_NAME="+who, "GIT_COMMITTER_EMAIL=x@example.com", "GIT_COMMITTER_DATE="+day+"T12:00:00Z")
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// write writes files given as path and text by turns; a text of "" removes one.
func (c *checkout) write(files ...string) {
	c.t.Helper()
	for i := 0; i < len(files); i += 2 {
		p := filepath.Join(c.dir, filepath.FromSlash(files[i]))
		if files[i+1] == "" {
			if err := os.Remove(p); err != nil {
				c.t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			c.t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(files[i+1]), 0o666); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *checkout) commit(who, day string, files ...string) {
	c.t.Helper()
	c.write(files...)
	c.git(who, day, "add", "-A")
	c.git(who, day, "commit", "-q", "--allow-empty", "-m", "m")
}

func (c *checkout) read(below string) *History {
	c.t.Helper()
	r := Find(filepath.Join(c.dir, below))
	if r == nil {
		c.t.Fatal("no checkout found")
	}
	h, err := r.Read(context.Background())
	if err != nil {
		c.t.Fatal(err)
	}
	return h
}

func TestHistory(t *testing.T) {
	c := newCheckout(t)
	c.commit("Marketing", "2026-03-01", "content/a.md", "one\n", "content/sub dir/ü \"q\".md", "x\n", "content/pic.png", "p", "other.md", "o")
	c.commit("Sales", "2026-03-02", "content/a.md", "two\n", "content/b.md", "b\n")
	c.commit("Sales", "2026-03-05", "content/a.md", "three\n")
	c.commit("Partner Desk", "2026-03-05", "content/a.md", "four\n", "content/b.md", "")
	c.write("content/a.md", "not committed\n", "content/b.md", "back, not committed\n", "content/new.md", "n\n")
	h := c.read("content")
	for path, want := range map[string]Change{
		"a.md":               {On: "2026-03-05", By: "Partner Desk", First: "2026-03-01"},
		"sub dir/ü \"q\".md": {On: "2026-03-01", By: "Marketing", First: "2026-03-01"},
		"b.md":               {}, // deleted in what is checked out
		"new.md":             {},
		"pic.png":            {},
		"../other.md":        {},
	} {
		got := h.Of(path)
		got.was, got.is = "", ""
		if got != want {
			t.Errorf("%s: got %+v, want %+v", path, got, want)
		}
	}
	if _, ok := h.Versions("a.md"); ok {
		t.Error("versions are known that were not fetched")
	}
	r := Find(filepath.Join(c.dir, "content"))
	if _, err := r.Fetch(context.Background(), h, []string{"a.md", "sub dir/ü \"q\".md", "b.md", "nothing.md"}); err != nil {
		t.Fatal(err)
	}
	for _, h := range []*History{h, Recall(string(h.Save()))} {
		if h == nil {
			t.Fatal("what was saved cannot be read")
		}
		if v, ok := h.Versions("a.md"); !ok || v != (Versions{Was: "two\n", Is: "four\n"}) {
			t.Errorf("the two commits of a day are one change: got %+v", v)
		}
		if v, ok := h.Versions("sub dir/ü \"q\".md"); !ok || v != (Versions{Is: "x\n", New: true}) {
			t.Errorf("a new file: got %+v", v)
		}
		if _, ok := h.Versions("b.md"); ok {
			t.Error("a deleted file has versions")
		}
		if h.Of("a.md").By != "Partner Desk" || h.Key() != r.Key() {
			t.Error("Save and Recall lose something")
		}
	}
}

// A merge is a change of the files that it left unlike each of its parents.
func TestMerge(t *testing.T) {
	c := newCheckout(t)
	c.commit("A", "2026-01-01", "a.md", "1\n", "b.md", "1\n", "c.md", "1\n")
	c.git("A", "2026-01-02", "checkout", "-q", "-b", "side")
	c.commit("B", "2026-01-02", "b.md", "side\n", "c.md", "side\n")
	c.git("A", "2026-01-03", "checkout", "-q", "main")
	c.commit("A", "2026-01-03", "a.md", "main\n", "c.md", "main\n")
	cmd := exec.Command("git", "merge", "-q", "--no-commit", "side")
	cmd.Dir = c.dir
	cmd.Run() // c.md is in conflict
	c.commit("C", "2026-01-09", "c.md", "both\n")
	h := c.read(".")
	for path, want := range map[string]string{"a.md": "2026-01-03 A", "b.md": "2026-01-02 B", "c.md": "2026-01-09 C"} {
		if got := h.Of(path); got.On+" "+got.By != want {
			t.Errorf("%s: got %s %s, want %s", path, got.On, got.By, want)
		}
	}
	if _, err := Find(c.dir).Fetch(context.Background(), h, []string{"c.md"}); err != nil {
		t.Fatal(err)
	}
	if v, _ := h.Versions("c.md"); v.Was != "main\n" || v.Is != "both\n" {
		t.Errorf("of a merge: %+v", v)
	}
}

func TestKey(t *testing.T) {
	c := newCheckout(t)
	empty := Find(c.dir)
	if h, err := empty.Read(context.Background()); err != nil || h.Of("a.md").On != "" {
		t.Errorf("before the first commit: %v", err)
	}
	c.commit("A", "2026-01-01", "a.md", "1\n")
	first := Find(c.dir).Key()
	if first == empty.Key() {
		t.Error("a commit does not show in the key")
	}
	c.write("a.md", "2\n")
	if Find(c.dir).Key() != first {
		t.Error("an edit that is not committed shows in the key")
	}
	c.git("A", "2026-01-01", "checkout", "-q", "-b", "other")
	if Find(c.dir).Key() != first {
		t.Error("the name of the branch shows in the key")
	}
	c.git("A", "2026-01-01", "pack-refs", "--all")
	if Find(c.dir).Key() != first {
		t.Error("where refs lie shows in the key")
	}
	c.write(".mailmap", "Alpha <a@example.com>\n")
	if Find(c.dir).Key() == first {
		t.Error(".mailmap does not show in the key")
	}
	if got := c.read(".").Of("a.md").By; got != "Alpha" {
		t.Errorf(".mailmap names Alpha, got %q", got)
	}
	if Find(t.TempDir()) != nil {
		t.Error("a checkout where there is none")
	}
}

func TestShallow(t *testing.T) {
	c := newCheckout(t)
	c.commit("A", "2026-01-01", "a.md", "1\n")
	c.commit("A", "2026-01-02", "b.md", "1\n")
	dir := filepath.Join(t.TempDir(), "clone")
	c.git("A", "2026-01-02", "clone", "-q", "--depth", "1", "file://"+c.dir, dir)
	r := Find(dir)
	if r == nil || !r.Shallow() {
		t.Fatal("a shallow clone is not seen to be one")
	}
	if _, err := r.Read(context.Background()); err != ErrShallow {
		t.Errorf("got %v", err)
	}
}

// A worktree's HEAD lies elsewhere; a configuration that would run a program or
// write colours must not matter.
func TestElsewhere(t *testing.T) {
	c := newCheckout(t)
	c.commit("A", "2026-01-01", "site/content/a.md", "1\n")
	c.git("A", "2026-01-01", "config", "core.fsmonitor", "touch "+filepath.Join(c.dir, "ran")+";false")
	c.git("A", "2026-01-01", "config", "color.ui", "always")
	c.git("A", "2026-01-01", "config", "core.pager", "touch "+filepath.Join(c.dir, "ran"))
	tree := filepath.Join(t.TempDir(), "tree")
	c.git("A", "2026-01-01", "worktree", "add", "-q", "-b", "w", tree)
	os.Remove(filepath.Join(c.dir, "ran"))
	r := Find(filepath.Join(tree, "site", "content"))
	if r == nil {
		t.Fatal("no checkout found in a worktree")
	}
	h, err := r.Read(context.Background())
	if err != nil || h.Of("a.md").On != "2026-01-01" {
		t.Errorf("in a worktree: %+v, %v", h.Of("a.md"), err)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "ran")); err == nil {
		t.Error("a program of the configuration was run")
	}
}

func FuzzRecall(f *testing.F) {
	h := &History{files: map[string]Change{"a.md": {"2026-01-01", "A", "2026-01-01", "", blob(strings.Repeat("x", 20))}}, texts: map[string]Versions{"a.md": {"a", "b", false}}}
	f.Add(string(h.Save()))
	f.Fuzz(func(t *testing.T, s string) {
		if h := Recall(s); h != nil {
			if g := Recall(string(h.Save())); g == nil || len(g.files) != len(h.files) {
				t.Error("what was read cannot be read again")
			}
		}
	})
}
