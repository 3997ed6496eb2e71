package render

import (
	"net/url"
	"regexp"
	"strings"
)

// templateName is the file in which a section gives its kind's template.
const templateName = "template.md"

// archetypeOf is the layout file that pages of a kind begin from.
func archetypeOf(kind string) string { return "kinds/" + kind + "/archetype.md" }

// maxNewURL bounds the address that opens an editor with a template: beyond it
// servers refuse.
const maxNewURL = 7000

// Template is what a page of a section begins from, for readers to take along.
type Template struct {
	Name   string // of the kind
	Text   string
	URL    string // of the same as a file
	File   string // the name under which to keep it
	NewURL string // where such a page can be made, "" if the site does not say
}

// Template returns the template of the pages in the section that this page is
// the page of, nil where there is none.
func (v *View) Template() *Template {
	site, c := v.Site(), v.self().Card
	if !c.IsSection || c.ID == "" || site.Outputs.NoTemplates {
		return nil
	}
	k := v.SectionKind()
	if k == nil || k.Archetype == "" {
		return nil
	}
	t := &Template{Name: k.Name, Text: templateText(k.Archetype, k.Name), URL: strings.TrimSuffix(c.URL, "index.html") + templateName, File: k.ID + ".md"}
	if at := site.Outputs.NewURL; at != "" {
		to := func(text string) string {
			return strings.NewReplacer("{folder}", (&url.URL{Path: k.Section}).EscapedPath(), "{text}", url.QueryEscape(text)).Replace(at)
		}
		if t.NewURL = to(t.Text); len(t.NewURL) > maxNewURL {
			t.NewURL = to("")
		}
	}
	return t
}

// templateBlank is a place in an archetype that playbook new fills in.
var templateBlank = regexp.MustCompile(`\{\{\s*([a-z_]+)\s*\}\}`)

// templateText fills the blanks of an archetype for whoever fills in the rest by
// hand. A day is left to be given: one that is wrong would not be noticed.
func templateText(archetype, name string) string {
	return templateBlank.ReplaceAllStringFunc(archetype, func(b string) string {
		switch templateBlank.FindStringSubmatch(b)[1] {
		case "title":
			return name
		case "date":
			return "YYYY-MM-DD"
		case "owner":
			return ""
		}
		return b
	})
}
