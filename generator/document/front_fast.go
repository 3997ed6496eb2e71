package document

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fastYAML reads the YAML that people write into front matter: mappings and
// lists by indentation, lists and mappings in brackets on one line, plain and
// quoted texts on one line, comments. What it makes of them, and where it says
// that they stand, is what the library and yamlMap say, at a tenth of the cost.
//
// It takes what it is sure of and returns false for everything else: tabs,
// escapes, anchors, tags, texts of several lines, odd numbers, doubled keys,
// anything wrong or over a limit. The library then reads from the start, and
// words what is wrong. FuzzFrontFast holds the two together.
//
// line is the line of the file on which text begins. All texts of the Map share
// the memory of one.
func fastYAML(text []byte, line int, lim Limits) (*Map, bool) {
	if len(text) == 0 || !plainBytes(text) {
		return nil, false
	}
	var k fastStack
	r := fastReader{s: string(text), line: int32(line), keys: lim.keys(), depth: min(lim.depth(), fastDepth)}
	r.skipLines()
	if r.indent != 0 {
		return nil, false
	}
	m := r.mapping(&k, 1)
	if r.bad || r.indent >= 0 {
		return nil, false
	}
	return m, true
}

// fastDepth is how deep fastYAML goes. Nobody writes front matter that deep.
const fastDepth = 20

// fastReader stands at a place of the text and reads on from there.
type fastReader struct {
	s      string
	at     int
	start  int   // where the line begins
	end    int   // where it ends, its line break and comment not counted
	indent int   // of what stands next, in bytes from start; -1 at the end of the text
	line   int32 // of the file
	ascii  bool  // the line is, so that bytes are characters
	bad    bool  // the library must read this
	keys   int   // how many more there may be
	depth  int   // how deep values may lie
}

// fastStack holds what stands in the mappings and lists that are not at their
// end. It lies on the stack, and so has an end itself, far from what people write.
type fastStack struct {
	nFields, nValues int
	fields           [64]Field
	values           [128]Value
}

// plainBytes tells whether no byte stands in text that has, or could have, a
// meaning in YAML beyond its being a character or the end of a line.
func plainBytes(text []byte) bool {
	wide := false
	for i, c := range text {
		switch {
		case c >= utf8.RuneSelf:
			wide = true
		case c >= ' ' && c < 0x7f, c == '\n':
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
		default:
			return false
		}
	}
	if !wide {
		return true
	}
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		c, n := utf8.DecodeRune(text[i:])
		switch {
		case c <= 0xa0, c == utf8.RuneError && n == 1, c == '\ufeff', c == '\u2028', c == '\u2029', c == 0xfffe, c == 0xffff:
			return false
		}
		i += n
	}
	return true
}

func (r *fastReader) fail() {
	r.bad, r.indent = true, -1
}

// skipLines goes to the next line with more on it than a comment, and to the
// first character there.
func (r *fastReader) skipLines() {
	for !r.bad {
		if r.at >= len(r.s) {
			r.indent = -1
			return
		}
		r.start = r.at
		r.end = len(r.s)
		if i := strings.IndexByte(r.s[r.at:], '\n'); i >= 0 {
			r.end = r.at + i
		}
		next := min(r.end+1, len(r.s))
		if r.end > r.start && r.s[r.end-1] == '\r' {
			r.end--
		}
		for r.at < r.end && r.s[r.at] == ' ' {
			r.at++
		}
		if r.at < r.end && r.s[r.at] != '#' {
			break
		}
		r.at = next
		r.line++
	}
	if r.bad {
		return
	}
	r.indent = r.at - r.start
	r.ascii = true
	for i := r.at; i < r.end; i++ {
		if r.s[i] >= utf8.RuneSelf {
			r.ascii = false
			break
		}
	}
	// The ends of documents are the library's.
	if r.indent == 0 && (strings.HasPrefix(r.s[r.at:r.end], "---") || strings.HasPrefix(r.s[r.at:r.end], "...")) {
		r.fail()
	}
}

// endLine goes on behind the line, of which nothing but blanks and a comment may
// be left.
func (r *fastReader) endLine() {
	if !r.rest() {
		r.fail()
		return
	}
	r.nextLine()
}

// nextLine goes on behind the line, whatever is left of it.
func (r *fastReader) nextLine() {
	r.at = len(r.s)
	if i := strings.IndexByte(r.s[r.end:], '\n'); i >= 0 {
		r.at = r.end + i + 1
	}
	r.line++
	r.skipLines()
}

// rest skips blanks and tells whether nothing else is left of the line.
func (r *fastReader) rest() bool {
	from := r.at
	for r.at < r.end && r.s[r.at] == ' ' {
		r.at++
	}
	return r.at == r.end || r.s[r.at] == '#' && r.at > from
}

// col returns the column of a place on the line.
func (r *fastReader) col(at int) int32 {
	if r.ascii {
		return int32(at - r.start + 1)
	}
	return int32(utf8.RuneCountInString(r.s[r.start:at]) + 1)
}

// follows tells whether c stands here with a blank or the line's end behind it.
func (r *fastReader) follows(c byte) bool {
	return r.at < r.end && r.s[r.at] == c && (r.at+1 == r.end || r.s[r.at+1] == ' ')
}

// mapping reads the keys that stand at the indent of the one here.
func (r *fastReader) mapping(k *fastStack, depth int) *Map {
	indent, base := r.indent, k.nFields
	for {
		f := Field{Line: r.line, Col: r.col(r.at)}
		f.Key = r.key(false)
		r.addKey(k, base, f.Key)
		if r.bad {
			return nil
		}
		at := r.pushField(k, f)
		v := Value{Line: r.line, Col: r.col(r.at)} // behind the colon, if there is none
		if r.rest() {
			r.nextLine()
			switch {
			case r.indent > indent:
				v = r.block(k, depth+1, -1)
			case r.indent == indent && r.follows('-'):
				v = r.block(k, depth+1, indent)
			}
		} else {
			v = r.scalar(k, depth+1)
			r.endLine()
		}
		if depth+1 > r.depth || r.indent > indent {
			r.fail()
		}
		if r.bad {
			return nil
		}
		k.fields[at].Value = v
		if r.indent < indent {
			break
		}
	}
	return k.cutFields(base)
}

// block reads the list or mapping that begins here. A list may stand at the
// indent of the key that it belongs to.
func (r *fastReader) block(k *fastStack, depth, key int) Value {
	v := Value{Line: r.line, Col: r.col(r.at)}
	if depth >= r.depth {
		r.fail()
		return v
	}
	if r.follows('-') {
		v.setList(r.list(k, depth, r.indent == key))
	} else {
		v.Kind, v.Map = Dict, r.mapping(k, depth)
	}
	return v
}

// list reads the entries that stand at the indent of the one here.
func (r *fastReader) list(k *fastStack, depth int, under bool) []Value {
	indent, base := r.indent, k.nValues
	for {
		r.at++ // the dash
		v := Value{Line: r.line, Col: r.col(r.at)}
		if r.rest() {
			r.nextLine()
			if r.indent > indent {
				v = r.block(k, depth+1, -1)
			}
		} else if r.indent = r.at - r.start; r.follows('-') || r.isKey() {
			v = r.block(k, depth+1, -1)
		} else {
			v = r.scalar(k, depth+1)
			r.endLine()
		}
		if depth+1 > r.depth || r.indent > indent || r.indent == indent && !under && !r.follows('-') {
			r.fail()
		}
		if r.bad {
			return nil
		}
		r.pushValue(k, v)
		if r.indent < indent || !r.follows('-') {
			break
		}
	}
	return k.cutValues(base)
}

func (r *fastReader) pushField(k *fastStack, f Field) int {
	at := k.nFields
	if at == len(k.fields) {
		r.fail()
		return 0
	}
	k.fields[at] = f
	k.nFields++
	return at
}

func (r *fastReader) pushValue(k *fastStack, v Value) {
	if k.nValues == len(k.values) {
		r.fail()
		return
	}
	k.values[k.nValues] = v
	k.nValues++
}

func (k *fastStack) cutFields(base int) *Map {
	m := &Map{Fields: make([]Field, k.nFields-base)}
	copy(m.Fields, k.fields[base:k.nFields])
	k.nFields = base
	return m
}

func (k *fastStack) cutValues(base int) []Value {
	out := make([]Value, k.nValues-base)
	copy(out, k.values[base:k.nValues])
	k.nValues = base
	return out
}

// isKey tells whether a key stands here, and not a value.
func (r *fastReader) isKey() bool {
	var end int
	switch c := r.s[r.at]; c {
	case '"', '\'':
		if end, _ = r.quoteEnd(); end < 0 {
			return false
		}
		for end < r.end && r.s[end] == ' ' {
			end++
		}
	case '[', '{':
		return false
	default:
		_, end = r.plain(false)
	}
	return end < r.end && r.s[end] == ':'
}

// key reads a key and its colon. It leaves no doubt that it is a text.
func (r *fastReader) key(flow bool) string {
	var key string
	if r.at >= r.end {
		r.fail()
		return ""
	}
	switch c := r.s[r.at]; {
	case c == '"' || c == '\'':
		key = r.quoted()
	default:
		if !r.plainStart() {
			r.fail()
			return ""
		}
		var end int
		key, end = r.plain(flow)
		r.at = end
	}
	for r.at < r.end && r.s[r.at] == ' ' {
		r.at++
	}
	if r.bad || !r.follows(':') || key == "<<" { // which merges
		r.fail()
		return ""
	}
	r.at++
	return key
}

// addKey counts a key and looks whether it is there already.
func (r *fastReader) addKey(k *fastStack, base int, key string) {
	if r.keys--; r.keys < 0 {
		r.fail()
	}
	for i := base; i < k.nFields; i++ {
		if k.fields[i].Key == key {
			r.fail()
			return
		}
	}
}

// plainStart tells whether an unquoted text may begin here.
func (r *fastReader) plainStart() bool {
	switch c := r.s[r.at]; c {
	case ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '?', ':':
		return false
	case '-':
		return r.at+1 < r.end && strings.IndexByte(" ,[]{}", r.s[r.at+1]) < 0
	default:
		if c >= utf8.RuneSelf {
			c, _ := utf8.DecodeRuneInString(r.s[r.at:])
			return !unicode.IsSpace(c)
		}
	}
	return true
}

// plain returns the unquoted text here, and where what ends it stands.
func (r *fastReader) plain(flow bool) (string, int) {
	i := r.at
loop:
	for ; i < r.end; i++ {
		switch r.s[i] {
		case ':':
			if i+1 == r.end || r.s[i+1] == ' ' || flow && strings.IndexByte(",[]{}", r.s[i+1]) >= 0 {
				break loop
			}
		case '#':
			if i > r.at && r.s[i-1] == ' ' {
				break loop
			}
		case ',', '[', ']', '{', '}':
			if flow {
				break loop
			}
		}
	}
	return strings.TrimRight(r.s[r.at:i], " "), i
}

// quoteEnd returns the place behind the text in quotes that stands here, -1 if
// it has escapes or does not end on this line, and whether a quote in it is
// doubled.
func (r *fastReader) quoteEnd() (end int, doubled bool) {
	q := r.s[r.at]
	for i := r.at + 1; i < r.end; i++ {
		switch c := r.s[i]; {
		case c == '\\' && q == '"':
			return -1, false
		case c == q && q == '\'' && i+1 < r.end && r.s[i+1] == q:
			doubled = true
			i++
		case c == q:
			return i + 1, doubled
		}
	}
	return -1, false
}

// quoted reads a text in quotes.
func (r *fastReader) quoted() string {
	end, doubled := r.quoteEnd()
	if end < 0 {
		r.fail()
		return ""
	}
	text := r.s[r.at+1 : end-1]
	r.at = end
	if doubled {
		text = strings.ReplaceAll(text, "''", "'")
	}
	return text
}

// scalar reads a value that stands here, on this line.
func (r *fastReader) scalar(k *fastStack, depth int) Value {
	v := Value{Line: r.line, Col: r.col(r.at)}
	if depth > r.depth {
		r.fail()
		return v
	}
	switch c := r.s[r.at]; {
	case c == '"' || c == '\'':
		v.Kind, v.Str = String, r.quoted()
		v.EndCol = r.col(r.at)
		return v
	case c == '[' || c == '{':
		r.flow(k, &v, depth)
		return v
	case !r.plainStart():
		r.fail()
		return v
	}
	text, end := r.plain(false)
	if end < r.end && r.s[end] == ':' {
		r.fail()
		return v
	}
	r.word(&v, text)
	r.at = end
	if end < r.end { // a comment, which needs the blank before it
		r.at--
	}
	return v
}

// word finds out what an unquoted text is.
func (r *fastReader) word(v *Value, text string) {
	v.EndCol = v.Col + int32(len(text))
	if !r.ascii {
		v.EndCol = v.Col + int32(utf8.RuneCountInString(text))
	}
	v.Kind = String
	switch c := text[0]; {
	case c >= '0' && c <= '9' || c == '-' || c == '+':
		r.number(v, text)
		return
	case c == '.':
		if strings.ContainsAny(text, "0123456789") || len(text) > 1 && strings.IndexByte("iInN", text[1]) >= 0 {
			r.fail()
			return
		}
	case len(text) > 5:
	case text == "true" || text == "True" || text == "TRUE":
		v.setBool(true)
		return
	case text == "false" || text == "False" || text == "FALSE":
		v.setBool(false)
		return
	case text == "null" || text == "Null" || text == "NULL" || text == "~":
		v.Kind, v.EndCol = Null, 0
		return
	case text == "<<":
		r.fail()
		return
	}
	v.Str = text
}

// number finds out whether a text that begins like a number is one. Numbers
// other than 12, -12 and 1.5 are the library's.
func (r *fastReader) number(v *Value, text string) {
	digits, dashes, dots := 0, 0, 0
	other := false // something that may stand in some form of number
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '-':
			dashes++
		case c == '.':
			dots++
		case c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || strings.IndexByte("+_xXoO", c) >= 0:
			other = true
		case text[0] >= '0' && text[0] <= '9' || text[1] != '.': // not +.inf
			v.Str = text
			return
		default:
			r.fail()
			return
		}
	}
	sign := text[0] == '-'
	switch {
	case other || text[0] == '.':
		r.fail()
	case !sign && (dashes > 0 && dots == 0 || dots > 1 && dashes == 0): // a date, a version
		v.Str = text
	case dashes > 1 || dashes == 1 && !sign || dots > 1 || digits == 0 || digits > 15:
		r.fail()
	default:
		n := strings.TrimPrefix(text, "-")
		if n[0] == '0' && (len(n) > 1 && n[1] != '.' || sign) || n[0] == '.' || n[len(n)-1] == '.' {
			r.fail()
			return
		}
		if dots == 1 {
			f, err := strconv.ParseFloat(text, 64)
			if err != nil {
				r.fail()
				return
			}
			v.setFloat(f)
			return
		}
		x := int64(0)
		for i := range len(n) {
			x = x*10 + int64(n[i]-'0')
		}
		if sign {
			x = -x
		}
		v.setInt(x)
	}
}

// flow reads a list or mapping in brackets, which must end on this line.
func (r *fastReader) flow(k *fastStack, v *Value, depth int) {
	if depth >= r.depth {
		r.fail()
		return
	}
	open := r.s[r.at]
	closing := open + 2
	r.at++
	fields, values := k.nFields, k.nValues
	for {
		r.blanks()
		if r.at < r.end && r.s[r.at] == closing {
			r.at++
			break
		}
		if r.at >= r.end {
			r.fail()
		}
		if open == '[' {
			e := r.flowValue(k, depth+1)
			r.pushValue(k, e)
		} else if !r.bad {
			f := Field{Line: r.line, Col: r.col(r.at)}
			f.Key = r.key(true)
			r.addKey(k, fields, f.Key)
			at := r.pushField(k, f)
			r.blanks()
			f.Value = r.flowValue(k, depth+1)
			k.fields[at] = f
		}
		r.blanks()
		switch {
		case r.bad:
			return
		case r.at < r.end && r.s[r.at] == ',':
			r.at++
		case r.at >= r.end || r.s[r.at] != closing:
			r.fail()
			return
		}
	}
	if open == '[' {
		v.setList(k.cutValues(values))
		return
	}
	v.Kind, v.Map = Dict, k.cutFields(fields)
}

func (r *fastReader) blanks() {
	for r.at < r.end && r.s[r.at] == ' ' {
		r.at++
	}
}

// flowValue reads one value between brackets.
func (r *fastReader) flowValue(k *fastStack, depth int) Value {
	if r.bad || r.at >= r.end || depth > r.depth {
		r.fail()
		return Value{}
	}
	v := Value{Line: r.line, Col: r.col(r.at)}
	switch c := r.s[r.at]; {
	case c == '"' || c == '\'':
		v.Kind, v.Str = String, r.quoted()
		v.EndCol = r.col(r.at)
	case c == '[' || c == '{':
		r.flow(k, &v, depth)
	case !r.plainStart():
		r.fail()
	default:
		text, end := r.plain(true)
		if end >= r.end || r.s[end] == ':' || r.s[end] == '#' {
			r.fail()
			return v
		}
		r.word(&v, text)
		r.at = end
	}
	return v
}
