package matchers

import (
	stdmaps "maps"
	"math/rand/v2"
	"testing"
)

// crowdedKey has a hash that many share, in whole or in its low bits.
type crowdedKey uint16

func (k crowdedKey) hash() uint64 { return uint64(k%7)<<60 | uint64(k%3) }

// TestTable holds tables against maps over random edits, all of which stay as
// they were: an edit changes no table but its own.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	type version struct {
		table table[crowdedKey, int]
		model map[crowdedKey]int
	}
	versions := []version{{model: map[crowdedKey]int{}}}
	for step := range 3000 {
		from := versions[r.IntN(len(versions))]
		next := version{from.table, stdmaps.Clone(from.model)}
		for range r.IntN(6) {
			k := crowdedKey(r.IntN(60))
			if r.IntN(3) == 0 {
				next.table = next.table.without(k)
				delete(next.model, k)
			} else {
				next.table = next.table.with(k, step)
				next.model[k] = step
			}
		}
		if versions = append(versions, next); len(versions) > 50 {
			versions = versions[1:]
		}
		for _, v := range versions {
			if got := stdmaps.Collect(v.table.all); !stdmaps.Equal(got, v.model) || v.table.len != len(v.model) {
				t.Fatalf("step %d: %v of length %d, want %v", step, got, v.table.len, v.model)
			}
			for k := range crowdedKey(60) {
				got, ok := v.table.get(k)
				want, there := v.model[k]
				if got != want || ok != there {
					t.Fatalf("step %d: %d is %d, %v, want %d, %v", step, k, got, ok, want, there)
				}
			}
		}
	}
	empty := versions[len(versions)-1].table
	for k := range crowdedKey(60) {
		empty = empty.without(k)
	}
	if empty.root != nil || empty.len != 0 {
		t.Errorf("%d entries are left", empty.len)
	}
}
