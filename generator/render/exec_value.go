package render

import (
	"html/template"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"playbook/generator/book"
)

// truth is the truth of conditions: not the zero value of its type.
func truth(v any) bool {
	switch v := v.(type) {
	case nil, null:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case template.HTML:
		return v != ""
	case int:
		return v != 0
	case int64:
		return v != 0
	case float64:
		return v != 0
	case *book.Card:
		return v != nil
	case []any:
		return len(v) > 0
	case []*book.Card:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	t, ok := template.IsTrue(v)
	if !ok {
		giveUp()
	}
	return t
}

// indirect follows pointers; isNil tells that one is nil.
func indirect(v reflect.Value) (_ reflect.Value, isNil bool) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return v, true
		}
		v = v.Elem()
	}
	return v, false
}

// held returns what a variable, field or element holds.
func held(v reflect.Value) any {
	if v.Kind() == reflect.Interface {
		if v.IsNil() {
			if v.Type().NumMethod() > 0 {
				giveUp()
			}
			return null{}
		}
		v = v.Elem()
	}
	if v.Type() == reflectValueType {
		giveUp()
	}
	return v.Interface()
}

var reflectValueType = reflect.TypeFor[reflect.Value]()

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// sortedValues returns the keys of a map whose keys are strings.
func sortedValues(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

// field is a name after a dot: a method, a struct's field, or a key of a map.
type field struct {
	name string
	view func(*View, []any) any // for the types that layouts meet most
	one  func(*View, any) any
	nav  func(navView, []any) any
	page func(cardView, []any) any
	card func(*book.Card) any

	last atomic.Pointer[shape] // how the last other type was done
}

// shape is how one type has a name.
type shape struct {
	typ    reflect.Type
	method func(recv any, args []any) any
	index  []int // of a struct's field
}

func newField(name string) *field {
	f := &field{name: name, card: cardFields[name]}
	f.view, f.one = methodOf[*View](name)
	f.nav, _ = methodOf[navView](name)
	f.page, _ = methodOf[cardView](name)
	return f
}

// get returns the field of a value. A missing key is nil; a nil pointer gives
// up, since that is an error.
func (f *field) get(recv any, args []any) any {
	switch r := recv.(type) {
	case nil:
		return nil
	case *View:
		if f.view != nil {
			return f.view(r, args)
		}
	case *book.Card:
		if f.card != nil && r != nil && args == nil {
			return f.card(r)
		}
		giveUp()
	case map[string]any:
		if args != nil {
			giveUp()
		}
		v, ok := r[f.name]
		if ok && v == nil {
			return null{}
		}
		return v
	case map[string][]*book.Card:
		if args != nil {
			giveUp()
		}
		if v, ok := r[f.name]; ok {
			return v
		}
		return nil
	case navView:
		if f.nav != nil {
			return f.nav(r, args)
		}
	case cardView:
		if f.page != nil {
			return f.page(r, args)
		}
		if f.name == "Card" && args == nil {
			return r.Card
		}
	}
	return f.other(recv, args)
}

func (f *field) other(recv any, args []any) any {
	typ := reflect.TypeOf(recv)
	m := f.last.Load()
	if m == nil || m.typ != typ {
		m = f.memberOf(recv, typ)
		f.last.Store(m)
	}
	if m.method != nil {
		return m.method(recv, args)
	}
	if args != nil {
		giveUp()
	}
	rv, isNil := indirect(reflect.ValueOf(recv))
	if isNil {
		giveUp()
	}
	if m.index != nil {
		for i, x := range m.index {
			if i > 0 {
				if rv, isNil = indirect(rv); isNil {
					giveUp()
				}
			}
			rv = rv.Field(x)
		}
		if rv.Kind() == reflect.String && rv.Type() == stringType {
			return rv.String()
		}
		return held(rv)
	}
	if rv.Kind() == reflect.Map && rv.Type().Key() == stringType {
		v := rv.MapIndex(reflect.ValueOf(f.name))
		if !v.IsValid() {
			return nil
		}
		return held(v)
	}
	giveUp()
	return nil
}

var stringType = reflect.TypeFor[string]()

// memberOf finds out how a type has the name.
func (f *field) memberOf(recv any, typ reflect.Type) *shape {
	m := &shape{typ: typ}
	if typ.Kind() == reflect.Pointer && typ.Elem().Kind() == reflect.Pointer {
		giveUp()
	}
	if meth, ok := typ.MethodByName(f.name); ok {
		call := reflected(meth.Func, meth.Type)
		if call == nil {
			giveUp()
		}
		m.method = func(recv any, args []any) any { return call(append([]any{recv}, args...)) }
		return m
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() == reflect.Struct {
		sf, ok := typ.FieldByName(f.name)
		if !ok || !sf.IsExported() {
			giveUp()
		}
		m.index = sf.Index
	}
	return m
}

// cardFields reads the fields of a card by name.
var cardFields = map[string]func(*book.Card) any{
	"ID":        func(c *book.Card) any { return c.ID },
	"URL":       func(c *book.Card) any { return c.URL },
	"Title":     func(c *book.Card) any { return c.Title },
	"Kind":      func(c *book.Card) any { return c.Kind },
	"KindName":  func(c *book.Card) any { return c.KindName },
	"Icon":      func(c *book.Card) any { return c.Icon },
	"Tint":      func(c *book.Card) any { return c.Tint },
	"Summary":   func(c *book.Card) any { return c.Summary },
	"Section":   func(c *book.Card) any { return c.Section },
	"Lang":      func(c *book.Card) any { return c.Lang },
	"Owner":     func(c *book.Card) any { return c.Owner },
	"Status":    func(c *book.Card) any { return c.Status },
	"Date":      func(c *book.Card) any { return c.Date },
	"Weight":    func(c *book.Card) any { return c.Weight },
	"Tags":      func(c *book.Card) any { return c.Tags },
	"Fields":    func(c *book.Card) any { return c.Fields },
	"Count":     func(c *book.Card) any { return c.Count },
	"IsSection": func(c *book.Card) any { return c.IsSection },
	"Generated": func(c *book.Card) any { return c.Generated },
}

// family is what kinds of values may be compared with each other.
type family uint8

const (
	noFamily family = iota
	boolFamily
	intFamily
	uintFamily
	floatFamily
	stringFamily
	complexFamily
)

// scalar is a value made ready for comparison.
type scalar struct {
	is family
	b  bool
	i  int64
	u  uint64
	f  float64
	s  string
}

func scalarOf(v any) scalar {
	switch v := v.(type) {
	case nil, null:
		return scalar{}
	case string:
		return scalar{is: stringFamily, s: v}
	case int:
		return scalar{is: intFamily, i: int64(v)}
	case int64:
		return scalar{is: intFamily, i: v}
	case float64:
		return scalar{is: floatFamily, f: v}
	case bool:
		return scalar{is: boolFamily, b: v}
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.Kind() == reflect.Bool:
		return scalar{is: boolFamily, b: rv.Bool()}
	case rv.CanInt():
		return scalar{is: intFamily, i: rv.Int()}
	case rv.CanUint():
		return scalar{is: uintFamily, u: rv.Uint()}
	case rv.CanFloat():
		return scalar{is: floatFamily, f: rv.Float()}
	case rv.Kind() == reflect.String:
		return scalar{is: stringFamily, s: rv.String()}
	case rv.CanComplex():
		giveUp()
	}
	return scalar{}
}

// equal is the comparison of eq.
func equal(x, y any) bool {
	if a, ok := x.(string); ok {
		if b, ok := y.(string); ok {
			return a == b
		}
	}
	x, y = argAny(x), argAny(y)
	a, b := scalarOf(x), scalarOf(y)
	switch {
	case a.is == intFamily && b.is == uintFamily:
		return a.i >= 0 && uint64(a.i) == b.u
	case a.is == uintFamily && b.is == intFamily:
		return b.i >= 0 && a.u == uint64(b.i)
	case a.is != b.is:
		if x != nil && y != nil {
			giveUp()
		}
		return false
	case a.is != noFamily:
		return a == b
	}
	v, w := reflect.ValueOf(x), reflect.ValueOf(y)
	if x != nil && y != nil && v.Kind() != w.Kind() {
		giveUp()
	}
	if noValue(v) || noValue(w) {
		return noValue(v) == noValue(w)
	}
	if !w.Type().Comparable() {
		giveUp()
	}
	return x == y
}

func noValue(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Chan, reflect.Func, reflect.Map, reflect.Pointer, reflect.Slice:
		return v.IsNil()
	}
	return false
}

// less is the comparison of lt.
func less(x, y any) bool {
	a, b := scalarOf(x), scalarOf(y)
	switch {
	case a.is == intFamily && b.is == uintFamily:
		return a.i < 0 || uint64(a.i) < b.u
	case a.is == uintFamily && b.is == intFamily:
		return b.i >= 0 && a.u < uint64(b.i)
	case a.is != b.is:
		giveUp()
	}
	switch a.is {
	case intFamily:
		return a.i < b.i
	case uintFamily:
		return a.u < b.u
	case floatFamily:
		return a.f < b.f
	case stringFamily:
		return a.s < b.s
	}
	giveUp()
	return false
}

// length is len.
func length(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []*book.Card:
		return len(v)
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	case nil, null:
		giveUp()
	}
	rv, isNil := indirect(reflect.ValueOf(v))
	if isNil {
		giveUp()
	}
	return rv.Len() // a panic of reflect gives up too
}

// indexed is index with one key. What does not exist in a map is the zero value
// of its elements, not missing.
func indexed(v, key any) any {
	key = argAny(key)
	switch l := v.(type) {
	case map[string]any:
		if k, ok := key.(string); ok {
			x := l[k]
			if x == nil {
				return null{}
			}
			return x
		}
	case map[string][]*book.Card:
		if k, ok := key.(string); ok {
			return l[k]
		}
	case []any:
		if i, ok := key.(int); ok {
			x := l[i]
			if x == nil {
				return null{}
			}
			return x
		}
	case []*book.Card:
		if i, ok := key.(int); ok {
			return l[i]
		}
	case nil, null:
		giveUp()
	}
	rv, isNil := indirect(reflect.ValueOf(v))
	if isNil {
		giveUp()
	}
	kv := reflect.ValueOf(key)
	switch rv.Kind() {
	case reflect.Slice, reflect.Array, reflect.String:
		return held(rv.Index(position(kv)))
	case reflect.Map:
		if !kv.IsValid() || !kv.Type().AssignableTo(rv.Type().Key()) {
			giveUp()
		}
		if x := rv.MapIndex(kv); x.IsValid() {
			return held(x)
		}
		return held(reflect.Zero(rv.Type().Elem()))
	}
	giveUp()
	return nil
}

func position(v reflect.Value) int {
	switch {
	case v.CanInt():
		return int(v.Int())
	case v.CanUint():
		return int(v.Uint())
	}
	giveUp()
	return 0
}

// sliced is slice.
func sliced(v any, at []any) any {
	rv, isNil := indirect(reflect.ValueOf(argAny(v)))
	if isNil || len(at) > 2 || rv.Kind() != reflect.Slice && rv.Kind() != reflect.String {
		giveUp() // an array cannot be sliced unless it is addressable
	}
	from, to := 0, rv.Len()
	if len(at) > 0 {
		from = position(reflect.ValueOf(argAny(at[0])))
	}
	if len(at) > 1 {
		to = position(reflect.ValueOf(argAny(at[1])))
	}
	return held(rv.Slice(from, to))
}
