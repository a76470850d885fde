// Package proof shows P1, kill anywhere, at the finest grain there is: it steps a process through an operation, one machine
// instruction at a time, copies the map whenever its memory has changed, and demands of every copy what it would demand if
// the process had died there. It knows ptrace and scenarios; it must not know how the map keeps its promise.
//
// A copy is attached as a new map in which nobody is alive. Then it must hold:
//
//	(a) a reader that comes before any repair sees the state before or after the operation, whole;
//	(b) after the repair the referee finds nothing;
//	(c) the contents are the state before or after, never "before" again once a reader has seen "after";
//	(d) the repairer may die as well: at each of its own stores the same is demanded of a copy;
//	(e) when the operation has returned, only "after" is right.
package proof
