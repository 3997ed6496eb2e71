package diag

import (
	"bufio"
	"net/url"
	"slices"
	"strings"
)

// sourceRoot is the base that file names in SARIF are relative to: the folder
// the command ran in. The percent signs are the customary form of the name.
const sourceRoot = "%SRCROOT%"

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Bases      map[string]sarifBase `json:"originalUriBaseIds"`
	ColumnKind string               `json:"columnKind"`
	Results    []sarifResult        `json:"results"`
}

type sarifBase struct {
	Description sarifMessage `json:"description"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID string `json:"id"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId,omitempty"`
	RuleIndex *int            `json:"ruleIndex,omitempty"`
	Level     string          `json:"level"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
	Related   []sarifLocation `json:"relatedLocations,omitempty"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifLocation struct {
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Message  *sarifMessage  `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
	EndColumn   int `json:"endColumn,omitempty"`
}

func writeSARIF(w *bufio.Writer, ds []Diagnostic, o PrintOptions) {
	run := sarifRun{
		ColumnKind: "unicodeCodePoints",
		Bases:      map[string]sarifBase{sourceRoot: {sarifMessage{"the folder playbook was run in"}}},
		Results:    make([]sarifResult, 0, len(ds)),
	}
	run.Tool.Driver = sarifDriver{Name: "playbook", Version: o.Version, Rules: []sarifRule{}}

	var rules []string
	for _, d := range ds {
		if d.Rule != "" {
			rules = append(rules, d.Rule)
		}
	}
	slices.Sort(rules)
	rules = slices.Compact(rules)
	for _, id := range rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{id})
	}

	for _, d := range ds {
		r := sarifResult{RuleID: d.Rule, Level: "error", Message: sarifMessage{d.Msg}}
		if d.Hint != "" {
			r.Message.Text += "\n" + d.Hint
		}
		switch d.Level {
		case Warning:
			r.Level = "warning"
		case Info:
			r.Level = "note"
		case Off:
			r.Level = "none"
		}
		if i, ok := slices.BinarySearch(rules, d.Rule); ok {
			r.RuleIndex = &i
		}
		if p := sarifPlace(d.At, endColumn(d), o.Name); p != nil {
			r.Locations = []sarifLocation{{Physical: p}}
		}
		for _, n := range d.Also {
			r.Related = append(r.Related, sarifLocation{sarifPlace(n.At, 0, o.Name), &sarifMessage{n.Msg}})
		}
		run.Results = append(run.Results, r)
	}
	encode(w, sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

// sarifPlace returns nil for a place without a file.
func sarifPlace(at Pos, end int, name func(string) string) *sarifPhysical {
	if at.File == "" {
		return nil
	}
	p := &sarifPhysical{Artifact: sarifURI(fileName(at.File, name))}
	if at.Line > 0 {
		p.Region = &sarifRegion{at.Line, at.Col, end}
	}
	return p
}

// sarifURI writes a path as a URI reference. URL.String puts "./" before a path
// whose first part has a colon, which would read as a scheme.
func sarifURI(file string) sarifArtifact {
	if strings.HasPrefix(file, "/") {
		return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: file}).String()}
	}
	return sarifArtifact{URI: (&url.URL{Path: file}).String(), Base: sourceRoot}
}
