package matchers

import (
	stdmaps "maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// crowdedKey has a hash that many share, in whole or in its low bits.
type crowdedKey uint16

func (k crowdedKey) hash() uint64 { return uint64(k%7)<<60 | uint64(k%3) }

// TestTable holds a table against maps over random edits: at every version it
// stays what it was.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var tab table[crowdedKey, int]
	models := []map[crowdedKey]int{{}} // by version
	for version := uint64(1); version <= 1000; version++ {
		model := stdmaps.Clone(models[version-1])
		for range r.IntN(6) {
			k := crowdedKey(r.IntN(60))
			if r.IntN(3) == 0 {
				tab.drop(version, k)
				delete(model, k)
			} else {
				value := r.Int()
				tab.set(version, k, value)
				model[k] = value
			}
		}
		models = append(models, model)
		for range 10 {
			at := r.IntN(len(models))
			if got := stdmaps.Collect(tab.all(uint64(at))); !stdmaps.Equal(got, models[at]) {
				t.Fatalf("at %d of %d: %v, want %v", at, version, got, models[at])
			}
			for k := range crowdedKey(60) {
				got, ok := tab.get(uint64(at), k)
				want, there := models[at][k]
				if got != want || ok != there {
					t.Fatalf("at %d of %d: %d is %d, %v, want %d, %v", at, version, k, got, ok, want, there)
				}
			}
		}
	}
}

// wideKey is a key whose hash is itself.
type wideKey uint64

func (k wideKey) hash() uint64 { return uint64(k) }

// TestTableWhileItGrows reads the newest version and an old one while a writer
// adds: each has all of its keys and none of a later one, at any number of slots.
func TestTableWhileItGrows(t *testing.T) {
	const last = 20_000
	var tab table[wideKey, uint64]
	var published atomic.Uint64
	var readers sync.WaitGroup
	for seed := range uint64(2) {
		readers.Go(func() {
			r := rand.New(rand.NewPCG(seed, 3))
			for version := uint64(0); version < last && !t.Failed(); {
				version = published.Load()
				k := wideKey(r.Uint64N(last) + 1)
				if got, ok := tab.get(version, k); ok != (uint64(k) <= version) || ok && got != uint64(k)*2 {
					t.Errorf("at %d: %d is %d, %v", version, k, got, ok)
				}
			}
		})
	}
	for version := uint64(1); version <= last; version++ {
		tab.set(version, wideKey(version), 2*version)
		published.Store(version)
	}
	readers.Wait()
	n := 0
	for k := range tab.all(last / 2) {
		if n++; uint64(k) > last/2 {
			t.Fatalf("%d is of a later version", k)
		}
	}
	if n != last/2 {
		t.Errorf("%d keys at version %d", n, last/2)
	}
}
