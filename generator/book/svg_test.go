package book

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestActiveSVG holds which pictures can act: a browser that opens one reads it
// as XML, with name spaces and references, and in the encoding that it has.
func TestActiveSVG(t *testing.T) {
	const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:h="http://www.w3.org/1999/xhtml">`
	wide := "\xff\xfe"
	for _, r := range head + `<script>a()</script></svg>` {
		wide += string(byte(r)) + "\x00"
	}
	for _, s := range []string{
		head + "<script>a()</script></svg>", head + `<x:script xmlns:x="http://www.w3.org/2000/svg">a()</x:script></svg>`, head + "<h:script>a()</h:script></svg>", head + `<h:embed src="a"/></svg>`, head + "<h:p/></svg>",
		head + `<a href="javascript:a()"/></svg>`, head + `<a href="java&#115;cript:a()"/></svg>`, head + `<a xlink:href="&#x6A;avascript:a()"/></svg>`, head + "<a href='java\nscript:a()'/></svg>", head + "<a href='java&#9;script:a()'/></svg>", head + `<a href=" &#10;javascript:a()"/></svg>`,
		head + `<a href="vbscript:a"/></svg>`, head + `<a href="data:text/htm&#108;,a"/></svg>`, head + `<use href="data:image/svg+xml,a#b"/></svg>`, head + `<a href="file:///etc/passwd"/></svg>`,
		head + `<g onclick="a()"/></svg>`, head + "<g\nonload\n=\n'a()'/></svg>", head + `<g ONCLICK="a()"/></svg>`,
		head + `<foreignObject/></svg>`, head + `<x:foreignObject xmlns:x="http://www.w3.org/2000/svg"/></svg>`, head + `<x:animate xmlns:x="http://www.w3.org/2000/svg" attributeName="href" to="a"/></svg>`, head + `<set/></svg>`,
		`<!DOCTYPE svg [<!ATTLIST svg onload CDATA "a()">]>` + head + `</svg>`, `<!DOCTYPE svg [<!ENTITY a "b">]>` + head + `</svg>`, `<?xml-stylesheet href="a.xsl" type="text/xsl"?>` + head + `</svg>`,
		wide, `<?xml version="1.0" encoding="UTF-7"?>` + head + `</svg>`, `<?xml version="1.0" encoding="x-user-defined"?>` + head + `</svg>`,
		head + "<g></svg>", head + "<g a=b/></svg>", head, head + "&nbsp;</svg>", head + "\xff</svg>",
	} {
		if activeSVG([]byte(s)) == "" {
			t.Errorf("nothing is said of %q", s)
		}
	}
	for _, s := range []string{
		head + `<a href="https://example.org/"><text>x &amp; y</text></a><a href="#b"/><style>.a{fill:red}</style><image href="data:image/png;base64,x"/></svg>`, "\ufeff" + head + "</svg>",
		`<?xml version="1.0" encoding="UTF-8" standalone="no"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">` + head + `<title>On: click</title></svg>`,
		`<?xml version="1.0" encoding="iso-8859-1"?>` + head + "<text>caf\xe9</text></svg>", `<?xml version="1.0" encoding="windows-1252"?>` + head + "<text>\x93caf\xe9\x94</text></svg>",
		`<svg xmlns="http://www.w3.org/2000/svg" xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" xmlns:cc="http://creativecommons.org/ns#"><sodipodi:namedview sodipodi:only="a" id="b"/><metadata><cc:Work/></metadata><?xpacket begin="x"?><!-- a --><![CDATA[b]]></svg>`,
	} {
		if why := activeSVG([]byte(s)); why != "" {
			t.Errorf("of %q it is said that %s", s, why)
		}
	}
	for _, dir := range []string{"../../content", "../../layouts"} { // what people drew
		err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(p, ".svg") {
				return err
			}
			text, err := os.ReadFile(p)
			if why := activeSVG(text); why != "" {
				t.Errorf("of %s it is said that %s", p, why)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
