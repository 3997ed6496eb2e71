# Tasks. Each is a line or two; what they need beyond Go they install themselves.

.PHONY: build test lint update bench bench-serve bench-search fuzz race race-quick vuln vet-systems release release-check torture

build:
	go build -trimpath -o playbook .

test:
	go vet ./...
	go test -timeout 20m $$(go list ./... | grep -v /generator/browser$$)
	go test -timeout 30m ./generator/browser  # alone, and last: Lighthouse takes times

lint:
	@test -z "$$(gofmt -l main.go generator)" || { gofmt -l main.go generator; echo "run gofmt -w"; exit 1; }
	go mod tidy -diff
	go mod verify
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

# Rewrites golden files; the difference is yours to read before you commit it.
update:
	go test $$(grep -rl 'Bool("update"' generator --include=*_test.go | xargs -n1 dirname | sort -u | sed 's,^,./,') -update

# Side by side with Hugo and with a bare program, on generated sites; some 40 minutes, into generator/bench/RESULTS.md.
# Parts of it: make bench PARTS="cold-1000 terms-10000" BENCH="-runs 3"
bench:
	go run ./generator/bench/measure $(BENCH) $(PARTS)

# What a writer waits for, beside hugo server.
bench-serve:
	go run ./generator/bench/measure -serve $(BENCH) $(PARTS)

# What finding something costs a reader of a built site: make bench-search SITE=public [PAGEFIND=program]
bench-search:
	go run ./generator/bench/search $(if $(PAGEFIND),-pagefind $(PAGEFIND)) $(or $(SITE),public)

# A run of every fuzz target: make fuzz [FUZZTIME=10m]
FUZZTIME = 30s
fuzz:
	for p in $$(go list ./generator/...); do for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; done; done

# Everything under the race detector, which needs a C compiler. Browsers are no Go.
race:
	CGO_ENABLED=1 go test -race -timeout 60m $$(go list ./generator/... | grep -v -e /bench -e /browser -e /release)

# What runs side by side, in the time that a check of every change has.
SIDE_BY_SIDE = Together|Concurrent|AtOnce|AtATime|Many|TestReuse|TestLines|TestLastGood|TestWatch|TestEnd|TestSlowReader|TestBounds|TestReaders|TestThere|TestSSH$$
race-quick:
	CGO_ENABLED=1 go test -race -run '$(SIDE_BY_SIDE)' $(addprefix ./generator/,artifact source document book render output serve publish)
	CGO_ENABLED=1 go test -race -run 'TestLaw$$|TestCacheTogether' ./generator/build -law.sequences 10

# Known vulnerabilities, where their database can be reached.
vuln:
	.ci/vuln

# The systems of a release that this machine is not.
vet-systems:
	for s in linux/arm64 darwin/arm64 windows/amd64; do echo $$s; GOOS=$${s%/*} GOARCH=$${s#*/} go vet ./... || exit 1; done

# What is handed out, in dist/, the same bytes from the same commit: make release [VERSION=1.2.0]
release:
	go run ./generator/release $(if $(VERSION),-version $(VERSION))

# Makes it twice, in two folders, the second time from nothing that was compiled before.
release-check:
	go test -count=1 -v -timeout 60m -run TestSameBytes ./generator/release -whole

# What must never happen, tried against the built command: hostile content, faults of disks, kills, hidden pages, other surroundings; it ends
# with a table of what was tried and found. As root it tries more. make torture [SITES=sites with hidden pages] [KILLS=kills] [SEED=dice]
torture:
	go test -C generator/torture -count=1 -timeout 3h -torture $(if $(SITES),-torture.sites=$(SITES)) $(if $(KILLS),-torture.kills=$(KILLS)) $(if $(SEED),-torture.seed=$(SEED))
