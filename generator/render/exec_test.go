package render

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"playbook/generator/book"
)

type odd struct {
	Name   string
	Any    any
	Err    error
	Next   *odd
	Cards  []*book.Card
	hidden int
	inner
}

type inner struct{ Deep string }

func (odd) Hello() string                  { return "hello <b>" }
func (odd) Add(a, b int) int               { return a + b }
func (odd) Half(f float64) float64         { return f / 2 }
func (odd) Join(s string, v ...any) string { return s + fmt.Sprint(v...) }
func (odd) Fail(s string) (string, error)  { return s, errors.New("failed: " + s) }
func (odd) Fine(s string) (string, error)  { return s, nil }
func (odd) Panic() string                  { panic("oh") }
func (odd) Nothing() any                   { return nil }
func (odd) NilCard() *book.Card            { return nil }
func (odd) Titled(c *book.Card) string {
	if c == nil {
		return "nobody"
	}
	return c.Title
}
func (odd) Bad() (int, int)    { return 1, 2 }
func (o *odd) Pointer() string { return "pointer " + o.Name }
func (odd) Kind(k word) string { return string(k) }

type word string
type named map[string]any

type says string

func (s says) String() string { return "says " + string(s) }

type grudge struct{ s string }

func (g *grudge) Error() string { return "grudge " + g.s }

func values() map[string]any {
	card := &book.Card{ID: "a", Title: "A & <b>", URL: "/~pb~/a/", Count: 3, Weight: 1.5, Tags: []string{"x", "y"}, Fields: map[string]any{"level": "top", "none": nil}}
	str, o := "pointed <to>", &odd{Name: "n", Any: 1, hidden: 2, Next: &odd{Name: "m"}, inner: inner{"deep"}}
	var noStr *string
	var noCard *book.Card
	var noOdd *odd
	var noMap map[string]any
	var noAny []any
	return map[string]any{
		"s": "text", "empty": "", "special": "<i> & \"q\" 'a' + \x00 \xff é", "html": template.HTML("<em>x</em> & y"), "url": template.URL("javascript:x(1)"), "js": template.JS("f()"),
		"css": template.CSS("a:b"), "attr": template.HTMLAttr("x=1"), "zero": 0, "i": 7, "i64": int64(7), "i8": int8(7), "neg": -3, "u": uint(7), "u64": uint64(1 << 63), "f": 7.0, "frac": 2.75, "big": 1e21, "mid": 123456789012345680.0, "negzero": math.Copysign(0, -1), "f32": float32(1.5),
		"yes": true, "no": false, "nil": nil, "card": card, "nocard": noCard, "cards": []*book.Card{card, noCard}, "nocards": []*book.Card(nil), "list": []any{1, "two", nil, 3.5, card, []any{"in"}}, "nolist": noAny, "strings": []string{"b", "a"}, "ints": []int{3, 1, 2},
		"m": map[string]any{"b": 2, "a": "one", "z": nil, "s": map[string]any{"x": 1}}, "nomap": noMap, "mc": map[string][]*book.Card{"k": {card}}, "ms": map[string]string{"k": "v"}, "mi": map[int]string{2: "two", 1: "one"}, "ma": map[any]any{"k": 1}, "mw": map[word]int{"k": 1}, "named": named{"k": nil, "l": 1},
		"odd": *o, "podd": o, "ppodd": &o, "noodd": noOdd, "odds": []odd{*o, {Name: "<2>"}}, "podds": []*odd{o, nil}, "p": &str, "nop": noStr, "says": says("<hm>"), "grudge": &grudge{"<g>"}, "err": errors.New("<err>"), "c": complex(1, 2), "array": [2]int{4, 5}, "bytes": []byte("hi"),
		"fields": []book.FieldValue{{Name: "n", Label: "<L>", Value: card}, {Name: "m"}}, "heads": []book.Heading{{Level: 2, ID: "h", Text: "H&"}}, "fn": func(a int, b ...string) string { return fmt.Sprint(a, b) }, "fnerr": func() (int, error) { return 0, errors.New("no") }, "time": time.Unix(0, 0).UTC(), "dur": time.Duration(3), "word": word("w"),
		"kind": &book.KindInfo{ID: "goal", Columns: []string{"a"}, Labels: map[string]string{"a": "A"}}, "group": []Group{{Key: "k", Items: []any{card}}}, "v": &View{id: ""}, "nov": (*View)(nil), "cv": cardView{&View{}, card}, "nv": navView{&View{}, &book.Nav{Section: card, More: 2, Items: []book.NavItem{{Card: card}}}}, "struct": struct{ A, B int }{1, 2},
	}
}

// texts are templates over values(); each is run with both executors.
var texts = []string{
	// printing
	`{{.}}`, `{{.s}}|{{.special}}|{{.html}}|{{.nil}}|{{.gone}}|{{.p}}|{{.nop}}`, `{{.card.Title}}`, `{{.card.Fields.level}} {{.card.Fields.gone}}`, `{{.card.Gone}}`, `{{.nocard.Title}}`, `{{.nocard}}`, `{{.card}} {{.cards}} {{.card.String}}`, `a{{.nil.x}}b`, `{{.gone.x}}`, `{{.gone.x.y}}`, `{{.m.z.x}}`, `{{.m.a.x}}`, `{{.m.s.x}}`, `{{.m.s.gone.more}}`,
	`{{.odd.Name}}{{.odd.Deep}}{{.odd.Hello}}`, `{{.odd.hidden}}`, `{{.odd.Gone}}`, `{{.odd.Pointer}}`, `{{.podd.Pointer}}`, `{{.ppodd.Pointer}}`, `{{.ppodd.Name}}`, `{{.noodd.Name}}`, `{{.noodd.Hello}}`, `{{.noodd.Gone}}`, `{{.odd.Next.Name}} {{.odd.Next.Next.Name}}`, `{{.odd.Any}} {{.odd.Next.Any.x}}`, `{{.odd.Err}}`, `{{.odd.Err.Error}}`, `{{.odd.inner}}`,
	`{{.says}} {{.grudge}} {{.err}} {{.time}} {{.dur}} {{.c}} {{.array}} {{.bytes}} {{.struct}}`, `{{.time.Year}} {{.dur.Seconds}} {{.time.Format "2006"}}`, `{{.fn}}`, `{{.named.k}} {{.named.l}} {{.named.gone}}`, `{{.named.k.x}}`, `{{.ms.k}}{{.ms.gone}}|`, `{{.mi.k}}`, `{{.ma.k}}`, `{{.mw.k}}`, `{{.mc.k}}{{.mc.gone}}`, `{{.u64}} {{.f32}} {{.big}} {{.mid}} {{.negzero}} {{.frac}} {{.neg}}`, `{{.yes}}{{.no}}`,
	// methods
	`{{.odd.Add 1 2}}`, `{{.odd.Add 1}}`, `{{.odd.Add 1 2 3}}`, `{{.odd.Add 1 .i}}`, `{{.odd.Add 1 .i64}}`, `{{.odd.Add 1.0 2}}`, `{{.odd.Add "1" 2}}`, `{{.odd.Add nil 2}}`, `{{2 | .odd.Add 1}}`, `{{.odd.Half 3}}`, `{{.odd.Half .i}}`, `{{.odd.Half .f}}`, `{{.odd.Join "a" 1 nil .nil .gone 2.5}}`, `{{.odd.Join}}`, `{{.odd.Join .html}}`, `{{.odd.Fail "x"}}`, `{{.odd.Fine "x"}}`, `a{{.odd.Panic}}b`, `{{.odd.Nothing}}|`, `{{.odd.Nothing.x}}`, `{{(.odd.Nothing).x}}`, `{{.odd.NilCard}}`, `{{.odd.NilCard.Title}}`, `{{.odd.Titled .card}}{{.odd.Titled nil}}{{.odd.Titled .nocard}}{{.odd.Titled .gone}}`, `{{.odd.Titled .nil}}`, `{{.odd.Titled .s}}`, `{{.odd.Bad}}`, `{{.odd.Kind "w"}}`, `{{.odd.Kind .s}}`, `{{.odd.Kind .word}}`, `{{.odd.Join .p}}`, `{{.card.Title 1}}`, `{{.m.a 1}}`, `{{1 | .m.a}}`, `{{.s.x}}`, `{{.i.x}}`,
	`{{.v.Relations}}`, `{{.nov.Title}}`, `{{.v.Icon 1}}`, `{{.v.CardHTML nil}}|{{.v.CardHTML .nocard}}|{{.v.CardHTML .gone}}`, `{{.v.CardHTML .nil}}`, `{{.v.BodyOf .s}}`, `{{.v.Title}}|{{.v.Gone}}`, `{{.cv.Card.Title}} {{.cv.Title}}`, `{{.nv.Section.Title}} {{.nv.More}} {{range .nv.Items}}{{.Card.Title}}{{.Section}}{{end}} {{.nv.Nav.More}}`, `{{.v.Archetype 1}}`, `{{.v.KindOf "" | not}}`, `{{.v.TOC}}{{.v.Words}}{{.v.Page.Title}}{{.v.Draft}}`, `{{.v.View}}`, `{{.cv.View.Title}}`, `{{.v.Icon}}`, `{{"x" | .v.KindOf}}`,
	// constants and numbers
	`{{1}} {{1.0}} {{1.5}} {{0x10}} {{'a'}} {{1e3}} {{true}} {{"s"}} {{-2}} {{1_000}}`, `{{nil}}`, `{{1i}}`, `{{18446744073709551615}}`, `{{printf "%T %T %T %T" 1 1.0 'a' 1e3}}`, `{{printf "%d" 18446744073709551615}}`,
	// conditions
	`{{if .s}}1{{end}}{{if .empty}}2{{else}}3{{end}}{{if .nil}}4{{else if .i}}5{{else}}6{{end}}`, `{{with .card}}{{.Title}}{{else}}none{{end}}`, `{{with .nocard}}x{{else}}{{.s}}{{end}}`, `{{with $x := .i}}{{$x}}{{.}}{{else}}{{$x}}{{end}}`, `{{with $x := .zero}}{{$x}}{{else}}{{$x}}!{{end}}`, `{{if .fn}}f{{end}}{{if .struct}}s{{end}}{{if .c}}c{{end}}`, `{{with .gone}}x{{else with .s}}{{.}}{{end}}`, `{{if .nop}}1{{else}}0{{end}}{{if .noodd}}1{{else}}0{{end}}{{if .negzero}}1{{else}}0{{end}}`,
	`{{if and .s .i}}y{{end}}{{and .s .empty .nil}}|{{or .empty .zero .s}}|{{or .nil .gone}}|{{and 1 0 (.odd.Fail "x")}}`, `{{or .s (.odd.Fail "x")}}`, `{{.odd.Fail "x" | and false}}`, `{{.s | and .empty}}|{{.s | and .i}}|{{.s | or .empty}}`, `{{and}}`, `{{not .s}}{{not .nil}}{{not .gone}}{{not}}`, `{{not 1 2}}`, `{{and nil 1}}`,
	// ranges
	`{{range .list}}[{{.}}]{{end}}`, `{{range .list}}{{.x}}{{end}}`, `{{range $i, $x := .list}}{{$i}}={{$x}};{{end}}`, `{{range $x := .list}}{{$x}};{{end}}`, `{{range .nolist}}x{{else}}none{{end}}`, `{{range .nil}}x{{else}}none{{end}}`, `{{range .nocards}}{{else}}e{{end}}`, `{{range .cards}}{{.Title}}{{end}}`, `{{range .cards}}{{with .}}{{.Title}}{{else}}nil{{end}}{{end}}`, `{{range $k, $v := .m}}{{$k}}:{{$v}};{{end}}`, `{{range .m}}{{.}};{{end}}`, `{{range .nomap}}{{else}}e{{end}}`, `{{range $k, $v := .mi}}{{$k}}:{{$v}};{{end}}`, `{{range $k, $v := .mw}}{{$k}}:{{$v}};{{end}}`, `{{range $k, $v := .ms}}{{$k}}:{{$v}};{{end}}`, `{{range $k, $v := .named}}{{$k}}:{{$v}};{{end}}`,
	`{{range 3}}{{.}}{{end}}`, `{{range .i64}}{{.}}{{end}}`, `{{range .u}}{{.}}{{end}}`, `{{range $i := 3}}{{$i}}{{end}}`, `{{range $i, $j := 3}}{{$i}}{{end}}`, `{{range .neg}}x{{else}}e{{end}}`, `{{range 0}}x{{else}}e{{end}}`, `{{range .s}}x{{end}}`, `{{range .f}}x{{end}}`, `{{range .card}}x{{end}}`, `{{range .nocard}}x{{end}}`, `{{range .array}}{{.}}{{end}}`, `{{range .bytes}}{{.}}{{end}}`, `{{range .odds}}{{.Name}}{{.Hello}}{{.Pointer}}{{.}}{{end}}`, `{{range .podds}}{{.Name}}{{end}}`, `{{range .fields}}{{.Label}}{{.Value}}{{with .Value}}{{.Title}}{{end}}{{end}}`, `{{range .fields}}{{.Value.Title}}{{end}}`, `{{range .heads}}{{.Level}}{{.ID}}{{.Text}}{{end}}`, `{{range .group}}{{.Key}}{{.Value}}{{range .Items}}{{.Title}}{{end}}{{end}}`,
	`{{range .ints}}{{if eq . 1}}{{continue}}{{end}}{{.}}{{end}}`, `{{range .ints}}{{if eq . 1}}{{break}}{{end}}{{.}}{{end}}`, `{{range $i, $x := .ints}}{{range $j, $y := $.ints}}{{if lt $y $x}}{{continue}}{{end}}{{if gt $j 1}}{{break}}{{end}}{{$i}}{{$j}}{{$y}} {{end}}{{if $i}}{{break}}{{end}}{{end}}`, `{{range .ints}}{{break}}{{else}}e{{end}}`, `{{range .list}}{{with .}}{{continue}}{{end}}!{{end}}`, `{{range first 2 .strings}}{{.}}{{end}}`, `{{range seq 3}}{{.}}{{end}}`, `{{range seq 300}}{{.}}{{end}}`,
	// variables
	`{{$x := 1}}{{if .s}}{{$x := 2}}{{$x}}{{end}}{{$x}}`, `{{$x := 1}}{{if .s}}{{$x = 2}}{{end}}{{$x}}`, `{{$x := 0}}{{range .ints}}{{$x = add $x .}}{{end}}{{$x}}`, `{{$x := 1}}{{$x := 2}}{{$x = 3}}{{$x}}`, `{{$x := .card}}{{$x.Title}}{{$x.Gone}}`, `{{$x := .nil}}{{$x}}{{$x.y}}|`, `{{$x := 5}}{{range $x = .ints}}{{$x}}{{end}}{{$x}}`, `{{$i := 5}}{{$x := 6}}{{range $i, $x = .ints}}{{$x}}{{end}}{{$i}}{{$x}}`, `{{$x := 5}}{{range $x, $x = .ints}}{{$x}}{{end}}{{$x}}`, `{{range $x, $x := .ints}}{{$x}}{{end}}`, `{{$x := 5}}{{range $x := .nolist}}{{else}}{{$x}}{{end}}{{$x}}`, `{{range $i, $x := .nolist}}{{else}}{{$i}}{{$x}}{{end}}`, `{{$.s}}{{with .card}}{{$.s}}{{end}}`, `{{$ = .card}}{{$.Title}}`, `{{$x := 1}}{{with $x := 2}}{{$x = 3}}{{$x}}{{end}}{{$x}}`, `{{range .ints}}{{$y := .}}{{$y}}{{end}}`, `{{$x := 1}}{{$x 2}}`, `{{$x := 1 | add 2}}{{$x}}`, `{{range $i, $e := .list}}{{$e.x}}{{end}}`,
	// templates
	`{{define "a"}}<{{.}}{{$}}>{{end}}{{template "a" .s}}{{template "a"}}{{template "a" .nil}}`, `{{define "a"}}{{.v}}{{range .l}}{{template "b" .}}{{end}}{{end}}{{define "b"}}({{.}}){{end}}{{template "a" (dict "v" .s "l" .strings)}}`, `{{define "a"}}{{$x := 2}}{{$x}}{{end}}{{$x := 1}}{{template "a"}}{{$x}}`, `{{define "a"}}{{if gt . 0}}{{.}}{{template "a" (sub . 1)}}{{end}}{{end}}{{template "a" 5}}`, `{{template "a" $x := .s}}{{$x}}{{define "a"}}{{.}}{{end}}`, `{{define "a"}}{{.Title}}{{end}}{{template "a" .nocard}}`, `<a title="{{template "a" .special}}">{{template "a" .special}}</a>{{define "a"}}{{.}}!{{end}}`, `<title>{{block "tt" .}}{{.html}}{{template "u" .}}{{end}}</title>{{define "u"}}{{.special}}{{end}}{{template "u" .}}`, `<p class="x{{block "shape" .}}{{end}}">`, `<a href="{{template "u" .s}}">{{define "u"}}/x/{{.}}?q={{.}}{{end}}`, `{{define "r"}}{{if .}}{{.}}{{template "r" (slice . 1)}}{{end}}{{end}}<a title="{{template "r" "abc"}}">`, `{{range .ints}}{{template "a" .}}{{if eq . 1}}{{break}}{{end}}{{end}}{{define "a"}}{{range seq .}}{{if .}}{{break}}{{end}}x{{end}}{{end}}`, `{{template "gone" .}}`, `{{define "e"}}{{.odd.Fail "in"}}{{end}}before{{template "e" .}}`, `{{define "a"}}{{$ = 3}}{{$}}{{end}}{{template "a" 1}}{{$.s}}`,
	`{{define "a"}}{{.x}}<i title="{{template "b" .}}">{{end}}{{define "b"}}{{with .x}}{{$y := .}}{{$y}}{{end}}{{end}}{{$y := 4}}{{template "a" (dict "x" "<q>")}}{{$y}}`,
	// functions and pipelines
	`{{.s | upper | printf "%s-%s" "x"}}`, `{{printf "%v %v" .nil .gone}}`, `{{printf .html}}`, `{{printf 1}}`, `{{printf}}`, `{{print .s .i 1 2 nil}}`, `{{println .s}}`, `{{html .special}}`, `{{.special | html}}`, `{{.special | urlquery}}`, `{{js .special}}`, `{{html .p .nil}}`, `{{len .s}} {{len .list}} {{len .m}} {{len .nomap}} {{len .array}} {{len .p}}`, `{{len .nil}}`, `{{len nil}}`, `{{len .i}}`, `{{len .nop}}`, `{{.list | len}}`, `{{len (first 3 .list)}}`,
	`{{index .list 0}} {{index .list 1}} {{index .list 2}} {{index .list 5 0}}`, `{{index .list 2 0}}`, `{{index .list 6}}`, `{{index .list 7}}`, `{{index .list -1}}`, `{{index .list "a"}}`, `{{index .list nil}}`, `{{index .m "b"}}{{index .m "gone"}}{{index .m "z"}}|{{index .m "s" "x"}}`, `{{index .m "gone" "x"}}`, `{{index .m 1}}`, `{{index .m nil}}`, `{{index .mi 1}} {{index .mi 9}}|{{index .mi .i64}}`, `{{index .mw "k"}}`, `{{index .ma "k"}}`, `{{index .mc "k"}}{{index .mc "gone"}}`, `{{len (index .mc "gone")}}`, `{{range index .mc "k"}}{{.Title}}{{end}}`, `{{index .nil 1}}`, `{{index nil}}`, `{{index .s 0}}`, `{{index .bytes 0}}`, `{{index .array 1}}`, `{{index .cards 0}}`, `{{(index .cards 0).Title}}`, `{{(index .cards 1).Title}}`, `{{(index .m "gone").x}}`, `{{(index .m "s").x}}`, `{{index .nomap "x"}}|`, `{{index .ms "gone"}}|`, `{{index .odds 0}}`, `{{(index .odds 0).Pointer}}`, `{{index .list .u}}`, `{{index .i 0}}`, `{{index .m}}`, `{{index .nop 0}}`, `{{index .p 0}}`, `{{index .named "k"}}|`, `{{1 | index .list}}`, `{{index}}`,
	`{{slice .s 1}} {{slice .s 1 2}} {{slice .list 4}} {{slice .strings}}`, `{{slice .s 9}}`, `{{slice .s 3 2}}`, `{{slice .s 1 2 3}}`, `{{slice .list 0 1 2}}`, `{{slice .list 0 6}}`, `{{slice .ints 1}}`, `{{slice .nil}}`, `{{slice .m 1}}`, `{{slice .array 1}}`, `{{slice .cards 1}}`, `{{slice .list "x"}}`, `{{range slice .list 1 3}}{{.}}{{end}}`, `{{slice .p 1}}`,
	`{{call .fn 1 "a" "b"}}`, `{{call .fn}}`, `{{call .fnerr}}`, `{{call .s}}`, `{{call .nil}}`, `{{call .fn "x"}}`, `{{call .fn .i64}}`, `{{call .fn 1 nil}}`, `{{1 | call .fn}}`,
	`{{first 1 .list}} {{last 1 .ints}}`, `{{first "1" .list}}`, `{{first .i .list}}`, `{{first .i64 .list}}`, `{{first 1.0 .list}}`, `{{first 1.5 .list}}`, `{{first 1}}`, `{{first nil .list}}`, `{{default "d" .nil}}{{default "d" .s}}{{default .nil .nil}}{{default "d" .gone}}`, `{{(default .nil .nil).x}}|`, `{{default}}`, `{{add 1 2}} {{add .i .f}} {{div 1 0}} {{mod 7 4}} {{mul 2 .frac}} {{sub .gone 1}}`, `{{dict "a"}}`, `{{dict 1 2}}`, `{{(dict "a" 1 "b" .nil).b}}|{{(dict "a" 1).a}}`, `{{(dict "b" .nil).b.c}}`, `{{list 1 "a" nil .gone}}`, `{{range list 1 nil .gone}}{{.}};{{end}}`, `{{range append .list 1 nil}}{{.}};{{end}}`, `{{join ", " .list}}`, `{{split "," "a,b"}}`, `{{replace "t" "T" .s}}`, `{{replace .nil "T" .s}}`, `{{replace .gone "T" .s}}`, `{{replace .word "T" .s}}`, `{{plural 1 "a" "b"}}{{plural .list "a" "b"}}`, `{{plural 1 "a" 2}}`, `{{json .m}}`, `{{json .fn}}`, `{{markdown "*a* <b>"}}`, `{{where "x" 1 .list}}`, `{{sortby "x" .list}}`, `{{range groupby "title" .cards}}{{.Key}}{{len .Items}}{{end}}`, `{{has .m "a"}}{{has .list "two"}}{{has .gone 1}}`, `{{float .s}} {{float 3}} {{float 2.5}}`, `{{isCard .card}}{{isCard .nocard}}{{isList .list}}{{isNumber .i}}{{isBool .yes}}{{isDate "2026-01-02"}}{{isDate .nil}}`, `{{date "2 Jan 2006" "2026-01-02"}}{{date "2 Jan" .nil}}`, `{{number 12345.678}} {{percent 0.5}} {{svgnum 1.005}}`, `{{text .card}}{{text .nocard}}{{text .nil}}{{text .odds}}`, `{{upper}}`, `{{upper 1 2}}`, `{{upper nil}}`, `{{title .s | lower | upper}}`, `{{date .s}}`, `{{text (index .list 2)}}|`,
	`{{(1 | add 2)}}`, `{{((.s))}}`, `{{(.card).Title}}`, `{{(.card.Fields).level}}`, `{{(.s) 1}}`, `{{1 | .s}}`, `{{true 1}}`, `{{.s | .card.Title}}`, `{{(.gone).x}}|`, `{{(.nil).x}}|`, `{{(index .list 2).x}}|`, `{{print (.nil)}}`, `{{print .nil .gone (index .list 2)}}`, `{{not (.nil)}}`, `{{$x := (index .list 2)}}{{$x.y}}|`,
	// contexts
	`<a href="{{.s}}">`, `<a href="{{.special}}">`, `<a href="{{.url}}">`, `<a href="{{.html}}">`, `<a href="{{.nil}}">`, `<a href="/x?a={{.special}}&b={{.url}}">`, `<a href="#{{.special}}">`, `<a href={{.special}}>`, `<a href='{{.special}}'>`, `<p title="{{.html}}" id={{.html}} class="{{.special}}">`, `<p id={{.empty}}>`, `<p id={{.special}}>`, `<title>{{.html}}{{.special}}{{.nil}}</title>`, `<textarea>{{.html}}</textarea>`, `<!-- {{.odd.Fail "c"}} -->x`, `<img src="{{.card.URL}}" alt="{{.card.Title}}">`, `<svg><rect width="{{svgnum .frac}}" x="{{.i}}" y="{{.frac}}"/></svg>`, `<meta content="{{.special}}">`, `<script>var x={{.m}}</script>`, `<p style="width:{{.i}}%">`, `<style>a{width:{{.s}}}</style>`, `<p onclick="f({{.s}})">`, `<p {{.s}}="1">`, `<img srcset="{{.s}}">`, `<script>{{.js}}</script>`, `<a href="{{if .s}}/a{{else}}?b{{end}}{{.s}}">`, `<p>{{.s}}`, `<a href="{{.s}}`, `<p title="{{.js}}{{.css}}{{.attr}}{{.p}}{{.says}}{{.err}}">`, `<a data-url="{{.special}}" data-x="{{.special}}">`, `<a href="{{.special | urlquery}}">`, `<a title="{{.special | html}}">`, `<a href="?{{.special | urlquery}}">`, `<a title={{.special | html}}>`, `{{html .s | print}}`, `<a href="mailto:{{.special}}">`, `<a href="{{.p}}{{.says}}">`, `<meta http-equiv="refresh" content="0; url={{.s}}">`,
	`{{/* c */}}{{- .s -}} x`, ``, `plain`, `{{"{{"}}`, `{{define "x"}}{{end}}`, `{{.kind.ID}}{{index .kind.Labels "a"}}{{range .kind.Columns}}{{.}}{{end}}{{.kind.Labels.gone}}|`,
}

var keys = slices.Sorted(maps.Keys(values()))

// same runs a template with both executors and compares what they write and say.
// It tells whether the compiled form did it all.
func same(t *testing.T, x *executor, text string, data any) (wholly bool) {
	t.Helper()
	mk := func() (*template.Template, error) { return template.New("t").Funcs(funcs()).Parse(text) }
	a, err := mk()
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return false
	}
	before := x.gaveUp.Load()
	b, _ := mk()
	var got, want bytes.Buffer
	got.WriteString("before ")
	want.WriteString("before ")
	say := func(f func() error) (s string) {
		defer func() {
			if r := recover(); r != nil {
				s = fmt.Sprint("panic: ", r)
			}
		}()
		if err := f(); err != nil {
			return err.Error()
		}
		return ""
	}
	gotErr := say(func() error { return x.run(&got, text, a, "t", data) })
	wantErr := say(func() error { return b.ExecuteTemplate(&want, "t", data) })
	// functions have an address, and an escaper's context too
	if gotErr != wantErr && !strings.Contains(wantErr, "0x") || got.String() != want.String() && !strings.Contains(want.String(), "0x") {
		t.Errorf("%s over %T:\n got %q %s\nwant %q %s", text, data, got.String(), gotErr, want.String(), wantErr)
	}
	v, _ := x.programs.Load(text)
	return v.(*compiled).prog != nil && x.gaveUp.Load() == before || wantErr != ""
}

// TestSame runs templates over ordinary and odd values with both executors.
func TestSame(t *testing.T) {
	x := &executor{}
	var left []string
	for _, text := range texts {
		if !same(t, x, text, values()) {
			left = append(left, text)
		}
	}
	if len(left) > len(texts)/8 {
		t.Errorf("html/template did %d of %d: %q", len(left), len(texts), left)
	}
	t.Logf("html/template did %d of %d: %q", len(left), len(texts), left)
	if len(texts) < 150 {
		t.Errorf("only %d templates", len(texts))
	}
	for _, text := range []string{`{{.}}`, `{{.x}}`, `{{with .}}{{.}}{{else}}e{{end}}`, `{{range .}}{{.}}{{else}}e{{end}}`, `{{.Title}}`, `{{$.x.y}}`} {
		same(t, x, text, nil)
		same(t, x, text, (*book.Card)(nil))
		for _, k := range keys {
			if k != "u64" || !strings.Contains(text, "range") {
				same(t, x, text, values()[k])
			}
		}
	}
}

// TestSameCompared compares every value with every other, and puts each into
// every context and function.
func TestSameCompared(t *testing.T) {
	x := &executor{}
	data := values()
	delete(data, "v") // these ask questions
	delete(data, "cv")
	delete(data, "nv")
	var one strings.Builder
	for _, k := range keys {
		if data[k] == nil && k != "nil" {
			continue
		}
		for _, text := range []string{`{{.K}}`, `<p title="{{.K}}">`, `<p title={{.K}}>`, `<a href="{{.K}}">`, `<a href="/a?b={{.K}}">`, `<title>{{.K}}</title>`, `<a href={{.K}}>`,
			`{{if .K}}y{{else}}n{{end}}`, `{{len .K}}`, `{{not .K}}`, `{{range .K}}{{.}}{{else}}e{{end}}`, `{{range $k, $v := .K}}{{$k}}{{$v}}{{end}}`, `{{index .K 0}}`, `{{index .K "k"}}`, `{{slice .K 1}}`, `{{print .K}}`, `{{html .K}}`, `{{.K.x}}`, `{{.K.Title}}`, `{{text .K}}`, `{{first 1 .K}}`, `{{upper .K}}`, `{{date .K "2026-01-01"}}`, `{{first .K "x"}}`, `{{call .K}}`, `{{.odd.Join .K}}`, `{{.odd.Add .K 1}}`, `{{.odd.Half .K}}`, `{{.odd.Titled .K}}`, `{{.odd.Kind .K}}`, `{{eq .K nil}}`, `{{eq nil .K}}`, `{{eq .K 7 7.0 "text"}}`, `{{lt .K 8}}`, `{{.K | printf "%v"}}`, `{{.s | .K}}`, `{{(.K).x}}`} {
			if strings.Contains(text, "range") && k == "u64" {
				continue // it would take a while
			}
			same(t, x, strings.ReplaceAll(text, "K", k), data)
		}
		for _, l := range keys {
			fmt.Fprintf(&one, "%s %s\n", k, l)
		}
	}
	for i, pair := range strings.Split(strings.TrimSpace(one.String()), "\n") {
		k, l, _ := strings.Cut(pair, " ")
		op := []string{"eq", "lt", "le", "gt", "ge", "ne"}
		same(t, x, "{{"+op[0]+" ."+k+" ."+l+"}}", data)
		same(t, x, "{{"+op[1+i%5]+" ."+k+" ."+l+"}}", data)
	}
}

// TestEveryMethod calls each method of what layouts have as ".": it is called
// directly or through reflection, and always found.
func TestEveryMethod(t *testing.T) {
	for i := range reflect.TypeFor[*View]().NumMethod() {
		name := reflect.TypeFor[*View]().Method(i).Name
		if f := newField(name); f.view == nil || f.page == nil && name != "Card" || f.nav == nil && name != "Nav" {
			t.Errorf("the method %s is not found", name)
		}
	}
	if f := newField("Nav"); f.nav != nil || f.view == nil {
		t.Error("the field Nav of a navView hides the method")
	}
	for i := range reflect.TypeFor[book.Card]().NumField() {
		if sf := reflect.TypeFor[book.Card]().Field(i); sf.IsExported() && newField(sf.Name).card == nil {
			t.Errorf("the field %s of a card is not found", sf.Name)
		}
	}
	for i := range reflect.TypeFor[*book.Card]().NumMethod() {
		if name := reflect.TypeFor[*book.Card]().Method(i).Name; newField(name).card != nil {
			t.Errorf("the field %s of a card hides the method", name)
		}
	}
}

// TestGivesUp checks that an error costs one execution more, and that nothing
// of the first try stays in the output.
func TestGivesUp(t *testing.T) {
	x := &executor{}
	tmpl := template.Must(template.New("t").Funcs(funcs()).Parse(`a{{.s}}b{{dict 1}}c`))
	var b bytes.Buffer
	err := x.run(&b, "t", tmpl, "t", values())
	if err == nil || b.String() != "atextb" || x.gaveUp.Load() != 1 {
		t.Errorf("%q, %v, gave up %d times", b.String(), err, x.gaveUp.Load())
	}
	if want := `template: t:1:10: executing "t" at <dict 1>: error calling dict: dict needs a value for each key`; err != nil && err.Error() != want {
		t.Errorf("%s\nnot\n%s", err, want)
	}
	b.Reset()
	if err := x.run(&b, "fine", template.Must(template.New("t").Parse(`{{.s}}`)), "t", values()); err != nil || x.gaveUp.Load() != 1 {
		t.Errorf("%v, gave up %d times", err, x.gaveUp.Load())
	}
}

// TestManyAtOnce executes one program from many goroutines.
func TestManyAtOnce(t *testing.T) {
	x := &executor{}
	tmpl := template.Must(template.New("t").Funcs(funcs()).Parse(`{{define "a"}}{{$y := .}}{{range .}}{{.Name}}{{$y | len}}{{end}}{{end}}{{$x := .n}}{{range seq 20}}{{$x = add $x .}}{{template "a" $.odds}}{{end}}{{$x}}{{if .fail}}{{dict 1}}{{end}}`))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 40 {
				var b bytes.Buffer
				err := x.run(&b, "t", tmpl, "t", map[string]any{"n": g * 100, "odds": []odd{{Name: fmt.Sprint(g)}}, "fail": i%10 == 9})
				want := strings.Repeat(fmt.Sprint(g, "1"), 20) // fmt puts no space between text and text
				want = strings.ReplaceAll(want, " ", "") + fmt.Sprint(g*100+190)
				if (err != nil) != (i%10 == 9) || b.String() != want {
					t.Errorf("%q, %v; want %q", b.String(), err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

// contexts are the places that FuzzEscape puts text in.
const contexts = `{{.s}}|<p title="{{.s}}" id={{.s}} class='{{.s}}'><a href="{{.s}}">{{.s}}</a><a href='{{.s}}'></a><a href={{.s}}></a><a href="/x/{{.s}}/{{.s}}?a={{.s}}&b={{.s}}#{{.s}}"></a>` +
	`<title>{{.s}}</title><textarea>{{.s}}</textarea><!-- {{.s}} --><img src="{{.s}}" alt="{{.s}}"><meta content="{{.s}}"><p data-x="{{.s}}" data-url="{{.s}}">{{.s | html}}{{.s | urlquery}}<a title="{{.s | html}}"></a>` +
	`<p title="{{.h}}" id={{.h}}>{{.h}}<a href="{{.h}}?{{.h}}">{{.u}}</a><a href="{{.u}}"></a><a href="?q={{.u}}"></a><a href={{.u}}></a><p title="{{.u}}"></p><svg><path d="{{.s}}"/></svg>`

// FuzzEscape compares the escapers with html/template's on any text.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "plain", "<b>&\"'`+=\x00</b>", "javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "http://a/b?c=d&e=f#g", "mailto:a@b", "/~pb~/x/", "a:b/c", "a/b:c", "%41%zz%4", "é ü \u2028\ufdd0\ufffe\uffff", "\xff\xfe\xc3", "a\tb\nc\fd\re\vf", "</title><script>", "<p title=\"1>2\">I <3 you<!-- c --></p>", "//host/x", "a b,c(d)[e]", "<style>x</style>&amp;", "\U0001F600"} {
		f.Add(s)
	}
	x := &executor{}
	fast, std := template.Must(template.New("t").Parse(contexts)), template.Must(template.New("t").Parse(contexts))
	f.Fuzz(func(t *testing.T, s string) {
		data := map[string]any{"s": s, "h": template.HTML(s), "u": template.URL(s)}
		var got, want bytes.Buffer
		if err := x.run(&got, "t", fast, "t", data); err != nil {
			t.Fatal(err)
		}
		if err := std.Execute(&want, data); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%q:\n got %s\nwant %s", s, got.String(), want.String())
		}
		if x.gaveUp.Load() > 0 {
			t.Errorf("%q: gave up", s)
		}
		v, _ := x.programs.Load("t")
		if why := v.(*compiled).why; why != "" {
			t.Fatal(why)
		}
	})
}
