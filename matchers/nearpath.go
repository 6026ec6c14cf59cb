package matchers

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"strings"
)

// To a template, the segment of a parameter is like any other: what is sought near
// it has to have that segment passed over. Which segments these are is known of the
// templates: they are of a few forms, however many there are.

// anySegment stands for the segment of a parameter where paths are put in order.
const anySegment = "{}"

// isParam reports whether a segment of a template has a parameter.
func isParam(segment string) bool { return strings.IndexByte(segment, '{') >= 0 }

// params are the segments that have parameters, a bit for each, counted from the
// begin or the end of the path. Those beyond the 64th count for literals.
type params uint64

// maxForms bounds the forms of templates that a path is held against: those that
// most templates have.
const maxForms = 8

// nameless is a template's text with anySegment for the segments that have
// parameters, and these, counted from either side.
func nameless(text string) (out string, head, tail params) {
	b := make([]byte, 0, len(text))
	rest, more := text, true
	for i := 0; more; i++ {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		tail <<= 1
		if isParam(segment) {
			segment = anySegment
			tail |= 1
			if i < 64 {
				head |= 1 << i
			}
		}
		b = append(b, segment...)
		if more {
			b = append(b, '/')
		}
	}
	return string(b), head, tail
}

// forms counts the forms of templates.
type forms map[params]int

// most are those that most templates have.
func (f forms) most() []params {
	all := slices.SortedFunc(maps.Keys(f), func(a, b params) int {
		return cmp.Or(cmp.Compare(f[b], f[a]), cmp.Compare(a, b))
	})
	return all[:min(len(all), maxForms)]
}

// fromHead returns path with anySegment in these places counted from the begin,
// fromTail counted from the end; as it is where it has no such place.
func (p params) fromHead(path string) string {
	return p.in(path, func(i, _ int) int { return i })
}

func (p params) fromTail(path string) string {
	return p.in(path, func(i, n int) int { return n - 1 - i })
}

func (p params) in(path string, place func(i, n int) int) string {
	segments := strings.Split(path, "/")
	for i := range segments {
		if at := place(i, len(segments)); at < bits.Len64(uint64(p)) && p>>at&1 != 0 {
			segments[i] = anySegment
		}
	}
	return strings.Join(segments, "/")
}

// pathLikeness is the similarity of a path with that of a stub, of which text is the
// template, if it is one: a parameter takes whatever stands in its segment, counted
// from the begin, and behind what differs from the end, and counts for nothing
// itself. It allocates nothing: a miss asks for it of dozens of stubs.
func pathLikeness(text, path string) float64 {
	if !isParam(text) {
		return similarity(text, path)
	}
	textLeft, pathLeft, head := dropHead(text, path)
	textLeft, pathLeft, tail := dropTail(textLeft, pathLeft)
	missing := len(textLeft)
	for segment := range strings.SplitSeq(textLeft, "/") {
		if isParam(segment) {
			missing -= len(segment)
		}
	}
	return float64(head+tail) / float64(max(head+tail+max(missing, len(pathLeft)), 1))
}

// dropHead takes off what a template and a path have alike from the begin, dropTail
// from the end: so many bytes, besides what parameters take.
func dropHead(text, path string) (textLeft, pathLeft string, alike int) {
	for {
		segment, there := firstSegment(text), firstSegment(path)
		switch {
		case strings.HasSuffix(segment, "...}"):
			return "", "", alike
		case isParam(segment):
			text, path = text[len(segment):], path[len(there):]
		default:
			n := sharedHead(segment, there)
			alike += n
			text, path = text[n:], path[n:]
			if n < len(segment) || n < len(there) {
				return text, path, alike
			}
		}
		if text == "" || path == "" {
			return text, path, alike
		}
		alike++ // the '/' behind the segment
		text, path = text[1:], path[1:]
	}
}

func dropTail(text, path string) (textLeft, pathLeft string, alike int) {
	for {
		segment, there := lastSegment(text), lastSegment(path)
		if isParam(segment) {
			text, path = text[:len(text)-len(segment)], path[:len(path)-len(there)]
		} else {
			n := sharedTail(segment, there)
			alike += n
			text, path = text[:len(text)-n], path[:len(path)-n]
			if n < len(segment) || n < len(there) {
				return text, path, alike
			}
		}
		if text == "" || path == "" {
			return text, path, alike
		}
		alike++ // the '/' before it
		text, path = text[:len(text)-1], path[:len(path)-1]
	}
}

// firstSegment is what stands before the first '/', lastSegment behind the last.
func firstSegment(s string) string {
	if i := strings.IndexByte(s, '/'); i >= 0 {
		return s[:i]
	}
	return s
}

func lastSegment(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
