package generalize

// The bounds of what is looked at.
const (
	// maxBody bounds a body that is read as JSON, in bytes; a larger one is
	// compared whole.
	maxBody = 1 << 20
	// maxRepeats bounds the exchanges that one repeated answer counts for.
	maxRepeats = 100
	// maxSegments bounds a path's.
	maxSegments = 64
	// maxSiblings bounds the words that a parameter of the path must not be.
	maxSiblings = 64
	// maxWord bounds a text that may name a thing.
	maxWord = 512
	// maxSources bounds the values of a request, maxDepth and maxListed how deep
	// and how far along lists they are looked for.
	maxSources = 256
	maxDepth   = 24
	maxListed  = 32
	// maxNested bounds how deep bodies are compared.
	maxNested = 200
	// maxText bounds a text in which values of the request are looked for, in
	// bytes, maxOccurrences how many of them.
	maxText        = 64 << 10
	maxOccurrences = 8
	// minAlike is how long a value of the request has to be to be told in a text
	// that is always the same, in bytes.
	minAlike = 8
	// minVaried is the same in texts that differ, where those of manyVaried
	// exchanges and more may hold one of a single byte: less may be chance.
	minVaried  = 2
	manyVaried = 3
	// maxSample bounds the exchanges that an answer is inferred from; it is then
	// tried on all.
	maxSample = 64
	// maxNodes bounds the values in an answer.
	maxNodes = 20_000
	// maxDerived bounds the reads that are derived.
	maxDerived = 10_000
	// maxReasons bounds what is said of one change.
	maxReasons = 100
	// maxPlaces bounds the places that are known to be unsteady, per operation.
	maxPlaces = 2_000
)
