package picture

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// looks finds what a reader would stumble over: text below 12 pixels, text or
// links too pale, whatever sticks out of the page, drawn text that leaves its
// drawing or runs into the next, and the policy's complaints.
const looks = `(() => {
	const bad = [], width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > width) bad.push("the page scrolls sideways: " + document.documentElement.scrollWidth);
	const cv = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const rgb = c => { cv.clearRect(0, 0, 1, 1); cv.fillStyle = c; cv.fillRect(0, 0, 1, 1); return [...cv.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => v / 255) };
	const known = new Map(), lum = c => { if (!known.has(c)) known.set(c, light(c)); return known.get(c) };
	const light = c => rgb(c).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
	const paper = lum(getComputedStyle(document.documentElement).backgroundColor);
	const name = (f, e) => f.querySelector(".pic-title").textContent + ": " + e.tagName + "." + e.getAttribute("class") + " " + e.textContent.slice(0, 30);
	for (const f of document.querySelectorAll(".pic")) {
		for (const e of f.querySelectorAll("*")) {
			if (e.closest(".sr") || e.matches("title, desc") || !e.checkVisibility({contentVisibilityAuto: true})) continue;
			const own = [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()), r = e.getBoundingClientRect(), s = getComputedStyle(e);
			if (own && parseFloat(s.fontSize) < 12) bad.push(name(f, e) + " is set in " + s.fontSize);
			if (own) {
				const c = lum(e.matches("text") ? s.fill : s.color), ratio = (Math.max(c, paper) + .05) / (Math.min(c, paper) + .05);
				if (ratio < 4.5) bad.push(name(f, e) + " has a contrast of " + ratio.toFixed(2));
			}
			if (r.right > width + 1 && !e.closest(".pic-scroll")) bad.push(name(f, e) + " ends at " + r.right);
			if (e.matches("text")) {
				const b = e.ownerSVGElement.getBoundingClientRect();
				if (r.left < b.left - 4 || r.right > b.right + 4 || r.top < b.top - 4 || r.bottom > b.bottom + 4) bad.push(name(f, e) + " leaves its drawing");
			}
			if (e.tagName == "rect" && !e.matches(".pic-aim, .pic-zero, .pic-rule, .pic-now")) {
				const b = e.ownerSVGElement.getBoundingClientRect();
				if (r.left < b.left - 1 || r.right > b.right + 1) bad.push(name(f, e) + " leaves its drawing");
			}
		}
		for (const svg of f.querySelectorAll("svg")) {
			const t = [...svg.querySelectorAll(":scope > text")].map(e => [e, e.getBoundingClientRect()]);
			for (let i = 0; i < t.length; i++) for (let j = i + 1; j < t.length; j++) {
				const a = t[i][1], b = t[j][1];
				if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4) bad.push(name(f, t[i][0]) + " runs into " + t[j][0].textContent);
			}
		}
	}
	return bad.join("\n");
})()`

// TestLooks opens all pictures, with the theme's style sheet, in a browser: wide
// and as narrow as a phone, light and dark.
func TestLooks(t *testing.T) {
	browser := chromium(t)
	dir := t.TempDir()
	var all, few strings.Builder
	for _, c := range cases(t) {
		if strings.HasPrefix(c.name, "cascade-many") {
			continue // three thousand lines look like thirty
		}
		s, err := render(t, c.text)
		if err != nil {
			t.Fatal(err)
		}
		s = strings.ReplaceAll(s, "/~pb~/", "./")
		all.WriteString(s)
		if !strings.Contains(c.name, "many") {
			few.WriteString(s)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.UserDataDir(t.TempDir()))...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	for theme, page := range map[string]string{"light": all.String(), "dark": few.String()} {
		writeGallery(t, dir, page)
		for _, width := range []int64{1280, 390} {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate("file://"+filepath.Join(dir, theme+".html"))); err != nil {
				t.Fatal(err)
			}
			seen, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll(".pic svg").length`))
			if err != nil || seen < 150 {
				t.Fatalf("%d drawings: %v", seen, err)
			}
			bad, err := chromedp.Run(ctx, chromedp.Evaluate[string](looks))
			if err != nil {
				t.Fatal(err)
			}
			if bad != "" {
				t.Errorf("%s, %d wide:\n%s", theme, width, head(bad, 3000))
			}
		}
	}
}

// chromium returns where the browser is. On a machine that exists to test there
// is no excuse for not having it.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	if os.Getenv("CI") != "true" {
		t.Skip("NOT TESTED IN A BROWSER: chromium is not installed")
	}
	t.Fatal("chromium is not installed, and without it nobody looks at the pictures")
	return ""
}
