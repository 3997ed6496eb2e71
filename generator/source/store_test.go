package source_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"playbook/generator/diag"
	"playbook/generator/source"
)

func TestStore(t *testing.T) {
	dir := t.TempDir()
	if s, err := source.OpenStore(dir, ".x/y", false); s != nil || err != nil {
		t.Fatalf("a store that is not there: %v %v", s, err)
	}
	var none *source.Store
	if _, err := none.Read("a", 10); !source.IsNotExist(err) || none.Write("a", nil) != nil || none.Names() != nil {
		t.Error("a nil Store is not empty")
	}
	s, err := source.OpenStore(dir, ".x/y", true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Read("a", 10); !source.IsNotExist(err) {
		t.Errorf("what is not there: %v", err)
	}
	for _, text := range []string{"one", "", "three"} {
		if err := s.Write("a", []byte(text[:len(text)/2]), []byte(text[len(text)/2:])); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Read("a", 10); got != text || err != nil {
			t.Errorf("%q came back as %q, %v", text, got, err)
		}
	}
	if _, err := s.Read("a", 4); !errors.Is(err, source.ErrTooLarge) {
		t.Errorf("five bytes where four may be: %v", err)
	}
	for _, name := range []string{"../a", "/etc/passwd", "a/b"} {
		if err := s.Write(name, nil); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	os.Mkdir(filepath.Join(dir, ".x/y/folder"), 0o755)
	if _, err := s.Read("folder", 10); err == nil || source.IsNotExist(err) {
		t.Errorf("a folder was read: %v", err)
	}
	if err := s.Write("folder", nil); err == nil {
		t.Error("a file took the place of a folder")
	}
	if got := strings.Join(s.Names(), " "); got != "a folder" {
		t.Errorf("the names are %q", got)
	}
	s.Remove("a")
	s.Remove("a")
	if _, err := s.Read("a", 10); !source.IsNotExist(err) {
		t.Errorf("what was removed: %v", err)
	}
}

// TestStoreOutside holds that no link leads out of the folder.
func TestStoreOutside(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	if err := os.Symlink(out, filepath.Join(dir, ".x")); err != nil {
		t.Skip("no links here")
	}
	if _, err := source.OpenStore(dir, ".x/y", true); err == nil {
		t.Error("a store was made outside")
	}
	os.Mkdir(filepath.Join(dir, "z"), 0o755)
	os.WriteFile(filepath.Join(out, "secret"), []byte("secret"), 0o644)
	os.Symlink(filepath.Join(out, "secret"), filepath.Join(dir, "z", "a"))
	s, err := source.OpenStore(dir, "z", false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := s.Read("a", 100); err == nil {
		t.Errorf("a link was followed to %q", got)
	}
	if err := s.Write("a", []byte("mine")); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(out, "secret")); string(b) != "secret" {
		t.Errorf("the file outside is %q", b)
	}
}

// TestStoreTogether lets many write and read one file: each reads what somebody
// wrote. What the dead left is cleared away.
func TestStoreTogether(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "a.0.part")
	if err := os.WriteFile(old, []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-3 * time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s, err := source.OpenStore(dir, ".", true)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			for n := range 50 {
				if err := s.Write("a", []byte(strings.Repeat(string(rune('a'+i)), 1000+n))); err != nil {
					t.Error(err)
				}
				got, err := s.Read("a", 1<<20)
				if err != nil || len(got) < 1000 || strings.Trim(got, got[:1]) != "" {
					t.Errorf("read %.20q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left is %v, %v", left, err)
	}
}

func TestCodec(t *testing.T) {
	p := diag.Pos{File: "f", Line: 3, Col: -4}
	ds := []diag.Diagnostic{{Rule: "r", Level: diag.Error, At: p, To: p, Msg: "m", Hint: "h", Also: []diag.Note{{At: p, Msg: "n"}}}, {}}
	var e source.Encoder
	for _, n := range []int{0, 1, -1, 63, 64, -64, -65, math.MaxInt, math.MinInt} {
		e.Int(n)
	}
	e.Uint(math.MaxUint64)
	e.Bool(true)
	e.Float(-2.5)
	e.Str("text")
	e.Bytes([]byte{1})
	e.Digest(source.Sum(nil))
	e.Fixed32(1 << 31)
	e.Strs(nil)
	e.Strs([]string{})
	e.Strs([]string{"", "x"})
	e.Diags(ds)
	e.Diags(nil)
	read := func(d *source.Decoder) (all []any) {
		for range 9 {
			all = append(all, d.Int())
		}
		return append(all, d.Uint(), d.Bool(), d.Float(), d.Str(), d.Str(), d.Digest(), d.Fixed32(), d.Strs(), d.Strs(), d.Strs(), d.Diags(), d.Diags())
	}
	d := source.NewDecoder(string(e.B))
	got := read(d)
	want := []any{0, 1, -1, 63, 64, -64, -65, math.MaxInt, math.MinInt, uint64(math.MaxUint64), true, -2.5, "text", "\x01", source.Sum(nil), uint32(1 << 31),
		[]string(nil), []string{}, []string{"", "x"}, ds, []diag.Diagnostic(nil)}
	if !reflect.DeepEqual(got, want) || !d.Done() {
		t.Errorf("%v\nand should be\n%v", got, want)
	}
	for n := range e.B { // whatever is cut off is missed, and nothing falls over
		d := source.NewDecoder(string(e.B[:n]))
		if read(d); d.OK() {
			t.Errorf("%d of %d bytes are enough", n, len(e.B))
		}
	}
	if d := source.NewDecoder("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"); d.Uint() != 0 || d.OK() {
		t.Error("a number of more than 64 bits")
	}
	if d := source.NewDecoder("\xff\xff\xff\xff\x0fxx"); len(d.Strs()) > 0 || d.OK() {
		t.Error("a list longer than all there is")
	}
	a := source.Checksum([]byte("ab"), []byte("c"))
	if b := new(source.Checker).Sum("abc"); a != b || a == source.Checksum([]byte("abd")) {
		t.Errorf("%x %x", a, b)
	}
}
