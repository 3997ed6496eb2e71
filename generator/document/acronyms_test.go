package document

import (
	"fmt"
	"strings"
	"testing"
)

// TestAcronyms: what counts as jargon in prose, and what does not.
func TestAcronyms(t *testing.T) {
	for _, c := range []struct{ markdown, want string }{
		{"The ARR grew.", "ARR@1:5"},
		{"ARR, then ARR; ARRs and ARR's.", "ARR@1:1"},
		{"# ARR\n\n## MQL\n\nText with SDR in it.", "SDR@5:11"},
		{"A [CRM](x.md) and `ETL` and https://host/API and <abbr title=\"GTM\">x</abbr>.", ""},
		{"- one\n- two ICP\n\n| a | b |\n|---|---|\n| DMU | x |", "ICP@2:7 DMU@6:3"},
		{"40 MB, 3.5 GHZ, 12 MW, but MB alone.", "MB@1:4"},
		{"Phase II, part IV, Louis XIV.", ""},
		{"READ THIS WARNING NOW and CAUTION: HOT", "HOT@1:36"},
		{"PLEASE READ THIS, SOMETHING ELSE, EMEA SDRs", "EMEA@1:35 SDR@1:40"},
		{"my_ABC FILE.txt @ABC #DEF ABC_DEF a.ABC", ""},
		{"SQL/MQL hand-over, B2B and Q3 and 5G", "SQL@1:1 MQL@1:5 B2B@1:20"},
		{"ÖPNV and ΑΒΓ and МКАД", "ÖPNV@1:1 ΑΒΓ@1:10 МКАД@1:18"},
		{"R&D, AT&T, iPad, McKinsey, Sql, A, I", "AT@1:6"},
		{"*EBITDA* and **BANT** rule", "EBITDA@1:2 BANT@1:16"},
		{"one (TCO) and “ROI”, NPS-driven", "TCO@1:6 ROI@1:16 NPS@1:22"},
		{"[ABC]{.plain} stays", ""},
		{"", ""},
	} {
		d := NewCompiler(Options{}).Compile("a.md", "content/a.md", []byte(c.markdown))
		var got []string
		for _, a := range d.Acronyms {
			got = append(got, fmt.Sprintf("%s@%d:%d", a.Text, a.Line, a.Col))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.markdown, s, c.want)
		}
	}
}
