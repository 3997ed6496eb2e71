package render

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/language"

	"playbook/generator/book"
)

// Canonical returns the page's whole address, "" where it is not known where the
// site lies.
func (v *View) Canonical() string {
	site := v.Site()
	switch c := v.self().Card; {
	case site.BaseURL == "":
	case v.tag != "":
		return wholeURL(site, "tags/"+v.tag+"/")
	case v.id != "" && v.part < 2:
		return wholeURL(site, c.URL)
	}
	return ""
}

// Twin returns the address of the page's Markdown, "" if there is none.
func (v *View) Twin() string {
	if v.id == "" || v.Site().Outputs.NoMarkdown {
		return ""
	}
	url := v.self().Card.URL
	if strings.HasSuffix(url, "/") {
		url += "index.html"
	}
	return twinName(url)
}

// Locale returns the page's language as link previews want it, "en_US": a
// language without a region has the one it is most spoken in. It is "" for what
// is no language.
func (v *View) Locale() string {
	tag, err := language.Parse(v.Lang())
	if err != nil {
		return ""
	}
	base, _ := tag.Base()
	region, _ := tag.Region()
	if len(region.String()) != 2 || base.String() == "und" {
		return ""
	}
	return base.String() + "_" + region.String()
}

// previewName is the picture of a section or the site for link previews.
const previewName = "preview.png"

// Preview returns the whole address of the picture that a link preview of the
// page shows, that of its section: "" where there is none.
func (v *View) Preview() string {
	site := v.Site()
	if site.BaseURL == "" || site.Outputs.NoPreviews {
		return ""
	}
	c := v.self().Card
	top, _, _ := strings.Cut(c.ID, "/")
	if v.id == "" || c.ID == book.HomeID || c.Section == "" && !c.IsSection {
		return wholeURL(site, previewName)
	}
	if way := v.Breadcrumbs(); len(way) > 1 {
		return wholeURL(site, strings.TrimSuffix(way[1].URL, "index.html")+previewName)
	} else if c.IsSection && top == c.ID {
		return wholeURL(site, strings.TrimSuffix(c.URL, "index.html")+previewName)
	}
	return wholeURL(site, previewName)
}

// previewFragment names the picture for what stands on it, which is all that it
// is made of: while that is the same, nothing is drawn again.
func previewFragment(accent, site, title, text string) string {
	return "preview/" + strings.Join([]string{accent, site, title, text}, "\x00")
}

// previewOf returns the picture of a top section, of the site where id is "".
func previewOf(v *View, id string) []byte {
	site := v.Site()
	title, text := site.Title, site.Description
	if id != "" {
		if c := v.CardOf(id); c != nil {
			if title, text = c.Title, c.Summary; text == "" {
				for _, k := range v.Kinds() {
					if k.Section == id {
						text = k.Description
					}
				}
			}
		}
	}
	return v.r.Fragment(previewFragment(site.Accent, site.Title, title, text))
}

// The picture's size in pixels is what those who show previews ask for.
const (
	previewWide = 1200
	previewHigh = 630
	previewEdge = 80
)

// drawPreview draws the picture that previewFragment named. Text in a script that
// the font does not have is left out, so that no boxes stand in its place.
func drawPreview(arg string) []byte {
	part := append(strings.Split(arg, "\x00"), "", "", "", "")
	accent := rgbOf(part[0])
	paper := color.RGBA{251, 250, 247, 255}
	p := &preview{img: image.NewPaletted(image.Rect(0, 0, previewWide, previewHigh), nil), mask: image.NewAlpha(image.Rect(0, 0, previewWide, previewHigh))}
	for _, ink := range []color.RGBA{accent, {28, 32, 36, 255}, {92, 98, 104, 255}} {
		for i := range shades {
			p.img.Palette = append(p.img.Palette, mix(paper, ink, float64(i)/(shades-1)))
		}
	}
	draw.Draw(p.img, image.Rect(0, 0, 24, previewHigh), image.NewUniform(p.img.Palette[shades-1]), image.Point{}, draw.Src)
	draw.Draw(p.img, image.Rect(previewEdge, 168, previewEdge+96, 174), image.NewUniform(p.img.Palette[shades-1]), image.Point{}, draw.Src)
	title := part[2]
	if part[1] != title {
		p.write(gobold.TTF, part[1], 38, 0, 128, 1)
	}
	y := p.write(gobold.TTF, title, 76, 1, 280, 3)
	p.write(goregular.TTF, part[3], 34, 2, y+14, 2)
	var out bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if e.Encode(&out, p.img) != nil {
		return nil // into memory, so it cannot fail
	}
	return out.Bytes()
}

// shades are the steps from paper to an ink.
const shades = 32

type preview struct {
	img  *image.Paletted
	mask *image.Alpha
}

// write sets a text in lines of at most the picture's width, the first with its
// foot at y, and returns where the next would have its foot.
func (p *preview) write(ttf []byte, text string, size float64, ink, y, lines int) int {
	f, err := opentype.Parse(ttf)
	if err != nil {
		return y
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return y
	}
	defer face.Close()
	words := strings.Fields(text)
	if len(words) == 0 || !hasGlyphs(f, text) {
		return y
	}
	const room = previewWide - 2*previewEdge
	fits := func(s string) bool { return font.MeasureString(face, s).Ceil() <= room }
	var set []string
	for _, w := range words {
		if !fits(w) { // longer than a line
			for w != "" && !fits(w+"…") {
				w = shorter(w)
			}
			w += "…"
		}
		switch n := len(set); {
		case n > 0 && fits(set[n-1]+" "+w):
			set[n-1] += " " + w
		case n == lines:
			for s := set[n-1]; ; s = shorter(s) {
				if s == "" || fits(s+"…") {
					set[n-1] = strings.TrimRight(s, " ,;:") + "…"
					break
				}
			}
			words = nil
		default:
			set = append(set, w)
		}
		if words == nil {
			break
		}
	}
	d := font.Drawer{Dst: p.mask, Src: image.Opaque, Face: face}
	for _, s := range set {
		clear(p.mask.Pix)
		d.Dot = fixed.P(previewEdge, y)
		d.DrawString(s)
		for i, a := range p.mask.Pix {
			if a > 0 {
				p.img.Pix[i] = uint8(ink*shades + int(a)*(shades-1)/255)
			}
		}
		y += int(size * 1.2)
	}
	return y
}

// shorter cuts the last character off.
func shorter(s string) string {
	_, n := utf8.DecodeLastRuneInString(s)
	return s[:len(s)-n]
}

func hasGlyphs(f *opentype.Font, s string) bool {
	var b sfnt.Buffer
	for _, r := range s {
		if n, err := f.GlyphIndex(&b, r); r != ' ' && (err != nil || n == 0) {
			return false
		}
	}
	return true
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + (float64(y)-float64(x))*t)) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

// rgbOf returns an accent colour written as #rgb, #rrggbb, rgb() or oklch(); the
// theme's own for all others.
func rgbOf(s string) color.RGBA {
	own := color.RGBA{15, 92, 99, 255}
	if h, ok := strings.CutPrefix(s, "#"); ok {
		if len(h) == 3 || len(h) == 4 {
			h = string([]byte{h[0], h[0], h[1], h[1], h[2], h[2]})
		}
		if len(h) < 6 {
			return own
		}
		n, err := strconv.ParseUint(h[:6], 16, 32)
		if err != nil {
			return own
		}
		return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}
	}
	name, args, ok := strings.Cut(strings.TrimSuffix(s, ")"), "(")
	if !ok {
		return own
	}
	var n []float64
	for _, f := range strings.FieldsFunc(args, func(r rune) bool { return r == ' ' || r == ',' || r == '/' }) {
		x, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSuffix(f, "%"), "deg"), 64)
		if err != nil {
			return own
		}
		if strings.HasSuffix(f, "%") {
			x /= 100
			if name == "rgb" {
				x *= 255
			}
		}
		n = append(n, x)
	}
	if len(n) < 3 {
		return own
	}
	byteOf := func(x float64) uint8 { return uint8(math.Round(255 * min(max(x, 0), 1))) }
	switch name {
	case "rgb":
		return color.RGBA{byteOf(n[0] / 255), byteOf(n[1] / 255), byteOf(n[2] / 255), 255}
	case "oklch": // Björn Ottosson's matrices
		a, b := n[1]*math.Cos(n[2]*math.Pi/180), n[1]*math.Sin(n[2]*math.Pi/180)
		l, m, s := n[0]+0.3963377774*a+0.2158037573*b, n[0]-0.1055613458*a-0.0638541728*b, n[0]-0.0894841775*a-1.2914855480*b
		l, m, s = l*l*l, m*m*m, s*s*s
		gamma := func(x float64) uint8 {
			if x <= 0.0031308 {
				return byteOf(12.92 * x)
			}
			return byteOf(1.055*math.Pow(x, 1/2.4) - 0.055)
		}
		return color.RGBA{gamma(4.0767416621*l - 3.3077115913*m + 0.2309699292*s), gamma(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s), gamma(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s), 255}
	}
	return own
}
