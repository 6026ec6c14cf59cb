//go:build race

package test

// raceEnabled builds the binary with the race detector when the tests have it.
const raceEnabled = true
