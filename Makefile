# The front door. `make` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Options for `nephoscope serve`: make run ARGS="--dashboard-listen 127.0.0.1:9000"
ARGS ?=
# Length of `make crash-test`.
MINUTES ?= 30
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/nephoscope
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := $(CACHE)/tools/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny

.PHONY: help run demo engine test crash-test evaluate check screenshots clean-data rust

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: rust engine ## Build and start Nephoscope; says where to send data and where to look
	@cargo build --release --bin nephoscope
	@exec target/release/nephoscope serve $(ARGS)

demo: rust engine ## The same with a simulated fleet of functions sending to it
	@cargo build --release --package nephoscope --package fleet
	@exec deploy/demo.sh

engine: ## Fetch the embedded ClickHouse engine (once)
	@deploy/fetch-engine.sh >/dev/null

# The sum at the end is there because cargo closes with the last crate's documentation tests.
test: engine check ## Run everything: checks, unit, end-to-end and browser tests
	@setup=$$(tests/setup.sh); eval "$$setup"; \
	log=target/test.log; status=0; \
	cargo test --workspace --no-fail-fast 2>&1 | tee $$log || status=$$?; \
	awk '/^test result:/ { passed += $$4; failed += $$6; skipped += $$8 } \
	     END { printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped }' $$log; \
	exit $$status

# As a debug build: what a restart takes is the engine's time, and that is built in release always.
crash-test: rust engine ## Kill, stop and starve it for MINUTES=30 and count what is stored
	@NEPHOSCOPE_CRASH_MINUTES=$(MINUTES) cargo test --quiet --test end_to_end crash -- --nocapture --include-ignored

check: rust $(CARGO_DENY) ## Check formatting, lints, licences and duplicate dependencies
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --quiet -- -D warnings
	@$(CARGO_DENY) --log-level error check licenses bans sources

evaluate: rust ## Measure detectors, forecasts and inspection (EVALUATION.md); on real data too, if there
	@cargo run --quiet --package nephoscope-analyzers --example evaluate
	@cargo run --quiet --package nephoscope-threats --example evaluate
	@cargo run --quiet --release --package nephoscope-threats --example stories -- 301 303
	@cargo run --quiet --release --package nephoscope-threats --example stories -- quiet 3
	@cargo test --quiet --package nephoscope-analyzers --test operations -- --nocapture --test-threads 1

screenshots: rust engine ## Photograph every page with the fleet's data, into tests/browser/out
	@cargo build --release --package nephoscope --package fleet
	@setup=$$(tests/setup.sh); eval "$$setup"; \
	NODE_PATH=$$NEPHOSCOPE_TEST_BROWSER_MODULES \
	  deploy/demo.sh node tests/browser/run.mjs --out tests/browser/out

clean-data: ## Delete ./nephoscope-data, unless a running Nephoscope uses it
	@deploy/clean-data.sh

rust:
	@command -v cargo >/dev/null || { \
	  echo "The Rust toolchain is missing: install it from https://rustup.rs (or apt: rustup)," \
	    "then run this again." >&2; exit 1; }

$(CARGO_DENY):
	@echo "Building cargo-deny, once (about two minutes)"
	@cargo install cargo-deny --version $(CARGO_DENY_VERSION) --locked --quiet \
	  --root $(CACHE)/tools/cargo-deny-$(CARGO_DENY_VERSION)
