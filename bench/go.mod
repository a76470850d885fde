module github.com/shmap-go/shmap/bench

go 1.26.0

replace github.com/shmap-go/shmap => ..

require (
	github.com/puzpuzpuz/xsync/v4 v4.5.0
	github.com/shmap-go/shmap v0.0.0
)

require (
	github.com/klauspost/cpuid/v2 v2.2.10 // indirect
	github.com/zeebo/xxh3 v1.1.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
