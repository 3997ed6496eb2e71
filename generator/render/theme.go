// Package render makes pages: it executes the layouts over a View, whose
// methods are the questions a layout may ask, and splices resolved references
// into bodies. Its outputs are artifact.Targets; it writes nothing itself.
//
// Layouts are trusted, content is not: every value goes through html/template's
// contextual escaping, and only bodies, which the compiler made safe, pass as
// HTML.
package render

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"playbook/generator/diag"
	"playbook/generator/kind"
	"playbook/generator/source"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/html"
	"github.com/tdewolff/minify/v2/js"
	"github.com/tdewolff/minify/v2/svg"
)

// Theme is the layouts of a site, parsed and minified: the built-in ones under
// the site's own. It is read-only and safe for concurrent use.
type Theme struct {
	// Layouts has, for each layout, the digest of all that its output depends
	// on besides answers: itself, the frame and the partials.
	Layouts map[string]source.Digest
	// Texts has what pages may ask for as text: archetypes, icons, and the
	// interface texts of each language as one.
	Texts map[string]string
	// Assets has the output path of each file under assets/, which carries a
	// part of its digest so that it may be cached for ever.
	Assets map[string]string

	assets  map[string][]byte              // by output path
	words   map[speaking]map[string]string // interface texts
	sources map[string]layout
	shared  *template.Template // frame and partials
	plain   *template.Template // partials alone
	mu      sync.Mutex
	sets    map[string]*set
	version string
	exec    executor
}

type layout struct{ name, text string }

type set struct {
	once sync.Once
	tmpl *template.Template
	err  error
}

// frame is the layout that all pages stand in.
const frame = "base.html"

// Load reads a theme. What is wrong with a layout is a diagnostic, and the
// layout is left out; accent, when not empty, becomes the asset accent.css.
func Load(layouts *source.Tree, accent, version string) (*Theme, []diag.Diagnostic, error) {
	t := &Theme{Layouts: map[string]source.Digest{}, Texts: map[string]string{}, Assets: map[string]string{}, assets: map[string][]byte{},
		sources: map[string]layout{}, sets: map[string]*set{}, version: version}
	m := minify.New()
	m.Add("text/css", &css.Minifier{})
	m.Add("application/javascript", &js.Minifier{})
	m.Add("image/svg+xml", &svg.Minifier{})
	m.Add("text/html", &html.Minifier{TemplateDelims: html.GoTemplateDelims, KeepDocumentTags: true, KeepEndTags: true, KeepQuotes: true, KeepDefaultAttrVals: true, KeepSpecialComments: false})
	var diags []diag.Diagnostic
	for _, f := range layouts.Files() {
		first, rest, _ := strings.Cut(f.Path, "/")
		ext := path.Ext(f.Path)
		wanted := first == "assets" || ext == ".html" || ext == ".svg" && first == "icons" || path.Base(f.Path) == "archetype.md"
		if !wanted {
			continue
		}
		text, _, err := layouts.Read(f.Path)
		if err != nil {
			return nil, diags, err
		}
		switch {
		case first == "assets":
			t.asset(m, rest, text)
		case ext == ".html":
			min, err := m.Bytes("text/html", text)
			if err != nil || !parses(f.Path, string(min)) {
				min = text
			}
			t.sources[f.Path] = layout{f.Name, string(min)}
			if err := parseError(f.Path, string(text)); err != nil {
				diags = append(diags, layoutDiag(f.Name, err))
				delete(t.sources, f.Path)
			}
		case ext == ".svg":
			if min, err := m.Bytes("image/svg+xml", text); err == nil {
				text = min
			}
			t.Texts[f.Path] = iconOf(string(text))
		default:
			t.Texts[f.Path] = string(text)
		}
	}
	words, more := kind.LoadWords(layouts)
	t.speak(words)
	diags = append(diags, more...)
	if accentValue.MatchString(accent) {
		t.asset(m, "accent.css", []byte(":root{--accent:"+accent+"}\n"))
	}
	t.parse()
	return t, diags, nil
}

// accentValue is what may stand as a colour in a style sheet: a name, a
// hexadecimal value, or a colour function of numbers.
var accentValue = regexp.MustCompile(`^(#[0-9a-fA-F]{3,8}|[a-z]{3,24}|(rgb|hsl|oklch|oklab|lch|lab)\([0-9a-z.%/, -]{3,60}\))$`)

// ValidAccent tells whether a configured accent colour can be used.
func ValidAccent(s string) bool { return s == "" || accentValue.MatchString(s) }

func (t *Theme) asset(m *minify.M, name string, text []byte) {
	typ := map[string]string{".css": "text/css", ".js": "application/javascript", ".svg": "image/svg+xml"}[path.Ext(name)]
	if typ != "" && !(typ == "text/css" && nestedAtRule(text)) {
		if min, err := m.Bytes(typ, text); err == nil {
			text = min
		}
	}
	d := source.Sum(text)
	ext := path.Ext(name)
	out := "assets/" + strings.TrimSuffix(name, ext) + "." + d.String()[:10] + ext
	t.Assets[name] = out
	t.assets[out] = text
	t.Layouts["assets/"+name] = d
}

var cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)

// nestedAtRule tells whether a style rule holds an at-rule: the minifier drops
// the spaces around + and - in calc() there, which browsers need.
func nestedAtRule(text []byte) bool {
	text = cssComment.ReplaceAll(text, nil) // else what stands behind one would look like a style rule
	var stack []bool                        // true: a style rule
	start := 0
	for i, c := range text {
		switch c {
		case '{':
			prelude := bytes.TrimSpace(text[start:i])
			if len(prelude) > 0 && prelude[0] == '@' && slices.Contains(stack, true) {
				return true
			}
			stack = append(stack, len(prelude) > 0 && prelude[0] != '@')
			start = i + 1
		case '}':
			if len(stack) > 0 {
				stack = stack[:len(stack)-1]
			}
			start = i + 1
		case ';':
			start = i + 1
		}
	}
	return false
}

// iconOf keeps what lies inside an icon's svg element; the tag itself is ours,
// so that every icon has the same size and colour.
func iconOf(s string) string {
	i := strings.IndexByte(s, '>')
	j := strings.LastIndex(s, "</svg")
	if i < 0 || j < i {
		return ""
	}
	return s[i+1 : j]
}

func parses(name, text string) bool { return parseError(name, text) == nil }

func parseError(name, text string) error {
	_, err := template.New(name).Funcs(funcs()).Parse(text)
	return err
}

// blocks is the layout that shows the blocks of the front page which a site
// lists. It is made from the blocks there are, unless the site brings its own.
const blocks = "partials/home-blocks.html"

// Blocks returns the names of the blocks that a front page can have, sorted.
func (t *Theme) Blocks() []string {
	var out []string
	for p := range t.sources {
		if name, ok := strings.CutPrefix(p, "partials/home-"); ok && p != blocks {
			out = append(out, strings.TrimSuffix(name, ".html"))
		}
	}
	slices.Sort(out)
	return out
}

// choose is the text of blocks. A template is named by a constant, so it asks
// for each.
func (t *Theme) choose() string {
	var b strings.Builder
	b.WriteString("{{$v := .}}{{range .Site.Home}}")
	for _, name := range t.Blocks() {
		fmt.Fprintf(&b, "{{if eq . %q}}{{template %q $v}}{{end}}", name, "partials/home-"+name+".html")
	}
	b.WriteString("{{end}}")
	return b.String()
}

// parse makes the shared sets and the digests.
func (t *Theme) parse() {
	if _, ok := t.sources[blocks]; !ok {
		t.sources[blocks] = layout{blocks, t.choose()}
	}
	var partials []string
	for p := range t.sources {
		if strings.HasPrefix(p, "partials/") {
			partials = append(partials, p)
		}
	}
	slices.Sort(partials)
	t.plain = template.New("").Funcs(funcs())
	var common []byte
	for _, p := range partials {
		template.Must(t.plain.New(p).Parse(t.sources[p].text)) // parsed before, alone
		common = append(append(append(common, p...), 0), t.sources[p].text...)
	}
	t.shared = template.Must(t.plain.Clone())
	framed := common
	if b, ok := t.sources[frame]; ok {
		template.Must(t.shared.New(frame).Parse(b.text))
		framed = append(append([]byte(b.text), 0), common...)
	}
	for p, l := range t.sources {
		base := framed
		if standalone(p) {
			base = common
		}
		t.Layouts[p] = source.Sum(append(append([]byte(l.text+"\x00"), base...), t.version...))
	}
}

// standalone tells whether a layout is not put into the frame.
func standalone(p string) bool {
	return p == "redirect.html" || path.Base(p) == "card.html" || path.Base(p) == "hover.html" || strings.HasPrefix(p, "partials/")
}

// template returns the set that executes a layout; the name to execute is
// entry(p).
func (t *Theme) template(p string) (*template.Template, error) {
	t.mu.Lock()
	s := t.sets[p]
	if s == nil {
		s = &set{}
		t.sets[p] = s
	}
	t.mu.Unlock()
	s.once.Do(func() {
		l, ok := t.sources[p]
		if !ok {
			s.err = fmt.Errorf("there is no layout %s", p)
			return
		}
		base := t.shared
		if standalone(p) {
			base = t.plain
		}
		if s.tmpl, s.err = base.Clone(); s.err == nil && !strings.HasPrefix(p, "partials/") {
			_, s.err = s.tmpl.New(p).Parse(l.text)
		}
	})
	return s.tmpl, s.err
}

func entry(p string) string {
	if standalone(p) {
		return p
	}
	return frame
}

// execute runs a layout over data.
func (t *Theme) execute(w *bytes.Buffer, p string, data any) []diag.Diagnostic {
	tmpl, err := t.template(p)
	if err == nil {
		err = t.exec.run(w, p, tmpl, entry(p), data)
	}
	if err == nil {
		return nil
	}
	name := p
	if l, ok := t.sources[p]; ok {
		name = l.name
	}
	d := layoutDiag(name, err)
	if m := inLayout.FindStringSubmatch(err.Error()); m != nil {
		if l, ok := t.sources[m[1]]; ok {
			d.At.File = l.name
		}
	}
	return []diag.Diagnostic{d}
}

// inLayout finds the place in an error of text/template: "template: NAME:LINE:COL: ...".
var inLayout = regexp.MustCompile(`template: ?([^:\s]+):(\d+)(?::(\d+))?:? ?(.*)`)

// layoutDiag makes a diagnostic of a template's error. The line is that of the
// layout as written when it fails to parse, and of the minified one, where that
// differs, when it fails to execute.
func layoutDiag(name string, err error) diag.Diagnostic {
	d := diag.Diagnostic{Rule: "layout-failed", Level: diag.Error, At: diag.Pos{File: name}, Msg: err.Error()}
	var te *template.Error
	if errors.As(err, &te) {
		d.Msg = te.Description
		d.At.Line = te.Line
	}
	if m := inLayout.FindStringSubmatch(err.Error()); m != nil {
		d.At.Line, _ = strconv.Atoi(m[2])
		if c, e := strconv.Atoi(m[3]); e == nil {
			d.At.Col = c + 1
		}
		d.Msg = m[4]
	}
	d.Msg = strings.ReplaceAll(d.Msg, "\n", " ")
	return d
}
