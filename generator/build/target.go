package build

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"playbook/generator/diag"
	"playbook/generator/document"
)

// target makes a setting's take of one that is about a single target.
func target(take func(t *Target, v document.Value) string) func(*Config, string, document.Value) string {
	return func(c *Config, name string, v document.Value) string { return take(c.target(name), v) }
}

// target returns the target called name, which is made if it is new.
func (c *Config) target(name string) *Target {
	i := slices.IndexFunc(c.Targets, func(t Target) bool { return t.Name == name })
	if i < 0 {
		i = len(c.Targets)
		c.Targets = append(c.Targets, Target{Name: name})
	}
	return &c.Targets[i]
}

func words(set func(t *Target, s string)) func(*Target, document.Value) string {
	return func(t *Target, v document.Value) string {
		if v.Kind != document.String || v.Str == "" || strings.ContainsAny(v.Str, "\x00\n") {
			return "must be a text"
		}
		set(t, v.Str)
		return ""
	}
}

func yes(set func(t *Target, b bool)) func(*Target, document.Value) string {
	return func(t *Target, v document.Value) string {
		if v.Kind != document.Bool {
			return "must be true or false"
		}
		set(t, v.Bool())
		return ""
	}
}

func count(set func(t *Target, n int)) func(*Target, document.Value) string {
	return func(t *Target, v document.Value) string {
		if v.Kind != document.Int || v.Int() < 1 || v.Int() > 10000 {
			return "must be a whole number from 1 to 10000"
		}
		set(t, int(v.Int()))
		return ""
	}
}

// permissions are octal digits in a text: TOML's own octal numbers would let
// 644 and 0o644 mean different things without a word.
func permissions(set func(t *Target, n int)) func(*Target, document.Value) string {
	return func(t *Target, v document.Value) string {
		n, err := strconv.ParseUint(v.Str, 8, 16)
		if v.Kind != document.String || err != nil || n == 0 || n > 0o7777 || n&0o600 != 0o600 {
			return `must be octal permissions that let the owner read and write, such as "644"`
		}
		set(t, int(n))
		return ""
	}
}

func address(set func(t *Target, s string)) func(*Target, document.Value) string {
	return func(t *Target, v document.Value) string {
		u, err := url.Parse(v.Str)
		switch {
		case v.Kind != document.String || err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			return `must be an address such as "https://playbook.example.com/"`
		case u.User != nil:
			return "must not hold a name or a password"
		}
		set(t, v.Str)
		return ""
	}
}

// secretWords are parts of names under which people keep secrets.
var secretWords = []string{"password", "passwd", "passphrase", "secret", "token", "access_key", "accesskey", "private_key", "api_key", "session_key"}

// secret reports whether a key of a target looks as if it held a secret. Its
// value is never shown.
func secret(path string) bool {
	return strings.HasPrefix(path, "targets.") && looksSecret(path[strings.LastIndex(path, ".")+1:])
}

func looksSecret(key string) bool {
	key = strings.ToLower(strings.ReplaceAll(key, "-", "_"))
	key = key[strings.LastIndex(key, ".")+1:]
	return slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(key, w) })
}

// checkTargets says what is wrong with the targets taken together; places tells
// where each table stands.
func (c *Config) checkTargets(name string, places map[string]diag.Pos) (diags []diag.Diagnostic) {
	slices.SortFunc(c.Targets, func(a, b Target) int { return cmp.Compare(a.Name, b.Name) })
	say := func(t Target, msg, hint string) {
		at, ok := places[t.Name]
		if !ok {
			at = diag.Pos{File: name, Line: 1, Col: 1}
		}
		diags = append(diags, diag.Diagnostic{Rule: "config-value", Level: diag.Error, At: at, To: at, Msg: "targets." + t.Name + " " + msg, Hint: hint})
	}
	chosen := ""
	for _, t := range c.Targets {
		switch {
		case t.Bucket == "" && t.Directory == "" && t.SSH == "":
			say(t, "does not say where to publish", `set "directory", "ssh" and "directory", or "bucket"`)
		case t.Bucket != "" && (t.Directory != "" || t.SSH != ""):
			say(t, "has a bucket and a folder", "make two targets of it")
		case t.SSH != "" && t.Directory == "":
			say(t, "does not say which folder of the machine to use", `set "directory", such as "/srv/www/playbook"`)
		}
		switch {
		case !t.Default:
		case chosen != "":
			say(t, "is a second default", `"`+chosen+`" is one already`)
		default:
			chosen = t.Name
		}
	}
	return diags
}

// DefaultTarget returns the target that is meant when none is named: the one
// that says so, or the only one.
func (c *Config) DefaultTarget() (Target, bool) {
	for _, t := range c.Targets {
		if t.Default || len(c.Targets) == 1 {
			return t, true
		}
	}
	return Target{}, false
}

// unseen returns a configuration for people to look at: secrets that have no place
// in it are not shown, and neither are the lines that they go on over.
func unseen(src []byte, diags []diag.Diagnostic) []byte {
	if !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Rule == "config-secret" }) {
		return src
	}
	lines := strings.SplitAfter(string(src), "\n")
	hidden := false
	for i, l := range lines {
		key, _, pair := strings.Cut(l, "=")
		end := l[len(strings.TrimSuffix(l, "\n")):] // the last line may have none
		switch {
		case pair && looksSecret(strings.Trim(strings.TrimSpace(key), `"'`)):
			lines[i], hidden = key+"= …"+end, true
		case pair && !strings.HasPrefix(key, " ") || strings.HasPrefix(strings.TrimSpace(l), "["):
			hidden = strings.Contains(l, "{") && slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(strings.ToLower(l), w) })
			if hidden {
				lines[i] = key + "= …" + end
			}
		case hidden && l != "":
			lines[i] = "…" + end
		}
	}
	return []byte(strings.Join(lines, ""))
}
