package objectstore_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"playbook/generator/cli"
	"playbook/generator/publish/objectstore"
)

// TestCommand publishes to a bucket, back and again, as a team does.
func TestCommand(t *testing.T) {
	t.Parallel()
	endpoint, bucket, credentials, secret, keys := objectstore.Store(t)
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var all strings.Builder
	play := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		std := cli.Stdio{In: strings.NewReader(""), Out: &out, Err: &out, LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now}
		if code := cli.Main(append(args, "-s", dir), std, os.DirFS("../../../layouts")); code != want {
			t.Fatalf("playbook %v: exit %d, want %d\n%s", args, code, want, out.String())
		}
		all.Write(out.Bytes())
		return out.String()
	}
	says := func(out, want string) {
		t.Helper()
		if !strings.Contains(out, want) {
			t.Errorf("it says %q, and not %q", out, want)
		}
	}
	target := func(name, bucket, credentials string) string {
		return fmt.Sprintf("[targets.%s]\nbucket = %q\nendpoint = %q\nprefix = \"book\"\nregion = \"us-east-1\"\ncredentials = %q\n", name, bucket, endpoint, credentials)
	}
	bad := filepath.Join(dir, "wrong-keys")
	write("wrong-keys", "[default]\naws_access_key_id = AKIATESTTESTTESTTEST\naws_secret_access_key = another-"+secret+"\n")
	write("playbook.toml", target("store", bucket, credentials)+"default = true\n"+target("elsewhere", "not-there", credentials)+target("stranger", bucket, bad))
	write("content/index.md", "# Home\n\nFront one\n")
	play(0, "build", "-q")

	empty := keys()
	says(play(2, "publish"), "--first")
	says(play(2, "publish", "elsewhere", "--first"), "no bucket")
	says(play(2, "publish", "stranger", "--first"), "secret key wrong")
	if got := keys(); !maps.Equal(got, empty) {
		t.Errorf("what was refused left %v", got)
	}
	says(play(0, "publish", "--first", "--dry-run"), "+ index.html")
	if got := keys(); !maps.Equal(got, empty) {
		t.Errorf("a dry run left %v", got)
	}
	says(play(0, "publish", "--first"), "release ")
	says(play(0, "publish"), "is this site already")
	one := keys()["book/index.html"]
	write("content/index.md", "# Home\n\nFront two\n")
	play(0, "build", "-q")
	says(play(0, "publish", "-n"), "~ index.html")
	says(play(0, "publish"), "release ")
	if two := keys()["book/index.html"]; one == "" || two == one {
		t.Errorf("readers see %q, as before %q", two, one)
	}
	if n := strings.Count(play(0, "publish", "--releases"), "files"); n != 2 {
		t.Errorf("%d releases", n)
	}
	says(play(0, "publish", "--verify"), "0 differ")
	says(play(0, "publish", "--rollback"), "is in service again")
	if got := keys()["book/index.html"]; got != one {
		t.Errorf("after the way back readers see %q, want %q", got, one)
	}
	says(play(2, "publish", "--rollback=20200101T000000Z-00000000"), "no release")
	if strings.Contains(all.String(), secret) {
		t.Error("the secret is told")
	}
}
