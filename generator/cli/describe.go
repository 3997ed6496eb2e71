package cli

import (
	"encoding/json"
	"slices"

	"playbook/generator/build"
	"playbook/generator/kind"
)

// kindDescription is everything that can be said of one kind.
type kindDescription struct {
	kindLine
	Fields    []fieldLine    `json:"fields"`
	Common    []fieldLine    `json:"common"` // fields that every kind has
	Relations []relationLine `json:"relations"`
	Derived   []derivedLine  `json:"derived"`
	Outline   []outlineLine  `json:"outline"`
	Checks    []checkLine    `json:"checks"`
}

type fieldLine struct {
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Required    bool        `json:"required,omitempty"`
	Enum        []string    `json:"enum,omitempty"`
	Refs        []string    `json:"refs,omitempty"`
	Many        bool        `json:"many,omitempty"`
	Description string      `json:"description,omitempty"`
	Default     any         `json:"default,omitempty"`
	Fields      []fieldLine `json:"fields,omitempty"`
}

// relationLine is one direction of a relation: Name is what expressions and
// layouts call it, Kinds is what is found there. From is that of an inverse, as
// "kind.field".
type relationLine struct {
	Name  string   `json:"name"`
	Label string   `json:"label"`
	Kinds []string `json:"kinds"`
	From  []string `json:"from,omitempty"`
}

type derivedLine struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	About       string `json:"about,omitempty"`
	Example     string `json:"example,omitempty"`
	Expression  string `json:"expression"`
}

type outlineLine struct {
	ID       string   `json:"id,omitempty"`
	Title    string   `json:"title"`
	Also     []string `json:"also,omitempty"`
	Guidance string   `json:"guidance,omitempty"`
	Optional bool     `json:"optional,omitempty"`
}

type checkLine struct {
	ID      string   `json:"id"`
	Level   string   `json:"level"`
	Once    bool     `json:"once,omitempty"` // it looks at all pages of the kind together
	About   string   `json:"about,omitempty"`
	Example string   `json:"example,omitempty"`
	For     []string `json:"for,omitempty"`
	When    string   `json:"when"`
	Message string   `json:"message"`
}

// describe puts a kind into the words of the command line.
func describe(site *build.Site, k *kind.Kind) kindDescription {
	d := kindDescription{
		kindLine:  lineOf(site, k),
		Fields:    fieldLines(k.Fields),
		Relations: []relationLine{},
		Derived:   []derivedLine{},
		Outline:   []outlineLine{},
		Checks:    []checkLine{},
	}
	// A kind may say more of a common field; then that one counts.
	d.Common = fieldLines(slices.DeleteFunc(slices.Clone(site.Kinds.Common()), func(f kind.Field) bool {
		_, own := k.Field(f.Name)
		return own
	}))
	for _, name := range required(k) {
		for i := range d.Common {
			if d.Common[i].Name == name {
				d.Common[i].Required = true
			}
		}
	}
	for _, r := range k.RefPaths() {
		d.Relations = append(d.Relations, relationLine{Name: r.Field(), Label: k.Label(r.Field()), Kinds: r.Kinds})
	}
	for _, v := range k.Inverses {
		l := relationLine{Name: v.Name, Label: v.Label}
		for _, f := range v.From {
			l.From = append(l.From, f.Kind+"."+f.Field)
			if !slices.Contains(l.Kinds, f.Kind) {
				l.Kinds = append(l.Kinds, f.Kind)
			}
		}
		d.Relations = append(d.Relations, l)
	}
	for _, v := range k.Derived {
		d.Derived = append(d.Derived, derivedLine{v.Name, v.Type, v.Description, v.About, v.Example, v.Source})
	}
	for _, p := range k.Outline {
		d.Outline = append(d.Outline, outlineLine(p))
	}
	for _, c := range k.Checks {
		d.Checks = append(d.Checks, checkLine{c.ID, c.Level.String(), c.Once, c.About, c.Example, c.For, c.When, c.Message})
	}
	return d
}

// required are the keys that a page of the kind must have, common ones too.
func required(k *kind.Kind) []string {
	var schema struct {
		Required []string `json:"required"`
	}
	// The schema is of our own making; one that cannot be read requires nothing.
	_ = json.Unmarshal(k.Schema(), &schema)
	return schema.Required
}

func fieldLines(fields []kind.Field) []fieldLine {
	out := []fieldLine{}
	for _, f := range fields {
		l := fieldLine{Name: f.Name, Type: f.Type, Required: f.Required, Enum: f.Enum, Refs: f.Refs,
			Many: f.Many, Description: f.Description, Default: f.Default}
		if len(f.Fields) > 0 {
			l.Fields = fieldLines(f.Fields)
		}
		out = append(out, l)
	}
	return out
}
