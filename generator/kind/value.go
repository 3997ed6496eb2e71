package kind

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// known brings what an Object gives into the few forms expressions work with:
// nil, bool, int64, float64, string, Object, []any, map[string]any.
func known(v any) any {
	switch v := v.(type) {
	case nil, bool, int64, float64, string, []any, map[string]any:
		return v
	case Object:
		return v
	case []Object:
		out := make([]any, 0, len(v))
		for _, o := range v {
			if o != nil {
				out = append(out, o)
			}
		}
		return out
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = s
		}
		return out
	case []map[string]any:
		out := make([]any, len(v))
		for i, m := range v {
			out[i] = m
		}
		return out
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case uint:
		return int64(v)
	case float32:
		return float64(v)
	}
	return v
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// finite makes of what is no number (0/0, 1/0) what it means: unknown.
func finite(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return x
}

// arith works on two numbers. Whole numbers stay whole under + - * %.
func arith(op string, a, b any) (any, bool) {
	x, ok1 := number(a)
	y, ok2 := number(b)
	if !ok1 || !ok2 {
		return nil, false
	}
	i, int1 := a.(int64)
	j, int2 := b.(int64)
	const safe = 1 << 53
	whole := int1 && int2
	var r float64
	switch op {
	case "+":
		r = x + y
		if whole && math.Abs(r) < safe {
			return i + j, true
		}
	case "-":
		r = x - y
		if whole && math.Abs(r) < safe {
			return i - j, true
		}
	case "*":
		r = x * y
		if whole && math.Abs(r) < safe {
			return i * j, true
		}
	case "/":
		if y == 0 {
			return nil, true
		}
		r = x / y
	case "%":
		if y == 0 {
			return nil, true
		}
		if whole {
			return i % j, true
		}
		r = math.Mod(x, y)
	default:
		r = math.Pow(x, y)
	}
	return finite(r), true
}

// order compares two numbers or two texts (dates are texts that sort rightly).
func order(a, b any) (c int, ok bool) {
	if x, isNum := number(a); isNum {
		y, ok := number(b)
		switch {
		case !ok:
			return 0, false
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	}
	s, ok1 := a.(string)
	t, ok2 := b.(string)
	return strings.Compare(s, t), ok1 && ok2
}

// equal is total: nothing equals only nothing, a document equals itself and its
// id, values of different types differ.
func equal(a, b any) (bool, error) {
	if a == nil || b == nil {
		return a == nil && b == nil, nil
	}
	if o, ok := a.(Object); ok {
		x, err := idOf(o)
		if err != nil {
			return false, err
		}
		a = x
	}
	if o, ok := b.(Object); ok {
		x, err := idOf(o)
		if err != nil {
			return false, err
		}
		b = x
	}
	switch x := a.(type) {
	case bool:
		y, ok := b.(bool)
		return ok && x == y, nil
	case string:
		y, ok := b.(string)
		return ok && x == y, nil
	case int64, float64:
		c, ok := order(a, b)
		return ok && c == 0, nil
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for i := range x {
			if eq, err := equal(known(x[i]), known(y[i])); !eq || err != nil {
				return false, err
			}
		}
		return true, nil
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for k := range x {
			if _, there := y[k]; !there {
				return false, nil
			}
			if eq, err := equal(known(x[k]), known(y[k])); !eq || err != nil {
				return false, err
			}
		}
		return true, nil
	}
	return false, nil
}

func idOf(o Object) (any, error) {
	v, err := o.Get("id")
	return known(v), err
}

// memberOf is a.name or a[key]; nothing has no members, and is no error.
func memberOf(base, key any) (any, string, error) {
	switch b := base.(type) {
	case nil:
		return nil, "", nil
	case Object:
		s, ok := key.(string)
		if !ok {
			return nil, "a document has no entry " + text(key), nil
		}
		v, err := b.Get(s)
		return known(v), "", err
	case map[string]any:
		switch k := key.(type) {
		case string:
			return known(b[k]), "", nil
		case nil:
			return nil, "", nil
		case int64:
			return known(b[strconv.FormatInt(k, 10)]), "", nil
		}
		return nil, "a key must be a text, not " + wordOf(key), nil
	case []any:
		if key == nil {
			return nil, "", nil
		}
		x, ok := number(key)
		if !ok {
			return nil, "this is a list, which has no " + strconv.Quote(text(key)), nil
		}
		i := int(x)
		if i < 0 {
			i += len(b)
		}
		if i < 0 || i >= len(b) {
			return nil, "", nil
		}
		return known(b[i]), "", nil
	}
	return nil, wordOf(base) + " has no " + strconv.Quote(text(key)), nil
}

// text writes a value the way messages show it: numbers with at most two
// decimals, documents by their title, lists with commas.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "–"
	case string:
		return v
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return decimal(v, 2)
	case []any:
		out := make([]string, len(v))
		for i, e := range v {
			out[i] = text(known(e))
		}
		return strings.Join(out, ", ")
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for i, k := range keys {
			keys[i] = k + ": " + text(known(v[k]))
		}
		return strings.Join(keys, ", ")
	case Object:
		for _, n := range [...]string{"title", "id"} {
			if s, err := v.Get(n); err == nil {
				if s, ok := s.(string); ok && s != "" {
					return s
				}
			}
		}
	}
	return "?"
}

func decimal(x float64, places int) string {
	s := strconv.FormatFloat(x, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// day reads a date; a time behind it does not matter.
func day(s string) (time.Time, bool) {
	if len(s) > 10 && (s[10] == 'T' || s[10] == ' ' || s[10] == 't') {
		s = s[:10]
	}
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}
