package openapi

import (
	"maps"
	"slices"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// writtenServers are the URLs of the servers that a path is asked of.
type writtenServers map[string]bool

// anyServer is the one that a description has where it names none.
const anyServer = "/"

func (w writtenServers) add(s export.Server) {
	if s.Host == "" || s.Scheme == "" {
		w[anyServer] = true
		return
	}
	w[s.Scheme+"://"+s.Host+s.Base] = true
}

// value is the list of Server Objects, nil for any server.
func (w writtenServers) value() *simulations.Value {
	if len(w) == 0 || len(w) == 1 && w[anyServer] {
		return nil
	}
	list := simulations.NewArray()
	for _, u := range slices.Sorted(maps.Keys(w)) {
		list.Items = append(list.Items, convert.Object("url", simulations.NewString(u)))
	}
	return list
}

// common are the servers of all paths, nil where those differ.
func common(all map[string]writtenServers) writtenServers {
	var first writtenServers
	for _, w := range all {
		if first == nil {
			first = w
		}
		if !maps.Equal(first, w) {
			return nil
		}
	}
	return first
}
