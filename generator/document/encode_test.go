package document

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// fill sets every field that v has, in depth, to a value that is not zero and,
// as far as its type allows, not twice the same.
func fill(v reflect.Value, n *int, depth int) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		if x, ok := v.Addr().Interface().(*Value); ok {
			fillValue(x, n, depth)
			return
		}
		for i := range v.NumField() {
			switch f := v.Type().Field(i); {
			case f.IsExported():
				fill(v.Field(i), n, depth)
			case f.Name != "html" && f.Name != "kept":
				panic("no test fills in " + f.Name)
			}
		}
	case reflect.Slice:
		if depth > 3 {
			return
		}
		k := 2
		v.Set(reflect.MakeSlice(v.Type(), k, k))
		for i := range k {
			fill(v.Index(i), n, depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n, depth)
		}
	case reflect.Pointer:
		if depth > 3 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n, depth+1)
	case reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.5)
	default:
		panic(v.Type())
	}
}

// fillValue makes a value of one kind after the other, as far as depth allows.
// A Value keeps what its kind has and nothing else.
func fillValue(v *Value, n *int, depth int) {
	kinds := []ValueKind{List, Dict, String, Float, Int, Bool, Null}
	if depth > 3 {
		kinds = kinds[2:]
	}
	switch kinds[*n%len(kinds)] {
	case List:
		list := make([]Value, 9)
		for i := range list {
			*n++
			fillValue(&list[i], n, depth+1)
		}
		v.setList(list)
	case Dict:
		v.Kind, v.Map = Dict, new(Map)
		fill(reflect.ValueOf(v.Map).Elem(), n, depth+1)
	case String:
		v.Kind, v.Str = String, fmt.Sprint("text ", *n)
	case Float:
		v.setFloat(float64(*n) + 0.5)
	case Int:
		v.setInt(int64(*n))
	case Bool:
		v.setBool(true)
	}
	v.Line, v.Col, v.EndCol = int32(*n), int32(*n+1), int32(*n+2)
}

// TestValueSize holds how much memory a value takes: a page keeps dozens.
func TestValueSize(t *testing.T) {
	if n := reflect.TypeFor[Value]().Size(); n > 56 {
		t.Errorf("a Value has %d bytes", n)
	}
	if n := reflect.TypeFor[Value]().NumField(); n != 8 {
		t.Errorf("a Value has %d fields: see whether fillValue and what is kept on disk know all", n)
	}
}

// TestEncodeAll holds that no field of a Document is forgotten: a new one fails
// here until AppendTo and Decode know it.
func TestEncodeAll(t *testing.T) {
	d, n := &Document{}, 0
	fill(reflect.ValueOf(d).Elem(), &n, 0)
	// What Decode holds to be possible: places in the text, indexes in lists.
	d.Body.html = make([]byte, 1000)
	at := 0
	for i := range d.Body.Holes {
		at += 10
		d.Body.Holes[i].At, d.Body.Holes[i].Arg = at, 1
	}
	for i := range d.Body.Runs {
		r := &d.Body.Runs[i]
		r.From, r.To, r.Section = at+5, at+9, 1
		at += 9
	}
	for i := range d.Headings {
		d.Headings[i].From, d.Headings[i].To = 10, 20+i
	}
	for i := range d.Facts {
		d.Facts[i].Section = 1 - i
	}
	d.Body.Lead = [2]int{3, 7}
	got := again(d)
	if got == nil {
		t.Fatal("it cannot be read")
	}
	if !reflect.DeepEqual(got, d) {
		t.Errorf("it comes back as\n%+v\nand was\n%+v", got, d)
	}
}

// again returns a Document as it comes back, its HTML where a compiled one has it.
func again(d *Document) *Document {
	got := Decode(string(d.AppendTo(nil)))
	if got != nil {
		if string(got.AppendTo(nil)) != string(d.AppendTo(nil)) {
			return nil
		}
		got.Body.html, got.Body.kept = got.Body.HTML(), nil
	}
	return got
}

// samples are Documents of all that the tests of the dialect hold.
func samples(t testing.TB) []*Document {
	c := NewCompiler(Options{})
	out := []*Document{c.Compile("empty.md", "content/empty.md", nil), c.Compile("front.md", "content/front.md", []byte("---\na: {b: [1, 2.5, yes, true, null, {c: []}], d: {}}\n---\n"))}
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no samples: %v", err)
	}
	for _, p := range files {
		src, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c.Compile(p, "content/"+p, src))
	}
	return out
}

func TestEncodeSame(t *testing.T) {
	for _, d := range samples(t) {
		got := again(d)
		if got == nil {
			t.Errorf("%s cannot be read", d.Path)
		} else if !reflect.DeepEqual(got, d) {
			t.Errorf("%s comes back as\n%+v\nand was\n%+v", d.Path, got, d)
		}
	}
}

// FuzzDecode holds that Decode takes any bytes, and that what it makes of them
// is of one piece.
func FuzzDecode(f *testing.F) {
	for i, d := range samples(f) {
		if i%7 == 0 {
			f.Add(d.AppendTo(nil))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d := Decode(string(b))
		if d == nil {
			return
		}
		for _, h := range d.Body.Holes {
			_ = d.Body.HTML()[:h.At]
			switch h.Kind {
			case HoleHref, HoleSrc, HoleText, HoleEmbed:
				_ = d.Refs[h.Arg]
			case HoleID:
				_ = d.Body.IDs[h.Arg]
			}
		}
		for _, r := range d.Body.Runs {
			_ = d.Body.HTML()[r.From:r.To]
		}
		for _, h := range d.Headings {
			_ = d.Body.HTML()[h.From:h.To]
		}
		d.Front.Plain()
		d.Body.html, d.Body.kept = d.Body.HTML(), nil
		if got := again(d); got == nil || !reflect.DeepEqual(d, got) && !hasNaN(d.Front) {
			t.Errorf("it comes back as %+v and was %+v", got, d)
		}
	})
}

func hasNaN(m *Map) bool {
	var in func(v Value) bool
	in = func(v Value) bool {
		for _, e := range v.List() {
			if in(e) {
				return true
			}
		}
		return v.Float() != v.Float() || hasNaN(v.Map)
	}
	if m != nil {
		for _, f := range m.Fields {
			if in(f.Value) {
				return true
			}
		}
	}
	return false
}
