//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// row is what was measured of one contestant in one part.
type row struct {
	Part    string             `json:"part"`
	Name    string             `json:"name"` // empty: the part itself, when all of it was measured
	Program string             `json:"program,omitempty"`
	Pages   int                `json:"pages,omitempty"` // Markdown files
	Of      int                `json:"of,omitempty"`    // turns that were to be made
	Wall    []float64          `json:"wall,omitempty"`  // seconds, of each turn
	CPU     []float64          `json:"cpu,omitempty"`   // seconds
	MiB     []float64          `json:"mib,omitempty"`   // peak memory
	Files   int                `json:"files,omitempty"`
	Bytes   int64              `json:"bytes,omitempty"`
	Values  map[string]float64 `json:"values,omitempty"` // what is measured once
	Note    string             `json:"note,omitempty"`
	Began   string             `json:"began"` // the part; rows that share it took turns
	Machine string             `json:"machine"`
	State   string             `json:"state"` // of the source
	Load    float64            `json:"load"`  // of the machine when the part began
	Seconds float64            `json:"seconds,omitempty"`
}

// results are all rows, in a file of JSON lines.
type results struct {
	file string
	rows []row
}

func readResults(file string) (*results, error) {
	r := &results{file: file}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	sc := bufio.NewScanner(bytes.NewReader(text))
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		var x row
		if err := json.Unmarshal(sc.Bytes(), &x); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		r.rows = append(r.rows, x)
	}
	return r, sc.Err()
}

// put keeps a row in place of the one of the same name, on disk at once.
func (r *results) put(x row) error {
	i := slices.IndexFunc(r.rows, func(y row) bool { return x.Part == y.Part && x.Name == y.Name })
	if i < 0 {
		r.rows = append(r.rows, x)
	} else {
		r.rows[i] = x
	}
	return r.write()
}

// begin forgets that a part was ever whole.
func (r *results) begin(part string) error {
	r.rows = slices.DeleteFunc(r.rows, func(x row) bool { return x.Part == part && x.Name == "" })
	return r.write()
}

// settle forgets what a part does not measure any more.
func (r *results) settle(part, began string) error {
	r.rows = slices.DeleteFunc(r.rows, func(x row) bool { return x.Part == part && x.Began != began })
	return r.write()
}

func (r *results) write() error {
	var b bytes.Buffer
	for _, x := range r.rows {
		line, err := json.Marshal(x)
		if err != nil {
			return err
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	if err := os.WriteFile(r.file+".new", b.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(r.file+".new", r.file)
}

// get returns a row that has figures.
func (r *results) get(part, name string) (row, bool) {
	for _, x := range r.rows {
		if x.Part == part && x.Name == name && (name == "" || len(x.Wall) > 0 || len(x.Values) > 0) {
			return x, true
		}
	}
	return row{}, false
}

// whole tells whether all of a part was measured.
func (r *results) whole(part string) (row, bool) { return r.get(part, "") }

// ratio is how much more of something a took than b: the median of the ratios
// of each turn, or, if they took no turns, the ratio of the medians.
func ratio(a, b row, of func(row) []float64) float64 {
	x, y := of(a), of(b)
	if a.Began == b.Began && a.Part == b.Part && len(x) == len(y) {
		var v []float64
		for i := range x {
			v = append(v, x[i]/y[i])
		}
		return median(v)
	}
	return median(x) / median(y)
}

func wall(r row) []float64 { return r.Wall }
func cpu(r row) []float64  { return r.CPU }
func mib(r row) []float64  { return r.MiB }
