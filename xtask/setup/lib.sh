# What the steps of the set-up share. Sourced by each of them after env.sh.

say() { printf 'set-up: %s\n' "$*"; }

# A step that cannot go on says what to do and stops everything.
stop() {
  printf '\nset-up: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  printf '\nThen run the same command again.\n' >&2
  exit 3
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" = 0 ]; }

# Runs a noisy command quietly: its output is shown only if it fails.
quietly() {
  local log
  log=$(mktemp)
  if "$@" >"$log" 2>&1 </dev/null; then rm -f "$log"; return 0; fi
  tail -n 30 "$log" >&2
  rm -f "$log"
  return 1
}

# Installs Debian packages, or stops with the commands that would.
apt_install() {
  local install="apt-get install -y --no-install-recommends $*"
  have apt-get || stop "these are missing: $*" "Install them with this system's package manager."
  is_root || stop "these Debian packages are missing, and only root can install them:" "sudo apt-get update" "sudo $install"
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  # Lists older than an install may be, or absent: update once, then install; another apt on this host is waited for.
  quietly apt-get -o DPkg::Lock::Timeout=300 update || say "apt-get update failed; trying with the lists there are"
  quietly apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" \
    || stop "apt-get could not install them (its words are above). Try by hand:" "apt-get update" "$install"
}

# Makes the folder $2 hold exactly what the lock file in $1 says; $3 is what it is called in messages.
npm_folder() {
  cmp -s "$1/package-lock.json" "$2/package-lock.json" && [ -e "$2/installed" ] && return 0
  say "installing $3 into $2"
  rm -rf "$2"
  mkdir -p "$2"
  cp "$1/package.json" "$1/package-lock.json" "$2/"
  (cd "$2" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 quietly npm ci --no-audit --no-fund --loglevel=error) \
    || stop "npm could not install $3 (its words are above). Let npm reach its registry."
  touch "$2/installed"
}
