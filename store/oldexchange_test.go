package store

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"understudy/simulations"
)

// encodeOldRecorded is the writer that there was, for what its reader has to read.
func encodeOldRecorded(rec *simulations.Recorded) ([]byte, error) {
	r := oldRecorded{Take: rec.Take, StubID: rec.StubID, Answer: rec.Answer, Exchange: rec.Exchange, Escaped: true}
	r = mapStrings(reflect.ValueOf(r), escape).Interface().(oldRecorded)
	return json.Marshal(&r)
}

func needsEscape(s string) bool {
	return !utf8.ValidString(s) || strings.HasPrefix(s, escapeMark)
}

func escape(s string) string {
	if !needsEscape(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(escapeMark)
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// TestOldExchangeIsReadWhole: what is in data folders by now comes back.
func TestOldExchangeIsReadWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		rec := new(simulations.Recorded)
		fillValue(r, reflect.ValueOf(rec).Elem())
		b, err := encodeOldRecorded(rec)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeRecorded(b)
		if err != nil {
			t.Fatal(err)
		}
		got.Seq = rec.Seq     // the key's
		got.Again = rec.Again // not kept
		if !reflect.DeepEqual(got, rec) {
			t.Fatalf("came back otherwise:\n got %#v\nwant %#v", got.Exchange, rec.Exchange)
		}
	}
}

// TestOldExchangeFixture reads a record that the first layout's understudy wrote.
func TestOldExchangeFixture(t *testing.T) {
	got, err := decodeRecorded([]byte(oldFixture))
	if err != nil {
		t.Fatal(err)
	}
	x := got.Exchange
	if got.Take != 3 || got.StubID != "GET-a-0123" || got.Answer != "beef" || x.Request.Path != "/caf\xe9" || string(x.Response.Body.Data) != "ok" || x.Response.Header.Get("A") != "\ufdd0" {
		t.Errorf("%+v %+v", got, x)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("plain", "caf\xe9")
	f.Add("\uFDD0", "\uFDD0\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		if unescape(escape(a)) != a {
			t.Fatalf("%q came back as %q", a, unescape(escape(a)))
		}
		if a != b && escape(a) == escape(b) {
			t.Fatalf("%q and %q are written alike", a, b)
		}
	})
}

const oldFixture = "{\"take\":3,\"stub\":\"GET-a-0123\",\"answer\":\"beef\",\"exchange\":{\"id\":0,\"time\":\"2001-09-09T01:46:40.000000005Z\",\"session\":\"default\",\"origin\":\"live\",\"mode\":\"record\",\"outcome\":\"recorded\",\"stub\":\"a-recorded/GET-a-0123\",\"take\":3,\"duration\":0,\"request\":{\"method\":\"GET\",\"host\":\"a\",\"path\":\"\ufdd0/caf\u00e9\",\"body\":{\"size\":0}},\"response\":{\"status\":200,\"headers\":{\"A\":[\"\ufdd0\u00ef\u00b7\u0090\"]},\"body\":{\"data\":\"b2s=\",\"size\":2}}},\"escaped\":true}"
