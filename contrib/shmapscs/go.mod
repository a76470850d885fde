module github.com/shmap-go/shmap/contrib/shmapscs

go 1.25.0

replace github.com/shmap-go/shmap => ../..

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/shmap-go/shmap v0.0.0
)

require (
	github.com/klauspost/cpuid/v2 v2.2.10 // indirect
	github.com/zeebo/xxh3 v1.1.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
)
