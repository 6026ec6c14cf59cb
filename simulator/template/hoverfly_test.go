package template

import "testing"

// TestHoverflyVocabulary: every helper that Hoverfly 1.12 has is here, with an
// example; TestExamples holds their results.
func TestHoverflyVocabulary(t *testing.T) {
	for _, name := range []string{
		"if", "unless", "with", "each", "first", "log", "lookup", "equal",
		"now",
		"randomString", "randomStringLength", "randomBoolean", "randomInteger", "randomIntegerRange", "randomFloat", "randomFloatRange",
		"randomEmail", "randomIPv4", "randomIPv6", "randomUuid", "faker",
		"replace", "split", "concat", "length", "substring", "rightmostCharacters",
		"isNumeric", "isAlphanumeric", "isBool", "isGreaterThan", "isGreaterThanOrEqual", "isLessThan", "isLessThanOrEqual", "isBetween", "matchesRegex",
		"add", "subtract", "multiply", "divide", "sum",
		"putValue", "getValue", "initArray", "addToArray", "getArray",
		"requestBody", "Request.Body", "jsonFromJWT",
		"csv", "csvMatchingRows", "csvAsArray", "csvAsMap", "csvAddRow", "csvDeleteRows", "csvCountRows", "csvSqlCommand",
		"journal", "hasJournalKey",
		"setStatusCode", "setHeader",
	} {
		if h := dialects[Hoverfly].helpers[name]; h == nil || len(h.examples) == 0 {
			t.Errorf("%s is not there, or has no example", name)
		}
	}
}
