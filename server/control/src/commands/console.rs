//! The backend of console, REST and SSE, and what every method of it needs.

use super::act::Act;
use super::{Refusal, Wake};
use crate::auth::gate::{self, Action};
use crate::auth::lockout::Lockout;
use crate::auth::{PasswordError, Passwords};
use crate::chain;
use crate::clock::Clock;
use crate::drivers::Driver;
use crate::ids::Ids;
use crate::metrics::{Meters, Vitals, VitalsParts};
use crate::queries::LiveView;
use crate::request;
use crate::store::db::{Db, ReadTx};
use crate::store::tx::Tx;
use api::actor::Actor;
use api::backend::Answer;
use api::problem::{Code, Problem, Problems};
use api::system::Database;
use engine::model::ids;
use futures::future::BoxFuture;
use std::error::Error;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What the console is made of.
pub struct Parts {
    /// Where everything is remembered.
    pub db: Db,
    /// Real and product time.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from.
    pub ids: Arc<dyn Ids>,
    /// Asked for what an instance printed; for nothing else.
    pub driver: Arc<dyn Driver>,
    /// What the loop sees and nobody stores.
    pub live: Arc<dyn LiveView>,
    /// Told after each change.
    pub wake: Arc<dyn Wake>,
}

/// What can be set.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address new load balancers listen on.
    pub balancer_address: Ipv4Addr,
    /// Where the first start left the first admin's password: removed at their first sign-in.
    pub first_password: Option<PathBuf>,
    /// HAProxy was not found when the server started: pages say what to install.
    pub balancer_missing: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            balancer_address: Ipv4Addr::LOCALHOST,
            first_password: None,
            balancer_missing: false,
        }
    }
}

/// The backend: `api::backend::Backend`.
pub struct Console {
    pub(crate) parts: Parts,
    pub(crate) options: Options,
    pub(crate) vitals: Vitals,
    pub(super) passwords: Passwords,
    pub(super) lockout: Lockout,
}

impl Console {
    /// A backend on these parts, which are not counted: see [`Console::watched`].
    pub fn new(parts: Parts, options: Options) -> Self {
        let vitals = Vitals::new(VitalsParts {
            db: parts.db.clone(),
            clock: parts.clock.clone(),
            live: parts.live.clone(),
            meters: Meters::new(parts.clock.clone()),
            passes: Arc::default(),
            database: Database::Sqlite,
            file: None,
            started: parts.clock.wall(),
        });
        Self {
            parts,
            options,
            vitals,
            passwords: Passwords::default(),
            lockout: Lockout::default(),
        }
    }

    /// The same, with what the server counts of itself: the page "System" shows it.
    #[must_use]
    pub fn watched(self, vitals: Vitals) -> Self {
        Self { vitals, ..self }
    }

    /// Asks the gate for a look.
    pub(crate) fn look(&self, actor: &Actor, action: Action) -> Answer<()> {
        Ok(gate::ask(actor.role, action)?)
    }

    /// Asks the gate for a change; answers what the change writes beside itself.
    pub(super) fn act(&self, actor: &Actor, action: Action) -> Answer<Act> {
        gate::ask(actor.role, action)?;
        let (clock, ids) = (&self.parts.clock, self.parts.ids.clone());
        Ok(Act {
            actor: actor.clone(),
            action,
            now: clock.now(),
            wall: clock.wall(),
            ids,
            request: request::current(),
            made: Mutex::default(),
        })
    }

    /// Begins to read one moment.
    pub(crate) async fn read(&self, operation: &'static str) -> Answer<ReadTx> {
        self.parts
            .db
            .read(operation)
            .await
            .map_err(|why| self.problems(why.into()))
    }

    /// Does `work` in one writing transaction, and says in the log what was changed once it is durable.
    pub(super) async fn write<T, F>(&self, operation: &'static str, act: Act, work: F) -> Answer<T>
    where
        F: for<'t> FnOnce(&'t mut Tx, &'t Act) -> BoxFuture<'t, Result<T, Refusal>> + Send + 'static,
        T: Send + 'static,
    {
        let act = Arc::new(act);
        let held = act.clone();
        let done = self
            .parts
            .db
            .write(operation, move |tx| Box::pin(async move { work(tx, &held).await }));
        let done = done.await.map_err(|refusal| self.problems(refusal))?;
        act.say();
        Ok(done)
    }

    /// What the user is told; what failed goes to the log, once, under the id that the user sees.
    pub(crate) fn problems(&self, refusal: Refusal) -> Problems {
        match refusal {
            Refusal::Wrong(problems) => problems,
            Refusal::Failed(why) => self.unavailable("database", &why),
        }
    }

    /// A part of the server does not answer. What the user is told and what the log says share the request's id.
    pub(crate) fn unavailable(&self, part: &'static str, why: &dyn Error) -> Problems {
        let incident = request::current().unwrap_or_else(|| ids::encode(self.parts.ids.mint()));
        tracing::error!(%incident, part, why = chain::of(why), "a request could not be answered");
        Problem::at("", Code::Unavailable).with(part).with(incident).into()
    }

    pub(super) fn no_password(&self, why: &PasswordError) -> Problems {
        self.unavailable("passwords", why)
    }
}

/// Names for a message: at most five, then how many more.
pub(super) fn names(all: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = all[..all.len().min(SHOWN)].join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} + {more}"),
    }
}
