package diag

import (
	"bufio"
	"io"
)

// Format is a form in which diagnostics are written.
type Format string

// The formats.
//
// Text is for people: place, level, rule and message on one line, then the line
// of the file with the place underlined and the hint beside it.
//
// JSON is one object {"version", "errors", "warnings", "diagnostics"}. Each
// diagnostic has "rule", "level" (error, warning, info) and "message", and
// where there is something to say "file", "line", "column", "end_column",
// "hint" and "also", a list of {"file", "line", "column", "message"}. Lines and
// columns count from 1, columns in characters; end_column is exclusive.
//
// GitHub is one workflow command a diagnostic, which makes it an annotation at
// its line in a pull request.
//
// SARIF is version 2.1.0, which code scanning services and editors read.
const (
	Text   Format = "text"
	JSON   Format = "json"
	GitHub Format = "github"
	SARIF  Format = "sarif"
)

// Formats lists every Format, in the order in which help names them.
func Formats() []Format { return []Format{Text, JSON, GitHub, SARIF} }

// PrintOptions say how Write writes. The zero value is plain text without code
// frames.
type PrintOptions struct {
	Format Format // Text when empty

	// Name gives the name of a file as seen from where the reader stands, such
	// as "docs/content/a.md" for a site in docs. All formats use it; SARIF and
	// GitHub resolve names against the repository. Nil leaves names alone.
	Name func(file string) string

	// Version is the program's, for SARIF.
	Version string

	// Color lets Text use ANSI colours. The caller knows whether it writes to
	// a terminal; this package does not ask.
	Color bool

	// Width is how many columns a line of Text may fill before the code frame
	// is cut around its place. 0 means 100.
	Width int

	// Source gives the bytes of a file named in a diagnostic, nil if it is not
	// to be had. Without it Text has no code frames.
	Source func(file string) []byte
}

// Write writes ds to w in the order given. What is quoted from content is made
// harmless first: no control character, escape sequence or text direction mark
// of a page reaches a terminal or a log, in any format. An error is the
// writer's.
func Write(w io.Writer, ds []Diagnostic, o PrintOptions) error {
	b := bufio.NewWriter(w)
	switch o.Format {
	case JSON:
		writeJSON(b, ds, o)
	case GitHub:
		writeGitHub(b, ds, o)
	case SARIF:
		writeSARIF(b, ds, o)
	default:
		writeText(b, ds, o)
	}
	return b.Flush()
}
