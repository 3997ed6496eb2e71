// Command release makes what is handed out: for each system an archive with the
// program, and beside it the list of its parts (CycloneDX) with versions, sums
// and licences. It is run from the top of the repository:
//
//	go run ./generator/release [-version 1.2.0] [-o dist] [-systems linux/amd64,...]
//
// The same sources, version and Go give the same bytes, whatever the folder, the
// environment, the user or the day: nothing of these is asked. Without -version
// both version and commit are those of the git checkout, and the version of one
// that was changed ends in "-dirty".
package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// systems are those that a release is made for, unless said otherwise.
const systems = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64"

// fixed is what the go command may not take from the user's environment or
// settings, since the program would differ.
var fixed = []string{
	"GOENV=off", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOFIPS140=off", "GOTOOLCHAIN=local", "GOAMD64=v1", "GOARM64=v8.0", "LC_ALL=C",
}

// kept is what it does take from the user's settings: where modules come from and
// where they and compiled packages lie. None of it can change a byte.
var kept = []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOPRIVATE", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOAUTH", "GOINSECURE"}

type options struct {
	version, commit string
	out             string
	systems         []string
	env             []string // of the go command
}

func main() {
	var o options
	flag.StringVar(&o.version, "version", "", "version of the release; that of the checkout if not given")
	flag.StringVar(&o.commit, "commit", "", "commit that a given -version is made from")
	flag.StringVar(&o.out, "o", "dist", "folder for what is made")
	list := flag.String("systems", systems, "systems to make it for")
	flag.Parse()
	o.systems = strings.Split(*list, ",")
	if err := o.make(); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func (o options) make() error {
	if o.version == "" {
		var err error
		if o.version, o.commit, err = checkout(); err != nil {
			return fmt.Errorf("what version is it? There is no -version, and %w", err)
		}
	}
	o.version = strings.TrimPrefix(o.version, "v")
	settings, err := run(nil, "go", append([]string{"env"}, kept...)...)
	if err != nil {
		return err
	}
	o.env = slices.Clone(fixed)
	for i, v := range strings.Split(settings, "\n")[:len(kept)] {
		o.env = append(o.env, kept[i]+"="+strings.TrimSuffix(v, "\r"))
	}
	if strings.HasSuffix(o.version, "-dirty") {
		fmt.Fprintln(os.Stderr, "release: the checkout has changes that are not committed: nobody else can make these bytes")
	}
	if err := o.clear(); err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, system := range o.systems {
		files, err := o.one(system)
		if err != nil {
			return fmt.Errorf("%s: %w", system, err)
		}
		for _, f := range files {
			if err := os.WriteFile(filepath.Join(o.out, f.name), f.data, 0o644); err != nil {
				return err
			}
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(f.data), f.name)
		}
	}
	fmt.Printf("# playbook %s by %s, in %s\n%s", o.version, runtime.Version(), o.out, sums.String())
	return os.WriteFile(filepath.Join(o.out, "SHA256SUMS"), sums.Bytes(), 0o644)
}

// clear removes what an earlier run made, and nothing else.
func (o options) clear() error {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(o.out)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != "SHA256SUMS" && !strings.HasPrefix(e.Name(), "playbook-") {
			return fmt.Errorf("%s holds %s, which is none of a release's files; remove it or choose another folder", o.out, e.Name())
		}
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(o.out, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// one makes the program for a system, and returns its archive and its parts.
func (o options) one(system string) ([]file, error) {
	goos, goarch, ok := strings.Cut(system, "/")
	if !ok {
		return nil, errors.New("a system is named as linux/amd64")
	}
	work, err := os.MkdirTemp("", "playbook-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	program := "playbook"
	if goos == "windows" {
		program += ".exe"
	}
	at := filepath.Join(work, program)
	// No build id and no symbols; what git knows comes with -X, so that a build from
	// an unpacked archive of the sources is the same.
	link := "-s -w -buildid= -X playbook/generator/cli.releaseNumber=" + o.version
	if o.commit != "" {
		link += " -X playbook/generator/cli.releaseCommit=" + o.commit
	}
	env := append(slices.Clone(o.env), "GOOS="+goos, "GOARCH="+goarch)
	if _, err := run(env, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", link, "-o", at, "."); err != nil {
		return nil, err
	}
	binary, err := os.ReadFile(at)
	if err != nil {
		return nil, err
	}
	info, err := buildinfo.ReadFile(at)
	if err != nil {
		return nil, err
	}
	terms, err := licences(env)
	if err != nil {
		return nil, err
	}
	parts, err := bill(o, system, info, sha256.Sum256(binary), terms)
	if err != nil {
		return nil, err
	}
	texts, err := notices(info, terms)
	if err != nil {
		return nil, err
	}
	name := "playbook-" + o.version + "-" + goos + "-" + goarch
	content := []file{
		{"LICENSE", 0o644, []byte(terms[""].texts[0].text)},
		{"LICENSES-OF-PARTS.txt", 0o644, texts},
		{program, 0o755, binary},
		{"sbom.cdx.json", 0o644, parts},
	}
	pack, ending := tarball, ".tar.gz"
	if goos == "windows" {
		pack, ending = zipped, ".zip"
	}
	archive, err := pack(name, content)
	if err != nil {
		return nil, err
	}
	return []file{{name + ".cdx.json", 0o644, parts}, {name + ending, 0o644, archive}}, nil
}

// checkout tells version and commit of the sources from git: of a tag v1.2.0
// "1.2.0", five commits later "1.2.0-5-g0123456789ab", of a checkout without tags
// "0.0.0-g0123456789ab".
func checkout() (version, commit string, err error) {
	head, err := run(nil, "git", "rev-parse", "HEAD")
	if err != nil {
		return "", "", err
	}
	changes, err := run(nil, "git", "status", "--porcelain")
	if err != nil {
		return "", "", err
	}
	// All lengths are given: git's own depend on what else the checkout holds.
	commit = strings.TrimSpace(head)[:12]
	version = "0.0.0-g" + commit
	if tag, err := run(nil, "git", "describe", "--tags", "--match", "v[0-9]*", "--abbrev=12"); err == nil {
		version = strings.TrimSpace(tag)
	}
	if strings.TrimSpace(changes) != "" {
		return version + "-dirty", "", nil
	}
	return version, commit, nil
}

// run runs a command with an addition to its environment, and returns what it
// prints.
func run(env []string, name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), env...)
	var out, problem bytes.Buffer
	c.Stdout, c.Stderr = &out, &problem
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, args[0], err, bytes.TrimSpace(problem.Bytes()))
	}
	return out.String(), nil
}

// file is one of an archive, or of the release.
type file struct {
	name string
	mode fs.FileMode
	data []byte
}

// sorted returns the keys of a map in order.
func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
