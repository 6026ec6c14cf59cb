package export

import (
	"regexp"

	"understudy/simulations"
)

// Levels remembers, for stubs that come in one order, how high those of before
// stand that may match the same requests. Two stubs with exact paths that differ
// never do, nor does one with an exact path and one whose pattern it does not fit.
type Levels struct {
	byPath map[string]int
	open   []openPath
	// rest is the highest of the stubs whose paths are not known, all of any.
	rest, all int
}

// openPath is the pattern of a stub without an exact path.
type openPath struct {
	fits  *regexp.Regexp
	level int
}

// maxOpen bounds the patterns that an exact path is held against; others count
// as fitting.
const maxOpen = 100

// Of is the highest level of the stubs before that may match what s does.
func (l *Levels) Of(s *simulations.Stub) int {
	path, exact := Literal(s.Request.Path)
	if !exact {
		return l.all
	}
	level := max(l.rest, l.byPath[path])
	form, known := PathForm(path)
	for _, o := range l.open {
		if o.level > level && (!known || o.fits.MatchString(form)) {
			level = o.level
		}
	}
	return level
}

// Put sets the level of s.
func (l *Levels) Put(s *simulations.Stub, level int) {
	l.all = max(l.all, level)
	path, exact := Literal(s.Request.Path)
	switch {
	case !exact:
		l.putOpen(s, level)
	case l.byPath == nil:
		l.byPath = map[string]int{path: level}
	default:
		l.byPath[path] = max(l.byPath[path], level)
	}
}

func (l *Levels) putOpen(s *simulations.Stub, level int) {
	if s.Request.Path != nil && len(l.open) < maxOpen {
		if terms := Terms(s.Request.Path.Value, Place{}); len(terms) == 1 {
			expr, ok := terms[0].Expression(true)
			if re, err := regexp.Compile(expr); ok && err == nil {
				l.open = append(l.open, openPath{re, level})
				return
			}
		}
	}
	l.rest = max(l.rest, level)
}
