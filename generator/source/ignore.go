package source

import (
	"strings"
	"unicode/utf8"
)

// ignorer is a compiled list of globs in the manner of .gitignore.
//
// A glob without a slash, or with one only at its end, meets a name in any
// folder; any other is anchored at the root. "*" and "?" stop at slashes, "**"
// as a whole part crosses them, "[a-z]" and "[!a-z]" are classes, a backslash
// makes the next character plain. A slash at the end restricts a glob to
// folders, "!" at the start takes back what earlier globs ignored. The last glob
// that meets decides. What lies in an ignored folder cannot be taken back.
type ignorer []rule

type rule struct {
	parts  []string // "**" stands for any number of parts
	not    bool
	folder bool
}

func compileIgnore(globs []string) ignorer {
	var ig ignorer
	for _, g := range globs {
		var r rule
		if g, r.not = strings.CutPrefix(g, "!"); strings.Trim(g, "/") == "" {
			continue
		}
		g, r.folder = strings.CutSuffix(g, "/")
		if !strings.Contains(g, "/") {
			r.parts = []string{"**"}
		}
		for part := range strings.SplitSeq(strings.Trim(g, "/"), "/") {
			switch {
			case part == "" || part == ".":
			case part == "**" && len(r.parts) > 0 && r.parts[len(r.parts)-1] == "**":
			default:
				r.parts = append(r.parts, part)
			}
		}
		ig = append(ig, r)
	}
	return ig
}

// ignores reports whether the file or folder at path is ignored. Folders above
// it are not looked at.
func (ig ignorer) ignores(path string, folder bool) bool {
	for i := len(ig) - 1; i >= 0; i-- {
		if r := &ig[i]; (folder || !r.folder) && r.matches(path) {
			return !r.not
		}
	}
	return false
}

// Filter returns whether a scan with these options leaves out, by name alone,
// what lies at a path relative to its root. Whoever watches a folder asks it
// which changes a scan would not see.
func (o Options) Filter() func(path string, folder bool) bool {
	ig := compileIgnore(o.Ignore)
	skip := map[string]bool{}
	for _, p := range o.Skip {
		skip[strings.Trim(p, "/")] = true
	}
	left := func(p string, folder bool) bool {
		name := p[strings.LastIndexByte(p, '/')+1:]
		return name == "" || hidden(name, o.KeepUnderscore) || folder && skip[p] || ig.ignores(p, folder)
	}
	return func(p string, folder bool) bool {
		for dir := range parents(p) {
			if left(dir, true) {
				return true
			}
		}
		return left(p, folder)
	}
}

// matches walks pattern and path part by part. After a mismatch it goes back
// to the last "**" and lets that take one part more, which finds a match if
// there is one: an earlier "**" never needs to take more than it has.
func (r *rule) matches(path string) bool {
	parts := r.parts
	star, back, started := -1, "", false
	i, rest, more := 0, path, true
	for {
		if i < len(parts) && parts[i] == "**" {
			if i == len(parts)-1 {
				return more // "a/**" is what lies in a, not a itself
			}
			star, back, started = i, rest, true
			i++
			continue
		}
		if !more {
			return i == len(parts)
		}
		part, tail, hasTail := strings.Cut(rest, "/")
		if i < len(parts) && matchPart(parts[i], part) {
			i, rest, more = i+1, tail, hasTail
			continue
		}
		if !started {
			return false
		}
		_, tail, hasTail = strings.Cut(back, "/")
		if !hasTail {
			return false
		}
		back, rest, more, i = tail, tail, true, star+1
	}
}

// matchPart matches one part of a glob against one part of a path in the same
// way, character by character, in time proportional to the product of the
// lengths at worst.
func matchPart(glob, s string) bool {
	starGlob, starS, started := "", "", false
	for {
		if glob != "" && glob[0] == '*' {
			glob = strings.TrimLeft(glob, "*")
			starGlob, starS, started = glob, s, true
			continue
		}
		if s == "" {
			return glob == ""
		}
		r, n := utf8.DecodeRuneInString(s)
		if ok, rest := matchRune(glob, r); ok {
			glob, s = rest, s[n:]
			continue
		}
		if !started || starS == "" {
			return false
		}
		_, n = utf8.DecodeRuneInString(starS)
		starS = starS[n:]
		glob, s = starGlob, starS
	}
}

// matchRune matches the first element of glob against r and returns what of
// glob follows it. A class that is not closed is a plain bracket.
func matchRune(glob string, r rune) (ok bool, rest string) {
	if glob == "" {
		return false, ""
	}
	c, n := utf8.DecodeRuneInString(glob)
	rest = glob[n:]
	switch c {
	case '?':
		return true, rest
	case '\\':
		if rest != "" {
			c, n = utf8.DecodeRuneInString(rest)
			rest = rest[n:]
		}
	case '[':
		if in, after, closed := matchClass(rest, r); closed {
			return in, after
		}
	}
	return c == r, rest
}

func matchClass(glob string, r rune) (in bool, rest string, closed bool) {
	not := glob != "" && (glob[0] == '!' || glob[0] == '^')
	if not {
		glob = glob[1:]
	}
	next := func() (rune, bool) {
		if strings.HasPrefix(glob, `\`) && len(glob) > 1 {
			glob = glob[1:]
		}
		c, n := utf8.DecodeRuneInString(glob)
		glob = glob[n:]
		return c, n > 0
	}
	for first := true; ; first = false {
		if !first && strings.HasPrefix(glob, "]") {
			return in != not, glob[1:], true
		}
		low, ok := next()
		if !ok {
			return false, "", false
		}
		high := low
		if len(glob) > 1 && glob[0] == '-' && glob[1] != ']' {
			glob = glob[1:]
			if high, ok = next(); !ok {
				return false, "", false
			}
		}
		in = in || low <= r && r <= high
	}
}
