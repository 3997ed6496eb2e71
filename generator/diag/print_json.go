package diag

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

type jsonReport struct {
	Version     int              `json:"version"`
	Errors      int              `json:"errors"`
	Warnings    int              `json:"warnings"`
	Diagnostics []jsonDiagnostic `json:"diagnostics"`
}

type jsonDiagnostic struct {
	Rule      string     `json:"rule"`
	Level     string     `json:"level"`
	File      string     `json:"file,omitempty"`
	Line      int        `json:"line,omitempty"`
	Column    int        `json:"column,omitempty"`
	EndColumn int        `json:"end_column,omitempty"`
	Message   string     `json:"message"`
	Hint      string     `json:"hint,omitempty"`
	Also      []jsonNote `json:"also,omitempty"`
}

type jsonNote struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
}

func writeJSON(w *bufio.Writer, ds []Diagnostic, o PrintOptions) {
	r := jsonReport{Version: 1, Diagnostics: make([]jsonDiagnostic, 0, len(ds))}
	r.Errors, r.Warnings = Count(ds)
	for _, d := range ds {
		j := jsonDiagnostic{
			Rule: d.Rule, Level: d.Level.String(), Message: d.Msg, Hint: d.Hint,
			File: fileName(d.At.File, o.Name), Line: d.At.Line, Column: d.At.Col, EndColumn: endColumn(d),
		}
		for _, n := range d.Also {
			j.Also = append(j.Also, jsonNote{fileName(n.At.File, o.Name), n.At.Line, n.At.Col, n.Msg})
		}
		r.Diagnostics = append(r.Diagnostics, j)
	}
	encode(w, r)
}

// endColumn is where the range ends on its line, 0 if that is not known.
func endColumn(d Diagnostic) int {
	if d.At.Col > 0 && d.To.Line == d.At.Line && d.To.Col > d.At.Col {
		return d.To.Col
	}
	return 0
}

// encode writes v as indented JSON. encoding/json escapes the first 32 control
// characters; terminals also obey DEL and those from U+0080 on, and people are
// fooled by direction marks, so all of them are escaped.
func encode(w *bufio.Writer, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic("diag: a report that JSON cannot hold: " + err.Error())
	}
	for text := b.Bytes(); len(text) > 0; {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == 0x7f || r > 0x7f && hazardous(r):
			if r > 0xffff {
				r -= 0x10000
				fmt.Fprintf(w, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
			} else {
				fmt.Fprintf(w, `\u%04x`, r)
			}
		default:
			w.Write(text[:n])
		}
		text = text[n:]
	}
}
