package main

import "testing"

func TestPercent(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]string{0: "0%", 1: "100%", 0.5: "50%", 0.666: "67%", 0.999: "99%", 0.001: "1%", 0.29: "29%"} {
		if got := percent(share); got != want {
			t.Errorf("%v is %s, want %s", share, got, want)
		}
	}
}
