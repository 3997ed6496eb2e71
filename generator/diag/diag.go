// Package diag holds what is said about content: diagnostics with a place, a
// rule and a hint. A Diagnostic is never an error of the machine; those are Go
// errors. Stages collect diagnostics in any order, Sort makes the order final.
//
// The package imports nothing of ours. Everybody else imports it.
package diag

import (
	"cmp"
	"slices"
)

// Level says how much a diagnostic weighs.
type Level uint8

// The levels. Off diagnostics are dropped by whoever collects them. An Error
// keeps a site from being published; a Warning does so only under --strict.
const (
	Off Level = iota
	Info
	Warning
	Error
)

// String returns the word used in every output format: off, info, warning, error.
func (l Level) String() string {
	switch l {
	case Off:
		return "off"
	case Info:
		return "info"
	case Warning:
		return "warning"
	}
	return "error"
}

// ParseLevel reads what configuration and kinds write; ok is false for a word
// that is no level.
func ParseLevel(s string) (l Level, ok bool) {
	switch s {
	case "off", "ignore":
		return Off, true
	case "info":
		return Info, true
	case "warning", "warn":
		return Warning, true
	case "error":
		return Error, true
	}
	return Off, false
}

// Pos is a place in a file. Line and Col count from 1; Col counts characters
// (runes), not bytes. Zero Line means the file as a whole, zero Col the line as
// a whole. File is the path as the user knows it, relative to the site's root,
// with forward slashes.
type Pos struct {
	File      string
	Line, Col int
}

// Compare orders by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// Note points at a second place that explains the first, such as the other of
// two doubled keys.
type Note struct {
	At  Pos
	Msg string
}

// Diagnostic is one thing found in content, layouts or configuration.
//
// Msg says what is wrong in lower case without a full stop, quoting names as
// written; Hint says what to do about it. To, when set, is the end of the range
// (exclusive, same line as At) that the code frame underlines.
type Diagnostic struct {
	Rule   string
	Level  Level
	At, To Pos
	Msg    string
	Hint   string
	Also   []Note
}

// Compare orders diagnostics by place, then rule, then text, so that any order
// of work gives the same report.
func (d Diagnostic) Compare(e Diagnostic) int {
	return cmp.Or(d.At.Compare(e.At), cmp.Compare(e.Level, d.Level), cmp.Compare(d.Rule, e.Rule), cmp.Compare(d.Msg, e.Msg), cmp.Compare(d.Hint, e.Hint))
}

// Sort orders ds in place, drops repeats, and returns what is left.
func Sort(ds []Diagnostic) []Diagnostic {
	slices.SortFunc(ds, Diagnostic.Compare)
	return slices.CompactFunc(ds, func(a, b Diagnostic) bool { return a.Compare(b) == 0 })
}

// Count returns how many of ds are errors and how many are warnings.
func Count(ds []Diagnostic) (errors, warnings int) {
	for _, d := range ds {
		switch d.Level {
		case Error:
			errors++
		case Warning:
			warnings++
		}
	}
	return errors, warnings
}
