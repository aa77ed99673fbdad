//! What the palette offers besides what is found by name: pages, what can be made, language and theme. Pure: the same
//! entries on the server and in the browser.

use crate::calls::search::{Hit, Kind};
use crate::visit::Theme;
use api::texts::format::colon;
use api::texts::{Lang, Texts};

/// One line of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it leads.
    pub href: String,
    /// What it is called.
    pub word: String,
    /// What it is: page, command, group, ...
    pub kind: &'static str,
    /// Who answers the address.
    pub leads: Leads,
}

/// Who answers an entry's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// A page of the console: the router goes there.
    Within,
    /// A door of the host: the browser goes there.
    Host,
}

/// A command in every language: one who reads Chinese may still type "groups".
struct Command {
    href: String,
    words: [String; 2],
    kind: fn(&'static Texts) -> &'static str,
    leads: Leads,
}

impl Command {
    fn has(&self, typed: &str) -> bool {
        self.words.iter().any(|word| word.to_ascii_lowercase().contains(typed))
    }

    fn entry(self, lang: Lang) -> Entry {
        let [english, chinese] = self.words;
        Entry {
            href: self.href,
            word: match lang {
                Lang::En => english,
                Lang::Zh => chinese,
            },
            kind: (self.kind)(lang.texts()),
            leads: self.leads,
        }
    }
}

/// An address and its word.
type Place = (&'static str, fn(&'static Texts) -> &'static str);

/// Every page with a word in the rail.
const PAGES: [Place; 5] = [
    ("/", |texts| texts.frame.overview),
    ("/groups", |texts| texts.frame.groups),
    ("/templates", |texts| texts.frame.templates),
    // By its title: the rail has room for half of it.
    ("/balancers", |texts| texts.balancers.title),
    ("/system", |texts| texts.system.title),
];
/// What can be made.
const MAKERS: [Place; 3] = [
    ("/groups/new", |texts| texts.groups.new),
    ("/templates/new", |texts| texts.templates.new),
    ("/balancers/new", |texts| texts.balancers.new),
];

fn place((href, word): Place, kind: fn(&'static Texts) -> &'static str) -> Command {
    Command {
        href: href.to_owned(),
        words: Lang::ALL.map(|lang| word(lang.texts()).to_owned()),
        kind,
        leads: Leads::Within,
    }
}

/// Language and theme, by the host's door; `back` is this page, ready for an address.
fn preferences(back: &str) -> Vec<Command> {
    let said = |lang: Lang, what: &str, value: &str| format!("{what}{}{value}", colon(lang));
    let command = |href, words| Command {
        href,
        words,
        kind: |texts: &'static Texts| texts.frame.kind_command,
        leads: Leads::Host,
    };
    let themes = Theme::ALL.map(|theme| {
        let words = Lang::ALL.map(|lang| said(lang, lang.texts().frame.theme, theme.name(lang.texts())));
        command(format!("/prefs?theme={}&back={back}", theme.key()), words)
    });
    let languages = Lang::ALL.map(|each| {
        let words = Lang::ALL.map(|lang| said(lang, lang.texts().frame.language, each.name()));
        command(format!("/prefs?lang={}&back={back}", each.key()), words)
    });
    themes.into_iter().chain(languages).collect()
}

/// The commands whose words have `typed` in them; all of them for an empty text.
pub fn commands(lang: Lang, typed: &str, back: &str) -> Vec<Entry> {
    let typed = typed.trim().to_ascii_lowercase();
    let pages = PAGES.map(|each| place(each, |texts| texts.frame.kind_page));
    let makers = MAKERS.map(|each| place(each, |texts| texts.frame.kind_command));
    let all = pages.into_iter().chain(makers).chain(preferences(back));
    all.filter(|command| command.has(&typed))
        .map(|command| command.entry(lang))
        .collect()
}

/// A thing that was found, as a line.
pub fn found(lang: Lang, hit: &Hit) -> Entry {
    let frame = &lang.texts().frame;
    Entry {
        href: hit.href(),
        word: hit.name.clone(),
        kind: match hit.kind {
            Kind::Group => frame.kind_group,
            Kind::Template => frame.kind_template,
            Kind::Balancer => frame.kind_balancer,
        },
        leads: Leads::Within,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hrefs(lang: Lang, typed: &str) -> Vec<String> {
        commands(lang, typed, "%2F")
            .into_iter()
            .map(|entry| entry.href)
            .collect()
    }

    #[test]
    fn a_command_is_found_by_a_part_of_its_word_in_either_language() {
        assert_eq!(hrefs(Lang::Zh, "new gr"), ["/groups/new"]);
        assert_eq!(hrefs(Lang::En, "创建模板"), ["/templates/new"]);
        assert_eq!(hrefs(Lang::En, "load")[0], "/balancers");
        assert_eq!(hrefs(Lang::En, " DARK "), ["/prefs?theme=dark&back=%2F"]);
        assert_eq!(hrefs(Lang::En, "no such command"), [""; 0]);
    }

    #[test]
    fn before_anything_is_typed_every_page_is_offered_in_the_readers_language() {
        let all = commands(Lang::Zh, "", "%2F");
        assert_eq!(all.len(), 13);
        assert_eq!((all[1].word.as_str(), all[1].kind), ("伸缩组", "页面"));
        assert_eq!(all[0].leads, Leads::Within);
        assert_eq!(all[12].leads, Leads::Host);
    }

    #[test]
    fn what_is_found_leads_to_its_own_page() {
        let hit = Hit {
            kind: Kind::Balancer,
            id: "lb-0000000000001".into(),
            name: "front".into(),
        };
        assert_eq!(found(Lang::En, &hit).href, "/balancers/lb-0000000000001");
        assert_eq!(found(Lang::Zh, &hit).kind, "负载均衡");
    }
}
