//! What the servers on one PostgreSQL tell each other: "look now" at a group or at the load balancers, and whose events grew.
//!
//! It is NOTIFY and LISTEN, on a connection of its own. Nobody says what changed: whoever hears it reads the store. What is
//! told may get lost, with a server that dies before it has told or with a connection that breaks: then the next cycle
//! looks, and whoever was cut off looks at everything once.
//!
//! Bounded: what waits to be told is a set, told every [`REST`] at most, so a thousand wakes of one group are one; a note
//! names [`NAMES_MAX`] groups at most; whoever does not keep up with what it hears is told to look at everything.
//!
//! A SQLite file has one server: there nobody is told anything.

use super::pools::Ears;
use engine::model::{GroupId, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// Between two tellings. Longer, and a wake takes longer to cross than to act on; shorter, and a busy server asks the
/// database for little else.
const REST: Duration = Duration::from_millis(50);
/// Groups, and tenants, in a note. PostgreSQL takes 8,000 bytes, and an id has 20 with its quotes.
const NAMES_MAX: usize = 100;
/// What may be heard and not yet taken in. Whoever falls further behind looks at everything.
const HEARD_MAX: usize = 1_024;
/// Between two tries to listen. Shorter only asks a database that is gone more often.
const AGAIN: Duration = Duration::from_secs(1);
/// After so much silence it is asked whether the database is still there. Much longer, and a server is deaf for as long.
const QUIET: Duration = Duration::from_secs(60);
/// How long it may take to say so.
const ANSWER: Duration = Duration::from_secs(5);

/// The channel: of our own schema, as another one in the same database has other servers.
const CHANNEL: &str = "SELECT concat('tidegate_', 'leases'::regclass::oid)";
const TELL: &str = "SELECT pg_notify(concat('tidegate_', 'leases'::regclass::oid), $1)";

/// What another server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// People changed this group.
    Group(GroupId),
    /// A load balancer was made, changed or deleted.
    Balancers,
    /// Nobody knows what was missed.
    Everything,
}

/// What waits to be told.
#[derive(Debug, Default)]
struct Said {
    groups: BTreeSet<GroupId>,
    balancers: bool,
    tenants: BTreeMap<TenantId, i64>,
}

/// What is told at once.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// Whose it is: one hears itself, too.
    from: u64,
    groups: Vec<GroupId>,
    balancers: bool,
    tenants: Vec<(TenantId, i64)>,
}

/// A server's voice and ears; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Voice(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: u64,
    /// `None` until somebody listens here: nobody else is told then either.
    said: Mutex<Option<Said>>,
    rung: Notify,
    heard: broadcast::Sender<Heard>,
}

/// Whose events grew, and to where, as [`super::Db::events`] says it.
type Wakes = broadcast::Sender<(TenantId, i64)>;

impl Voice {
    pub(super) fn new() -> Self {
        // Only has to be another than the others': two that start at once differ in this.
        let name = getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id()));
        Self(Arc::new(Inner {
            name,
            said: Mutex::default(),
            rung: Notify::new(),
            heard: broadcast::Sender::new(HEARD_MAX),
        }))
    }

    /// From now on this server tells and hears. False if it does already.
    pub(super) fn begin(&self) -> bool {
        let mut said = self.said();
        let begins = said.is_none();
        said.get_or_insert_default();
        begins
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Heard> {
        self.0.heard.subscribe()
    }

    pub(super) fn group(&self, id: GroupId) {
        self.say(|said| {
            said.groups.insert(id);
        });
    }

    pub(super) fn balancers(&self) {
        self.say(|said| said.balancers = true);
    }

    pub(super) fn grew(&self, tenant: TenantId, seq: i64) {
        self.say(|said| {
            let last = said.tenants.entry(tenant).or_default();
            *last = seq.max(*last);
        });
    }

    fn say(&self, what: impl FnOnce(&mut Said)) {
        if let Some(said) = &mut *self.said() {
            what(said);
            self.0.rung.notify_one();
        }
    }

    /// Everything said since the last time, in notes that may be told.
    fn take(&self) -> Vec<Note> {
        let said = self.said().as_mut().map(std::mem::take).unwrap_or_default();
        let groups: Vec<GroupId> = said.groups.into_iter().collect();
        let tenants: Vec<(TenantId, i64)> = said.tenants.into_iter().collect();
        let count = groups.len().div_ceil(NAMES_MAX).max(tenants.len().div_ceil(NAMES_MAX));
        let count = count.max(usize::from(said.balancers));
        let (mut groups, mut tenants) = (groups.chunks(NAMES_MAX), tenants.chunks(NAMES_MAX));
        let note = |nth| Note {
            from: self.0.name,
            groups: groups.next().unwrap_or_default().to_vec(),
            balancers: said.balancers && nth == 0,
            tenants: tenants.next().unwrap_or_default().to_vec(),
        };
        (0..count).map(note).collect()
    }

    /// Takes in what was told, unless it is our own.
    fn hear(&self, payload: &str, wakes: &Wakes) {
        let note: Note = match serde_json::from_str(payload) {
            Ok(note) => note,
            // A server of another version on this database: it wants something, whatever it is.
            Err(why) => {
                tracing::warn!(%why, "another server said what this one does not understand: it looks at everything");
                return self.heard(Heard::Everything);
            }
        };
        if note.from == self.0.name {
            return;
        }
        note.groups.into_iter().for_each(|id| self.heard(Heard::Group(id)));
        if note.balancers {
            self.heard(Heard::Balancers);
        }
        for wake in note.tenants {
            // Nobody listening is no failure.
            drop(wakes.send(wake));
        }
    }

    fn heard(&self, what: Heard) {
        drop(self.0.heard.send(what));
    }

    fn said(&self) -> MutexGuard<'_, Option<Said>> {
        // Sets are whole after every statement: a panic elsewhere does not spoil them.
        self.0.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the others what is said here, until the database is closed.
pub(super) async fn speak(voice: Voice, by: PgPool, closing: CancellationToken) {
    closing.run_until_cancelled(tell_all(&voice, &by)).await;
}

async fn tell_all(voice: &Voice, by: &PgPool) {
    let mut rest = every(REST);
    loop {
        voice.0.rung.notified().await;
        rest.tick().await;
        for note in voice.take() {
            if let Err(why) = tell(by, &note).await {
                tracing::warn!(%why, "other servers were not told to look: they do at their next cycle");
            }
        }
    }
}

async fn tell(by: &PgPool, note: &Note) -> Result<(), sqlx::Error> {
    let text = serde_json::to_string(note).map_err(|why| sqlx::Error::Encode(why.into()))?;
    sqlx::query(TELL).bind(text).execute(by).await.map(drop)
}

/// Hears what the others say, until the database is closed.
pub(super) async fn listen(voice: Voice, ears: Ears, wakes: Wakes, closing: CancellationToken) {
    closing.run_until_cancelled(hear_all(&voice, &ears, &wakes)).await;
}

async fn hear_all(voice: &Voice, ears: &Ears, wakes: &Wakes) {
    let (mut again, mut cut_off) = (every(AGAIN), false);
    loop {
        again.tick().await;
        match begin(ears).await {
            Ok(mut listener) => {
                if std::mem::replace(&mut cut_off, true) {
                    voice.heard(Heard::Everything);
                }
                let why = follow(voice, &mut listener, wakes).await;
                tracing::warn!(%why, "other servers are not heard until the database answers");
            }
            Err(why) => {
                cut_off = true;
                tracing::debug!(%why, "other servers are not heard yet");
            }
        }
    }
}

async fn begin(ears: &Ears) -> Result<PgListener, sqlx::Error> {
    let channel: String = sqlx::query_scalar(CHANNEL).fetch_one(&ears.to_ask).await?;
    let mut listener = PgListener::connect_with(&ears.to_hear).await?;
    listener.listen(&channel).await?;
    Ok(listener)
}

/// Why it had to end.
async fn follow(voice: &Voice, listener: &mut PgListener, wakes: &Wakes) -> sqlx::Error {
    loop {
        match timeout(QUIET, listener.try_recv()).await {
            Ok(Ok(Some(note))) => voice.hear(note.payload(), wakes),
            // The connection broke, and there is another one: what was told between the two is lost.
            Ok(Ok(None)) => voice.heard(Heard::Everything),
            Ok(Err(why)) => return why,
            Err(_quiet) => {
                if let Err(why) = answers(listener).await {
                    return why;
                }
            }
        }
    }
}

/// Whether there is still somebody at the other end: a host that is gone does not say so.
async fn answers(listener: &mut PgListener) -> Result<(), sqlx::Error> {
    let asked = timeout(ANSWER, sqlx::query("SELECT 1").execute(listener)).await;
    asked.map_err(|_late| sqlx::Error::PoolTimedOut)?.map(drop)
}

fn every(span: Duration) -> Interval {
    let mut every = interval(span);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    every
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_often_is_told_once_in_notes_that_are_not_too_long() {
        let voice = Voice::new();
        voice.group(GroupId(1));
        assert!(voice.take().is_empty(), "nobody listens yet");
        assert!(voice.begin() && !voice.begin());
        for number in 0..250 {
            voice.group(GroupId(number));
            voice.group(GroupId(number));
        }
        voice.balancers();
        voice.grew(TenantId(1), 7);
        voice.grew(TenantId(1), 6);
        let notes = voice.take();
        let sizes: Vec<_> = notes.iter().map(|note| note.groups.len()).collect();
        assert_eq!(sizes, [100, 100, 50]);
        assert_eq!(notes.iter().filter(|note| note.balancers).count(), 1);
        assert_eq!(notes[0].tenants, [(TenantId(1), 7)]);
        for note in &notes {
            assert!(serde_json::to_string(note).expect("JSON").len() < 8_000);
        }
        assert!(voice.take().is_empty());
    }

    #[test]
    fn one_does_not_hear_oneself_and_what_is_not_understood_is_everything() {
        let (here, there) = (Voice::new(), Voice::new());
        here.begin();
        here.group(GroupId(5));
        here.grew(TenantId(2), 9);
        let wakes = Wakes::new(8);
        let (mut own, mut others, mut grown) = (here.listen(), there.listen(), wakes.subscribe());
        let told = serde_json::to_string(&here.take()[0]).expect("JSON");
        here.hear(&told, &wakes);
        own.try_recv().expect_err("its own");
        there.hear(&told, &wakes);
        assert_eq!(others.try_recv().expect("a wake"), Heard::Group(GroupId(5)));
        assert_eq!(grown.try_recv().expect("a wake"), (TenantId(2), 9));
        there.hear("?", &wakes);
        assert_eq!(others.try_recv().expect("a wake"), Heard::Everything);
    }
}
