package directory

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strings"
)

// Digest tells whether a source repeats itself: equal digests are equal statements. When a
// statement was made does not count, only what it says.
func Digest(c Change) string {
	h := digester{sha256.New(), make([]byte, 0, 512)}
	h.text(string(c.Op))
	h.text(c.Key)
	h.count(len(c.Fields), false)
	for _, f := range slices.Sorted(maps.Keys(c.Fields)) {
		v := c.Fields[f]
		h.text(string(f))
		h.text(v.Text)
		h.flag(v.Null)
	}
	h.count(len(c.Units), c.Units == nil)
	for _, u := range c.Units {
		h.text(u.Code)
		h.text(u.Name)
		h.text(string(u.Kind))
		h.text(u.Parent)
		h.flag(u.Primary)
	}
	h.count(len(c.Groups), c.Groups == nil)
	for _, g := range c.Groups {
		h.text(g.Code)
		h.text(g.Name)
		h.text(g.Role)
		h.flag(g.Room)
	}
	h.count(len(c.Photo), c.Photo == nil)
	h.buf = append(h.buf, c.Photo...)
	h.sum.Write(h.buf)
	return hex.EncodeToString(h.sum.Sum(nil)[:16])
}

// digester writes lengths before contents, so that no two statements run together.
type digester struct {
	sum hash.Hash
	buf []byte
}

func (d *digester) text(s string) {
	d.buf = binary.AppendUvarint(d.buf, uint64(len(s)))
	d.buf = append(d.buf, s...)
}

func (d *digester) count(n int, none bool) {
	d.flag(none)
	d.buf = binary.AppendUvarint(d.buf, uint64(n))
}

func (d *digester) flag(b bool) {
	if b {
		d.buf = append(d.buf, 1)
		return
	}
	d.buf = append(d.buf, 0)
}

// Repeatable reports whether a statement that was applied whole may be passed over when
// the source repeats it. What has dates is looked at each time.
func Repeatable(c Change) bool {
	return c.Op == OpPut && usable(c.Key) && c.Fields[ActiveFrom].Text == "" && c.Fields[ActiveUntil].Text == ""
}

// PhotoHash names a photo in plans, "" for none. More than MaxPhoto is no photo.
func PhotoHash(photo []byte) string {
	if len(photo) == 0 || len(photo) > MaxPhoto {
		return ""
	}
	sum := sha256.Sum256(photo)
	return hex.EncodeToString(sum[:8])
}

// MaxPhoto is the largest photo that is kept, in bytes.
const MaxPhoto = 100 << 10

// normalGroups drops refs without a usable code and doubles, and sorts them by code.
func normalGroups(refs []GroupRef) []GroupRef {
	out := []GroupRef{}
	for _, g := range refs {
		g.Code, g.Name, g.Role = clean(g.Code), clean(g.Name), clean(g.Role)
		if g.Code != "" && len(g.Code) <= 255 && !slices.ContainsFunc(out, func(o GroupRef) bool { return o.Code == g.Code }) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b GroupRef) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// codes lists groups, one a line.
func codes(groups []GroupRef) string {
	out := make([]string, len(groups))
	for i, g := range groups {
		out[i] = g.Code
	}
	return strings.Join(out, "\n")
}

func (d *draft) groupDiff() *GroupDiff {
	if slices.Equal(d.old.Groups, d.new.Groups) {
		return nil
	}
	return &GroupDiff{From: slices.Clone(d.old.Groups), To: slices.Clone(d.new.Groups)}
}
