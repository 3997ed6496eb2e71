package document

import (
	"runtime"
	"strings"
	"testing"
)

// samplePage is prose as a playbook has it: headings, paragraphs with links and
// emphasis, a list, a table, a quote. About 5 kB.
func samplePage() []byte {
	var b strings.Builder
	b.WriteString("# Selling into the mid market\n\nWe sell to companies of 100 to 1,000 people. This page says **who** does what, and [when](../rhythm/index.md).\n\n")
	for _, part := range []string{"Who we sell to", "What we promise", "How a deal moves", "When we walk away"} {
		b.WriteString("## " + part + "\n\n")
		b.WriteString("A *prospect* becomes a customer when three people agree: the one who pays, the one who uses it, and the one who signs. " +
			"Read [the stages](stages.md#qualify) first, then ask [[revenue-ops|the desk]] what the numbers say & what they do not.\n\n" +
			"Keep the first call under thirty minutes. Write down `what_hurts` in their words, not in ours, because the words are what we " +
			"will need when the proposal is written, and nobody remembers them a week later without having written them down.\n\n")
		b.WriteString("- Ask before you show: see [discovery](../discovery.md)\n- Agree on the *next step* with a date\n- Send notes the same day\n  - with who, what, when\n\n")
		b.WriteString("| Stage | Owner | Exit |\n|---|:-:|--:|\n| Qualify | Sales | 3 yes |\n| Prove | Presales | 1 win |\n| Close | Sales | signed |\n\n")
		b.WriteString("> [!TIP]\n> A deal without a date is a wish. Put the date into the plan, and look at it every Monday.\n\n")
	}
	return []byte(b.String())
}

func BenchmarkCompile(b *testing.B) {
	src := samplePage()
	for _, x := range []struct {
		name string
		o    Options
	}{{"dialect", Options{}}, {"typographer", Options{Typographer: true}}, {"plain", Options{Plain: true}}} {
		b.Run(x.name, func(b *testing.B) {
			c := NewCompiler(x.o)
			c.Compile("p.md", "p.md", src)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				c.Compile("p.md", "p.md", src)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
		})
	}
}

// planFront is the front matter of a plan as people keep it: 2.2 kB, 63 keys.
const planFront = `---
title: "Eastern Plains: dairies"
type: strategic
status: active
owner: account-executive-north
contributors: [sales-enablement, demand-generation]
region: "Eastern Plains"
period: 2027-H1
starts: 2027-01-01
ends: 2027-06-30
goals: [south-books-its-share, coast-opens-six-accounts]
swot: [paper-mills-amber-coast]
banks: [safety-officer, head-of-maintenance]
funnel:
  target: 890000
  booked: 222500
  pipeline: 445000
  conversion: 0.20
  average_price: 44000
objectives:
  - text: "Ten dairies of the plains have ordered a second time by the summer, and five have said why."
    metric: Orders booked
    value: 10
    due: 2027-06-15
    goal: coast-opens-six-accounts
  - text: "Half of the breweries have seen the new offer, at 64,000 € a year and less than a day of standstill."
    metric: Offers seen
    value: 21
    due: 2027-04-15
    goal: south-books-its-share
  - text: "Every account of more than three sites has a name in it that is not the buyer's."
    metric: Names
    value: 34
    due: 2027-04-15
    goal: south-books-its-share
strategies:
  - "Talk to maintenance before talking to purchasing, because maintenance knows what standstill costs."
  - "Show one plant what its neighbour saved, and let the neighbour tell it."
# What was agreed in the kick-off
actions:
  - what: "Ask three customers for the reason why they stayed: nobody has written it down."
    who: key-account-manager
    due: 2027-04-11
    status: done
  - what: "Bring the sample to the four plants that have asked for it, with somebody who can install it."
    who: account-executive-north
    due: 2027-06-16
    status: open
  - what: "Settle with service who answers when a line stands still on a Sunday."
    who: key-account-manager
    due: 2027-02-17
    status: open
  - what: "Take the price list apart: what is asked for never stands on its first page."
    who: account-executive-hills
    due: 2027-03-26
    status: open
tags: [breweries, dairies]
verified_on: 2026-11-03
---
Body
`

func BenchmarkFrontPlan(b *testing.B) {
	src := []byte(planFront)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		parseFront("p.md", src, Limits{})
	}
}

// BenchmarkFrontKept tells how much memory the front matter of a plan holds for
// as long as its Document is there.
func BenchmarkFrontKept(b *testing.B) {
	src := []byte(planFront)
	const pages = 500
	for b.Loop() {
		var before, after runtime.MemStats
		kept := make([]*Map, pages)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range kept {
			kept[i] = parseFront("p.md", src, Limits{}).Front
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/pages, "B/page")
		runtime.KeepAlive(kept)
	}
}
