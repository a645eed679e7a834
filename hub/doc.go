// Package hub holds the nouns every other package speaks of: typed identifiers, the
// access level of an account, and the one error type that crosses domain borders.
//
// It imports the standard library only, holds no behaviour of the product and stays
// below 300 lines. Whatever belongs to a single domain lives there, not here.
package hub
