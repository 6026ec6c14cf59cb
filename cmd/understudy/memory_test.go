package main

import "testing"

// TestGCPercent holds the headroom between its bounds, from the smallest heap on.
func TestGCPercent(t *testing.T) {
	for live := uint64(0); live < 64<<30; live += live/7 + 1<<20 {
		percent := gcPercent(live, 1)
		room := live * uint64(percent) / 100
		if percent < 1 || percent > maxPercent {
			t.Fatalf("%d bytes: %d %%", live, percent)
		}
		if live > minHeadroom && (room > max(maxHeadroom, live/50) || room < minHeadroom/2 && live < 4<<30) {
			t.Errorf("%d bytes in use: a headroom of %d", live, room)
		}
	}
}

// TestHasten: a collector that runs often gets more room, one that rests gives it back.
func TestHasten(t *testing.T) {
	haste := uint64(1)
	for range 10 {
		haste = hasten(haste, 5)
	}
	if haste != maxHaste || hasten(haste, 1) != maxHaste {
		t.Errorf("busy: %d", haste)
	}
	for range 10 {
		haste = hasten(haste, 0)
	}
	if haste != 1 {
		t.Errorf("at rest: %d", haste)
	}
	if a, b := headroom(30<<20, 1), headroom(30<<20, maxHaste); a != minHeadroom || b != maxHaste*minHeadroom || headroom(4<<30, maxHaste) != maxHeadroom {
		t.Errorf("headrooms %d, %d", a, b)
	}
}

// TestGivesBack: memory that lies idle is given back once, whether the collector
// has seen that it is free or has had no reason to look.
func TestGivesBack(t *testing.T) {
	const gib = 1 << 30
	for name, c := range map[string]struct {
		usage
		traffic uint64 // bytes a beat
	}{
		"found free, with traffic": {usage{live: gib, free: gib, objects: gib + 1<<20, cycles: 5}, 2 << 20},
		"nobody has seen":          {usage{live: 2 * gib, objects: 2*gib + 1<<20, cycles: 5}, 0},
	} {
		k := keeper{haste: 1}
		given, u := 0, c.usage
		for range 10 * rest {
			if _, giveBack := k.beat(u); giveBack {
				given++
				u = usage{live: gib, objects: gib, cycles: u.cycles}
			}
			u.objects += c.traffic
		}
		if given != 1 {
			t.Errorf("%s: %d times", name, given)
		}
	}
	// A busy server's garbage comes and goes.
	k := keeper{haste: 1}
	for i := range uint64(100) {
		u := usage{live: gib, free: (10 - i%10) * 20 << 20, objects: gib + i%10*20<<20, cycles: i / 10}
		if _, giveBack := k.beat(u); giveBack {
			t.Fatalf("beat %d: %+v", i, u)
		}
	}
}
