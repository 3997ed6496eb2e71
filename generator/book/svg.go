package book

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// activeSVG says what of a picture can act when a browser opens it by itself, ""
// if nothing does. It reads the picture as a browser does, by names in their name
// spaces and with references resolved: a script is one under any prefix, and an
// address may be written in many ways. What cannot be read so is not trusted,
// since a browser shows a picture up to where it is wrong.
func activeSVG(text []byte) string {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.IndexByte(text, 0) >= 0 {
		return "the picture is not in an encoding that ASCII is a part of"
	}
	low := bytes.ToLower(text)
	for _, bad := range [...]string{"<script", "javascript:", "<foreignobject", "<iframe", "<!entity", "<handler", "data:text/html", "<set", "<animate"} {
		if bytes.Contains(low, []byte(bad)) {
			return "the picture contains " + strings.TrimSuffix(bad, ":")
		}
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = charset
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return ""
		}
		if err != nil {
			return "the picture is not well-formed: " + strings.TrimPrefix(err.Error(), "XML syntax error on ")
		}
		switch t := t.(type) {
		case xml.Directive:
			if bytes.IndexByte(t, '[') >= 0 { // it can give elements attributes
				return "the picture's document type declares something"
			}
		case xml.ProcInst:
			if t.Target != "xml" && strings.HasPrefix(strings.ToLower(t.Target), "xml") {
				return "the picture contains <?" + t.Target
			}
		case xml.StartElement:
			if why := activeElement(t); why != "" {
				return "the picture contains " + why
			}
		}
	}
}

// activeNames are elements that act, or change what another does, whatever
// stands before their names.
var activeNames = map[string]bool{"script": true, "foreignobject": true, "handler": true, "listener": true, "set": true, "animate": true, "animatecolor": true, "animatemotion": true,
	"animatetransform": true, "discard": true, "iframe": true, "frame": true, "object": true, "embed": true, "applet": true, "audio": true, "video": true, "link": true, "meta": true, "base": true, "form": true}

// foreign tells of a name space that what is in it does nothing in a browser:
// those of the programs that draw, and of what they note.
func foreign(space string) bool {
	switch space {
	case "", "http://www.w3.org/2000/svg":
		return false
	case "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML", "http://www.w3.org/1999/XSL/Transform", "http://www.w3.org/2001/xml-events":
		return false
	}
	return true
}

func activeElement(e xml.StartElement) string {
	name := strings.ToLower(e.Name.Local)
	switch {
	case activeNames[name] && !foreign(e.Name.Space), activeNames[name] && name == "script":
		return "<" + e.Name.Local
	case e.Name.Space != "" && e.Name.Space != "http://www.w3.org/2000/svg" && !foreign(e.Name.Space):
		return "<" + e.Name.Local + " of " + e.Name.Space
	}
	for _, a := range e.Attr {
		attr := strings.ToLower(a.Name.Local)
		if len(attr) > 2 && strings.HasPrefix(attr, "on") && !foreign(a.Name.Space) {
			return "an event handler"
		}
		if why := activeAddress(name, attr, a.Value); why != "" {
			return why
		}
	}
	return ""
}

// activeAddress says what an attribute's value leads to that acts.
func activeAddress(element, attr, value string) string {
	switch s := schemeOf(value); s {
	case "javascript", "vbscript", "livescript", "mocha":
		return s
	case "data":
		if attr == "href" || attr == "src" || attr == "data" {
			if kind := strings.ToLower(strings.TrimLeft(value[strings.IndexByte(value, ':')+1:], " \t\r\n")); (element == "image" || element == "feimage") && strings.HasPrefix(kind, "image/") {
				return ""
			}
			return "a link to data"
		}
	case "", "http", "https", "mailto", "tel":
	default:
		if attr == "href" || attr == "src" {
			return "a link to " + s + ":"
		}
	}
	return ""
}

// schemeOf returns that of an address as a browser reads it: without tabs and line
// ends, and without controls and blanks before it; "" if it has none.
func schemeOf(v string) string {
	var b strings.Builder
	for _, r := range v {
		switch {
		case r == '\t' || r == '\n' || r == '\r', b.Len() == 0 && r <= ' ':
		case r == ':':
			return strings.ToLower(b.String())
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', b.Len() > 0 && (r >= '0' && r <= '9' || r == '+' || r == '-' || r == '.'):
			b.WriteRune(r)
		default:
			return ""
		}
	}
	return ""
}

// charset reads the encodings of one byte a letter that older programs write;
// what is markup in them is ASCII.
func charset(label string, r io.Reader) (io.Reader, error) {
	label = strings.ToLower(label)
	if label != "us-ascii" && label != "ascii" && !strings.HasPrefix(label, "iso-8859-") && !strings.HasPrefix(label, "windows-125") {
		return nil, errors.New("the encoding " + quote(label) + " is not read here")
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	out := make([]rune, len(text))
	for i, c := range text {
		out[i] = rune(c)
		if c >= 0x7f && c < 0xa0 { // a control of XML, a letter of Windows
			out[i] = '?'
		}
	}
	return strings.NewReader(string(out)), nil
}
