package matchers

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPieces: pieces never order otherwise than the values do: numbers by size, texts
// after them.
func TestPieces(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	all := []string{"0", "-0", "1e400", "-1e400", "1e-400", "5e-324", "", "a", "item-", "item-1", "item-10", "item-\xff\xff\xff\xff\xff\xff\xff\xff\xff", "true", "z", "\xff", strings.Repeat("7", longNumber+1)}
	for range 300 {
		all = append(all,
			strconv.FormatFloat(rnd.NormFloat64()*1e3, 'f', 2, 64), strconv.Itoa(rnd.IntN(9)-4),
			fmt.Sprintf("item-%d", rnd.IntN(20)), fmt.Sprintf("item-%d-%x", rnd.IntN(3), rnd.Uint64()))
	}
	compare := func(a, b string) int {
		switch {
		case isNumber(a) && isNumber(b):
			x, _ := strconv.ParseFloat(a, 64)
			y, _ := strconv.ParseFloat(b, 64)
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		case isNumber(a):
			return -1
		case isNumber(b):
			return 1
		}
		return strings.Compare(a, b)
	}
	for _, head := range []string{"", "item-", "item-1"} {
		v := &valueOrder{shared: head}
		apart := 0
		for _, a := range all {
			for _, b := range all {
				if compare(a, b) < 0 && v.piece(a) > v.piece(b) {
					t.Errorf("with the head %q %q comes after %q", head, a, b)
				}
				if v.piece(a) != v.piece(b) {
					apart++
				}
			}
		}
		if apart < len(all)*len(all)/2 {
			t.Errorf("with the head %q only %d pairs are told apart", head, apart)
		}
	}
}

// TestRarities: what few stubs ask for leads to all of those that have it among their
// rarest, and to no other.
func TestRarities(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 3, 5000} {
		all := make([]rarity, n)
		want := map[uint32][]uint32{}
		for i := range all {
			all[i] = rarity{rnd.Uint32N(uint32(n)) << (rnd.UintN(2) * 18), uint32(i)}
			want[all[i].hash] = append(want[all[i].hash], all[i].number)
		}
		r := newRarities(all)
		for hash := range uint32(n) {
			for _, hash := range []uint32{hash, hash << 18, ^hash} {
				var got []uint32
				r.each(hash, func(number uint32) { got = append(got, number) })
				if !slices.Equal(got, want[hash]) {
					t.Fatalf("of %d, %d: %v, not %v", n, hash, got, want[hash])
				}
			}
		}
	}
}
