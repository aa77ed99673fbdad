//! Being started by `cargo leptos watch`: it knows nothing of commands, and says by variables where the console is to listen
//! and where the site is that it has built.
//!
//! What a flag or a variable of ours says goes before that.

use super::flags::Flags;
use crate::config::table;
use std::ffi::OsString;

/// Where the console is to listen. Nobody else sets it: it also tells that cargo-leptos has started this program.
const ADDRESS: &str = "LEPTOS_SITE_ADDR";
/// Where the site is.
const SITE: &str = "LEPTOS_SITE_ROOT";

/// The command line, with the program's name; under cargo-leptos one without arguments means `serve`.
pub fn arguments(mut given: Vec<OsString>, variable: impl Fn(&str) -> Option<String>) -> Vec<OsString> {
    if given.len() == 1 && variable(ADDRESS).is_some() {
        given.push("serve".into());
    }
    given
}

/// The flags of `serve`, and what cargo-leptos says where nobody else does.
pub fn settings(mut flags: Flags, variable: impl Fn(&str) -> Option<String>) -> Flags {
    if variable(ADDRESS).is_none() {
        return flags;
    }
    for (setting, theirs) in [("listen", ADDRESS), ("site_root", SITE)] {
        let by_flag = flags.given.iter().any(|(name, _)| name == setting);
        let by_variable = table::key(setting).is_some_and(|key| variable(key.env).is_some());
        if let Some(text) = variable(theirs).filter(|_| !by_flag && !by_variable) {
            flags.given.push((setting.to_owned(), text));
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(given: &[(&str, &str)]) -> Flags {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        Flags {
            given: given.iter().map(own).collect(),
        }
    }

    /// An environment of these variables.
    fn of<'a>(all: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name: &str| {
            let found = all.iter().find(|(there, _)| *there == name)?;
            Some(found.1.to_owned())
        }
    }

    #[test]
    fn a_start_without_arguments_means_serve_under_cargo_leptos_only() {
        let line = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let (bare, leptos) = (line(&["tidegate"]), [(ADDRESS, "127.0.0.1:7070")]);
        assert_eq!(arguments(bare.clone(), of(&leptos)), line(&["tidegate", "serve"]));
        assert_eq!(arguments(bare.clone(), of(&[])), bare);
        let other = line(&["tidegate", "check-config"]);
        assert_eq!(arguments(other.clone(), of(&leptos)), other);
    }

    #[test]
    fn address_and_site_are_those_of_cargo_leptos_where_neither_flag_nor_variable_says_another() {
        let leptos = [(ADDRESS, "127.0.0.1:1"), (SITE, "target/there")];
        let both = [("listen", "127.0.0.1:1"), ("site_root", "target/there")];
        assert_eq!(settings(flags(&[]), of(&leptos)), flags(&both));
        let listen = [("listen", "127.0.0.1:2")];
        let expected = [listen[0], both[1]];
        assert_eq!(settings(flags(&listen), of(&leptos)), flags(&expected));
        let ours = [leptos[0], leptos[1], ("TIDEGATE_SITE_ROOT", "mine")];
        assert_eq!(settings(flags(&[]), of(&ours)), flags(&both[..1]));
        assert_eq!(settings(flags(&[]), of(&[(SITE, "x")])), flags(&[]));
    }
}
