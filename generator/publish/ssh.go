package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/kevinburke/ssh_config"
	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

const (
	dialTimeout = 15 * time.Second
	aliveEvery  = 15 * time.Second // a connection that says nothing for twice as long is dead
	sshWorkers  = 32
)

// openSSH opens a folder of another machine.
func openSSH(ctx context.Context, t Target, env Env) (Host, error) {
	l := lineTo(t, env)
	where := l.alias + ":" + t.Directory
	client, err := l.dial(ctx, t, env)
	if err != nil {
		return nil, err
	}
	f, err := newRemote(client, t)
	if err != nil {
		return nil, errors.Join(&Failure{Msg: where + ": the machine offers no SFTP: " + clean(err.Error()), Hint: `let sshd have "Subsystem sftp internal-sftp"`, Err: err}, client.Close())
	}
	if it, err := f.stat("."); err != nil || !it.dir {
		f.Close()
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil, refuse("make it, empty", "[targets.%s]: there is no folder %s", t.Name, where)
		}
		return nil, &Failure{Msg: where + " cannot be opened: " + clean(err.Error()), Hint: "see who may read and write there", Err: err}
	}
	return &folderHost{f: f, t: t, env: env, where: where}, nil
}

// line is how a machine is reached.
type line struct {
	alias, user, host, port string
	keys, known             []string
}

// lineTo reads [USER@]HOST[:PORT], and what ~/.ssh/config says of that host.
func lineTo(t Target, env Env) line {
	l := line{alias: t.SSH}
	if user, rest, ok := strings.Cut(l.alias, "@"); ok {
		l.user, l.alias = user, rest
	}
	if host, port, err := net.SplitHostPort(l.alias); err == nil {
		l.alias, l.port = host, port
	}
	l.host = l.alias
	var config *ssh_config.Config
	if f, err := os.Open(env.file("~/.ssh/config")); err == nil {
		config, _ = ssh_config.Decode(f) // one that cannot be read says nothing
		f.Close()
	}
	get := func(key string) string {
		if config == nil {
			return ""
		}
		v, _ := config.Get(l.alias, key)
		return v
	}
	if v := get("HostName"); v != "" {
		l.host = strings.ReplaceAll(v, "%h", l.alias)
	}
	own, _ := env.LookupEnv("USER")
	l.user = cmp.Or(l.user, get("User"), own)
	l.port = cmp.Or(l.port, get("Port"), "22")
	if t.Key != "" {
		l.keys = []string{env.file(t.Key)}
	} else {
		if v := get("IdentityFile"); v != "" {
			l.keys = append(l.keys, env.file(v))
		}
		for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
			l.keys = append(l.keys, env.file("~/.ssh/"+name))
		}
	}
	switch {
	case t.KnownHosts != "":
		l.known = []string{env.file(t.KnownHosts)}
	case get("UserKnownHostsFile") != "":
		for _, name := range strings.Fields(get("UserKnownHostsFile")) {
			l.known = append(l.known, env.file(name))
		}
	default:
		l.known = []string{env.file("~/.ssh/known_hosts"), "/etc/ssh/ssh_known_hosts"}
	}
	return l
}

// dial connects and proves who is who.
func (l line) dial(ctx context.Context, t Target, env Env) (*ssh.Client, error) {
	var files []string
	for _, name := range l.known {
		if _, err := os.Stat(name); err == nil {
			files = append(files, name)
		} else if t.KnownHosts != "" {
			return nil, refuse("", "[targets.%s]: the file known_hosts names, %s, cannot be read", t.Name, t.KnownHosts)
		}
	}
	check, err := knownhosts.New(files...)
	if err != nil {
		return nil, refuse("mend that line, or remove it", "[targets.%s]: a file with the keys of hosts cannot be read: %v", t.Name, err)
	}
	addr := net.JoinHostPort(l.host, l.port)
	methods, signers, closing := l.methods(t, env)
	defer closing()
	if len(methods) == 0 {
		return nil, refuse(`start an agent, or name a key without a passphrase with "key"`, "[targets.%s]: there is no key to log in to %s with", t.Name, l.alias)
	}
	var trouble error // with the host's key, which must not be lost among others
	config := &ssh.ClientConfig{User: l.user, Auth: methods, Timeout: dialTimeout, HostKeyAlgorithms: known(check, addr),
		HostKeyCallback: func(name string, remote net.Addr, key ssh.PublicKey) error {
			err := check(name, remote, key)
			var unknown *knownhosts.KeyError
			switch {
			case errors.As(err, &unknown) && len(unknown.Want) == 0:
				trouble = refuse(fmt.Sprintf("if the host's administrator confirms that fingerprint, connect once with ssh -p %s %s@%s and say yes", l.port, l.user, l.host),
					"the key of host %s is not known: %s %s", l.alias, key.Type(), ssh.FingerprintSHA256(key))
			case errors.As(err, &unknown):
				trouble = refuse("somebody may be in between: ask the host's administrator before you change "+unknown.Want[0].Filename,
					"the key of host %s is not the one that is known: it is now %s %s", l.alias, key.Type(), ssh.FingerprintSHA256(key))
			case err != nil:
				trouble = refuse("", "the key of host %s is refused: %v", l.alias, err)
			}
			return err
		}}
	d := net.Dialer{Timeout: dialTimeout, KeepAlive: aliveEvery}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, &Failure{Msg: fmt.Sprintf("%s cannot be reached: %v", l.alias, err), Hint: "see whether the machine is up, and the network", Err: err}
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * dialTimeout)); err != nil {
		return nil, err
	}
	c, chans, reqs, err := ssh.NewClientConn(conn, addr, config)
	if err != nil {
		stop()
		conn.Close()
		switch {
		case trouble != nil:
			return nil, trouble
		case strings.Contains(err.Error(), "unable to authenticate"):
			return nil, refuse("see that the user is right and the key is in its authorized_keys", "%s does not let %s in with %s", l.alias, l.user, signers)
		}
		return nil, &Failure{Msg: fmt.Sprintf("%s: %s", l.alias, clean(err.Error())), Hint: "run the command again when the machine is well", Err: err}
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	client := ssh.NewClient(c, chans, reqs)
	go watch(client)
	return client, nil
}

// watch ends a connection that answers no more.
func watch(c *ssh.Client) {
	ended := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(ended)
	}()
	for {
		select {
		case <-ended:
			return
		case <-time.After(aliveEvery):
		}
		late := time.AfterFunc(aliveEvery, func() { c.Close() })
		_, _, err := c.SendRequest("keepalive@openssh.com", true, nil)
		late.Stop()
		if err != nil {
			return
		}
	}
}

// known returns the sorts of keys that are known of a host, so that it shows one
// of these and not another that nobody has seen.
func known(check ssh.HostKeyCallback, addr string) (algorithms []string) {
	host, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	err := check(addr, &net.TCPAddr{IP: net.ParseIP(host), Port: n}, nobodysKey{})
	var e *knownhosts.KeyError
	if !errors.As(err, &e) {
		return nil
	}
	for _, k := range e.Want {
		switch typ := k.Key.Type(); typ {
		case ssh.KeyAlgoRSA:
			algorithms = append(algorithms, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		default:
			algorithms = append(algorithms, typ)
		}
	}
	return algorithms
}

type nobodysKey struct{}

func (nobodysKey) Type() string                        { return "none" }
func (nobodysKey) Marshal() []byte                     { return []byte("none") }
func (nobodysKey) Verify([]byte, *ssh.Signature) error { return errors.New("nobody's key") }

// methods are the ways to log in: the agent's keys, then those of files. what
// names them for people.
func (l line) methods(t Target, env Env) (out []ssh.AuthMethod, what string, closing func()) {
	var signers []ssh.Signer
	var names []string
	closing = func() {}
	if socket, ok := env.LookupEnv("SSH_AUTH_SOCK"); ok && socket != "" && t.Key == "" {
		if conn, err := net.DialTimeout("unix", socket, dialTimeout); err == nil {
			closing = func() { conn.Close() }
			if keys, err := agent.NewClient(conn).Signers(); err == nil && len(keys) > 0 {
				signers, names = append(signers, keys...), append(names, "the agent's keys")
			}
		}
	}
	for _, name := range l.keys {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		key, err := ssh.ParsePrivateKey(text)
		if err != nil { // with a passphrase: the agent's to know
			continue
		}
		signers, names = append(signers, key), append(names, "the key "+name)
	}
	if len(signers) > 0 {
		out = append(out, ssh.PublicKeys(signers...))
	}
	return out, strings.Join(names, ", "), closing
}

// remote is a folder of another machine.
type remote struct {
	c         *sftp.Client
	conn      *ssh.Client
	base      string
	file, dir fs.FileMode
}

func newRemote(conn *ssh.Client, t Target) (*remote, error) {
	c, err := sftp.NewClient(conn)
	if err != nil {
		return nil, err
	}
	base := t.Directory
	if rest, ok := strings.CutPrefix(base, "~/"); ok {
		base = rest // where a session begins
	}
	return &remote{c, conn, base, fs.FileMode(cmp.Or(t.FileMode, defaultFileMode)), fs.FileMode(cmp.Or(t.DirMode, defaultDirMode))}, nil
}

func (r *remote) at(name string) string { return path.Join(r.base, name) }

// occupied makes an error say that a name is taken: SFTP has no word for it.
func (r *remote) occupied(name string, err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return err
	}
	if _, e := r.c.Lstat(r.at(name)); e == nil {
		return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	return err
}

func (r *remote) create(name string, from io.Reader) error {
	f, err := r.c.OpenFile(r.at(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return r.occupied(name, err)
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{f}, from, make([]byte, 32<<10))
	if err == nil {
		err = f.Chmod(r.file)
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		_ = r.c.Remove(r.at(name))
	}
	return err
}

func (r *remote) open(name string) (io.ReadCloser, error) { return r.c.Open(r.at(name)) }

func (r *remote) link(old, now string) error {
	if _, ok := r.c.HasExtension("hardlink@openssh.com"); !ok {
		return errNoLinks
	}
	err := r.c.Link(r.at(old), r.at(now))
	var status *sftp.StatusError
	if errors.As(err, &status) && status.FxCode() == sftp.ErrSSHFxOpUnsupported {
		return errNoLinks
	}
	return err
}

func (r *remote) symlink(to, name string) error { return r.c.Symlink(to, r.at(name)) }

func (r *remote) readlink(name string) (string, error) {
	to, err := r.c.ReadLink(r.at(name))
	if err != nil {
		if _, e := r.c.Lstat(r.at(name)); errors.Is(e, fs.ErrNotExist) {
			return "", e
		}
	}
	return to, err
}

func (r *remote) rename(old, now string) error { return r.c.PosixRename(r.at(old), r.at(now)) }

func (r *remote) mkdir(name string) error {
	if err := r.c.Mkdir(r.at(name)); err != nil {
		return r.occupied(name, err)
	}
	return r.c.Chmod(r.at(name), r.dir)
}

func (r *remote) remove(name string) error { return r.c.Remove(r.at(name)) }

func (r *remote) list(name string) ([]item, error) {
	found, err := r.c.ReadDir(r.at(name))
	out := make([]item, len(found))
	for i, info := range found {
		out[i] = itemOf(info)
	}
	return out, err
}

func (r *remote) stat(name string) (item, error) {
	info, err := r.c.Lstat(r.at(name))
	if err == nil && name == "." && info.Mode()&fs.ModeSymlink != 0 {
		info, err = r.c.Stat(r.at(name)) // the folder itself may be behind a link
	}
	if err != nil {
		return item{}, err
	}
	return itemOf(info), nil
}

func (r *remote) workers() int { return sshWorkers }

// Close ends the connection first: the session would wait for an answer from a
// machine that is gone.
func (r *remote) Close() error {
	err := r.conn.Close()
	_ = r.c.Close()
	return err
}
