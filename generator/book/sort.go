package book

import (
	"cmp"
	"slices"
	"strings"

	"playbook/generator/kind"
)

// enums gives for each field with a fixed list of words their order, so that
// "corporate" sorts before "rep" and not by the alphabet.
func enums(k *kind.Kind) map[string][]string {
	out := map[string][]string{}
	for _, f := range k.Fields {
		if len(f.Enum) > 0 {
			out[f.Name] = f.Enum
		}
	}
	return out
}

// order is how pages of a kind are sorted: by the given fields ("-due" for
// descending); pages without a value come last.
type order struct {
	by    []string
	enums map[string][]string
}

// cards compares pages by their fields, then by id.
func (o order) cards(x, y *page) int {
	return cmp.Or(compareCards(x.card, y.card, o.by, o.enums), cmp.Compare(x.id, y.id))
}

// pages compares pages of a section: a weight goes before the kind's order,
// and where that leaves a tie, names decide.
func (o order) pages(x, y *page) int {
	if c := cmp.Compare(rankWeight(x), rankWeight(y)); c != 0 {
		return c
	}
	return cmp.Or(compareCards(x.card, y.card, o.by, o.enums), inOrder(x, y))
}

// rankWeight puts pages with a weight of their own before the kind's order.
func rankWeight(p *page) float64 {
	if w := p.weight(); w != 0 {
		return w
	}
	return 1e300
}

func compareCards(x, y *Card, by []string, order map[string][]string) int {
	for _, f := range by {
		name, desc := strings.CutPrefix(f, "-")
		a, b := sortKey(x, name), sortKey(y, name)
		if (a == nil) != (b == nil) {
			if a == nil {
				return 1
			}
			return -1
		}
		c := 0
		if words := order[name]; words != nil {
			as, _ := a.(string)
			bs, _ := b.(string)
			c = cmp.Compare(slices.Index(words, as), slices.Index(words, bs))
		} else {
			c = compareValues(a, b)
		}
		if desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func sortKey(c *Card, name string) any {
	switch name {
	case "title":
		return c.Title
	case "date":
		if c.Date != "" {
			return c.Date
		}
	case "weight":
		return c.Weight
	}
	return c.Fields[name]
}

func compareValues(a, b any) int {
	fa, oka := asFloat(a)
	fb, okb := asFloat(b)
	if oka && okb {
		return cmp.Compare(fa, fb)
	}
	return natural(asText(a), asText(b))
}

func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func asText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case *Card:
		return v.Title
	case []*Card:
		if len(v) > 0 {
			return v[0].Title
		}
	case bool:
		if v {
			return "1"
		}
		return "0"
	}
	return ""
}
