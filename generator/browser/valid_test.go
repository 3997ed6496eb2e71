package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// TestLighthouse: nothing left to gain on the pages that reps open most, on a site
// that lets crawlers in; by itself a site does not, which costs points.
func TestLighthouse(t *testing.T) {
	modules(t)
	p := chromium()
	if p == "" {
		excused(t, "chromium is not installed")
	}
	config, err := os.ReadFile("../../playbook.toml")
	must(t, err)
	dir := t.TempDir()
	toml := filepath.Join(dir, "playbook.toml")
	must(t, os.WriteFile(toml, append(config, "\n[outputs]\nrobots = \"allow\"\n"...), 0o644))
	var out bytes.Buffer
	std := cli.Stdio{In: strings.NewReader(""), Out: &out, Err: &out, LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now}
	if code := cli.Main([]string{"build", "-s", "../..", "-c", toml, "-d", filepath.Join(dir, "public"), "--no-cache", "--as-of", "2026-11-23"}, std, os.DirFS("../../layouts")); code != 0 {
		t.Fatalf("exit %d\n%s", code, out.String())
	}
	h := newHost(t, filepath.Join(dir, "public"))
	for _, page := range []string{"", "plans/bavaria-2027-h1/", "glossary/", "glossary/lead/"} {
		t.Run("/"+page, func(t *testing.T) {
			var scores map[string]float64
			var less []string
			for range 3 { // a busy machine costs points for speed
				scores, less = lighthouse(t, p, h.URL+"/"+page)
				if len(less) == 0 {
					return
				}
			}
			t.Errorf("%v\n\t%s", scores, strings.Join(less, "\n\t"))
		})
	}
}

// lighthouse returns the scores of a page, 0 to 100, and what kept it from 100
// where it was kept from that.
func lighthouse(t *testing.T, chrome, url string) (map[string]float64, []string) {
	t.Helper()
	cmd := exec.Command("node", "node_modules/lighthouse/cli/index.js", url, "--quiet", "--output", "json", "--output-path", "stdout",
		"--chrome-flags=--headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking --user-data-dir="+t.TempDir())
	cmd.Env = append(os.Environ(), "CHROME_PATH="+chrome)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, log.Bytes())
	}
	var report struct {
		Categories map[string]struct {
			Score     float64
			AuditRefs []struct {
				ID     string
				Weight float64
			}
		}
		Audits map[string]struct {
			Score        *float64
			Title        string
			DisplayValue string
		}
	}
	must(t, json.Unmarshal(out.Bytes(), &report))
	if len(report.Categories) != 4 {
		t.Fatalf("%d categories", len(report.Categories))
	}
	scores := map[string]float64{}
	var less []string
	for name, c := range report.Categories {
		if scores[name] = 100 * c.Score; c.Score == 1 {
			continue
		}
		for _, a := range c.AuditRefs {
			if audit := report.Audits[a.ID]; a.Weight > 0 && audit.Score != nil && *audit.Score < 1 {
				less = append(less, fmt.Sprintf("%s: %s: %s", name, audit.Title, audit.DisplayValue))
			}
		}
	}
	return scores, less
}
