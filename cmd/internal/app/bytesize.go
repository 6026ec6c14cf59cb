package app

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes that is written with a unit: "64MiB", "10 MB",
// "512". KiB, MiB, GiB and TiB are powers of 1024, kB, MB, GB and TB of 1000.
type ByteSize int64

// units are in falling size, so that the first that divides is the one to write.
var units = []struct {
	name string
	size int64
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"B", 1},
}

// String writes the size in the largest unit that divides it.
func (b ByteSize) String() string {
	if b > 0 {
		for _, u := range units {
			if int64(b)%u.size == 0 && u.size > 1 {
				return strconv.FormatInt(int64(b)/u.size, 10) + u.name
			}
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// Set reads a size; a unit's case does not matter. With Type it makes *ByteSize
// a flag's value.
func (b *ByteSize) Set(s string) error {
	digits := strings.TrimSpace(s)
	factor := int64(1)
	for _, u := range units {
		if len(digits) > len(u.name) && strings.EqualFold(digits[len(digits)-len(u.name):], u.name) {
			digits, factor = strings.TrimSpace(digits[:len(digits)-len(u.name)]), u.size
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("%q is no size: write a whole number with a unit, such as 64MiB or 512KiB", s)
	}
	if n > math.MaxInt64/factor {
		return fmt.Errorf("%q is too large a size", s)
	}
	*b = ByteSize(n * factor)
	return nil
}

// Type is the word for the value in a flag's help.
func (*ByteSize) Type() string { return "size" }

// UnmarshalText is Set, for config files and the environment.
func (b *ByteSize) UnmarshalText(text []byte) error { return b.Set(string(text)) }

// MarshalText is String.
func (b ByteSize) MarshalText() ([]byte, error) { return []byte(b.String()), nil }
