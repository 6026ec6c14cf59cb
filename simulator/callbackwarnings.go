package simulator

import (
	"iter"
	"strconv"

	"understudy/simulations"
)

// callbackWarnings names the callbacks of a document's stubs that would be refused as
// things stand. They are no errors: collaborators may be declared by another
// document, and a document may go to an understudy with other settings. Each
// collaborator and each host is named once. hosts is nil where the settings are
// not known, and then nothing is said of URLs.
func callbackWarnings(stubs iter.Seq2[int, *simulations.Stub], known map[string]*collaborator, hosts *CallbackHosts, say func(pointer, format string, args ...any)) {
	said := make(map[string]bool)
	warn := func(at, about, format string, args ...any) {
		if !said[about] {
			said[about] = true
			say(at, format, args...)
		}
	}
	directory := &directory{byName: known}
	check := func(at string, r *simulations.Response) {
		for i, c := range r.Callbacks {
			at := at + "/callbacks/" + strconv.Itoa(i)
			switch {
			case c.Collaborator != "" && known[c.Collaborator] == nil:
				warn(at+"/collaborator", "collaborator "+c.Collaborator, "no collaborator %s is declared: the callback is refused until it is, with an upstream", c.Collaborator)
			case c.Collaborator != "" && known[c.Collaborator].upstream == nil:
				warn(at+"/collaborator", "collaborator "+c.Collaborator, "the collaborator %s has no upstream: the callback is refused until it has", c.Collaborator)
			case c.Collaborator == "" && hosts != nil:
				server := callbackServer(c)
				if server == nil || hosts.Allow(server) {
					continue
				}
				if col, _ := directory.byUpstream(server); col == nil {
					warn(at+"/url", "host "+server.Host, "%s is no declared collaborator's upstream, and --callback-host does not list it: the callback is refused until one of these changes", server.Host)
				}
			}
		}
	}
	for i, s := range stubs {
		at := "/stubs/" + strconv.Itoa(i)
		if s.Response != nil {
			check(at+"/response", s.Response)
		}
		for j, r := range s.Responses {
			check(at+"/responses/"+strconv.Itoa(j), r)
		}
	}
}
