package torture

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestSurroundings builds the sample in many surroundings: the same bytes come
// out of all.
func TestSurroundings(t *testing.T) {
	files := map[string][]byte{"playbook.toml": nil}
	for p, text := range contents(t, "../../content") {
		files["content/"+p] = text
	}
	if !*whole {
		files = map[string][]byte{"playbook.toml": nil}
		for p, text := range small {
			files[p] = []byte(text)
		}
	} else {
		text, err := os.ReadFile("../../playbook.toml")
		must(t, err)
		files["playbook.toml"] = append(text, "\n"...)
	}
	names := slices.Sorted(maps.Keys(files))
	zones := []string{"UTC", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu", "/nowhere"}
	locales := []string{"C", "de_DE.UTF-8", "tr_TR.UTF-8", "ja_JP.eucJP", "nonsense"}
	procs := []string{"1", "2", "7"}
	gcs := []string{"", "off", "25", "800"}
	homes := []string{"/nonexistent", "", "HERE"}
	umasks := []int{0o022, 0o077, 0, 0o002}
	var mu sync.Mutex
	var first string
	var want map[string]string
	each(t, sample(60, 3), func(i int) {
		table.combinations.add(1)
		dice := rand.New(rand.NewPCG(uint64(*seed), uint64(i)))
		dir := filepath.Join(scratch(), fmt.Sprint("around", i), []string{"site", "a site", "söte-ü", "x/y/z"}[i%4])
		defer release(filepath.Join(scratch(), fmt.Sprint("around", i)))
		must(t, os.MkdirAll(dir, 0o755))
		order := dice.Perm(len(names)) // files are made in another order, with other times
		for _, n := range order {
			p := filepath.Join(dir, filepath.FromSlash(names[n]))
			must(t, os.MkdirAll(filepath.Dir(p), 0o755))
			must(t, os.WriteFile(p, files[names[n]], 0o644))
			at := time.Unix(dice.Int64N(4e9), dice.Int64N(1e9))
			must(t, os.Chtimes(p, at, at))
		}
		home := homes[i%len(homes)]
		if home == "HERE" {
			home = dir
		}
		env := []string{"PATH=" + os.Getenv("PATH"), "TZ=" + zones[i%len(zones)], "LANG=" + locales[(i/2)%len(locales)], "LC_ALL=" + locales[(i/2)%len(locales)], "GOMAXPROCS=" + procs[(i/3)%len(procs)], "HOME=" + home,
			fmt.Sprintf("USER=u%d", i), "TERM=" + []string{"dumb", "xterm-256color", ""}[i%3], "COLUMNS=" + fmt.Sprint(20+i), "CLICOLOR_FORCE=" + []string{"", "1"}[i%2], "TMPDIR=" + []string{os.TempDir(), "/nonexistent"}[i/2%2], "GIT_DIR=/nonexistent", "HOSTNAME=" + fmt.Sprint(i)}
		if gc := gcs[(i/5)%len(gcs)]; gc != "" {
			env = append(env, "GOGC="+gc)
		}
		p := process{env: env}
		args := []string{"build", "-q"}
		if i%2 == 0 {
			args = append(args, "--as-of", asOf)
		} else {
			p.env = append(p.env, "SOURCE_DATE_EPOCH=1795435200") // noon of the same day
		}
		out := filepath.Join(dir, "public")
		switch i % 5 {
		case 0:
			p.dir = dir
		case 1:
			args = append(args, "-s", dir)
		case 2:
			p.dir = filepath.Dir(dir)
			args = append(args, "-s", filepath.Base(dir))
		case 3:
			p.dir = filepath.Join(dir, "content")
			args = append(args, "-s", "..")
		case 4:
			out = filepath.Join(filepath.Dir(dir), "elsewhere")
			args = append(args, "-s", dir+"/.", "-d", out)
		}
		if i%7 == 3 {
			args = append(args, "--no-cache")
		}
		if runtime.GOOS == "linux" {
			p.shim = &shimOrder{Umask: umasks[(i/4)%len(umasks)]}
		}
		o := p.run(args...)
		if o.code != 0 {
			bad(t, &table.codes, "surroundings %v: the status is %d: %s", env, o.code, brief(o.err, 800))
			return
		}
		if i%6 == 1 { // once more, over what is there
			o = p.run(args...)
		}
		is := map[string]string{}
		for p, text := range contents(t, out) {
			is[p] = fmt.Sprintf("%x", sha256.Sum256(text))
		}
		mu.Lock()
		defer mu.Unlock()
		if want == nil {
			want, first = is, fmt.Sprint(env, args)
		} else if d := difference(want, is); d != "" || len(is) == 0 {
			bad(t, &table.differing, "%s\nin %v %v\nagainst %s", d, env, args, first)
		}
	})
}
