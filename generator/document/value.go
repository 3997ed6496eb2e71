package document

import (
	"math"
	"unicode/utf8"

	"playbook/generator/diag"
)

// ValueKind is the shape of a front matter value.
type ValueKind uint8

// The shapes. A date is a String: its text is kept as written.
const (
	Null ValueKind = iota
	Bool
	Int
	Float
	String
	List
	Dict
)

// Value is a front matter value that knows its place (1-based, characters).
// Every page keeps dozens of them, so it is small: what only some kinds have
// lies behind methods.
type Value struct {
	Str       string
	Map       *Map
	list      *[]Value // nil if there is none or it is empty
	number    uint64   // a Bool, an Int, or the bits of a Float
	Line, Col int32
	EndCol    int32 // exclusive, on Line; 0 if unknown
	Kind      ValueKind
}

// Int returns the number of an Int, otherwise 0.
func (v Value) Int() int64 {
	if v.Kind != Int {
		return 0
	}
	return int64(v.number)
}

// Float returns the number of a Float, otherwise 0.
func (v Value) Float() float64 {
	if v.Kind != Float {
		return 0
	}
	return math.Float64frombits(v.number)
}

// Bool tells whether the value is a Bool that is true.
func (v Value) Bool() bool { return v.Kind == Bool && v.number != 0 }

// List returns the elements of a List, otherwise nil.
func (v Value) List() []Value {
	if v.list == nil {
		return nil
	}
	return *v.list
}

func (v *Value) setInt(n int64)     { v.Kind, v.number = Int, uint64(n) }
func (v *Value) setFloat(f float64) { v.Kind, v.number = Float, math.Float64bits(f) }

func (v *Value) setBool(is bool) {
	v.Kind, v.number = Bool, 0
	if is {
		v.number = 1
	}
}

func (v *Value) setList(l []Value) {
	v.Kind, v.list = List, nil
	if len(l) > 0 {
		v.list = &l
	}
}

// Field is one key of a Map with the place of the key.
type Field struct {
	Key       string
	Line, Col int32 // of the key
	Value     Value
}

// At returns the place of the key.
func (f Field) At(file string) diag.Pos {
	return diag.Pos{File: file, Line: int(f.Line), Col: int(f.Col)}
}

// End returns the place behind the key, as far as its text tells.
func (f Field) End(file string) diag.Pos {
	return diag.Pos{File: file, Line: int(f.Line), Col: int(f.Col) + utf8.RuneCountInString(f.Key)}
}

// Map is an ordered mapping. Keys are unique.
type Map struct {
	Fields []Field
}

// Get returns the field of that key. A nil Map has no fields.
func (m *Map) Get(key string) (Field, bool) {
	if m != nil {
		for i := range m.Fields {
			if m.Fields[i].Key == key {
				return m.Fields[i], true
			}
		}
	}
	return Field{}, false
}

// Plain returns the value as nil, bool, int64, float64, string, []any or
// map[string]any, for schema validation and expressions.
func (v Value) Plain() any {
	switch v.Kind {
	case Bool:
		return v.Bool()
	case Int:
		return v.Int()
	case Float:
		return v.Float()
	case String:
		return v.Str
	case List:
		list := v.List()
		out := make([]any, len(list))
		for i := range list {
			out[i] = list[i].Plain()
		}
		return out
	case Dict:
		return v.Map.Plain()
	}
	return nil
}

// Plain returns the mapping as map[string]any.
func (m *Map) Plain() map[string]any {
	if m == nil {
		return map[string]any{}
	}
	out := make(map[string]any, len(m.Fields))
	for i := range m.Fields {
		out[m.Fields[i].Key] = m.Fields[i].Value.Plain()
	}
	return out
}

// Find walks path (keys, and indexes in decimal) and returns the place of what
// it names: of the value, or of its key when key is true. Where the path ends
// early, the deepest place reached is returned; ok tells whether it was whole.
func (m *Map) Find(file string, path []string, key bool) (at, to diag.Pos, ok bool) {
	at = diag.Pos{File: file, Line: 1, Col: 1}
	cur := Value{Kind: Dict, Map: m}
	for i, p := range path {
		switch cur.Kind {
		case Dict:
			f, found := cur.Map.Get(p)
			if !found {
				return at, to, false
			}
			cur = f.Value
			if key && i == len(path)-1 {
				return f.At(file), f.End(file), true
			}
		case List:
			n, list := 0, cur.List()
			for _, c := range p {
				if c < '0' || c > '9' || n > len(list) {
					return at, to, false
				}
				n = n*10 + int(c-'0')
			}
			if n >= len(list) {
				return at, to, false
			}
			cur = list[n]
		default:
			return at, to, false
		}
		at, to = cur.At(file), cur.End(file)
	}
	return at, to, true
}

// At returns the place where the value begins.
func (v Value) At(file string) diag.Pos {
	return diag.Pos{File: file, Line: int(v.Line), Col: int(v.Col)}
}

// End returns the place behind the value, or the zero Pos if it is not known.
func (v Value) End(file string) diag.Pos {
	if v.EndCol == 0 {
		return diag.Pos{}
	}
	return diag.Pos{File: file, Line: int(v.Line), Col: int(v.EndCol)}
}
