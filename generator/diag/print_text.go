package diag

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// gutter is the width of the line number in a code frame. Five digits are
// enough for any page under the size cap.
const gutter = 5

// SGR sequences. Only text uses them, only when told to.
const (
	sgrReset  = "\x1b[0m"
	sgrBold   = "\x1b[1m"
	sgrDim    = "\x1b[2m"
	sgrRed    = "\x1b[1;31m"
	sgrYellow = "\x1b[1;33m"
	sgrCyan   = "\x1b[1;36m"
	sgrGreen  = "\x1b[32m"
)

// textPrinter writes diagnostics for people. It remembers the lines of the file
// it was last asked for, since reports come sorted by file.
type textPrinter struct {
	w     *bufio.Writer
	o     PrintOptions
	width int
	file  string
	lines lineIndex
	ready bool
}

func writeText(w *bufio.Writer, ds []Diagnostic, o PrintOptions) {
	p := &textPrinter{w: w, o: o, width: o.Width}
	if p.width == 0 {
		p.width = 100
	}
	// Under 40 columns a cut frame shows nothing; let the terminal wrap.
	p.width = max(p.width, 40)
	for _, d := range ds {
		hue := levelHue(d.Level)
		p.head(d.At, hue, levelWord(d), d.Msg)
		p.frame(d.At, d.To, hue, d.Hint)
		for _, n := range d.Also {
			p.head(n.At, sgrCyan, "note", n.Msg)
			p.frame(n.At, Pos{}, sgrCyan, "")
		}
	}
}

func levelHue(l Level) string {
	switch l {
	case Error:
		return sgrRed
	case Warning:
		return sgrYellow
	}
	return sgrCyan
}

func levelWord(d Diagnostic) string {
	if d.Rule == "" {
		return d.Level.String()
	}
	return d.Level.String() + "[" + d.Rule + "]"
}

// paint returns s in a colour, or s.
func (p *textPrinter) paint(sgr, s string) string {
	if !p.o.Color || s == "" {
		return s
	}
	return sgr + s + sgrReset
}

// head writes the line that editors parse: file:line:col: level[rule]: message.
func (p *textPrinter) head(at Pos, hue, word, msg string) {
	if place := placeOf(at, p.o.Name); place != "" {
		fmt.Fprintf(p.w, "%s ", p.paint(sgrBold, place+":"))
	}
	fmt.Fprintf(p.w, "%s %s\n", p.paint(hue, safe(word)+":"), safe(msg))
}

// placeOf returns "file:line:col" as far as it is known.
func placeOf(at Pos, name func(string) string) string {
	if at.File == "" {
		return ""
	}
	s := safe(fileName(at.File, name))
	if at.Line > 0 {
		s += fmt.Sprintf(":%d", at.Line)
		if at.Col > 0 {
			s += fmt.Sprintf(":%d", at.Col)
		}
	}
	return s
}

// fileName is file as seen from where the reader stands.
func fileName(file string, name func(string) string) string {
	if file == "" || name == nil {
		return file
	}
	return name(file)
}

// frame writes the line at, the underline and the hint. Without a line to show
// the hint still comes, behind an empty gutter.
func (p *textPrinter) frame(at, to Pos, hue, hint string) {
	bar := p.paint(sgrDim, strings.Repeat(" ", gutter)+" │")
	line, ok := p.line(at)
	if !ok {
		if hint != "" {
			fmt.Fprintf(p.w, "%s %s\n", bar, p.paint(sgrGreen, safe(hint)))
		}
		return
	}
	from, end := spanOf(line, at, to)
	room := p.width - gutter - len(" │ ") + 2 // "│" is three bytes and one column
	text, pad, under := cutLine(line, from, end, room)
	number := p.paint(sgrDim, fmt.Sprintf("%*d │", gutter, at.Line))
	fmt.Fprintln(p.w, strings.TrimRight(number+" "+text, " "))
	marks := strings.Repeat(" ", pad) + p.paint(hue, strings.Repeat("^", under))
	hint = safe(hint)
	switch {
	case hint == "":
		fmt.Fprintf(p.w, "%s %s\n", bar, marks)
	case pad+under+1+width(hint) <= room:
		fmt.Fprintf(p.w, "%s %s %s\n", bar, marks, p.paint(sgrGreen, hint))
	default:
		fmt.Fprintf(p.w, "%s %s\n%s %s\n", bar, marks, bar, p.paint(sgrGreen, hint))
	}
}

// line returns the text of the line a place lies in.
func (p *textPrinter) line(at Pos) ([]byte, bool) {
	if p.o.Source == nil || at.File == "" || at.Line < 1 {
		return nil, false
	}
	if !p.ready || p.file != at.File {
		p.file, p.lines, p.ready = at.File, indexLines(p.o.Source(at.File)), true
	}
	return p.lines.at(at.Line)
}

// lineIndex finds lines by number.
type lineIndex struct {
	text   []byte
	starts []int
}

func indexLines(text []byte) lineIndex {
	if text == nil {
		return lineIndex{}
	}
	// A byte order mark is not part of the first line for anyone who counts
	// characters there.
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	x := lineIndex{text: text, starts: []int{0}}
	for i := 0; ; {
		j := bytes.IndexByte(text[i:], '\n')
		if j < 0 {
			return x
		}
		i += j + 1
		x.starts = append(x.starts, i)
	}
}

func (x lineIndex) at(n int) ([]byte, bool) {
	if n < 1 || n > len(x.starts) {
		return nil, false
	}
	end := len(x.text)
	if n < len(x.starts) {
		end = x.starts[n] - 1
	}
	return bytes.TrimSuffix(x.text[x.starts[n-1]:end], []byte("\r")), true
}

// spanOf returns the characters to underline, [from, end) counted from 0. A
// place without a column is its whole line without the space around it.
func spanOf(line []byte, at, to Pos) (from, end int) {
	if at.Col < 1 {
		trimmed := bytes.TrimLeft(line, " \t")
		from = utf8.RuneCount(line[:len(line)-len(trimmed)])
		return from, from + utf8.RuneCount(bytes.TrimRight(trimmed, " \t"))
	}
	from = at.Col - 1
	switch {
	case to.Line > at.Line:
		end = utf8.RuneCount(line)
	case to.Col > at.Col:
		end = to.Col - 1
	}
	return from, max(end, from+1)
}

// far is how many characters on either side of a place are looked at. More
// could not be shown; lines may be as long as a file.
const far = 2000

// cutLine returns what is shown of line in at most room columns so that the
// characters [from, end) are seen, and where the underline lies below it.
func cutLine(line []byte, from, end, room int) (text string, pad, under int) {
	cells, first, more := cellsOf(line, from-far, from+far)
	total := 0
	for _, c := range cells {
		total += c.width
	}
	from = min(max(from-first, 0), len(cells))
	end = min(max(end-first, from), len(cells))

	a, b := 0, len(cells)
	if first > 0 || more || total > room {
		a, b = window(cells, from, end, room-2)
	}
	var s strings.Builder
	if first > 0 || a > 0 {
		s.WriteString("…")
		pad = 1
	}
	for i := a; i < b; i++ {
		s.WriteString(cells[i].text)
		if i < from {
			pad += cells[i].width
		} else if i < end {
			under += cells[i].width
		}
	}
	if more || b < len(cells) {
		s.WriteString("…")
	}
	return s.String(), pad, max(under, 1)
}

// window returns the cells [a, b), at most room columns wide, that show the
// beginning of [from, end) with something on both sides.
func window(cells []cell, from, end, room int) (a, b int) {
	under, lead := 0, 0
	for _, c := range cells[from:end] {
		under += c.width
	}
	for _, c := range cells[:from] {
		lead += c.width
	}
	if lead+min(under, room/2)+room/8 > room {
		left := (room - min(under, room/2)) / 2
		for a = from; a > 0 && left >= cells[a-1].width; a-- {
			left -= cells[a-1].width
		}
		// Not between a letter and its accent.
		for a < from && cells[a].width == 0 {
			a++
		}
	}
	for b = a; b < len(cells) && room >= cells[b].width; b++ {
		room -= cells[b].width
	}
	return a, b
}
