package objectstore

import (
	"bytes"
	"compress/gzip"
	"path"
	"strings"

	"playbook/generator/source"
)

// headers are what an object is served with.
type headers struct{ typ, encoding, cache string }

// types are those of what a site is made of; the system's table is not asked,
// since it differs from machine to machine.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".json": "application/json", ".webmanifest": "application/manifest+json", ".map": "application/json", ".wasm": "application/wasm",
	".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8", ".ics": "text/calendar; charset=utf-8",
	".vcf": "text/vcard; charset=utf-8", ".xml": "application/xml; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".avif": "image/avif", ".ico": "image/x-icon", ".woff2": "font/woff2", ".woff": "font/woff", ".ttf": "font/ttf", ".otf": "font/otf",
	".pdf": "application/pdf", ".zip": "application/zip", ".gz": "application/gzip",
	".mp4": "video/mp4", ".webm": "video/webm", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".wav": "audio/wav", ".vtt": "text/vtt; charset=utf-8",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt":  "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet", ".odp": "application/vnd.oasis.opendocument.presentation",
}

// contentType is the type a file is served as.
func contentType(name string) string {
	switch path.Base(name) {
	case "feed.xml":
		return "application/atom+xml; charset=utf-8"
	}
	if t := types[strings.ToLower(path.Ext(name))]; t != "" {
		return t
	}
	return "application/octet-stream"
}

// headersOf are the headers of a file. What is named after its content is kept
// by browsers for ever; of all else they ask each time whether it is still so,
// which costs an answer without a body.
func headersOf(f s3File) headers {
	h := headers{typ: contentType(f.Path), cache: "no-cache"}
	if fingerprinted(f.Path, f.Digest) {
		h.cache = "max-age=31536000, immutable"
	}
	if f.gzip {
		h.encoding = "gzip"
	}
	return h
}

// fingerprinted reports whether the name of a file holds the beginning of its
// digest, as those of layouts' assets do: style.eee41fdaa4.css. Nothing else
// can ever be at that path.
func fingerprinted(name string, d source.Digest) bool {
	parts := strings.Split(path.Base(name), ".")
	sum := d.String()
	for _, p := range parts[min(1, len(parts)):] {
		if len(p) >= 8 && strings.HasPrefix(sum, p) {
			return true
		}
	}
	return false
}

// page reports whether a file is one that readers open, as opposed to those that
// pages load.
func page(name string) bool { return path.Ext(name) == ".html" }

// entrance reports whether a file is one from which readers and their programs
// find the others: what must not name a page before it is there.
func entrance(name string) bool {
	switch path.Base(name) {
	case "feed.xml", "sitemap.xml", "robots.txt":
		return true
	}
	return name == "index.html" || name == "404.html"
}

// squeezable reports whether a file of that size is kept compressed if files are.
// What is compressed in itself and what hardly fills a packet is not.
func squeezable(name string, size int64) bool {
	const least = 1 << 10
	t := contentType(name)
	return size >= least && size <= s3InMemory && (strings.HasPrefix(t, "text/") || t == "image/svg+xml" || strings.HasPrefix(t, "application/json") || strings.Contains(t, "+xml") && !strings.Contains(t, "openxml") || strings.HasPrefix(t, "application/xml") || t == "application/wasm")
}

// squeeze compresses data. Equal data give equal bytes.
func squeeze(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}
