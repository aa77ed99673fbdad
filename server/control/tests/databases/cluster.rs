//! A PostgreSQL server of one's own: made in a folder for temporary files, reached by a socket in it, gone with whoever
//! started it.
//!
//! A shell keeps it (`KEEPER`): it waits until its standard input ends, which happens when the process that started it
//! ends, however it ends. So nothing stays behind, not even after SIGKILL, and tests need no code that runs "at the end".
//! PostgreSQL does not run as root; then the account `postgres` keeps it.
//!
//! Plain `std`: the tests' runner includes this file, too.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Says `ready` and the folder once it answers, or else what went wrong. $1: PostgreSQL's programs; $2: where to make the
/// folder. Nothing in it waits for a disk: what it holds is not worth a power cut. But it is written before it is
/// answered, so that it survives [`Cluster::stop`].
const KEEPER: &str = r#"
trap '' INT TERM HUP
umask 077
folder=$(mktemp -d "$2/tidegate-pg.XXXXXX") || exit 1
log=$folder/log
"$1/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$log" 2>&1 &&
cat >>"$folder/data/postgresql.conf" <<END &&
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 400
fsync = off
full_page_writes = off
autovacuum = off
END
"$1/pg_ctl" -D "$folder/data" -l "$log" -s -w start >>"$log" 2>&1 &&
echo "ready $folder" || cat "$log"
exec >/dev/null
read -r _
"$1/pg_ctl" -D "$folder/data" -m immediate -s -w stop
rm -rf "$folder"
"#;

/// The account it runs under when we are root.
const ACCOUNT: &str = "postgres";

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    keeper: Child,
    programs: PathBuf,
    folder: PathBuf,
}

impl Cluster {
    /// Makes and starts one; takes a second or two.
    ///
    /// # Errors
    /// What is missing or went wrong, in words for whoever runs the tests.
    pub fn start() -> Result<Self, String> {
        let programs = programs()?;
        let place = if is_root() { "/tmp".into() } else { std::env::temp_dir() };
        let mut keeper = unprivileged("sh")
            .args(["-c", KEEPER, "keeper"])
            .args([&programs, &place])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|why| format!("cannot start PostgreSQL as {}: {why}", account()))?;
        let mut said = String::new();
        if let Some(mut stdout) = keeper.stdout.take() {
            stdout
                .read_to_string(&mut said)
                .map_err(|why| format!("PostgreSQL's keeper is mute: {why}"))?;
        }
        match said.trim().strip_prefix("ready ") {
            Some(folder) => Ok(Self {
                folder: folder.into(),
                keeper,
                programs,
            }),
            None => {
                end(&mut keeper);
                Err(format!("PostgreSQL did not start as {}:\n{said}", account()))
            }
        }
    }

    /// The URL of its first database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.display())
    }

    /// Kills it for a while: connections break, new ones are refused, what was committed is there afterwards.
    ///
    /// # Panics
    /// It does not stop.
    #[allow(dead_code, reason = "not every program that includes this stops it for a while")]
    pub fn stop(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    /// Starts it again after [`Cluster::stop`].
    ///
    /// # Panics
    /// It does not start.
    #[allow(dead_code, reason = "not every program that includes this stops it for a while")]
    pub fn resume(&self) {
        let log = self.folder.join("log").display().to_string();
        self.control(&["-l", &log, "start"]);
    }

    fn control(&self, args: &[&str]) {
        let mut control = unprivileged(self.programs.join("pg_ctl"));
        control
            .arg("-D")
            .arg(self.folder.join("data"))
            .args(["-s", "-w"])
            .args(args);
        let status = control.stdout(Stdio::null()).status();
        assert!(
            status.as_ref().is_ok_and(std::process::ExitStatus::success),
            "pg_ctl {args:?}: {status:?}"
        );
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        end(&mut self.keeper);
    }
}

/// Ends what the keeper keeps, and waits until nothing of it is left.
fn end(keeper: &mut Child) {
    drop(keeper.stdin.take());
    // Nobody is left to tell, and the folder is a temporary one.
    drop(keeper.wait());
}

/// The folder with `initdb` and `pg_ctl`: one on PATH, else the newest of those that packages use.
fn programs() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut known: Vec<PathBuf> = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/usr"]
        .into_iter()
        .flat_map(|parent| std::fs::read_dir(parent).into_iter().flatten().flatten())
        .map(|entry| entry.path().join("bin"))
        .collect();
    known.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    let has = |folder: &PathBuf| {
        ["initdb", "pg_ctl"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    std::env::split_paths(&path).chain(known).find(has).ok_or_else(|| {
        "PostgreSQL is not installed: its `initdb` is neither on PATH nor in /usr/lib/postgresql/*/bin. Install it \
         (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install \
         postgresql@15)"
            .to_owned()
    })
}

/// The number in `/usr/lib/postgresql/15/bin` or `postgresql@15/bin`.
fn version(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name).unwrap_or_default();
    let digits: String = name.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// A program as an account that PostgreSQL accepts.
fn unprivileged(program: impl Into<OsString>) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args([
            format!("--reuid={ACCOUNT}"),
            format!("--regid={ACCOUNT}"),
            "--init-groups".to_owned(),
        ]);
        command.arg(program.into());
        command
    } else {
        Command::new(program.into())
    };
    // The account may not enter the folder we are in.
    command.current_dir("/");
    command
}

fn account() -> &'static str {
    if is_root() { ACCOUNT } else { "oneself" }
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|said| said.stdout.trim_ascii() == b"0")
}
