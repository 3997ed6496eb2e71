package build

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"playbook/generator/book"
	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/glossary"
	"playbook/generator/kind"
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
	Forget  bool                  // ask no checkout when pages were changed
	Targets []Target              // sorted by name
}

// Target is where a site is published: one table [targets.NAME]. Exactly one of
// Directory alone, SSH with Directory, and Bucket says what sort of place it is.
type Target struct {
	Name    string
	Default bool   // the one that is meant when none is named
	Site    string // identity on the host, the site's title if empty

	Directory string
	InPlace   bool // change the folder itself, where the host cannot follow links
	Keep      int  // releases kept, 0 for the default
	FileMode  int  // permissions, 0 for the default
	DirMode   int
	Compress  bool   // put a .gz beside each text file
	URL       string // where readers find it, for verification

	SSH        string // [USER@]HOST[:PORT], or a Host of ~/.ssh/config
	Key        string // file with the private key
	KnownHosts string // file with the keys of hosts

	Bucket      string
	Endpoint    string // of the object store, Amazon's if empty
	Region      string
	Prefix      string // of all keys
	Credentials string // file with the keys, in the form of ~/.aws/credentials
	Profile     string // section of that file
	GraceDays   int    // before files of old releases are removed, 0 for the default
	CAFile      string // file with the authority that signed the store's certificate
	Releases    bool   // each release under a prefix of its own
}

// setting is one key of the configuration: where it stands, what it means to
// those who write it, and how a value is taken. take returns what is wrong with
// the value, "" if nothing.
type setting struct {
	path string // "links.root"; a "*" takes any key of a table
	want string // what the value must be, in words
	doc  string
	take func(c *Config, key string, v document.Value) string // key is the last one a "*" took, or the path's last
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

func folder(set func(c *Config, s string)) func(*Config, string, document.Value) string {
	return func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.String || strings.ContainsFunc(v.Str, unicode.IsControl) {
			return "must be the name of a folder"
		}
		set(c, v.Str)
		return ""
	}
}

func texts(msg string, set func(c *Config, list []string)) func(*Config, string, document.Value) string {
	return func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.List {
			return msg
		}
		var out []string
		for _, e := range v.List() {
			if e.Kind != document.String {
				return msg
			}
			out = append(out, e.Str)
		}
		set(c, out)
		return ""
	}
}

// link reads an address that pages lead to.
func link(set func(c *Config, s string)) func(*Config, string, document.Value) string {
	return func(c *Config, _ string, v document.Value) string {
		u, err := url.Parse(strings.NewReplacer("{", "", "}", "").Replace(v.Str))
		if v.Kind != document.String || err != nil || v.Str != "" && (u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			return `must be an address such as "https://intranet.example/playbook/"`
		}
		if u.User != nil {
			return "must be an address without a user: every reader would see it"
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
		set(c, v.Bool())
		return ""
	}
}

func whole(set func(c *Config, n int)) func(*Config, string, document.Value) string {
	return func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.Int || v.Int() < 1 || v.Int() > 1<<31 {
			return "must be a whole number above 0"
		}
		set(c, int(v.Int()))
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
	{"language", "language tag", `language of the pages and of the interface, "en" if not set`, func(c *Config, _ string, v document.Value) string {
		if _, err := language.Parse(v.Str); v.Kind != document.String || err != nil {
			return `must be a language tag such as "en", "de" or "pt-BR"`
		}
		c.Book.Language = v.Str
		return ""
	}},
	{"base_url", "URL", "where the site will be read; only what needs absolute addresses uses it", link(func(c *Config, s string) { c.Book.BaseURL = s })},
	{"accent", "CSS colour", "the one colour from which the palette is made", func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.String || !render.ValidAccent(v.Str) {
			return `must be a colour such as "#1f5f8b" or "oklch(0.5 0.12 240)"`
		}
		c.Book.Accent = v.Str
		return ""
	}},
	{"logo", "path", "a picture in layouts/assets, shown before the title", text(func(c *Config, s string) { c.Book.Logo = s })},
	{"footer", "text", "a line at the foot of every page", text(func(c *Config, s string) { c.Book.Footer = s })},
	{"edit_url", "URL", "where pages can be edited; {path} stands for the file below the content folder", link(func(c *Config, s string) { c.Book.EditURL = s })},
	{"new_url", "URL", "where pages are made, offered beside a template; {folder} stands for the folder below the content folder, {text} for what the page begins with", link(func(c *Config, s string) { c.Book.Outputs.NewURL = s })},
	{"content", "folder", `where the Markdown lies, "content" if not set`, folder(func(c *Config, s string) { c.Content = s })},
	{"layouts", "folder", `where the site's own layouts lie, "layouts" if not set`, folder(func(c *Config, s string) { c.Layouts = s })},
	{"history", `"on" or "off"`, "when pages were changed, by whom and how, is read from the git checkout that the content lies in; \"off\" starts no process", func(c *Config, _ string, v document.Value) string {
		if v.Kind != document.String || v.Str != "on" && v.Str != "off" {
			return `must be "on" or "off"`
		}
		c.Forget = v.Str == "off"
		return ""
	}},
	{"review_every", "90 days, 12 weeks, 3 months, 1 year or never", "how often a page that has verified_on is to be looked at again, where neither it nor its kind says; 90 days if not set", func(c *Config, _ string, v document.Value) string {
		if _, ok := kind.Days(v.Str); v.Kind != document.String || !ok {
			return "must be as 90 days, 12 weeks, 3 months, 1 year or never"
		}
		c.Book.Review = v.Str
		return ""
	}},
	{"sections.order", "list of folders", "folders of the content whose sections come first, in this order; the others follow by weight and name", texts("must be a list of folders", func(c *Config, l []string) {
		for _, f := range l {
			c.Book.SectionOrder = append(c.Book.SectionOrder, strings.Trim(f, "/"))
		}
	})},
	{"sections.labels.*", "text", `what links and navigation call the section of a folder: plans = "Account plans"`, func(c *Config, key string, v document.Value) string {
		if v.Kind != document.String || strings.TrimSpace(v.Str) == "" {
			return "must be a text"
		}
		if c.Book.SectionLabels == nil {
			c.Book.SectionLabels = map[string]string{}
		}
		c.Book.SectionLabels[strings.Trim(key, "/")] = v.Str
		return ""
	}},
	{"home.blocks", "list of blocks", "what the front page shows, in this order: blocks are layouts/partials/home-NAME.html", texts("must be a list of blocks", func(c *Config, l []string) { c.Book.Home = l })},
	{"ignore", "list of patterns", "files that are no content, written as in .gitignore", texts("must be a list of patterns", func(c *Config, l []string) { c.Ignore = l })},
	{"audience", "list of texts", "who the site is for: pages with an audience that names none of these are left out", texts("must be a list of texts", func(c *Config, l []string) { c.Book.Audience = l })},
	{"glossary.link", `"first-per-section", "first-per-page" or "all"`, "which mentions of a term become links", func(c *Config, _ string, v document.Value) string {
		f, ok := map[string]glossary.Frequency{"first-per-section": glossary.FirstPerSection, "first-per-page": glossary.FirstPerPage, "all": glossary.All}[v.Str]
		if v.Kind != document.String || !ok {
			return `must be "first-per-section", "first-per-page" or "all"`
		}
		c.Book.Terms = f
		return ""
	}},
	{"glossary.known", "list of texts", "words in capitals that everybody knows, so that no term need explain them", texts("must be a list of texts", func(c *Config, l []string) { c.Book.Known = l })},
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
	{"outputs.reports", "true or false", "the page of reports: what is due for review, and what checks find", without(func(o *book.Outputs) *bool { return &o.NoReports })},
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
		c.Book.Levels = c.Levels
		return ""
	}},
	{"targets.*.default", "true or false", "this target is meant when none is named", target(yes(func(t *Target, b bool) { t.Default = b }))},
	{"targets.*.site", "text", "what the host calls this site, its title if not set; it tells sites on one host apart", target(words(func(t *Target, s string) { t.Site = s }))},
	{"targets.*.directory", "folder", "folder on the host: on this machine, or with ssh on that one; the web server shows the folder current in it", target(words(func(t *Target, s string) { t.Directory = s }))},
	{"targets.*.in_place", "true or false", "change the folder itself, file by file, because the host cannot follow links", target(yes(func(t *Target, b bool) { t.InPlace = b }))},
	{"targets.*.keep", "number", "releases kept on the host for rollback, 5 if not set", target(count(func(t *Target, n int) { t.Keep = n }))},
	{"targets.*.file_mode", "permissions", `of files on the host, "644" if not set`, target(permissions(func(t *Target, n int) { t.FileMode = n }))},
	{"targets.*.dir_mode", "permissions", `of folders on the host, "755" if not set`, target(permissions(func(t *Target, n int) { t.DirMode = n }))},
	{"targets.*.compress", "true or false", "put a .gz beside each text file, for servers that send it", target(yes(func(t *Target, b bool) { t.Compress = b }))},
	{"targets.*.url", "URL", "where readers find the site; publish --verify looks there too", target(address(func(t *Target, s string) { t.URL = s }))},
	{"targets.*.ssh", "[USER@]HOST[:PORT]", "machine to publish to by SSH, or a Host of ~/.ssh/config", target(words(func(t *Target, s string) { t.SSH = s }))},
	{"targets.*.key", "file", "file with the private key for ssh; the agent and the usual files are tried too", target(words(func(t *Target, s string) { t.Key = s }))},
	{"targets.*.known_hosts", "file", `file with the keys of hosts, "~/.ssh/known_hosts" if not set`, target(words(func(t *Target, s string) { t.KnownHosts = s }))},
	{"targets.*.bucket", "text", "bucket of an object store", target(words(func(t *Target, s string) { t.Bucket = s }))},
	{"targets.*.endpoint", "URL", "address of the object store, Amazon's if not set", target(address(func(t *Target, s string) { t.Endpoint = s }))},
	{"targets.*.region", "text", "region of the bucket", target(words(func(t *Target, s string) { t.Region = s }))},
	{"targets.*.prefix", "text", "folder in the bucket", target(words(func(t *Target, s string) { t.Prefix = s }))},
	{"targets.*.credentials", "file", "file with the keys of the object store, as ~/.aws/credentials has them; without it AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment count, then the usual file", target(words(func(t *Target, s string) { t.Credentials = s }))},
	{"targets.*.profile", "text", `section of the credentials file, "default" if not set`, target(words(func(t *Target, s string) { t.Profile = s }))},
	{"targets.*.grace_days", "days", "how long styles and scripts of old releases stay in the bucket for pages that are still open, an hour if not set", target(count(func(t *Target, n int) { t.GraceDays = n }))},
	{"targets.*.ca_file", "file", "the authority that signed the object store's certificate, if the system does not know it", target(words(func(t *Target, s string) { t.CAFile = s }))},
	{"targets.*.releases", "true or false", "put each release under a prefix of its own in the bucket, and name the one in service in an object", target(yes(func(t *Target, b bool) { t.Releases = b }))},
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
		diags = append(diags, c.checkTargets(name, targetPlaces(name, m))...)
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
		s, key, table := find(path)
		switch {
		case s != nil:
			if msg := s.take(c, key, f.Value); msg != "" {
				*diags = append(*diags, diag.Diagnostic{Rule: "config-value", Level: diag.Error, At: f.Value.At(name), To: f.Value.End(name), Msg: path + " " + msg})
			}
		case table && f.Value.Kind == document.Dict:
			if prefix == "targets." {
				c.target(f.Key)
			}
			c.read(name, path+".", f.Value.Map, diags)
		case table:
			*diags = append(*diags, diag.Diagnostic{Rule: "config-value", Level: diag.Error, At: f.Value.At(name), To: f.Value.End(name), Msg: path + " must be a table"})
		case secret(path):
			*diags = append(*diags, diag.Diagnostic{Rule: "config-secret", Level: diag.Error, At: f.At(name),
				To: f.End(name), Msg: `"` + path + `" looks like a secret, and this file is no place for one`,
				Hint: "take it out, change it where it is used, and give it in the environment, in a file named by \"key\" or \"credentials\", or to the agent"})
		default:
			var known []string
			for _, s := range settings {
				if k, ok := below(s.path, prefix); ok && k != "*" {
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
			*diags = append(*diags, diag.Diagnostic{Rule: "config-unknown-key", Level: diag.Error, At: f.At(name),
				To: f.End(name), Msg: `"` + path + `" is no setting`, Hint: hint})
		}
	}
}

// find returns the setting at path and the key that its "*" stands for, or the
// path's last one; table tells whether settings lie below it.
func find(path string) (s *setting, key string, table bool) {
	all := strings.Split(path, ".")
	for i := range settings {
		keys, want := all, strings.Split(settings[i].path, ".")
		if len(want) < len(keys) && want[len(want)-1] == "*" && len(want) == len(keys)-1 {
			// A key such as "emea.plans" in a table of folders.
			keys = append(keys[:len(want)-1:len(want)-1], strings.Join(keys[len(want)-1:], "."))
		}
		n, star := 0, keys[len(keys)-1]
		for n < len(keys) && n < len(want) && (want[n] == keys[n] || want[n] == "*" && n > 0) {
			if want[n] == "*" {
				star = keys[n]
			}
			n++
		}
		switch {
		case n == len(keys) && n == len(want):
			return &settings[i], star, false
		case n == len(keys):
			table = true
		}
	}
	return nil, "", table
}

// below returns what a setting's path has behind prefix.
func below(path, prefix string) (string, bool) {
	want := strings.Split(path, ".")
	keys := strings.Split(prefix, ".")
	keys = keys[:len(keys)-1]
	if len(want) <= len(keys) {
		return "", false
	}
	for i, k := range keys {
		if want[i] != k && want[i] != "*" {
			return "", false
		}
	}
	return strings.Join(want[len(keys):], "."), true
}

// targetPlaces tells where each table of targets stands.
func targetPlaces(name string, m *document.Map) map[string]diag.Pos {
	places := map[string]diag.Pos{}
	for _, f := range m.Fields {
		if f.Key == "targets" && f.Value.Kind == document.Dict {
			for _, t := range f.Value.Map.Fields {
				places[t.Key] = t.At(name)
			}
		}
	}
	return places
}

// Setting is one thing that a configuration can say.
type Setting struct {
	Path string // "links.root"; a "*" stands for a name of the site's own
	Want string // what its value must be, in words
	Doc  string // what it is for
}

// Settings returns what a configuration can say, in the order in which it is best
// read.
func Settings() []Setting {
	out := make([]Setting, len(settings))
	for i, s := range settings {
		out[i] = Setting{s.path, s.want, s.doc}
	}
	return out
}

// Said is a setting that a configuration has a value for.
type Said struct {
	Path    string // as written, "targets.intranet.directory"
	Setting string // path of the Setting
	Value   document.Value
	At      diag.Pos
}

// SaidIn returns what a configuration without errors says, in its own order.
func SaidIn(name string, src []byte) (out []Said) {
	m, _ := document.ParseTOML(name, src)
	if m == nil {
		return nil
	}
	var walk func(prefix string, m *document.Map)
	walk = func(prefix string, m *document.Map) {
		for _, f := range m.Fields {
			path := prefix + f.Key
			s, _, table := find(path)
			switch {
			case s != nil:
				out = append(out, Said{path, s.path, f.Value, f.At(name)})
			case table && f.Value.Kind == document.Dict:
				walk(path+".", f.Value.Map)
			}
		}
	}
	walk("", m)
	return out
}
