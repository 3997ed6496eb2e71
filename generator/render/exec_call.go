package render

import (
	"fmt"
	"html/template"
	"reflect"
	"text/template/parse"

	"playbook/generator/book"
)

// argAny makes an argument of any type of a value.
func argAny(v any) any {
	if _, ok := v.(null); ok {
		return nil
	}
	return v
}

// arg makes an argument of type T of a value; what text/template would still
// convert, or refuse, gives up.
func arg[T any](v any) T {
	t, ok := v.(T)
	if !ok {
		giveUp()
	}
	return t
}

// argPtr is arg for types that may be nil.
func argPtr[T any](v any) T {
	if v == nil {
		var zero T
		return zero
	}
	return arg[T](v)
}

// orNull marks a result that is an interface and nil.
func orNull(v any) any {
	if v == nil {
		return null{}
	}
	return v
}

// must gives up where a function returned an error.
func must(err error) {
	if err != nil {
		giveUp()
	}
}

// function compiles a call of a function of the set or a built-in one; those of
// the set come first.
func (c *compiler) function(name string, args []parse.Node, final expr) expr {
	fn, ours := c.funcs[name]
	if !ours {
		return c.builtin(name, args, final)
	}
	return c.call(fn, args, final)
}

// call compiles a call of a Go function. The functions of layouts have few
// shapes, and each is called directly; others go through reflection.
func (c *compiler) call(fn any, args []parse.Node, final expr) expr {
	typ := reflect.TypeOf(fn)
	n := len(args)
	if final != nil {
		n++
	}
	if fixed := typ.NumIn(); !typ.IsVariadic() && n != fixed || typ.IsVariadic() && n < fixed-1 {
		return unknown
	}
	in := make([]expr, 0, n)
	for i, a := range args {
		t := typ.In(min(i, typ.NumIn()-1))
		if typ.IsVariadic() && i >= typ.NumIn()-1 {
			t = t.Elem()
		}
		in = append(in, c.arg(a, t))
	}
	if final != nil {
		in = append(in, final)
	}
	switch f := fn.(type) {
	case func(any) string:
		a := in[0]
		return func(m *machine, dot any) any { return f(argAny(a(m, dot))) }
	case func(any) bool:
		a := in[0]
		return func(m *machine, dot any) any { return f(argAny(a(m, dot))) }
	case func(any) float64:
		a := in[0]
		return func(m *machine, dot any) any { return f(argAny(a(m, dot))) }
	case func(any) []int:
		a := in[0]
		return func(m *machine, dot any) any { return f(argAny(a(m, dot))) }
	case func(any) template.HTML:
		a := in[0]
		return func(m *machine, dot any) any { return f(argAny(a(m, dot))) }
	case func(any) (template.JS, error):
		a := in[0]
		return func(m *machine, dot any) any {
			v, err := f(argAny(a(m, dot)))
			must(err)
			return v
		}
	case func(any, any) any:
		a, b := in[0], in[1]
		return func(m *machine, dot any) any { return orNull(f(argAny(a(m, dot)), argAny(b(m, dot)))) }
	case func(any, any) bool:
		a, b := in[0], in[1]
		return func(m *machine, dot any) any { return f(argAny(a(m, dot)), argAny(b(m, dot))) }
	case func(int, any) any:
		a, b := in[0], in[1]
		return func(m *machine, dot any) any { return orNull(f(arg[int](a(m, dot)), argAny(b(m, dot)))) }
	case func(string, any) string:
		a, b := in[0], in[1]
		return func(m *machine, dot any) any { return f(arg[string](a(m, dot)), argAny(b(m, dot))) }
	case func(string, any) []string:
		a, b := in[0], in[1]
		return func(m *machine, dot any) any { return f(arg[string](a(m, dot)), argAny(b(m, dot))) }
	case func(string, any) []any:
		a, b := in[0], in[1]
		return func(m *machine, dot any) any { return f(arg[string](a(m, dot)), argAny(b(m, dot))) }
	case func(string, any) []Group:
		a, b := in[0], in[1]
		return func(m *machine, dot any) any { return f(arg[string](a(m, dot)), argAny(b(m, dot))) }
	case func(string, string, any) string:
		a, b, c := in[0], in[1], in[2]
		return func(m *machine, dot any) any {
			return f(arg[string](a(m, dot)), arg[string](b(m, dot)), argAny(c(m, dot)))
		}
	case func(any, string, string) string:
		a, b, c := in[0], in[1], in[2]
		return func(m *machine, dot any) any {
			return f(argAny(a(m, dot)), arg[string](b(m, dot)), arg[string](c(m, dot)))
		}
	case func(string, any, any) []any:
		a, b, c := in[0], in[1], in[2]
		return func(m *machine, dot any) any {
			return f(arg[string](a(m, dot)), argAny(b(m, dot)), argAny(c(m, dot)))
		}
	case func(...any) []any:
		return func(m *machine, dot any) any { return f(evaluated(m, dot, in)...) }
	case func(...any) string:
		return func(m *machine, dot any) any { return f(evaluated(m, dot, in)...) }
	case func(string, ...any) string:
		return func(m *machine, dot any) any {
			v := arg[string](in[0](m, dot))
			return f(v, evaluated(m, dot, in[1:])...)
		}
	case func(any, ...any) []any:
		return func(m *machine, dot any) any {
			v := argAny(in[0](m, dot))
			return f(v, evaluated(m, dot, in[1:])...)
		}
	case func(...any) (map[string]any, error):
		return func(m *machine, dot any) any {
			v, err := f(evaluated(m, dot, in)...)
			must(err)
			return v
		}
	}
	f := reflected(reflect.ValueOf(fn), typ)
	if f == nil {
		refuse(fmt.Sprintf("a function of type %s", typ))
	}
	return func(m *machine, dot any) any {
		vals := make([]any, len(in))
		for i, e := range in {
			vals[i] = e(m, dot)
		}
		return f(vals)
	}
}

// evaluated returns the arguments for parameters of any type. The function may
// keep them.
func evaluated(m *machine, dot any, in []expr) []any {
	if len(in) == 0 {
		return nil
	}
	vals := make([]any, len(in))
	for i, e := range in {
		vals[i] = argAny(e(m, dot))
	}
	return vals
}

// reflected returns how a function is called through reflection, nil when it
// takes or gives a reflect.Value or has results that templates do not allow.
func reflected(fn reflect.Value, typ reflect.Type) func([]any) any {
	errorType := reflect.TypeFor[error]()
	if n := typ.NumOut(); n == 0 || n > 2 || n == 2 && typ.Out(1) != errorType || typ.Out(0) == reflectValueType || typ.Out(0) == errorType {
		return nil
	}
	params := make([]reflect.Type, typ.NumIn())
	for i := range params {
		params[i] = typ.In(i)
		if typ.IsVariadic() && i == len(params)-1 {
			params[i] = params[i].Elem()
		}
		if params[i] == reflectValueType {
			return nil
		}
	}
	return func(vals []any) any {
		if !typ.IsVariadic() && len(vals) != len(params) || len(vals) < len(params)-1 {
			giveUp()
		}
		in := make([]reflect.Value, len(vals))
		for i, v := range vals {
			in[i] = argOf(v, params[min(i, len(params)-1)])
		}
		out := fn.Call(in)
		if len(out) == 2 && !out[1].IsNil() {
			giveUp()
		}
		return held(out[0])
	}
}

func argOf(v any, typ reflect.Type) reflect.Value {
	if _, ok := v.(null); ok && typ.Kind() == reflect.Interface && typ.NumMethod() == 0 {
		v = nil
	}
	if v == nil {
		switch typ.Kind() {
		case reflect.Chan, reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice:
			return reflect.Zero(typ)
		}
		giveUp()
	}
	rv := reflect.ValueOf(v)
	if !rv.Type().AssignableTo(typ) {
		giveUp()
	}
	return rv
}

// builtin compiles a call of a function of text/template.
func (c *compiler) builtin(name string, args []parse.Node, final expr) expr {
	switch name {
	case "print":
		return c.call(fmt.Sprint, args, final)
	case "printf":
		return c.call(fmt.Sprintf, args, final)
	case "println":
		return c.call(fmt.Sprintln, args, final)
	case "html":
		return c.call(template.HTMLEscaper, args, final)
	case "js":
		return c.call(template.JSEscaper, args, final)
	case "urlquery":
		return c.call(template.URLQueryEscaper, args, final)
	}
	in := make([]expr, 0, len(args)+1)
	for _, a := range args {
		in = append(in, c.arg(a, anyType))
	}
	if final != nil {
		in = append(in, final)
	}
	least, most := 1, len(in)
	switch name {
	case "not", "len":
		most = 1
	case "ne", "lt", "le", "gt", "ge":
		least, most = 2, 2
	case "eq":
		least = 2 // with one argument it is an error
	case "and", "or", "index", "slice", "call":
	default:
		refuse("the function " + name)
	}
	if len(in) < least || len(in) > most {
		return unknown
	}
	a := in[0]
	switch name {
	case "and", "or":
		is := name == "or"
		last := in[len(in)-1]
		before := in[:len(in)-1]
		if final != nil { // what comes through the pipeline was worked out before
			return func(m *machine, dot any) any {
				v := last(m, dot)
				for _, e := range before {
					if v := e(m, dot); truth(v) == is {
						return v
					}
				}
				return v
			}
		}
		return func(m *machine, dot any) any {
			for _, e := range before {
				if v := e(m, dot); truth(v) == is {
					return v
				}
			}
			return last(m, dot)
		}
	case "not":
		return func(m *machine, dot any) any { return !truth(a(m, dot)) }
	case "len":
		return func(m *machine, dot any) any { return length(a(m, dot)) }
	case "index":
		if len(in) == 2 {
			b := in[1]
			return func(m *machine, dot any) any {
				v := a(m, dot)
				return indexed(v, b(m, dot))
			}
		}
		return func(m *machine, dot any) any {
			v := a(m, dot)
			if argAny(v) == nil {
				giveUp()
			}
			for _, e := range in[1:] {
				v = indexed(v, e(m, dot))
			}
			return v
		}
	case "slice":
		return func(m *machine, dot any) any {
			v := a(m, dot)
			return sliced(v, evaluated(m, dot, in[1:]))
		}
	case "call":
		return func(m *machine, dot any) any {
			fn := reflect.ValueOf(argAny(a(m, dot)))
			if fn.Kind() != reflect.Func {
				giveUp()
			}
			f := reflected(fn, fn.Type())
			if f == nil {
				giveUp()
			}
			return f(evaluated(m, dot, in[1:]))
		}
	}
	b := in[1]
	switch name {
	case "ne":
		return func(m *machine, dot any) any { return !equal(a(m, dot), b(m, dot)) }
	case "lt":
		return func(m *machine, dot any) any { return less(a(m, dot), b(m, dot)) }
	case "ge":
		return func(m *machine, dot any) any { return !less(a(m, dot), b(m, dot)) }
	case "le":
		return func(m *machine, dot any) any { v, w := a(m, dot), b(m, dot); return less(v, w) || equal(v, w) }
	case "gt":
		return func(m *machine, dot any) any { v, w := a(m, dot), b(m, dot); return !(less(v, w) || equal(v, w)) }
	}
	// eq: all arguments are there before any is compared
	if len(in) == 2 {
		return func(m *machine, dot any) any { return equal(a(m, dot), b(m, dot)) }
	}
	return func(m *machine, dot any) any {
		v := a(m, dot)
		for _, w := range evaluated(m, dot, in[1:]) {
			if equal(v, w) {
				return true
			}
		}
		return false
	}
}

// methodOf returns how a method of T is called, and with one argument, nil if T
// has no such method. Methods of the shapes that layouts' data have are called
// directly.
func methodOf[T any](name string) (func(T, []any) any, func(T, any) any) {
	meth, ok := reflect.TypeFor[T]().MethodByName(name)
	if !ok {
		return nil, nil
	}
	fn := meth.Func.Interface()
	if f := getter[T](fn); f != nil {
		return func(r T, args []any) any {
			if len(args) > 0 {
				giveUp()
			}
			return f(r)
		}, nil
	}
	if f := asker[T](fn); f != nil {
		return func(r T, args []any) any {
			if len(args) != 1 {
				giveUp()
			}
			return f(r, args[0])
		}, f
	}
	if f, ok := fn.(func(T, string, any) string); ok {
		return func(r T, args []any) any {
			if len(args) != 2 {
				giveUp()
			}
			return f(r, arg[string](args[0]), argAny(args[1]))
		}, nil
	}
	f := reflected(meth.Func, meth.Type)
	return func(r T, args []any) any {
		if f == nil {
			giveUp()
		}
		return f(append([]any{r}, args...))
	}, nil
}

// getter returns the call of a method without arguments.
func getter[T any](fn any) func(T) any {
	switch f := fn.(type) {
	case func(T) string:
		return func(r T) any { return f(r) }
	case func(T) template.HTML:
		return func(r T) any { return f(r) }
	case func(T) bool:
		return func(r T) any { return f(r) }
	case func(T) int:
		return func(r T) any { return f(r) }
	case func(T) *book.Card:
		return func(r T) any { return f(r) }
	case func(T) []*book.Card:
		return func(r T) any { return f(r) }
	case func(T) map[string]any:
		return func(r T) any { return f(r) }
	case func(T) map[string][]*book.Card:
		return func(r T) any { return f(r) }
	case func(T) *book.Site:
		return func(r T) any { return f(r) }
	case func(T) *book.KindInfo:
		return func(r T) any { return f(r) }
	case func(T) []*book.KindInfo:
		return func(r T) any { return f(r) }
	case func(T) []book.FieldValue:
		return func(r T) any { return f(r) }
	case func(T) []book.RelationGroup:
		return func(r T) any { return f(r) }
	case func(T) []book.Backlink:
		return func(r T) any { return f(r) }
	case func(T) []book.Heading:
		return func(r T) any { return f(r) }
	case func(T) []book.TagLink:
		return func(r T) any { return f(r) }
	case func(T) []book.NavItem:
		return func(r T) any { return f(r) }
	case func(T) *book.Uses:
		return func(r T) any { return f(r) }
	case func(T) []book.OutlinePart:
		return func(r T) any { return f(r) }
	case func(T) []TermCard:
		return func(r T) any { return f(r) }
	}
	return nil
}

// asker returns the call of a method with one argument.
func asker[T any](fn any) func(T, any) any {
	switch f := fn.(type) {
	case func(T, any) string:
		return func(r T, v any) any { return f(r, argAny(v)) }
	case func(T, string) string:
		return func(r T, v any) any { return f(r, arg[string](v)) }
	case func(T, string) template.HTML:
		return func(r T, v any) any { return f(r, arg[string](v)) }
	case func(T, string) []*book.Card:
		return func(r T, v any) any { return f(r, arg[string](v)) }
	case func(T, string) *book.KindInfo:
		return func(r T, v any) any { return f(r, arg[string](v)) }
	case func(T, *book.Card) template.HTML:
		return func(r T, v any) any { return f(r, argPtr[*book.Card](v)) }
	case func(T, *book.Card) []*book.Card:
		return func(r T, v any) any { return f(r, argPtr[*book.Card](v)) }
	case func(T, *book.Card) map[string]any:
		return func(r T, v any) any { return f(r, argPtr[*book.Card](v)) }
	case func(T, *book.Card) map[string][]*book.Card:
		return func(r T, v any) any { return f(r, argPtr[*book.Card](v)) }
	}
	return nil
}
