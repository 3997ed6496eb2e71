package objectstore

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// How often a request is tried, and how long is waited before it is tried
// again: the first pause, doubled each time up to the last. A server that asks
// to slow down is asked for three times as long.
const (
	s3Tries      = 6
	s3FirstPause = 100 * time.Millisecond
	s3LastPause  = 5 * time.Second
)

// s3Small bounds what is read into memory of an object that is the program's
// own: a manifest of a million files.
const s3Small = 256 << 20

// bucket is one bucket of a server, as far as publishing needs it. Its methods
// try again what may pass when tried again; their errors are told by explain.
type bucket struct {
	core     minio.Core
	name     string
	endpoint string // as messages show it
	tries    int
	secrets  []string // what no message may hold
}

// object is what a list says of one.
type object struct {
	size     int64
	modified time.Time
}

// openBucket prepares to talk to the bucket; it sends nothing. base, if not nil,
// takes the place of the network.
func openBucket(o Options, base http.RoundTripper) (*bucket, error) {
	secure, host, err := o.host()
	if err != nil {
		return nil, err
	}
	creds, secrets, err := o.credentials()
	if err != nil {
		return nil, err
	}
	if base == nil {
		if base, err = o.network(secure); err != nil {
			return nil, err
		}
	}
	lookup := minio.BucketLookupAuto
	if o.PathStyle {
		lookup = minio.BucketLookupPath
	}
	c, err := minio.New(host, &minio.Options{
		Creds: creds, Secure: secure, Transport: base, Region: o.region(), BucketLookup: lookup,
		MaxRetries: 1, // bucket.try knows better when to
	})
	if err != nil {
		return nil, s3Wrong(fmt.Sprintf("%q is no address of an object store", o.Endpoint), "write it as https://HOST or https://HOST:PORT, without a path")
	}
	b := &bucket{core: minio.Core{Client: c}, name: o.Bucket, endpoint: host, tries: s3Tries, secrets: secrets}
	if o.tries > 0 {
		b.tries = o.tries
	}
	return b, nil
}

// host takes the endpoint apart.
func (o Options) host() (secure bool, host string, err error) {
	text := o.Endpoint
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err == nil && u.User != nil {
		// Not shown: it may hold a password.
		return false, "", s3Wrong("the endpoint of the object store holds a user name", "credentials come from the environment or a file, never from the configuration")
	}
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return false, "", s3Wrong(fmt.Sprintf("%q is no address of an object store", o.Endpoint), "write it as https://HOST or https://HOST:PORT, without a path")
	}
	return u.Scheme == "https", u.Host, nil
}

// region is the one named, or that of the environment.
func (o Options) region() string {
	for _, r := range []string{o.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")} {
		if r != "" {
			return r
		}
	}
	return "us-east-1"
}

// credentials finds who we are: in the file that the configuration names, else
// in the environment, else in the shared credentials file, else by asking the
// machine that a CI runner or a container names in its environment. It also
// returns what must not be shown.
func (o Options) credentials() (*credentials.Credentials, []string, error) {
	type source struct {
		creds *credentials.Credentials
		what  string
		named bool // not having it is an error
	}
	sources := []source{{credentials.NewEnvAWS(), "the environment", false}}
	profile := o.Profile != "" || os.Getenv("AWS_PROFILE") != ""
	switch {
	case o.Credentials != "":
		// Paths of the home folder are what people write.
		name := o.Credentials
		if rest, ok := strings.CutPrefix(name, "~/"); ok {
			if home, err := os.UserHomeDir(); err == nil {
				name = filepath.Join(home, rest)
			}
		}
		sources = []source{{credentials.NewFileAWSCredentials(name, o.Profile), "the file " + o.Credentials, true}}
	case o.Profile != "":
		sources = []source{{credentials.NewFileAWSCredentials("", o.Profile), fmt.Sprintf("the profile %q of the shared credentials file", o.Profile), true}}
	default:
		sources = append(sources, source{credentials.NewFileAWSCredentials("", ""), "the shared credentials file", profile})
		if os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "" || os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" {
			sources = append(sources, source{credentials.NewIAM(""), "the identity that the environment names", true})
		}
	}
	const hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file as credentials"
	for _, s := range sources {
		v, err := s.creds.GetWithContext(&credentials.CredContext{Client: &http.Client{Timeout: 20 * time.Second}})
		switch {
		case err == nil && v.AccessKeyID != "" && v.SecretAccessKey != "":
			return s.creds, []string{v.SecretAccessKey, v.SessionToken, v.AccessKeyID}, nil
		case !s.named && (err == nil || errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "does not exist")):
			continue
		}
		// The text of err may quote the file.
		what := "holds no key that can be used"
		if errors.Is(err, fs.ErrNotExist) {
			what = "is not there"
		} else if errors.Is(err, fs.ErrPermission) {
			what = "cannot be read: permission denied"
		}
		return nil, nil, s3Wrong(s.what+" "+what, hint)
	}
	return nil, nil, s3Wrong("there are no credentials for the object store", hint)
}

// network is the way to the server, with the authorities of the system and the one the
// configuration names.
func (o Options) network(secure bool) (http.RoundTripper, error) {
	tr := &http.Transport{
		Proxy:       http.ProxyFromEnvironment,
		DialContext: (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		// As many as there are workers, or each request opens its own.
		MaxIdleConns: 4 * s3Workers, MaxIdleConnsPerHost: 2 * s3Workers,
		ResponseHeaderTimeout: time.Minute, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: 5 * time.Second,
		DisableCompression: true, // an object's bytes are wanted as they are kept
	}
	if !secure || o.CAFile == "" {
		return tr, nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, s3Wrong(fmt.Sprintf("the certificates of the authority cannot be read: %v", err), "ca_file names a PEM file")
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, s3Wrong(fmt.Sprintf("%s holds no certificate", o.CAFile), "ca_file names a PEM file")
	}
	tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return tr, nil
}

// code is the server's own name for an error, "" if it is not the server's.
func code(err error) string {
	var e minio.ErrorResponse
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func missing(err error) bool { return code(err) == "NoSuchKey" }

// refused reports whether a condition of a request did not hold.
func refused(err error) bool { return code(err) == "PreconditionFailed" }

// try calls f until it succeeds or there is no hope.
func (b *bucket) try(ctx context.Context, f func() error) error {
	pause := s3FirstPause
	for n, most := 1, b.tries; ; n++ {
		err := f()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		hope, slow := passing(err)
		if slow && b.tries > 1 {
			most = 3 * b.tries
		}
		if !hope || n >= most {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
		pause = min(2*pause, s3LastPause)
	}
}

// passing reports whether err may be gone next time; slow, whether the server
// has too much to do.
func passing(err error) (hope, slow bool) {
	var e minio.ErrorResponse
	if errors.As(err, &e) {
		switch e.Code {
		case "SlowDown", "SlowDownRead", "SlowDownWrite", "Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled":
			return true, true
		case "RequestTimeout", "ConditionalRequestConflict", "OperationAborted":
			return true, false
		case "NotImplemented":
			return false, false
		}
		return e.StatusCode >= 500 || e.StatusCode == 429 || e.StatusCode == 408, e.StatusCode == 429 || e.StatusCode == 503
	}
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		record    tls.RecordHeaderError
		dns       *net.DNSError
		denied    *fs.PathError
	)
	if errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &record) || errors.As(err, &denied) || errors.As(err, &dns) && dns.IsNotFound {
		return false, false
	}
	return !strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"), false
}

// get reads a small object and what its answer's head says of it.
func (b *bucket) get(ctx context.Context, key string) (data []byte, head minio.ObjectInfo, err error) {
	err = b.try(ctx, func() error {
		r, info, _, err := b.core.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		defer r.Close()
		if data, err = io.ReadAll(io.LimitReader(r, s3Small)); err != nil {
			return err
		}
		if info.Size >= 0 && info.Size != int64(len(data)) {
			return io.ErrUnexpectedEOF
		}
		head = info
		return nil
	})
	return data, head, err
}

// read hands the bytes of an object to f, once more for each try.
func (b *bucket) read(ctx context.Context, key string, f func(io.Reader) error) error {
	return b.try(ctx, func() error {
		r, _, _, err := b.core.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		defer r.Close()
		return f(r)
	})
}

// condition is what must hold for an object to be written.
type condition struct {
	absent bool
	tag    string // it is still the one of this tag
}

// put writes an object with data and returns its tag. The server compares what
// arrived with a checksum.
func (b *bucket) put(ctx context.Context, key string, data []byte, h headers, c condition) (tag string, err error) {
	return b.putFrom(ctx, key, int64(len(data)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }, h, c)
}

// putFrom is put for what open reads, which is called once for each try.
func (b *bucket) putFrom(ctx context.Context, key string, size int64, open func() (io.ReadCloser, error), h headers, c condition) (tag string, err error) {
	o := minio.PutObjectOptions{
		ContentType: h.typ, ContentEncoding: h.encoding, CacheControl: h.cache,
		SendContentMd5: true, DisableMultipart: true, // an object arrives whole or not at all, and leaves no parts behind
	}
	switch {
	case c.absent:
		o.SetMatchETagExcept("*")
	case c.tag != "":
		o.SetMatchETag(c.tag)
	}
	err = b.try(ctx, func() error {
		r, err := open()
		if err != nil {
			return err
		}
		defer r.Close()
		info, err := b.core.Client.PutObject(ctx, b.name, key, r, size, o)
		tag = info.ETag
		return err
	})
	return tag, err
}

// copy makes the object to of the object from, at the server.
func (b *bucket) copy(ctx context.Context, from, to string, h headers) error {
	return b.try(ctx, func() error {
		_, err := b.core.Client.CopyObject(ctx,
			minio.CopyDestOptions{Bucket: b.name, Object: to, ReplaceMetadata: true, ContentType: h.typ, ContentEncoding: h.encoding, CacheControl: h.cache},
			minio.CopySrcOptions{Bucket: b.name, Object: from})
		return err
	})
}

// list returns the objects whose keys begin with prefix, by the rest of the key.
// most, if not 0, is how many are enough.
func (b *bucket) list(ctx context.Context, prefix string, most int) (map[string]object, error) {
	found, last := map[string]object{}, ""
	err := b.try(ctx, func() error {
		for o := range b.core.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, StartAfter: last, MaxKeys: most}) {
			if o.Err != nil {
				return o.Err
			}
			if !strings.HasPrefix(o.Key, prefix) {
				return fmt.Errorf("the server lists %q among what begins with %q", o.Key, prefix)
			}
			last = o.Key
			found[o.Key[len(prefix):]] = object{o.Size, o.LastModified}
			if most > 0 && len(found) >= most {
				break
			}
		}
		return nil
	})
	return found, err
}

// remove removes objects. One that is not there is removed.
func (b *bucket) remove(ctx context.Context, keys []string) error {
	const most = 1000 // in one request
	for len(keys) > 0 {
		some := keys[:min(most, len(keys))]
		keys = keys[len(some):]
		err := b.try(ctx, func() error {
			results, err := b.core.RemoveObjectsWithIter(ctx, b.name, func(yield func(minio.ObjectInfo) bool) {
				for _, k := range some {
					if !yield(minio.ObjectInfo{Key: k}) {
						return
					}
				}
			}, minio.RemoveObjectsOptions{})
			if err != nil {
				return err
			}
			var first error
			for r := range results {
				if first == nil && r.Err != nil && !missing(r.Err) {
					first = r.Err
				}
			}
			return first
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// explain puts an error of the server or of the way to it into words. what is
// what was being done. Nothing of a secret is in it.
func (b *bucket) explain(what string, err error) error {
	if err == nil {
		return nil
	}
	var told *Error
	if errors.As(err, &told) || errors.Is(err, context.Canceled) {
		return err
	}
	var e minio.ErrorResponse
	if !errors.As(err, &e) {
		return b.unreached(what, err)
	}
	switch e.Code {
	case "NoSuchBucket":
		return s3Wrong(fmt.Sprintf("there is no bucket %q at %s", b.name, b.endpoint), "name it right in the configuration, or make it; playbook makes none")
	case "InvalidAccessKeyId":
		return s3Wrong(fmt.Sprintf("%s does not know the access key", b.endpoint), "see which credentials are in the environment or the file, and for which server they are")
	case "SignatureDoesNotMatch":
		return s3Wrong(fmt.Sprintf("%s finds the secret key wrong", b.endpoint), "see which credentials are in the environment or the file")
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken":
		return s3Failed(err, fmt.Sprintf("the credentials for %s have expired", b.endpoint), "get new ones, then publish again")
	case "RequestTimeTooSkewed":
		return s3Failed(err, fmt.Sprintf("the clocks of this machine and of %s differ too much", b.endpoint), "set this machine's clock, then publish again")
	case "AccessDenied", "AllAccessDisabled", "AccountProblem":
		return s3Failed(err, fmt.Sprintf("%s: %s denies access to the bucket %q", what, b.endpoint, b.name), "the README lists the rights that publishing needs; a bucket of another owner is denied too")
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "InvalidRegion", "IllegalLocationConstraintException", "TemporaryRedirect":
		hint := "set region to that of the bucket"
		if e.Region != "" {
			hint = fmt.Sprintf("set region = %q", b.clean(e.Region))
		}
		return s3Wrong(fmt.Sprintf("the bucket %q is in another region", b.name), hint)
	case "NotImplemented":
		return s3Failed(err, fmt.Sprintf("%s: %s cannot do that", what, b.endpoint), "publishing needs conditional writes and copies on the server")
	case "QuotaExceeded", "InsufficientCapacity", "XMinioStorageFull", "ServiceQuotaExceededException":
		return s3Failed(err, fmt.Sprintf("%s: the bucket %q is full", what, b.name), "make room, then publish again")
	}
	if _, slow := passing(err); slow {
		return s3Failed(err, fmt.Sprintf("%s: %s has too much to do", what, b.endpoint), "publish again later; what has arrived is not sent again")
	}
	said := e.Code
	if e.Message != "" && e.Message != e.Code {
		said += ": " + e.Message
	}
	return s3Failed(err, b.clean(fmt.Sprintf("%s: %s says %s", what, b.endpoint, said)), "")
}

// unreached tells of errors that no server made.
func (b *bucket) unreached(what string, err error) error {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		syntax    *xml.SyntaxError
		dns       *net.DNSError
		op        *net.OpError
		request   *url.Error
		path      *fs.PathError
	)
	switch {
	case errors.As(err, &path):
		return s3Failed(err, b.clean(fmt.Sprintf("%s: %v", what, err)), "")
	case errors.As(err, &authority):
		return s3Wrong(fmt.Sprintf("the certificate of %s is signed by an authority that this machine does not know", b.endpoint), "name the authority's PEM file as ca_file")
	case errors.As(err, &hostname):
		return s3Wrong(fmt.Sprintf("the certificate of %s is for another name", b.endpoint), "write the endpoint as the certificate names it; path_style = true keeps the bucket out of the name")
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return s3Wrong(fmt.Sprintf("%s does not speak TLS", b.endpoint), "write the endpoint with http:// if that is meant")
	case errors.As(err, &dns):
		return s3Failed(err, fmt.Sprintf("there is no host %s", dns.Name), "see the endpoint in the configuration, and the network; path_style = true keeps the bucket out of the name")
	case errors.As(err, &syntax):
		return s3Failed(err, fmt.Sprintf("%s: what answers at %s is no object store", what, b.endpoint), "see the endpoint in the configuration")
	case errors.As(err, &op):
		return s3Failed(err, b.clean(fmt.Sprintf("%s: cannot reach %s: %v", what, b.endpoint, op.Err)), "see the endpoint in the configuration, and the network")
	case errors.As(err, &request):
		return s3Failed(err, b.clean(fmt.Sprintf("%s: the connection to %s broke: %v", what, b.endpoint, request.Err)), "publish again; what has arrived is not sent again")
	}
	return s3Failed(err, b.clean(fmt.Sprintf("%s: %v", what, err)), "")
}

// clean takes out of a text what a server may have quoted.
func (b *bucket) clean(s string) string {
	for _, secret := range b.secrets {
		if len(secret) > 3 {
			s = strings.ReplaceAll(s, secret, "…")
		}
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
