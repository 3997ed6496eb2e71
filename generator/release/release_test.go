package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var whole = flag.Bool("whole", false, "make the release for every system, the second time from nothing that was compiled before")

// TestSameBytes makes a release twice, in two folders and for two users who share
// nothing but the sources, the version and Go, and compares every byte.
func TestSameBytes(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "release")
	if out, err := exec.Command("go", "build", "-o", tool, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	modules, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	list := runtime.GOOS + "/" + runtime.GOARCH
	if *whole {
		list = systems
	}
	type maker struct {
		folder string
		env    []string
	}
	base := []string{"PATH=" + os.Getenv("PATH"), "GOMODCACHE=" + strings.TrimSpace(string(modules)), "GOPROXY=off"}
	makers := []maker{
		{"a", []string{"HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "GOCACHE=" + strings.TrimSpace(string(cache)), "TZ=UTC", "LC_ALL=C"}},
		{"another folder, ünd deeper/b", []string{"HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "GOCACHE=" + strings.TrimSpace(string(cache)), "TZ=Asia/Kathmandu", "LANG=tr_TR.UTF-8",
			"USER=somebody", "GOFLAGS=-race -tags=other", "GOAMD64=v3", "GOEXPERIMENT=nodwarf5", "SOURCE_DATE_EPOCH=86400"}},
	}
	if *whole {
		makers[1].env = append(makers[1].env, "GOCACHE="+t.TempDir())
	}
	var made []map[string][]byte
	for _, m := range makers {
		dir := filepath.Join(t.TempDir(), m.folder)
		sources(t, dir)
		c := exec.Command(tool, "-version", "v1.2.3", "-commit", "0123456789ab", "-systems", list)
		c.Dir, c.Env = dir, slices.Concat(base, m.env)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", m.folder, err, out)
		}
		made = append(made, files(t, filepath.Join(dir, "dist")))
	}
	names := sorted(made[0])
	if want := 1 + 2*(1+strings.Count(list, ",")); len(names) != want {
		t.Errorf("made %v, want %d files", names, want)
	}
	if !slices.Equal(names, sorted(made[1])) {
		t.Fatalf("made %v and %v", names, sorted(made[1]))
	}
	for _, name := range names {
		if !bytes.Equal(made[0][name], made[1][name]) {
			t.Errorf("%s differs", name)
		}
		t.Logf("%8d bytes: %s", len(made[0][name]), name)
	}
	if t.Failed() {
		return
	}
	here := "playbook-1.2.3-" + runtime.GOOS + "-" + runtime.GOARCH
	runs(t, here, made[0])
	for _, system := range strings.Split(list, ",") {
		parts(t, made[0]["playbook-1.2.3-"+strings.ReplaceAll(system, "/", "-")+".cdx.json"])
	}
}

// sources copies what the program is made from, and dates it today.
func sources(t *testing.T, to string) {
	t.Helper()
	top := os.DirFS("../..")
	for _, name := range []string{"LICENSE", "go.mod", "go.sum", "main.go", "generator", "layouts"} {
		err := fs.WalkDir(top, name, func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules"):
				return fs.SkipDir
			case d.IsDir():
				return os.MkdirAll(filepath.Join(to, p), 0o755)
			case strings.HasSuffix(p, "_test.go"):
				return nil
			}
			data, err := fs.ReadFile(top, p)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(filepath.Join(to, p)), 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(to, p), data, 0o644)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, e := range entries {
		if out[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// runs unpacks the archive for this machine with its own programs, checks the
// sums as a user would, and asks the program who it is.
func runs(t *testing.T, name string, made map[string][]byte) {
	if runtime.GOOS == "windows" {
		return // tar and sha256sum are not everywhere there
	}
	dir := t.TempDir()
	for p, data := range made {
		if err := os.WriteFile(filepath.Join(dir, p), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sum := []string{"sha256sum", "-c", "SHA256SUMS"}
	if _, err := exec.LookPath(sum[0]); errors.Is(err, exec.ErrNotFound) {
		sum = []string{"shasum", "-a", "256", "-c", "SHA256SUMS"}
	}
	for _, args := range [][]string{sum, {"tar", "xzf", name + ".tar.gz"}} {
		c := exec.Command(args[0], args[1:]...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args, err, out)
		}
	}
	out, err := exec.Command(filepath.Join(dir, name, "playbook"), "version").Output()
	if want := fmt.Sprintf("playbook 1.2.3 (%s, %s/%s, commit 0123456789ab)\n", runtime.Version(), runtime.GOOS, runtime.GOARCH); err != nil || string(out) != want {
		t.Errorf("it says %q, want %q (%v)", out, want, err)
	}
	for p, want := range map[string]string{"LICENSE": "MIT", "LICENSES-OF-PARTS.txt": "github.com/yuin/goldmark v", "sbom.cdx.json": "CycloneDX"} {
		if data, err := os.ReadFile(filepath.Join(dir, name, p)); err != nil || !bytes.Contains(data, []byte(want)) {
			t.Errorf("%s does not speak of %s: %v", p, want, err)
		}
	}
}

// parts holds what a list of parts says: every module that go.mod asks for and
// that the program has, with version, sum and licence, each once.
func parts(t *testing.T, data []byte) {
	t.Helper()
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, c := range d.Components {
		if seen[c.Name] != "" || c.Version == "" || len(c.Licenses) != 1 || c.Name != std && (len(c.Hashes) != 1 || len(c.Hashes[0].Content) != 64) {
			t.Errorf("%+v", c)
		}
		seen[c.Name] = c.Version
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"github.com/yuin/goldmark", "github.com/tdewolff/minify/v2", "github.com/spf13/cobra", "golang.org/x/net"} {
		if !bytes.Contains(mod, []byte(name+" "+seen[name]+"\n")) {
			t.Errorf("%s %q is not what go.mod asks for", name, seen[name])
		}
	}
	for _, name := range []string{"pgregory.net/rapid", "github.com/google/go-cmp"} {
		if seen[name] != "" {
			t.Errorf("%s is only for tests", name)
		}
	}
	if "go"+seen[std] != runtime.Version() || d.Metadata.Component.Version != "1.2.3" || len(d.Dependencies[0].DependsOn) != len(d.Components) {
		t.Errorf("std %q, metadata %+v", seen[std], d.Metadata)
	}
	t.Logf("%d parts: %v", len(d.Components), d.Metadata.Properties)
}

// TestRecognise holds what licences are told apart by.
func TestRecognise(t *testing.T) {
	two := "Redistribution and use in source and binary forms, with or without\nmodification, are permitted"
	for _, c := range []struct{ text, want string }{
		{"Permission is hereby granted,\n free of charge, to any person obtaining a copy", "MIT"},
		{"   Apache License\n  Version 2.0, January 2004", "Apache-2.0"},
		{two, "BSD-2-Clause"},
		{two + "\nmay be used to endorse or promote products", "BSD-3-Clause"},
		{two + "\nendorse or promote products\n-----\n" + two, "BSD-2-Clause BSD-3-Clause"},
		{"Permission is hereby granted, free of charge, to any person obtaining a copy\n---\nLicensed under the Apache License, Version 2.0", "Apache-2.0 MIT"},
		{"All rights reserved. Ask first.", ""},
	} {
		if got := strings.Join(recognise(c.text), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// TestClear: a folder with something else in it is left alone.
func TestClear(t *testing.T) {
	o := options{out: filepath.Join(t.TempDir(), "dist")}
	put := func(name string) {
		if err := os.WriteFile(filepath.Join(o.out, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.clear(); err != nil {
		t.Fatal(err)
	}
	put("playbook-1.0.0-linux-amd64.tar.gz")
	put("SHA256SUMS")
	if err := o.clear(); err != nil || len(files(t, o.out)) > 0 {
		t.Errorf("%v, left %v", err, sorted(files(t, o.out)))
	}
	put("playbook-1.0.0-linux-amd64.tar.gz")
	put("thesis.tex")
	if err := o.clear(); err == nil || len(files(t, o.out)) != 2 {
		t.Errorf("%v, left %v", err, sorted(files(t, o.out)))
	}
}

// TestArchives: what is packed comes out, with its rights, owned by nobody and of
// one day.
func TestArchives(t *testing.T) {
	in := []file{{"LICENSE", 0o644, []byte("terms")}, {"playbook.exe", 0o755, bytes.Repeat([]byte("MZ"), 5000)}}
	var want []string
	for _, f := range in {
		want = append(want, fmt.Sprintf("p/%s %v %d %x", f.name, f.mode, day.Unix(), sha256.Sum256(f.data)))
	}
	check := func(got []string, err error) {
		t.Helper()
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	data, err := tarball("p", in)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil || h.Uid != 0 || h.Uname != "" {
			t.Errorf("%+v, %v", h, err)
		}
		got = append(got, fmt.Sprintf("%s %v %d %x", h.Name, h.FileInfo().Mode(), h.ModTime.Unix(), sha256.Sum256(b)))
	}
	check(got, nil)

	if data, err = zipped("p", in); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, f := range r.File {
		b, err := fs.ReadFile(r, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %v %d %x", f.Name, f.Mode(), f.Modified.Unix(), sha256.Sum256(b)))
	}
	check(got, nil)
}
