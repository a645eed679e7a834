package messaging

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/hub"
)

// TestLeafMapFollowsTheTree compares the map with the tree as RFC 9420 section 7.7 and 7.8
// draw it: an array of leaves, the leftmost blank taken first, doubled when there is none,
// halved when its right half is blank.
func TestLeafMapFollowsTheTree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree := []hub.DeviceID{"creator"}
		leaves := []Leaf{{Index: 0, Device: "creator"}}
		next := 0
		for range rapid.IntRange(1, 12).Draw(t, "commits") {
			var removed []Leaf
			for _, l := range leaves[1:] {
				if rapid.Bool().Draw(t, "remove") {
					removed = append(removed, l)
					tree[l.Index] = ""
				}
			}
			tree = shrunk(tree)
			var who []Caller
			for range rapid.IntRange(0, 5).Draw(t, "adds") {
				next++
				who = append(who, Caller{Device: hub.DeviceID(fmt.Sprint("device ", next))})
			}
			for _, w := range who {
				at := slices.Index(tree, "")
				if at < 0 {
					at = len(tree)
					tree = append(tree, make([]hub.DeviceID, len(tree))...)
				}
				tree[at] = w.Device
			}
			left := slices.DeleteFunc(slices.Clone(leaves), func(l Leaf) bool { return slices.Contains(removed, l) })
			added, ok := place(left, who)
			if !ok {
				t.Fatal("full")
			}
			leaves = append(left, added...)
			slices.SortFunc(leaves, func(a, b Leaf) int { return int(a.Index) - int(b.Index) })
			for _, l := range leaves {
				if tree[l.Index] != l.Device {
					t.Fatalf("%s is at %d, where the tree has %q", l.Device, l.Index, tree[l.Index])
				}
			}
			if n := len(slices.DeleteFunc(slices.Clone(tree), func(d hub.DeviceID) bool { return d == "" })); n != len(leaves) {
				t.Fatalf("%d leaves, the tree has %d", len(leaves), n)
			}
		}
	})
}

func shrunk(tree []hub.DeviceID) []hub.DeviceID {
	for len(tree) > 1 {
		half := len(tree) / 2
		if slices.ContainsFunc(tree[half:], func(d hub.DeviceID) bool { return d != "" }) {
			return tree
		}
		tree = tree[:half]
	}
	return tree
}

func TestTreeIsFull(t *testing.T) {
	t.Parallel()
	if _, ok := place(nil, make([]Caller, MaxLeaves)); !ok {
		t.Error("256 do not fit")
	}
	if _, ok := place([]Leaf{{Index: 100}}, make([]Caller, MaxLeaves)); ok {
		t.Error("257 fit")
	}
}
