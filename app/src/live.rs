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
    /// Refused, because nobody is signed in any more.
    Ended,
}

/// The stream's state, for the whole page.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    changes: RwSignal<BTreeMap<Change, i64>>,
    /// Grows with every reconnect and every `reset`: what was missed is unknown, so everything is read again.
    rereads: RwSignal<i64>,
    /// Grows when what could not be had is tried again. Every resource depends on it, also one that is read once for a
    /// form: a page with anything on it that could not be had has nothing to lose.
    retries: RwSignal<i64>,
    link: RwSignal<Link>,
}

/// What a resource depends on; it differs after each change.
pub type Freshness = (i64, i64);

impl Live {
    /// Not connected: on the server, and until [`connect`](Self::connect).
    pub fn new() -> Self {
        Self {
            changes: RwSignal::new(BTreeMap::new()),
            rereads: RwSignal::new(0),
            retries: RwSignal::new(0),
            link: RwSignal::new(Link::Open),
        }
    }

    /// Differs whenever this object changed.
    pub fn of(self, change: impl Fn() -> Option<Change> + Send + Sync + 'static) -> Memo<Freshness> {
        Memo::new(move |_| {
            let seq = change().and_then(|change| self.changes.with(|all| all.get(&change).copied()));
            (self.rereads.get(), seq.unwrap_or(0))
        })
    }

    /// Differs whenever anything of this kind changed.
    pub fn of_kind(self, kind: fn(&Change) -> bool) -> Memo<Freshness> {
        Memo::new(move |_| {
            let latest = self
                .changes
                .with(|all| all.iter().filter(|(change, _)| kind(change)).map(|(_, seq)| *seq).max());
            (self.rereads.get(), latest.unwrap_or(0))
        })
    }

    /// Differs whenever everything is to be read again: for what no event names.
    pub fn of_all(self) -> Memo<i64> {
        Memo::new(move |_| self.rereads.get())
    }

    /// Everything shown is read again: the server says that this reader is too far behind (`reset`), or the stream was
    /// lost and is back.
    pub fn reread(self) {
        self.rereads.update(|count| *count += 1);
    }

    /// What could not be had is tried again.
    pub fn retry(self) {
        self.retries.update(|count| *count += 1);
    }

    /// How often it was.
    pub fn retries(self) -> i64 {
        self.retries.get()
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
            if self.link.get_untracked() != Link::Open {
                self.reread();
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
        let behind = Closure::<dyn FnMut()>::new(move || self.reread());
        // Adding a listener to an object that exists does not fail.
        let _ = source.add_event_listener_with_callback("reset", behind.as_ref().unchecked_ref());
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        source.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        // The stream lives as long as the page.
        opened.forget();
        failed.forget();
        heard.forget();
        behind.forget();
        self.watch(source);
    }

    #[cfg(feature = "hydrate")]
    fn lost(self) {
        if self.link.get_untracked() == Link::Open {
            self.link.set(Link::Lost(crate::components::clock::browser_now_ms()));
        }
    }

    /// A browser gives up on a stream that was answered by an error (a restart behind a proxy, a session that has ended)
    /// and does not say by which: look, and begin anew.
    #[cfg(feature = "hydrate")]
    fn watch(self, source: web_sys::EventSource) {
        set_timeout(
            move || {
                if source.ready_state() == web_sys::EventSource::CLOSED {
                    leptos::task::spawn_local(self.begin_anew(source));
                } else {
                    self.watch(source);
                }
            },
            std::time::Duration::from_secs(5),
        );
    }

    /// Another stream, unless nobody is signed in: then the page says so, and looks again in case somebody does in
    /// another tab.
    #[cfg(feature = "hydrate")]
    async fn begin_anew(self, closed: web_sys::EventSource) {
        let frame = crate::calls::session::fetch_frame().await;
        if frame.is_ok_and(|frame| frame.actor.is_none()) {
            self.link.set(Link::Ended);
            self.watch(closed);
        } else {
            self.connect();
        }
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

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use engine::model::{GroupId, TemplateId};

    #[test]
    fn a_change_makes_its_own_object_and_its_kind_read_again_and_no_other() {
        Owner::new().with(|| {
            let live = Live::new();
            let (one, other) = (Change::Group { id: GroupId(1) }, Change::Group { id: GroupId(2) });
            let (of_one, of_other) = (live.of(move || Some(one)), live.of(move || Some(other)));
            let (groups, templates) = (live.of_kind(is_group), live.of_kind(is_template));
            let before = (of_one.get(), of_other.get(), groups.get(), templates.get());
            live.take(LiveEvent { seq: 7, change: one });
            assert_ne!(of_one.get(), before.0);
            assert_eq!(of_other.get(), before.1);
            assert_ne!(groups.get(), before.2);
            assert_eq!(templates.get(), before.3);
        });
    }

    #[test]
    fn after_a_reset_everything_is_read_again_whatever_it_shows() {
        Owner::new().with(|| {
            let live = Live::new();
            let all = (live.of(|| None), live.of_kind(is_balancer), live.of_all());
            let template = live.of(|| Some(Change::Template { id: TemplateId(3) }));
            let before = (all.0.get(), all.1.get(), all.2.get(), template.get());
            live.reread();
            assert_ne!(all.0.get(), before.0);
            assert_ne!(all.1.get(), before.1);
            assert_ne!(all.2.get(), before.2);
            assert_ne!(template.get(), before.3);
        });
    }
}
