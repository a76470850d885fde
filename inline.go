package shmap

// An instance of each method that is short because a function of package dict is inlined in it: the compiler passes the body of
// that function on, to the packages that use this one, only if it has inlined it here.
var (
	_ = (*Map[int64, int64]).TryLoad
	_ = (*Map[string, string]).AppendLoad
)
