package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The vocabulary is made of qualifiers and nouns that a sales organisation
// puts together: "weighted pipeline", "first-visit checklist".
var (
	qualifiers = strings.Fields(`weighted committed qualified dormant regional seasonal blended reserved opening closing
		first-visit second-source installed leading lagging shared mutual guided recurring deferred
		open rolling layered staged mapped verified contested inbound outbound assisted
		direct indirect bundled phased fixed floating joint named nested annual`)
	nouns = strings.Fields(`pipeline forecast territory account quota margin checklist handover agreement discount
		backlog renewal champion sponsor objection proposal reference segment target handshake
		cadence coverage trial survey upgrade commitment threshold interview estimate ledger
		playbook scorecard milestone briefing referral tender audit retainer benchmark escalation`)
	acronyms = strings.Fields(`SQL MQL ICP ACV TCV SLA RFQ NPS CLV ARR`)
)

// vocabulary returns n different terms, the plain nouns and acronyms among
// them, in an order that does not depend on n.
func vocabulary(n int) []string {
	var out []string
	out = append(out, acronyms...)
	out = append(out, nouns[:20]...)
	for k := 0; len(out) < n; k++ {
		q, w := qualifiers[k%len(qualifiers)], nouns[(k/len(qualifiers)+7*k)%len(nouns)]
		switch round := k / (len(qualifiers) * len(nouns)); round {
		case 0:
			out = append(out, q+" "+w)
		case 1:
			out = append(out, q+" "+w+" review")
		default:
			out = append(out, fmt.Sprintf("%s %s level %d", q, w, round))
		}
	}
	return out[:n]
}

var regions = []string{
	"Upper Valley", "Lake District", "Harbour Towns", "Eastern Plains", "Chalk Coast", "Pine Ridge", "Mill Country", "Old Quarter",
	"Southern Marches", "River Mouth", "High Moor", "Two Bridges", "Salt Road", "Northern Isles", "Amber Coast", "Vine Hills",
}

var branches = strings.Split("bakeries,dairies,sawmills,foundries,breweries,feed mills,paint shops,print works,quarries,paper mills,tile works,ship yards", ",")

var personas = strings.Split("plant manager,head of maintenance,finance manager,safety officer,buyer,production planner,owner", ",")

var stages = []string{"Discovery", "Design", "Proposal", "Decision", "Renewal"}

var roles = []struct{ title, department, above string }{
	{"Managing director", "executive", ""},
	{"Head of sales", "sales", "managing-director"},
	{"Head of marketing", "marketing", "managing-director"},
	{"Head of service", "service", "managing-director"},
	{"Sales operations", "operations", "head-of-sales"},
	{"Sales enablement", "enablement", "head-of-sales"},
	{"Demand generation", "marketing", "head-of-marketing"},
	{"Product marketing", "marketing", "head-of-marketing"},
	{"Field marketing", "marketing", "head-of-marketing"},
	{"Team lead north", "sales", "head-of-sales"},
	{"Team lead south", "sales", "head-of-sales"},
	{"Team lead key accounts", "sales", "head-of-sales"},
	{"Account executive north", "sales", "team-lead-north"},
	{"Account executive coast", "sales", "team-lead-north"},
	{"Account executive south", "sales", "team-lead-south"},
	{"Account executive hills", "sales", "team-lead-south"},
	{"Key account manager", "sales", "team-lead-key-accounts"},
	{"Inside sales", "sales", "sales-operations"},
	{"Application engineer", "product", "head-of-sales"},
	{"Service coordinator", "service", "head-of-service"},
}

var goalTitles = []string{
	"Grow new business by a tenth", "Keep nine customers in ten", "Halve the open days of an offer",
	"North books its share", "South books its share", "Coast opens six accounts", "Hills win back four accounts", "Key accounts renew on time",
}

// The sentences. {t} is a term, {ts} its plural, {r} a region, {b} a branch,
// {p} a person at the customer, {o} a role of ours, {n} a number, {m} money,
// {d} a day, {w} a stretch of time.
var sentences = strings.Split(strings.TrimSpace(`
The {t} stood at {m} on {d}, which is {n} per cent more than {w} before.
Of the {n} {b} in {r}, we have spoken with fewer than half since {d}.
When the {p} asks what a {t} is worth, answer with a case from {r} and not with a price list.
Nobody has looked at the {t} for {w}, and it shows.
Last year the {ts} came late because {o} heard of them only after the order.
Each of these {b} buys twice in a decade, so a missed {t} is missed for {w}.
The {p} decides alone up to {m}; above that the owner is asked, and the owner asks the {p}.
We agreed with {o} that the {t} is checked every second Monday.
A {t} without a date is a wish, and the team has stopped counting wishes.
In {r} the competitor delivers within {w}, and charges for it.
Three customers named the same reason: nobody called after the first {t}.
Call the {p} before ten, when the machines run and the meetings have not begun.
What helped in {r} was a visit by {o} with the drawings on paper.
The {t} was reviewed on {d} and found {n} points too hopeful.
It takes {w} from the first call to a signed {t}, and most of that is waiting.
If the {t} slips past {d}, the money comes from the next budget or not at all.
{o} keeps the list of {ts} and sends it round on the first working day.
Two of the {b} share a buyer, so an offer to one is known to the other by noon.
Where the {t} is thin, we ask for a second meeting instead of a discount.
The figures come from the order book of {d}, rounded to the nearest thousand.
Small {b} pay on delivery; the larger ones take {w} and expect it to be mentioned.
Write the {p}'s own words into the notes, for they will be needed in the {t}.
Our share of the {b} around {r} went from {n} to {n} per cent in {w}.
Nothing in the {t} says who pays for the trial, and that must change before {d}.
The depot near {r} holds parts for {w}, which is more than the {b} expect.
Every {t} above {m} goes to {o} before it goes to the customer.
They bought from us first because of the {t} and stayed because of the service.
Ask how the {p} would notice that nothing had changed; then wait.
One {t} in {n} ends without a decision, most often in the fourth month.
On {d} we meet {o} to settle which {ts} count.
Since the fair in {r} there have been {n} enquiries, of which a third fit.
The {p} wants proof, and proof is a number from a plant like theirs.
We lost the last {t} by {m}, which is less than one day of their standstill.
Whoever visits {r} takes the sheet along and brings it back with two corrections.
For {b} the season begins in {w}, and no {t} is signed once it has begun.
`), "\n")

// spoken fills the slots of one sentence.
func (s *site) spoken(r *rand.Rand, text string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			return b.String() + text
		}
		j := strings.IndexByte(text, '}')
		b.WriteString(text[:i])
		var v string
		switch text[i+1 : j] {
		case "t":
			v = s.phrase(r)
		case "ts":
			v = s.phrase(r) + "s"
		case "r":
			v = pickOne(r, regions)
		case "b":
			v = pickOne(r, branches)
		case "p":
			v = pickOne(r, personas)
		case "o":
			v = strings.ToLower(pickOne(r, roles).title)
		case "n":
			v = fmt.Sprint(3 + r.IntN(57))
		case "m":
			v = fmt.Sprintf("%d,000 €", 4+r.IntN(400))
		case "d":
			v = fmt.Sprintf("%d %s", 1+r.IntN(28), pickOne(r, []string{"January", "March", "May", "July", "September", "November"}))
		case "w":
			v = fmt.Sprintf("%d %s", 2+r.IntN(9), pickOne(r, []string{"weeks", "months", "days"}))
		}
		if b.Len() == 0 {
			v = sentenceCase(v)
		}
		b.WriteString(v)
		text = text[j+1:]
	}
}

// phrase picks what stands for a term: a term half of the time, else words
// of the vocabulary that are none together, which a matcher has to walk too.
func (s *site) phrase(r *rand.Rand) string {
	if len(s.phrases) > 0 && r.IntN(2) == 0 {
		// The first terms are met more often than the last, as words are.
		return s.phrases[int(float64(len(s.phrases))*r.Float64()*r.Float64())]
	}
	return pickOne(r, []string{"visit", "offer", "order", "drawing", "sample", "talk", "weighted answer", "open question", "first letter", "shared table"})
}

// prose returns about n words in paragraphs.
func (s *site) prose(r *rand.Rand, n int) string {
	var b strings.Builder
	words, inPara, limit := 0, 0, 3+r.IntN(3)
	for words < n {
		t := s.spoken(r, pickOne(r, sentences))
		words += len(strings.Fields(t))
		if inPara == limit {
			b.WriteString("\n\n")
			inPara, limit = 0, 3+r.IntN(3)
		} else if inPara > 0 {
			if r.IntN(3) == 0 {
				b.WriteByte('\n')
			} else {
				b.WriteByte(' ')
			}
		}
		inPara++
		if r.IntN(12) == 0 {
			if f := strings.Fields(t); len(f) > 6 {
				f[3], f[4] = "*"+f[3], f[4]+"*"
				t = strings.Join(f, " ")
			}
		}
		b.WriteString(t)
	}
	return b.String()
}
