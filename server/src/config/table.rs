//! Every setting there is, once: the flags, the variables, `tidegate.toml`, `check-config`, the help and the README's
//! table are all made of this list.
//!
//! A setting's name is its key in `tidegate.toml` (dots are tables). Its flag and its variable follow from the name, so
//! nobody has to remember three spellings: `driver.process.root`, `--driver-process-root`,
//! `TIDEGATE_DRIVER_PROCESS_ROOT`. One variable has the name everybody knows instead: `DATABASE_URL`.

use std::fmt::Write;

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name in `tidegate.toml`.
    pub name: &'static str,
    /// Its flag without the dashes.
    pub flag: &'static str,
    /// Its environment variable.
    pub env: &'static str,
    /// What it is when nobody sets it.
    pub default: Preset,
    /// What is accepted, as it stands in error messages.
    pub accepted: &'static str,
    /// What it is for.
    pub meaning: &'static str,
}

/// What a setting is when nobody sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// This text.
    Text(&'static str),
    /// Unset, which means this.
    Unset(&'static str),
}

impl Key {
    /// The default as it is shown.
    pub const fn shown_default(&self) -> &'static str {
        match self.default {
            Preset::Text(text) | Preset::Unset(text) => text,
        }
    }
}

/// What our variables begin with.
pub const PREFIX: &str = "TIDEGATE_";

/// Variables that are not settings: the file's own place, what build and tests use, and what instances are given.
/// Anything else that begins with [`PREFIX`] is taken for a mistyped setting.
pub const OTHER_VARIABLES: [&str; 14] = [
    "TIDEGATE_CONFIG",
    "TIDEGATE_BIN",
    "TIDEGATE_TOOLS",
    "TIDEGATE_ROOT",
    "TIDEGATE_RUST",
    "TIDEGATE_CHROMIUM",
    "TIDEGATE_WASM_STD",
    "TIDEGATE_TEST_ALL",
    "TIDEGATE_TEST_POSTGRES",
    "TIDEGATE_TEST_STORE",
    "TIDEGATE_FAIL_AT",
    "TIDEGATE_INSTANCE",
    "TIDEGATE_USER_DATA",
    "TIDEGATE_SHIM_DETACHED",
];

/// The setting whose value is never shown.
pub const METRICS_TOKEN: &str = "metrics_token";

/// The settings, in the order they are shown.
pub const KEYS: [Key; 15] = [
    Key {
        name: "listen",
        flag: "listen",
        env: "TIDEGATE_LISTEN",
        default: Preset::Text("127.0.0.1:7070"),
        accepted: "an address and a port, such as 127.0.0.1:7070",
        meaning: "Where the console listens. Beyond this host only behind a proxy that speaks TLS.",
    },
    Key {
        name: "data",
        flag: "data",
        env: "TIDEGATE_DATA",
        default: Preset::Text("data"),
        accepted: "a folder",
        meaning: "Database, instances and load balancers. One server at a time.",
    },
    Key {
        name: "database_url",
        flag: "database-url",
        env: "DATABASE_URL",
        default: Preset::Unset("SQLite in the data folder"),
        accepted: "postgres://user:password@host:port/database without TLS, or nothing for SQLite in the data folder",
        meaning: "A PostgreSQL database (15 or later). Everybody on the host can read flags: give the password by the variable or by `~/.pgpass`.",
    },
    Key {
        name: "site_root",
        flag: "site-root",
        env: "TIDEGATE_SITE_ROOT",
        default: Preset::Text("target/site"),
        accepted: "a folder",
        meaning: "What the browser gets: scripts, styles, pictures. `make serve` builds it.",
    },
    Key {
        name: "time_scale",
        flag: "time-scale",
        env: "TIDEGATE_TIME_SCALE",
        default: Preset::Text("1"),
        accepted: "a whole number from 1 to 1000",
        meaning: "Product seconds that pass in a real one, 1 to 1000. Above 1 to try things out: cycles, warm-up, cooldown run faster.",
    },
    Key {
        name: "haproxy",
        flag: "haproxy",
        env: "TIDEGATE_HAPROXY",
        default: Preset::Unset("the one on PATH"),
        accepted: "the path of a program that is there and can be executed, such as /usr/sbin/haproxy",
        meaning: "HAProxy 2.6 or later. Without it everything but load balancers works.",
    },
    Key {
        name: "balancer_address",
        flag: "balancer-address",
        env: "TIDEGATE_BALANCER_ADDRESS",
        default: Preset::Text("127.0.0.1"),
        accepted: "an IPv4 address of this host",
        meaning: "Where load balancers listen (ports 20000 to 29999).",
    },
    Key {
        name: "balancer_root",
        flag: "balancer-root",
        env: "TIDEGATE_BALANCER_ROOT",
        default: Preset::Unset("balancers in the data folder"),
        accepted: "a folder",
        meaning: "Where load balancers keep their folders. Servers that share a database on one host share this one, too.",
    },
    Key {
        name: "subnets",
        flag: "subnets",
        env: "TIDEGATE_SUBNETS",
        default: Preset::Text("127.20"),
        accepted: "the first two numbers of a loopback address, such as 127.20",
        meaning: "Where the first start puts its subnets, one a zone. Later starts leave them as they are.",
    },
    Key {
        name: "driver.process.root",
        flag: "driver-process-root",
        env: "TIDEGATE_DRIVER_PROCESS_ROOT",
        default: Preset::Unset("process in the data folder"),
        accepted: "a folder",
        meaning: "Where instances of driver `process` keep their folders. Servers that share a database on one host share this one, too.",
    },
    Key {
        name: "public_url",
        flag: "public-url",
        env: "TIDEGATE_PUBLIC_URL",
        default: Preset::Unset("the address asked for"),
        accepted: "http:// or https:// and a host, without a path, such as https://scale.example.com",
        meaning: "The address people use, when a proxy stands in front. With https cookies are marked secure.",
    },
    Key {
        name: "session_hours",
        flag: "session-hours",
        env: "TIDEGATE_SESSION_HOURS",
        default: Preset::Text("12"),
        accepted: "a whole number from 1 to 720",
        meaning: "Hours without activity after which one has to sign in again, 1 to 720.",
    },
    Key {
        name: METRICS_TOKEN,
        flag: "metrics-token",
        env: "TIDEGATE_METRICS_TOKEN",
        default: Preset::Unset("`/metrics` for this host only"),
        accepted: "16 to 256 printable characters without spaces",
        meaning: "The word (`Authorization: Bearer WORD`) with which `/metrics` can be read from other hosts.",
    },
    Key {
        name: "log",
        flag: "log",
        env: "TIDEGATE_LOG",
        default: Preset::Text("info"),
        accepted: "a filter such as info, or info,server=debug",
        meaning: "What is logged to standard error. `server=debug` shows each request.",
    },
    Key {
        name: "log_format",
        flag: "log-format",
        env: "TIDEGATE_LOG_FORMAT",
        default: Preset::Text("text"),
        accepted: "text or json",
        meaning: "How log lines are written.",
    },
];

/// The setting of that name.
pub fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The table as it stands in the README.
pub fn markdown() -> String {
    let mut table = String::from("| key | flag | variable | default | meaning |\n|---|---|---|---|---|\n");
    for key in KEYS {
        let default = match key.default {
            Preset::Text(text) => format!("`{text}`"),
            Preset::Unset(text) => text.to_owned(),
        };
        let Key {
            name,
            flag,
            env,
            meaning,
            ..
        } = key;
        let _infallible = writeln!(table, "| `{name}` | `--{flag}` | `{env}` | {default} | {meaning} |");
    }
    table
}

/// The known name that a mistyped one is most like, if any is close.
pub fn meant<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|name| (distance(typed, name), name)).min()?;
    // A third of the letters wrong is another word.
    (near.0 <= 1 + typed.len() / 4).then_some(near.1)
}

/// How many letters must be put in, taken out or changed.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.chars().enumerate() {
            let changed = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn flag_and_variable_follow_from_the_name() {
        for key in KEYS {
            assert_eq!(key.flag, key.name.replace(['.', '_'], "-"));
            let spelled = format!("{PREFIX}{}", key.name.replace('.', "_").to_uppercase());
            assert_eq!(
                key.env,
                if key.name == "database_url" {
                    "DATABASE_URL"
                } else {
                    &spelled
                }
            );
        }
    }

    #[test]
    fn no_two_settings_share_a_flag_or_a_variable() {
        let flags: std::collections::BTreeSet<_> = KEYS.iter().map(|key| key.flag).collect();
        let variables: std::collections::BTreeSet<_> = KEYS.iter().map(|key| key.env).collect();
        assert_eq!((flags.len(), variables.len()), (KEYS.len(), KEYS.len()));
        assert!(OTHER_VARIABLES.iter().all(|other| !variables.contains(other)));
    }

    #[test]
    fn the_readme_shows_exactly_this_table() {
        let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
        if let Ok(readme) = std::fs::read_to_string(readme) {
            assert!(
                readme.contains(&markdown()),
                "put this into README.md:\n\n{}",
                markdown()
            );
        }
    }

    #[test]
    fn every_variable_of_build_and_tests_is_known() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut texts = Vec::new();
        for place in ["Makefile", ".ci/run", "xtask/setup", "xtask/src", "end2end"] {
            collect(&root.join(place), &mut texts);
        }
        assert!(!texts.is_empty());
        for text in texts {
            for rest in text.split(PREFIX).skip(1) {
                let end = rest
                    .find(|c: char| !c.is_ascii_uppercase() && c != '_')
                    .unwrap_or(rest.len());
                let name = format!("{PREFIX}{}", &rest[..end]);
                let known = OTHER_VARIABLES.contains(&name.as_str()) || KEYS.iter().any(|key| key.env == name);
                assert!(
                    known || end == 0,
                    "{name} would be refused as a mistyped setting: add it to OTHER_VARIABLES"
                );
            }
        }
    }

    /// The texts of a file, or of the sources in a folder.
    fn collect(place: &Path, texts: &mut Vec<String>) {
        let hidden = |name: &std::ffi::OsStr| matches!(name.to_str(), Some("node_modules" | "results"));
        if let Ok(entries) = std::fs::read_dir(place) {
            for entry in entries.flatten().filter(|entry| !hidden(&entry.file_name())) {
                collect(&entry.path(), texts);
            }
        } else if let Ok(text) = std::fs::read_to_string(place) {
            texts.push(text);
        }
    }

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let names = || KEYS.iter().map(|key| key.name);
        assert_eq!(meant("time_scal", names()), Some("time_scale"));
        assert_eq!(meant("site-root", names()), Some("site_root"));
        assert_eq!(meant("colour", names()), None);
    }
}
