#!/usr/bin/env bash
# Runs everything `make test` promises, each part named, and ends with a line that counts
# the parts. The first failure is reported at the end, so that one run shows all.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0
failed=()

part() {
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  local start=$SECONDS
  if "$@"; then
    passed=$((passed + 1))
    printf -- '-- %s: ok (%d s)\n' "$name" $((SECONDS - start))
  else
    failed+=("$name")
    printf -- '-- %s: FAILED (%d s)\n' "$name" $((SECONDS - start))
  fi
}

formatted() { local out; out=$(gofmt -l $(git ls-files '*.go')); [ -z "$out" ] || { echo "$out"; return 1; }; }

part "gofmt" formatted
part "go vet" go vet ./...
part "web types" npm run check --silent
part "web tests" npm test --silent
part "go tests" go test -race -timeout 20m $(go list ./... | grep -v '/e2e$')
# Alone on the machine: they start whole hubs, kill them, and hold them to times. Never from
# the test cache, which cannot see the program they build and run.
part "faults, bad input, secrecy" go test -count=1 -timeout 20m ./e2e
part "journeys" npm run e2e --silent

printf '\nparts: %d passed, %d failed\n' "$passed" "${#failed[@]}"
[ "${#failed[@]}" -eq 0 ] || { printf 'failed: %s\n' "${failed[*]}"; exit 1; }
