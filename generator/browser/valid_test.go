package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"playbook/generator/cli"
)

// java returns the Java that runs the Nu HTML checker.
func java(t *testing.T) string {
	t.Helper()
	for range 2 {
		if p, err := exec.LookPath("java"); err == nil {
			return p
		}
		if os.Getenv("CI") != "true" {
			break
		}
		install(t, "default-jre-headless")
	}
	excused(t, "java is not installed")
	return ""
}

// install installs a Debian package; what that was for says so if it fails.
func install(t *testing.T, name string) {
	t.Helper()
	for _, args := range [][]string{{"apt-get", "-o", "DPkg::Lock::Timeout=300", "update"}, {"apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", name}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Logf("%v: %v\n%s", args, err, out)
		}
	}
}

// handbooks are those that others wrote and that may lie beside the repository; each
// is built once, to be opened from the disk as from a host, and "" if it is not there.
var handbooks = map[string]func() (string, error){
	"presales-playbook":    handbook("presales-playbook", "content = \".\"\nlinks.root = true\n"),
	"engineering-playbook": handbook("engineering-playbook", "content = \".\"\n"),
	"cncf-glossary":        handbook("cncf-glossary", "languages = {en = \"English\", fr = \"Français\"}\nkinds = {en = \"term\", fr = \"term\"}\n"),
}

func handbook(name, config string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		source := filepath.Join("..", "..", "..", "shared", "corpora", name)
		if _, err := os.Stat(source); err != nil {
			return "", nil
		}
		all, err := site()
		if err != nil {
			return "", err
		}
		toml, dir := filepath.Join(all, name+".toml"), filepath.Join(all, name, "public")
		if err := os.WriteFile(toml, []byte(config), 0o644); err != nil {
			return "", err
		}
		var out bytes.Buffer
		std := cli.Stdio{In: strings.NewReader(""), Out: &out, Err: &out, LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now}
		if code := cli.Main([]string{"build", "-s", source, "-c", toml, "-d", dir, "--no-cache", "--keep-going", "--portable", "--as-of", "2026-11-23"}, std, os.DirFS("../../layouts")); code > 1 {
			return "", fmt.Errorf("%s: exit %d\n%s", name, code, out.String())
		}
		return dir, nil
	})
}

// sites returns the folders of the sample and of the handbooks that are there.
func sites(t *testing.T) map[string]string {
	t.Helper()
	dirs := map[string]string{"sample": public(t)}
	for name, built := range handbooks {
		dir, err := built()
		must(t, err)
		if dirs[name] = dir; dir == "" {
			t.Logf("NOT TESTED: there is no %s beside the repository", name)
			delete(dirs, name)
		}
	}
	return dirs
}

// TestValid: the pages of the sample are valid HTML, and so are those of
// handbooks that others wrote, whatever their authors did.
func TestValid(t *testing.T) {
	t.Parallel()
	modules(t)
	dirs := sites(t)
	// One that is not valid shows that faults are told.
	bad := filepath.Join(t.TempDir(), "bad")
	must(t, os.Mkdir(bad, 0o755))
	must(t, os.WriteFile(filepath.Join(bad, "index.html"), []byte("<!doctype html><html lang=en><title>Bad</title><p><div></p>"), 0o644))

	cmd := exec.Command(java(t), append([]string{"-jar", "node_modules/vnu-jar/build/dist/vnu.jar", "--errors-only", "--verbose", "--format", "json", "--exit-zero-always", "--skip-non-html", bad}, slices.Collect(maps.Values(dirs))...)...)
	var names, report bytes.Buffer
	cmd.Stdout, cmd.Stderr = &names, &report
	must(t, cmd.Run())
	checked := map[string]bool{}
	for name := range strings.Lines(names.String()) {
		checked[strings.TrimSpace(name)] = true
	}
	for name, dir := range dirs {
		pages := 0
		must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(p) != ".html" {
				return err
			}
			if pages++; !checked[p] {
				t.Errorf("%s was not checked", p)
			}
			return nil
		}))
		if pages < 50 {
			t.Errorf("%s: only %d pages", name, pages)
		}
		t.Logf("%s: %d pages", name, pages)
	}
	var found struct {
		Messages []struct {
			URL, Message, Extract string
			LastLine              int
		}
	}
	if err := json.Unmarshal(report.Bytes(), &found); err != nil {
		t.Fatalf("%v\n%s", err, report.Bytes())
	}
	told, faults := 0, 0
	for _, m := range found.Messages {
		if strings.HasSuffix(m.URL, "/bad/index.html") {
			told++
			continue
		}
		if faults++; faults <= 20 {
			t.Errorf("%s:%d: %s\n\t%s", m.URL, m.LastLine, m.Message, m.Extract)
		}
	}
	if faults > 20 {
		t.Errorf("and %d more", faults-20)
	}
	if told == 0 {
		t.Error("no fault was told of a page that has some")
	}
}
