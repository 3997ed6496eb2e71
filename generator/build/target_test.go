package build

import (
	"strings"
	"testing"
)

// TestSecretsUnseen: whatever else is wrong with a configuration, what looks like
// a secret is refused, and shown nowhere.
func TestSecretsUnseen(t *testing.T) {
	for _, src := range []string{
		"[targets.a]\ndirectory = \"x\"\npassword = \"hunter2\"\n",
		"[targets.a]\ndirectory = \"x\"\n\"api-key\" = '''\nhunter2\nhunter2'''\n",
		"targets.a.secret_access_key = \"hunter2\"\ntargets.a.directory = \"x\"\n",
		"[targets]\na = { directory = \"x\", token = \"hunter2\" }\n",
		"[targets.a]\nssh_password = \"hunter2\"\n",
	} {
		_, diags := ParseConfig("playbook.toml", []byte(src))
		told := false
		for _, d := range diags {
			told = told || d.Rule == "config-secret"
			if strings.Contains(d.Msg+d.Hint, "hunter2") {
				t.Errorf("%q: %+v", src, d)
			}
		}
		if !told {
			t.Errorf("%q: nothing is said of a secret: %v", src, diags)
		}
		if shown := string(unseen([]byte(src), diags)); strings.Contains(shown, "hunter2") || !strings.Contains(shown, "targets") || strings.Count(shown, "\n") != strings.Count(src, "\n") {
			t.Errorf("%q is shown as %q", src, shown)
		}
	}
}
