#!/usr/bin/env bash
# Node 20 or newer: Playwright and wasm-opt ask for it. Where the system's is older, one goes into the tools folder.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. "$(dirname "$0")/lib.sh"

major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
[ "$major" -lt 20 ] || exit 0
say "Node $major is too old; installing Node 22 into $TIDEGATE_TOOLS"
mkdir -p "$TIDEGATE_TOOLS/node"
# Debian 12's npm is a Debian build with a say about engines; it can install this package all the same.
quietly npm install --prefix "$TIDEGATE_TOOLS/node" --no-audit --no-fund --loglevel=error node@22 \
  || stop "npm could not install it (its words are above). Either let npm reach its registry, or install Node 20 or newer."
