package simulations_test

import (
	"testing"

	"understudy/simulations"
)

func TestAsked(t *testing.T) {
	for want, m := range map[string]simulations.Mismatch{
		"equals /x":     {Field: "path", Operator: "equals", Expected: "/x"},
		"to be there":   {Field: "body $.a", Operator: "absent", Expected: "false"},
		"to be absent":  {Field: "query.a", Operator: "absent", Expected: "true"},
		"equals false":  {Field: "body $.a", Operator: "equals", Expected: "false"},
		"number gt 100": {Field: "body $.n", Operator: "number", Expected: "gt 100"},
	} {
		if got := m.Asked(); got != want {
			t.Errorf("%+v was asked %q, want %q", m, got, want)
		}
	}
}

func TestNearMissSays(t *testing.T) {
	near := simulations.NearMiss{Stub: "shop/get"}
	if got := near.String(); got != "the nearest is shop/get" {
		t.Error(got)
	}
	near.Failed = []simulations.Mismatch{{Field: "path", Operator: "equals", Expected: "/x"}, {Field: "query.a", Operator: "absent", Expected: "false"}}
	if got := near.String(); got != "the nearest is shop/get, which asks for path equals /x, and it is empty" {
		t.Error(got)
	}
}
