package document

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// AnchorVariants returns the ids that the usual hosts give a heading of this
// plain text, without the numbers they add to repeats: first ours, which is
// GitHub's, then those of Hugo, GitLab, Python-Markdown (MkDocs) with and
// without Unicode, and docsify. A link written for another host can be
// recognised by them. The list has no repeats and no empty ids.
func AnchorVariants(text string) []string {
	github := githubAnchor(text)
	trimmed := strings.TrimSpace(text)
	all := []string{
		github,
		hugoAnchor(trimmed),
		squeeze(github, '-'),
		strings.Trim(squeeze(github, '-'), "-"),
		pythonAnchor(trimmed, true),
		pythonAnchor(trimmed, false),
		docsifyAnchor(trimmed),
	}
	out := all[:0]
	for _, a := range all {
		if a != "" && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// githubAnchor follows GitHub: lower case, only letters, marks, digits, "_",
// "-" and spaces kept, spaces made hyphens.
func githubAnchor(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case r < 0x80:
			switch {
			case 'A' <= r && r <= 'Z':
				b.WriteByte(byte(r) + 'a' - 'A')
			case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-', r == '_':
				b.WriteByte(byte(r))
			case r == ' ':
				b.WriteByte('-')
			}
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.Is(unicode.Nd, r), unicode.Is(unicode.Pc, r):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// hugoAnchor is GitHub's but for marks, which Hugo drops.
func hugoAnchor(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, text)
}

// pythonAnchor follows the slugify of Python-Markdown's table of contents.
func pythonAnchor(text string, keepUnicode bool) string {
	if !keepUnicode {
		text = strings.Map(func(r rune) rune {
			if r < 0x80 {
				return r
			}
			return -1
		}, norm.NFKD.String(text))
	}
	var b strings.Builder
	gap := false
	for _, r := range text {
		switch {
		case r == '-' || unicode.IsSpace(r):
			gap = true
		case r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r):
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// docsifyAnchor follows docsify: ASCII lower-cased, punctuation dropped, runs of
// hyphens made one, "_" before a leading digit.
func docsifyAnchor(text string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case unicode.IsSpace(r):
			return '-'
		case r == '-' || r == '_':
			return r
		case r < 0x80 && !('a' <= r && r <= 'z') && !('0' <= r && r <= '9'):
			return -1
		case 0x2000 <= r && r <= 0x206F, 0x2E00 <= r && r <= 0x2E7F:
			return -1
		}
		return r
	}, text)
	s = squeeze(s, '-')
	if s != "" && '0' <= s[0] && s[0] <= '9' {
		s = "_" + s
	}
	return s
}

// squeeze makes runs of c one.
func squeeze(s string, c byte) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] != c || i == 0 || s[i-1] != c {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// idSet hands out ids that are unique in a document.
type idSet map[string]int

// claim returns id, or id with the first free number behind it.
func (s idSet) claim(id string) string {
	n, taken := s[id]
	if !taken {
		s[id] = 0
		return id
	}
	for {
		n++
		next := id + "-" + strconv.Itoa(n)
		if _, taken := s[next]; !taken {
			s[id] = n
			s[next] = 0
			return next
		}
	}
}

// has tells whether id is taken.
func (s idSet) has(id string) bool {
	_, ok := s[id]
	return ok
}

// validID tells whether an author's id can stand in an attribute and a fragment
// as it is, and is none of those the footnotes use.
func validID(id string) bool {
	if id == "" || len(id) > 256 || strings.HasPrefix(id, "fn:") || strings.HasPrefix(id, "fnref:") {
		return false
	}
	for _, r := range id {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r):
		case r == '-' || r == '_' || r == '.' || r == ':':
		default:
			return false
		}
	}
	return true
}

// validClass tells whether an author's class is of the harmless kind.
func validClass(c string) bool {
	if c == "" || len(c) > 64 {
		return false
	}
	for i, r := range c {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '_':
		case i > 0 && (r == '-' || '0' <= r && r <= '9'):
		default:
			return false
		}
	}
	return true
}
