package simulations

import "time"

// What the admin plane shows of the double, and what it asks of it. The types
// are here because both planes speak in them.

// Condition is a demand on the present revision (If-Match, If-None-Match).
type Condition struct {
	// Revision demands that the thing has it; 0 demands nothing.
	Revision uint64
	// Absent demands that there is no such thing yet.
	Absent bool
}

// SimulationInfo is a simulation without its stubs.
type SimulationInfo struct {
	Name     string `json:"name"`
	Revision uint64 `json:"revision"`
	Stubs    int    `json:"stubs"`
	// Collections counts those that the simulation declares.
	Collections int `json:"collections"`
	// Collaborators are those that the simulation declares or its stubs name, sorted.
	Collaborators []string `json:"collaborators"`
}

// Accepted is the answer to a document that was taken.
type Accepted struct {
	Name          string `json:"name"`
	Revision      uint64 `json:"revision"`
	Stubs         int    `json:"stubs"`
	Collaborators int    `json:"collaborators"`
	Collections   int    `json:"collections"`
	Created       bool   `json:"created"`
	// Unchanged says that the document was equal to what is there, which stays.
	Unchanged bool      `json:"unchanged"`
	Warnings  []Warning `json:"warnings"`
}

// CollaboratorInfo is a collaborator as declared, and how it stands.
type CollaboratorInfo struct {
	Name     string `json:"name"`
	Revision uint64 `json:"revision"`
	Mode     Mode   `json:"mode"`
	Stubs    int    `json:"stubs"`
	// Address is the own port's address, where there is one.
	Address string        `json:"address,omitempty"`
	Config  *Collaborator `json:"-"`
}

// JournalFilter chooses exchanges of the journal; zero fields choose all.
type JournalFilter struct {
	// After chooses exchanges with a greater ID. Where it is 0 and Latest is
	// set, a page holds the latest that fit instead of the first.
	After        uint64
	Latest       bool
	Limit        int
	Collaborator string
	Session      string
	Origin       Origin
	Outcome      Outcome
	Method       string
	// Path is an exact path, or, when it holds '*', a path glob.
	Path string
	// Cause chooses the callbacks that followed the exchange of that ID.
	Cause uint64
	// Request, where set, must match too.
	Request *Pattern
}

// JournalPage is a piece of the journal, oldest first.
type JournalPage struct {
	Entries []*Exchange `json:"entries"`
	// Next is the value of `after` for the page that follows.
	Next uint64 `json:"next"`
	// Missed counts exchanges after the filter's After that were overwritten
	// before they could be read.
	Missed uint64 `json:"missed"`
	// More says that the page was cut at the limit.
	More bool `json:"more"`
}

// Verification asks whether requests came as expected. Callbacks, which went,
// count where the filter's outcome or cause asks for them, and only then.
type Verification struct {
	// Requests are patterns; with InOrder each must be met after the one before.
	Requests []*Pattern
	// Exactly, AtLeast and AtMost bound the number of exchanges that match; nil
	// bounds nothing. With none of them set, AtLeast 1 holds.
	Exactly, AtLeast, AtMost *int
	InOrder                  bool
	Filter                   JournalFilter
}

// Verified is the answer to a Verification.
type Verified struct {
	OK bool `json:"ok"`
	// Count is how many exchanges matched, one count per pattern.
	Counts []int `json:"counts"`
	// Detail says in one sentence what was expected and what was seen.
	Detail string `json:"detail"`
	// Matched are the IDs of the exchanges that matched, oldest first, at most 100.
	Matched []uint64 `json:"matched"`
	// Missed counts exchanges that the journal no longer holds; with it above
	// 0 a count is a lower bound.
	Missed uint64 `json:"missed"`
	// Nearest are, when nothing matched, the exchanges that came closest, if any
	// has something in common with the first pattern.
	Nearest []NearMiss `json:"nearest,omitempty"`
}

// Ask is a request as data, for explain.
type Ask struct {
	Method  string              `json:"method"`
	URL     string              `json:"url"`
	Headers map[string][]string `json:"headers,omitempty"`
	// Body is the text of the body, BodyBase64 its bytes; one of them at most.
	Body       string `json:"body,omitempty"`
	BodyBase64 []byte `json:"bodyBase64,omitempty"`
	// Session is asked in; "" is what the headers say.
	Session string `json:"session,omitempty"`
}

// Explanation is why a request would be answered as it would be.
type Explanation struct {
	Collaborator string  `json:"collaborator,omitempty"`
	Host         string  `json:"host"`
	Mode         Mode    `json:"mode"`
	Session      string  `json:"session"`
	Origin       Origin  `json:"origin"`
	OriginBy     string  `json:"originBy"`
	Outcome      Outcome `json:"outcome"`
	// Reason is one sentence, the same that the journal would show.
	Reason string `json:"reason"`
	// Stub is "simulation/id" of the stub that would answer.
	Stub string `json:"stub,omitempty"`
	// Collection is "simulation/name" of the collection that would answer, where
	// no stub does.
	Collection string `json:"collection,omitempty"`
	// Precedence says why it comes before the others.
	Precedence string `json:"precedence,omitempty"`
	// Parameters are the captured parts of the path.
	Parameters map[string]string `json:"parameters,omitempty"`
	// Index is the way through the index, a line for each step.
	Index []string `json:"index"`
	// Candidates are the stubs that were tried, in order, at most 20.
	Candidates []Candidate `json:"candidates"`
	NearMisses []NearMiss  `json:"nearMisses"`
}

// Candidate is a stub that was tried.
type Candidate struct {
	Stub    string     `json:"stub"`
	Matched bool       `json:"matched"`
	Failed  []Mismatch `json:"failed,omitempty"`
}

// SessionInfo is an isolation scope and what it holds.
type SessionInfo struct {
	ID        string            `json:"id"`
	LastUsed  time.Time         `json:"lastUsed"`
	Scenarios map[string]string `json:"scenarios"`
	// Answers counts, by "simulation/id", how often stubs that count answered.
	Answers map[string]int `json:"answers"`
	// Values are what stubs and templates keep in the session.
	Values map[string]string `json:"values"`
	// Expires says of states and values that expire when they do.
	Expires SessionExpiry `json:"expires"`
	// Collections counts, by "simulation/name", the items that the session has
	// created, changed or deleted.
	Collections map[string]int `json:"collections"`
	// Tables counts, by "simulation/name", the rows that the session has added,
	// changed or removed.
	Tables map[string]int `json:"tables"`
	// Bytes is about what the session holds in memory.
	Bytes int64 `json:"bytes"`
}

// SessionExpiry is when states and values expire, by their names.
type SessionExpiry struct {
	Scenarios map[string]time.Time `json:"scenarios"`
	Values    map[string]time.Time `json:"values"`
}

// SessionFilter chooses sessions; zero fields choose all.
type SessionFilter struct {
	// After chooses those whose ids come after it, in the order of bytes.
	After string
	// Limit is how many a page has at most.
	Limit int
	// ID is an id; '*' in it is any run of characters.
	ID string
	// Scenario chooses those in which the scenario has been moved, with State
	// those in which it is in that state.
	Scenario, State string
}

// SessionPage is a part of the list of sessions.
type SessionPage struct {
	Sessions []SessionInfo
	// More says that others follow.
	More bool
}

// Status is how the double stands.
type Status struct {
	Version       string    `json:"version"`
	Started       time.Time `json:"started"`
	Listen        []string  `json:"listen"`
	Admin         string    `json:"admin"`
	Simulations   int       `json:"simulations"`
	Stubs         int       `json:"stubs"`
	Collaborators int       `json:"collaborators"`
	Sessions      int       `json:"sessions"`
	Revision      uint64    `json:"revision"`
	// Ready is false while starting, stopping, or while the store fails; Problem says why.
	Ready   bool          `json:"ready"`
	Problem string        `json:"problem,omitempty"`
	Store   StoreStatus   `json:"store"`
	Journal JournalStatus `json:"journal"`
	Counts  []Count       `json:"requests"`
	// Callbacks are the requests that followed answers.
	Callbacks CallbackCounts `json:"callbacks"`
}

// StoreStatus is how the store stands.
type StoreStatus struct {
	Kind string `json:"kind"`
	// Path is the data folder; "" in memory.
	Path  string `json:"path,omitempty"`
	Error string `json:"error,omitempty"`
	// Recorded counts exchanges made durable since the start, Failed those that could not be.
	Recorded uint64 `json:"recorded"`
	Failed   uint64 `json:"failed"`
}

// JournalStatus is how full the journal is.
type JournalStatus struct {
	Entries int    `json:"entries"`
	Bytes   int64  `json:"bytes"`
	First   uint64 `json:"first"`
	Last    uint64 `json:"last"`
	// Overwritten counts entries that had to make room.
	Overwritten uint64 `json:"overwritten"`
}

// Count is a number of requests since the start.
type Count struct {
	Collaborator string  `json:"collaborator"`
	Mode         Mode    `json:"mode"`
	Outcome      Outcome `json:"outcome"`
	Origin       Origin  `json:"origin"`
	Count        uint64  `json:"count"`
}

// TakeInfo is a take with what it changed.
type TakeInfo struct {
	Take
	Differences TakeDifferences `json:"differences"`
}
