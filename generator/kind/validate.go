package kind

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	skind "github.com/santhosh-tekuri/jsonschema/v6/kind"

	"playbook/generator/diag"
)

// Violation is one thing in a front matter that its kind does not allow. Path
// leads to it (keys, and indexes in decimal, empty for the whole); Key says that
// the key is meant rather than the value.
type Violation struct {
	Path  []string
	Key   bool
	Rule  string
	Level diag.Level
	Msg   string
	Hint  string
}

// The rules of violations.
const (
	ruleRequired = "schema-required"
	ruleType     = "schema-type"
	ruleEnum     = "schema-enum"
	ruleFormat   = "schema-format"
	ruleUnknown  = "schema-unknown-key"
	ruleRange    = "schema-range"
	ruleOther    = "schema-other"
)

// Normalise returns front as the kind means it, which is what expressions and
// layouts should see: a single value where the schema wants a list becomes the
// only element of one, and a key without a value is as good as none. Front
// itself is not changed; where nothing is to be done it is returned.
func (k *Kind) Normalise(front map[string]any) map[string]any {
	v, _ := normalise(front, k.shape)
	return v.(map[string]any)
}

func normalise(v any, s *shape) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		var out map[string]any
		change := func() {
			if out == nil {
				out = make(map[string]any, len(v))
				for k, e := range v {
					out[k] = e
				}
			}
		}
		for k, e := range v {
			if e == nil {
				change()
				delete(out, k)
				continue
			}
			if s == nil {
				continue
			}
			sub := s.prop(k)
			if sub == nil {
				sub = s.rest
			}
			if sub == nil {
				continue
			}
			if n, changed := normalise(e, sub); changed {
				change()
				out[k] = n
			}
		}
		if out != nil {
			return out, true
		}
	case []any:
		if s == nil || s.items == nil {
			return v, false
		}
		var out []any
		for i, e := range v {
			if n, changed := normalise(e, s.items); changed {
				if out == nil {
					out = slices.Clone(v)
				}
				out[i] = n
			}
		}
		if out != nil {
			return out, true
		}
	case nil:
	default:
		if s.is("array") {
			return []any{v}, true
		}
	}
	return v, false
}

// Validate returns everything in front that the kind does not allow, sorted by
// path. Front is the front matter as written; Normalise is applied first.
func (k *Kind) Validate(front map[string]any) []Violation {
	norm := k.Normalise(front)
	if k.quick.allows(norm) {
		return nil
	}
	err := k.schema.Validate(norm)
	if err == nil {
		return nil
	}
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return []Violation{{Rule: ruleOther, Level: diag.Error, Msg: "this front matter cannot be checked: " + err.Error()}}
	}
	e := explainer{shape: k.shape, front: front, norm: norm}
	e.walk(ve)
	return e.sorted()
}

// explainer puts what the validator found into words.
type explainer struct {
	shape *shape
	front map[string]any // as written
	norm  any            // as validated
	out   []Violation
}

func (e *explainer) sorted() []Violation {
	slices.SortFunc(e.out, func(a, b Violation) int {
		if c := slices.CompareFunc(a.Path, b.Path, comparePart); c != 0 {
			return c
		}
		if c := strings.Compare(a.Rule, b.Rule); c != 0 {
			return c
		}
		return strings.Compare(a.Msg, b.Msg)
	})
	return slices.CompactFunc(e.out, func(a, b Violation) bool {
		return slices.Equal(a.Path, b.Path) && a.Rule == b.Rule && a.Msg == b.Msg
	})
}

// comparePart orders keys as text and indexes as numbers.
func comparePart(a, b string) int {
	x, errA := strconv.Atoi(a)
	y, errB := strconv.Atoi(b)
	if errA == nil && errB == nil {
		return x - y
	}
	return strings.Compare(a, b)
}

// walk finds the leaves of an error. Of alternatives it tells what is wrong
// with the one that was most likely meant.
func (e *explainer) walk(v *jsonschema.ValidationError) {
	switch v.ErrorKind.(type) {
	case *skind.Schema, *skind.Group, *skind.AllOf, *skind.Reference, *skind.DependentRequired:
		if len(v.Causes) > 0 {
			for _, c := range v.Causes {
				e.walk(c)
			}
			return
		}
	case *skind.AnyOf:
		e.alternatives(v)
		return
	case *skind.OneOf:
		if len(v.Causes) > 0 {
			e.alternatives(v)
			return
		}
	}
	e.leaf(v)
}

func (e *explainer) alternatives(v *jsonschema.ValidationError) {
	var best []Violation
	var wants []string
	for _, c := range v.Causes {
		branch := explainer{shape: e.shape, front: e.front, norm: e.norm}
		branch.walk(c)
		if t, ok := c.ErrorKind.(*skind.Type); ok && slices.Equal(c.InstanceLocation, v.InstanceLocation) {
			wants = append(wants, t.Want...)
			continue
		}
		if best == nil || len(branch.out) < len(best) {
			best = branch.out
		}
	}
	if best != nil {
		e.out = append(e.out, best...)
		return
	}
	if len(wants) > 0 {
		c := *v
		c.ErrorKind = &skind.Type{Want: wants}
		e.leaf(&c)
		return
	}
	e.leaf(v)
}

// value returns what stands at path.
func (e *explainer) value(path []string) any {
	v := e.norm
	for _, p := range path {
		switch c := v.(type) {
		case map[string]any:
			v = c[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(c) {
				return nil
			}
			v = c[i]
		default:
			return nil
		}
	}
	return v
}

// name writes a path as people do: "objectives[0].due".
func name(path []string) string {
	var b strings.Builder
	for i, p := range path {
		if _, err := strconv.Atoi(p); err == nil && i > 0 {
			b.WriteString("[" + p + "]")
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(p)
	}
	if b.Len() == 0 {
		return "front matter"
	}
	return b.String()
}

func (e *explainer) leaf(v *jsonschema.ValidationError) {
	path := slices.Clone(v.InstanceLocation)
	s := e.shape.at(path)
	what := strconv.Quote(name(path))
	value := e.value(path)
	add := func(w Violation) {
		if w.Path == nil {
			w.Path = path
		}
		if w.Level == diag.Off {
			w.Level = diag.Error
		}
		e.out = append(e.out, w)
	}
	size := func(format string, args ...any) {
		add(Violation{Rule: ruleRange, Msg: what + " must " + fmt.Sprintf(format, args...)})
	}
	switch x := v.ErrorKind.(type) {
	case *skind.Required:
		for _, m := range x.Missing {
			e.missing(path, m, s)
		}
	case *skind.DependentRequired:
		for _, m := range x.Missing {
			add(Violation{Key: len(path) > 0, Rule: ruleRequired, Msg: fmt.Sprintf("missing %q, which is needed because %q is given", m, x.Prop)})
		}
	case *skind.Type:
		add(typeViolation(what, value, x.Want, s))
	case *skind.Enum:
		add(enumViolation(what, value, x.Want))
	case *skind.Const:
		add(Violation{Rule: ruleEnum, Msg: fmt.Sprintf("%s must be %s", what, display(x.Want))})
	case *skind.Format:
		add(formatViolation(value, x.Want))
	case *skind.AdditionalProperties:
		for _, p := range x.Properties {
			e.unknown(path, p, s)
		}
	case *skind.FalseSchema:
		if len(path) > 0 {
			e.unknown(path[:len(path)-1], path[len(path)-1], e.shape.at(path[:len(path)-1]))
		}
	case *skind.Minimum:
		size("be at least %s, not %s", rat(x.Want), rat(x.Got))
	case *skind.Maximum:
		size("be at most %s, not %s", rat(x.Want), rat(x.Got))
	case *skind.ExclusiveMinimum:
		size("be more than %s, not %s", rat(x.Want), rat(x.Got))
	case *skind.ExclusiveMaximum:
		size("be less than %s, not %s", rat(x.Want), rat(x.Got))
	case *skind.MultipleOf:
		size("be a multiple of %s, not %s", rat(x.Want), rat(x.Got))
	case *skind.MinItems:
		size("have at least %s, not %d", count(x.Want, "entry", "entries"), x.Got)
	case *skind.MaxItems:
		size("have at most %s, not %d", count(x.Want, "entry", "entries"), x.Got)
	case *skind.MinProperties:
		size("have at least %s, not %d", count(x.Want, "key", "keys"), x.Got)
	case *skind.MaxProperties:
		size("have at most %s, not %d", count(x.Want, "key", "keys"), x.Got)
	case *skind.MinLength:
		if x.Got == 0 {
			add(Violation{Rule: ruleRange, Msg: what + " is empty"})
			return
		}
		size("have at least %s, not %d", count(x.Want, "character", "characters"), x.Got)
	case *skind.MaxLength:
		size("have at most %s, not %d", count(x.Want, "character", "characters"), x.Got)
	case *skind.Pattern:
		w := Violation{Rule: ruleFormat, Msg: fmt.Sprintf("%q does not fit %s", x.Got, what), Hint: "it must match " + x.Want}
		if s != nil && s.desc != "" {
			w.Hint = s.desc
		}
		add(w)
	case *skind.UniqueItems:
		second := append(slices.Clone(path), strconv.Itoa(x.Duplicates[1]))
		add(Violation{Path: second, Rule: ruleOther, Msg: fmt.Sprintf("%s names %s twice", what, display(e.value(second)))})
	case *skind.Contains, *skind.MinContains:
		add(Violation{Rule: ruleOther, Msg: what + " lacks an entry that the kind asks for", Hint: desc(s)})
	case *skind.OneOf:
		add(Violation{Rule: ruleOther, Msg: what + " can be read in more than one way", Hint: desc(s)})
	default:
		add(Violation{Rule: ruleOther, Msg: what + " is not as the kind wants it", Hint: desc(s)})
	}
}

func desc(s *shape) string {
	if s == nil {
		return ""
	}
	return s.desc
}

// missing reports a required key: at the key if it stands there without a
// value, else at the mapping that lacks it.
func (e *explainer) missing(path []string, key string, s *shape) {
	full := append(slices.Clone(path), key)
	var raw any = e.front
	for _, p := range path {
		switch c := raw.(type) {
		case map[string]any:
			raw = c[p]
		case []any:
			if i, err := strconv.Atoi(p); err == nil && i < len(c) {
				raw = c[i]
			}
		}
	}
	var hint string
	if sub := s.prop(key); sub != nil {
		switch {
		case len(sub.enum) > 0:
			hint = "one of " + strings.Join(sub.enum, ", ")
		case len(sub.refs) > 0:
			hint = "the id of " + article(oneOf(sub.refs))
		}
	}
	m, _ := raw.(map[string]any)
	if _, there := m[key]; there {
		e.out = append(e.out, Violation{Path: full, Key: true, Rule: ruleRequired, Level: diag.Error, Msg: fmt.Sprintf("%q has no value", key), Hint: hint})
		return
	}
	if s != nil {
		var free []string
		for k := range m {
			if s.prop(k) == nil {
				free = append(free, k)
			}
		}
		slices.Sort(free)
		if near := diag.Nearest(key, free); near != "" {
			hint = fmt.Sprintf("is %q meant to be it?", near)
		}
	}
	w := Violation{Path: path, Key: len(path) > 0, Rule: ruleRequired, Level: diag.Error, Msg: fmt.Sprintf("missing %q", key), Hint: hint}
	if len(path) > 0 {
		w.Msg += fmt.Sprintf(" in %q", name(path))
	}
	e.out = append(e.out, w)
}

// unknown reports a key the kind does not declare.
func (e *explainer) unknown(path []string, key string, s *shape) {
	w := Violation{Path: append(slices.Clone(path), key), Key: true, Rule: ruleUnknown, Level: diag.Warning, Msg: fmt.Sprintf("unknown key %q", key)}
	if s != nil {
		known := slices.DeleteFunc(s.keys(), func(k string) bool { return k == key })
		if w.Hint = meant(key, known, ""); w.Hint == "" && len(known) <= 12 && len(known) > 0 {
			w.Hint = "known are " + strings.Join(known, ", ")
		}
	}
	if len(path) > 0 {
		w.Msg += fmt.Sprintf(" in %q", name(path))
	}
	e.out = append(e.out, w)
}

func typeViolation(what string, value any, want []string, s *shape) Violation {
	var words []string
	for _, t := range want {
		w := typeWord(t)
		if t == "string" && s != nil {
			switch {
			case len(s.refs) > 0:
				w = "the id of " + article(oneOf(s.refs))
			case s.format == "date":
				w = "a date"
			}
		}
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	v := Violation{Rule: ruleType, Msg: fmt.Sprintf("%s must be %s, not %s", what, oneOf(words), wordOf(value))}
	switch value.(type) {
	case string:
		if slices.Contains(want, "number") || slices.Contains(want, "integer") {
			v.Hint = "write the digits alone, such as 1200000"
		} else if slices.Contains(want, "boolean") {
			v.Hint = "write true or false, without quotes"
		}
	case int64, int, float64:
		if slices.Contains(want, "string") && s != nil && s.format == "date" {
			v.Hint = "write it as 2026-03-31"
		} else if slices.Contains(want, "string") {
			v.Hint = "put it in quotes to make it a text"
		} else if slices.Equal(want, []string{"integer"}) {
			v.Msg, v.Hint = fmt.Sprintf("%s must be a whole number, not %s", what, text(known(value))), "write it without decimals"
		}
	case bool:
		if slices.Contains(want, "string") {
			v.Hint = "put it in quotes to make it a text"
		}
	case nil:
		v.Msg = what + " has no value"
	}
	return v
}

// typeWord is the JSON type as messages name it.
func typeWord(t string) string {
	switch t {
	case "string":
		return "text"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "a mapping"
	}
	return "empty"
}

// wordOf is what a value is, in the same words.
func wordOf(v any) string {
	switch v.(type) {
	case nil:
		return "empty"
	case string:
		return "text"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	case Object:
		return "a document"
	}
	return "a number"
}

func enumViolation(what string, value any, want []any) Violation {
	var names, shown []string
	for _, w := range want {
		if s, ok := w.(string); ok {
			names = append(names, s)
		}
		shown = append(shown, strings.Trim(display(w), `"`))
	}
	if len(shown) > 14 {
		shown = append(shown[:13], "…")
	}
	v := Violation{Rule: ruleEnum, Msg: fmt.Sprintf("%s is not one of %s", display(value), strings.Join(shown, ", "))}
	switch value := value.(type) {
	case string:
		if n := diag.Nearest(value, names); n != "" {
			v.Hint = fmt.Sprintf("did you mean %q?", n)
		}
	case nil, []any, map[string]any:
		v.Msg = fmt.Sprintf("%s must be one of %s, not %s", what, strings.Join(shown, ", "), wordOf(value))
	}
	return v
}

func formatViolation(value any, format string) Violation {
	v := Violation{Rule: ruleFormat, Msg: display(value) + " is not "}
	switch format {
	case "date":
		v.Msg, v.Hint = v.Msg+"a date", "write it as 2026-03-31"
		if s, ok := value.(string); ok && len(s) == 10 && s[4] == '-' && s[7] == '-' {
			v.Hint = "there is no such day"
		}
	case "date-time":
		v.Msg, v.Hint = v.Msg+"a date and time", "write it as 2026-03-31T09:00:00Z"
	case "time":
		v.Msg, v.Hint = v.Msg+"a time", "write it as 09:00:00Z"
	case "email":
		v.Msg += "an e-mail address"
	case "uri":
		v.Msg, v.Hint = v.Msg+"a link", "write it whole, beginning with https://"
	case "uri-reference":
		v.Msg += "a link"
	case "duration":
		v.Msg, v.Hint = v.Msg+"a duration", "write it as P3M"
	case "regex":
		v.Msg += "a pattern that can be read"
	default:
		v.Msg += article(format)
	}
	return v
}

// display writes a value as it stands in front matter.
func display(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case nil:
		return "nothing"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	}
	return fmt.Sprint(v)
}

func rat(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
