//! The configuration: each setting by flag, else by environment, else from `tidegate.toml`, else its default.
//!
//! - [`table`]: every setting, once. [`parse`]: from text to type. [`report`]: what `check-config` prints.
//!
//! All that is wrong is said at once, each with its key, its value, where it stands and what is accepted. Nothing
//! unknown is let pass: a mistyped setting that is silently ignored is found months later. What may hold a password is
//! never printed whole, right or wrong.

pub mod parse;
mod report;
pub mod table;

use control::clock::TimeScale;
use control::store::{DatabaseUrl, SubnetBase};
use parse::{LogFormat, PublicUrl, Token, printable};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use table::{KEYS, Key, METRICS_TOKEN, OTHER_VARIABLES, PREFIX, Preset};

/// The file that is read from the working folder if it is there.
pub const FILE: &str = "tidegate.toml";
/// The variable that names another file.
pub const FILE_VARIABLE: &str = "TIDEGATE_CONFIG";

/// What is printed instead of a secret.
const NOT_SHOWN: &str = "(not shown)";
/// What names of secrets have in them, and of addresses that may hold one.
const TELLING: [&str; 5] = ["token", "secret", "password", "database", "url"];
/// The setting that may hold a password.
const DATABASE_URL: &str = "database_url";

/// The settings, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where the console listens.
    pub listen: SocketAddr,
    /// Database, instances, load balancers.
    pub data: PathBuf,
    /// The PostgreSQL database; none: SQLite in the data folder.
    pub database_url: Option<DatabaseUrl>,
    /// What the browser gets.
    pub site_root: PathBuf,
    /// Product seconds in a real one.
    pub time_scale: TimeScale,
    /// HAProxy; looked for on PATH if unset.
    pub haproxy: Option<PathBuf>,
    /// Where load balancers listen.
    pub balancer_address: Ipv4Addr,
    /// Where load balancers keep their folders.
    pub balancer_root: PathBuf,
    /// Where the first start puts its subnets.
    pub subnets: SubnetBase,
    /// Where instances keep their folders.
    pub process_root: PathBuf,
    /// The address people use, if it is not the one that is asked for.
    pub public_url: Option<PublicUrl>,
    /// Hours without activity after which one has to sign in again.
    pub session_hours: u32,
    /// With what `/metrics` can be read from other hosts.
    pub metrics_token: Option<Token>,
    /// What is logged.
    pub log: String,
    /// How log lines are written.
    pub log_format: LogFormat,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The table.
    Default,
    /// `tidegate.toml`.
    File,
    /// A variable.
    Environment,
    /// A flag.
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file is not readable.
    #[error("cannot read {}: {why}; give another one by --config, or none", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's word.
        why: String,
    },
    /// The file is no TOML.
    #[error("{} is not TOML: {why}", path.display())]
    NotToml {
        /// Which.
        path: PathBuf,
        /// The parser's word.
        why: String,
    },
    /// There is no such setting.
    #[error("{place}: there is no setting `{key}` (its value: `{value}`); {advice}")]
    Unknown {
        /// Where it stands.
        place: String,
        /// What was typed.
        key: String,
        /// Its value.
        value: String,
        /// What was meant, or what there is.
        advice: String,
    },
    /// The setting does not take that.
    #[error("{place}: `{key}` cannot be `{value}`; accepted is {accepted}")]
    Bad {
        /// Where it stands.
        place: String,
        /// Which.
        key: &'static str,
        /// What was typed.
        value: String,
        /// What is accepted.
        accepted: &'static str,
    },
}

/// All that is wrong; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is not usable:\n{}", self.0.iter().map(|e| format!("  - {e}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigErrors(pub Vec<ConfigError>);

/// What settings are made from; handed in, so that tests need no environment.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Settings by flag, by name.
    pub flags: Vec<(String, String)>,
    /// All variables of the environment.
    pub variables: Vec<(String, String)>,
    /// The file's name and content, if there is one.
    pub file: Option<(PathBuf, String)>,
}

/// The settings, and where each value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Typed.
    pub config: Config,
    texts: BTreeMap<&'static str, (Source, String)>,
}

impl Given {
    /// Flags, this process's environment and the file that `--config`, else [`FILE_VARIABLE`], names, else [`FILE`] if
    /// it is there.
    pub fn here(flags: Vec<(String, String)>, file: Option<PathBuf>) -> Result<Self, ConfigErrors> {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let variables = std::env::vars_os()
            .map(|(name, value)| (text(name), text(value)))
            .collect();
        let named = file.or_else(|| std::env::var_os(FILE_VARIABLE).map(PathBuf::from));
        let path = named.or_else(|| Some(PathBuf::from(FILE)).filter(|path| path.exists()));
        Ok(Self {
            flags,
            variables,
            file: path.map(|path| read(&path)).transpose()?,
        })
    }
}

fn read(path: &Path) -> Result<(PathBuf, String), ConfigErrors> {
    let wrong = |why: std::io::Error| ConfigError::Unreadable {
        path: path.to_owned(),
        why: why.to_string(),
    };
    let text = std::fs::read_to_string(path).map_err(|why| ConfigErrors(vec![wrong(why)]))?;
    Ok((path.to_owned(), text))
}

/// Settles every setting, or says all that is wrong.
pub fn load(given: &Given) -> Result<Loaded, ConfigErrors> {
    let mut settled = Settled::default();
    settled.file(given);
    settled.environment(given);
    settled.flags(given);
    let config = settled.typed();
    // Parsed by now: what is kept beside the settings is there to be shown.
    if let Some((_, token)) = settled.texts.get_mut(METRICS_TOKEN) {
        NOT_SHOWN.clone_into(token);
    }
    match config {
        Some(config) if settled.wrong.is_empty() => Ok(Loaded {
            config,
            texts: settled.texts,
        }),
        _ => Err(ConfigErrors(settled.wrong)),
    }
}

/// Texts by setting, the strongest source last.
#[derive(Debug, Default)]
struct Settled {
    texts: BTreeMap<&'static str, (Source, String)>,
    places: BTreeMap<&'static str, String>,
    wrong: Vec<ConfigError>,
}

impl Settled {
    fn set(&mut self, key: &'static Key, source: Source, place: String, value: &str) {
        self.texts.insert(key.name, (source, value.to_owned()));
        self.places.insert(key.name, place);
    }

    fn file(&mut self, given: &Given) {
        let Some((path, text)) = &given.file else { return };
        match text.parse::<toml::Table>() {
            Ok(table) => self.branch(path, "", &table),
            Err(why) => self.wrong.push(ConfigError::NotToml {
                path: path.clone(),
                why: place_of(&why, text),
            }),
        }
    }

    /// One table of the file; tables in it are dots in the name.
    fn branch(&mut self, path: &Path, prefix: &str, table: &toml::Table) {
        for (name, value) in table {
            let name = format!("{prefix}{name}");
            let place = path.display().to_string();
            match (table::key(&name), value) {
                (None, toml::Value::Table(inner)) => self.branch(path, &format!("{name}."), inner),
                (Some(key), value) => self.set(key, Source::File, place, &plain(value)),
                (None, value) => self.unknown(place, &name, &plain(value), &KEYS.map(|key| key.name)),
            }
        }
    }

    fn environment(&mut self, given: &Given) {
        for (name, value) in &given.variables {
            let place = "environment".to_owned();
            if let Some(key) = KEYS.iter().find(|key| key.env == name) {
                self.set(key, Source::Environment, format!("{place}, {name}"), value);
            } else if name.starts_with(PREFIX) && !OTHER_VARIABLES.contains(&name.as_str()) {
                self.unknown(place, name, value, &KEYS.map(|key| key.env));
            }
        }
    }

    /// Notes what is no setting.
    fn unknown(&mut self, place: String, typed: &str, value: &str, known: &[&str]) {
        let meant = table::meant(typed, known.iter().copied());
        self.wrong.push(ConfigError::Unknown {
            place,
            key: typed.to_owned(),
            value: shown_of_unknown(typed, meant, value),
            advice: advice(meant, known),
        });
    }

    fn flags(&mut self, given: &Given) {
        for (name, value) in &given.flags {
            if let Some(key) = table::key(name) {
                self.set(key, Source::Flag, format!("flag --{}", key.flag), value);
            }
        }
    }

    /// The text of a setting, typed; a text that is not accepted is noted.
    fn take<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let key = table::key(name)?;
        let text = match (self.texts.get(name), key.default) {
            (Some((_, text)), _) => text.as_str(),
            (None, Preset::Text(text)) => text,
            (None, Preset::Unset(_)) => return None,
        };
        let typed = parse(text);
        if typed.is_none() {
            let place = self.places.get(name).cloned().unwrap_or_default();
            let wrong = ConfigError::Bad {
                place,
                key: key.name,
                value: shown(key, text),
                accepted: key.accepted,
            };
            self.wrong.push(wrong);
        }
        typed
    }

    /// Every setting, typed; `None` when something is wrong.
    fn typed(&mut self) -> Option<Config> {
        let listen = self.take("listen", parse::address);
        let data = self.take("data", parse::path);
        let database_url = self.take(DATABASE_URL, parse::database_url);
        let site_root = self.take("site_root", parse::path);
        let time_scale = self.take("time_scale", parse::time_scale);
        let haproxy = self.take("haproxy", parse::program);
        let balancer_address = self.take("balancer_address", parse::ipv4);
        let balancer_root = self.take("balancer_root", parse::path);
        let subnets = self.take("subnets", parse::subnets);
        let process_root = self.take("driver.process.root", parse::path);
        let public_url = self.take("public_url", parse::public_url);
        let session_hours = self.take("session_hours", parse::session_hours);
        let metrics_token = self.take(METRICS_TOKEN, parse::token);
        let log = self.take("log", parse::log);
        let log_format = self.take("log_format", parse::log_format);
        let data = data?;
        Some(Config {
            listen: listen?,
            database_url: database_url.flatten(),
            site_root: site_root?,
            time_scale: time_scale?,
            haproxy,
            balancer_address: balancer_address?,
            balancer_root: balancer_root.unwrap_or_else(|| data.join("balancers")),
            subnets: subnets?,
            process_root: process_root.unwrap_or_else(|| data.join("process")),
            data,
            public_url,
            session_hours: session_hours?,
            metrics_token,
            log: log?,
            log_format: log_format?,
        })
    }
}

/// What is wrong with a text that is no TOML, and in which line: not the line itself, which may hold a password.
fn place_of(why: &toml::de::Error, text: &str) -> String {
    let before = why.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {}: {}", before.matches('\n').count() + 1, why.message())
}

/// A value as it may be printed.
fn shown(key: &Key, value: &str) -> String {
    if key.name == METRICS_TOKEN {
        NOT_SHOWN.to_owned()
    } else {
        printable(value)
    }
}

/// The value of what is no setting, as it may be printed: a secret under a mistyped name is a secret still.
fn shown_of_unknown(typed: &str, meant: Option<&str>, value: &str) -> String {
    let typed = typed.to_ascii_lowercase();
    let telling = TELLING.iter().any(|word| typed.contains(word));
    let is_meant = |key: &&Key| meant.is_some_and(|meant| [key.name, key.env].contains(&meant));
    let secret = |key: &Key| [METRICS_TOKEN, DATABASE_URL].contains(&key.name);
    if telling || KEYS.iter().find(is_meant).is_some_and(secret) {
        NOT_SHOWN.to_owned()
    } else {
        printable(value)
    }
}

/// A value of the file as one would type it after a flag.
fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn advice(meant: Option<&str>, known: &[&str]) -> String {
    match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests;
