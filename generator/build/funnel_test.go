package build_test

import (
	"encoding/json"
	"fmt"
	"html"
	"strconv"
	"strings"
	"testing"

	"playbook/generator/build"
)

// TestFunnel holds what the shipped kind "plan" makes of a funnel to figures that
// were worked out by hand:
//
//	still to book = target - booked, not below 0
//	expected      = pipeline x conversion
//	gap           = target - booked - expected, not below 0
//	orders        = gap / average price, rounded up
//	opportunities = gap / (average price x conversion), rounded up
//	coverage      = pipeline / still to book
//
// "?" is a value that cannot be known, because of the part that the schema refuses; "-"
// one that there is not, because nothing is left to divide by.
func TestFunnel(t *testing.T) {
	cases := []struct{ about, funnel, still, expected, gap, orders, opportunities, coverage string }{
		{"round figures", "target: 1000000, booked: 200000, pipeline: 1200000, conversion: 0.25, average_price: 50000", "800000", "300000", "500000", "10", "40", "1.5"},
		{"nothing booked yet", "target: 1000000, booked: 0, pipeline: 1000000, conversion: 0.5, average_price: 100000", "1000000", "500000", "500000", "5", "10", "1"},
		{"booked left out is 0", "target: 1000000, pipeline: 1000000, conversion: 0.5, average_price: 100000", "1000000", "500000", "500000", "5", "10", "1"},
		{"pipeline left out is 0", "target: 300000, booked: 100000, conversion: 0.5, average_price: 100000", "200000", "0", "200000", "2", "4", "0"},
		{"no gap: just reached", "target: 600000, booked: 100000, pipeline: 1000000, conversion: 0.5, average_price: 50000", "500000", "500000", "0", "0", "0", "2"},
		{"no gap: pipeline is more than enough", "target: 600000, booked: 100000, pipeline: 4000000, conversion: 0.5, average_price: 50000", "500000", "2000000", "0", "0", "0", "8"},
		{"over target already", "target: 500000, booked: 620000, pipeline: 100000, conversion: 0.5, average_price: 50000", "0", "50000", "0", "0", "0", "-"},
		{"target booked to the cent", "target: 500000, booked: 500000, pipeline: 0, conversion: 0.5, average_price: 50000", "0", "0", "0", "0", "0", "-"},
		{"orders rounded up: 3.1 become 4", "target: 155000, conversion: 0.5, average_price: 50000", "155000", "0", "155000", "4", "7", "0"},
		{"orders rounded up: 1 euro missing is one order", "target: 1, conversion: 0.5, average_price: 50000", "1", "0", "1", "1", "1", "0"},
		{"a whole number stays: 3 orders", "target: 150000, conversion: 0.5, average_price: 50000", "150000", "0", "150000", "3", "6", "0"},
		{"opportunities rounded up: 33.3 become 34", "target: 500000, conversion: 0.3, average_price: 50000", "500000", "0", "500000", "10", "34", "0"},
		// 0.1 + 0.2 is no whole number of tenths for a computer: 210000 / (0.7 x 100000) must be 3, not 4.
		{"no order too many by binary fractions", "target: 210000, conversion: 0.7, average_price: 100000", "210000", "0", "210000", "3", "3", "0"},
		{"no opportunity too many by binary fractions", "target: 330000, conversion: 0.11, average_price: 100000", "330000", "0", "330000", "4", "30", "0"},
		{"all opportunities close", "target: 300000, booked: 0, pipeline: 100000, conversion: 1, average_price: 100000", "300000", "100000", "200000", "2", "2", "0.3333333333333333"},
		{"one in a thousand closes", "target: 1000, pipeline: 100000, conversion: 0.001, average_price: 100", "1000", "100", "900", "9", "9000", "100"},
		{"an order larger than the gap", "target: 100000, booked: 90000, conversion: 0.25, average_price: 400000", "10000", "0", "10000", "1", "1", "0"},
		{"prices below one", "target: 10, conversion: 0.5, average_price: 0.25", "10", "0", "10", "40", "80", "0"},
		{"cents", "target: 100.50, booked: 0.25, conversion: 0.5, average_price: 0.25", "100.25", "0", "100.25", "401", "802", "0"},
		{"another currency has the same arithmetic", "target: 9000000, booked: 1000000, pipeline: 10000000, conversion: 0.3, average_price: 500000", "8000000", "3000000", "5000000", "10", "34", "1.25"},
		{"yen, without decimals", "target: 120000000, pipeline: 150000000, conversion: 0.2, average_price: 9000000", "120000000", "30000000", "90000000", "10", "50", "1.25"},
		{"thousands of millions", "target: 90000000000, pipeline: 100000000000, conversion: 0.4, average_price: 2000000", "90000000000", "40000000000", "50000000000", "25000", "62500", "1.1111111111111112"},
		{"the plan of the sample", "target: 1900000, booked: 240000, pipeline: 3900000, conversion: 0.29, average_price: 95000", "1660000", "1131000", "529000", "6", "20", "2.3493975903614457"},
		{"conversion 0 is refused", "target: 100000, conversion: 0, average_price: 50000", "100000", "?", "?", "?", "?", "0"},
		{"conversion of a hundred is meant as one", "target: 100000, conversion: 25, average_price: 50000", "100000", "?", "?", "?", "?", "0"},
		{"price 0 is refused", "target: 100000, conversion: 0.5, average_price: 0", "100000", "0", "100000", "?", "?", "0"},
		{"target 0 is refused", "target: 0, conversion: 0.5, average_price: 50000", "?", "0", "?", "?", "?", "?"},
		{"a negative booking is refused, and none is known", "target: 100000, booked: -5, conversion: 0.5, average_price: 50000", "100000", "0", "100000", "2", "4", "0"},
		{"words are no numbers", "target: many, conversion: 0.5, average_price: 50000", "?", "0", "?", "?", "?", "?"},
	}
	if len(cases) < 25 {
		t.Errorf("only %d cases", len(cases))
	}
	files := map[string]string{
		"content/index.md":             "# Home\n",
		"layouts/kinds/plan/page.html": `{{define "main"}}{{$d := .Derived}}FIGURES{{json (dict "still" (index $d "still_to_book") "expected" (index $d "expected") "gap" (index $d "gap") "orders" (index $d "deals_needed") "opportunities" (index $d "opportunities_needed") "coverage" (index $d "coverage"))}}END{{end}}`,
	}
	for i, c := range cases {
		files[fmt.Sprintf("content/plans/p%02d.md", i)] = "---\ntitle: " + strconv.Quote(c.about) + "\ntype: strategic\nstatus: draft\nowner: nobody\nfunnel: {" + c.funnel + "}\n---\nText.\n"
	}
	sink := build.NewMemory(nil)
	dir := t.TempDir()
	write(t, dir, files)
	if _, err := build.Run(t.Context(), options(dir, true, "2026-11-23", false, sink)); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		f := sink.File(fmt.Sprintf("plans/p%02d/index.html", i))
		if f == nil {
			t.Errorf("%s: the page is missing", c.about)
			continue
		}
		_, rest, _ := strings.Cut(string(f.Data), "FIGURES")
		text, _, _ := strings.Cut(rest, "END")
		var got map[string]any
		if err := json.Unmarshal([]byte(html.UnescapeString(text)), &got); err != nil {
			t.Errorf("%s: %v in %q", c.about, err, text)
			continue
		}
		for name, want := range map[string]string{"still": c.still, "expected": c.expected, "gap": c.gap, "orders": c.orders, "opportunities": c.opportunities, "coverage": c.coverage} {
			var number *float64
			if x, ok := got[name].(float64); ok {
				number = &x
			}
			switch {
			case want == "?" || want == "-":
				if number != nil {
					t.Errorf("%s: %s is %v, and cannot be known", c.about, name, *number)
				}
			case number == nil:
				t.Errorf("%s: %s is unknown, and should be %s", c.about, name, want)
			default:
				var w float64
				if _, err := fmt.Sscan(want, &w); err != nil {
					t.Fatal(err)
				}
				if d := *number - w; d > w*1e-9 || d < -w*1e-9 {
					t.Errorf("%s: %s is %v, and should be %s", c.about, name, *number, want)
				}
			}
		}
	}
}
