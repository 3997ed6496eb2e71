package kind

import "testing"

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		demo(b)
	}
}

// The budget is 20 us for a front matter in which nothing is wrong.
func BenchmarkValidate(b *testing.B) {
	k := demo(b).Get("goal")
	f := front(b, `
title: Grow the mid-market in EMEA
level: team
owner: roles/vp-sales-emea
supports: [goals/corporate/grow, goals/emea/expand]
metric: orders
target: 1200000
actual: 300000
due: 2026-12-31
tags: [emea, growth]
verified_on: 2026-10-01
funnel: {booked: 300000, stages: [{name: first call, count: 12}, {name: offer, count: 4}]}
steps:
  - {what: agree on the definition of a lead, who: roles/ops, due: 2026-10-01, done: true}
  - {what: call the twenty largest, who: roles/rep, due: 2026-11-01, done: false}
  - {what: write the case, who: roles/marketing, due: 2026-12-01, done: false}
`)
	if vs := k.Validate(f); len(vs) > 0 {
		b.Fatal(vs)
	}
	b.Run("quick", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			k.Validate(f)
		}
	})
	slow := *k
	slow.quick = nil
	b.Run("validator", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			slow.Validate(f)
		}
	})
}

func BenchmarkEval(b *testing.B) {
	k, d := goal(b)
	below := []Object{}
	for range 10 {
		below = append(below, &doc{kind: k, vals: map[string]any{"target": 4.0, "actual": 3.0}})
	}
	top := &doc{kind: k, vals: map[string]any{"supported_by": below}}
	for name, of := range map[string]*doc{"own": d, "ten below": top} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.Derived[0].Eval(of, today)
			}
		})
	}
	b.Run("checks", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i := range k.Checks {
				k.Checks[i].Eval(d, today)
			}
		}
	})
}
