#!/usr/bin/env bash
# Debian packages every machine needs: a C toolchain, the balancer; for the tests a browser, a CJK font and PostgreSQL.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. "$(dirname "$0")/lib.sh"
purpose=${1:-serve}

missing=()
need() { have "$1" || missing+=("$2"); }
need cc gcc
need make make
need pkg-config pkg-config
[ -e /usr/include/stdlib.h ] || missing+=(libc6-dev)
[ -e /etc/ssl/certs/ca-certificates.crt ] || [ -d /etc/pki ] || missing+=(ca-certificates)
need haproxy haproxy
if ! have node || ! have npm; then missing+=(nodejs npm); fi

if [ "$purpose" = test ]; then
  [ -n "${TIDEGATE_CHROMIUM:-}" ] || need chromium chromium
  compgen -G '/usr/share/fonts/*/noto/NotoSansCJK-Regular.ttc' >/dev/null || missing+=(fonts-noto-cjk)
  need initdb postgresql
fi

if [ ${#missing[@]} -gt 0 ]; then apt_install "${missing[@]}"; fi
