//! `/search?q=`: the palette's question as a page. It works without JavaScript, and its address can be kept.

use crate::calls::search::{Found, fetch_found};
use crate::components::commands::{Entry, commands, found};
use crate::components::list::{Skeleton, in_address};
use crate::components::refusal::Refused;
use crate::components::title::PageHead;
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn SearchPage() -> impl IntoView {
    let texts = &use_texts().frame;
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    let hits = resource(move || asked.get(), fetch_found);
    let body = move || {
        Suspend::new(async move {
            match hits.await {
                Ok(found) => view! { <Results asked=asked.get_untracked() found/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.search/>
        <form class="filter" method="get" action="/search" role="search">
            <label for="q">{texts.search_lead}</label>
            <div class="control">
                <input type="search" id="q" name="q" autocomplete="off" value=asked.get_untracked()/>
                <button type="submit" class="button primary">{texts.search}</button>
            </div>
        </form>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

#[component]
fn Results(asked: String, found: Found) -> impl IntoView {
    let texts = &use_texts().frame;
    let lang = use_lang();
    let hits: Vec<Entry> = found.hits.iter().map(|hit| self::found(lang, hit)).collect();
    // A theme or a language leads back to this very search.
    let back = in_address(&format!("/search?q={}", in_address(&asked)));
    let offered = commands(lang, &asked, &back);
    if hits.is_empty() && offered.is_empty() {
        return view! { <p class="empty">{texts.search_none}</p> }.into_any();
    }
    let more = found.more.then(|| view! { <p class="quiet">{texts.search_more}</p> });
    let found = (!hits.is_empty()).then(|| view! { <Lines entries=hits/> });
    let offered = (!offered.is_empty()).then(|| {
        view! { <h2>{texts.commands}</h2><Lines entries=offered/> }
    });
    view! { <div class="results">{found}{more}{offered}</div> }.into_any()
}

#[component]
fn Lines(entries: Vec<Entry>) -> impl IntoView {
    use crate::components::commands::Leads;
    let line = |entry: Entry| {
        let rel = (entry.leads == Leads::Host).then_some("external");
        view! { <li><a href=entry.href rel=rel>{entry.word}</a><span class="quiet">{entry.kind}</span></li> }
    };
    view! { <ul class="result-lines">{entries.into_iter().map(line).collect_view()}</ul> }.into_any()
}
