//! Asking before something is lost. A popover of the browser's own: it opens without JavaScript.

use super::popover::popover;
use crate::visit::use_texts;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// A button that opens a panel with what will be lost; the panel's children are the form that does it.
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
    /// The form.
    children: Children,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let title_id = format!("{id}-title");
    let hidden = (!about.is_empty()).then(|| view! { <span class="sr-only">" "{about}</span> });
    let (opener, panel, heading) = (id.clone(), id.clone(), title_id.clone());
    view! {
        <button type="button" class=class popovertarget=opener>{word}{hidden}</button>
        <div {..popover()} class="confirm" id=panel role="dialog" aria-labelledby=title_id>
            <h2 id=heading>{title}</h2>
            <p>{text}</p>
            {children()}
            <button type="button" class="button" popovertarget=id popovertargetaction="hide">{texts.cancel}</button>
        </div>
    }
    .into_any()
}

/// What the address asks to confirm: the id in `?key=`. A row of a live table moves; an id in the address does not, so
/// what is confirmed is what was asked for.
pub fn use_asked(key: &'static str) -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get(key).unwrap_or_default()))
}

/// The question about one row, above its table.
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
    view! {
        <section class="ask card">
            <h2>{title}</h2>
            <p>{text}</p>
            <div class="ask-buttons">
                {children()}
                <a href=back class="button" data-noscroll="">{texts.cancel}</a>
            </div>
        </section>
    }
    .into_any()
}

/// The typed name that a deletion wants.
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
    view! {
        <label for=id.clone()>{texts.type_name}" "<code>{name}</code></label>
        <input type="text" id=id name="typed" autocomplete="off" required/>
    }
    .into_any()
}
