package browser_test

import (
	"fmt"
	"testing"
)

// TestWhatIf plays a rep who asks what a better conversion would change: the
// figures are those of the plan at first, follow what is typed, and come back.
func TestWhatIf(t *testing.T) {
	t.Parallel()
	b := browse(t, 1100, 900)
	b.open("file://" + public(t) + "/" + page)
	out := func(n int) string {
		return fmt.Sprintf(`document.querySelectorAll(".what-if output")[%d].textContent`, n)
	}
	set := func(name, value string) {
		b.js(`(() => { const i = document.querySelector(".what-if [name=` + name + `]"); i.value = "` + value + `"; i.dispatchEvent(new Event("input", {bubbles: true})) })()`)
	}
	b.until(out(0), "529,000")
	b.until(out(1), "6")
	b.until(out(2), "20")
	// 1,900,000 - 240,000 - 3,900,000 x 0.35 = 295,000: four orders, or nine opportunities.
	set("conversion", "0.35")
	b.until(out(0), "295,000")
	b.until(out(1), "4")
	b.until(out(2), "9")
	// Nothing closes: what cannot be known is no number.
	set("conversion", "0")
	b.until(out(0), "1,660,000")
	b.until(out(2), "–")
	set("target", "")
	b.until(out(0), "–")
	b.js(`document.querySelector(".what-if [type=reset]").click()`)
	b.until(out(0), "529,000")
	b.until(out(2), "20")
	b.shot("what-if")

	// Without scripts the plan's own figures stand alone.
	if got := b.js(`document.querySelector(".what-if").hasAttribute("hidden")`); got != "false" {
		t.Errorf("the form is hidden: %s", got)
	}
}
