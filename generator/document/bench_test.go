package document

import (
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
