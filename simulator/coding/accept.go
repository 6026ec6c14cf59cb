package coding

import "strings"

// Accepts reports whether a client whose Accept-Encoding (all lines joined) is
// acceptEncoding takes a body of that Content-Encoding, by RFC 9110 section
// 12.5.3: a coding named with q=0 is refused, "*" stands for those not named,
// identity is taken unless it is refused by name or by "*;q=0". A stack is
// taken if each of its codings is. x-gzip is gzip. Of a coding named twice the
// first counts.
//
// An absent header lets a server choose by the letter of that section; here it
// counts as an empty one, identity only, since clients that send none do not
// decode. A weight that is none refuses its coding, but never identity.
func Accepts(acceptEncoding, coding string) bool {
	identity := true
	for name := range strings.SplitSeq(coding, ",") {
		name = canonical(name)
		if name == "" || name == "identity" {
			continue
		}
		identity = false
		if named, ok := weigh(acceptEncoding, name); named != "" {
			if !ok {
				return false
			}
		} else if named, ok := weigh(acceptEncoding, "*"); named == "" || !ok {
			return false
		}
	}
	if !identity {
		return true
	}
	if named, ok := weigh(acceptEncoding, "identity"); named != "" {
		return ok
	}
	named, ok := weigh(acceptEncoding, "*")
	return named == "" || ok
}

// weigh finds a name in the list: named is it, or "" where the list has it not;
// ok says that its weight is not 0.
func weigh(list, name string) (named string, ok bool) {
	for list != "" {
		var element string
		element, list, _ = strings.Cut(list, ",")
		n, params, _ := strings.Cut(element, ";")
		if canonical(n) != name {
			continue
		}
		q, valid := weight(params)
		return name, q || !valid && name == "identity"
	}
	return "", false
}

// weight reads "q=0.5" out of parameters; positive is true where there is none.
func weight(params string) (positive, valid bool) {
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		name, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.Trim(name, " \t"), "q") {
			continue
		}
		return qvalue(strings.Trim(value, " \t"))
	}
	return true, true
}

// qvalue is RFC 9110's (section 12.4.2), with any number of digits.
func qvalue(s string) (positive, valid bool) {
	if s == "" || s[0] != '0' && s[0] != '1' {
		return false, false
	}
	frac, ok := strings.CutPrefix(s[1:], ".")
	if !ok && s[1:] != "" {
		return false, false
	}
	positive = s[0] == '1'
	for i := range len(frac) {
		switch {
		case frac[i] < '0' || frac[i] > '9', s[0] == '1' && frac[i] != '0':
			return false, false
		case frac[i] != '0':
			positive = true
		}
	}
	return positive, true
}

// canonical is a coding's name in lower case, x-gzip as gzip.
func canonical(name string) string {
	name = strings.ToLower(strings.Trim(name, " \t"))
	if name == "x-gzip" {
		return "gzip"
	}
	return name
}
