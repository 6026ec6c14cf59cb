package main

import (
	"math/rand/v2"
	"strconv"
)

// answerSize is the size of a stub's answer in bytes, but for the templated
// one, which is shorter or longer by what it echoes.
const answerSize = 600

// filler is what answers are padded from: random letters, so that no store can
// make them small, the same ones in every process.
var filler = func() []byte {
	letters := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 8192)
	for i := range b {
		b[i] = 'a' + byte(letters.IntN(26))
	}
	return b
}()

// appendPad appends n bytes, n at most answerSize, that belong to stub i.
func appendPad(b []byte, i, n int) []byte {
	if n <= 0 {
		return b
	}
	from := i * 31 % (len(filler) - answerSize)
	return append(b, filler[from:from+n]...)
}

// appendAnswer appends the fixed answer of stub i: answerSize bytes of JSON, no
// two alike.
func appendAnswer(b []byte, i int) []byte {
	start := len(b)
	b = append(b, `{"id":"o-`...)
	b = strconv.AppendInt(b, int64(i), 10)
	b = append(b, `","status":"accepted","note":"`...)
	b = appendPad(b, i, answerSize-(len(b)-start)-len(`"}`))
	return append(b, `"}`...)
}

// appendEcho appends the templated answer of stub i, with these two echoed.
func appendEcho(b []byte, i int, order, id string) []byte {
	start := len(b)
	b = append(b, `{"order":"`...)
	b = append(b, order...)
	b = append(b, `","id":"`...)
	b = append(b, id...)
	b = append(b, `","note":"`...)
	fixed := len(b) - start - len(order) - len(id)
	b = appendPad(b, i, answerSize-fixed-len(`"}`))
	return append(b, `"}`...)
}

// appendOrder appends a request body of about 160 bytes for stub i; k makes it
// unlike every other.
func appendOrder(b []byte, i int, k uint64) []byte {
	b = append(b, `{"orderId":"o-`...)
	b = strconv.AppendInt(b, int64(i), 10)
	b = append(b, `","nonce":`...)
	b = strconv.AppendUint(b, k, 10)
	return append(b, `,"currency":"EUR","items":[{"sku":"A-1","quantity":2,"price":12.50},{"sku":"B-7","quantity":1,"price":3.99}],"gift":false}`...)
}
