package source

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"playbook/generator/diag"
)

// Encoder appends values to B in the form that a Decoder reads: numbers of
// varying length, texts behind their length, nothing that names a field. What
// is kept in this form must say elsewhere which program wrote it.
type Encoder struct{ B []byte }

// Uint, Int, Bool, Float, Str, Bytes and Digest append a value.
func (e *Encoder) Uint(n uint64) { e.B = binary.AppendUvarint(e.B, n) }
func (e *Encoder) Int(n int)     { e.B = binary.AppendVarint(e.B, int64(n)) }
func (e *Encoder) Bool(v bool) {
	if v {
		e.B = append(e.B, 1)
	} else {
		e.B = append(e.B, 0)
	}
}
func (e *Encoder) Float(f float64)  { e.B = binary.LittleEndian.AppendUint64(e.B, math.Float64bits(f)) }
func (e *Encoder) Str(s string)     { e.Uint(uint64(len(s))); e.B = append(e.B, s...) }
func (e *Encoder) Bytes(b []byte)   { e.Uint(uint64(len(b))); e.B = append(e.B, b...) }
func (e *Encoder) Digest(d Digest)  { e.B = append(e.B, d[:]...) }
func (e *Encoder) Fixed32(n uint32) { e.B = binary.LittleEndian.AppendUint32(e.B, n) }

// Len appends how many values follow. A list that is nil is told from one that
// is empty.
func (e *Encoder) Len(n int, isNil bool) {
	if isNil {
		n = -1
	}
	e.Uint(uint64(n + 1))
}

// Strs appends a list of texts.
func (e *Encoder) Strs(list []string) {
	e.Len(len(list), list == nil)
	for _, s := range list {
		e.Str(s)
	}
}

// Pos appends a place.
func (e *Encoder) Pos(p diag.Pos) { e.Str(p.File); e.Int(p.Line); e.Int(p.Col) }

// Diags appends diagnostics.
func (e *Encoder) Diags(list []diag.Diagnostic) {
	e.Len(len(list), list == nil)
	for i := range list {
		d := &list[i]
		e.Str(d.Rule)
		e.Uint(uint64(d.Level))
		e.Pos(d.At)
		e.Pos(d.To)
		e.Str(d.Msg)
		e.Str(d.Hint)
		e.Len(len(d.Also), d.Also == nil)
		for _, n := range d.Also {
			e.Pos(n.At)
			e.Str(n.Msg)
		}
	}
}

// Decoder takes values off what an Encoder appended, in the same order. It
// takes any bytes: where something is missing or cannot be, it gives zero
// values from there on, and OK says so. What it gives holds on to s, so that
// texts cost nothing.
type Decoder struct {
	s    string
	fail bool
}

// NewDecoder returns a Decoder of s.
func NewDecoder(s string) *Decoder { return &Decoder{s: s} }

// OK tells whether everything was there so far, Done whether nothing is left
// over either.
func (d *Decoder) OK() bool   { return !d.fail }
func (d *Decoder) Done() bool { return !d.fail && d.s == "" }

// Left returns how many bytes have not been taken.
func (d *Decoder) Left() int { return len(d.s) }

// Rest takes all that is left.
func (d *Decoder) Rest() string { return d.take(len(d.s)) }

// Fail makes the rest unreadable, for those who find a value that cannot be.
func (d *Decoder) Fail() { d.fail, d.s = true, "" }

// Uint takes a number.
func (d *Decoder) Uint() uint64 {
	if len(d.s) > 0 && d.s[0] < 0x80 {
		n := d.s[0]
		d.s = d.s[1:]
		return uint64(n)
	}
	var n uint64
	for i := 0; i < len(d.s) && i < binary.MaxVarintLen64; i++ {
		c := d.s[i]
		if c < 0x80 {
			if i == binary.MaxVarintLen64-1 && c > 1 {
				break
			}
			d.s = d.s[i+1:]
			return n | uint64(c)<<(7*i)
		}
		n |= uint64(c&0x7f) << (7 * i)
	}
	d.Fail()
	return 0
}

// Int takes a number that may be negative.
func (d *Decoder) Int() int {
	n := d.Uint()
	return int(int64(n>>1) ^ -int64(n&1))
}

// Below takes a number that must be less than n, such as an index.
func (d *Decoder) Below(n int) int {
	v := d.Uint()
	if v >= uint64(max(n, 0)) {
		d.Fail()
		return 0
	}
	return int(v)
}

// Bool takes a truth value.
func (d *Decoder) Bool() bool { return d.Below(2) == 1 }

// Float takes a number that an Encoder's Float wrote.
func (d *Decoder) Float() float64 {
	var b [8]byte
	copy(b[:], d.take(8))
	return math.Float64frombits(binary.LittleEndian.Uint64(b[:]))
}

// Fixed32 takes a number of four bytes.
func (d *Decoder) Fixed32() uint32 {
	s := d.take(4)
	if len(s) < 4 {
		return 0
	}
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// Str takes a text.
func (d *Decoder) Str() string {
	n := d.Uint()
	if n > uint64(len(d.s)) {
		d.Fail()
		return ""
	}
	return d.take(int(n))
}

// Digest takes a digest.
func (d *Decoder) Digest() (out Digest) {
	copy(out[:], d.take(len(out)))
	return out
}

func (d *Decoder) take(n int) string {
	if n > len(d.s) {
		d.Fail()
		return ""
	}
	s := d.s[:n]
	d.s = d.s[n:]
	return s
}

// Len takes how many values follow, of which each has at least size bytes, and
// whether the list is nil. No more are promised than there can be.
func (d *Decoder) Len(size int) (n int, isNil bool) {
	v := d.Uint()
	if v == 0 {
		return 0, true
	}
	if v--; v > uint64(len(d.s)/max(size, 1)) {
		d.Fail()
		return 0, true
	}
	return int(v), false
}

// Strs takes a list of texts.
func (d *Decoder) Strs() []string {
	n, none := d.Len(1)
	if none {
		return nil
	}
	out := make([]string, n)
	for i := range out {
		out[i] = d.Str()
	}
	return out
}

// Pos takes a place.
func (d *Decoder) Pos() diag.Pos { return diag.Pos{File: d.Str(), Line: d.Int(), Col: d.Int()} }

// Diags takes diagnostics.
func (d *Decoder) Diags() []diag.Diagnostic {
	n, none := d.Len(11)
	if none {
		return nil
	}
	out := make([]diag.Diagnostic, n)
	for i := range out {
		x := &out[i]
		x.Rule = d.Str()
		x.Level = diag.Level(d.Below(int(diag.Error) + 1))
		x.At, x.To = d.Pos(), d.Pos()
		x.Msg, x.Hint = d.Str(), d.Str()
		if n, none := d.Len(4); !none {
			x.Also = make([]diag.Note, n)
			for k := range x.Also {
				x.Also[k] = diag.Note{At: d.Pos(), Msg: d.Str()}
			}
		}
	}
	return out
}

// Checksum finds damage: two CRCs of different polynomials, which processors
// work out faster than memory delivers. The parts count as one. It is no
// protection from anyone who means it.
func Checksum(parts ...[]byte) uint64 {
	var a, b uint32
	for _, p := range parts {
		a, b = crc32.Update(a, castagnoli(), p), crc32.Update(b, crc32.IEEETable, p)
	}
	return uint64(a)<<32 | uint64(b)
}

// Checker works out the Checksum of texts, one after the other.
type Checker struct{ buf [16 << 10]byte }

// Sum returns the Checksum of a text.
func (c *Checker) Sum(s string) uint64 {
	var a, b uint32
	for len(s) > 0 {
		n := copy(c.buf[:], s)
		a, b = crc32.Update(a, castagnoli(), c.buf[:n]), crc32.Update(b, crc32.IEEETable, c.buf[:n])
		s = s[n:]
	}
	return uint64(a)<<32 | uint64(b)
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }
