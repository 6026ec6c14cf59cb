package simulator

import (
	"slices"
	"sync"

	"understudy/simulations"
)

// take is one run of recording in memory.
type take struct {
	id         uint64
	simulation string
	mu         sync.Mutex
	requests   map[string]*request // by stub id
}

// request is what one take has seen of one request.
type request struct {
	mu sync.Mutex
	// logged says that the log has it in this take, read that its runs are what the
	// log says, which knows nothing of edits: see agree.
	logged, read bool
	runs         []run
	bytes        int // of the runs
	// forgotten counts how often the runs were.
	forgotten int
}

// request is the one of a stub id, a new one where the take has none.
func (tk *take) request(stubID string) *request {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	q := tk.requests[stubID]
	if q == nil {
		q = &request{}
		tk.requests[stubID] = q
	}
	return q
}

// run is the same answer a number of times in a row.
type run struct {
	answer answer
	times  int
}

// answer is a response in the form that a take remembers it in: of most requests
// there is one, which nobody asks for again.
type answer struct {
	// id is equal for answers that count as alike.
	id string
	// packed is a stub that has the response: of a request with one answer, the
	// stub that the catalog has too.
	packed string
}

// maxRuns and maxRunBytes bound the sequence that one request's answers become,
// which is written anew with each of them; what comes after stays in the log only.
const (
	maxRuns     = 1000
	maxRunBytes = 16 << 20
)

// runBytes is about what an answer adds to a sequence: a body in the store adds its
// name.
func runBytes(x *simulations.Exchange) int { return 512 + len(x.Response.Body.Data) }

// forget begins the sequence anew.
func (q *request) forget() { q.runs, q.bytes, q.forgotten = nil, 0, q.forgotten+1 }

// agree takes the runs that the log has of a request for what its stub has of them,
// whose answers are alike those of the ids. An edit of the stub made it begin anew
// once, so that it has the last of them, or, where the edit was the last, none.
func (q *request) agree(ids []string) {
	from := len(q.runs) - len(ids)
	if len(ids) == 0 || from < 0 || !slices.EqualFunc(q.runs[from:], ids, func(r run, id string) bool { return r.answer.id == id }) {
		q.forget()
		return
	}
	q.runs = slices.Clone(q.runs[from:])
}

// full reports whether the sequence takes no further answer.
func (q *request) full() bool { return len(q.runs) >= maxRuns || q.bytes >= maxRunBytes }

// add folds one exchange of the log into its take.
func (tk *take) add(r *simulations.Recorded) {
	if r.StubID == "" {
		return
	}
	q := tk.request(r.StubID)
	q.logged, q.read = true, true
	n := len(q.runs)
	if n > 0 && q.runs[n-1].answer.id == r.Answer {
		q.runs[n-1].times++
		return
	}
	// What was logged by an older understudy has an id that was made otherwise.
	response := distillAnswer(r.Exchange)
	if id := answerID(response); n > 0 && q.runs[n-1].answer.id == id {
		q.runs[n-1].times++
	} else if !q.full() {
		q.runs, q.bytes = append(q.runs, run{answer{id, packAnswer(response)}, 1}), q.bytes+runBytes(r.Exchange)
	}
}
