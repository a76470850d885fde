// Package litmus asks whether the ordered pairs of docs/CONCURRENCY.md are ordered, in three ways. The memory models of the
// two architectures say whether an outcome that must not be can be (model_test.go). Two threads go at the words through
// mappings of their own and look for it (stress_test.go). And what the compiler made of the words' methods is read
// (listing_test.go). Every pair is tried in a wrong order as well, which must be noticed. The package knows words, bytes and
// locks; it must not know what a map does with them.
package litmus
