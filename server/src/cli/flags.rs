//! One flag a setting, made from the settings' table, so that neither can have what the other lacks.
//!
//! Values are taken as text: what is accepted is said in one place and in one form, whichever way a setting is given.

use crate::config::table::KEYS;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

/// The settings given by flag: name and text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// Name and text.
    pub given: Vec<(String, String)>,
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        KEYS.iter().fold(command, |command, key| {
            let help = format!("{} [default: {}] [env: {}]", key.meaning, key.shown_default(), key.env);
            command.arg(Arg::new(key.name).long(key.flag).value_name("VALUE").help(help))
        })
    }
    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let text = |name: &'static str| {
            matches
                .get_one::<String>(name)
                .map(|text| (name.to_owned(), text.clone()))
        };
        Ok(Self {
            given: KEYS.iter().filter_map(|key| text(key.name)).collect(),
        })
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
