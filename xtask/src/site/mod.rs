//! The browser's half, ready to be served: `pkg/tidegate.{js,wasm,css}` and the files of `public/`, compressed for release.
//!
//! Everything is skipped that is unchanged, by content: a second `make serve` must answer in seconds.

mod css;
pub mod files;
mod snip;
mod wasm;

use std::fs;

use anyhow::{Result, bail};
use files::Site;

use crate::place::Place;
use crate::run;

/// The name the server asks for; `LEPTOS_OUTPUT_NAME` when the server is compiled.
const NAME: &str = "tidegate";

/// What the main wasm may be with brotli: more makes the first page slow on a phone.
const BOUND_BYTES: u64 = 450_000;
/// From here on the build says that the bound is near.
const WARN_ABOVE_BYTES: u64 = 400_000;

#[derive(Clone, Copy, PartialEq)]
pub enum Profile {
    /// Small and optimised, compressed: what `make serve` gives to users.
    Release,
    /// Built in a minute: tests and `make dev`.
    Dev,
}

impl Profile {
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "wasm-release" => Ok(Self::Release),
            "wasm-dev" => Ok(Self::Dev),
            _ => bail!("unknown profile {name}: wasm-release or wasm-dev"),
        }
    }

    pub fn cargo_name(self) -> &'static str {
        match self {
            Self::Release => "wasm-release",
            Self::Dev => "wasm-dev",
        }
    }

    pub fn site_folder(self) -> &'static str {
        match self {
            Self::Release => "site",
            Self::Dev => "site-dev",
        }
    }
}

/// The command that compiles the frontend; `assemble` makes the site of what it leaves.
pub fn cargo_build(place: &Place, profile: Profile) -> std::process::Command {
    let mut cargo = place.cargo();
    cargo.args(["build", "-p", "frontend", "--lib", "--target", "wasm32-unknown-unknown"]);
    cargo.args(["--profile", profile.cargo_name()]);
    cargo
}

pub fn build(place: &Place, profile: Profile) -> Result<()> {
    run::shown(&mut cargo_build(place, profile))?;
    assemble(place, profile)
}

/// Turns cargo's wasm, `style/` and `public/` into the site.
pub fn assemble(place: &Place, profile: Profile) -> Result<()> {
    let mut site = Site::open(place.site(profile))?;
    wasm::package(place, profile, &mut site)?;
    site.put(
        format!("pkg/{NAME}.css"),
        css::bundle(&place.root.join("style"))?.as_bytes(),
    )?;
    site.put_folder(&place.root.join("public"))?;
    site.remove_others()?;
    if profile == Profile::Release {
        site.compress()?;
        report_size(&site)?;
    }
    Ok(())
}

fn report_size(site: &Site) -> Result<()> {
    let path = site.path(format!("pkg/{NAME}.wasm"));
    let plain = fs::metadata(&path)?.len();
    let compressed = fs::metadata(path.with_extension("wasm.br"))?.len();
    println!(
        "   {NAME}.wasm: {} KB, {} KB with brotli",
        plain / 1000,
        compressed / 1000
    );
    if let Some(warning) = size_warning(compressed) {
        println!("   warning: {warning}");
    }
    Ok(())
}

fn size_warning(compressed: u64) -> Option<String> {
    if compressed <= WARN_ABOVE_BYTES {
        return None;
    }
    let stands = if compressed <= BOUND_BYTES { "close to" } else { "over" };
    let bound = BOUND_BYTES / 1000;
    Some(format!("the wasm is {stands} its bound of {bound} KB with brotli"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_warned_of_near_the_bound_and_said_to_be_over_it() {
        assert_eq!(size_warning(400_000), None);
        assert!(size_warning(400_001).unwrap().contains("close to its bound of 450 KB"));
        assert!(size_warning(450_000).unwrap().contains("close to"));
        assert!(size_warning(450_001).unwrap().contains("over its bound"));
    }
}
