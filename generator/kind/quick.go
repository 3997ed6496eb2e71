package kind

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// quick says of most values that a schema allows them, at a small part of the
// validator's cost. It is made from the validator's own reading of the schema
// and knows the keywords that kinds use. "Yes" is certain; anything else means
// that the validator must look, which also words what is wrong.
//
// A nil *quick is one of a schema with other keywords: it is never certain.
type quick struct {
	types              quickType
	texts              map[string]bool // of an enum or const; nil if there is none
	yes, no            bool            // so are these
	only               bool            // there is an enum or const
	format             *jsonschema.Format
	minLength, maxSize int // of a text, in characters; -1: no bound
	pattern            jsonschema.Regexp
	bounds             []bound
	required           []string
	props              map[string]*quick
	closed             bool   // no others
	rest               *quick // others, if hasRest
	hasRest            bool
	minProps, maxProps int
	items              *quick
	hasItems           bool
	minItems, maxItems int
	unique             bool
	all                []*quick // of allOf and $ref: each must allow it
	any                []*quick // of anyOf: one must
}

type quickType uint8

const (
	quickNull quickType = 1 << iota
	quickBool
	quickInt
	quickNumber
	quickText
	quickList
	quickDict
	quickAll = 1<<iota - 1
)

// bound is one of minimum, maximum and their exclusive forms.
type bound struct {
	at    float64
	exact bool // at is the bound itself and not only the number next to it
	sign  int  // 1: at least, -1: at most
	open  bool // the bound itself is not allowed
}

// quickOf makes the quick of a schema. within are the schemas around it: one
// that leads back to itself is left to the validator.
func quickOf(s *jsonschema.Schema, within ...*jsonschema.Schema) *quick {
	if s == nil || slices.Contains(within, s) || len(within) > maxDepth {
		return nil
	}
	within = append(slices.Clip(within), s)
	if s.Bool != nil {
		if !*s.Bool {
			return nil
		}
		return &quick{types: quickAll, minLength: -1, maxSize: -1, minProps: -1, maxProps: -1, minItems: -1, maxItems: -1}
	}
	if s.DraftVersion != 2020 || s.RecursiveRef != nil || s.RecursiveAnchor || s.DynamicRef != nil || s.DynamicAnchor != "" || s.Not != nil || s.OneOf != nil || s.If != nil || s.Then != nil || s.Else != nil ||
		s.PropertyNames != nil || len(s.PatternProperties) > 0 || len(s.Dependencies) > 0 || len(s.DependentRequired) > 0 || len(s.DependentSchemas) > 0 || s.UnevaluatedProperties != nil ||
		s.Contains != nil || s.MinContains != nil || s.MaxContains != nil || s.Items != nil || s.AdditionalItems != nil || len(s.PrefixItems) > 0 || s.UnevaluatedItems != nil ||
		s.ContentEncoding != nil || s.ContentMediaType != nil || s.ContentSchema != nil || s.MultipleOf != nil || len(s.Extensions) > 0 {
		return nil
	}
	or := func(p *int) int {
		if p == nil {
			return -1
		}
		return *p
	}
	q := &quick{types: quickAll, format: s.Format, minLength: or(s.MinLength), maxSize: or(s.MaxLength), pattern: s.Pattern, required: s.Required,
		minProps: or(s.MinProperties), maxProps: or(s.MaxProperties), minItems: or(s.MinItems), maxItems: or(s.MaxItems), unique: s.UniqueItems}
	if s.Types != nil && !s.Types.IsEmpty() {
		q.types = 0
		for _, t := range s.Types.ToStrings() {
			q.types |= map[string]quickType{"null": quickNull, "boolean": quickBool, "integer": quickInt, "number": quickInt | quickNumber, "string": quickText, "array": quickList, "object": quickDict}[t]
		}
	}
	if s.Const != nil && s.Enum != nil {
		return nil
	}
	if s.Const != nil {
		q.allow(*s.Const)
	}
	if s.Enum != nil {
		q.only = true
		for _, v := range s.Enum.Values {
			q.allow(v)
		}
	}
	for _, b := range []struct {
		at   *big.Rat
		sign int
		open bool
	}{{s.Minimum, 1, false}, {s.Maximum, -1, false}, {s.ExclusiveMinimum, 1, true}, {s.ExclusiveMaximum, -1, true}} {
		if b.at == nil {
			continue
		}
		at, _ := b.at.Float64()
		if math.IsInf(at, 0) {
			return nil
		}
		same, ok := new(big.Rat).SetString(fmt.Sprint(at)) // as the validator reads a number
		q.bounds = append(q.bounds, bound{at, ok && same.Cmp(b.at) == 0, b.sign, b.open})
	}
	if len(s.Properties) > 0 {
		q.props = make(map[string]*quick, len(s.Properties))
		for name, sub := range s.Properties {
			q.props[name] = quickOf(sub, within...)
		}
	}
	switch more := s.AdditionalProperties.(type) {
	case nil:
	case bool:
		q.closed = !more
	case *jsonschema.Schema:
		q.rest, q.hasRest = quickOf(more, within...), true
	default:
		return nil
	}
	if s.Items2020 != nil {
		q.items, q.hasItems = quickOf(s.Items2020, within...), true
	}
	for _, sub := range s.AllOf {
		q.all = append(q.all, quickOf(sub, within...))
	}
	if s.Ref != nil {
		q.all = append(q.all, quickOf(s.Ref, within...))
	}
	for _, sub := range s.AnyOf {
		q.any = append(q.any, quickOf(sub, within...))
	}
	return q
}

// allow notes a value of an enum or const. What is neither a text nor a boolean
// is left to the validator.
func (q *quick) allow(v any) {
	q.only = true
	switch v := v.(type) {
	case string:
		if q.texts == nil {
			q.texts = map[string]bool{}
		}
		q.texts[v] = true
	case bool:
		q.yes, q.no = q.yes || v, q.no || !v
	}
}

// allows tells whether v is certainly as the schema wants it.
func (q *quick) allows(v any) bool {
	if q == nil {
		return false
	}
	switch v := v.(type) {
	case nil:
		if q.types&quickNull == 0 || q.only {
			return false
		}
	case bool:
		if q.types&quickBool == 0 || q.only && !(v && q.yes || !v && q.no) {
			return false
		}
	case int64:
		if q.types&quickInt == 0 || q.only || len(q.bounds) > 0 && (v > 1<<53 || v < -1<<53 || !q.within(float64(v))) {
			return false
		}
	case float64:
		if q.types&quickNumber == 0 || q.only || math.IsNaN(v) || math.IsInf(v, 0) || !q.within(v) {
			return false
		}
	case string:
		if q.types&quickText == 0 || q.only && !q.texts[v] {
			return false
		}
		if q.minLength > 0 || q.maxSize >= 0 {
			if n := utf8.RuneCountInString(v); n < q.minLength || q.maxSize >= 0 && n > q.maxSize {
				return false
			}
		}
		if q.pattern != nil && !q.pattern.MatchString(v) {
			return false
		}
	case []any:
		if q.types&quickList == 0 || q.only || len(v) < q.minItems || q.maxItems >= 0 && len(v) > q.maxItems || q.unique && !differ(v) {
			return false
		}
		if q.hasItems {
			for _, e := range v {
				if !q.items.allows(e) {
					return false
				}
			}
		}
	case map[string]any:
		if q.types&quickDict == 0 || q.only || len(v) < q.minProps || q.maxProps >= 0 && len(v) > q.maxProps {
			return false
		}
		for _, name := range q.required {
			if _, ok := v[name]; !ok {
				return false
			}
		}
		for name, e := range v {
			sub, declared := q.props[name]
			switch {
			case declared:
				if !sub.allows(e) {
					return false
				}
			case q.closed, q.hasRest && !q.rest.allows(e):
				return false
			}
		}
	default:
		return false
	}
	if q.format != nil && q.format.Validate(v) != nil {
		return false
	}
	for _, sub := range q.all {
		if !sub.allows(v) {
			return false
		}
	}
	return len(q.any) == 0 || slices.ContainsFunc(q.any, func(sub *quick) bool { return sub.allows(v) })
}

// within tells whether a number certainly keeps within the bounds. The validator
// compares decimal numbers; two of them that have different nearest float64s
// lie as these do.
func (q *quick) within(x float64) bool {
	for _, b := range q.bounds {
		if x == b.at {
			if !b.exact || b.open {
				return false
			}
		} else if (x > b.at) != (b.sign > 0) {
			return false
		}
	}
	return true
}

// differ tells whether a list certainly has no entry twice: a short one of texts.
func differ(list []any) bool {
	if len(list) > 20 {
		return false
	}
	for i, x := range list {
		s, ok := x.(string)
		if !ok {
			return len(list) == 1
		}
		for _, y := range list[:i] {
			if y == any(s) {
				return false
			}
		}
	}
	return true
}
