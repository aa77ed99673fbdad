//! A form as typed, in the browser: its values, which fields were left, what the server refused.

use crate::calls::{CallError, Values};
use crate::wire::from_value;
use api::problem::Problem;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// Checks a form as the server will (the same code, `api`).
pub type Check = fn(&Values) -> Vec<Problem>;

/// The state of one form. The inputs are the browser's own; this follows them.
#[derive(Clone, Copy)]
pub struct Typed {
    values: RwSignal<Values>,
    /// Fields that were left at least once: only these may complain.
    left: RwSignal<BTreeSet<&'static str>>,
    /// Fields changed since the last refusal: what the server said of them is old.
    changed: RwSignal<BTreeSet<&'static str>>,
    refusal: Signal<Option<CallError>>,
    checked: Memo<Vec<Problem>>,
}

impl Typed {
    /// Begins with `start`, or with what was typed into the plain form that was refused.
    pub fn new(start: &impl Serialize, refusal: Signal<Option<CallError>>, check: Check) -> Self {
        let mut begin = values_of(start);
        if let Some(error) = refusal.get_untracked() {
            begin.extend(error.typed);
        }
        let values = RwSignal::new(begin);
        Self {
            values,
            left: RwSignal::new(BTreeSet::new()),
            changed: RwSignal::new(BTreeSet::new()),
            refusal,
            checked: Memo::new(move |_| values.with(check)),
        }
    }

    /// A field's value when the form is first drawn.
    pub fn begin(self, field: &str) -> String {
        self.values
            .with_untracked(|values| values.get(field).cloned())
            .unwrap_or_default()
    }

    /// A field's value now.
    pub fn now(self, field: &str) -> String {
        self.values
            .with(|values| values.get(field).cloned())
            .unwrap_or_default()
    }

    /// The whole form now.
    pub fn form<F: DeserializeOwned + Default>(self) -> F {
        self.values.with(form_of)
    }

    /// Somebody types.
    pub fn type_in(self, field: &'static str, value: String) {
        self.values.update(|values| {
            values.insert(field.to_owned(), value);
        });
        self.changed.update(|changed| {
            changed.insert(field);
        });
    }

    /// Somebody leaves a field.
    pub fn leave(self, field: &'static str) {
        self.left.update(|left| {
            left.insert(field);
        });
    }

    /// The form goes to the server: what it says next is news for every field.
    pub fn submitted(self) {
        self.changed.update(BTreeSet::clear);
    }

    /// What is wrong with a field, as far as it may be said yet.
    pub fn problems(self, field: &'static str) -> Vec<Problem> {
        if !self.changed.with(|changed| changed.contains(field)) {
            let refused = self.refused(|problem| problem.field == field);
            if !refused.is_empty() {
                return refused;
            }
        }
        let left = self.left.with(|left| left.contains(field));
        if left {
            self.checked
                .with(|all| all.iter().filter(|each| each.field == field).cloned().collect())
        } else {
            Vec::new()
        }
    }

    /// What is wrong with none of `fields`: it stands above the form.
    pub fn rest(self, fields: &'static [&'static str]) -> Signal<Vec<Problem>> {
        Signal::derive(move || self.refused(|problem| !fields.contains(&problem.field.as_str())))
    }

    /// Is anything of these fields wrong? Then they all count as left.
    pub fn stops_at(self, fields: &[&'static str]) -> bool {
        for field in fields {
            self.leave(field);
        }
        self.checked
            .with_untracked(|all| all.iter().any(|problem| fields.contains(&problem.field.as_str())))
    }

    /// Asks before the page is left with something typed. The browser asks in its own words.
    pub fn guard(self) {
        #[cfg(feature = "hydrate")]
        Effect::new(move |_| {
            let asking = window_event_listener_untyped("beforeunload", move |event| {
                if self.changed.with_untracked(|changed| !changed.is_empty()) {
                    event.prevent_default();
                }
            });
            on_cleanup(move || asking.remove());
        });
    }

    /// Did the server refuse this field last?
    pub fn is_refused(self, field: &str) -> bool {
        !self.refused(|problem| problem.field == field).is_empty()
    }

    fn refused(self, which: impl Fn(&Problem) -> bool) -> Vec<Problem> {
        let all = self.refusal.get().map(|error| error.problems.0).unwrap_or_default();
        all.into_iter().filter(which).collect()
    }
}

/// A form's fields by name; every form of `api` is a struct of texts.
pub fn values_of(form: &impl Serialize) -> Values {
    read_again(form)
}

/// The form of these fields.
pub fn form_of<F: DeserializeOwned + Default>(values: &Values) -> F {
    read_again(values)
}

fn read_again<T: DeserializeOwned + Default>(value: &impl Serialize) -> T {
    let tree = serde_json::to_value(value).ok();
    tree.and_then(|tree| from_value(tree).ok()).unwrap_or_default()
}
