#!/usr/bin/env bash
# wasm-opt from npm's binaryen: Debian's own does not know what today's compiler emits.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/env.sh"
. "$here/lib.sh"
npm_folder "$here/npm" "$TIDEGATE_TOOLS/npm" "wasm-opt"
