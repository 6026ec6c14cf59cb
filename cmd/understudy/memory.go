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
// take twice their memory.
const (
	minHeadroom = 64 << 20
	maxHeadroom = 512 << 20
	// maxHaste is how many times the headroom grows while the collector runs more
	// than once a beat.
	maxHaste = 2
	// maxPercent is for the time in which what is in use grows fast.
	maxPercent = 800
)

// keepMemory sets the headroom to half of what is in use, between its bounds,
// twice a second until ctx ends: more while the collector has much to do, which
// is while there is much traffic, or an import. It gives memory that lies idle
// back to the system: what an import has left, say. GOGC, where it is set,
// decides instead, and GOMEMLIMIT bounds the whole as ever. In the end the
// collector's setting is as it was.
func keepMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // the argument is taken now: what was set before
	tick := time.NewTicker(beat)
	defer tick.Stop()
	usage := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/cycles/automatic:gc-cycles"}}
	var percent, idle int
	var cycles uint64
	haste := uint64(1)
	for {
		metrics.Read(usage)
		live, free, used := usage[0].Value.Uint64(), usage[1].Value.Uint64(), usage[2].Value.Uint64()
		haste = hasten(haste, usage[3].Value.Uint64()-cycles)
		cycles = usage[3].Value.Uint64()
		if next := gcPercent(live, haste); next != percent {
			percent = next
			debug.SetGCPercent(percent)
		}
		// An import is over when its memory has been idle for a while.
		if room := headroom(live, haste); free > room && used < live+room {
			idle++
		} else {
			idle = 0
		}
		if idle == 6 {
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
