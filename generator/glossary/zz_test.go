package glossary
import "testing"
func BenchmarkOdd(b *testing.B){
	terms, _, _ := corpus(500, 6000)
	terms = append(terms, Term{ID: "e", Names: []string{"été", "商談", "buyer's remorse", "R&D"}, Plural: true, Auto: true})
	m, _ := NewMatcher(terms, Options{})
	odd := []byte("<p>l\u2019e\u0301te\u0301 e\u0301te\u0301 次の商談 <em>buy</em>er&rsquo;s re\u00admorse R&amp;D</p>")
	r:=prose(string(odd))
	var dst []Mention
	b.ReportAllocs()
	for b.Loop(){ dst=m.Find(Page{Lang: "en-GB", In: []string{"plans"}}, odd, r, dst[:0]) }
}
