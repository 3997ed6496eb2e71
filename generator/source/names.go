package source

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The longest names that every system in use can store.
const (
	maxPart = 255
	maxPath = 1024
)

// hidden reports whether name, one part of a path, is ignored silently: what
// begins with a dot or an underscore, and what editors and systems leave behind.
func hidden(name string, keepUnderscore bool) bool {
	switch name[0] {
	case '.':
		return true
	case '_':
		ext, ok := strings.CutPrefix(name, "_index")
		return !keepUnderscore && !(ok && (strings.EqualFold(ext, ".md") || strings.EqualFold(ext, ".markdown")))
	case '~':
		return strings.HasPrefix(name, "~$")
	case '#':
		return len(name) > 1 && name[len(name)-1] == '#'
	}
	switch name[len(name)-1] {
	case '~':
		return true
	case 'p', 'o', 'x':
		return strings.HasSuffix(name, ".swp") || strings.HasSuffix(name, ".swo") || strings.HasSuffix(name, ".swx")
	case 'k':
		return strings.HasSuffix(name, ".bak")
	case 'g':
		return strings.HasSuffix(name, ".orig")
	case '3':
		return name == "4913" // vim asks whether it may write by making this file
	case 'b':
		return name == "Thumbs.db"
	}
	return false
}

// badName says why name, one part of a path, is not listed, or "".
func badName(name string) string {
	if len(name) > maxPart {
		return fmt.Sprintf("is longer than %d bytes", maxPart)
	}
	return unprintable(name)
}

// unprintable says what in s must not reach a terminal or a manifest, or "".
func unprintable(name string) string {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c < 0x20 || c == 0x7f {
			return "has a control character in its name"
		} else if c >= utf8.RuneSelf {
			if !utf8.ValidString(name) {
				return "has a name that is not UTF-8"
			}
			for _, r := range name[i:] {
				if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
					return "has a control character in its name"
				}
			}
			break
		}
	}
	return ""
}

// CheckPath says why path cannot be the name of a published file, or nil. A
// path that passes can be stored by every system in use and stays inside the
// folder it is joined to: no empty, "." or ".." part, no backslash, colon or
// other character Windows keeps for itself, no control character, no part that
// ends in a dot or a space, no device name such as "con" with or without an
// extension, at most 255 bytes a part and 1024 in all, and valid UTF-8.
func CheckPath(path string) error {
	if path == "" {
		return errors.New("the path is empty")
	}
	if len(path) > maxPath {
		return fmt.Errorf("the path is longer than %d bytes", maxPath)
	}
	start, ascii := 0, true
	for i := 0; i <= len(path); i++ {
		if i == len(path) || path[i] == '/' {
			if err := checkPart(path[start:i]); err != nil {
				return err
			}
			start = i + 1
			continue
		}
		switch c := path[i]; {
		case c < 0x20 || c == 0x7f:
			return errors.New("the path holds a control character")
		case c >= utf8.RuneSelf:
			ascii = false
		case c == '\\' || c == ':' || c == '*' || c == '?' || c == '"' || c == '<' || c == '>' || c == '|':
			return fmt.Errorf("the path holds %q", c)
		}
	}
	if !ascii {
		if !utf8.ValidString(path) {
			return errors.New("the path is not UTF-8")
		}
		for _, r := range path {
			if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
				return errors.New("the path holds a control character")
			}
		}
	}
	return nil
}

func checkPart(s string) error {
	switch {
	case s == "":
		return errors.New("the path has an empty part")
	case s == "." || s == "..":
		return fmt.Errorf("the path has a part %q", s)
	case len(s) > maxPart:
		return fmt.Errorf("a part of the path is longer than %d bytes", maxPart)
	case s[len(s)-1] == '.' || s[len(s)-1] == ' ':
		return fmt.Errorf("the part %q ends in a dot or a space", s)
	case s[0] == ' ':
		return fmt.Errorf("the part %q begins with a space", s)
	case device(s):
		return fmt.Errorf("the part %q is the name of a device on Windows", s)
	}
	return nil
}

// device reports whether Windows takes s for a device: it looks at what stands
// before the first dot, without trailing spaces, in any case.
func device(s string) bool {
	if i := strings.IndexByte(s, '.'); i >= 0 {
		s = s[:i]
	}
	s = strings.TrimRight(s, " ")
	switch len(s) {
	case 3:
		return strings.EqualFold(s, "con") || strings.EqualFold(s, "prn") || strings.EqualFold(s, "aux") || strings.EqualFold(s, "nul")
	case 4, 5: // the digits can be superscript: "COM¹"
		if p := s[:3]; strings.EqualFold(p, "com") || strings.EqualFold(p, "lpt") {
			switch d := s[3:]; d {
			case "¹", "²", "³":
				return true
			default:
				return len(d) == 1 && d[0] >= '0' && d[0] <= '9'
			}
		}
	case 6:
		return strings.EqualFold(s, "conin$")
	case 7:
		return strings.EqualFold(s, "conout$")
	}
	return false
}

// FoldPath returns a key that two paths share when a file system that ignores
// case or Unicode form could take one for the other.
//
// Case is folded rune by rune, as NTFS and APFS do it: "ß" and "ss" stay apart.
func FoldPath(path string) string {
	upper := false
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c >= utf8.RuneSelf {
			return norm.NFC.String(strings.Map(foldRune, norm.NFD.String(path)))
		}
		upper = upper || 'A' <= c && c <= 'Z'
	}
	if !upper {
		return path
	}
	return strings.ToLower(path)
}

// foldRune returns one rune for all that differ only by case.
func foldRune(r rune) rune {
	low := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		low = min(low, next)
	}
	return unicode.ToLower(low)
}
