package store_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/store/memory"
	"understudy/store/storetest"
)

// FuzzRestore reads anything as a backup, with its checksum put right half of
// the times: it is refused and nothing is there, or it is there and can be read.
func FuzzRestore(f *testing.F) {
	s := memory.Open(nil)
	take, _ := s.BeginTake(bg, "pay", "a", time.Time{})
	_, _ = s.Apply(bg, &simulations.Change{Replace: &simulations.Simulation{Name: "a", Stubs: storetest.Packed(stubs(2, "x")...)}, PutCollaborators: map[string]*simulations.Collaborator{"pay": {Upstream: "http://pay"}}})
	b := s.NewBody(bg)
	_, _ = b.Write([]byte("content"))
	ref, _ := b.Commit()
	_ = s.Append(bg, withBody(recorded(take.ID, "x"), ref), nil, false)
	_ = s.PutState(bg, []simulations.StateEntry{{Key: "k", Value: []byte("v")}})
	var whole bytes.Buffer
	if err := s.Backup(bg, &whole); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes(), false)
	f.Add(whole.Bytes()[:whole.Len()-sha256.Size], true)
	f.Add([]byte("understudy backup\n\x01\x01\x00\x00"), true)
	f.Fuzz(func(t *testing.T, backup []byte, mend bool) {
		if mend {
			sum := sha256.Sum256(backup)
			backup = append(bytes.Clone(backup), sum[:]...)
		}
		e := memory.New()
		target := open(t, e)
		err := target.Restore(bg, bytes.NewReader(backup))
		if err != nil {
			if simulations.CodeOf(err) != simulations.CodeInvalid && !strings.Contains(err.Error(), "damaged") {
				t.Fatalf("refused with %v", err)
			}
			if n := keys(t, e, ""); n != 1 {
				t.Fatalf("%d records are there after %v", n, err)
			}
			return
		}
		if _, err := target.Load(bg); err != nil {
			t.Fatal(err)
		}
		for _, err := range target.Exchanges(bg, 0) {
			check(t, err)
		}
		_, err = target.Takes(bg)
		check(t, err)
	})
}
