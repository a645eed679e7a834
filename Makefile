.DEFAULT_GOAL := help
SHELL := /bin/bash
GO ?= go
BIN := bin/wardline
WEB_SOURCES := $(shell find adminui chatui uikit -type f \( -path '*/node_modules' -o -path '*/dist' \) -prune -o -type f -print 2>/dev/null | grep -v -e node_modules -e /dist/)

help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: deps-run web build ## install what is missing, build, and start the demo clinic
	@$(BIN) demo $(ARGS)

test: deps-test web build ## everything: checks, Go tests with the race detector, web tests, journeys in Chromium
	@deploy/test.sh

build: ## build the binary into bin/
	@$(GO) build -trimpath -o $(BIN) ./cmd/wardline

web: adminui/dist/index.html ## build both web apps

node_modules/.package-lock.json: package-lock.json
	@npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

adminui/dist/index.html: node_modules/.package-lock.json $(WEB_SOURCES)
	@npm run build --silent
	@touch $@

deps-run:
	@deploy/install-deps.sh run

deps-test:
	@deploy/install-deps.sh test

deps-bench:
	@deploy/install-deps.sh bench

check: ## formatting, vet, architecture, types of the web apps
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	@$(GO) vet ./...
	@$(GO) test -count=1 .

golden: ## rewrite golden files after a deliberate change
	@UPDATE=1 $(GO) test ./hl7/... ./connectors/... ./server/... ./seal/... ./app/...

fuzz: ## fuzz every parser for FUZZTIME (default 30s) each
	@deploy/fuzz.sh $${FUZZTIME:-30s}

bench: deps-bench web build ## measure; figures as ratios within one run
	@$(GO) run ./app/bench

clean: ## remove what was built, keep data
	@rm -rf bin node_modules adminui/dist/assets adminui/dist/index.html chatui/dist/assets chatui/dist/index.html

.PHONY: help run test build web deps-run deps-test deps-bench check golden fuzz bench clean
