package document

import "playbook/generator/diag"

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
type Value struct {
	Kind      ValueKind
	Line, Col int
	EndCol    int // exclusive, on Line; 0 if unknown
	Str       string
	Int       int64
	Float     float64
	Bool      bool
	List      []Value
	Map       *Map
}

// Field is one key of a Map with the place of the key.
type Field struct {
	Key       string
	Line, Col int // of the key
	Value     Value
}

// Map is an ordered mapping. Keys are unique.
type Map struct {
	Fields []Field
}

// Get returns the field of that key. A nil Map has no fields.
func (m *Map) Get(key string) (Field, bool) {
	if m != nil {
		for _, f := range m.Fields {
			if f.Key == key {
				return f, true
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
		return v.Bool
	case Int:
		return v.Int
	case Float:
		return v.Float
	case String:
		return v.Str
	case List:
		out := make([]any, len(v.List))
		for i, e := range v.List {
			out[i] = e.Plain()
		}
		return out
	case Dict:
		return v.Map.Plain()
	}
	return nil
}

// Plain returns the mapping as map[string]any.
func (m *Map) Plain() map[string]any {
	out := map[string]any{}
	if m != nil {
		for _, f := range m.Fields {
			out[f.Key] = f.Value.Plain()
		}
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
				return diag.Pos{File: file, Line: f.Line, Col: f.Col}, diag.Pos{File: file, Line: f.Line, Col: f.Col + len([]rune(f.Key))}, true
			}
		case List:
			n := 0
			for _, c := range p {
				if c < '0' || c > '9' || n > len(cur.List) {
					return at, to, false
				}
				n = n*10 + int(c-'0')
			}
			if n >= len(cur.List) {
				return at, to, false
			}
			cur = cur.List[n]
		default:
			return at, to, false
		}
		at, to = cur.At(file), cur.End(file)
	}
	return at, to, true
}

// At returns the place where the value begins.
func (v Value) At(file string) diag.Pos { return diag.Pos{File: file, Line: v.Line, Col: v.Col} }

// End returns the place behind the value, or the zero Pos if it is not known.
func (v Value) End(file string) diag.Pos {
	if v.EndCol == 0 {
		return diag.Pos{}
	}
	return diag.Pos{File: file, Line: v.Line, Col: v.EndCol}
}
