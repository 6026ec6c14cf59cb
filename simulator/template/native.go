package template

import "slices"

// nativeHelpers is the native vocabulary beside blocks and logic.
func nativeHelpers() []*helper {
	return slices.Concat(textHelpers, mathHelpers, jsonHelpers, listHelpers, extractHelpers, dateHelpers,
		randomHelpers, encodeHelpers, jwtHelpers, stateHelpers, tableHelpers, journalHelpers)
}
