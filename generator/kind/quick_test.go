package kind

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"playbook/generator/source"
)

// anySchema draws a schema of the keywords that quick knows, and now and then one
// that it does not.
func anySchema(t *rapid.T, depth int) any {
	s := map[string]any{}
	has := func(keyword string) bool { return rapid.IntRange(0, 3).Draw(t, keyword) == 0 }
	if has("type") {
		types := rapid.SliceOfNDistinct(rapid.SampledFrom(jsonTypes[:]), 1, 3, rapid.ID[string]).Draw(t, "types")
		list := make([]any, len(types))
		for i, x := range types {
			list[i] = x
		}
		s["type"] = list
	}
	if has("enum") {
		list := []any{}
		for range rapid.IntRange(1, 3).Draw(t, "values") {
			list = append(list, anyValue(t, 1))
		}
		s["enum"] = slices.CompactFunc(list, reflect.DeepEqual)
	}
	if has("const") {
		s["const"] = anyValue(t, 1)
	}
	if has("format") {
		s["format"] = rapid.SampledFrom(formats[:]).Draw(t, "format")
	}
	if has("pattern") {
		s["pattern"] = rapid.SampledFrom([]string{"^a", "b$", "^[0-9]+$", "."}).Draw(t, "pattern")
	}
	for _, k := range []string{"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"} {
		if has(k) {
			s[k] = int64(rapid.IntRange(0, 3).Draw(t, k))
		}
	}
	for _, k := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
		if has(k) {
			s[k] = anyNumber(t)
		}
	}
	if has("uniqueItems") {
		s["uniqueItems"] = true
	}
	if has("multipleOf") && has("again") {
		s["multipleOf"] = int64(2)
	}
	if has("$ref") && has("again") {
		s["$ref"] = rapid.SampledFrom([]string{"#", "#/$defs/one"}).Draw(t, "ref")
	}
	if depth == 0 {
		return s
	}
	if has("required") {
		s["required"] = []any{rapid.SampledFrom(someKeys).Draw(t, "required")}
	}
	if has("properties") || depth > 1 {
		props := map[string]any{}
		for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom(someKeys), 1, 3, rapid.ID[string]).Draw(t, "properties") {
			props[k] = anySchema(t, depth-1)
		}
		s["properties"] = props
	}
	if has("additionalProperties") {
		s["additionalProperties"] = anySchema(t, depth-1)
		if has("closed") {
			s["additionalProperties"] = rapid.Bool().Draw(t, "others")
		}
	}
	if has("items") {
		s["items"] = anySchema(t, depth-1)
	}
	for _, k := range []string{"anyOf", "allOf", "oneOf"} {
		if has(k) && (k != "oneOf" || has("again")) {
			list := []any{}
			for range rapid.IntRange(1, 2).Draw(t, k) {
				list = append(list, anySchema(t, depth-1))
			}
			s[k] = list
		}
	}
	for _, k := range []string{"not", "if", "then", "else", "contains", "unevaluatedProperties", "unevaluatedItems"} {
		if has(k) && has("again") && has("and again") {
			s[k] = anySchema(t, depth-1)
		}
	}
	return s
}

var someKeys = []string{"a", "b", "c", "title"}

func anyNumber(t *rapid.T) any {
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		return rapid.Float64Range(-3, 3).Draw(t, "float")
	case 1:
		return rapid.SampledFrom([]float64{0.1, 0.3, 1, 2, -1.5, 1e300, 1 << 53, math.SmallestNonzeroFloat64}).Draw(t, "float")
	case 2:
		return rapid.SampledFrom([]int64{1 << 53, 1<<53 + 1, -1 << 53, math.MaxInt64, math.MinInt64}).Draw(t, "int")
	}
	return rapid.Int64Range(-3, 3).Draw(t, "int")
}

func anyValue(t *rapid.T, depth int) any {
	most := 6
	if depth == 0 {
		most = 4
	}
	switch rapid.IntRange(0, most).Draw(t, "value") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return anyNumber(t)
	case 3, 4:
		return rapid.SampledFrom([]string{"", "a", "ab", "äöü", "12", "2026-03-31", "2026-02-30", "2026-03-31T09:00:00Z", "09:00:00Z", "P3M", "a@example.com", "https://example.com"}).Draw(t, "text")
	case 5:
		out := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "entries") {
			out = append(out, anyValue(t, depth-1))
		}
		return out
	}
	out := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "pairs") {
		out[rapid.SampledFrom(someKeys).Draw(t, "key")] = anyValue(t, depth-1)
	}
	return out
}

// TestQuickIsCertain holds what quick accepts against the validator.
func TestQuickIsCertain(t *testing.T) {
	allowed, refused := 0, 0
	defer func() {
		if allowed < 20 || refused < 20 {
			t.Errorf("quick allowed %d values and the validator refused %d: nothing is compared", allowed, refused)
		}
	}()
	rapid.Check(t, func(t *rapid.T) {
		doc := anySchema(t, 2).(map[string]any)
		doc["$defs"] = map[string]any{"one": anySchema(t, 1)}
		s, err := compile(doc)
		if err != nil {
			t.Skip(err)
		}
		q := quickOf(s)
		for range 8 {
			v := anyValue(t, 2)
			err, quickly := s.Validate(v), q.allows(v)
			if err != nil && quickly {
				t.Fatalf("quick allows %v: %v\nschema: %v", v, err, doc)
			}
			if quickly {
				allowed++
			} else if err != nil {
				refused++
			}
		}
	})
}

func builtin(t testing.TB) *Set {
	t.Helper()
	tree, err := source.FromFS(os.DirFS("../../layouts"), source.Options{Name: "layouts/", KeepUnderscore: true})
	if err != nil {
		t.Fatal(err)
	}
	set, ds := Load(tree)
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	return set
}

// samples are the front matters of the sample site, each as its kind means it.
func samples(t testing.TB, set *Set) map[*Kind][]map[string]any {
	t.Helper()
	out := map[*Kind][]map[string]any{}
	root := "../../content"
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		src, err := os.ReadFile(path)
		_, rest, yaml := strings.Cut("\n"+string(src), "\n---\n")
		head, _, closed := strings.Cut(rest, "\n---\n")
		if err != nil || !yaml || !closed || !strings.HasPrefix(string(src), "---") {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		f := front(t, head)
		k := set.ForPath(filepath.ToSlash(rel))
		if id, ok := f["kind"].(string); ok && set.Get(id) != nil {
			k = set.Get(id)
		}
		out[k] = append(out[k], f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestQuickHits asks that the sample's pages do not need the validator: a path
// that is never taken would go unnoticed.
func TestQuickHits(t *testing.T) {
	set := builtin(t)
	pages, kinds := 0, 0
	for k, fronts := range samples(t, set) {
		kinds++
		for _, f := range fronts {
			if pages++; len(k.Validate(f)) == 0 && !k.quick.allows(k.Normalise(f)) {
				t.Errorf("%s: %v is left to the validator: %v", k.ID, f, k.schema.Validate(k.Normalise(f)))
			}
		}
	}
	if pages < 50 || kinds < 10 {
		t.Errorf("only %d pages of %d kinds", pages, kinds)
	}
}

// TestQuickOfSamples changes the sample's front matters at random.
func TestQuickOfSamples(t *testing.T) {
	set := builtin(t)
	all := samples(t, set)
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(set.All()).Draw(t, "kind")
		f := map[string]any{}
		if list := all[k]; len(list) > 0 {
			f = rapid.SampledFrom(list).Draw(t, "front")
		}
		v := mutated(t, f, 3)
		norm, ok := v.(map[string]any)
		if ok {
			norm = k.Normalise(norm)
			v = norm
		}
		if err := k.schema.Validate(v); err != nil && k.quick.allows(v) {
			t.Fatalf("%s: quick allows %v: %v", k.ID, v, err)
		}
	})
}

// mutated returns v with some values in it replaced, left out, or doubled.
func mutated(t *rapid.T, v any, depth int) any {
	if depth == 0 || rapid.IntRange(0, 15).Draw(t, "replace") == 0 {
		return anyValue(t, 2)
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range sortedKeys(v) {
			switch rapid.IntRange(0, 12).Draw(t, k) {
			case 0:
			case 1:
				out[k+"s"] = v[k]
			case 2:
				out[k] = mutated(t, v[k], depth-1)
			default:
				out[k] = v[k]
			}
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, mutated(t, e, depth-1))
		}
		if len(v) > 0 && rapid.Bool().Draw(t, "double") {
			out = append(out, v[0])
		}
		return out
	}
	return v
}

// TestQuickKnowsAll asks whoever moves to another release of the validator
// whether quick must know of what is new in its schemas.
func TestQuickKnowsAll(t *testing.T) {
	known := strings.Fields(`up resource dynamicAnchors allPropsEvaluated allItemsEvaluated numItemsEvaluated DraftVersion Location Bool ID Ref Anchor RecursiveRef RecursiveAnchor DynamicRef DynamicAnchor
		Types Enum Const Not AllOf AnyOf OneOf If Then Else Format MaxProperties MinProperties Required PropertyNames Properties PatternProperties AdditionalProperties Dependencies DependentRequired
		DependentSchemas UnevaluatedProperties MinItems MaxItems UniqueItems Contains MinContains MaxContains Items AdditionalItems PrefixItems Items2020 UnevaluatedItems MinLength MaxLength Pattern
		ContentEncoding ContentMediaType ContentSchema Maximum Minimum ExclusiveMaximum ExclusiveMinimum MultipleOf Extensions Title Description Default Comment ReadOnly WriteOnly Examples Deprecated`)
	for typ, i := reflect.TypeOf(jsonschema.Schema{}), 0; i < typ.NumField(); i++ {
		if f := typ.Field(i).Name; !slices.Contains(known, f) {
			t.Errorf("schemas have a field %s: does it matter to quick?", f)
		}
	}
}
