package render

import (
	"bytes"
	"html/template"
	"strings"
	"testing"
)

// TestPictures: pictures come out the same from both executors, and read cards.
func TestPictures(t *testing.T) {
	data := values()
	for _, text := range []string{
		`{{bars .list "title" "T"}}`, `{{bars .cards "title" .special "value_from" "level" "note" .html}}`, `{{cascade .cards "title" "T"}}`, `{{timeline (list (dict "date" "2026-01-02" "label" .card)) "title" "T" "today" "2026-01-03"}}`,
		`{{ring .frac "title" "T"}}`, `{{ring .nil "title" "T"}}`, `{{.ints | trend}}`, `{{bars .s "title" "T"}}`, `{{grid .gone "title" "T"}}`, `{{strip .cards "title"}}`, `{{with bars .ints "title" "T"}}{{.}}{{end}}`,
	} {
		same(t, &executor{}, text, data)
	}
	var w bytes.Buffer
	x := &executor{}
	if err := x.run(&w, "t", template.Must(template.New("t").Funcs(funcs()).Parse(`{{bars .cards "title" "T" "status_from" "level"}}`)), "t", data); err != nil || x.gaveUp.Load() > 0 {
		t.Fatal(err, x.gaveUp.Load())
	}
	for _, want := range []string{`<a href="/~pb~/a/">A &amp; &lt;b&gt;</a>`, `>Top</span>`} {
		if !strings.Contains(w.String(), want) {
			t.Errorf("no %s in %s", want, w.String())
		}
	}
}
