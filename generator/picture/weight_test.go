package picture

import (
	"bytes"
	"compress/gzip"
	"testing"
)

// TestWeight holds what three thousand items in a folding tree cost a reader.
func TestWeight(t *testing.T) {
	s, err := render(t, `{{cascade .goals "title" "All of them"}}`)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	t.Logf("%d bytes, %d compressed", len(s), b.Len())
	if len(s) > 1_000_000 || b.Len() > 100_000 {
		t.Errorf("%d bytes, %d compressed", len(s), b.Len())
	}
}
