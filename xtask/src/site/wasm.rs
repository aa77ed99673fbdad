//! From cargo's wasm to what a browser loads: wasm-bindgen for the web, without what [`snip`] takes out, and wasm-opt for
//! release.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::files::{Site, below};
use super::{NAME, Profile, snip};
use crate::place::Place;
use crate::run;

/// Small after brotli, which is not the same as small: brotli finds what is there several times, and a function that is
/// written into its only caller looks different each time. With the default of inlining all of these, 420 KB are 475.
///
/// The features are what today's compiler emits and all browsers since 2023 know. Without them wasm-opt refuses the file.
const WASM_OPT: [&str; 9] = [
    "-Os",
    "--one-caller-inline-max-function-size=20",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-simd",
];

/// Changes whenever this file makes something else of the same input.
const RECIPE: u32 = 4;

pub fn package(place: &Place, profile: Profile, site: &mut Site) -> Result<()> {
    let input = place
        .target
        .join("wasm32-unknown-unknown")
        .join(profile.cargo_name())
        .join("frontend.wasm");
    let content = fs::read(&input).with_context(|| format!("cannot read {}", input.display()))?;
    let work = place.own(format!("{}-work", profile.site_folder()));
    let stamp_path = work.join("stamp");
    let stamp = stamp(&content);
    let ready = work.join("pkg");
    if fs::read_to_string(&stamp_path).is_ok_and(|old| old == stamp) && ready.is_dir() {
        return put(&ready, site);
    }
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&ready)?;
    bind(content, &ready, profile)?;
    if profile == Profile::Release {
        optimise(place, &ready)?;
    }
    fs::write(stamp_path, stamp)?;
    put(&ready, site)
}

fn stamp(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    (RECIPE, WASM_OPT, content).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn put(ready: &Path, site: &mut Site) -> Result<()> {
    for file in below(ready)? {
        let name = Path::new("pkg").join(file.strip_prefix(ready)?);
        site.put(name, &fs::read(&file)?)?;
    }
    Ok(())
}

fn bind(content: Vec<u8>, ready: &Path, profile: Profile) -> Result<()> {
    let mut output = Bindgen::new()
        .input_bytes(NAME, content)
        .web(true)?
        .typescript(false)
        .remove_producers_section(true)
        .remove_name_section(profile == Profile::Release)
        .generate_output()
        .context("wasm-bindgen failed")?;
    snip::asynchronous_hydration(output.wasm_mut())?;
    output.emit(ready).context("wasm-bindgen failed")?;
    // The server asks for `tidegate.wasm`; the glue's own default is told the same name.
    fs::rename(
        ready.join(format!("{NAME}_bg.wasm")),
        ready.join(format!("{NAME}.wasm")),
    )?;
    let glue = ready.join(format!("{NAME}.js"));
    let text = fs::read_to_string(&glue)?.replace(&format!("{NAME}_bg.wasm"), &format!("{NAME}.wasm"));
    Ok(fs::write(glue, text)?)
}

fn optimise(place: &Place, ready: &Path) -> Result<()> {
    let wasm = ready.join(format!("{NAME}.wasm"));
    let program = place.tools.join("npm/node_modules/.bin/wasm-opt");
    println!("   wasm-opt");
    run::shown(Command::new(program).args(WASM_OPT).arg(&wasm).arg("-o").arg(&wasm))
}
