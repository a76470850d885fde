// Package explore checks protocols by trying every order in which their steps can happen. It knows words, times and
// choices; it must not know what the words mean: that is in its tests.
//
// Two engines share one depth-first search:
//
//	Walk    one reader beside one writer. The writer needs nobody, so its stores are the same every time: they are
//	        recorded once, as a Timeline. The reader is run again and again; each of its loads is answered with what the
//	        word holds now, or will hold later.
//	World   several processes, of which one runs at a time; before each step that another one could notice, any other may
//	        go on instead, and the one that was to take it may die.
//
// Under the build tag explore, package region asks a Watcher at every access to a word; the tests with that tag put these
// engines there, so what is explored is the code itself, not a model of it. docs/CONCURRENCY.md says what this shows
// and what it does not.
package explore
