//! The typed catalogue: English and Chinese side by side, one file an area; a missing text is a compile error.
//!
//! A page takes `lang.texts()` and reads fields; a sentence with numbers is a function. The same Rust runs on the server
//! and in the browser, so a number or an instant never reads differently after hydration.
//!
//! - [`format`]: numbers, percentages, money, lengths of time, instants.
//! - [`frame`], [`groups`], [`wizard`], [`templates`], [`balancers`], [`system`]: the words of the pages.
//! - [`store_silent`]: the one page that the server writes without asking anybody.
//! - [`problems`], [`reasons`], [`causes`], [`states`]: what the server and the engine say, variant by variant.

pub mod balancers;
pub mod causes;
pub mod format;
pub mod frame;
pub mod groups;
pub mod problems;
pub mod reasons;
mod reasons_en;
mod reasons_zh;
pub mod states;
pub mod store_silent;
pub mod system;
pub mod templates;
pub mod wizard;

use serde::{Deserialize, Serialize};

/// A reader's language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// Reads a tag such as `zh-CN` or `en`; none for a language we do not have.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', ';']).next().unwrap_or_default().trim();
        match primary.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "zh" => Some(Self::Zh),
            _ => None,
        }
    }

    /// The first language of an `Accept-Language` header that we have. Browsers list the best first.
    pub fn accepted(header: &str) -> Self {
        header.split(',').find_map(Self::of_tag).unwrap_or_default()
    }

    /// For `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// For the cookie and the address.
    pub const fn key(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// Its own name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Zh => "中文",
        }
    }

    /// All words of this language.
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::En => &EN,
            Self::Zh => &ZH,
        }
    }
}

/// All words of the pages.
#[derive(Debug)]
#[allow(missing_docs, reason = "one field a file, each documented there")]
pub struct Texts {
    pub frame: frame::FrameTexts,
    pub groups: groups::GroupTexts,
    pub wizard: wizard::WizardTexts,
    pub templates: templates::TemplateTexts,
    pub balancers: balancers::BalancerTexts,
    pub system: system::SystemTexts,
}

/// English.
pub static EN: Texts = Texts {
    frame: frame::EN,
    groups: groups::EN,
    wizard: wizard::EN,
    templates: templates::EN,
    balancers: balancers::EN,
    system: system::EN,
};
/// Chinese.
pub static ZH: Texts = Texts {
    frame: frame::ZH,
    groups: groups::ZH,
    wizard: wizard::ZH,
    templates: templates::ZH,
    balancers: balancers::ZH,
    system: system::ZH,
};

/// Lays an area's words out as a struct with its English and Chinese values beside each other.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($word:ident: $en:literal / $zh:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[allow(missing_docs, reason = "a field's name and its English text say it")]
        pub struct $name { $(pub $word: &'static str,)* }
        /// English.
        pub const EN: $name = $name { $($word: $en,)* };
        /// Chinese.
        pub const ZH: $name = $name { $($word: $zh,)* };
        /// Every word with its name, for the tests that walk them.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str, &str)] = &[$((stringify!($word), $en, $zh),)*];
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests;
