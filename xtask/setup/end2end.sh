#!/usr/bin/env bash
# Playwright and axe for the browser tests. They live in the tools folder, so that a fresh clone need not download them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/env.sh"
. "$here/lib.sh"
npm_folder "$TIDEGATE_ROOT/end2end" "$TIDEGATE_TOOLS/end2end" "Playwright"
link=$TIDEGATE_ROOT/end2end/node_modules
if [ ! "$link" -ef "$TIDEGATE_TOOLS/end2end/node_modules" ]; then
  rm -rf "$link"
  ln -s "$TIDEGATE_TOOLS/end2end/node_modules" "$link"
fi
