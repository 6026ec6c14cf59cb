package main

import "testing"

// TestGCPercent holds the headroom between its bounds, from the smallest heap on.
func TestGCPercent(t *testing.T) {
	for live := uint64(0); live < 64<<30; live += live/7 + 1<<20 {
		percent := gcPercent(live)
		room := live * uint64(percent) / 100
		if percent < 1 || percent > maxPercent {
			t.Fatalf("%d bytes: %d %%", live, percent)
		}
		if live > minHeadroom && (room > max(maxHeadroom, live/50) || room < minHeadroom/2 && live < 4<<30) {
			t.Errorf("%d bytes in use: a headroom of %d", live, room)
		}
	}
}
