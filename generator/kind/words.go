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

// Words are the interface texts of layouts, by language ("de", in small letters)
// and by the key that a layout gives, which is the English text or a short name.
type Words map[string]map[string]string

// English is the language whose words show where another has none.
const English = "en"

// LoadWords reads the interface texts of the layouts:
//
//	words/de.yaml           key: German
//	words/NAME.de.yaml      the same; where both have a key, this one counts
//	kinds/<id>/words.yaml   de: {key: German}, fr: {key: French}
//
// A text of a kind is known to all layouts; words/ counts for more than kinds do.
// Two files that count alike and disagree are told of, and so is a kind that says
// what words/ says otherwise; the first counts.
func LoadWords(layouts Files) (Words, []diag.Diagnostic) {
	l := &wordLoader{words: Words{}, at: map[[2]string]wordPlace{}}
	// What counts for more is read first.
	var levels [3][]func()
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
				d.Rule, d.Msg = wordsRule, strings.Replace(d.Msg, "a kind.yaml", "a file of words", 1)
				l.diags = append(l.diags, d)
			}
		})
		if !ok {
			continue
		}
		switch lang := strings.ToLower(name[strings.LastIndexByte(name, '.')+1:]); {
		case inKind:
			levels[2] = append(levels[2], func() { l.byLanguage(yml, 2) })
		case !languageForm.MatchString(lang):
			l.report(diag.Error, diag.Pos{File: f.Name}, diag.Pos{}, fmt.Sprintf("%q is no language", lang), "name the file after its language, such as de.yaml or ours.de.yaml")
		case lang == strings.ToLower(name):
			levels[1] = append(levels[1], func() { l.table(yml, yml.root, lang, 1) })
		default:
			levels[0] = append(levels[0], func() { l.table(yml, yml.root, lang, 0) })
		}
	}
	for _, level := range levels {
		for _, read := range level {
			read()
		}
	}
	return l.words, diag.Sort(l.diags)
}

const wordsRule = "words-yaml"

var languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{2,8})*$`)

type wordLoader struct {
	words Words
	at    map[[2]string]wordPlace // by language and key
	diags []diag.Diagnostic
}

// wordPlace is where a text stands. Files of level 0 count for most.
type wordPlace struct {
	pos   diag.Pos
	level int
}

func (l *wordLoader) report(level diag.Level, at, to diag.Pos, msg, hint string) {
	l.diags = append(l.diags, diag.Diagnostic{Rule: wordsRule, Level: level, At: at, To: to, Msg: msg, Hint: hint})
}

// byLanguage reads the words of a kind.
func (l *wordLoader) byLanguage(f *yamlFile, level int) {
	if f.root.Kind != yaml.MappingNode {
		l.report(diag.Error, f.pos(f.root), diag.Pos{}, "a kind's words are a mapping of languages, not "+shapeOf(f.root), "such as de: {Owner: Verantwortlich}")
		return
	}
	each(f.root, func(k, v *yaml.Node) {
		if lang := strings.ToLower(k.Value); languageForm.MatchString(lang) {
			l.table(f, v, lang, level)
		} else {
			l.report(diag.Error, f.pos(k), f.end(k), fmt.Sprintf("%q is no language", k.Value), "such as de: {Owner: Verantwortlich}")
		}
	})
}

// table reads the texts of one language. Files of level 0 are there to say it
// otherwise, which is no clash.
func (l *wordLoader) table(f *yamlFile, n *yaml.Node, lang string, level int) {
	if n.Kind != yaml.MappingNode {
		if !isNull(n) {
			l.report(diag.Error, f.pos(n), diag.Pos{}, "words are a mapping of texts, not "+shapeOf(n), "such as Owner: Verantwortlich")
		}
		return
	}
	each(n, func(k, v *yaml.Node) {
		switch {
		case v.Kind != yaml.ScalarNode:
			l.report(diag.Error, f.pos(v), diag.Pos{}, fmt.Sprintf("%q must be a text, not %s", k.Value, shapeOf(v)), "")
			return
		case isNull(v) || strings.TrimSpace(v.Value) == "":
			l.report(diag.Error, f.pos(v), diag.Pos{}, fmt.Sprintf("%q has no text", k.Value), "leave the key out and English is shown")
			return
		}
		id := [2]string{lang, k.Value}
		if first, ok := l.at[id]; ok {
			if was := l.words[lang][k.Value]; was != v.Value && (first.level > 0 || level == 0) {
				l.diags = append(l.diags, diag.Diagnostic{Rule: "words-clash", Level: diag.Warning, At: f.pos(v), To: f.end(v), Msg: fmt.Sprintf("%q is %q already", k.Value, was),
					Hint: "use that, or another key", Also: []diag.Note{{At: first.pos, Msg: "it stands here"}}})
			}
			return
		}
		if l.words[lang] == nil {
			l.words[lang] = map[string]string{}
		}
		l.words[lang][k.Value], l.at[id] = v.Value, wordPlace{f.pos(v), level}
	})
}

// In returns what is shown in a language: its own texts, else those of the
// language it is a form of ("de" of "de-AT"), else English.
func (w Words) In(lang string) map[string]string {
	out := map[string]string{}
	for _, l := range slices.Backward(Languages(lang)) {
		for k, s := range w[l] {
			out[k] = s
		}
	}
	return out
}

// Languages returns in which languages to look for a text, the nearest first:
// de-at, de, en.
func Languages(lang string) []string {
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
