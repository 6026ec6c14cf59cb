package simulator

import (
	"math"
	"math/rand/v2"
	"net/http"
	"reflect"
	"runtime"
	"strconv"
	"testing"
	"time"

	"understudy/simulations"
)

// fill sets v, and everything below it, to random values: whatever a field of
// an exchange is, one that the journal's form forgets comes back as nothing.
func fill(t testing.TB, r *rand.Rand, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		at := time.Unix(r.Int64N(1<<33)-1<<32, r.Int64N(1e9))
		zones := []*time.Location{time.UTC, time.Local, time.FixedZone("", -3600*5), time.FixedZone("IST", 19800)}
		v.Set(reflect.ValueOf(at.In(zones[r.IntN(len(zones))])))
		return
	}
	few := r.IntN(4) // how long; of 0 it is nil or empty
	switch v.Kind() {
	case reflect.String:
		text := make([]byte, r.IntN(20))
		for i := range text {
			text[i] = byte(r.Uint32()) // HTTP has strings that are no UTF-8
		}
		v.SetString(string(text))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> r.IntN(64))
	case reflect.Uint64:
		v.SetUint(r.Uint64() >> r.IntN(64))
	case reflect.Uint8:
		v.SetUint(uint64(uint8(r.Uint32())))
	case reflect.Float64:
		v.SetFloat(r.NormFloat64())
	case reflect.Pointer:
		if few > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, r, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, r, v.Field(i))
		}
	case reflect.Slice:
		if few == 0 && r.IntN(2) == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), few, few))
		for i := range few {
			fill(t, r, v.Index(i))
		}
	case reflect.Map:
		if few == 0 && r.IntN(2) == 0 {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for range few {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(t, r, key)
			for value.IsNil() { // a name without values is left out, see below
				fill(t, r, value)
			}
			v.SetMapIndex(key, value)
		}
	default:
		t.Fatalf("an exchange holds a %s, which neither this test nor, it seems, the journal's form knows", v.Type())
	}
}

func randomExchange(t testing.TB, r *rand.Rand) *simulations.Exchange {
	x := new(simulations.Exchange)
	fill(t, r, reflect.ValueOf(x).Elem())
	return x
}

// TestJournalForm: every field of an exchange comes back as it was.
func TestJournalForm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		x := randomExchange(t, r)
		x.ID = 0 // is kept beside the form
		got, err := decodeExchange(string(appendExchange(nil, x)))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, x) {
			t.Fatalf("got  %+v\nwant %+v", got, x)
		}
	}
}

// A header name without values tells net/http not to send one.
func TestJournalFormLeavesOutUnsentHeaders(t *testing.T) {
	x := &simulations.Exchange{Response: simulations.ResponseMessage{Header: http.Header{"Content-Type": nil, "A": {"1"}, "B": {}}}}
	got, err := decodeExchange(string(appendExchange(nil, x)))
	if err != nil {
		t.Fatal(err)
	}
	if want := (http.Header{"A": {"1"}, "B": {}}); !reflect.DeepEqual(got.Response.Header, want) {
		t.Errorf("%v, want %v", got.Response.Header, want)
	}
}

// TestJournalFormCut: of a form that is cut anywhere nothing is made up.
func TestJournalFormCut(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		form := string(appendExchange(nil, randomExchange(t, r)))
		for n := range len(form) {
			if _, err := decodeExchange(form[:n]); err == nil {
				t.Fatalf("%d of %d bytes are read as a whole form", n, len(form))
			}
		}
		if _, err := decodeExchange(form + "\x00"); err == nil {
			t.Fatal("bytes behind the form are not noticed")
		}
	}
}

// FuzzJournalForm: whatever the bytes, there is an error or an exchange that
// keeps, and no more memory than the bytes account for.
func FuzzJournalForm(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	f.Add("")
	for range 20 {
		f.Add(string(appendExchange(nil, randomExchange(f, r))))
	}
	f.Fuzz(func(t *testing.T, form string) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		x, err := decodeExchange(form)
		runtime.ReadMemStats(&after)
		// 64 bytes of header map, or an empty body's slice, for a byte or two.
		if took := after.TotalAlloc - before.TotalAlloc; took > uint64(64<<10+128*len(form)) {
			t.Fatalf("%d bytes of form took %d bytes", len(form), took)
		}
		if err != nil {
			return
		}
		for i := range x.NearMisses {
			if math.IsNaN(x.NearMisses[i].Score) {
				return // which equals nothing
			}
		}
		again, err := decodeExchange(string(appendExchange(nil, x)))
		if err != nil || !reflect.DeepEqual(again, x) {
			t.Fatalf("%+v\nbecame %+v, %v", x, again, err)
		}
	})
}

// usualExchange is what most entries are like.
func usualExchange() *simulations.Exchange {
	return &simulations.Exchange{
		Time: time.Now(), Collaborator: "payments", Session: "default", Origin: simulations.OriginLive, OriginBy: "the default",
		Mode: simulations.ModeSimulate, Outcome: simulations.OutcomeStub, Duration: 12345,
		Reason: "stub payments/charge-card answers", Stub: "payments/charge-card",
		Request: simulations.RequestMessage{
			Method: "POST", Host: "payments:8443", Path: "/v1/charges", Query: "expand=customer", Proto: "HTTP/1.1",
			Header: http.Header{"Accept": {"*/*"}, "Content-Type": {"application/json"}, "Content-Length": {"120"}, "User-Agent": {"curl/8.5.0"}, "Host": {"payments:8443"}},
			Body:   simulations.Body{Data: make([]byte, 120), Size: 120},
		},
		Response: simulations.ResponseMessage{
			Status: 201,
			Header: http.Header{"Content-Type": {"application/json"}, "Content-Length": {"600"}, "Location": {"/v1/charges/1"}, "Understudy-Outcome": {"stub"}, "Understudy-Stub": {"payments/charge-card"}},
			Body:   simulations.Body{Data: make([]byte, 600), Size: 600},
		},
	}
}

// BenchmarkJournalAppend is what keeping an exchange takes, once the journal is
// as full as it gets.
func BenchmarkJournalAppend(b *testing.B) {
	full := func(b *testing.B) *journal {
		j := newJournal(10_000, 64<<20)
		for range 20_000 {
			j.append(usualExchange())
		}
		b.ReportAllocs()
		b.ResetTimer()
		return j
	}
	b.Run("serial", func(b *testing.B) {
		j, x := full(b), usualExchange()
		for b.Loop() {
			j.append(x)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		j := full(b)
		b.RunParallel(func(pb *testing.PB) {
			x := usualExchange()
			for pb.Next() {
				j.append(x)
			}
		})
	})
}

// BenchmarkJournalSearch reads all of a full journal through a filter.
func BenchmarkJournalSearch(b *testing.B) {
	j := newJournal(10_000, 64<<20)
	for i := range 10_000 {
		x := usualExchange()
		x.Request.Path += strconv.Itoa(i % 100)
		j.append(x)
	}
	for name, f := range map[string]*filter{"all": nil, "path": {JournalFilter: simulations.JournalFilter{Path: "/v1/charges7"}}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				j.scan(0, f, func(*simulations.Exchange) bool { return true })
			}
		})
	}
}
