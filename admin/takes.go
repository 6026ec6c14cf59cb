package admin

import "net/http"

func (c *call) listTakes() error {
	takes, err := c.opts.Engine.Takes(c.r.Context())
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, takeList{takes})
}

func (c *call) getTake() error {
	take, err := c.opts.Engine.Take(c.r.Context(), c.number("id"))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, take)
}

func (c *call) deleteTake() error {
	if err := c.opts.Engine.DropTake(c.r.Context(), c.number("id")); err != nil {
		return err
	}
	return c.empty()
}
