//go:build linux || darwin

package source

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"playbook/generator/diag"
)

// A listed file or folder that becomes a link out of the root, or a pipe, before
// it is read must give neither bytes nor a wait.
func TestReadAfterTheFileWasReplaced(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "content")
	put(t, top, "secret/a.md", "secret", "content/f/a.md", "A", "content/g/a.md", "A", "content/h/a.md", "A", "content/i/a.md", "A")
	tree, _ := scan(t, dir, Options{}, nil)
	os.Remove(filepath.Join(dir, "f/a.md"))
	os.Symlink("../../secret/a.md", filepath.Join(dir, "f/a.md"))
	os.RemoveAll(filepath.Join(dir, "g"))
	os.Symlink("../secret", filepath.Join(dir, "g"))
	os.Remove(filepath.Join(dir, "h/a.md"))
	if err := syscall.Mkfifo(filepath.Join(dir, "h/a.md"), 0o600); err != nil {
		t.Skip(err)
	}
	os.Remove(filepath.Join(dir, "i/a.md"))
	os.Mkdir(filepath.Join(dir, "i/a.md"), 0o755)
	for _, p := range []string{"f/a.md", "g/a.md", "h/a.md", "i/a.md"} {
		if b, _, err := tree.Read(p); err == nil {
			t.Errorf("%s gave %q", p, b)
		}
		if err := digestErr(tree, p); err == nil {
			t.Errorf("%s gave a digest", p)
		}
		if err := openErr(tree, p); err == nil {
			t.Errorf("%s was opened", p)
		}
	}
}

func TestSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.md", "A")
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.md"), 0o600); err != nil {
		t.Skip(err)
	}
	os.Symlink("pipe.md", filepath.Join(dir, "link.md"))
	want := []string{"link.md", "pipe.md"}
	if syscall.Mknod(filepath.Join(dir, "null.md"), syscall.S_IFCHR|0o600, 1<<8|3) == nil {
		want = append(want, "null.md")
	}
	if fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0); err == nil {
		defer syscall.Close(fd)
		if here, err := os.Getwd(); err == nil && os.Chdir(dir) == nil { // socket paths are short
			if syscall.Bind(fd, &syscall.SockaddrUnix{Name: "socket.md"}) == nil {
				want = append(want, "socket.md")
			}
			os.Chdir(here)
		}
	}
	slices.Sort(want)
	tree, diags := scan(t, dir, Options{}, nil)
	if got := paths(tree); !slices.Equal(got, []string{"a.md"}) {
		t.Errorf("listed %q", got)
	}
	var got []string
	for _, d := range diags {
		if d.Rule == "file-special" && d.Level == diag.Warning {
			got = append(got, d.At.File)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("named %q, want %q", got, want)
	}
}
