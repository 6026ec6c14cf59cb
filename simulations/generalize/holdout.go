package generalize

import (
	"context"
	"fmt"
	"strings"

	"understudy/simulations"
)

// Score says how well a simulation that was learnt from half of the exchanges
// answers the other half. The exchanges of each kind (method, and path with
// identifiers for parameters) are taken in the document's order, alternately: the
// first is learnt from, the second held out. Of a kind that was seen once nothing
// is held out.
type Score struct {
	// Exchanges counts all that could be read, Learnt and HeldOut the halves.
	Exchanges int `json:"exchanges"`
	Learnt    int `json:"learnt"`
	HeldOut   int `json:"heldOut"`
	// Answered counts those held out that something answers, AsRecorded those
	// answered with the recorded status, and the recorded body but for volatile
	// fields, Equal those without that exception.
	Answered   int `json:"answered"`
	AsRecorded int `json:"asRecorded"`
	Equal      int `json:"equal"`
	// Share is AsRecorded of HeldOut, 0 to 1; 0 where nothing was held out.
	Share float64 `json:"share"`
}

// Trial is one exchange that was held out, and how it was answered.
type Trial struct {
	// Stub is the id of the stub that has the exchange, Index its place in the
	// document, Answer that of the answer in the stub.
	Stub   string `json:"stub"`
	Index  int    `json:"-"`
	Answer int    `json:"answer"`
	// By is what answers: recorded, general, derived, fallback; "" for nothing.
	By Kind `json:"by,omitempty"`
	// AsRecorded and Equal are as in Score; Why says what is not as recorded.
	AsRecorded bool   `json:"asRecorded"`
	Equal      bool   `json:"equal"`
	Why        string `json:"why,omitempty"`
}

// split takes the exchanges of each kind alternately.
func split(all []*exchange) (learnt, held []*exchange) {
	count := make(map[string]int)
	for _, x := range all {
		path := make([]segment, len(x.segments))
		for i, s := range x.segments {
			path[i] = segment{literal: s, shape: shapeOf(decoded(s))}
		}
		key := x.realm + x.method + " " + joinPath(path)
		if count[key]%2 == 0 {
			learnt = append(learnt, x)
		} else {
			held = append(held, x)
		}
		count[key]++
	}
	return learnt, held
}

// holdOut learns from half and tries the rest, in order, each request in the
// place that its stub has come to.
func holdOut(ctx context.Context, all []*exchange) (Score, []Trial, error) {
	learnt, held := split(all)
	score := Score{Exchanges: len(all), Learnt: len(learnt), HeldOut: len(held)}
	l, err := learn(ctx, learnt)
	if err != nil {
		return score, nil, err
	}
	recorded := l.recorded(learnt)
	trials := make([]Trial, len(held))
	turn := make(map[string]int)
	for i, x := range held {
		if i%256 == 0 && ctx.Err() != nil {
			return score, nil, ctx.Err()
		}
		trials[i] = l.try(x, recorded[x.exact], turn)
		if trials[i].By != "" {
			score.Answered++
		}
		if trials[i].AsRecorded {
			score.AsRecorded++
		}
		if trials[i].Equal {
			score.Equal++
		}
	}
	if len(held) > 0 {
		score.Share = float64(score.AsRecorded) / float64(len(held))
	}
	return score, trials, nil
}

// recorded are the exchanges of the stubs that stay, by request: of two stubs
// for one request the newer answers.
func (l *lesson) recorded(learnt []*exchange) map[string][]*exchange {
	out := make(map[string][]*exchange)
	for _, x := range learnt {
		if r := l.rules[l.operationKey(x.request, l.routes.path(x.request), false)]; r != nil && r.kind == General || l.rules["literal\x00"+x.key] != nil {
			continue
		}
		if was := out[x.exact]; len(was) > 0 && was[0].stub != x.stub {
			out[x.exact] = nil
		}
		out[x.exact] = append(out[x.exact], x)
	}
	return out
}

func (l *lesson) try(x *exchange, recorded []*exchange, turn map[string]int) Trial {
	t := Trial{Stub: x.stubID, Index: x.stub, Answer: x.answer}
	path := l.routes.path(x.request)
	key := l.operationKey(x.request, path, false)
	r, read := l.ruleFor(x.request, path), l.reads[key+"\x00"+strings.Join(x.segments, "/")]
	var status int
	var given content
	if steady := l.rules["literal\x00"+x.key]; steady != nil && (r == nil || r.kind != General) {
		r = steady
	}
	switch {
	case r != nil && r.kind == General:
		t.By, status, given = General, r.status, r.content(x.request)
	case len(recorded) > 0:
		from := recorded[min(turn[x.exact], len(recorded)-1)]
		turn[x.exact]++
		t.By, status, given = Recorded, from.status(), from.content()
	case read != nil:
		t.By, status, given = Derived, read.status, read.content(x.request)
	case r != nil:
		t.By, status, given = Fallback, r.status, r.content(x.request)
	default:
		t.Why = "nothing answers"
		return t
	}
	if status != x.status() {
		t.Why = fmt.Sprintf("status %d, recorded %d", status, x.status())
		return t
	}
	kept := x.content()
	_, differs := equalContent(given, kept, &comparison{exact: true})
	t.Equal = !differs
	pointer, differs := equalContent(given, kept, &comparison{unsteady: l.unsteady[key], asked: asked(x.request)})
	t.AsRecorded = !differs
	if differs {
		t.Why = "the body differs at " + orRoot(pointer)
	}
	return t
}

func orRoot(pointer string) string {
	if pointer == "" {
		return "its root"
	}
	return pointer
}

// content is what the rule answers to a request.
func (r *rule) content(to *request) content {
	if r.body == nil {
		return content{}
	}
	v := r.body.value
	if r.kind != Derived {
		v = r.body.gives(r.op.sourcesOf(to))
	}
	if r.structured {
		return content{json: v}
	}
	if v.Kind == simulations.String {
		return content{raw: v.Text}
	}
	return content{}
}
