//! Hears every statement that goes to a database, by what sqlx tells `tracing` of each.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static LISTENING: AtomicBool = AtomicBool::new(false);
static HEARD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

struct Ear;

/// Opens it for the whole process; it does not listen yet.
pub fn open() {
    tracing::subscriber::set_global_default(Ear).expect("this test is the only one of its process");
}

/// Listens from now on.
pub fn listen() {
    LISTENING.store(true, Ordering::SeqCst);
}

/// Hears nothing from now on.
pub fn pause() {
    LISTENING.store(false, Ordering::SeqCst);
}

/// What was heard while listening, each statement once; without transactions' beginnings and ends.
pub fn statements() -> BTreeSet<String> {
    let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];
    heard
        .iter()
        .filter(|sql| verbs.iter().any(|verb| sql.starts_with(verb)))
        .cloned()
        .collect()
}

/// A statement's text: whole, or in `summary` when it is of four words or fewer.
#[derive(Default)]
struct Said {
    summary: String,
    whole: String,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.whole),
            _ => {}
        }
    }
    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl Subscriber for Ear {
    fn enabled(&self, of: &Metadata<'_>) -> bool {
        of.target() == "sqlx::query"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() != "sqlx::query" || !LISTENING.load(Ordering::SeqCst) {
            return;
        }
        let mut said = Said::default();
        event.record(&mut said);
        let text = if said.whole.is_empty() {
            said.summary
        } else {
            said.whole
        };
        HEARD.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
