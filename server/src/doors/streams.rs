//! Who listens: every open event stream with its session, how many there may be, and the one task that ends those whose
//! user may not listen any more.
//!
//! A session can be ended by another process (`tidegate admin reset-password`, another server on the same database), which
//! tells nobody here. So the sessions of all open streams are asked after together, several times a second, in a few
//! indexed statements, rather than each stream by itself every now and then: a revoked session's stream ends within a
//! second. A session that ends in this process is looked at at once.

use super::Host;
use control::auth::sessions::Standing;
use engine::model::{TenantId, UserId};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Streams at once. Each holds a connection and reads the table at each change; a thousand browsers is far beyond what
/// one console has.
pub const STREAMS_MAX: usize = 1_000;
/// Streams of one user at once: each page that is open is one. Without it, one user takes every place.
pub const STREAMS_OF_USER_MAX: usize = 32;
/// How often sessions are asked after. Well under the second that a revoked one may go on.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Who listens by one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The session's id.
    pub session: String,
    /// Whose it is.
    pub user: UserId,
    /// Whose events are sent.
    pub tenant: TenantId,
}

/// Why a stream was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// This user has too many.
    User,
    /// The server has too many.
    Server,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    listeners: BTreeMap<u64, (Listener, CancellationToken)>,
}

/// Every open stream.
#[derive(Debug, Clone, Default)]
pub struct Streams(Arc<Mutex<Open>>);

/// A stream's place; given back when dropped.
#[derive(Debug)]
pub struct Place {
    streams: Streams,
    number: u64,
    cut: CancellationToken,
}

impl Streams {
    /// Takes a place.
    ///
    /// # Errors
    /// There is none.
    pub fn open(&self, listener: Listener) -> Result<Place, Full> {
        let mut open = self.lock();
        let theirs = open.listeners.values().filter(|(other, _)| other.user == listener.user);
        if theirs.count() >= STREAMS_OF_USER_MAX {
            return Err(Full::User);
        }
        if open.listeners.len() >= STREAMS_MAX {
            return Err(Full::Server);
        }
        let (number, cut) = (open.next, CancellationToken::new());
        open.next += 1;
        open.listeners.insert(number, (listener, cut.clone()));
        let streams = self.clone();
        Ok(Place { streams, number, cut })
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.lock().listeners.len()
    }

    /// The sessions of all, each once.
    fn sessions(&self) -> Vec<String> {
        let open = self.lock();
        let mut ids: Vec<_> = open
            .listeners
            .values()
            .map(|(listener, _)| listener.session.clone())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Ends those whose session was asked after and does not stand, or whose user is in another tenant now.
    fn cut(&self, asked: &[String], standing: &BTreeMap<String, Standing>) {
        for (listener, cut) in self.lock().listeners.values() {
            let stands = |stand: &Standing| stand.user == listener.user && stand.tenant == listener.tenant;
            let was_asked = asked.binary_search(&listener.session).is_ok();
            if was_asked && !standing.get(&listener.session).is_some_and(stands) {
                cut.cancel();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Whole after every statement: a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits until the stream is to end.
    pub async fn cut(&self) {
        self.cut.cancelled().await;
    }

    /// Whether it is to end.
    pub fn is_cut(&self) -> bool {
        self.cut.is_cancelled()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.streams.lock().listeners.remove(&self.number);
    }
}

/// Whether the last look at the sessions was answered: a silence is said once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Store {
    Answers,
    Silent,
}

/// Watches over every open stream until the server stops. A store that does not answer ends no stream: nothing can be
/// read from it for anybody either.
///
/// It listens from the call on, not from its first turn: a session that ends in between is not missed.
pub fn watch(host: Host) -> impl Future<Output = ()> {
    let ended = host.ended.listen();
    watching(host, ended)
}

async fn watching(host: Host, mut ended: watch::Receiver<u64>) {
    let mut store = Store::Answers;
    loop {
        tokio::select! {
            biased;
            () = host.parts.shutdown.cancelled() => return,
            // The host holds the sender: it does not close.
            _changed = ended.changed() => {}
            () = host.parts.clock.wait(LOOK_EVERY) => {}
        }
        let asked = host.streams.sessions();
        if !asked.is_empty() {
            store = look(&host, &asked, store).await;
        }
    }
}

async fn look(host: &Host, asked: &[String], before: Store) -> Store {
    match host.parts.sessions.standing(asked, host.parts.clock.wall()).await {
        Ok(standing) => {
            host.streams.cut(asked, &standing);
            Store::Answers
        }
        Err(why) => {
            if before == Store::Answers {
                tracing::warn!(%why, "streams go on unwatched until the store answers");
            }
            Store::Silent
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(user: u64, session: &str) -> Listener {
        Listener {
            session: session.to_owned(),
            user: UserId(user),
            tenant: TenantId(1),
        }
    }

    #[test]
    fn one_user_cannot_take_every_place_and_a_place_given_back_is_free() {
        let streams = Streams::default();
        let mut places: Vec<_> = (0..STREAMS_OF_USER_MAX)
            .map(|_| streams.open(listener(1, "a")).unwrap())
            .collect();
        assert_eq!(streams.open(listener(1, "a")).unwrap_err(), Full::User);
        assert!(streams.open(listener(2, "b")).is_ok());
        places.pop();
        assert!(streams.open(listener(1, "a")).is_ok());
        assert_eq!(streams.count(), STREAMS_OF_USER_MAX - 1);
    }

    #[test]
    fn the_server_has_so_many_places_and_no_more() {
        let streams = Streams::default();
        let places: Vec<_> = (0..STREAMS_MAX as u64)
            .map(|number| streams.open(listener(number, "a")).unwrap())
            .collect();
        assert_eq!(streams.open(listener(5_000, "a")).unwrap_err(), Full::Server);
        drop(places);
        assert_eq!(streams.count(), 0);
    }

    #[test]
    fn only_streams_that_were_asked_after_are_cut() {
        let streams = Streams::default();
        let (gone, moved, stays, new) = (
            streams.open(listener(1, "gone")).unwrap(),
            streams.open(listener(2, "moved")).unwrap(),
            streams.open(listener(3, "stays")).unwrap(),
            streams.open(listener(4, "new")).unwrap(),
        );
        let stand = |user, tenant| Standing {
            user: UserId(user),
            tenant: TenantId(tenant),
        };
        let standing = BTreeMap::from([("moved".to_owned(), stand(2, 9)), ("stays".to_owned(), stand(3, 1))]);
        let asked = ["gone", "moved", "stays"].map(str::to_owned);
        streams.cut(&asked, &standing);
        assert!(gone.is_cut() && moved.is_cut() && !stays.is_cut() && !new.is_cut());
    }
}
