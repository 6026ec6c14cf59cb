package admin

import (
	"context"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats"
)

// What is made of a body takes many times its text: a few kilobytes, decompressed,
// may be millions of values. So besides the budget of bytes there is one of what
// is parsed at one time, as [simulations.ParseCost] estimates it, of which one
// body never takes more than all. It is taken when all of a body is there and
// given back with its call, and of one that is read piece by piece when a piece is
// there, until the next is read: who has a share of it never waits for a client.
//
// Rejected: refusing at once when it is spent, as the bytes do. Several imports
// are served one after the other that way, as fast as at one time, and small
// bodies pass them by.
const (
	// freeParse is the cost of a body that counts for nothing; connections bound
	// how many of those there are.
	freeParse = 256 << 10
	// parseWait bounds how long a call waits for its share.
	parseWait = 30 * time.Second
)

var errParsing = simulations.Errorf(simulations.CodeUnavailable, "too many large bodies are worked on now, and this one has waited %s for its turn: send it again in a moment", parseWait)

// admit has to come before anything is made of a body. It takes the share of what
// is parsed at one time that the body costs, until parsed. It blocks for
// parseWait at most, and not longer than the client is there and the server runs.
func (c *call) admit(cost int64) error {
	cost = min(cost, simulations.MaxParseCost)
	if cost <= freeParse {
		return nil
	}
	if !c.parses.TryAcquire(cost) {
		ctx, cancel := context.WithTimeout(c.r.Context(), parseWait)
		defer cancel()
		defer context.AfterFunc(c.stopping, cancel)()
		if c.parses.Acquire(ctx, cost) != nil {
			if err := c.r.Context().Err(); err != nil {
				return err
			}
			return errParsing
		}
	}
	c.parsing = cost
	return nil
}

// parsed gives back what admit took, once what was made is out of use.
func (c *call) parsed() {
	if c.parsing > 0 {
		c.parses.Release(c.parsing)
		c.parsing = 0
	}
}

// bodyCost is what a body costs that was read whole.
func bodyCost(data []byte) int64 {
	if formats.IsZip(data) {
		return formats.ZipCost(data)
	}
	return simulations.ParseCost(data)
}
