#!/usr/bin/env bash
# Sets this machine up: `run.sh serve` for building and serving, `run.sh test` for the tests as well.
# Each step says what it does, is skipped when done, and when it fails says what to do. Order matters: the compiler's step
# decides which Debian packages are needed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
purpose=${1:-serve}

bash "$here/packages.sh" "$purpose"
bash "$here/rust.sh" "$purpose"
bash "$here/node.sh"
bash "$here/wasm-opt.sh"
if [ "$purpose" = test ]; then bash "$here/end2end.sh"; fi
