package build

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"playbook/generator/check"
	"playbook/generator/diag"
	"playbook/generator/document"
)

// checkConfig names what the configuration speaks of and the site does not have:
// kinds and blocks, which are errors, and folders, rules and a logo.
func (site *Site) checkConfig() []diag.Diagnostic {
	c := &site.Config
	m, _ := document.ParseTOML(site.name, site.config)
	var out []diag.Diagnostic
	missing := func(rule string, level diag.Level, what, name string, known []string, key bool, at ...string) {
		from, to, _ := m.Find(site.name, at, key)
		hint := ""
		if n := diag.Nearest(name, known); n != "" {
			hint = `did you mean "` + n + `"?`
		} else if len(known) > 0 && len(known) <= 30 {
			hint = "there are " + strings.Join(known, ", ")
		}
		out = append(out, diag.Diagnostic{Rule: rule, Level: level, At: from, To: to, Msg: "there is no " + what + ` "` + name + `"`, Hint: hint})
	}
	for _, r := range c.Book.Kinds {
		if site.Kinds.Get(r.Kind) == nil {
			missing("kind-unknown", diag.Error, "kind", r.Kind, site.Kinds.Names(), false, "kinds", written(m, "kinds", r.Folder))
		}
	}
	blocks := site.theme.Blocks()
	for i, b := range c.Book.Home {
		if !slices.Contains(blocks, b) {
			missing("config-block", diag.Error, "block", b, blocks, false, "home", "blocks", strconv.Itoa(i))
		}
	}
	if l := c.Book.Logo; l != "" && site.theme.Assets[l] == "" {
		missing("config-unused", diag.Warning, "picture in layouts/assets called", l, nil, false, "logo")
	}
	if len(c.Levels) > 0 {
		var rules []string
		for _, r := range check.Explanations() {
			rules = append(rules, r.Rule)
		}
		for _, k := range site.Kinds.All() {
			for _, x := range k.Checks {
				rules = append(rules, x.ID)
			}
		}
		for rule := range c.Levels {
			if !slices.Contains(rules, rule) {
				missing("config-unused", diag.Warning, "rule", rule, rules, true, "checks", rule)
			}
		}
	}
	if len(c.Book.SectionOrder)+len(c.Book.SectionLabels) > 0 {
		folders := map[string]bool{}
		var known []string
		for _, f := range site.Content.Files() {
			for d := path.Dir(f.Path); d != "." && !folders[d]; d = path.Dir(d) {
				folders[d] = true
				known = append(known, d)
			}
		}
		slices.Sort(known)
		for i, f := range c.Book.SectionOrder {
			if !folders[f] {
				missing("config-unused", diag.Warning, "folder", f, known, false, "sections", "order", strconv.Itoa(i))
			}
		}
		for f := range c.Book.SectionLabels {
			if !folders[f] {
				missing("config-unused", diag.Warning, "folder", f, known, true, "sections", "labels", written(m, "sections.labels", f))
			}
		}
	}
	return diag.Sort(out)
}

// written is how the table of that name spells the key of a folder.
func written(m *document.Map, table, folder string) string {
	for t := range strings.SplitSeq(table, ".") {
		f, _ := m.Get(t)
		m = f.Value.Map
	}
	if m != nil {
		for _, f := range m.Fields {
			if strings.Trim(f.Key, "/") == folder {
				return f.Key
			}
		}
	}
	return folder
}
