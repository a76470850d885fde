# Verbs of this repository. `make` lists them.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help test race lint cross fuzz planted explore instructions beside arm64 proof format-doc contrib upstream cookbook man ci
help:        ## this list
	@grep -E '^[a-z0-9-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'
test:        ## everything that go test runs (README's command)
	go test ./...
race:        ## the suite on heap regions under the race detector
	go test -race -run 'Heap|Race' ./internal/dict ./internal/check
	go test -race -run 'TestOperations/heap/.*int64->string.*shards=4' ./internal/maptest
	go test -race -run 'Concurrent|CloseWhile|Example' .
lint:        ## gofmt, vet, staticcheck (pinned)
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
cross:       ## no cgo; arm64
	CGO_ENABLED=0 go build ./...
	GOARCH=arm64 go vet ./...
fuzz:        ## operations against the model, and opening garbage: ten minutes each
	go test ./internal/maptest -run '^$$' -fuzz FuzzOperations -fuzztime 10m
	go test ./internal/proof -run '^$$' -fuzz FuzzOpenHeader -fuzztime 10m
	go test ./internal/proof -run '^$$' -fuzz FuzzOpenFile -fuzztime 10m
planted:     ## plants every fault of a table and sees that a test notices it
	go run ./internal/planted
explore:     ## every interleaving of readers, writers, deaths and repairs, in small worlds
	go test -tags explore -count=1 ./internal/explore
instructions: ## counts the instructions of the core operations and compares them with bench/guard/instructions.json
	cd bench && go run ./guard
beside:      ## what top, serve, export, snapshot and check cost a storm of killed processes, ten minutes; writes docs/BESIDE.md
	cd bench && go run ./beside
arm64:       ## the short form of the tests, compiled for arm64, under qemu (which it installs if it is not there)
	bash .ci/arm64
proof:       ## the long form of every proof, half an hour; writes docs/PROOF.md
	go run ./internal/proof/cmd/prove
format-doc:  ## write docs/FORMAT.md from the layout
	go test ./internal/layout -run TestFormatDocument -update
contrib:     ## vet and test the adapters in contrib, each a module of its own
	@set -e; for dir in contrib/*/go.mod; do dir=$${dir%/go.mod}; go -C $$dir vet ./...; go -C $$dir test ./...; done
upstream:    ## the tests of scs, httprate and fiber themselves, with adapters in place of the memory they use; two minutes
	bash contrib/internal/upstream/run
cookbook:    ## write docs/COOKBOOK.md from the examples
	go test ./examples -run TestCookbook -update
man:         ## write docs/man from the commands
	go test ./internal/cli -run TestManPages -update
ci:          ## the gate
	bash .ci/run
