package kind

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"playbook/generator/diag"
)

const today = "2026-11-23"

// doc is a document of a test: plain values, and its kind's derived values on
// demand.
type doc struct {
	kind *Kind
	vals map[string]any
	busy []string
}

func (d *doc) Get(name string) (any, error) {
	if d.kind != nil {
		for i := range d.kind.Derived {
			if d.kind.Derived[i].Name != name {
				continue
			}
			if slices.Contains(d.busy, name) {
				return nil, &CycleError{Path: []string{fmt.Sprint(d.vals["id"], ".", name)}}
			}
			d.busy = append(d.busy, name)
			defer func() { d.busy = d.busy[:len(d.busy)-1] }()
			return d.kind.Derived[i].Eval(d, today)
		}
	}
	return d.vals[name], nil
}

// exprKinds has a value of each type, and an absent twin of each: x and no_x.
const exprKinds = `
name: Thing
section: things
schema:
  properties:
    num: &num {type: number}
    int: &int {type: integer}
    txt: &txt {type: string}
    day: &day {type: string, format: date}
    yes: &yes {type: boolean}
    enm: &enm {enum: [red, green, blue]}
    lst: &lst {type: array, items: {type: number}}
    wrd: &wrd {type: array, items: {type: string}}
    map: &map {type: object, properties: {a: {type: number}, b: {type: object, properties: {c: {type: string}}}, due: {type: string, format: date}}}
    ref: &ref {x-ref: thing}
    ups: &ups {type: array, items: {x-ref: thing}}
    row: &row {type: array, items: {type: object, properties: {t: {type: string}, n: {type: number}, due: {type: string, format: date}, who: {x-ref: thing}, sub: {type: array, items: {type: number}}}}}
    any: {}
    fre: {type: object}
    no_num: *num
    no_int: *int
    no_txt: *txt
    no_day: *day
    no_yes: *yes
    no_enm: *enm
    no_lst: *lst
    no_map: *map
    no_ref: *ref
    no_ups: *ups
    no_row: *row
    no_any: {}
relations:
  ref: {inverse: back}
  ups: {inverse: downs, acyclic: true}
derived:
  dbl: num * 2
  none_yet: no_num * 2
  colour: 'yes ? "red" : "green"'
`

func thing(t testing.TB, extra string) (*Set, *doc) {
	set := must(t, map[string]string{"thing": exprKinds + extra})
	k := set.Get("thing")
	leaf := &doc{kind: k, vals: map[string]any{"id": "things/leaf", "title": "Leaf", "num": 5.0, "txt": "leaf", "enm": "blue"}}
	leaf2 := &doc{kind: k, vals: map[string]any{"id": "things/leaf2", "title": "Leaf two", "txt": "two"}}
	d := &doc{kind: k, vals: map[string]any{
		"id": "things/top", "title": "Top", "words": 812, "tasks_total": int64(8), "tasks_done": int64(2), "kind": "thing", "tags": []string{"a", "b"},
		"num": 2.5, "int": int64(4), "txt": "Grüße", "day": "2026-11-01", "yes": true, "enm": "red",
		"lst": []any{int64(1), 2.5, nil, int64(4)}, "wrd": []any{"b", "a", "c"},
		"map": map[string]any{"a": 1.5, "b": map[string]any{"c": "deep"}, "due": "2026-12-24"},
		"ref": leaf, "ups": []Object{leaf, leaf2}, "back": []Object{}, "downs": []Object{leaf2},
		"row": []any{
			map[string]any{"t": "one", "n": int64(3), "due": "2026-10-01", "who": leaf, "sub": []any{int64(1), int64(2)}},
			map[string]any{"t": "two", "due": "2026-12-01"},
			map[string]any{"t": "three", "n": 1.5},
		},
		"any": int64(7), "fre": map[string]any{"x": "y", "z": int64(1)},
		"sections": []map[string]any{{"id": "s1", "title": "Step 1", "tasks_total": 3, "tasks_done": 3}},
	}}
	return set, d
}

func eval(t testing.TB, d *doc, set *Set, src string) (any, *typ, error) {
	t.Helper()
	l := relink(set)
	var said []string
	s := l.scope(l.drafts["thing"], nil, 0, nil)
	s.pos = func(off int) diag.Pos { return diag.Pos{File: "expr", Line: 1, Col: off + 1} }
	s.report = func(at, _ diag.Pos, msg, hint string) {
		said = append(said, fmt.Sprintf("%d: %s (%s)", at.Col, msg, hint))
	}
	p := compileExpr(src, s, l.funcs)
	if p == nil {
		t.Fatalf("%s\n\tdoes not compile: %s", src, strings.Join(said, "; "))
	}
	v, err := p.eval(d, today, nil, 0)
	return v, p.typ, err
}

// relink makes the loader's view of a set that is loaded already.
func relink(set *Set) *loader {
	l := &loader{drafts: map[string]*draft{}, funcs: map[string]function{}, ids: set.Names()}
	for _, f := range functions() {
		l.funcs[f.name] = f
	}
	for _, k := range set.All() {
		d := &draft{k: k, derived: map[string]*derivation{}, inverses: map[string]*Inverse{}}
		for _, x := range k.Derived {
			d.derived[x.Name] = &derivation{typ: x.prog.typ, state: 2}
		}
		for i := range k.Inverses {
			d.inverses[k.Inverses[i].Name] = &k.Inverses[i]
		}
		l.drafts[k.ID] = d
	}
	return l
}

func TestExpressions(t *testing.T) {
	set, d := thing(t, "")
	list := func(v ...any) []any { return v }
	for _, c := range []struct {
		src  string
		want any
	}{
		// literals and numbers: whole stays whole, "/" never is
		{`1 + 2 * 3`, int64(7)}, {`7 / 2`, 3.5}, {`6 / 2`, 3.0}, {`7 % 4`, int64(3)}, {`2 ** 3`, 8.0}, {`-int`, int64(-4)}, {`int + num`, 6.5}, {`int * int`, int64(16)},
		{`1_000 + 0x10`, int64(1016)}, {`9007199254740992 * 4`, 36028797018963968.0}, {`5 / 0`, nil}, {`5 % 0`, nil}, {`-num`, -2.5}, {`any + 1`, int64(8)},
		{`txt + "!"`, "Grüße!"}, {`txt == 'Grüße' and len(txt) == 5`, true},
		// comparisons
		{`num > 2`, true}, {`int >= 4.0`, true}, {`1 < num < 3`, true}, {`day < today`, true}, {`txt == "x"`, false}, {`int == 4.0`, true}, {`"a" < "b"`, true},
		{`enm in ["red", "blue"]`, true}, {`enm not in ["red"]`, false}, {`"x" in fre`, true}, {`"a" in wrd`, true}, {`3 in lst`, false}, {`2.5 in lst`, true},
		{`txt contains "üß"`, true}, {`txt startsWith "Gr"`, true}, {`txt endsWith "x"`, false}, {`txt matches "^G.*e$"`, true}, {`lst == [1, 2.5, nil, 4]`, true}, {`fre == {x: "y", z: 1}`, true},
		// unknown flows through arithmetic and order ...
		{`no_num + 1`, nil}, {`no_num * no_int`, nil}, {`-no_num`, nil}, {`no_num > 0`, nil}, {`no_day < today`, nil}, {`no_txt + "x"`, nil}, {`no_txt contains "x"`, nil}, {`no_txt matches "x"`, nil},
		{`round(no_num)`, nil}, {`days(no_day, today)`, nil}, {`lower(no_txt)`, nil}, {`none_yet`, nil}, {`none_yet + 1`, nil},
		// ... and is no where yes or no is asked
		{`no_num > 0 ? 1 : 2`, int64(2)}, {`not (no_num > 0)`, true}, {`!no_yes`, true}, {`no_yes or yes`, true}, {`no_yes and yes`, false}, {`no_yes ? 1 : 2`, int64(2)}, {`count(row, .n > 1)`, int64(2)}, {`all(row, .n > 1)`, false},
		// equality is never unknown
		{`no_num == nil`, true}, {`num != nil`, true}, {`no_enm == "red"`, false}, {`no_enm != "red"`, true}, {`no_enm in ["red"]`, false}, {`no_ref == nil`, true}, {`no_lst == nil`, true}, {`1 in no_lst`, false},
		{`no_num ?? 3`, int64(3)}, {`num ?? 3`, 2.5}, {`coalesce(no_txt, nil, "x")`, "x"}, {`(no_num ?? 1) + 1`, int64(2)},
		// members: nothing has none
		{`map.a`, 1.5}, {`map.b.c`, "deep"}, {`no_map.b.c`, nil}, {`no_map?.b?.c`, nil}, {`map["a"]`, 1.5}, {`fre.anything`, nil}, {`fre["x"]`, "y"}, {`lst[1]`, 2.5}, {`lst[-1]`, int64(4)}, {`lst[9]`, nil}, {`no_lst[0]`, nil},
		{`ref.num`, 5.0}, {`ref.dbl`, 10.0}, {`no_ref.dbl`, nil}, {`ref.ref.ref.num`, nil}, {`self.num`, 2.5}, {`row[0].who.title`, "Leaf"}, {`row[1].who.title`, nil}, {`lst[1:3]`, list(2.5, nil)}, {`lst[:1]`, list(int64(1))}, {`no_lst[1:]`, nil},
		{`{"red": 1, "green": 2}[enm]`, int64(1)}, {`{"red": 1}[no_enm] ?? 9`, int64(9)}, {`sections[0].tasks_total`, int64(3)},
		// documents
		{`ref == "things/leaf"`, true}, {`ref == ups[0]`, true}, {`ref in ups`, true}, {`"things/leaf2" in ups`, true}, {`ref == ups[1]`, false}, {`len(ups)`, int64(2)}, {`len(back)`, int64(0)}, {`map(ups, .title)`, list("Leaf", "Leaf two")},
		{`map(ups, .num)`, list(5.0, nil)}, {`filter(ups, .enm == "blue")[0].txt`, "leaf"}, {`any(downs, .txt == "two")`, true}, {`find(ups, .txt == "two").title`, "Leaf two"}, {`find(ups, .txt == "x").title`, nil},
		// lists: one that is absent is empty, what lacks in one is skipped
		{`len(no_lst)`, int64(0)}, {`sum(no_lst)`, int64(0)}, {`any(no_row, .n > 1)`, false}, {`all(no_row, .n > 1)`, true}, {`none(no_ups, .yes)`, true}, {`map(no_ups, .num)`, list()}, {`filter(no_row, true)`, list()}, {`first(no_lst)`, nil},
		{`sum(lst)`, 7.5}, {`mean(lst)`, 2.5}, {`min(lst)`, int64(1)}, {`max(lst)`, int64(4)}, {`median(lst)`, 2.5}, {`mean(no_lst)`, nil}, {`max(no_lst)`, nil}, {`mean([])`, nil}, {`sum([1, 2])`, int64(3)}, {`sum(row, .n)`, 4.5}, {`sum(map(row, .n))`, 4.5},
		{`min(num, 1)`, int64(1)}, {`min(no_num, 1)`, nil}, {`min(no_num / 2, 1.0)`, nil}, {`max(1, 2, 3)`, int64(3)}, {`mean(1, 2)`, 1.5}, {`mean(1, no_num)`, nil}, {`min(map(row, .due))`, "2026-10-01"}, {`max("a", "b")`, "b"},
		{`count(lst)`, int64(4)}, {`count(row, .due < today)`, int64(1)}, {`one(row, .due < today)`, true}, {`sort(wrd)`, list("a", "b", "c")}, {`sort(wrd, "desc")`, list("c", "b", "a")}, {`sort(lst, "desc")`, list(int64(4), 2.5, int64(1), nil)},
		{`map(sortBy(row, .n), .t)`, list("three", "one", "two")}, {`map(sortBy(row, .due, "desc"), .t)`, list("two", "one", "three")}, {`reverse([1, 2])`, list(int64(2), int64(1))}, {`take(wrd, 2)`, list("b", "a")}, {`take(wrd, 9) == wrd`, true},
		{`flatten(map(row, .sub))`, list(int64(1), int64(2))}, {`concat(wrd, ["d"], no_lst)`, list("b", "a", "c", "d")}, {`unique(["a", "b", "a"])`, list("a", "b")}, {`unique(map(ups, .ref))`, list()}, {`len(unique(concat(ups, downs)))`, int64(2)}, {`first(wrd) + last(wrd)`, "bc"},
		{`map(wrd, # + "!")`, list("b!", "a!", "c!")}, {`map(wrd, #index)`, list(int64(0), int64(1), int64(2))}, {`filter(lst, # > 1)`, list(2.5, int64(4))}, {`wrd | filter(# != "a") | map(upper(#))`, list("B", "C")},
		{`count(row, any(row, .n == 3))`, int64(3)}, {`map(row, {let x = .n; x == nil ? 0 : x * 2})`, list(int64(6), int64(0), 3.0)}, {`let a = num; let b = a * 2; a + b`, 7.5}, {`keys(fre)`, list("x", "z")}, {`values(fre)`, list("y", int64(1))}, {`keys(no_map)`, list()},
		{`if yes { 1 } else { 2 }`, int64(1)}, {`{a: num, b: no_num}`, map[string]any{"a": 2.5}},
		// numbers and texts
		{`round(2.5)`, int64(3)}, {`round(-2.5)`, int64(-3)}, {`round(2.346, 2)`, 2.35}, {`floor(-1.5)`, int64(-2)}, {`ceil(1.2)`, int64(2)}, {`int(1.9)`, int64(1)}, {`abs(-3)`, int64(3)}, {`abs(-2.5)`, 2.5}, {`number("12.5")`, 12.5}, {`number("x")`, nil},
		{`percent(0.256)`, "26%"}, {`percent(0.256, 1)`, "25.6%"}, {`text(2.50)`, "2.5"}, {`text(1200000)`, "1200000"}, {`text(no_num)`, nil}, {`text(ref)`, "Leaf"}, {`text(wrd)`, "b, a, c"}, {`text(yes)`, "yes"},
		{`join(wrd)`, "b, a, c"}, {`join(wrd, "/")`, "b/a/c"}, {`join(ups, " + ")`, "Leaf + Leaf two"}, {`split("a,b", ",")`, list("a", "b")}, {`upper("ä")`, "Ä"}, {`replace("aXb", "X", "-")`, "a-b"}, {`trim("  a ")`, "a"},
		// dates
		{`days(day, today)`, int64(22)}, {`days(today, day)`, int64(-22)}, {`add_days(day, 30)`, "2026-12-01"}, {`add_months("2026-01-31", 1)`, "2026-02-28"}, {`add_months("2026-11-30", 3)`, "2027-02-28"}, {`add_months("2026-01-15", -1)`, "2025-12-15"},
		// periods
		{`period(day, "quarter")`, "2026-Q4"}, {`period(day, "half")`, "2026-H2"}, {`period("2026-06-30", "half")`, "2026-H1"}, {`period(day, "month")`, "2026-11"}, {`period(day, "year")`, "2026"}, {`period("2027-01-03", "week")`, "2026-W53"}, {`period("2026-01-01", "week")`, "2026-W01"},
		{`period(no_day, "month")`, nil}, {`period_start("2026-Q4")`, "2026-10-01"}, {`period_end("2026-Q4")`, "2026-12-31"}, {`period_end("2024-02")`, "2024-02-29"}, {`period_start("2026-H2")`, "2026-07-01"}, {`period_end("2026")`, "2026-12-31"},
		{`period_start("2026-W53")`, "2026-12-28"}, {`period_end("2026-W01")`, "2026-01-04"}, {`period_start("2026-W54")`, nil}, {`period_start("2026-Q5")`, nil}, {`period_start("2026-00")`, nil}, {`period_start("soon")`, nil}, {`period_start("2026-H3")`, nil}, {`period_start("2026-1")`, nil},
		{`period_next("2026-Q4")`, "2027-Q1"}, {`period_prev("2026-Q1")`, "2025-Q4"}, {`period_next("2026-12")`, "2027-01"}, {`period_prev("2026-H1")`, "2025-H2"}, {`period_next("2026-W53")`, "2027-W01"}, {`period_prev("2026-Q4", 5)`, "2025-Q3"}, {`period_next("2026", 0)`, "2026"}, {`period_next("9998")`, nil}, {`period_next(no_txt)`, nil},
		// groups and spread
		{`map(groupBy(row, .t), .key)`, list("one", "three", "two")}, {`map(groupBy(row, .due), len(.items))`, list(int64(1), int64(1), int64(1))}, {`map(groupBy(row, .due), .key)`, list("2026-10-01", "2026-12-01", nil)}, {`groupBy(no_row, .t)`, list()},
		{`groupBy([1, 2.0, 1.0, 2], #)`, list(map[string]any{"key": int64(1), "items": list(int64(1), 1.0)}, map[string]any{"key": 2.0, "items": list(2.0, int64(2))})}, {`first(groupBy(ups, .kind)).items[0] == ups[0]`, true}, {`len(groupBy(ups, #))`, int64(2)},
		{`evenness(["a", "b"])`, 1.0}, {`evenness(["a", "a"])`, 0.0}, {`evenness([])`, nil}, {`round(evenness(["a", "a", "a", "b"]), 3)`, 0.811}, {`evenness([1, nil, 2])`, 1.0},
		// other documents, of which a test has none
		{`documents("thing")`, list()}, {`outline`, nil},
		{`quarter(day)`, "2026-Q4"}, {`year(day)`, int64(2026)}, {`month(day)`, "2026-11"}, {`quarter("2026-03-31T10:00:00Z")`, "2026-Q1"}, {`days("not a day", today)`, nil}, {`add_days("9999-12-31", 1)`, nil},
	} {
		got, _, err := eval(t, d, set, c.src)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		if !reflect.DeepEqual(plainly(got), plainly(c.want)) {
			t.Errorf("%s\n\tgives %#v\n\twant  %#v", c.src, got, c.want)
		}
	}
}

// plainly lets lists without elements be equal.
func plainly(v any) any {
	if l, ok := v.([]any); ok && len(l) == 0 {
		return []any(nil)
	}
	return v
}

func TestTypes(t *testing.T) {
	set, d := thing(t, "")
	for src, want := range map[string]string{
		`1`: "whole number", `num`: "number", `int`: "whole number", `int + 1`: "whole number", `int / 2`: "number", `yes ? 1 : 2.5`: "number", `yes ? 1 : nil`: "whole number", `no_num ?? 0`: "number",
		`day`: "date", `today`: "date", `txt`: "text", `enm`: "choice", `yes ? "a" : "b"`: "choice", `txt + "x"`: "text", `num > 1`: "yes or no", `lst`: "list of number", `ups`: "list of thing", `ref`: "thing", `row`: "list of mappings",
		`map(ups, .num)`: "list of number", `map(row, .due)`: "list of date", `first(sort(map(row, .due)))`: "date", `sum(map(row, .n))`: "number", `filter(row, true)`: "list of mappings", `max(int, 2)`: "whole number", `min(int, 2.0)`: "number",
		`len(ups)`: "whole number", `downs`: "list of thing", `ref.ups`: "list of thing", `ref.dbl`: "number", `any`: "anything", `map`: "mapping", `map.a`: "number", `yes ? 1 : "x"`: "anything", `[1, "a"]`: "list", `ref.colour`: "choice",
	} {
		if _, typ, _ := eval(t, d, set, src); typ.words() != want {
			t.Errorf("%s is a %q, want %q", src, typ.words(), want)
		}
	}
}

// A value that the schema left open can turn out wrong; that is an error with
// the place in kind.yaml, and no panic.
func TestEvalErrors(t *testing.T) {
	set, d := thing(t, "")
	for src, want := range map[string]string{
		`any.x.y + 1`: "", `fre.x * 2`: `1:7: "*" needs numbers, not text and a number`, `fre.x > 1`: `1:7: cannot compare text with a number`, `fre.x ? 1 : 2`: `1:5: a condition needs yes or no, not text`,
		`round(fre.x)`: `1:1: round needs a number, not text`, `map(fre.x, #)`: `1:1: map goes through a list, not text`, `fre.x.y`: `1:7: text has no "y"`, `sum([fre.x])`: `1:1: sum works on numbers, not text`, `sort([1, fre.x])`: `1:1: cannot sort text beside a number`,
		`sort(wrd, "up")`: `1:1: the order must be "asc" or "desc"`, `-fre.x`: `1:1: a number is needed here, not text`, `"a" in fre.x`: `1:5: "in" looks in a list or a mapping, not in text`, `len(fre.z)`: `1:1: len counts a list, a mapping or a text, not a number`,
		`max([fre.x, 1])`: `1:1: max cannot compare a number with text`,
	} {
		_, _, err := eval(t, d, set, src)
		got := ""
		var ee *EvalError
		if errors.As(err, &ee) {
			got = fmt.Sprintf("%d:%d: %s", ee.At.Line, ee.At.Col, ee.Msg)
		} else if err != nil {
			got = err.Error()
		}
		if want == "" {
			want = `1:5: a number has no "x"`
		}
		if got != want {
			t.Errorf("%s\n\tgives %s\n\twant  %s", src, got, want)
		}
	}
}

func TestMembersOfUnknownShape(t *testing.T) {
	set, d := thing(t, "")
	d.vals["any"] = nil
	if v, _, err := eval(t, d, set, `any.x.y`); v != nil || err != nil {
		t.Errorf("nothing has the member %v, %v", v, err)
	}
}

var errStop = errors.New("stop")

type failing struct{}

func (failing) Get(name string) (any, error) { return nil, errStop }

// What an Object says ends the evaluation and comes out as it went in.
func TestErrorsPassThrough(t *testing.T) {
	set, d := thing(t, "")
	d.vals["ref"], d.vals["ups"] = failing{}, []Object{failing{}}
	for _, src := range []string{`ref.num`, `ref.num > 1`, `any(ups, .yes)`, `sum(map(ups, .num))`, `map(ups, .num)`, `[ref.num]`, `{a: ref.num}`, `ref == "x"`, `"x" in ups`, `let a = ref.num; 1`, `ref.yes ? 1 : 2`, `yes and ref.yes`, `not ref.yes`,
		`sortBy(ups, .num)`, `filter(ups, .yes)`, `count(ups, .yes)`, `find(ups, .yes)`, `lst[ref.num]`, `lst[ref.num:]`, `round(ref.num)`, `ref.num ?? 1`, `no_num ?? ref.num`, `-ref.num`, `ref.txt contains "x"`, `unique(ups)`} {
		if _, _, err := eval(t, d, set, src); err != errStop {
			t.Errorf("%s: the error is %v", src, err)
		}
	}
	cyc := must(t, map[string]string{"thing": exprKinds + "  up: 'sum(map(ups, .up)) + 1'\n"})
	a := &doc{kind: cyc.Get("thing"), vals: map[string]any{"id": "a"}}
	b := &doc{kind: cyc.Get("thing"), vals: map[string]any{"id": "b", "ups": []Object{a}}}
	a.vals["ups"] = []Object{b}
	_, err := a.Get("up")
	var ce *CycleError
	if !errors.As(err, &ce) || ce.Path[0] != "a.up" {
		t.Errorf("a cycle gives %v", err)
	}
}

// The form of a derived value must not change from one document to the next, or
// layouts that compare it break on some pages only.
func TestDerivedFormIsStable(t *testing.T) {
	k := must(t, map[string]string{"thing": exprKinds + "  ratio: 'yes ? 1 : num'\n  whole: 'yes ? 1 : 2'\n  low: 'min(num, 1)'\n"}).Get("thing")
	for _, d := range k.Derived {
		for _, yes := range []bool{true, false} {
			v, err := d.Eval(&doc{vals: map[string]any{"yes": yes, "num": int64(3)}}, today)
			want := map[string]string{"ratio": "float64", "low": "float64", "whole": "int64", "dbl": "float64"}[d.Name]
			if got := fmt.Sprintf("%T", v); want != "" && (err != nil || got != want) {
				t.Errorf("%s with yes=%v is a %s, want %s (%v)", d.Name, yes, got, want, err)
			}
		}
	}
}

func TestEvalConcurrently(t *testing.T) {
	set, d := thing(t, "")
	l := relink(set)
	s := l.scope(l.drafts["thing"], nil, 0, nil)
	s.pos = func(int) diag.Pos { return diag.Pos{} }
	p := compileExpr(`sum(map(row, {let x = .n ?? 0; x * int}))`, s, l.funcs)
	done := make(chan any)
	for range 8 {
		go func() {
			var v any
			for range 200 {
				v, _ = p.eval(&doc{vals: d.vals}, today, nil, 0)
			}
			done <- v
		}()
	}
	for range 8 {
		if v := <-done; v != 18.0 {
			t.Errorf("got %v", v)
		}
	}
}
