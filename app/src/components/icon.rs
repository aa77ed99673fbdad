//! One inline set, 16 px, drawn with strokes in the text's colour. Decoration: the word stands beside it.

use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after what they show")]
pub enum Shape {
    Overview,
    Groups,
    Templates,
    Balancers,
    Well,
    Busy,
    Alarm,
    Off,
    Shield,
    Plus,
    User,
    Gate,
    Sun,
    Globe,
    System,
    Search,
    More,
    Up,
    Down,
    Left,
    Right,
}

/// The whole markup, as it is sent: an icon is in every row of every list, and attribute by attribute they were half of a
/// page's work.
macro_rules! markup {
    ($path:literal) => {
        concat!(
            "<svg class=\"icon\" viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" aria-hidden=\"true\" focusable=\"false\">",
            "<path d=\"",
            $path,
            "\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/></svg>"
        )
    };
}

/// An icon's markup.
pub const fn markup_of(shape: Shape) -> &'static str {
    match shape {
        Shape::Overview => markup!(
            "M2.5 9h4.500V2.500h-4.500zM9.500 6h4V2.500h-4zM9.500 13.500h4v-5h-4zM2.500 13.500h4.500v-2h-4.500z"
        ),
        Shape::Groups => markup!("M2 3h8v6H2zM6 9v4h8V7h-4"),
        Shape::Templates => markup!("M4 2h6l3 3v9H4zM10 2v3h3M6 8h5M6 11h5"),
        Shape::Balancers => markup!("M8 2v4M3 10V6h10v4M8 6v4M2 10h2v3H2zM7 10h2v3H7zM12 10h2v3h-2z"),
        Shape::Well => markup!("M3 8.500l3.500 3.500L13 4.500"),
        Shape::Busy => markup!("M8 2a6 6 0 1 1-6 6M8 5v3l2 2"),
        Shape::Alarm => markup!("M8 2l6.500 12h-13zM8 6.500v3.500M8 12v.500"),
        Shape::Off => markup!("M3 8h10"),
        Shape::Shield => markup!("M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4z"),
        Shape::Plus => markup!("M8 3v10M3 8h10"),
        Shape::User => markup!("M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.500 14c.500-3 2.500-4 5.500-4s5 1 5.500 4"),
        Shape::Gate => markup!(
            "M2.500 2v12M13.500 2v12M2.500 4h11M6 4v4M10 4v4M2.500 11c1.800-1.300 3.700-1.300 5.500 0s3.700 1.300 5.500 0"
        ),
        Shape::Sun => markup!(
            "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1"
        ),
        Shape::System => markup!("M2 12a6 6 0 1 1 12 0M8 12l3-4M2 12h2M12 12h2M8 4v2"),
        Shape::Search => markup!("M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9zM10.300 10.300L14 14"),
        Shape::More => markup!("M3 8h.010M8 8h.010M13 8h.010"),
        Shape::Up => markup!("M4 10l4-4 4 4"),
        Shape::Down => markup!("M4 6l4 4 4-4"),
        Shape::Left => markup!("M10 4L6 8l4 4"),
        Shape::Right => markup!("M6 4l4 4-4 4"),
        Shape::Globe => markup!("M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM2 8h12M8 2c-3 3-3 9 0 12M8 2c3 3 3 9 0 12"),
    }
}

/// An icon.
#[component]
pub fn Icon(
    /// What is drawn.
    shape: Shape,
) -> impl IntoView {
    InertElement::new(markup_of(shape))
}
