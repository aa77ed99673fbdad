# The commands of this project. Each sets up what it needs first; see xtask/setup.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help serve test test-all dev fmt clean bench soak chaos mutants setup-serve setup-test

# Every recipe starts so: the same environment for all, or the caches are thrown away.
ENV := . xtask/setup/env.sh
TARGET := $${CARGO_TARGET_DIR:-target}

# xtask is built with the same features as what it builds next, so that no crate is compiled twice.
XTASK_RELEASE := cargo build --release -p server -p xtask --bin xtask && exec $(TARGET)/release/xtask
XTASK := cargo build --workspace --exclude frontend --bin xtask && exec $(TARGET)/debug/xtask

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | column -t -s '|'

serve: ## build everything for use and serve the console (ARGS="--listen 127.0.0.1:8080" goes to the server)
	@[ -x "$(TARGET)/release/tidegate" ] || echo "The first build takes 10 to 25 minutes on two cores; after that, seconds."
	@bash xtask/setup/run.sh serve
	@$(ENV); $(XTASK_RELEASE) serve $(ARGS)

test: ## every check and test that CI runs; the last line sums them (PART=chromium runs one part)
	@bash xtask/setup/run.sh test
	@$(ENV); $(XTASK) test $(PART)

test-all: ## the same with the long tests and the mutants
	@bash xtask/setup/run.sh test
	@$(ENV); $(XTASK) test --all $(PART)

dev: ## build quickly, serve, and again after each change (ARGS goes to the server)
	@bash xtask/setup/run.sh serve
	@$(ENV); if command -v cargo-leptos >/dev/null; then exec cargo leptos watch -- serve $(ARGS); fi; $(XTASK) dev $(ARGS)

fmt: ## format the Rust code
	@$(ENV); $(XTASK) fmt

bench: ## print the numbers the design promises, with their bounds (BENCH=lag runs one, BENCH_MINUTES=2 shortens it)
	@bash xtask/setup/run.sh serve
	@$(ENV); export BENCH_MINUTES="$(BENCH_MINUTES)"; $(XTASK_RELEASE) bench $(BENCH)

soak: ## play SEEDS=1000 stories of HOURS=2 in the simulated world, on all cores (SEED=17 [KEEP=3,5] tells one aloud)
	@bash xtask/setup/run.sh serve
	@$(ENV); export SEEDS="$(SEEDS)" FROM="$(FROM)" HOURS="$(HOURS)" SEED="$(SEED)" KEEP="$(KEEP)"; $(XTASK_RELEASE) soak

chaos: ## kill everything around a real server under load, and count what is left (KILLS=20 shortens it, SEED=7 repeats one, CHAOS=several tells one story)
	@bash xtask/setup/run.sh serve
	@$(ENV); export KILLS="$(KILLS)" SEED="$(SEED)"; $(XTASK_RELEASE) chaos $(CHAOS)

mutants: ## break engine and loop on purpose, one way after the other, and say which test notices (MUTANT=no-epoch tries one)
	@bash xtask/setup/run.sh test
	@$(ENV); $(XTASK) mutants $(MUTANT)

# CARGO_TARGET_DIR goes only if cargo has made it: another folder in that variable is somebody's.
clean: ## remove what was built, here and in CARGO_TARGET_DIR (the tools in .tools stay)
	@rm -rf -- target end2end/results end2end/node_modules
	@if [ -n "$${CARGO_TARGET_DIR:-}" ] && [ -e "$$CARGO_TARGET_DIR/CACHEDIR.TAG" ]; then rm -rf -- "$$CARGO_TARGET_DIR"; fi
