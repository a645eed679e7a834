// Package interop holds no code of the product: its tests let the recorder's MLS (Go) and the
// browsers' (ts-mls) share groups, for every operation that rooms use.
package interop
