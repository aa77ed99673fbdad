//! What makes an element a popover of the browser's own.
//!
//! The server writes the attribute, so that it opens without JavaScript. In the browser it is no part of the view: a view
//! that is drawn again takes its attributes off and puts them on anew, and a popover without its attribute closes under
//! the hand of whoever has just opened it.

use leptos::attr::Attribute;

/// The attribute, as HTML.
#[cfg(feature = "ssr")]
pub fn popover() -> impl Attribute {
    leptos::attr::popover("auto")
}

/// The attribute, put on once an element that the server did not write.
#[cfg(not(feature = "ssr"))]
pub fn popover() -> impl Attribute {
    leptos::tachys::html::directive::directive(make_popover, ())
}

#[cfg(not(feature = "ssr"))]
fn make_popover(element: leptos::web_sys::Element) {
    if !element.has_attribute("popover") {
        // Refused only for a name that is none.
        let _ = element.set_attribute("popover", "auto");
    }
}
