package diag

import (
	"bufio"
	"fmt"
	"strings"
)

// writeGitHub writes workflow commands. A value may hold anything but must not
// end its command early: the runner reads to the end of the line and undoes
// percent escapes.
func writeGitHub(w *bufio.Writer, ds []Diagnostic, o PrintOptions) {
	for _, d := range ds {
		command := "error"
		switch d.Level {
		case Warning:
			command = "warning"
		case Info, Off:
			command = "notice"
		}
		var props []string
		add := func(key, value string) {
			props = append(props, key+"="+githubProperty.Replace(safe(value)))
		}
		if d.At.File != "" {
			add("file", fileName(d.At.File, o.Name))
		}
		if d.At.Line > 0 {
			add("line", fmt.Sprint(d.At.Line))
			if d.At.Col > 0 {
				add("col", fmt.Sprint(d.At.Col))
			}
			if end := endColumn(d); end > 0 {
				add("endLine", fmt.Sprint(d.At.Line))
				add("endColumn", fmt.Sprint(end))
			}
		}
		if d.Rule != "" {
			add("title", d.Rule)
		}
		// Only line breaks of our own making come through as such.
		parts := []string{githubData.Replace(safe(d.Msg))}
		if d.Hint != "" {
			parts = append(parts, githubData.Replace(safe(d.Hint)))
		}
		for _, n := range d.Also {
			note := n.Msg
			if place := placeOf(n.At, o.Name); place != "" {
				note = place + ": " + note
			}
			parts = append(parts, githubData.Replace(safe(note)))
		}
		sep := " "
		if len(props) == 0 {
			sep = ""
		}
		fmt.Fprintf(w, "::%s%s%s::%s\n", command, sep, strings.Join(props, ","), strings.Join(parts, "%0A"))
	}
}

var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
