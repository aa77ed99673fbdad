//! A form as typed, in the browser: its values, which fields were left, what the server refused.

use crate::calls::{CallError, Values};
use crate::wire::from_value;
use api::problem::Problem;
use leptos::ev::FocusEvent;
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
    began: StoredValue<Values>,
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
        let began = StoredValue::new(begin.clone());
        let values = RwSignal::new(begin);
        Self {
            values,
            began,
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

    /// A field's value before anybody typed in the browser: what is stored, or what a refused plain form had.
    pub fn began(self, field: &str) -> String {
        self.began
            .with_value(|values| values.get(field).cloned())
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

    /// The focus leaves a field. To a button that is pressed right now nothing is said yet: a message would move it from
    /// under the pointer, and the press would be lost. What the button does says it.
    pub fn left_for(self, field: &'static str, event: &FocusEvent) {
        use wasm_bindgen::JsCast;
        let to = event
            .related_target()
            .and_then(|to| to.dyn_into::<web_sys::Element>().ok());
        if to.is_none_or(|to| to.tag_name() != "BUTTON") {
            self.leave(field);
        }
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

    /// Is anything of these fields wrong? Then they all count as left, and the focus goes to the first that is.
    pub fn stops_at(self, fields: &[&'static str]) -> bool {
        for field in fields {
            self.leave(field);
        }
        let stops = self
            .checked
            .with_untracked(|all| all.iter().any(|problem| fields.contains(&problem.field.as_str())));
        if let Some(page) = document().document_element().filter(|_| stops) {
            to_first_wrong(&page);
        }
        stops
    }

    /// Asks before the page is left with something typed: a link of the console in our words, the browser in its own.
    pub fn guard(self) {
        #[cfg(feature = "hydrate")]
        {
            let is_typed = move || self.changed.with_untracked(|changed| !changed.is_empty());
            let question = crate::visit::use_texts().wizard.leave;
            Effect::new(move |_| {
                let asking = window_event_listener_untyped("beforeunload", move |event| {
                    if is_typed() {
                        event.prevent_default();
                    }
                });
                on_cleanup(move || asking.remove());
                ask_at_links(is_typed, question);
            });
        }
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

/// Fields that are wrong and shown: those of a wizard's other steps are not.
const WRONG: &str = "[aria-invalid=true]:not(.step:not([data-current]) *)";

/// Brings the focus to the first wrong field within this element, once the page shows which fields are: it may be far
/// from what is in sight.
pub fn to_first_wrong(within: &web_sys::Element) {
    use wasm_bindgen::JsCast;
    let within = within.clone();
    request_animation_frame(move || {
        let field = within.query_selector(WRONG).ok().flatten();
        if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
            // An element that cannot be focused stays as it is.
            let _ = field.focus();
        }
    });
}

/// Asks at each click on a link to another page while something is typed. In the capture phase: the router, which takes
/// links, hears of those only that may be followed.
#[cfg(feature = "hydrate")]
fn ask_at_links(is_typed: impl Fn() -> bool + 'static, question: &'static str) {
    use wasm_bindgen::{JsCast, closure::Closure};
    let clicked = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let link = target.and_then(|target| target.closest("a[href]").ok().flatten());
        if link.is_some_and(|link| leaves(&link))
            && is_typed()
            && !window().confirm_with_message(question).unwrap_or(true)
        {
            event.prevent_default();
            event.stop_propagation();
        }
    });
    let listen = clicked.as_ref().unchecked_ref::<js_sys::Function>().clone();
    // Adding and removing a listener of a window that exists does not fail.
    let _ = window().add_event_listener_with_callback_and_bool("click", &listen, true);
    let kept = StoredValue::new_local((clicked, listen));
    on_cleanup(move || {
        kept.try_with_value(|(_, listen)| {
            let _ = window().remove_event_listener_with_callback_and_bool("click", listen, true);
        });
    });
}

/// Does this link leave the form? Not one within the page, not the one that opens the palette; and of one to another
/// document the browser asks itself.
#[cfg(feature = "hydrate")]
fn leaves(link: &web_sys::Element) -> bool {
    let stays = ["rel", "data-noscroll", "aria-keyshortcuts"];
    let within = link.get_attribute("href").is_none_or(|href| href.starts_with('#'));
    !within && !stays.iter().any(|name| link.has_attribute(name))
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
