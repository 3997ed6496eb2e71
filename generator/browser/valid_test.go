package browser_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// valid has the Nu HTML checker look at every page below dir.
func valid(t *testing.T, dir string) {
	t.Helper()
	modules(t)
	cmd := exec.Command(java(t), "-jar", "node_modules/vnu-jar/build/dist/vnu.jar", "--errors-only", "--format", "json", "--exit-zero-always", "--skip-non-html", dir)
	var report bytes.Buffer
	cmd.Stderr = &report
	must(t, cmd.Run())
	var found struct {
		Messages []struct {
			URL, Message, Extract string
			LastLine              int
		}
	}
	if err := json.Unmarshal(report.Bytes(), &found); err != nil {
		t.Fatalf("%v\n%s", err, report.Bytes())
	}
	for i, m := range found.Messages {
		if i == 20 {
			t.Errorf("and %d more", len(found.Messages)-i)
			break
		}
		t.Errorf("%s:%d: %s\n\t%s", m.URL, m.LastLine, m.Message, m.Extract)
	}
}

// TestValid: the pages of the sample are valid HTML, and so are those of
// handbooks that others wrote, whatever their authors did.
func TestValid(t *testing.T) {
	t.Run("sample", func(t *testing.T) { valid(t, public(t)) })
	for name, config := range map[string]string{
		"presales-playbook":    "content = \".\"\nlinks.root = true\n",
		"engineering-playbook": "content = \".\"\n",
		"cncf-glossary":        "languages = {en = \"English\", fr = \"Français\"}\nkinds = {en = \"term\", fr = \"term\"}\n",
	} {
		t.Run(name, func(t *testing.T) {
			source := filepath.Join("..", "..", "..", "shared", "corpora", name)
			if _, err := os.Stat(source); err != nil {
				t.Skipf("NOT TESTED: there is no %s beside the repository", name)
			}
			dir := t.TempDir()
			toml := filepath.Join(dir, "playbook.toml")
			must(t, os.WriteFile(toml, []byte(config), 0o644))
			var out bytes.Buffer
			std := cli.Stdio{In: strings.NewReader(""), Out: &out, Err: &out, LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now}
			code := cli.Main([]string{"build", "-s", source, "-c", toml, "-d", filepath.Join(dir, "public"), "--no-cache", "--keep-going", "--as-of", "2026-11-23"}, std, os.DirFS("../../layouts"))
			if code > 1 {
				t.Fatalf("exit %d\n%s", code, out.String())
			}
			valid(t, filepath.Join(dir, "public"))
		})
	}
}
