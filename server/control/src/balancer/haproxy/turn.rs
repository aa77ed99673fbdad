//! Turns at one load balancer: among the calls of this server, and among all servers of this host that share its directory.
//!
//! Whoever starts, reloads, ends or changes it has the turn. So no reload carries over a member that another server lets go
//! of at the same time, and none loses one that joins; and "not running" is said only by whoever has the turn, or a server
//! would take a balancer that another one is just starting for one without members.
//!
//! A server that is stopped (not ended) with the turn in its hands keeps it: the balancer then goes on as it is, and counts
//! as mute for whoever wants to change it.

use super::super::BalancerError;
use super::{HaproxyBalancer, process, refused};
use engine::model::LoadBalancerId;
use std::fs::File;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

/// How long a turn is waited for. Longer than a caller's deadline (5 s), and nobody is told why; much shorter, and a start
/// that takes a second fails its neighbours.
const WAIT: Duration = Duration::from_secs(4);

/// A turn; over when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    // First of the two to go: the next one here finds the file free.
    _on_this_host: File,
    _here: OwnedMutexGuard<()>,
}

impl HaproxyBalancer {
    /// Waits for the turn; `None` if there is no such directory, so that nothing can run there.
    pub(super) async fn turn(&self, id: LoadBalancerId) -> Result<Option<Turn>, BalancerError> {
        let here = self.desk(id).lock_owned().await;
        let place = self.place(id);
        let taken = async || match place.take_turn() {
            Ok(taken) => taken.map(|taken| Ok(Some(taken))),
            Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Some(Ok(None)),
            Err(why) => Some(Err(refused(id, "take a turn", why))),
        };
        let late = || {
            let why = format!("another server has been working on it for {} s", WAIT.as_secs());
            Err(BalancerError::Mute { id, why })
        };
        let taken = process::until(WAIT, taken).await.unwrap_or_else(late)?;
        Ok(taken.map(|taken| Turn {
            _on_this_host: taken,
            _here: here,
        }))
    }

    /// The same of one that runs or has run.
    pub(super) async fn turn_at(&self, id: LoadBalancerId) -> Result<Turn, BalancerError> {
        self.turn(id).await?.ok_or(BalancerError::NotRunning { id })
    }

    /// The same of one whose directory is made if it is missing.
    pub(super) async fn turn_to_make(&self, id: LoadBalancerId) -> Result<Turn, BalancerError> {
        let made = self.place(id).make();
        made.map_err(|why| refused(id, "make its directory", why))?;
        self.turn_at(id).await
    }

    /// The turn, if nobody has it.
    pub(super) fn turn_now(&self, id: LoadBalancerId) -> Option<Turn> {
        let here = self.desk(id).try_lock_owned().ok()?;
        let taken = self.place(id).take_turn().ok()??;
        Some(Turn {
            _on_this_host: taken,
            _here: here,
        })
    }
}
