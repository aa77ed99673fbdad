//! Asking before something is lost. A popover of the browser's own: it opens without JavaScript, and the focus goes to the
//! typed name, or where there is none to the way back. What was refused is said in the panel, which stays open.

use super::popover::popover;
use super::refusal::Problems;
use crate::forms::post::{AnyAction, form_of};
use crate::visit::use_texts;
use leptos::html::{Input, Section};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// A button that opens a panel with what will be lost and the form that does it.
#[component]
pub fn Confirm(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// The button's word.
    #[prop(into)]
    word: String,
    /// The question.
    #[prop(into)]
    title: String,
    /// What is lost.
    #[prop(into)]
    text: String,
    /// The opening button's look.
    #[prop(default = "button")]
    class: &'static str,
    /// What the button is about, for screen readers, where the word alone does not say it (a table's row).
    #[prop(optional, into)]
    about: String,
    /// What it does.
    #[prop(into)]
    action: AnyAction,
    /// The word of the button that does it, where it is not the opening button's.
    #[prop(optional)]
    act: Option<&'static str>,
    /// The form's fields.
    children: Children,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let title_id = format!("{id}-title");
    let hidden = (!about.is_empty()).then(|| view! { <span class="sr-only">" "{about}</span> });
    let (opener, panel, heading) = (id.clone(), id.clone(), title_id.clone());
    let act = act.map_or_else(|| word.clone(), str::to_owned);
    close_when_done(action, id.clone());
    let form = move || {
        view! {
            {children()}
            <div class="ask-buttons">
                <button type="button" class="button" popovertarget=id popovertargetaction="hide" autofocus>{texts.cancel}</button>
                <button type="submit" class="button danger">{act}</button>
            </div>
        }
        .into_any()
    };
    view! {
        <button type="button" class=class popovertarget=opener on:click=move |_| action.forget()>{word}{hidden}</button>
        <div {..popover()} class="confirm" id=panel role="dialog" aria-labelledby=title_id>
            <h2 id=heading>{title}</h2>
            <p>{text}</p>
            <Problems problems=Signal::derive(move || action.problems())/>
            {form_of(action, Box::new(form))}
        </div>
    }
    .into_any()
}

/// What was asked for is done, and the panel goes: left open it would ask about the next thing that is drawn in its place.
fn close_when_done(action: AnyAction, id: String) {
    #[cfg(feature = "hydrate")]
    action.each_end(move |done| {
        if let (Ok(()), Some(panel)) = (done, document().get_element_by_id(&id)) {
            super::script::call(&panel, "hidePopover", &[]);
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (action, id);
}

/// The id that the address asks about (`?delete=ID`). Whoever draws a question follows the address ([`use_address`]) outside
/// of what waits for data: a closure within would be drawn anew with each reading, and take what is typed and the focus
/// with it.
pub fn asked(key: &str) -> String {
    use_query_map().with_untracked(|query| query.get(key).unwrap_or_default())
}

/// Follows the address's questions: what calls this is drawn anew when they change.
pub fn use_address() -> impl Fn() + Copy + Send + Sync + 'static {
    let query = use_query_map();
    // Asked, not only tracked: a memo that nobody has asked hears of nothing.
    move || query.with(|_| ())
}

/// The question about one row, above its table. It takes the focus when it opens, to the same place as [`Confirm`], and gives
/// it back to what opened it.
#[component]
pub fn AskCard(
    /// The question, with the row's name.
    #[prop(into)]
    title: String,
    /// What is lost.
    text: &'static str,
    /// The same page without the question.
    #[prop(into)]
    back: String,
    /// The form.
    children: Children,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let card = NodeRef::<Section>::new();
    take_focus(card, title.clone());
    view! {
        <section class="ask card" node_ref=card>
            <h2>{title}</h2>
            <p>{text}</p>
            <div class="ask-buttons">
                {children()}
                <a href=back class="button" data-noscroll="" autofocus on:click=move |_| give_focus_back()>{texts.cancel}</a>
            </div>
        </section>
    }
    .into_any()
}

/// The focus goes to a question that has just opened. The same question is drawn again whenever its list is read again: then
/// the focus stays where a person has brought it, and the element itself knows that it has asked.
fn take_focus(card: NodeRef<Section>, title: String) {
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        if let Some(card) = card.get() {
            focus::take(&card, &title);
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (card, title);
}

/// Whoever says no is where they were before.
fn give_focus_back() {
    #[cfg(feature = "hydrate")]
    focus::give_back();
}

#[cfg(feature = "hydrate")]
mod focus {
    use leptos::prelude::document;
    use std::cell::RefCell;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    thread_local! {
        /// What had the focus before the question. A page asks one question at a time.
        static OPENER: RefCell<Option<HtmlElement>> = const { RefCell::new(None) };
    }

    /// What the card was asking when it took the focus.
    const ASKS: &str = "data-asks";

    pub(super) fn take(card: &Element, title: &str) {
        if card.get_attribute(ASKS).as_deref() == Some(title) {
            return;
        }
        // Setting an attribute of an element that exists does not fail.
        let _ = card.set_attribute(ASKS, title);
        OPENER.set(document().active_element().and_then(|element| element.dyn_into().ok()));
        if let Ok(Some(first)) = card.query_selector("[autofocus]") {
            to(first.dyn_ref());
        }
    }

    pub(super) fn give_back() {
        to(OPENER.take().as_ref());
    }

    fn to(element: Option<&HtmlElement>) {
        if let Some(element) = element {
            // Refused only by an element that takes none: then the focus stays.
            let _ = element.focus();
        }
    }
}

/// The typed name that a deletion wants. With JavaScript the form's button waits for it; without, the server refuses.
#[component]
pub fn TypedName(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// What must be typed.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let input = NodeRef::<Input>::new();
    // Each has its own copy: while what is around is read again the field still stands, and what was made with it is gone.
    let (at_first, while_typed) = (name.clone(), name.clone());
    Effect::new(move || {
        if let Some(input) = input.get() {
            let_go(&input, &at_first);
        }
    });
    view! {
        <label for=id.clone()>{texts.type_name}" "<code>{name}</code></label>
        <input
            type="text" id=id name="typed" autocomplete="off" required autofocus node_ref=input
            on:input=move |event| let_go(&event_target(&event), &while_typed)
        />
    }
    .into_any()
}

/// The button of this input's form can be pressed while the name is typed, by the server's own rule.
fn let_go(input: &web_sys::HtmlInputElement, name: &str) {
    let form = input.closest("form").ok().flatten();
    let button = form.and_then(|form| form.query_selector("[type=submit]").ok().flatten());
    if let Some(button) = button {
        // Refused only for a name that is none.
        let _ = button.toggle_attribute_with_force("disabled", input.value().trim() != name);
    }
}
