package source

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// Digest identifies bytes: the first 16 bytes of their SHA-256. Finding two
// files that share one takes about 2^64 work, which is more than anyone will
// spend on making a playbook page stale.
type Digest [16]byte

// Sum returns the digest of b.
func Sum(b []byte) Digest {
	s := sha256.Sum256(b)
	return Digest(s[:16])
}

// NewSum returns what digests are made with where the bytes come in parts; SumOf
// tells the digest of those that were written to it so far.
func NewSum() hash.Hash { return sha256.New() }

// SumOf is told of at NewSum.
func SumOf(h hash.Hash) Digest {
	var room [sha256.Size]byte
	return Digest(h.Sum(room[:0])[:len(Digest{})])
}

// ParseDigest reads what String writes; false if it is anything else.
func ParseDigest(s string) (d Digest, ok bool) {
	if len(s) != hex.EncodedLen(len(d)) {
		return d, false
	}
	_, err := hex.Decode(d[:], []byte(s))
	return d, err == nil
}

// String returns the digest in lower-case hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }
