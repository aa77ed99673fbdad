//! Search and commands by Ctrl-K: a dialog of the browser's own, worked by the keyboard alone. Things are found by the
//! server while one types. Without JavaScript the same button is a link to the search page.

use super::commands::{Entry, Leads, commands, found};
use super::icon::{Icon, Shape};
use crate::calls::CallError;
use crate::calls::search::{Found, Hit, fetch_found};
use crate::visit::{use_lang, use_texts};
use leptos::ev::KeyboardEvent;
use leptos::html::Dialog;
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::time::Duration;

/// How long after the last key the server is asked.
const QUIET: Duration = Duration::from_millis(200);

/// What one palette knows.
#[derive(Clone, Copy)]
struct Palette {
    dialog: NodeRef<Dialog>,
    typed: RwSignal<String>,
    /// Asks the server, once typing rests.
    find: Action<String, Result<Found, CallError>>,
    /// The line that Enter opens.
    chosen: RwSignal<usize>,
    entries: Memo<Vec<Entry>>,
    /// What was opened last.
    goal: RwSignal<Option<Entry>>,
}

impl Palette {
    /// Opens it with nothing typed.
    #[cfg_attr(
        not(feature = "hydrate"),
        allow(clippy::unused_self, reason = "only a browser opens it")
    )]
    fn open(self) {
        #[cfg(feature = "hydrate")]
        if let Some(dialog) = self.dialog.get_untracked()
            && !dialog.open()
        {
            self.typed.set(String::new());
            self.chosen.set(0);
            // A dialog that is closed and in the page can be shown.
            let _ = dialog.show_modal();
        }
    }

    fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    /// The chosen line, kept inside the list, which gets shorter while one types.
    fn at(self) -> usize {
        let last = self.entries.with(Vec::len).saturating_sub(1);
        self.chosen.get().min(last)
    }

    /// Opens a line.
    fn choose(self, at: usize) {
        self.goal.set(self.entries.with_untracked(|all| all.get(at).cloned()));
    }

    fn step(self, key: &str) {
        let count = untrack(|| self.entries.with(Vec::len)).max(1);
        let here = untrack(|| self.at());
        self.chosen.set(match key {
            "ArrowDown" => (here + 1) % count,
            "ArrowUp" => (here + count - 1) % count,
            "Home" => 0,
            _ => count - 1,
        });
        in_sight(&line_id(untrack(|| self.at())));
    }
}

/// Scrolls the list, no further than it takes, so that this line is seen.
fn in_sight(id: &str) {
    #[cfg(feature = "hydrate")]
    {
        use super::script::{call, object};
        if let Some(line) = document().get_element_by_id(id) {
            call(&line, "scrollIntoView", &[object("block", "nearest")]);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

fn line_id(at: usize) -> String {
    format!("palette-{at}")
}

/// The button in the top bar, and the dialog.
#[component]
pub fn Palettes() -> impl IntoView {
    let texts = &use_texts().frame;
    let palette = use_palette();
    let open = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        palette.open();
    };
    listen(palette);
    view! {
        <a class="search-open" href="/search" aria-keyshortcuts="Control+K" on:click=open>
            <Icon shape=Shape::Search/>
            <span class="menu-word">{texts.search}</span>
            <kbd class="wide-only" aria-hidden="true">"Ctrl K"</kbd>
        </a>
        <Panel palette/>
    }
    .into_any()
}

fn use_palette() -> Palette {
    let lang = use_lang();
    let here = super::list::use_here();
    let typed = RwSignal::new(String::new());
    let find = Action::new(|text: &String| fetch_found(text.clone()));
    let entries = Memo::new(move |_| {
        let typed = typed.get();
        let like = typed.trim().to_ascii_lowercase();
        let mut all = commands(lang, &typed, &here());
        // The last answer may be older than the last key: what no longer fits is not offered. Letters beyond ASCII fit as they
        // are: their tables would be 5 KB of what every page loads.
        let fits = |hit: &&Hit| {
            !like.is_empty()
                && (hit.name.to_ascii_lowercase().contains(&like) || hit.id.to_ascii_lowercase().contains(&like))
        };
        // What cannot be found out is not offered; the commands still are.
        let hits = find.value().get().and_then(Result::ok).unwrap_or_default().hits;
        all.extend(hits.iter().filter(fits).map(|hit| found(lang, hit)));
        all
    });
    Palette {
        dialog: NodeRef::new(),
        typed,
        find,
        chosen: RwSignal::new(0),
        entries,
        goal: RwSignal::new(None),
    }
}

/// Ctrl-K (on a Mac also its own key) from anywhere on the page.
fn listen(palette: Palette) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let listening = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
            if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
                event.prevent_default();
                palette.open();
            }
        });
        on_cleanup(move || listening.remove());
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = palette;
}

#[component]
fn Panel(palette: Palette) -> impl IntoView {
    let texts = &use_texts().frame;
    let navigate = use_navigate();
    Effect::new(move |_| {
        let Some(entry) = palette.goal.get() else { return };
        palette.close();
        match entry.leads {
            Leads::Within => navigate(&entry.href, NavigateOptions::default()),
            // A door of ours: an address that a browser takes.
            Leads::Host => drop(window().location().set_href(&entry.href)),
        }
    });
    let mut ask = debounce(QUIET, move |text: String| {
        if !text.trim().is_empty() {
            palette.find.dispatch(text);
        }
    });
    let keys = move |event: KeyboardEvent| match event.key().as_str() {
        key @ ("ArrowDown" | "ArrowUp" | "Home" | "End") => {
            event.prevent_default();
            palette.step(key);
        }
        "Enter" if !event.is_composing() => {
            event.prevent_default();
            palette.choose(untrack(|| palette.at()));
        }
        _ => {}
    };
    view! {
        <dialog class="palette" node_ref=palette.dialog aria-label=texts.search>
            <input
                type="text"
                role="combobox"
                autofocus
                aria-label=texts.search
                aria-expanded="true"
                aria-controls="palette-lines"
                aria-autocomplete="list"
                aria-activedescendant=move || line_id(palette.at())
                autocomplete="off"
                spellcheck="false"
                placeholder=texts.search_placeholder
                prop:value=move || palette.typed.get()
                on:input=move |event| {
                    let text = event_target_value(&event);
                    palette.typed.set(text.clone());
                    palette.chosen.set(0);
                    ask(text);
                }
                on:keydown=keys
            />
            <Lines palette/>
            <p class="palette-keys">{texts.search_keys}</p>
        </dialog>
    }
    .into_any()
}

#[component]
fn Lines(palette: Palette) -> impl IntoView {
    let texts = &use_texts().frame;
    let line = move |at: usize, entry: Entry| {
        let is_chosen = move || (palette.at() == at).to_string();
        view! {
            <li id=line_id(at) role="option" aria-selected=is_chosen on:click=move |_| palette.choose(at)
                on:pointermove=move |_| palette.chosen.set(at)>
                <span>{entry.word}</span>
                <span class="quiet">{entry.kind}</span>
            </li>
        }
    };
    let lines = move || {
        let all = palette.entries.get();
        all.into_iter()
            .enumerate()
            .map(|(at, entry)| line(at, entry))
            .collect_view()
    };
    let none = move || palette.entries.with(Vec::is_empty).then_some(texts.search_none);
    view! {
        <ul id="palette-lines" role="listbox" aria-label=texts.search>{lines}</ul>
        <p class="palette-none" role="status">{none}</p>
    }
    .into_any()
}
