package store

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"understudy/simulations"
)

// fillValue gives every field below v a value, with odd strings among them, so
// that a field that the codec does not keep is seen.
func fillValue(r *rand.Rand, v reflect.Value) {
	odd := []string{"", "plain", "caf\xe9", "\uFDD0", "\uFDD0\xff", "\x00", "\ufffd", "<&>\u2028", "日本"}
	switch v.Kind() {
	case reflect.String:
		v.SetString(odd[r.IntN(len(odd))])
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + r.Int64N(1<<50))
	case reflect.Uint64:
		v.SetUint(r.Uint64())
	case reflect.Uint8:
		v.SetUint(uint64(r.IntN(256)))
	case reflect.Float64:
		v.SetFloat(r.Float64())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(r, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range 3 {
			fillValue(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 3 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fillValue(r, key)
			fillValue(r, value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(time.Unix(r.Int64N(1<<32), r.Int64N(1e9)).UTC()))
			return
		}
		for i := range v.NumField() {
			fillValue(r, v.Field(i))
		}
	default:
		panic("the model has a new kind of field: " + v.Type().String())
	}
}

// TestExchangeIsKeptWhole fills every field that an exchange has or will have.
func TestExchangeIsKeptWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		rec := new(simulations.Recorded)
		fillValue(r, reflect.ValueOf(rec).Elem())
		got, err := decodeRecorded(appendRecorded(nil, rec))
		if err != nil {
			t.Fatal(err)
		}
		got.Seq, got.Exchange.ID = rec.Seq, rec.Exchange.ID // the key's
		got.Again = rec.Again                               // not kept
		if !reflect.DeepEqual(got, rec) {
			t.Fatalf("came back otherwise:\n got %#v\nwant %#v", got.Exchange, rec.Exchange)
		}
	}
}

// FuzzRecord decodes anything as any record: what is taken is written again alike.
func FuzzRecord(f *testing.F) {
	d := digest{1, 2, 3}
	f.Add([]byte("ca"), counters{1, 2, 3, 4}.encode())
	f.Add(generation{"name", 7}.stubKey("id"), (&stubRecord{5, 6, []digest{d}, payload{data: []byte(`{"id":"id","response":{}}`)}}).encode())
	f.Add(generation{"name", 7}.stubKey("id"), (&stubRecord{5, 6, []digest{d}, payload{data: simulations.AppendPacked(nil, &simulations.Stub{ID: "id"}), packed: true}}).encode())
	f.Add(generation{"name", 7}.stubKey("id"), (&stubRecord{5, 6, nil, payload{body: &d, packed: true}}).encode())
	f.Add(generation{"name", 7}.stubKey("id"), (&stubRecord{5, 6, nil, payload{body: &d}}).encode())
	f.Add(key(kindCollaborator, "pay"), (&collaboratorRecord{5, payload{data: []byte(`{}`)}}).encode())
	f.Add(digestKey(kindBody, d), (&manifest{5, []digest{d}}).encode())
	f.Add(numberKey(kindOfTake, 1, 2), encodeRefs([]digest{d, d}))
	f.Add(numberKey(kindTake, 1), []byte("\x01{}"))
	f.Add(key(kindSimulation, "x"), []byte("\x01{}"))
	f.Add(numberKey(kindExchange, 1), []byte("\x01{\"exchange\":{},\"escaped\":true}"))
	f.Add(numberKey(kindExchange, 1), appendRecorded([]byte{formInline}, &simulations.Recorded{StubID: "a", Answer: "b", Exchange: &simulations.Exchange{Reason: "c"}}))
	f.Fuzz(func(t *testing.T, k, v []byte) {
		if err := checkRecord(k, v); err != nil {
			return
		}
		switch string(k[:2]) {
		case kindCounters:
			n, _ := decodeCounters(v)
			if again, err := decodeCounters(n.encode()); err != nil || again != n {
				t.Fatalf("%v, %v", again, err)
			}
		case kindStub:
			g, id, ok := parseStubKey(k)
			s, err := decodeStub(v)
			if !ok || err != nil || !bytes.Equal(g.stubKey(id), k) {
				t.Fatal(g, id, err)
			}
			if again, err := decodeStub(s.encode()); err != nil || !reflect.DeepEqual(again, s) {
				t.Fatalf("%+v, %v", again, err)
			}
		case kindCollaborator:
			r, _ := decodeCollaborator(v)
			if again, err := decodeCollaborator(r.encode()); err != nil || !reflect.DeepEqual(again, r) {
				t.Fatalf("%+v, %v", again, err)
			}
		case kindBody:
			m, _ := decodeManifest(v)
			if again, err := decodeManifest(m.encode()); err != nil || !reflect.DeepEqual(again, m) {
				t.Fatalf("%+v, %v", again, err)
			}
			for i := range m.chunks {
				if n := m.chunkLen(i); n < 1 || n > chunkSize {
					t.Fatalf("chunk %d has %d bytes", i, n)
				}
			}
		case kindOfTake:
			refs, _ := decodeRefs(v)
			if again, err := decodeRefs(encodeRefs(refs)); err != nil || !reflect.DeepEqual(again, refs) {
				t.Fatalf("%v, %v", again, err)
			}
		}
	})
}

// TestRecordsByHand holds what is written by hand to what encoding/json writes.
func TestRecordsByHand(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 2000 {
		take, head := new(takeRecord), new(header)
		for _, v := range []reflect.Value{reflect.ValueOf(take).Elem(), reflect.ValueOf(head).Elem()} {
			for f := range v.NumField() {
				if i > 0 && r.IntN(2) == 0 { // else it stays empty
					fillValue(r, v.Field(f))
				}
			}
		}
		for _, x := range []struct {
			got       []byte
			from      any
			back, own any
		}{
			{take.encode(), take, new(takeRecord), new(takeRecord)},
			{head.encode(), head, new(header), new(header)},
		} {
			want, err := encodeJSON(x.from)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(decodeJSON(want, x.back), decodeJSON(x.got, x.own)); err != nil {
				t.Fatalf("%s: %v", x.got, err)
			}
			if !reflect.DeepEqual(x.own, x.back) {
				t.Fatalf("written as %s, want %s", x.got, want)
			}
		}
	}
}

func TestAfter(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "b", "a\xff": "b", "a\xff\xff": "b", "\xff": "", "a\x00": "a\x01"} {
		if got := after([]byte(in)); string(got) != want {
			t.Errorf("after %q is %q, want %q", in, got, want)
		}
	}
}
