package simulator

import (
	"context"
	"errors"
	"testing"

	"understudy/simulations"
)

// TestLoadIndexEnds: a start that is ended reads no further stubs.
func TestLoadIndexEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stubs := []simulations.PackedStub{{Packed: "no stub: it must not be looked at"}}
	if x, err := loadIndex(ctx, "sim", stubs); x != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", x, err)
	}
}
