//! The one event stream of a browser: "this changed, read it again". What changed is a number by object that only grows;
//! a resource that reads it fetches again when it does.

use api::live::{Change, LiveEvent};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// How the stream does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Open, or not yet tried.
    Open,
    /// Lost; the browser reconnects by itself. Since when, by the browser's clock in milliseconds.
    Lost(i64),
}

/// The stream's state, for the whole page.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    changes: RwSignal<BTreeMap<Change, i64>>,
    /// Grows with every reconnect: what was missed meanwhile is unknown, so everything is read again.
    reconnects: RwSignal<i64>,
    link: RwSignal<Link>,
}

/// What a resource depends on; it differs after each change.
pub type Freshness = (i64, i64);

impl Live {
    /// Not connected: on the server, and until [`connect`](Self::connect).
    pub fn new() -> Self {
        Self {
            changes: RwSignal::new(BTreeMap::new()),
            reconnects: RwSignal::new(0),
            link: RwSignal::new(Link::Open),
        }
    }

    /// Differs whenever this object changed.
    pub fn of(self, change: impl Fn() -> Option<Change> + Send + Sync + 'static) -> Memo<Freshness> {
        Memo::new(move |_| {
            let seq = change().and_then(|change| self.changes.with(|all| all.get(&change).copied()));
            (self.reconnects.get(), seq.unwrap_or(0))
        })
    }

    /// Differs whenever anything of this kind changed.
    pub fn of_kind(self, kind: fn(&Change) -> bool) -> Memo<Freshness> {
        Memo::new(move |_| {
            let latest = self
                .changes
                .with(|all| all.iter().filter(|(change, _)| kind(change)).map(|(_, seq)| *seq).max());
            (self.reconnects.get(), latest.unwrap_or(0))
        })
    }

    /// How the stream does.
    pub fn link(self) -> Link {
        self.link.get()
    }

    /// Takes one message.
    pub fn take(self, event: LiveEvent) {
        self.changes.update(|all| {
            all.insert(event.change, event.seq);
        });
    }

    /// Opens the stream. Call it once, in the browser.
    #[cfg(feature = "hydrate")]
    pub fn connect(self) {
        use wasm_bindgen::{JsCast, closure::Closure};
        let Ok(source) = web_sys::EventSource::new("/live") else {
            return;
        };
        let opened = Closure::<dyn FnMut()>::new(move || {
            if matches!(self.link.get_untracked(), Link::Lost(_)) {
                self.reconnects.update(|count| *count += 1);
            }
            self.link.set(Link::Open);
        });
        let failed = Closure::<dyn FnMut()>::new(move || self.lost());
        let heard = Closure::<dyn FnMut(web_sys::MessageEvent)>::new(move |message: web_sys::MessageEvent| {
            let event = message
                .data()
                .as_string()
                .and_then(|text| crate::wire::from_text(&text).ok());
            if let Some(event) = event {
                self.take(event);
            }
        });
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        source.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        // The stream lives as long as the page.
        opened.forget();
        failed.forget();
        heard.forget();
        self.watch(source);
    }

    #[cfg(feature = "hydrate")]
    fn lost(self) {
        if self.link.get_untracked() == Link::Open {
            self.link.set(Link::Lost(crate::components::clock::browser_now_ms()));
        }
    }

    /// A browser gives up on a stream that was answered by an error (a restart behind a proxy): begin anew.
    #[cfg(feature = "hydrate")]
    fn watch(self, source: web_sys::EventSource) {
        set_timeout(
            move || {
                if source.ready_state() == web_sys::EventSource::CLOSED {
                    self.connect();
                } else {
                    self.watch(source);
                }
            },
            std::time::Duration::from_secs(5),
        );
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

/// The page's stream.
pub fn use_live() -> Live {
    use_context::<Live>().unwrap_or_default()
}

/// Is it about a group?
pub const fn is_group(change: &Change) -> bool {
    matches!(change, Change::Group { .. })
}

/// Is it about a template?
pub const fn is_template(change: &Change) -> bool {
    matches!(change, Change::Template { .. })
}

/// Is it about a load balancer, or a group that serves behind one?
pub const fn is_balancer(change: &Change) -> bool {
    matches!(change, Change::Balancer { .. })
}
