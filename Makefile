# Tasks. Each is a line or two; what they need beyond Go they install themselves.

.PHONY: build test lint update bench bench-search fuzz

build:
	go build -trimpath -o playbook .

test:
	go vet ./...
	go test $$(go list ./... | grep -v /generator/browser$$)
	go test -timeout 30m ./generator/browser  # alone, and last: Lighthouse takes times

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
