//! A row's actions in one menu: a popover of the browser's own, so it opens without JavaScript and is never cut off by
//! the table around it.

use super::icon::{Shape, markup_of};
use super::markup::escaped;
use crate::forms::post::once;
use crate::visit::use_texts;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// A press somewhere in a list, listened to by the box around it and not by each row: what was chosen in a menu is done,
/// and the menu goes (a form that stays on the page would leave it open); a button that sends a form sends it once.
pub fn in_list(event: &MouseEvent) {
    once(event);
    #[cfg(feature = "hydrate")]
    if let Ok(Some(panel)) = event_target::<leptos::web_sys::Element>(event).closest(".row-menu") {
        super::script::call(&panel, "hidePopover", &[]);
    }
}

/// One line of a row's menu.
#[derive(Debug, Clone)]
pub enum Item {
    /// A page.
    Open(String, &'static str),
    /// A page that asks before something is lost.
    Ask(String, &'static str),
    /// A button that sends the form of the page that is called so, with this as `id`.
    Send(&'static str, String, &'static str),
}

impl Item {
    fn markup(&self) -> String {
        match self {
            Self::Open(href, word) => format!("<a href=\"{}\">{word}</a>", escaped(href)),
            Self::Ask(href, word) => format!("<a href=\"{}\" class=\"danger\">{word}</a>", escaped(href)),
            Self::Send(form, id, word) => format!(
                "<button type=\"submit\" form=\"{form}\" name=\"id\" value=\"{}\">{word}</button>",
                escaped(id)
            ),
        }
    }
}

/// The button of a row and the menu that it opens: one piece of markup, since it is in every row of every list and most of
/// a page's work when it is built of parts. The box around the list listens for all of them ([`in_list`]). It is drawn anew
/// only when it changes: one that is open stays open while its list is read again.
#[component]
pub fn RowMenu(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// Whose actions: the row's name, also the menu's head.
    #[prop(into)]
    about: String,
    /// Its lines.
    items: Vec<Item>,
) -> impl IntoView {
    let about = escaped(&about);
    let label = format!("{} {about}", use_texts().frame.more_of);
    let icon = markup_of(Shape::More);
    let lines: String = items.iter().map(Item::markup).collect();
    InertElement::new(format!(
        "<span><button type=\"button\" class=\"row-more\" popovertarget=\"{id}\" aria-label=\"{label}\">{icon}</button>\
         <div popover=\"auto\" class=\"row-menu\" id=\"{id}\" role=\"group\" aria-label=\"{label}\">\
         <p class=\"row-menu-head\">{about}</p>{lines}</div></span>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_sends_is_one_value() {
        let line = Item::Send("enable", "\" onclick=\"x".to_owned(), "Enable").markup();
        assert_eq!(
            line,
            "<button type=\"submit\" form=\"enable\" name=\"id\" value=\"&quot; onclick=&quot;x\">Enable</button>"
        );
    }
}
