// Package top is the live view of maps in a terminal, and its single frame in plain text. It knows keys, sizes and colours;
// what is shown comes as samples from package watch, and nothing is computed here but how it looks.
//
// The model follows Bubble Tea: Update changes the state and may return commands, which run beside it; View is a function of
// the state. Invariants:
//
//	T1  Only commands touch a map, and only one command at a time a listing: the model and the view hold copies.
//	T2  A frame has the height of the terminal at most, and no line is wider than it, whatever stands in the map.
//	T3  What comes from a map, a path or a command line is printable text before it gets into a frame.
package top
