package kind

import "slices"

// typ is what is known of a value before any document is seen. A nil *typ is
// never used; anything unknown is tAny.
type typ struct {
	k      tkind
	elem   *typ            // of a list
	fields map[string]*typ // of a mapping, nil if it may hold anything
	kinds  []string        // of a document, nil if of any kind
	vals   []string        // the only texts it can be, nil if any
}

type tkind uint8

const (
	tAny tkind = iota
	tNil
	tBool
	tInt
	tNum
	tText
	tDate
	tList
	tDict
	tObj
)

// The types without parts. They are never written to.
func anyT() *typ  { return &typ{} }
func nilT() *typ  { return &typ{k: tNil} }
func boolT() *typ { return &typ{k: tBool} }
func intT() *typ  { return &typ{k: tInt} }
func numT() *typ  { return &typ{k: tNum} }
func textT() *typ { return &typ{k: tText} }
func dateT() *typ { return &typ{k: tDate} }

func listOf(t *typ) *typ { return &typ{k: tList, elem: t} }

func (t *typ) isNum() bool  { return t.k == tInt || t.k == tNum }
func (t *typ) isText() bool { return t.k == tText || t.k == tDate }

// open reports whether nothing certain is known, so that only a document can
// tell whether an operation fits.
func (t *typ) open() bool { return t.k == tAny || t.k == tNil }

// words is how messages and Derived.Type name the type.
func (t *typ) words() string {
	switch t.k {
	case tNil:
		return "nothing"
	case tBool:
		return "yes or no"
	case tInt:
		return "whole number"
	case tNum:
		return "number"
	case tText:
		if t.vals != nil {
			return "choice"
		}
		return "text"
	case tDate:
		return "date"
	case tList:
		if t.elem.k == tAny || t.elem.k == tNil {
			return "list"
		}
		if t.elem.k == tDict {
			return "list of mappings"
		}
		return "list of " + t.elem.words()
	case tDict:
		return "mapping"
	case tObj:
		if len(t.kinds) == 0 || len(t.kinds) > 4 {
			return "document"
		}
		return oneOf(t.kinds)
	}
	return "anything"
}

// a is words with an article where there is one, for sentences.
func (t *typ) a() string {
	switch t.k {
	case tNil:
		return "nothing"
	case tBool:
		return "yes or no"
	case tText:
		return "text"
	case tAny:
		return "anything"
	}
	return article(t.words())
}

// unify is the type of a value that is either an a or a b.
func unify(a, b *typ) *typ {
	switch {
	case a.k == tNil:
		return b
	case b.k == tNil:
		return a
	case a.isNum() && b.isNum() && a.k != b.k:
		return numT()
	case a.isText() && b.isText() && a.k != b.k:
		return textT()
	case a.k != b.k:
		return anyT()
	}
	switch a.k {
	case tText:
		if a.vals == nil || b.vals == nil {
			return textT()
		}
		t := textT()
		t.vals = slices.Clone(a.vals)
		for _, v := range b.vals {
			if !slices.Contains(t.vals, v) {
				t.vals = append(t.vals, v)
			}
		}
		return t
	case tList:
		return listOf(unify(a.elem, b.elem))
	case tDict:
		if a.fields == nil || b.fields == nil {
			return &typ{k: tDict}
		}
		t := &typ{k: tDict, fields: map[string]*typ{}}
		for n, x := range a.fields {
			t.fields[n] = x
		}
		for n, x := range b.fields {
			if y := t.fields[n]; y != nil {
				x = unify(x, y)
			}
			t.fields[n] = x
		}
		return t
	case tObj:
		if a.kinds == nil || b.kinds == nil {
			return &typ{k: tObj}
		}
		t := &typ{k: tObj, kinds: slices.Clone(a.kinds)}
		for _, k := range b.kinds {
			if !slices.Contains(t.kinds, k) {
				t.kinds = append(t.kinds, k)
			}
		}
		return t
	}
	return a
}

// typeOf is the type a schema promises.
func typeOf(s *shape, depth int) *typ {
	switch {
	case s == nil || depth > 20:
		return anyT()
	case len(s.refs) > 0:
		return &typ{k: tObj, kinds: s.refs}
	case len(s.enum) > 0:
		t := textT()
		t.vals = s.enum
		return t
	}
	types := slices.DeleteFunc(slices.Clone(s.types), func(t string) bool { return t == "null" })
	if len(types) == 0 {
		switch {
		case len(s.props) > 0:
			types = []string{"object"}
		case s.items != nil:
			types = []string{"array"}
		default:
			return anyT()
		}
	}
	out := nilT()
	for _, t := range types {
		out = unify(out, s.typed(t, depth))
	}
	return out
}

func (s *shape) typed(t string, depth int) *typ {
	switch t {
	case "string":
		if s.format == "date" {
			return dateT()
		}
		return textT()
	case "number":
		return numT()
	case "integer":
		return intT()
	case "boolean":
		return boolT()
	case "array":
		return listOf(typeOf(s.items, depth+1))
	case "object":
		t := &typ{k: tDict}
		if len(s.props) > 0 && !s.open {
			t.fields = map[string]*typ{}
			for _, p := range s.props {
				t.fields[p.name] = typeOf(p.shape, depth+1)
			}
		}
		return t
	}
	return anyT()
}
