#!/usr/bin/env bash
# A Rust compiler with the wasm target. (a) rustup's own, if it can add the target; (b) else Debian's rustc-web, whose std
# for wasm is built here. Says which was taken, also when there is nothing to do: whoever looks for why a build differs from
# another's begins there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/env.sh"
. "$here/lib.sh"
purpose=${1:-serve}
oldest=94 # the minor version sqlx 0.9 asks for

minor_version() { rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\).*/\1/p'; }
new_enough() { [ "$(minor_version || echo 0)" -ge "$oldest" ] 2>/dev/null; }
rustup_has_target() { [ -d "$(rustc --print sysroot 2>/dev/null)/lib/rustlib/wasm32-unknown-unknown/lib" ]; }
debian_ready() { [ -x /usr/bin/rustc ] && [ "$(cat "$TIDEGATE_WASM_STD" 2>/dev/null)" = "$(/usr/bin/rustc --version)" ]; }

try_rustup() {
  if ! rustc --version >/dev/null 2>&1; then
    say "asking rustup for a stable compiler"
    quietly timeout 900 rustup toolchain install stable --profile minimal || return 1
  fi
  if ! new_enough; then
    say "rustc 1.$(minor_version) is older than 1.$oldest; asking rustup for a newer one"
    quietly timeout 900 rustup update stable --no-self-update || return 1
    new_enough || return 1
  fi
  rustup_has_target && return 0
  say "asking rustup for the target wasm32-unknown-unknown"
  quietly timeout 300 rustup target add wasm32-unknown-unknown && rustup_has_target
}

# clippy and rustfmt are wanted by the tests only; the parts that need them say so where they are missing.
add_components() {
  [ "$purpose" = test ] || return 0
  cargo clippy --version >/dev/null 2>&1 || quietly timeout 300 rustup component add clippy || true
  cargo fmt --version >/dev/null 2>&1 || quietly timeout 300 rustup component add rustfmt || true
}

install_debian() {
  local packages=(rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy lld-22)
  have apt-get || stop "no Rust compiler of 1.$oldest or newer with the target wasm32-unknown-unknown" \
    "Install rustup from https://rustup.rs, then:" "rustup target add wasm32-unknown-unknown"
  if ! [ -x /usr/bin/wasm-ld-22 ] || ! [ -x /usr/bin/clippy-driver ] || ! [ -d /usr/lib/rustlib/src ]; then
    apt_install "${packages[@]}"
  fi
  is_root || stop "std for wasm must be put beside Debian's compiler, which only root can do:" "sudo bash $here/rust-std.sh"
  bash "$here/rust-std.sh"
}

linked() { ! have rustup || [ -e "${RUSTUP_HOME:-$HOME/.rustup}/toolchains/debian" ]; }

if [ "$TIDEGATE_RUST" = rustup ]; then
  if { new_enough && rustup_has_target; } || try_rustup; then
    add_components
    say "Rust: rustup's $(rustc --version), with the target wasm32-unknown-unknown"
    exit 0
  fi
  say "rustup could not add it; falling back to Debian's compiler"
fi
debian_ready || install_debian
linked || quietly rustup toolchain link debian /usr || stop "rustup could not link Debian's compiler. Try by hand:" "rustup toolchain link debian /usr"
say "Rust: Debian's $(/usr/bin/rustc --version), with std for wasm built here"
