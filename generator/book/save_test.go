package book

import (
	"reflect"
	"strings"
	"testing"
)

// TestSaveFields asks whoever adds a field to what Save keeps whether that must
// be kept as well, or comes about when the Book is linked once more: then Form
// must rise, and here is where to say so.
func TestSaveFields(t *testing.T) {
	for _, c := range []struct {
		of         any
		kept, left string
	}{
		{seed{}, "bad faults", "described kind mapped lang title segment tags words olds verified due excuses"},
		{links{}, "targets prose faults edges resolved names lost", "said files reached"},
		{edge{}, "to field at", ""},
		{Target{}, "URL Page Text Quote Section W H", ""},
		{derivedValue{}, "v reads", "err state by loop docs sets shown"}, // what has an error, met a circle or read all of a kind is not kept
		{checked{}, "diags reads", "loop sets"},
		{Jargon{}, "Word Pages At To Also", ""},
		{jargon{}, "pages list", ""},
		{page{}, "seed links mentions derived", "n order id doc url out folder index at placed ref card fields in back around keys diags kept was"},
		{Book{}, "kindBy files checks jargon linking rings",
			"in site pages byID names sections tags tagBy kinds redirect redirs pictures terms memo rest index shape faulty recalled once ofKind unchecked finder work idle anchors dates calendars due partition parts toldOnce toldOf latestOnce latestBy checkMu"},
	} {
		want := map[string]bool{}
		for _, f := range strings.Fields(c.kept + " " + c.left) {
			want[f] = true
		}
		for typ, i := reflect.TypeOf(c.of), 0; i < typ.NumField(); i++ {
			f := typ.Field(i).Name
			if !want[f] {
				t.Errorf("%T has a field %s: is it to be kept on disk?", c.of, f)
			}
			delete(want, f)
		}
		for f := range want {
			t.Errorf("%T has no field %s any more", c.of, f)
		}
	}
}
