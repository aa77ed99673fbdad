# The environment every command of this project runs in. Source it from bash: `. xtask/setup/env.sh`.
#
# It only reads and exports; what is missing is installed by run.sh. Everybody has to build with the same values: another
# flag or another compiler means another cache.

TIDEGATE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export TIDEGATE_ROOT
export TIDEGATE_TOOLS=${TIDEGATE_TOOLS:-$TIDEGATE_ROOT/.tools}
export HOME=${HOME:-$(cd ~ && pwd)}

# Adds a folder to PATH, in front or at the end, unless it is there already or does not exist.
tidegate_path() {
  case ":$PATH:" in *":$2:"*) return 0 ;; esac
  [ -d "$2" ] || return 0
  if [ "$1" = front ]; then PATH=$2:$PATH; else PATH=$PATH:$2; fi
}
tidegate_path front "${CARGO_HOME:-$HOME/.cargo}/bin"
tidegate_path front "$TIDEGATE_TOOLS/npm/node_modules/.bin"
tidegate_path front "$TIDEGATE_TOOLS/node/node_modules/node/bin"
for tidegate_dir in /usr/local/bin /usr/bin /bin /usr/local/sbin /usr/sbin /sbin /usr/lib/postgresql/*/bin; do
  tidegate_path end "$tidegate_dir"
done
unset tidegate_dir
export PATH

# rustup must never download a compiler in the middle of a build.
export RUSTUP_AUTO_INSTALL=0

# Two kinds of machine: rustup's compiler where it can add the wasm target, else Debian's (see rust.sh). Where Debian's was
# set up once it stays in use, so that a cache does not change hands. RUSTUP_TOOLCHAIN set by the caller wins.
TIDEGATE_WASM_STD=/usr/lib/rustlib/wasm32-unknown-unknown/tidegate-built-by
if command -v rustup >/dev/null 2>&1; then
  if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && [ -e "$TIDEGATE_WASM_STD" ] \
    && [ -e "${RUSTUP_HOME:-$HOME/.rustup}/toolchains/debian" ]; then
    export RUSTUP_TOOLCHAIN=debian
  fi
  if [ "${RUSTUP_TOOLCHAIN:-}" = debian ]; then TIDEGATE_RUST=debian; else TIDEGATE_RUST=rustup; fi
else
  TIDEGATE_RUST=debian
fi
export TIDEGATE_RUST

if [ "$TIDEGATE_RUST" = debian ]; then
  # Debian keeps its lld out of PATH; rustup brings its own.
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
  export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C link-arg=-fuse-ld=lld -C link-arg=-B/usr/lib/llvm-22/bin"
fi

# The server asks for /pkg/tidegate.{js,wasm} only if it was compiled with this.
export LEPTOS_OUTPUT_NAME=tidegate
