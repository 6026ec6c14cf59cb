package pact

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestFormats holds the expressions of date formats to texts that they write,
// and to some that they do not.
func TestFormats(t *testing.T) {
	for _, c := range []struct{ pattern, is, isNot string }{
		{"yyyy-MM-dd", "2024-02-29", "2024-2-29"},
		{"d.M.yy", "1.12.24", "01.12.2024"},
		{"dd MMMM uuuu", "07 January 2024", "07 Jan 2024"},
		{"EEEE", "Monday", "Mon"},
		{"HH:mm:ss.SSS", "00:00:59.001", "00:00:60.001"},
		{"H:m", "7:5", "24:00"},
		{"hh:mm a", "12:00 PM", "13:00 PM"},
		{"kk K", "24 11", "25 12"},
		{"yyyy-MM-dd'T'HH:mm:ssZ", "2024-01-01T00:00:00+0100", "2024-01-01T00:00:00Z"},
		{"HH:mmXXX", "10:00Z", "10:00+01"},
		{"HH:mmX", "10:00+01", "10:00+01:00"},
		{"HH:mmxxx", "10:00+01:00", "10:00Z"},
		{"HH:mm z", "10:00 CET", "10:00 +1"},
		{"DDD, n", "001, 5", "0001, 5"},
		{"h 'o''clock'", "7 o'clock", "7 oclock"},
		{"yyyy[-MM]", "2024", "2024-"},
		{"yyyy/MM（dd）", "2024/01（02）", "2024/01(02)"},
	} {
		expr, ok := formatExpression(c.pattern)
		re, err := regexp.Compile(whole(expr))
		if !ok || err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if !re.MatchString(c.is) || re.MatchString(c.isNot) {
			t.Errorf("%s: %s fits %v, %s fits %v", c.pattern, c.is, re.MatchString(c.is), c.isNot, re.MatchString(c.isNot))
		}
	}
	for _, pattern := range []string{"'", "Q", "yyyyyyyyyy", "[", "]"} {
		if expr, ok := formatExpression(pattern); ok {
			t.Errorf("%q is understood as %s", pattern, expr)
		}
	}
}

// TestSteps reads paths as rules write them.
func TestSteps(t *testing.T) {
	for path, want := range map[string]string{
		"$":                "[]",
		"$.a.b":            "[{0 a 0} {0 b 0}]",
		"$['a.b'][0]":      "[{0 a.b 0} {1  0}]",
		`$["x"].*[*][12]`:  "[{0 x 0} {2 * 0} {3  0} {1  12}]",
		"$.content-type.x": "[{0 content-type 0} {0 x 0}]",
	} {
		got, ok := steps(path)
		if !ok || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v", path, got, ok)
		}
	}
	for _, path := range []string{"", "a", "$a", "$.", "$..a", "$[", "$['a", "$[-1]", "$[x]"} {
		if got, ok := steps(path); ok {
			t.Errorf("%q: %v", path, got)
		}
	}
}

// TestWorkIsBounded: an example whose lists hold lists would be looked at twice
// for each level, were it not counted.
func TestWorkIsBounded(t *testing.T) {
	body := "1"
	for range 200 {
		body = "[" + body + ",1]"
	}
	text := `{"consumer":{},"provider":{},"interactions":[{"request":{"path":"/","body":` + body +
		`,"matchingRules":{"$.body":{"match":"type"}}},"response":{}}]}`
	start := time.Now()
	doc, warnings, err := Format{}.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Stubs) != 0 || len(warnings) != 1 || !strings.Contains(warnings[0].Detail, "too large together") {
		t.Errorf("%d stubs, %v", len(doc.Stubs), warnings)
	}
	t.Log(time.Since(start))
}
