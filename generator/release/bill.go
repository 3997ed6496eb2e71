package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
)

// The parts of a CycloneDX 1.6 document that we fill. It has no serial number
// and no time: both are optional, and neither can be the same twice.
type (
	document struct {
		Schema       string       `json:"$schema"`
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
		Compositions []composed   `json:"compositions"`
	}
	metadata struct {
		Component  component  `json:"component"`
		Properties []property `json:"properties,omitempty"`
	}
	component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version"`
		Scope      string     `json:"scope,omitempty"`
		Hashes     []hash     `json:"hashes,omitempty"`
		Licenses   []licence  `json:"licenses"`
		PURL       string     `json:"purl"`
		Properties []property `json:"properties,omitempty"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	licence struct {
		License    *spdx  `json:"license,omitempty"`
		Expression string `json:"expression,omitempty"`
	}
	spdx struct {
		ID string `json:"id"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn"`
	}
	composed struct {
		Aggregate  string   `json:"aggregate"`
		Assemblies []string `json:"assemblies"`
	}
)

// bill lists what a program is made of, as the program itself tells: every module
// that a package in it comes from, and Go's own library.
func bill(o options, system string, info *buildinfo.BuildInfo, sum [32]byte, all map[string]terms) ([]byte, error) {
	goos, goarch, _ := strings.Cut(system, "/")
	self := component{
		Type: "application", Name: "playbook", Version: o.version, PURL: "pkg:generic/playbook@" + o.version,
		Hashes: []hash{{"SHA-256", fmt.Sprintf("%x", sum)}}, Licenses: stated(all[""]),
	}
	self.Ref = self.PURL
	d := document{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata: metadata{Component: self, Properties: []property{{"playbook:goos", goos}, {"playbook:goarch", goarch}}},
	}
	if o.commit != "" {
		d.Metadata.Properties = append(d.Metadata.Properties, property{"playbook:commit", o.commit})
	}
	need := dependency{Ref: self.Ref}
	add := func(name, version, sum string) error {
		c := component{Type: "library", Name: name, Version: version, Scope: "required", PURL: "pkg:golang/" + strings.ToLower(name) + "@" + version, Licenses: stated(all[name])}
		if sum != "" {
			raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:"))
			if err != nil || len(raw) != 32 {
				return fmt.Errorf("%s has the sum %q, which is none of Go's", name, sum)
			}
			// Go's sum is a SHA-256 over names and sums of the module's files.
			c.Hashes = []hash{{"SHA-256", fmt.Sprintf("%x", raw)}}
			c.Properties = []property{{"playbook:gosum", sum}}
		}
		if len(c.Licenses) == 0 {
			return fmt.Errorf("no licence was read of %s, which the program holds", name)
		}
		c.Ref = c.PURL
		d.Components = append(d.Components, c)
		need.DependsOn = append(need.DependsOn, c.Ref)
		return nil
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = &debug.Module{Path: m.Path, Version: m.Replace.Version, Sum: m.Replace.Sum}
		}
		if m.Sum == "" {
			return nil, fmt.Errorf("%s has no sum: a release holds nothing that others cannot fetch", m.Path)
		}
		if err := add(m.Path, m.Version, m.Sum); err != nil {
			return nil, err
		}
	}
	if err := add(std, strings.TrimPrefix(info.GoVersion, "go"), ""); err != nil {
		return nil, err
	}
	// All parts are named. Which part needs which is not said: an entry for a part
	// would claim that it needs none.
	d.Dependencies = []dependency{need}
	d.Compositions = []composed{{"complete", []string{self.Ref}}}

	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(d)
	return b.Bytes(), err
}

func stated(t terms) []licence {
	switch len(t.ids) {
	case 0:
		return nil
	case 1:
		return []licence{{License: &spdx{t.ids[0]}}}
	}
	return []licence{{Expression: strings.Join(t.ids, " AND ")}}
}
