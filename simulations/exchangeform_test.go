package simulations

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"net/http"
	"reflect"
	"runtime"
	"testing"
	"time"
)

// fill sets v, and everything below it, to random values: whatever a field of
// an exchange is, one that the form forgets comes back as nothing.
func fill(t testing.TB, r *rand.Rand, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		at := time.Unix(r.Int64N(1<<33)-1<<32, r.Int64N(1e9))
		zones := []*time.Location{time.UTC, time.FixedZone("", -3600*5-7), time.FixedZone("", 19800)}
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
			fill(t, r, value)
			v.SetMapIndex(key, value)
		}
	default:
		t.Fatalf("an exchange holds a %s, which neither this test nor, it seems, its form knows", v.Type())
	}
}

func randomExchange(t testing.TB, r *rand.Rand) *Exchange {
	x := new(Exchange)
	fill(t, r, reflect.ValueOf(x).Elem())
	return x
}

// TestExchangeForm: every field of an exchange comes back as it was.
func TestExchangeForm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		x := randomExchange(t, r)
		x.ID = 0 // is kept beside
		got, err := ParseExchange(string(AppendExchange(nil, x)))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, x) {
			t.Fatalf("got  %+v\nwant %+v", got, x)
		}
	}
}

// TestExchangeFormCut: of a form that is cut anywhere nothing is made up.
func TestExchangeFormCut(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		form := string(AppendExchange(nil, randomExchange(t, r)))
		for n := range len(form) {
			if _, err := ParseExchange(form[:n]); err == nil {
				t.Fatalf("%d of %d bytes are read as a whole form", n, len(form))
			}
		}
		if _, err := ParseExchange(form + "\x00"); err == nil {
			t.Fatal("bytes behind the form are not noticed")
		}
	}
}

// FuzzExchangeForm: whatever the bytes, there is an error or an exchange that
// keeps, and no more memory than the bytes account for.
func FuzzExchangeForm(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	f.Add("")
	for range 20 {
		f.Add(string(AppendExchange(nil, randomExchange(f, r))))
	}
	f.Fuzz(func(t *testing.T, form string) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		x, err := ParseExchange(form)
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
		again, err := ParseExchange(string(AppendExchange(nil, x)))
		if err != nil || !reflect.DeepEqual(again, x) {
			t.Fatalf("%+v\nbecame %+v, %v", x, again, err)
		}
	})
}

// The zone of a time is how far it is from UTC.
func TestExchangeFormTime(t *testing.T) {
	for _, at := range []time.Time{{}, time.Now(), time.Now().UTC(), time.Unix(0, 1), time.Now().In(time.FixedZone("IST", 19800))} {
		got, err := ParseExchange(string(AppendExchange(nil, &Exchange{Time: at})))
		if err != nil {
			t.Fatal(err)
		}
		if a, b := got.Time.Format(time.RFC3339Nano), at.Format(time.RFC3339Nano); a != b {
			t.Errorf("%s became %s", b, a)
		}
	}
}

// goldenExchange has something in every field, each time the same.
func goldenExchange() *Exchange {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678, time.FixedZone("", 3600))
	return &Exchange{
		Time: at, Collaborator: "payments", Session: "default", Origin: OriginShadow, OriginBy: "a header", Transaction: "t1",
		Mode: ModeRecord, Outcome: OutcomeRecorded, Reason: "because", Stub: "a/b", Take: 300, Latency: 1e6, Duration: 2e6, Error: "none",
		Request: RequestMessage{
			Method: "POST", Host: "pay:80", Path: "/a\xff", Query: "q=1", Proto: "HTTP/1.1",
			Header: http.Header{"A": {"1", ""}}, Trailer: http.Header{}, Body: Body{Data: []byte("{}"), Size: 2},
		},
		Response: ResponseMessage{
			Status: 201, StatusText: "Created", Proto: "HTTP/2.0", Header: http.Header{"B": nil}, Trailer: http.Header{"C": {}},
			Body:   Body{Stored: &BodyRef{ID: "abc", Size: 70000}, Size: 70000, Truncated: true},
			Chunks: []Chunk{{After: 5, Size: 6}, {After: -7, Size: 8}},
		},
		Differences: []Difference{{Path: "body", Kind: "changed", Stub: "1", Upstream: "2"}},
		NearMisses:  []NearMiss{{Stub: "a/c", Score: 0.5, Failed: []Mismatch{{Field: "path", Operator: "equals", Expected: "/a", Actual: "/b"}}}, {Failed: []Mismatch{}}, {}},
	}
}

// TestExchangeFormGolden: what is on disks stays as it is, and readable.
func TestExchangeFormGolden(t *testing.T) {
	x := goldenExchange()
	if got := hex.EncodeToString(AppendExchange(nil, x)); got != golden {
		t.Errorf("the form has changed, recordings that exist could not be read:\n%s", got)
	}
	b, err := hex.DecodeString(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseExchange(string(b))
	if err != nil || !reflect.DeepEqual(got, x) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, x)
	}
}

const golden = "01087061796d656e7473020764656661756c740306736861646f7704087265636f726465640504504f535406032f61ff07aa9eb9950da605a0380808" +
	"6120686561646572090274310a067265636f72640b07626563617573650c03612f620dac020e80897a0f8092f40110046e6f6e65110108485454502f" +
	"312e31020101410301310003000401027b7d03040005067061793a38300603713d3100120108485454502f322e300201014200030101430104020361" +
	"6263e0c50803e0c508040007920308074372656174656409020a0c0d1000130104626f6479076368616e67656401310132140303612f630000000000" +
	"00e03f0101047061746806657175616c73022f61022f6200000000000000000001000000000000000000000000"
