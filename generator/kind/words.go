package kind

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"playbook/generator/diag"
)

// Words are the interface texts of layouts, by language and by the key that a
// layout gives, which is the English text or a short name.
type Words struct {
	ours, base, rest wordTables            // of words/NAME.de.yaml, words/de.yaml, and all kinds
	own              map[string]wordTables // of each kind
}

// wordTables have texts by language, in small letters, and key.
type wordTables map[string]map[string]string

// English is the language whose words show where another has none.
const English = "en"

// LoadWords reads the interface texts of the layouts:
//
//	words/NAME.de.yaml      key: German
//	kinds/<id>/words.yaml   de: {key: German}, fr: {key: French}
//	words/de.yaml           key: German
//
// The first that has a key counts; the words of a kind do so in its own layouts.
// In others they are the last resort.
func LoadWords(layouts Files) (*Words, []diag.Diagnostic) {
	l := &wordLoader{words: &Words{ours: wordTables{}, base: wordTables{}, rest: wordTables{}, own: map[string]wordTables{}}, at: map[[2]string]diag.Pos{}}
	for _, f := range layouts.Files() {
		parts := strings.Split(f.Path, "/")
		inKind := len(parts) == 3 && parts[0] == "kinds" && parts[2] == "words.yaml"
		if !inKind && (len(parts) != 2 || parts[0] != "words") {
			continue
		}
		name, isYAML := strings.CutSuffix(path.Base(f.Path), ".yaml")
		if !isYAML {
			l.report(diag.Warning, diag.Pos{File: f.Name}, diag.Pos{}, "this file is not read", "the name of a file of words ends in .yaml, such as de.yaml")
			continue
		}
		src, _, err := layouts.Read(f.Path)
		if err != nil {
			l.report(diag.Error, diag.Pos{File: f.Name}, diag.Pos{}, "this file cannot be read: "+err.Error(), "")
			continue
		}
		yml, ok := parseYAML(f.Name, src, func(d diag.Diagnostic) {
			if !strings.HasSuffix(d.Msg, " is empty") {
				d.Rule, d.Msg = "words-yaml", strings.Replace(d.Msg, "a kind.yaml", "a file of words", 1)
				l.diags = append(l.diags, d)
			}
		})
		if !ok {
			continue
		}
		switch lang := strings.ToLower(name[strings.LastIndexByte(name, '.')+1:]); {
		case inKind:
			l.words.own[parts[1]] = wordTables{}
			l.byLanguage(yml, l.words.own[parts[1]])
		case !languageForm.MatchString(lang):
			l.report(diag.Error, diag.Pos{File: f.Name}, diag.Pos{}, fmt.Sprintf("%q is no language", lang), "name the file after its language, such as de.yaml or ours.de.yaml")
		case lang == strings.ToLower(name):
			l.table(yml, yml.root, l.words.base, lang, false)
		default:
			l.table(yml, yml.root, l.words.ours, lang, true)
		}
	}
	for _, id := range l.words.Kinds() {
		for lang, table := range l.words.own[id] {
			for k, s := range table {
				if l.words.rest[lang][k] == "" {
					l.words.rest.put(lang, k, s)
				}
			}
		}
	}
	return l.words, diag.Sort(l.diags)
}

func (w wordTables) put(lang, key, text string) {
	if w[lang] == nil {
		w[lang] = map[string]string{}
	}
	w[lang][key] = text
}

// Languages returns the languages that have words, sorted.
func (w *Words) Languages() []string {
	out := slices.Concat(sortedNames(w.ours), sortedNames(w.base), sortedNames(w.rest))
	slices.Sort(out)
	return slices.Compact(out)
}

// Kinds returns the kinds that have words of their own, sorted.
func (w *Words) Kinds() []string { return sortedNames(w.own) }

// Text returns the text for a key in this very language, in the layouts of a kind
// ("": in others), and "" if it has none.
func (w *Words) Text(lang, kind, key string) string {
	for _, t := range [...]wordTables{w.ours, w.own[kind], w.base, w.rest} {
		if s := t[lang][key]; s != "" {
			return s
		}
	}
	return ""
}

// In returns what the layouts of a kind ("": others) show in a language: its own
// texts, else those of the language it is a form of ("de" of "de-AT"), else
// English.
func (w *Words) In(lang, kind string) map[string]string {
	out := map[string]string{}
	for _, l := range slices.Backward(Fallbacks(lang)) {
		for _, t := range [...]wordTables{w.rest, w.base, w.own[kind], w.ours} {
			for k, s := range t[l] {
				out[k] = s
			}
		}
	}
	return out
}

// Fallbacks returns in which languages to look for a text, the nearest first:
// de-at, de, en.
func Fallbacks(lang string) []string {
	var out []string
	for l := strings.ToLower(lang); l != ""; {
		out = append(out, l)
		i := strings.LastIndexByte(l, '-')
		if i < 0 {
			break
		}
		l = l[:i]
	}
	if !slices.Contains(out, English) {
		out = append(out, English)
	}
	return out
}

var languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{2,8})*$`)

type wordLoader struct {
	words *Words
	at    map[[2]string]diag.Pos // where a text of words/NAME.de.yaml stands, by language and key
	diags []diag.Diagnostic
}

func (l *wordLoader) report(level diag.Level, at, to diag.Pos, msg, hint string) {
	l.diags = append(l.diags, diag.Diagnostic{Rule: "words-yaml", Level: level, At: at, To: to, Msg: msg, Hint: hint})
}

// byLanguage reads the words of a kind.
func (l *wordLoader) byLanguage(f *yamlFile, to wordTables) {
	if f.root.Kind != yaml.MappingNode {
		l.report(diag.Error, f.pos(f.root), diag.Pos{}, "a kind's words are a mapping of languages, not "+shapeOf(f.root), "such as de: {Owner: Verantwortlich}")
		return
	}
	each(f.root, func(k, v *yaml.Node) {
		if lang := strings.ToLower(k.Value); languageForm.MatchString(lang) {
			l.table(f, v, to, lang, false)
		} else {
			l.report(diag.Error, f.pos(k), f.end(k), fmt.Sprintf("%q is no language", k.Value), "such as de: {Owner: Verantwortlich}")
		}
	})
}

// table reads the texts of one language. Those of which there may be several
// files must not disagree.
func (l *wordLoader) table(f *yamlFile, n *yaml.Node, to wordTables, lang string, several bool) {
	if n.Kind != yaml.MappingNode {
		if !isNull(n) {
			l.report(diag.Error, f.pos(n), diag.Pos{}, "words are a mapping of texts, not "+shapeOf(n), "such as Owner: Verantwortlich")
		}
		return
	}
	each(n, func(k, v *yaml.Node) {
		switch was := to[lang][k.Value]; {
		case v.Kind != yaml.ScalarNode:
			l.report(diag.Error, f.pos(v), diag.Pos{}, fmt.Sprintf("%q must be a text, not %s", k.Value, shapeOf(v)), "")
		case isNull(v) || strings.TrimSpace(v.Value) == "":
			l.report(diag.Error, f.pos(v), diag.Pos{}, fmt.Sprintf("%q has no text", k.Value), "leave the key out and English is shown")
		case several && was != "" && was != v.Value:
			l.diags = append(l.diags, diag.Diagnostic{Rule: "words-clash", Level: diag.Warning, At: f.pos(v), To: f.end(v), Msg: fmt.Sprintf("%q is %q already", k.Value, was),
				Hint: "take one of them out", Also: []diag.Note{{At: l.at[[2]string{lang, k.Value}], Msg: "it stands here"}}})
		case was == "":
			to.put(lang, k.Value, v.Value)
			if several {
				l.at[[2]string{lang, k.Value}] = f.pos(v)
			}
		}
	})
}
