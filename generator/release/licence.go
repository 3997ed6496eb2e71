package main

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// terms are those under which a module may be handed on.
type terms struct {
	ids   []string // of SPDX, sorted: all of them hold
	texts []text   // sorted by name
}

// text is one file of licences or of notices that go with them.
type text struct {
	name string // below the module
	text string
}

// std stands for Go's own library, "" for playbook itself, among modules.
const std = "std"

// licences reads the terms of every module that a program is made of, by
// path: the files beside its go.mod and those in folders of the packages
// that the program takes from it.
func licences(env []string) (map[string]terms, error) {
	list, err := run(env, "go", "list", "-deps", "-f", "{{if .Standard}}std{{else}}{{with .Module}}{{if not .Main}}{{.Path}}{{end}}\t{{.Dir}}{{end}}\t{{.Dir}}{{end}}", ".")
	if err != nil {
		return nil, err
	}
	root, err := run(env, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	found := map[string]map[string]string{std: {}, "": {}} // module, name, text
	if err := read(found[std], strings.TrimSpace(root), strings.TrimSpace(root)); err != nil {
		return nil, err
	}
	for line := range strings.Lines(list) {
		at := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if at[0] == std {
			continue
		}
		if len(at) != 3 {
			return nil, fmt.Errorf("go list says %q", line)
		}
		if found[at[0]] == nil {
			found[at[0]] = map[string]string{}
		}
		for _, dir := range at[1:] {
			if err := read(found[at[0]], at[1], dir); err != nil {
				return nil, err
			}
		}
	}
	out := map[string]terms{}
	var faults []error
	for _, module := range sorted(found) {
		var t terms
		for _, name := range sorted(found[module]) {
			content := found[module][name]
			t.texts = append(t.texts, text{name, content})
			ids := recognise(content)
			if len(ids) == 0 && licenceFile.MatchString(filepath.Base(name)) {
				faults = append(faults, fmt.Errorf("%s: what licence is its %s? Teach it to recognise in licence.go", module, name))
			}
			t.ids = append(t.ids, ids...)
		}
		slices.Sort(t.ids)
		t.ids = slices.Compact(t.ids)
		if len(t.ids) == 0 {
			faults = append(faults, fmt.Errorf("%q has no licence", module))
		}
		out[module] = t
	}
	return out, errors.Join(faults...)
}

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[sc]e|copying)([-._].*)?$`)
	noticeFile  = regexp.MustCompile(`(?i)^(notice|patents)([-._].*)?$`)
)

// read takes licences and notices of a folder of the module at root.
func read(into map[string]string, root, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasSuffix(e.Name(), ".go") || !licenceFile.MatchString(e.Name()) && !noticeFile.MatchString(e.Name()) {
			continue
		}
		at := filepath.Join(dir, e.Name())
		name, err := filepath.Rel(root, at)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		into[filepath.ToSlash(name)] = strings.ReplaceAll(string(data), "\r\n", "\n")
	}
	return nil
}

// marks are words that a licence has and no other, spaces made one and all in
// small letters.
var marks = []struct{ id, words string }{
	{"Apache-2.0", "apache license version 2.0, january 2004"},
	{"Apache-2.0", "licensed under the apache license, version 2.0"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that"},
	{"ISC", "permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted, provided that"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"MPL-2.0", "mozilla public license, version 2.0"},
	{"Unlicense", "this is free and unencumbered software released into the public domain"},
	{"CC0-1.0", "cc0 1.0 universal"},
}

// recognise tells the licences that a text holds.
func recognise(s string) (ids []string) {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	for _, m := range marks {
		if strings.Contains(s, m.words) {
			ids = append(ids, m.id)
		}
	}
	// The two of Berkeley differ by a clause, and one file may hold both.
	all := strings.Count(s, "redistribution and use in source and binary forms")
	third := strings.Count(s, "endorse or promote products")
	if third > 0 {
		ids = append(ids, "BSD-3-Clause")
	}
	if all > third {
		ids = append(ids, "BSD-2-Clause")
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// notices is one text with the licences and notices of all that the program is
// made of, as most of them ask to be handed on.
func notices(info *buildinfo.BuildInfo, all map[string]terms) ([]byte, error) {
	var b bytes.Buffer
	write := func(title string, t terms) {
		fmt.Fprintf(&b, "%s\n%s (%s)\n", strings.Repeat("=", 80), title, strings.Join(t.ids, " AND "))
		for _, f := range t.texts {
			fmt.Fprintf(&b, "%s\n%s\n\n%s\n\n", strings.Repeat("-", 80), f.name, strings.Trim(f.text, "\n"))
		}
	}
	write("The Go standard library "+runtime.Version(), all[std])
	for _, m := range info.Deps {
		t, ok := all[m.Path]
		if !ok {
			return nil, fmt.Errorf("no licence was read of %s, which the program holds", m.Path)
		}
		write(m.Path+" "+m.Version, t)
	}
	return b.Bytes(), nil
}
