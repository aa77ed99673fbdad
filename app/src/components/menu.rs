//! A row's actions in one menu: a popover of the browser's own, so it opens without JavaScript and is never cut off by
//! the table around it.

use super::icon::{Icon, Shape};
use super::popover::popover;
use crate::forms::post::once;
use crate::visit::use_texts;
use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// A press somewhere in a list, listened to by the box around it and not by each row: what was chosen in a menu is done,
/// and the menu goes (a form that stays on the page would leave it open); a button that sends a form sends it once.
pub fn in_list(event: &MouseEvent) {
    once(event);
    #[cfg(feature = "hydrate")]
    if let Ok(Some(panel)) = event_target::<leptos::web_sys::Element>(event).closest(".row-menu") {
        super::script::call(&panel, "hidePopover", &[]);
    }
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
    /// Links, and buttons that send a form of the page, one a line. A form in each row would cost a list of fifty more
    /// than all else in it. The box around the list listens for all of them: [`in_list`].
    children: Children,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let label = format!("{} {about}", texts.more_of);
    let panel = id.clone();
    view! {
        <button type="button" class="row-more" popovertarget=id aria-label=label.clone()><Icon shape=Shape::More/></button>
        <div {..popover()} class="row-menu" id=panel role="group" aria-label=label>
            <p class="row-menu-head">{about}</p>
            {children()}
        </div>
    }
    .into_any()
}
