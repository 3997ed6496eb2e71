package book_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"playbook/generator/book"
	"playbook/generator/check"
	"playbook/generator/diag"

	"golang.org/x/tools/txtar"
)

const linkKind = `name: Link
section: links
schema:
  type: object
  properties:
    title: {type: string}
    next: {type: array, items: {x-ref: link}}
relations:
  next: {inverse: before, inverse_label: Before}
derived:
  total: 'sum(map(next, .total)) + 1'
  twice: 'total * 2'
  far: 'filter(next, .total > 20)'
  over: 'sum(map(before, .over)) + len(next)'
checks:
  - {id: link-long, when: 'total > 30 and total < 200', level: warning, message: '{{total}} links from {{title}} and {{len(far)}} of them far'}
  - {id: link-all, once: true, for: 'filter(documents("link"), len(.next) > 3)', when: 'true', level: info, message: '{{it.title}} knows {{len(it.next)}}'}
  - {id: link-few, for: 'documents("link")', when: 'it.id == "links/p000" and len(next) == 1 and nth == 1 and len(it.before) == 0', level: info, message: '{{title}}'}
`

// circles is a site in which values rest on each other in trees, over long ways,
// in rings of several sizes, and on rings.
func circles() *txtar.Archive {
	a := &txtar.Archive{Files: []txtar.File{{Name: "layouts/kinds/link/kind.yaml", Data: []byte(linkKind)}}}
	page := func(name string, next ...string) {
		a.Files = append(a.Files, txtar.File{Name: "content/links/" + name + ".md",
			Data: []byte("---\ntitle: " + strings.ToUpper(name) + "\nnext: [" + strings.Join(next, ", ") + "]\n---\nText.\n")})
	}
	const n = 240
	for i := range n { // far pages first and near ones last: who begins at either end meets in the middle
		name, next := fmt.Sprintf("p%03d", i), []string{}
		for _, d := range []int{1, 7, 31} {
			if i%29 != 0 && i+d < n {
				next = append(next, fmt.Sprintf("p%03d", i+d))
			}
		}
		if i%17 == 3 && i < 60 {
			next = append(next, fmt.Sprintf("r%d-%02d", i%4, i%3))
		}
		page(name, next...)
	}
	for r, size := range []int{1, 2, 3, 40} {
		for i := range size {
			page(fmt.Sprintf("r%d-%02d", r, i), fmt.Sprintf("r%d-%02d", r, (i+1)%size), "p239")
		}
	}
	page("r0-01")
	page("r0-02", "r3-05")
	page("r1-02", "r1-00")
	return a
}

func told(diags []diag.Diagnostic) string {
	var w strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&w, "%s:%d: %s[%s]: %s\n", d.At.File, d.At.Line, d.Level, d.Rule, d.Msg)
	}
	return w.String()
}

// TestEvaluatedByMany works out the same values and checks with one worker and
// with many, by checks and by pages asking in any order, and compares all that is
// found: circles, too, are told once and at the same place.
func TestEvaluatedByMany(t *testing.T) {
	in, diags := input(t, circles())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	fresh := func(workers int) *book.Book {
		in.Workers = workers
		b, _, err := book.Link(context.Background(), in, nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	values := func(b *book.Book, id string) string {
		return fmt.Sprint(b.Answer(book.Question{Op: book.OpDerived, Arg: id}).Digest())
	}
	one := fresh(1)
	want := told(check.Run(one))
	if n := strings.Count(want, "[derived-cycle]"); n != 8 || !strings.Contains(want, "[link-long]") || !strings.Contains(want, "[link-all]") {
		t.Fatalf("%d circles of 8:\n%s", n, want)
	}
	ids := one.PageIDs()
	for round := range 6 {
		if got := told(check.Run(fresh(2 + round*6))); got != want {
			t.Fatalf("with %d workers:\n%s\nwith one:\n%s", 2+round*6, got, want)
		}
		b := fresh(4)
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range ids {
					k := (i*(2*g+1) + g*31) % len(ids)
					if g%2 == 1 {
						k = len(ids) - 1 - k
					}
					if got := values(b, ids[k]); got != values(one, ids[k]) {
						t.Errorf("%s has other values", ids[k])
					}
					if i%16 == 0 {
						runtime.Gosched()
					}
				}
			})
		}
		wg.Go(func() {
			if got := told(check.Run(b)); got != want {
				t.Errorf("checks while pages ask:\n%s", got)
			}
		})
		wg.Wait()
	}
}
