//! Who visits: language, theme, and whether anybody is signed in. The server reads them from the request and writes them
//! onto `<html>`; the browser reads them back from there, so both render the same.

use api::texts::{Lang, Texts};
use leptos::prelude::*;

/// The colours a visitor asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// What the system says.
    #[default]
    Auto,
    /// Light surfaces.
    Light,
    /// Dark surfaces.
    Dark,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];
    /// For the cookie, the address and `data-theme`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
    /// Its name.
    pub const fn name(self, texts: &Texts) -> &'static str {
        match self {
            Self::Auto => texts.frame.theme_auto,
            Self::Light => texts.frame.theme_light,
            Self::Dark => texts.frame.theme_dark,
        }
    }
    fn of_key(key: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.key() == key)
            .unwrap_or_default()
    }
}

/// Is anybody signed in?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitor {
    /// Nobody: no navigation, no live updates.
    Stranger,
    /// Somebody.
    Signed,
}

/// All of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// The language.
    pub lang: Lang,
    /// The colours.
    pub theme: Theme,
    /// Is anybody signed in?
    pub visitor: Visitor,
}

impl Visit {
    /// From the request (server).
    #[cfg(feature = "ssr")]
    pub fn here() -> Self {
        let parts = use_context::<http::request::Parts>();
        let visit = Self::asked_by(&parts.map(|parts| parts.headers).unwrap_or_default());
        let signed = use_context::<Option<api::actor::Actor>>().flatten().is_some();
        Self {
            visitor: if signed { Visitor::Signed } else { Visitor::Stranger },
            ..visit
        }
    }

    /// What a request's headers say, without asking who is signed in.
    #[cfg(feature = "ssr")]
    pub fn asked_by(headers: &http::HeaderMap) -> Self {
        let header = |name| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let cookies = header(http::header::COOKIE);
        let lang = cookie(cookies, "lang").and_then(Lang::of_tag);
        Self {
            lang: lang.unwrap_or_else(|| Lang::accepted(header(http::header::ACCEPT_LANGUAGE))),
            theme: cookie(cookies, "theme").map(Theme::of_key).unwrap_or_default(),
            visitor: Visitor::Stranger,
        }
    }

    /// From `<html>` (browser).
    #[cfg(not(feature = "ssr"))]
    pub fn here() -> Self {
        let html = document().document_element();
        let read = |name: &str| {
            html.as_ref()
                .and_then(|html| html.get_attribute(name))
                .unwrap_or_default()
        };
        Self {
            lang: Lang::of_tag(&read("lang")).unwrap_or_default(),
            theme: Theme::of_key(&read("data-theme")),
            visitor: if read("data-visitor") == "signed" {
                Visitor::Signed
            } else {
                Visitor::Stranger
            },
        }
    }
}

/// The value of one cookie.
#[cfg(feature = "ssr")]
fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// The visit of this page.
pub fn use_visit() -> Visit {
    use_context::<Visit>().unwrap_or_else(Visit::here)
}

/// The reader's language.
pub fn use_lang() -> Lang {
    use_visit().lang
}

/// The words of this page.
pub fn use_texts() -> &'static Texts {
    use_lang().texts()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::cookie;

    #[test]
    fn one_cookie_is_found_among_others() {
        assert_eq!(cookie("sid=1; lang=zh;theme=dark", "lang"), Some("zh"));
        assert_eq!(cookie("xlang=zh", "lang"), None);
    }
}
