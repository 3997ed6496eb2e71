package kind

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// class is what a function asks of an argument. Where a class other than
// anyArg gets nothing, the function is not called: unknown in, unknown out. A
// list that is not there is an empty one.
type class uint8

const (
	anyArg class = iota
	numArg
	textArg
	dateArg
	listArg
	dictArg
)

func (c class) words() string {
	return [...]string{"anything", "a number", "a text", "a date", "a list", "a mapping"}[c]
}

// function is a pure helper of expressions.
type function struct {
	name   string
	args   []class // the last one repeats if more are allowed
	min    int     // arguments needed
	max    int     // arguments allowed, -1 for any number
	result func(args []*typ) *typ
	call   func(args []any) (any, string) // a text says what is wrong; nil for unique, which must ask documents
}

func always(t *typ) func([]*typ) *typ { return func([]*typ) *typ { return t } }

// sameAs is the type of the first argument, elemOf that of its elements.
func sameAs(a []*typ) *typ { return a[0] }

func elemOf(a []*typ) *typ {
	if a[0].k == tList {
		return a[0].elem
	}
	return anyT()
}

// numbers is the type of min and max: of the elements of one list, or of what
// all arguments are.
func extreme(a []*typ) *typ {
	if len(a) == 1 {
		return elemOf(a)
	}
	out := nilT()
	for _, t := range a {
		if t.k == tList {
			t = t.elem
		}
		out = unify(out, t)
	}
	out.vals = nil
	return out
}

// functions is every function an expression may call, besides those that take
// a condition (see predicates).
func functions() []function {
	return []function{
		{"abs", []class{numArg}, 1, 1, sameAs, func(a []any) (any, string) {
			if i, ok := a[0].(int64); ok {
				return max(i, -i), ""
			}
			return math.Abs(a[0].(float64)), ""
		}},
		{"add_days", []class{dateArg, numArg}, 2, 2, always(dateT()), func(a []any) (any, string) {
			d, _ := day(a[0].(string))
			n, _ := number(a[1])
			return dated(d.AddDate(0, 0, clamp(n)))
		}},
		{"add_months", []class{dateArg, numArg}, 2, 2, always(dateT()), func(a []any) (any, string) {
			d, _ := day(a[0].(string))
			n, _ := number(a[1])
			// The 31st of a short month is its last day, not the month after.
			first := time.Date(d.Year(), d.Month()+time.Month(clamp(n)), 1, 0, 0, 0, 0, time.UTC)
			last := first.AddDate(0, 1, -1).Day()
			return dated(first.AddDate(0, 0, min(d.Day(), last)-1))
		}},
		{"ceil", []class{numArg}, 1, 1, always(intT()), whole(math.Ceil)},
		{"coalesce", []class{anyArg}, 1, -1, func(a []*typ) *typ {
			out := nilT()
			for _, t := range a {
				out = unify(out, t)
			}
			return out
		}, func(a []any) (any, string) {
			for _, v := range a {
				if v != nil {
					return v, ""
				}
			}
			return nil, ""
		}},
		{"concat", []class{listArg}, 1, -1, func(a []*typ) *typ {
			out := nilT()
			for _, t := range a {
				out = unify(out, t)
			}
			return out
		}, func(a []any) (any, string) {
			out := []any{}
			for _, l := range a {
				out = append(out, l.([]any)...)
			}
			return out, ""
		}},
		{"days", []class{dateArg, dateArg}, 2, 2, always(intT()), func(a []any) (any, string) {
			d, _ := day(a[0].(string))
			e, _ := day(a[1].(string))
			return int64(e.Sub(d) / (24 * time.Hour)), ""
		}},
		{"evenness", []class{listArg}, 1, 1, always(numT()), func(a []any) (any, string) { return evenness(a[0].([]any)) }},
		{"first", []class{listArg}, 1, 1, elemOf, func(a []any) (any, string) { v, _, _ := memberOf(a[0], int64(0)); return v, "" }},
		{"flatten", []class{listArg}, 1, 1, func(a []*typ) *typ {
			if t := elemOf(a); t.k == tList {
				return t
			}
			return listOf(anyT())
		}, func(a []any) (any, string) {
			out := []any{}
			for _, v := range a[0].([]any) {
				if l, ok := known(v).([]any); ok {
					out = append(out, l...)
				} else if v != nil {
					out = append(out, v)
				}
			}
			return out, ""
		}},
		{"floor", []class{numArg}, 1, 1, always(intT()), whole(math.Floor)},
		{"int", []class{numArg}, 1, 1, always(intT()), whole(math.Trunc)},
		{"join", []class{listArg, textArg}, 1, 2, always(textT()), func(a []any) (any, string) {
			sep := ", "
			if len(a) > 1 {
				sep = a[1].(string)
			}
			var out []string
			for _, v := range a[0].([]any) {
				if v = known(v); v != nil {
					out = append(out, text(v))
				}
			}
			return strings.Join(out, sep), ""
		}},
		{"keys", []class{dictArg}, 1, 1, always(listOf(textT())), func(a []any) (any, string) {
			out := []any{}
			for _, k := range sortedKeys(a[0].(map[string]any)) {
				out = append(out, k)
			}
			return out, ""
		}},
		{"last", []class{listArg}, 1, 1, elemOf, func(a []any) (any, string) { v, _, _ := memberOf(a[0], int64(-1)); return v, "" }},
		{"len", []class{anyArg}, 1, 1, always(intT()), func(a []any) (any, string) {
			switch v := a[0].(type) {
			case nil:
				return int64(0), ""
			case string:
				return int64(len([]rune(v))), ""
			case []any:
				return int64(len(v)), ""
			case map[string]any:
				return int64(len(v)), ""
			}
			return nil, "len counts a list, a mapping or a text, not " + wordOf(a[0])
		}},
		{"lower", []class{textArg}, 1, 1, always(textT()), func(a []any) (any, string) { return strings.ToLower(a[0].(string)), "" }},
		{"max", []class{anyArg}, 1, -1, extreme, func(a []any) (any, string) { return pick("max", a, 1) }},
		{"mean", []class{anyArg}, 1, -1, always(numT()), func(a []any) (any, string) {
			xs, unknown, bad := spread("mean", a)
			if unknown || bad != "" || len(xs) == 0 {
				return nil, bad
			}
			return finite(total(xs) / float64(len(xs))), ""
		}},
		{"median", []class{anyArg}, 1, -1, always(numT()), func(a []any) (any, string) {
			xs, unknown, bad := spread("median", a)
			if unknown || bad != "" || len(xs) == 0 {
				return nil, bad
			}
			fs := make([]float64, len(xs))
			for i := range xs {
				fs[i], _ = number(xs[i])
			}
			slices.Sort(fs)
			return (fs[(len(fs)-1)/2] + fs[len(fs)/2]) / 2, ""
		}},
		{"min", []class{anyArg}, 1, -1, extreme, func(a []any) (any, string) { return pick("min", a, -1) }},
		{"month", []class{dateArg}, 1, 1, always(textT()), func(a []any) (any, string) { return a[0].(string)[:7], "" }},
		{"number", []class{anyArg}, 1, 1, always(numT()), func(a []any) (any, string) {
			switch v := a[0].(type) {
			case int64, float64:
				return v, ""
			case string:
				if x, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
					return finite(x), ""
				}
			}
			return nil, ""
		}},
		{"period", []class{dateArg, textArg}, 2, 2, always(textT()), func(a []any) (any, string) {
			d, _ := day(a[0].(string))
			return periodOf(d, a[1].(string))
		}},
		{"period_end", []class{textArg}, 1, 1, always(dateT()), onPeriod(func(from, to time.Time, _ string) (any, string) { return dated(to.AddDate(0, 0, -1)) })},
		{"period_next", []class{textArg, numArg}, 1, 2, always(textT()), stepPeriod(1)},
		{"period_prev", []class{textArg, numArg}, 1, 2, always(textT()), stepPeriod(-1)},
		{"period_start", []class{textArg}, 1, 1, always(dateT()), onPeriod(func(from, _ time.Time, _ string) (any, string) { return dated(from) })},
		{"percent", []class{numArg, numArg}, 1, 2, always(textT()), func(a []any) (any, string) {
			x, _ := number(a[0])
			places := 0
			if len(a) > 1 {
				n, _ := number(a[1])
				places = min(max(clamp(n), 0), 6)
			}
			return decimal(x*100, places) + "%", ""
		}},
		{"quarter", []class{dateArg}, 1, 1, always(textT()), func(a []any) (any, string) {
			d, _ := day(a[0].(string))
			return fmt.Sprintf("%04d-Q%d", d.Year(), (int(d.Month())+2)/3), ""
		}},
		{"replace", []class{textArg, textArg, textArg}, 3, 3, always(textT()), func(a []any) (any, string) {
			return strings.ReplaceAll(a[0].(string), a[1].(string), a[2].(string)), ""
		}},
		{"reverse", []class{listArg}, 1, 1, sameAs, func(a []any) (any, string) {
			out := slices.Clone(a[0].([]any))
			slices.Reverse(out)
			return out, ""
		}},
		{"round", []class{numArg, numArg}, 1, 2, func(a []*typ) *typ {
			if len(a) == 1 {
				return intT()
			}
			return numT()
		}, func(a []any) (any, string) {
			if len(a) == 1 {
				return whole(math.Round)(a)
			}
			x, _ := number(a[0])
			n, _ := number(a[1])
			p := math.Pow(10, float64(min(max(clamp(n), -12), 12)))
			return finite(math.Round(x*p) / p), ""
		}},
		{"sort", []class{listArg, textArg}, 1, 2, sameAs, func(a []any) (any, string) {
			keys := a[0].([]any)
			return sorted(keys, keys, a[1:])
		}},
		{"split", []class{textArg, textArg}, 2, 2, always(listOf(textT())), func(a []any) (any, string) {
			return known(strings.Split(a[0].(string), a[1].(string))), ""
		}},
		{"take", []class{listArg, numArg}, 2, 2, sameAs, func(a []any) (any, string) {
			l := a[0].([]any)
			n, _ := number(a[1])
			return l[:min(max(clamp(n), 0), len(l))], ""
		}},
		{"text", []class{anyArg}, 1, 1, always(textT()), func(a []any) (any, string) {
			if a[0] == nil {
				return nil, ""
			}
			return text(a[0]), ""
		}},
		{"trim", []class{textArg}, 1, 1, always(textT()), func(a []any) (any, string) { return strings.TrimSpace(a[0].(string)), "" }},
		{"unique", []class{listArg}, 1, 1, sameAs, nil},
		{"upper", []class{textArg}, 1, 1, always(textT()), func(a []any) (any, string) { return strings.ToUpper(a[0].(string)), "" }},
		{"values", []class{dictArg}, 1, 1, always(listOf(anyT())), func(a []any) (any, string) {
			m := a[0].(map[string]any)
			out := []any{}
			for _, k := range sortedKeys(m) {
				out = append(out, known(m[k]))
			}
			return out, ""
		}},
		{"year", []class{dateArg}, 1, 1, always(intT()), func(a []any) (any, string) {
			d, _ := day(a[0].(string))
			return int64(d.Year()), ""
		}},
	}
}

// predicates are the functions that try something for each element of a list:
// {name, needs the second argument}.
func predicates() map[string]bool {
	return map[string]bool{"all": true, "any": true, "none": true, "one": true, "filter": true, "find": true, "map": true, "sortBy": true, "groupBy": true, "count": false, "sum": false}
}

// unique leaves the first of equal elements, and nothing out of nothing.
func unique(list []any) (any, error) {
	out := []any{}
	seen := map[any]bool{}
next:
	for _, e := range list {
		e = known(e)
		key := e
		switch v := e.(type) {
		case nil:
			continue
		case Object:
			id, err := idOf(v)
			if err != nil {
				return nil, err
			}
			key = id
		case int64:
			key = float64(v)
		case string, bool, float64:
		default:
			for _, o := range out {
				if eq, err := equal(o, e); err != nil {
					return nil, err
				} else if eq {
					continue next
				}
			}
			out = append(out, e)
			continue
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, e)
		}
	}
	return out, nil
}

// grouped cuts a list by the keys beside it: {key, items}, by key, what has none
// last.
func grouped(list, keys []any) (out any, wrong string, err error) {
	var firsts, order []any // the keys, each once, and what they sort by
	at := map[any]int{}
	var items [][]any
	for i, k := range keys {
		id := known(k)
		switch v := id.(type) {
		case Object:
			if id, err = idOf(v); err != nil {
				return nil, "", err
			}
		case int64:
			id = float64(v)
		case []any, map[string]any:
			return nil, "groupBy needs a text, a number or a document as key, not " + wordOf(k), nil
		}
		n, ok := at[id]
		if !ok {
			n = len(firsts)
			at[id] = n
			firsts, order, items = append(firsts, known(k)), append(order, id), append(items, nil)
		}
		items[n] = append(items[n], known(list[i]))
	}
	groups := make([]any, len(firsts))
	for i, k := range firsts {
		g := map[string]any{"items": items[i]}
		if k != nil {
			g["key"] = k
		}
		groups[i] = g
	}
	out, wrong = sorted(groups, order, nil)
	return out, wrong, nil
}

// evenness tells how evenly the values of a list are spread over those that
// occur: Pielou's index, the entropy of their shares divided by its greatest
// possible value ("The measurement of diversity in different types of biological
// collections", 1966). 1 is as even as can be, 0 all the same; nothing for an
// empty list.
func evenness(list []any) (any, string) {
	counts := map[string]int{}
	n := 0
	for _, v := range list {
		if v = known(v); v != nil {
			counts[text(v)]++
			n++
		}
	}
	switch {
	case n == 0:
		return nil, ""
	case len(counts) == 1:
		return 0.0, ""
	}
	shares := make([]int, 0, len(counts))
	for _, c := range counts {
		shares = append(shares, c)
	}
	slices.Sort(shares) // the same sum, to the last bit, each time
	h := 0.0
	for _, c := range shares {
		p := float64(c) / float64(n)
		h -= p * math.Log(p)
	}
	return finite(min(h/math.Log(float64(len(counts))), 1)), ""
}

func whole(f func(float64) float64) func(a []any) (any, string) {
	return func(a []any) (any, string) {
		if i, ok := a[0].(int64); ok {
			return i, ""
		}
		x := f(a[0].(float64))
		if math.Abs(x) >= 1<<53 {
			return nil, ""
		}
		return int64(x), ""
	}
}

// clamp keeps counts of days and places in a range in which nothing overflows.
func clamp(x float64) int { return int(min(max(x, -1e6), 1e6)) }

func dated(t time.Time) (any, string) {
	if t.Year() < 0 || t.Year() > 9999 {
		return nil, ""
	}
	return t.Format(time.DateOnly), ""
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// spread lays out the arguments of sum, mean, median. What a list lacks is
// skipped, for it says nothing about the rest; an argument that is lacking
// makes the whole unknown.
func spread(name string, args []any) (xs []any, unknown bool, bad string) {
	for _, a := range args {
		l, ok := a.([]any)
		if !ok {
			if a == nil && len(args) > 1 {
				unknown = true
				continue
			}
			l = []any{a}
		}
		for _, v := range l {
			switch v = known(v); v.(type) {
			case nil:
			case int64, float64:
				xs = append(xs, v)
			default:
				return nil, false, name + " works on numbers, not " + wordOf(v)
			}
		}
	}
	return xs, unknown, ""
}

func total(xs []any) (sum float64) {
	for _, x := range xs {
		f, _ := number(x)
		sum += f
	}
	return sum
}

// sumOf adds up what spread gives; whole numbers stay whole.
func sumOf(args []any) (any, string) {
	xs, unknown, bad := spread("sum", args)
	if unknown || bad != "" {
		return nil, bad
	}
	var out any = int64(0)
	for _, x := range xs {
		if out, _ = arith("+", out, x); out == nil {
			return nil, ""
		}
	}
	return out, ""
}

// pick is min (sign -1) and max (sign 1) of numbers or of texts.
func pick(name string, args []any, sign int) (any, string) {
	var best any
	for _, a := range args {
		l, ok := a.([]any)
		if !ok {
			if a == nil {
				if len(args) > 1 {
					return nil, ""
				}
				continue
			}
			l = []any{a}
		}
		for _, v := range l {
			if v = known(v); v == nil {
				continue
			}
			if best == nil {
				if _, ok := order(v, v); !ok {
					return nil, name + " works on numbers, dates and texts, not " + wordOf(v)
				}
				best = v
				continue
			}
			c, ok := order(v, best)
			if !ok {
				return nil, fmt.Sprintf("%s cannot compare %s with %s", name, wordOf(v), wordOf(best))
			}
			if c*sign > 0 {
				best = v
			} else if _, isFloat := v.(float64); c == 0 && isFloat {
				best = v
			}
		}
	}
	return best, ""
}

// sorted orders list by the keys beside it, stable, what has no key last.
func sorted(list, keys []any, dir []any) (any, string) {
	sign := 1
	if len(dir) > 0 {
		switch dir[0] {
		case "asc":
		case "desc":
			sign = -1
		default:
			return nil, `the order must be "asc" or "desc"`
		}
	}
	idx := make([]int, len(list))
	for i := range idx {
		idx[i] = i
	}
	bad := ""
	slices.SortStableFunc(idx, func(i, j int) int {
		a, b := known(keys[i]), known(keys[j])
		if o, ok := a.(Object); ok {
			a = text(o)
		}
		if o, ok := b.(Object); ok {
			b = text(o)
		}
		switch {
		case a == nil || b == nil:
			return cmp.Compare(b2i(a == nil), b2i(b == nil))
		}
		if x, ok := a.(bool); ok {
			a = int64(b2i(x))
		}
		if x, ok := b.(bool); ok {
			b = int64(b2i(x))
		}
		c, ok := order(a, b)
		if !ok {
			bad = fmt.Sprintf("cannot sort %s beside %s", wordOf(a), wordOf(b))
		}
		return c * sign
	})
	if bad != "" {
		return nil, bad
	}
	out := make([]any, len(list))
	for i, j := range idx {
		out[i] = known(list[j])
	}
	return out, ""
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
