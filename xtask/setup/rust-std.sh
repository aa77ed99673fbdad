#!/usr/bin/env bash
# Builds std for wasm with Debian's compiler and puts it beside that compiler, which then has the target like any other.
# Needs root, and the packages rust.sh names.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
home=/usr/lib/rustlib/wasm32-unknown-unknown

say "building std for wasm32-unknown-unknown (about a minute)"
crate=$(mktemp -d)
trap 'rm -rf "$crate"' EXIT
mkdir "$crate/src"
printf 'fn main() {}\n' >"$crate/src/main.rs"
printf '[package]\nname = "std-for-wasm"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$crate/Cargo.toml"

build() {
  cd "$crate"
  env -u RUSTUP_TOOLCHAIN -u RUSTFLAGS PATH=/usr/bin:/bin RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$crate/target" \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22 \
    cargo build --release -Z build-std=std,panic_abort --target wasm32-unknown-unknown
}
quietly build || stop "std for wasm could not be built (the compiler's words are above). Its packages are:" \
  "apt-get install --reinstall rustc-web cargo-web rust-web-src rust-web-llvm lld-22"

# Old files first: two versions of one crate in that folder are an error at every later build.
rm -rf "$home/lib" "$home/tidegate-built-by"
mkdir -p "$home/lib"
cp "$crate"/target/wasm32-unknown-unknown/release/deps/*.rlib "$home/lib/"
/usr/bin/rustc --version >"$home/tidegate-built-by"
