package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The collector's headroom: how much garbage may gather before it runs. Go's own
// rule, as much as is in use, is too little for a few stubs, whose requests make
// it run many times a second, and too much for a million of them, which would
// take twice their memory. They are few objects without pointers: to mark them
// costs next to nothing.
const (
	minHeadroom = 64 << 20
	maxHeadroom = 256 << 20
	// maxHaste is how many times the headroom of few stubs grows while the collector runs more
	// than once a beat.
	maxHaste = 2
	// maxPercent is for the time in which what is in use grows fast.
	maxPercent = 800
)

// keepMemory sets the headroom to half of what is in use, between its bounds,
// twice a second until ctx ends: more while the collector has much to do, which
// is while there is much traffic, or an import. It gives memory that lies idle
// back to the system: what a start or an import has left, say. GOGC, where it is
// set, decides instead, and GOMEMLIMIT bounds the whole as ever. In the end the
// collector's setting is as it was.
func keepMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // the argument is taken now: what was set before
	tick := time.NewTicker(beat)
	defer tick.Stop()
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/cycles/automatic:gc-cycles"}}
	k := keeper{haste: 1}
	for {
		metrics.Read(samples)
		percent, giveBack := k.beat(usage{samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64(), samples[3].Value.Uint64()})
		if percent != k.percent {
			k.percent = percent
			debug.SetGCPercent(percent)
		}
		if giveBack {
			debug.FreeOSMemory()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// beat is how often the headroom is set.
const beat = 500 * time.Millisecond

// rest is for how many beats memory has to lie idle before it is given back.
const rest = 6

// usage is what the heap holds, in bytes: what the last run of the collector
// found in use, what is free and not given back, all objects, garbage too. cycles
// are the runs so far.
type usage struct{ live, free, objects, cycles uint64 }

// keeper decides, beat by beat.
type keeper struct {
	haste, cycles uint64
	percent       int
	// idle and still count the beats at which much was free, and those at which
	// next to nothing was allocated; objects is what there was at the last beat.
	idle, still int
	objects     uint64
	// settled are the objects that were there after memory was given back.
	settled uint64
	given   bool
}

// beat returns what the collector's setting is to be, and whether idle memory is
// to be given back.
func (k *keeper) beat(u usage) (percent int, giveBack bool) {
	cycles := u.cycles - k.cycles
	k.cycles = u.cycles
	k.haste = hasten(k.haste, cycles)
	if k.given {
		k.given, k.settled, k.still, k.idle = false, u.objects, 0, 0
	}
	// An import is over when its memory has been idle for a while.
	if room := headroom(u.live, k.haste); u.free > room && u.objects < u.live+room {
		k.idle++
	} else {
		k.idle = 0
	}
	// Where nothing happens, nothing makes the collector run and find what is free.
	if cycles == 0 && u.objects < k.objects+1<<20 {
		k.still++
	} else {
		k.still = 0
	}
	k.objects = u.objects
	k.given = k.idle == rest || k.still >= rest && u.objects > k.settled+minHeadroom
	return gcPercent(u.live, k.haste), k.given
}

// hasten is how many times the usual headroom there is, after a beat with so
// many runs of the collector.
func hasten(haste, cycles uint64) uint64 {
	switch {
	case cycles > 1:
		return min(haste+1, maxHaste)
	case cycles == 0:
		return max(haste-1, 1)
	}
	return haste
}

func headroom(live, haste uint64) uint64 {
	return min(haste*max(live/2, minHeadroom), maxHeadroom)
}

// gcPercent is the headroom in the collector's terms, in coarse steps: setting it
// stops the world for a moment.
func gcPercent(live, haste uint64) int {
	percent := int(100 * headroom(live, haste) / max(live, 1<<20))
	if percent > 50 {
		percent = percent / 25 * 25
	}
	return max(min(percent, maxPercent), 1)
}
