package build

import (
	"cmp"
	"slices"
	"strings"

	"playbook/generator/book"
	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/glossary"
	"playbook/generator/render"
)

// Config is a site's playbook.toml. The zero Config is that of a site without
// one; every key may be left out.
type Config struct {
	Book    book.Config
	Content string   // folder of the content, "content"
	Layouts string   // folder of the site's own layouts, "layouts"
	Ignore  []string // patterns, as in .gitignore, of files that are no content
	Markup  document.Options
	Levels  map[string]diag.Level // of rules
}

// setting is one key of the configuration: where it stands, what it means to
// those who write it, and how a value is taken. take returns what is wrong with
// the value, "" if nothing.
type setting struct {
	path string // "links.root"; a last "*" takes any key of a table
	want string // what the value must be, in words
	doc  string
	take func(c *Config, key string, v document.Value) string
}

func text(set func(c *Config, s string)) func(*Config, string, document.Value) string {
	return func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.String {
			return "must be a text"
		}
		set(c, v.Str)
		return ""
	}
}

func yesNo(set func(c *Config, b bool)) func(*Config, string, document.Value) string {
	return func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.Bool {
			return "must be true or false"
		}
		set(c, v.Bool)
		return ""
	}
}

func whole(set func(c *Config, n int)) func(*Config, string, document.Value) string {
	return func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.Int || v.Int < 1 || v.Int > 1<<31 {
			return "must be a whole number above 0"
		}
		set(c, int(v.Int))
		return ""
	}
}

// without reads whether an output is made; most are unless a site says otherwise.
func without(off func(o *book.Outputs) *bool) func(*Config, string, document.Value) string {
	return yesNo(func(c *Config, b bool) { *off(&c.Book.Outputs) = !b })
}

// settings are all keys, in the order in which they are documented.
var settings = []setting{
	{"title", "text", "the site's name", text(func(c *Config, s string) { c.Book.Title = s })},
	{"description", "text", "one sentence about the site", text(func(c *Config, s string) { c.Book.Description = s })},
	{"language", "language tag", `language of the pages and of the interface, "en" if not set`, text(func(c *Config, s string) { c.Book.Language = s })},
	{"base_url", "URL", "where the site will be read; only what needs absolute addresses uses it", text(func(c *Config, s string) { c.Book.BaseURL = s })},
	{"accent", "CSS colour", "the one colour from which the palette is made", func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.String || !render.ValidAccent(v.Str) {
			return `must be a colour such as "#1f5f8b" or "oklch(0.5 0.12 240)"`
		}
		c.Book.Accent = v.Str
		return ""
	}},
	{"logo", "path", "a picture in layouts/assets, shown before the title", text(func(c *Config, s string) { c.Book.Logo = s })},
	{"footer", "text", "a line at the foot of every page", text(func(c *Config, s string) { c.Book.Footer = s })},
	{"edit_url", "URL", "where pages can be edited; {path} stands for the file below the content folder", text(func(c *Config, s string) { c.Book.EditURL = s })},
	{"new_url", "URL", "where pages are made, offered beside a template; {folder} stands for the folder below the content folder, {text} for what the page begins with", text(func(c *Config, s string) { c.Book.Outputs.NewURL = s })},
	{"content", "folder", `where the Markdown lies, "content" if not set`, text(func(c *Config, s string) { c.Content = s })},
	{"layouts", "folder", `where the site's own layouts lie, "layouts" if not set`, text(func(c *Config, s string) { c.Layouts = s })},
	{"ignore", "list of patterns", "files that are no content, written as in .gitignore", func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.List {
			return "must be a list of patterns"
		}
		for _, e := range v.List {
			if e.Kind != document.String {
				return "must be a list of patterns"
			}
			c.Ignore = append(c.Ignore, e.Str)
		}
		return ""
	}},
	{"audience", "list of texts", "who the site is for: pages with an audience that names none of these are left out", func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.List {
			return "must be a list of texts"
		}
		for _, e := range v.List {
			if e.Kind != document.String {
				return "must be a list of texts"
			}
			c.Book.Audience = append(c.Book.Audience, e.Str)
		}
		return ""
	}},
	{"glossary.link", `"first-per-section", "first-per-page" or "all"`, "which mentions of a term become links", func(c *Config, _ string, v document.Value) string {
		f, ok := map[string]glossary.Frequency{"first-per-section": glossary.FirstPerSection, "first-per-page": glossary.FirstPerPage, "all": glossary.All}[v.Str]
		if v.Kind != document.String || !ok {
			return `must be "first-per-section", "first-per-page" or "all"`
		}
		c.Book.Terms = f
		return ""
	}},
	{"glossary.known", "list of texts", "words in capitals that everybody knows, so that no term need explain them", func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.List {
			return "must be a list of texts"
		}
		for _, e := range v.List {
			if e.Kind != document.String {
				return "must be a list of texts"
			}
			c.Book.Known = append(c.Book.Known, e.Str)
		}
		return ""
	}},
	{"outputs.feeds", "true or false", "Atom feeds of the site, its sections and topics", without(func(o *book.Outputs) *bool { return &o.NoFeeds })},
	{"outputs.calendar", "true or false", "iCalendar files of the site, its sections, and pages with dates", without(func(o *book.Outputs) *bool { return &o.NoCalendar })},
	{"outputs.sitemap", "true or false", "sitemap.xml, which needs base_url", without(func(o *book.Outputs) *bool { return &o.NoSitemap })},
	{"outputs.robots", `"disallow", "allow" or "none"`, "what robots.txt asks of crawlers, \"disallow\" if not set; none: there is no such file", func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.String || !slices.Contains([]string{"disallow", "allow", "none"}, v.Str) {
			return `must be "disallow", "allow" or "none"`
		}
		c.Book.Outputs.Robots = v.Str
		return ""
	}},
	{"outputs.llms", "true or false", "llms.txt, a table of contents for language models", without(func(o *book.Outputs) *bool { return &o.NoLLMs })},
	{"outputs.markdown", "true or false", "each page as Markdown, index.md beside its index.html", without(func(o *book.Outputs) *bool { return &o.NoMarkdown })},
	{"outputs.json", "true or false", "book.json, the whole book as data", without(func(o *book.Outputs) *bool { return &o.NoJSON })},
	{"outputs.previews", "true or false", "pictures for link previews, which need base_url", without(func(o *book.Outputs) *bool { return &o.NoPreviews })},
	{"outputs.templates", "true or false", "each kind's template to copy and download, on its section's page", without(func(o *book.Outputs) *bool { return &o.NoTemplates })},
	{"lists.per_page", "number", "pages that one page of a section lists, 200 if not set", whole(func(c *Config, n int) { c.Book.PerList = n })},
	{"links.root", "true or false", "relative links are read from the content root first, then from the page's folder", yesNo(func(c *Config, b bool) { c.Book.RootLinks = b })},
	{"markup.html", `"sanitize" or "escape"`, "raw HTML in Markdown passes an allow list, or is shown as text", func(c *Config, _ string, v document.Value) string {
		switch {
		case v.Kind == document.String && v.Str == "sanitize":
			c.Markup.RawHTML = document.Sanitize
		case v.Kind == document.String && v.Str == "escape":
			c.Markup.RawHTML = document.Escape
		default:
			return `must be "sanitize" or "escape"`
		}
		return ""
	}},
	{"markup.typographer", "true or false", "straight quotes and dashes become the language's own", yesNo(func(c *Config, b bool) { c.Markup.Typographer = b })},
	{"kinds.*", "kind", `kinds of folders: "handbook/terms" = "term"`, func(c *Config, key string, v document.Value) string {
		if v.Kind != document.String {
			return "must be the name of a kind"
		}
		c.Book.Kinds = append(c.Book.Kinds, book.KindRule{Folder: strings.Trim(key, "/"), Kind: v.Str})
		return ""
	}},
	{"languages.*", "text", `folders that hold one language each: fr = "Français"`, func(c *Config, key string, v document.Value) string {
		if v.Kind != document.String {
			return "must be the language's name"
		}
		c.Book.Languages = append(c.Book.Languages, book.Language{Folder: strings.Trim(key, "/"), Tag: key, Name: v.Str})
		return ""
	}},
	{"checks.*", `"off", "info", "warning" or "error"`, "how much a rule weighs; errors cannot be made less", func(c *Config, key string, v document.Value) string {
		l, ok := diag.ParseLevel(v.Str)
		if v.Kind != document.String || !ok {
			return `must be "off", "info", "warning" or "error"`
		}
		c.Levels[key] = l
		return ""
	}},
	{"limits.page", "bytes", "largest Markdown file, 1 MiB if not set", whole(func(c *Config, n int) { c.Markup.Limits.Page = n })},
	{"limits.front_matter", "bytes", "largest front matter, 64 KiB if not set", whole(func(c *Config, n int) { c.Markup.Limits.Front = n })},
	{"limits.keys", "number", "most keys in front matter, 1000 if not set", whole(func(c *Config, n int) { c.Markup.Limits.Keys = n })},
	{"limits.depth", "number", "deepest front matter, 100 if not set", whole(func(c *Config, n int) { c.Markup.Limits.Depth = n })},
	{"limits.table_columns", "number", "widest table, 128 if not set", whole(func(c *Config, n int) { c.Markup.Limits.TableColumns = n })},
	{"limits.nesting", "number", "deepest lists and quotes, 100 if not set", whole(func(c *Config, n int) { c.Markup.Limits.Nesting = n })},
	{"limits.line", "bytes", "longest line, 64 KiB if not set", whole(func(c *Config, n int) { c.Markup.Limits.Line = n })},
}

// ParseConfig reads a configuration. name is how diagnostics call the file; all
// of them are errors.
func ParseConfig(name string, src []byte) (Config, []diag.Diagnostic) {
	c := Config{Content: "content", Layouts: "layouts", Levels: map[string]diag.Level{}}
	c.Book.Language = "en"
	m, diags := document.ParseTOML(name, src)
	if m != nil {
		c.read(name, "", m, &diags)
	}
	c.Markup.Language = c.Book.Language
	slices.SortFunc(c.Book.Kinds, func(a, b book.KindRule) int { return cmp.Compare(a.Folder, b.Folder) })
	slices.SortFunc(c.Book.Languages, func(a, b book.Language) int { return cmp.Compare(a.Folder, b.Folder) })
	for i := range diags {
		diags[i].Level = diag.Error
	}
	return c, diag.Sort(diags)
}

func (c *Config) read(name, prefix string, m *document.Map, diags *[]diag.Diagnostic) {
	for _, f := range m.Fields {
		path := prefix + f.Key
		s, table := find(path, prefix)
		switch {
		case s != nil:
			if msg := s.take(c, f.Key, f.Value); msg != "" {
				*diags = append(*diags, diag.Diagnostic{Rule: "config-value", Level: diag.Error, At: f.Value.At(name), To: f.Value.End(name), Msg: path + " " + msg})
			}
		case table && f.Value.Kind == document.Dict:
			c.read(name, path+".", f.Value.Map, diags)
		case table:
			*diags = append(*diags, diag.Diagnostic{Rule: "config-value", Level: diag.Error, At: f.Value.At(name), To: f.Value.End(name), Msg: path + " must be a table"})
		default:
			var known []string
			for _, s := range settings {
				if k, ok := strings.CutPrefix(s.path, prefix); ok && k != "*" {
					k, _, _ = strings.Cut(k, ".")
					known = append(known, k)
				}
			}
			slices.Sort(known)
			known = slices.Compact(known)
			hint := "known here are " + strings.Join(known, ", ")
			if n := diag.Nearest(f.Key, known); n != "" {
				hint = `did you mean "` + n + `"?`
			}
			*diags = append(*diags, diag.Diagnostic{Rule: "config-unknown-key", Level: diag.Error, At: diag.Pos{File: name, Line: f.Line, Col: f.Col},
				To: diag.Pos{File: name, Line: f.Line, Col: f.Col + len([]rune(f.Key))}, Msg: `"` + path + `" is no setting`, Hint: hint})
		}
	}
}

// find returns the setting at path; table tells whether settings lie below it.
func find(path, prefix string) (s *setting, table bool) {
	for i := range settings {
		switch p := settings[i].path; {
		case p == path || p == prefix+"*" && prefix != "":
			return &settings[i], false
		case strings.HasPrefix(p, path+"."):
			table = true
		}
	}
	return nil, table
}
