package instance

import (
	"math/big"

	"understudy/simulations"
)

// number makes a number within the bounds, a small one where they leave the
// choice.
func (m *maker) number(r *rules, whole bool) (*simulations.Value, bool) {
	steps := r.steps
	if whole {
		steps = append([]*big.Rat{big.NewRat(1, 1)}, steps...)
	}
	if len(steps) > 0 {
		return m.multiple(r, common(steps))
	}
	// Fractions: a quarter more than a whole, the middle, or a bound itself.
	quarter := big.NewRat(1, 4)
	candidates := []*big.Rat{new(big.Rat).Add(m.near(r), quarter)}
	if r.least != nil && r.most != nil {
		candidates = append(candidates, new(big.Rat).Mul(new(big.Rat).Add(r.least, r.most), big.NewRat(1, 2)))
	}
	if r.least != nil {
		candidates = append(candidates, r.least, new(big.Rat).Add(r.least, big.NewRat(1, 1)))
	}
	if r.most != nil {
		candidates = append(candidates, r.most, new(big.Rat).Sub(r.most, big.NewRat(1, 1)))
	}
	for _, n := range candidates {
		if r.holds(n) {
			return decimal(n)
		}
	}
	return nil, false
}

// spread is how far from a bound numbers are drawn.
const spread = 100

// near draws a whole number, from 1 on or from a bound on.
func (m *maker) near(r *rules) *big.Rat {
	n := big.NewRat(1+int64(m.rand.IntN(spread)), 1)
	switch one := big.NewRat(1, 1); {
	case r.least != nil && r.least.Cmp(one) > 0:
		n.Add(n, floor(r.least))
	case r.most != nil && r.most.Cmp(one) < 0:
		n.Sub(floor(r.most), n)
	}
	return n
}

// multiple makes a multiple of step.
func (m *maker) multiple(r *rules, step *big.Rat) (*simulations.Value, bool) {
	from, to := big.NewInt(1), (*big.Int)(nil)
	if r.least != nil {
		from = ceiling(new(big.Rat).Quo(r.least, step))
		if r.leastOpen && new(big.Rat).Mul(new(big.Rat).SetInt(from), step).Cmp(r.least) == 0 {
			from.Add(from, big.NewInt(1))
		}
	}
	if r.most != nil {
		to = floor(new(big.Rat).Quo(r.most, step)).Num()
		if r.mostOpen && new(big.Rat).Mul(new(big.Rat).SetInt(to), step).Cmp(r.most) == 0 {
			to = new(big.Int).Sub(to, big.NewInt(1))
		}
		if r.least == nil && from.Cmp(to) > 0 {
			from = new(big.Int).Sub(to, big.NewInt(spread))
		}
		if from.Cmp(to) > 0 {
			return nil, false
		}
	}
	if one := big.NewInt(1); from.Cmp(one) < 0 && (to == nil || to.Cmp(one) >= 0) {
		from = one // numbers of things are positive
	}
	width := int64(spread)
	if to != nil {
		if room := new(big.Int).Sub(to, from); room.IsInt64() && room.Int64() < width {
			width = room.Int64() + 1
		}
	}
	k := new(big.Int).Add(from, big.NewInt(m.rand.Int64N(width)))
	return decimal(new(big.Rat).Mul(new(big.Rat).SetInt(k), step))
}

func (r *rules) holds(n *big.Rat) bool {
	if r.least != nil {
		if order := n.Cmp(r.least); order < 0 || order == 0 && r.leastOpen {
			return false
		}
	}
	if r.most != nil {
		if order := n.Cmp(r.most); order > 0 || order == 0 && r.mostOpen {
			return false
		}
	}
	return true
}

func floor(n *big.Rat) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Div(n.Num(), n.Denom())) // rounds down, the divisor being positive
}

func ceiling(n *big.Rat) *big.Int {
	return new(big.Int).Neg(floor(new(big.Rat).Neg(n)).Num())
}

// common is the least number that all steps divide.
func common(steps []*big.Rat) *big.Rat {
	out := steps[0]
	for _, step := range steps[1:] {
		// lcm(a/b, c/d) = lcm(a*d, c*b) / (b*d)
		a := new(big.Int).Mul(out.Num(), step.Denom())
		b := new(big.Int).Mul(step.Num(), out.Denom())
		lcm := new(big.Int).Mul(a, b)
		lcm.Quo(lcm, new(big.Int).GCD(nil, nil, a, b))
		out = new(big.Rat).SetFrac(lcm, new(big.Int).Mul(out.Denom(), step.Denom()))
	}
	return out
}
