//! A row's actions in one menu: a popover of the browser's own, so it opens without JavaScript and is never cut off by
//! the table around it.

use super::icon::{Icon, Shape};
use super::popover::popover;
use crate::visit::use_texts;
use leptos::prelude::*;

/// What was chosen is done, and the menu goes: a form that stays on the page would leave it open.
fn hide(event: &leptos::ev::MouseEvent) {
    #[cfg(feature = "hydrate")]
    if let Some(panel) = event.current_target() {
        super::script::call(&panel, "hidePopover", &[]);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

/// The button of a row and the menu that it opens.
#[component]
pub fn RowMenu(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// Whose actions: the row's name, also the menu's head.
    #[prop(into)]
    about: String,
    /// Links and forms, one a line.
    children: Children,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let label = format!("{} {about}", texts.more_of);
    let panel = id.clone();
    view! {
        <button type="button" class="row-more" popovertarget=id aria-label=label.clone()><Icon shape=Shape::More/></button>
        <div {..popover()} class="row-menu" id=panel role="group" aria-label=label on:click=move |event| hide(&event)>
            <p class="row-menu-head">{about}</p>
            {children()}
        </div>
    }
    .into_any()
}
