package cli

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// blank is a place in an archetype that playbook new fills in.
var blank = regexp.MustCompile(`\{\{\s*([a-z_]+)\s*\}\}`)

// fill puts values into the blanks of an archetype. In front matter a value
// stays the text it is, whatever characters it holds: it is quoted where the
// language of the front matter would read it as something else. A blank without
// a value in values is left as it stands.
func fill(archetype string, values map[string]string) string {
	lines := strings.SplitAfter(archetype, "\n")
	quote, close := quoteYAML, ""
	if len(lines) > 0 {
		switch strings.TrimRight(lines[0], " \t\r\n") {
		case "---":
			close = "---"
		case "+++":
			quote, close = quoteTOML, "+++"
		}
	}
	front := close != ""
	block := -1 // indent of the key of the block scalar the line may lie in
	var out strings.Builder
	for i, line := range lines {
		text := strings.TrimRight(line, "\r\n")
		end := line[len(text):]
		if i > 0 && front && strings.TrimSpace(text) == close {
			front = false
		}
		indent := len(text) - len(strings.TrimLeft(text, " "))
		literal := block >= 0 && (indent > block || text == "")
		if !literal {
			block = -1
			if front && blockScalar.MatchString(text) {
				block = indent
			}
		}
		switch {
		case !blank.MatchString(text):
		case front && !literal:
			text = fillFront(text, values, quote)
		default:
			text = replace(text, values, func(s string) string { return s })
		}
		out.WriteString(text)
		out.WriteString(end)
	}
	return out.String()
}

// replace puts values, each through f, into the blanks of s.
func replace(s string, values map[string]string, f func(string) string) string {
	return blank.ReplaceAllStringFunc(s, func(b string) string {
		if v, ok := values[blank.FindStringSubmatch(b)[1]]; ok {
			return f(v)
		}
		return b
	})
}

// blockScalar is a line that opens text over several lines.
var blockScalar = regexp.MustCompile(`^[^#]*:\s+[|>][-+0-9]*\s*(#.*)?$`)

// scalar is the value part of a line of front matter: behind "key:", "key =",
// or "-".
var scalar = regexp.MustCompile(`^(\s*(?:- +)*(?:[^\s:="'#]+\s*(?::(?:\s+|$)|=\s*))?)(.*?)(\s*)$`)

// fillFront fills the blanks of one line of front matter.
func fillFront(line string, values map[string]string, quote func(string) string) string {
	m := scalar.FindStringSubmatch(line)
	key, value := m[1], m[2]
	switch {
	case value == "" || strings.HasPrefix(strings.TrimSpace(line), "#"):
		return line
	case value[0] == '"':
		value = replace(value, values, escapeDouble)
	case value[0] == '\'':
		value = replace(value, values, func(s string) string { return strings.ReplaceAll(s, "'", "''") })
	case strings.HasPrefix(value, "{{"), !strings.ContainsAny(value[:1], "[{|>&*!"):
		// The value as a whole is one text, "Plan of {{title}}" too.
		value, comment := cutComment(value)
		value = replace(value, values, func(s string) string { return s })
		if value == "" {
			return strings.TrimRight(key, " ") + comment
		}
		return key + quote(value) + comment
	default:
		// Inside brackets each blank is a text of its own.
		value = replace(value, values, func(s string) string {
			if q := quote(s); q != s || !strings.ContainsAny(s, ",[]{}") {
				return q
			}
			return strconv.Quote(s)
		})
	}
	return key + value
}

// cutComment parts a plain scalar from the comment behind it.
func cutComment(s string) (value, comment string) {
	if i := strings.Index(s, " #"); i >= 0 {
		value = strings.TrimRight(s[:i], " ")
		return value, s[len(value):]
	}
	return s, ""
}

var (
	// plainText begins with a letter or digit and holds nothing that has a
	// meaning in YAML: no colon, no number sign, no bracket, no quote.
	plainText = regexp.MustCompile(`^[\pL\pN][\pL\pM\pN _./()+&-]*$`)
	dateText  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	numeric   = regexp.MustCompile(`^[0-9][0-9_.eExXoObBa-fA-F+-]*$`)
)

// quoteYAML writes s so that YAML, of any version, reads it as the text s.
// Dates stay bare: all that reads them here takes them as written.
func quoteYAML(s string) string {
	if dateText.MatchString(s) {
		return s
	}
	if plainText.MatchString(s) && !numeric.MatchString(s) && strings.TrimSpace(s) == s {
		switch strings.ToLower(s) {
		case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		default:
			return s
		}
	}
	return `"` + escapeDouble(s) + `"`
}

// quoteTOML writes s as TOML: a date bare, all else as a string.
func quoteTOML(s string) string {
	if dateText.MatchString(s) {
		return s
	}
	return `"` + escapeDouble(s) + `"`
}

// escapeDouble escapes s for double quotes, in the forms that YAML and TOML
// share.
func escapeDouble(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r > 0xffff && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08X`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isText tells whether s is text that a line of a page may hold.
func isText(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) < 0
}
