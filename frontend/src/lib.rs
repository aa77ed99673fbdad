//! WASM entry points.
