package resp

// glob reports whether s matches a pattern of Redis: * any bytes, ? one byte, [abc] [a-z] [^a] one of some bytes, and \ before a
// byte that stands for itself. Only the last * is ever gone back to, so the time is at most the product of the lengths.
func glob(pattern, s string) bool {
	p, i := 0, 0
	star, from := -1, 0 // the pattern after the last *, and where in s it was tried last
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			p++
			star, from = p, i
			continue
		}
		if n, ok := one(pattern[p:], s[i]); ok {
			p, i = p+n, i+1
			continue
		}
		if star < 0 {
			return false
		}
		from++
		p, i = star, from
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// one matches one byte with what stands first in a pattern, and returns how long that is.
func one(pattern string, c byte) (n int, ok bool) {
	switch {
	case pattern == "":
		return 0, false
	case pattern[0] == '?':
		return 1, true
	case pattern[0] == '[':
		return class(pattern, c)
	case pattern[0] == '\\' && len(pattern) > 1:
		return 2, pattern[1] == c
	}
	return 1, pattern[0] == c
}

// class matches c with the class that a pattern begins with. One without an end ends with the pattern.
func class(pattern string, c byte) (n int, ok bool) {
	n = 1
	not := n < len(pattern) && pattern[n] == '^'
	if not {
		n++
	}
	for ; n < len(pattern) && pattern[n] != ']'; n++ {
		switch {
		case pattern[n] == '\\' && n+1 < len(pattern):
			n++
			ok = ok || pattern[n] == c
		case n+2 < len(pattern) && pattern[n+1] == '-':
			lo, hi := pattern[n], pattern[n+2]
			ok = ok || min(lo, hi) <= c && c <= max(lo, hi)
			n += 2
		default:
			ok = ok || pattern[n] == c
		}
	}
	return min(n+1, len(pattern)), ok != not
}
