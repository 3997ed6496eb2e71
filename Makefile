# Tasks. Each is a line or two; what they need beyond Go they install themselves.

.PHONY: build test lint update bench bench-search fuzz torture

build:
	go build -trimpath -o playbook .

test:
	go vet ./...
	go test ./...

lint:
	@test -z "$$(gofmt -l main.go generator)" || { gofmt -l main.go generator; echo "run gofmt -w"; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

# Rewrites golden files; the difference is yours to read before you commit it.
update:
	go test $$(grep -rl 'Bool("update"' generator --include=*_test.go | xargs -n1 dirname | sort -u | sed 's,^,./,') -update

# Side by side with Hugo and with a bare program, on generated plans.
bench:
	./generator/bench/compare.sh

# What finding something costs a reader of a built site: make bench-search SITE=public [PAGEFIND=program]
bench-search:
	go run ./generator/bench/search $(if $(PAGEFIND),-pagefind $(PAGEFIND)) $(or $(SITE),public)

# A short run of every fuzz target.
fuzz:
	for p in $$(go list ./generator/...); do for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do go test -run '^$$' -fuzz "^$$f$$" -fuzztime 30s $$p || exit 1; done; done

# What must never happen, tried against the built command: hostile content, faults of disks, kills, hidden pages, other surroundings; it ends
# with a table of what was tried and found. As root it tries more. make torture [SITES=sites with hidden pages] [KILLS=kills] [SEED=dice]
torture:
	go test -C generator/torture -count=1 -timeout 3h -torture $(if $(SITES),-torture.sites=$(SITES)) $(if $(KILLS),-torture.kills=$(KILLS)) $(if $(SEED),-torture.seed=$(SEED))
