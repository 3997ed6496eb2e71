package glossary

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// vocabulary reads terms as the tests write them: terms divided by ";", names
// by "|". Before the names may stand marks: "=" sensitive, "~" fold, "!" no
// plurals, "-" not auto, "@de " language, "#plans " scope.
func vocabulary(s string) []Term {
	var out []Term
	for i, part := range strings.Split(s, ";") {
		t := Term{ID: "t" + strconv.Itoa(i), Plural: true, Auto: true}
		part = strings.TrimSpace(part)
		for more := true; more && part != ""; {
			rest := part[1:]
			switch part[0] {
			case '=':
				t.Case = CaseSensitive
			case '~':
				t.Case = CaseFold
			case '!':
				t.Plural = false
			case '-':
				t.Auto = false
			case '@':
				t.Lang, rest, _ = strings.Cut(rest, " ")
			case '#':
				t.Scope, rest, _ = strings.Cut(rest, " ")
			default:
				more, rest = false, part
			}
			part = rest
		}
		t.Names = strings.Split(part, "|")
		out = append(out, t)
	}
	return out
}

// show writes the mentions into the text: «lead», with the term's number after
// it where there are several terms.
func show(src string, found []Mention, many bool) string {
	var b strings.Builder
	at := 0
	for _, m := range found {
		b.WriteString(src[at:m.From] + "«" + src[m.From:m.To] + "»")
		if many {
			fmt.Fprint(&b, m.Term)
		}
		at = m.To
	}
	return b.String() + src[at:]
}

// expect checks that want without its marks, as a page, shows want.
func expect(t *testing.T, terms []Term, o Options, p Page, want string) {
	t.Helper()
	src := want
	for _, cut := range []string{"»0", "»1", "»2", "»3", "«", "»"} {
		src = strings.ReplaceAll(src, cut, "")
	}
	m, _ := NewMatcher(terms, o)
	runs := prose(src)
	found := m.Find(p, []byte(src), runs, nil)
	if got := show(src, found, len(terms) > 1); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if slow := reference(newInflector(nil), terms, o, p, src, runs); !slices.Equal(found, slow) {
		t.Errorf("the slow matcher finds\n     %s", show(src, slow, len(terms) > 1))
	}
	for _, f := range found {
		if !pairUp(src[f.From:f.To]) {
			t.Errorf("%q does not pair up", src[f.From:f.To])
		}
	}
}

func TestFind(t *testing.T) {
	groups := []struct {
		rule  string
		cases []struct{ terms, want string }
	}{
		{"only prose", []struct{ terms, want string }{
			{"lead", "<p>a «lead»</p>"},
			{"lead", "<h2>lead</h2><p>«lead»</p>"},
			{"lead", "<p><a href=\"lead\">lead</a> «lead»</p>"},
			{"lead", "<p><code>lead</code> «lead»</p>"},
			{"lead", "<p title=\"lead\">«lead»</p>"},
			{"lead", "<p><span class=\"plain\">lead</span> «lead»</p>"},
			{"lead", "<ul><li>«lead»</li><li>«leads»</li></ul>"},
			{"lead", "<table><tr><td>«lead»</td><td>no</td></tr></table>"},
			{"lead", ""},
			{"lead", "<p></p>"},
		}},
		{"longest, leftmost", []struct{ terms, want string }{
			{"sales qualified lead; lead", "<p>a «sales qualified lead»0 is a «lead»1</p>"},
			{"lead; sales qualified lead", "<p>a «sales qualified lead»1 is a «lead»0</p>"},
			{"sales; sales qualified lead; lead", "<p>«sales qualified leads»1 and «sales»0</p>"},
			{"sales; sales qualified lead", "<p>«sales»0 qualified people</p>"},
			{"sales qualified; qualified lead", "<p>«sales qualified»0 lead</p>"},
			{"sales qualified; qualified lead", "<p>sale qualified, the «qualified lead»1</p>"},
			{"lead; lead time; lead time goal", "<p>«lead time goals»2, «lead time»1, «lead»0</p>"},
			{"lead lead", "<p>«lead lead» «lead lead» lead</p>"},
			{"lead; lead lead lead", "<p>«lead»0 «lead»0</p>"},
			{"a b c; b", "<p>a «b»1 d</p>"},
			{"lead", "<p>«lead»</p><p>«lead»</p>"},
		}},
		{"word borders", []struct{ terms, want string }{
			{"lead", "<p>leader leadership mislead misleading unlead</p>"},
			{"lead", "<p>«lead», «lead». «Lead»! («lead») “«lead»” «lead»/«lead»</p>"},
			{"lead", "<p>lead_time lead2 2lead _lead</p>"},
			{"lead", "<p>lead.csv file.lead a.lead.b</p>"},
			{"lead", "<p>«lead»: «lead»; «lead»…</p>"},
			{"lead", "<p>«lead»—«lead»</p>"},
			{"lead", "<p>«lead»-in, co-«lead»</p>"},
			{"lead", "<p>#«lead» @«lead» &amp;«lead»&amp;</p>"},
			{"lead", "<p>léad leàd</p>"},
			{"lead", "<p>le\u0301ad lead\u0301 \u0301lead</p>"},
			{"SQL", "<p>MySQL SQLite NoSQL «SQL»</p>"},
			{"pipeline", "<p>«pipeline» 🙂«pipeline»🙂</p>"},
			{"4.0", "<p>«4.0» but 14.0 and 4.05 and 4.0.1</p>"},
			{"industry 4.0", "<p>«Industry 4.0».</p>"},
			{"4", "<p>4.0 4,000 «4», «4».</p>"},
			{"R&D", "<p>«R&amp;D» and «R &amp; D», not R D, not AR&amp;D or R&amp;Dx</p>"},
			{"C++", "<p>«C++», not C+ or C</p>"},
			{"A/B test", "<p>an «A/B test», two «A/B tests»</p>"},
			{".NET", "<p>the «.NET» team</p>"},
			{"at <least>", "<p>«at &lt;least&gt;»</p>"},
			{"\"big\" deal", "<p>a «&quot;big&quot; deal», a «“big” deal»</p>"},
			{"Überschuss", "<p>«Überschuss» «U\u0308berschuss» «überschuss»</p>"},
			{"café", "<p>«cafe\u0301» «CAFÉ» cafe</p>"},
			{"cafe\u0301", "<p>«café»</p>"},
			{"\u2126", "<p>«Ω» «\u2126» ω</p>"},
			{"Straße", "<p>«Straße» Straßenbahn</p>"},
			{"σοφός", "<p>«σοφός» «ΣΟΦΌΣ»</p>"},
			{"ключ", "<p>«ключ» ключевой «Ключ»</p>"},
		}},
		{"hyphens and apostrophes", []struct{ terms, want string }{
			{"sales qualified lead", "<p>«sales-qualified lead»</p>"},
			{"sales qualified lead", "<p>«sales\u2010qualified lead» «sales\u2011qualified lead» «sales–qualified lead» «sales-qualified-lead»</p>"},
			{"sales-qualified lead", "<p>«sales qualified lead» «sales-qualified leads»</p>"},
			{"follow-up", "<p>a «follow up», «follow-ups», no followup</p>"},
			{"sales lead", "<p>sales - lead, sales – lead, sales -lead, sales- lead</p>"},
			{"sales lead", "<p>sales--lead</p>"},
			{"sales lead", "<p>«sales&#45;lead» «sales&ndash;lead»</p>"},
			{"pre-sale", "<p>pre- and post-sale, «pre-sale»</p>"},
			{"customer", "<p>the «customer's» wish, the «customer’s» wish, the «customerʼs» wish</p>"},
			{"customer", "<p>the «customers»' wish, the «customers»’ wish</p>"},
			{"customer", "<p>‘«customer»’ and '«customer»'</p>"},
			{"customer", "<p>the «customer&#39;s», the «customer&rsquo;s»</p>"},
			{"buyer's remorse", "<p>«buyer’s remorse», «Buyer's remorse», buyers remorse</p>"},
			{"buyer’s remorse", "<p>«buyer's remorse»</p>"},
			{"customer's journey", "<p>«customer’s journeys»</p>"},
			{"don", "<p>don't; «Don» does</p>"},
			{"lead", "<p>«le\u00adad» «lead»\u00ad «l\u00ade\u00adad»</p>"},
			{"le\u00adad", "<p>«lead»</p>"},
			{"sales lead", "<p>«sales&nbsp;lead» «sales\u00a0lead»</p>"},
			{"co-op", "<p>«co\u2011op», coop</p>"},
		}},
		{"scripts without borders", []struct{ terms, want string }{
			{"销售线索", "<p>合格的«销售线索»是</p>"},
			{"线索", "<p>销售«线索»和«线索»</p>"},
			{"销售线索; 线索", "<p>«销售线索»0和«线索»1</p>"},
			{"客户", "<p>大«客户»经理</p>"},
			{"客户", "<p>客戶</p>"},
			{"商談", "<p>次の«商談»を準備する。«商談»中</p>"},
			{"見込み客", "<p>新しい«見込み客»です</p>"},
			{"見込み", "<p>«見込み»客</p>"},
			{"リード", "<p>営業«リード»を、«リード»。リードタイム マーケティングリード</p>"},
			{"パイプライン", "<p>«パイプライン»の管理</p>"},
			{"CRMシステム", "<p>新«CRMシステム»を</p>"},
			{"SQL", "<p>次の«SQL»を見る</p>"},
			{"顧客 満足", "<p>«顧客満足»度、«顧客\n満足»</p>"},
			{"ลูกค้า", "<p>ขาย«ลูกค้า»ใหม่</p>"},
			{"ลูกค", "<p>ลูกค้า</p>"},
			{"고객", "<p>«고객을» «고객의» «고객» 고객센터</p>"},
			{"線\ufe00索", "<p>«線索»</p>"},
			{"々", "<p>人«々»</p>"},
		}},
		{"case", []struct{ terms, want string }{
			{"Lead", "<p>«lead» «Lead» «LEAD» «lEaD»</p>"},
			{"lead", "<p>«lead» «Lead» «LEAD»</p>"},
			{"Sales Qualified Lead", "<p>«sales qualified lead» «SALES QUALIFIED LEAD»</p>"},
			{"SQL", "<p>«SQL» sql Sql</p>"},
			{"iPad", "<p>«iPad» ipad IPAD IPad</p>"},
			{"McKinsey", "<p>«McKinsey» Mckinsey</p>"},
			{"IT", "<p>it is «IT», It</p>"},
			{"CRM system", "<p>«CRM system» «CRM System» crm system</p>"},
			{"Plan B", "<p>«plan B» plan b</p>"},
			{"E-mail", "<p>«e-mail» «E-mail» «E‑mail»</p>"},
			{"A good plan", "<p>«a good plan»</p>"},
			{"X", "<p>«X» x</p>"},
			{"Q3", "<p>«Q3» q3</p>"},
			{"B2B", "<p>«B2B» b2b</p>"},
			{"SALES LEAD", "<p>«SALES LEAD» sales lead Sales Lead</p>"},
			{"ÖPNV", "<p>«ÖPNV» öpnv «O\u0308PNV»</p>"},
			{"=Lead", "<p>«Lead» lead LEAD «Leads» leads</p>"},
			{"=lead", "<p>«lead» Lead</p>"},
			{"=go to market", "<p>«go to market» Go to market</p>"},
			{"~SQL", "<p>«SQL» «sql» «Sql» «sqls»</p>"},
			{"~iPad", "<p>«ipad»</p>"},
			{"sales qualified lead|SQL", "<p>«SQL» sql «Sales qualified lead»</p>"},
			{"SQL; sql", "<p>«SQL»0 «sql»1 «Sql»1</p>"},
			{"it; IT", "<p>«it»0 «IT»1 «It»0</p>"},
		}},
		{"plurals and possessives", []struct{ terms, want string }{
			{"lead", "<p>«lead» «leads» «Leads» leadss leades</p>"},
			{"opportunity", "<p>«opportunities» «opportunity's» «opportunities»’</p>"},
			{"key", "<p>«keys» keies</p>"},
			{"process", "<p>«processes» «process»' «process's»</p>"},
			{"analysis", "<p>«analyses»</p>"},
			{"index", "<p>«indices» «indexes»</p>"},
			{"person", "<p>«people» «persons» «people's»</p>"},
			{"criterion", "<p>«criteria» «criterions»</p>"},
			{"box", "<p>«boxes»</p>"},
			{"branch", "<p>«branches»</p>"},
			{"wife", "<p>«wives»</p>"},
			{"child", "<p>«children’s»</p>"},
			{"sales", "<p>«sales» sale saleses «Sales»’</p>"},
			{"equipment", "<p>«equipment» «equipment's»</p>"},
			{"customers", "<p>«customers» customer</p>"},
			{"news", "<p>«news» new</p>"},
			{"SQL", "<p>«SQLs» «SQL's» «SQL’s» SQLS sqls</p>"},
			{"CMS", "<p>«CMSs» «CMSes» «CMS’s»</p>"},
			{"KPI", "<p>three «KPIs»</p>"},
			{"iPad", "<p>«iPads» ipads</p>"},
			{"Q3", "<p>«Q3»’s «Q3s»</p>"},
			{"cost of sale", "<p>«costs of sale» «cost of sales» «costs of sales» «cost of sale»</p>"},
			{"proof of concept", "<p>«proofs of concept» «proof-of-concept»</p>"},
			{"letter of intent", "<p>«letters of intent»</p>"},
			{"request for proposal", "<p>«requests for proposal» «requests for proposals»</p>"},
			{"return on investment", "<p>«returns on investment»</p>"},
			{"sales qualified lead", "<p>«sales qualified leads» sales qualifieds lead</p>"},
			{"customer journey", "<p>«customer journeys» customers journey</p>"},
			{"!lead", "<p>«lead» leads lead's</p>"},
			{"customer; customs; custom", "<p>«customers»0 at «customs»1 by «custom»2</p>"},
			{"market; marketing", "<p>«markets»0 «marketing»1</p>"},
			{"lead; leads", "<p>«lead»0 «leads»1</p>"},
			{"C++", "<p>«C++»s</p>"},
		}},
		{"spaces, soft breaks, emphasis", []struct{ terms, want string }{
			{"sales qualified lead", "<p>«sales   qualified\n lead»</p>"},
			{"sales qualified lead", "<p>«sales\nqualified\r\nlead»</p>"},
			{"sales qualified lead", "<p>«sales\t\u2003qualified lead»</p>"},
			{"sales qualified lead", "<p>«sales <em>qualified</em> lead»</p>"},
			{"sales qualified lead", "<p>«<strong>sales</strong> qualified lead»</p>"},
			{"sales qualified lead", "<p>«sales qualified <strong>lead</strong>»</p>"},
			{"sales qualified lead", "<p><strong>«sales qualified lead»</strong></p>"},
			{"sales qualified lead", "<p>«<em>sales</em> <b>qualified</b> <del>lead</del>»</p>"},
			{"sales qualified lead", "<p>«<em>sales <b>qualified</b></em> lead»</p>"},
			{"sales qualified lead", "<p>«<em><b>sales</b> qualified</em> lead» now</p>"},
			{"sales qualified lead; lead", "<p><em>our sales</em> qualified «lead»1</p>"},
			{"sales qualified lead; lead", "<p>sales qualified <em>«lead»1 of ours</em></p>"},
			{"sales lead; sales", "<p>«sales»1 <em>lead of ours</em></p>"},
			{"sales lead; sales", "<p>«sales <em>lead</em>»0 of ours</p>"},
			{"lead", "<p>«<em>le</em>ad» mis<em>lead</em> <em>lead</em>er «<b>lead</b>s»</p>"},
			{"lead", "<p>«l<em>ea</em>d»</p>"},
			{"sales lead", "<p>sales<br>lead, sales</p><p>lead</p>"},
			{"sales lead", "<p>sales <a href=\"x\">lead</a></p>"},
			{"sales lead", "<p>sales <code>x</code> lead</p>"},
			{"sales lead", "<p>sales <span class=\"plain\">lead</span></p>"},
			{"sales lead", "<ul><li>sales</li><li>lead</li></ul>"},
			{"sales lead", "<p>«sales<em>-</em>lead» «sales<em> </em>lead»</p>"},
			{"customer", "<p>«<em>customer</em>'s» «<em>customer</em>’s»</p>"},
			{"R&D", "<p>«<b>R</b>&amp;<b>D</b>»</p>"},
			{"sales lead", "<p>sales, lead; sales. Lead; sales (lead)</p>"},
			{"sales lead", "<p>«<em>sales</em><em> lead</em>»</p>"},
			{"a b; b c", "<p>«a <em>b</em>»0 c</p>"},
			{"a b; b c", "<p>a <em>«b c»1</em></p>"},
		}},
		{"opting out", []struct{ terms, want string }{
			{"-lead time; lead", "<p>«lead time»0 and «lead»1</p>"},
			{"-lead; lead", "<p>«lead»1</p>"},
			{"lead; -lead", "<p>«lead»0</p>"},
		}},
		{"strange names", []struct{ terms, want string }{
			{"", "<p>nothing</p>"},
			{"—", "<p>a — b</p>"},
			{"&", "<p>a &amp; b</p>"},
			{"  sales   lead  ", "<p>«sales lead»</p>"},
			{strings.Repeat("a ", 40), "<p>" + strings.Repeat("a ", 50) + "</p>"},
			{"lead|lead|Lead", "<p>«lead»</p>"},
		}},
		{"german compounds", []struct{ terms, want string }{
			{"@de Lead", "<p>Leadgenerierung Leads Vertriebslead</p>"},
			{"@de Kunde|Kunden", "<p>Kundenbindung Neukunde</p>"},
		}},
	}
	n := 0
	for _, g := range groups {
		t.Run(g.rule, func(t *testing.T) {
			for _, c := range g.cases {
				t.Run(c.terms, func(t *testing.T) { expect(t, vocabulary(c.terms), Options{}, Page{}, c.want) })
			}
		})
		n += len(g.cases)
	}
	if n < 120 {
		t.Errorf("only %d cases", n)
	}
}

// Rule 11 and the scopes of rule 9 are about the page, not the text.
func TestPlace(t *testing.T) {
	for _, c := range []struct {
		name, terms string
		o           Options
		p           Page
		want        string
	}{
		{"german page", "@de Lead", Options{}, Page{Lang: "de"}, "<p>«Lead», «lead», Leadgenerierung, Leads, «Lead»-Generierung</p>"},
		{"english term on a german page", "@en lead", Options{}, Page{Lang: "de"}, "<p>lead</p>"},
		{"both", "@en lead; @de lead", Options{}, Page{Lang: "de"}, "<p>«lead»1</p>"},
		{"regional page", "@en lead", Options{}, Page{Lang: "en-GB"}, "<p>«lead»</p>"},
		{"regional term", "@en-gb lead", Options{}, Page{Lang: "en_US"}, "<p>lead</p>"},
		{"no prefix of letters", "@e lead", Options{}, Page{Lang: "en"}, "<p>lead</p>"},
		{"site's language", "Kunde", Options{Language: "de"}, Page{}, "<p>«Kunde» Kundes</p>"},
		{"site's language named", "Kunde", Options{Language: "de"}, Page{Lang: "de-AT"}, "<p>«Kunde»</p>"},
		{"shorter term of the page's language", "@en sales lead; @de lead", Options{}, Page{Lang: "de"}, "<p>sales «lead»1</p>"},
		{"outside the scope", "#plans lead", Options{}, Page{In: []string{"goals"}}, "<p>lead</p>"},
		{"in no scope", "#plans lead", Options{}, Page{}, "<p>lead</p>"},
		{"in the scope", "#plans lead", Options{}, Page{In: []string{"emea", "plans"}}, "<p>«lead»</p>"},
		{"two scopes, first", "#sales lead; #mining lead", Options{}, Page{In: []string{"sales"}}, "<p>«lead»0</p>"},
		{"two scopes, second", "#sales lead; #mining lead", Options{}, Page{In: []string{"mining"}}, "<p>«lead»1</p>"},
		{"two scopes, nearest", "#sales lead; #mining lead", Options{}, Page{In: []string{"mining", "sales"}}, "<p>«lead»1</p>"},
		{"scoped before unscoped", "lead; #mining lead", Options{}, Page{In: []string{"mining"}}, "<p>«lead»1</p>"},
		{"longer one out of scope", "#plans sales lead; lead", Options{}, Page{}, "<p>sales «lead»1</p>"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, vocabulary(c.terms), c.o, c.p, c.want) })
	}
}

func TestClashes(t *testing.T) {
	for _, c := range []struct{ name, terms, want string }{
		{"one word, two terms", "lead; lead", "lead 0.0 1.0"},
		{"an alias", "lead; prospect|Lead", "Lead 0.0 1.1"},
		{"hyphens are no difference", "sales-qualified lead; sales qualified lead", "sales qualified lead 0.0 1.0"},
		{"apostrophes are no difference", "buyer's remorse; buyer’s remorse", "buyer’s remorse 0.0 1.0"},
		{"three terms", "lead; lead; lead", "lead 0.0 1.0, lead 0.0 2.0"},
		{"capitals", "SQL; SQL", "SQL 0.0 1.0"},
		{"capitals told apart", "SQL; sql", ""},
		{"one term twice", "lead|lead|LEAD", ""},
		{"different", "lead; opportunity", ""},
		{"a plural beside a word", "lead; leads", ""},
		{"two plurals alike", "axis; axe", ""},
		{"scopes", "#a lead; #b lead", ""},
		{"one scope only", "lead; #b lead", "lead 0.0 1.0"},
		{"the same scope", "#a lead; #a lead", "lead 0.0 1.0"},
		{"languages", "@de lead; @en lead", ""},
		{"a language and its region", "@en-gb lead; @en lead", "lead 0.0 1.0"},
		{"not auto", "-lead; lead", ""},
		{"forced fold", "~SQL; ~sql", "sql 0.0 1.0"},
		{"forced case", "=Lead; =lead", ""},
		{"composed and decomposed", "café; cafe\u0301", "cafe\u0301 0.0 1.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, clashes := NewMatcher(vocabulary(c.terms), Options{})
			var got []string
			for _, c := range clashes {
				got = append(got, fmt.Sprintf("%s %d.%d %d.%d", c.Word, c.First.Term, c.First.Name, c.Other.Term, c.Other.Name))
			}
			if g := strings.Join(got, ", "); g != c.want {
				t.Errorf("got %q, want %q", g, c.want)
			}
		})
	}
}

// Names are plain text, what is matched is escaped.
func TestNamesAreNoHTML(t *testing.T) {
	expect(t, []Term{{Names: []string{"&amp; co"}, Auto: true}}, Options{}, Page{}, "<p>«&amp;amp; co», &amp; co</p>")
	expect(t, []Term{{Names: []string{"a <b> c"}, Auto: true}}, Options{}, Page{}, "<p>«a &lt;b&gt; c», a <b>c</b></p>")
}

func TestSections(t *testing.T) {
	src := "<p>lead</p><h2>One</h2><p>lead</p><p>lead and deal</p><h3>Under it</h3><p>lead</p><h2>Two</h2><p>deal, lead</p>"
	m, _ := NewMatcher(vocabulary("lead; deal"), Options{})
	found := m.Find(Page{}, []byte(src), prose(src), nil)
	part := []int{0, 0, 2} // "Under it" belongs to "One"
	for _, c := range []struct {
		name string
		p    Policy
		want string
	}{
		{"sections alone", Policy{}, "0@-1 0@0 1@0 0@1 1@2 0@2"},
		{"sub-sections share", Policy{Part: part}, "0@-1 0@0 1@0 1@2 0@2"},
		{"page", Policy{Link: FirstPerPage, Part: part}, "0@-1 1@0"},
		{"all", Policy{Link: All}, "0@-1 0@0 0@0 1@0 0@1 1@2 0@2"},
		{"own page", Policy{Link: All, Skip: func(t int) bool { return t == 0 }}, "1@0 1@2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, m := range Choose(found, c.p, nil) {
				got = append(got, fmt.Sprintf("%d@%d", m.Term, m.Section))
			}
			if g := strings.Join(got, " "); g != c.want {
				t.Errorf("got %q, want %q", g, c.want)
			}
		})
	}
	kept := []Mention{{Term: 0, Section: -1}}
	if got := Choose(found, Policy{Link: FirstPerPage}, kept); len(got) != 3 {
		t.Errorf("what stood in dst counts: %v", got)
	}
}

func TestRunsThatCannotBe(t *testing.T) {
	m, _ := NewMatcher(vocabulary("lead"), Options{})
	src := []byte("lead lead lead")
	runs := []Run{{From: -1, To: 4}, {From: 0, To: 4}, {From: 2, To: 1}, {From: 5, To: 9, Block: 1}, {From: 5, To: 99}, {From: 10, To: 14, Block: 2}}
	if got := show(string(src), m.Find(Page{}, src, runs, nil), false); got != "«lead» «lead» «lead»" {
		t.Error(got)
	}
}

func TestDigest(t *testing.T) {
	base := "sales qualified lead|SQL; lead"
	m, _ := NewMatcher(vocabulary(base), Options{})
	same, _ := NewMatcher(vocabulary(base), Options{Language: "EN"})
	if m.Digest() != same.Digest() {
		t.Error("equal terms, other digest")
	}
	if again, _ := NewMatcher(vocabulary(base), Options{Prev: m}); again != m {
		t.Error("equal terms made a second Matcher")
	}
	for _, other := range []string{
		"sales qualified lead|SQL; leads", "sales qualified lead|SQL", "lead; sales qualified lead|SQL", "sales qualified lead; SQL|lead",
		"=sales qualified lead|SQL; lead", "!sales qualified lead|SQL; lead", "-sales qualified lead|SQL; lead",
		"@de sales qualified lead|SQL; lead", "#a sales qualified lead|SQL; lead",
	} {
		o, _ := NewMatcher(vocabulary(other), Options{Prev: m})
		if o.Digest() == m.Digest() {
			t.Errorf("%q has the digest of %q", other, base)
		}
	}
	if o, _ := NewMatcher(vocabulary(base), Options{Language: "de"}); o.Digest() == m.Digest() {
		t.Error("another default language, same digest")
	}
}

func TestDelta(t *testing.T) {
	pages := []string{
		"<p>a sales qualified lead</p>", "<p>sales people are qualified</p>", "<p>the lead, the leads</p>",
		"<p>nothing of it</p>", "<p>R&amp;D</p>", "<p>客户和线索</p>", "<p>SQL</p>", "<p>cafe\u0301</p>",
	}
	for _, c := range []struct{ name, old, new, touched string }{
		{"nothing", "lead", "lead", ""},
		{"phrase added", "deal", "deal; sales qualified lead", "0"},
		{"phrase removed", "sales qualified lead; deal", "deal", "0"},
		{"first of all", "", "lead", "0 2"},
		{"alias added", "lead", "lead|SQL", "6"},
		{"signs do not count as words", "lead", "lead; R&D", "4"},
		{"another script", "lead", "lead; 线索", "5"},
		{"decomposed", "lead", "lead; café", "7"},
		{"rule of case", "lead; SQL", "lead; ~SQL", "6"},
		{"plural off", "lead", "!lead", "2"},
		{"scope", "lead; SQL", "lead; #a SQL", "6"},
		{"order", "lead; SQL", "SQL; lead", "0 2 6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, _ := NewMatcher(vocabulary(c.old), Options{})
			terms := vocabulary(c.new)
			if c.name == "phrase removed" {
				terms[0].ID = "t1"
			}
			now, _ := NewMatcher(terms, Options{Prev: old})
			if c.name == "order" {
				terms[0].ID, terms[1].ID = "t1", "t0"
				now, _ = NewMatcher(terms, Options{Prev: old})
			}
			d := Diff(old, now)
			var got []string
			for i, src := range pages {
				if d.Touches(WordKeys([]byte(src), prose(src), nil)) {
					got = append(got, strconv.Itoa(i))
				}
			}
			want := c.touched
			if c.name == "order" {
				want = "0 1 2 3 4 5 6 7"
			}
			if g := strings.Join(got, " "); g != want {
				t.Errorf("touches %q, want %q", g, want)
			}
			if d.Empty() != (want == "") {
				t.Errorf("Empty is %v", d.Empty())
			}
		})
	}
	m, _ := NewMatcher(vocabulary("lead"), Options{})
	if d := Diff(nil, m); d.Empty() {
		t.Error("from nothing to something is no change")
	}
	if d := Diff(m, m); !d.Empty() || d.Term(0) != 0 {
		t.Error("a Matcher differs from itself")
	}
}

func TestWordKeys(t *testing.T) {
	keys := func(s string) []WordKey { return WordKeys([]byte(s), prose(s), nil) }
	if !slices.Equal(keys("<p>Lead café, lead!</p>"), keys("<p>CAFE\u0301 le\u00adad <em>LE</em>AD</p>")) {
		t.Error("the same words, other keys")
	}
	if got := keys("<p>a, b &amp; c; a</p><h2>d</h2>"); len(got) != 3 || !slices.IsSorted(got) {
		t.Error(got)
	}
	if got := WordKeys([]byte("b"), []Run{{To: 1}}, []WordKey{9}); len(got) != 2 || got[0] != 9 {
		t.Error(got)
	}
}
