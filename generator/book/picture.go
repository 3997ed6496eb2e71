package book

import (
	"bytes"
	"encoding/xml"
	"image"
	_ "image/gif"  // the formats whose size
	_ "image/jpeg" // a page gives, so that
	_ "image/png"  // nothing shifts while they load
	"io"
	"path"
	"strconv"
	"strings"

	"playbook/generator/source"
)

// maxPictureHead bounds what is read of a picture to learn its size; JPEGs may
// carry large profiles before it.
const maxPictureHead = 256 << 10

// pictureSize returns the size in CSS pixels, 0, 0 when it cannot be told. WebP
// and AVIF are left to the browser.
func pictureSize(files *source.Tree, name string) (w, h int) {
	ext := strings.ToLower(path.Ext(name))
	switch ext {
	case ".png", ".jpg", ".jpeg", ".gif", ".svg":
	default:
		return 0, 0
	}
	f, err := files.Open(name)
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	if ext == ".svg" {
		return svgSize(f)
	}
	c, _, err := image.DecodeConfig(io.LimitReader(f, maxPictureHead))
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > 1<<20 || c.Height > 1<<20 {
		return 0, 0
	}
	return c.Width, c.Height
}

func svgSize(r io.Reader) (w, h int) {
	head, err := io.ReadAll(io.LimitReader(r, 16<<10))
	if err != nil {
		return 0, 0
	}
	d := xml.NewDecoder(bytes.NewReader(head))
	d.Strict = false
	for {
		t, err := d.Token()
		if err != nil {
			return 0, 0
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		if e.Name.Local != "svg" {
			return 0, 0
		}
		var box []string
		for _, a := range e.Attr {
			switch a.Name.Local {
			case "width":
				w = pixels(a.Value)
			case "height":
				h = pixels(a.Value)
			case "viewBox":
				box = strings.FieldsFunc(a.Value, func(r rune) bool { return r == ' ' || r == ',' })
			}
		}
		if (w == 0 || h == 0) && len(box) == 4 {
			w, h = pixels(box[2]), pixels(box[3])
		}
		if w == 0 || h == 0 {
			return 0, 0
		}
		return w, h
	}
}

func pixels(s string) int {
	f, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(s), "px"), 64)
	if err != nil || !(f >= 1 && f < 1<<20) {
		return 0
	}
	return int(f + 0.5)
}
