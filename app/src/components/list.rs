//! What every list has: a filter in the address, and its pages.

use crate::visit::use_texts;
use api::groups::ListQuery;
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use std::time::Duration;

/// What the address asks of a list.
pub fn use_list_query() -> Memo<ListQuery> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| ListQuery {
            filter: query.get("filter").unwrap_or_default(),
            after: query.get("after").unwrap_or_default(),
            limit: 0,
        })
    })
}

/// A value inside an address.
pub fn in_address(text: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if safe(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// Filters while typing, 250 ms after the last key, by the server; without JavaScript by Enter.
#[component]
pub fn Filter() -> impl IntoView {
    let texts = &use_texts().frame;
    let query = use_list_query();
    let path = use_location().pathname;
    let navigate = use_navigate();
    let mut typed = debounce(Duration::from_millis(250), move |filter: String| {
        let address = match filter.as_str() {
            "" => path.get_untracked(),
            some => format!("{}?filter={}", path.get_untracked(), in_address(some)),
        };
        // Replaces: one word typed is one step back.
        navigate(
            &address,
            NavigateOptions {
                replace: true,
                scroll: false,
                ..NavigateOptions::default()
            },
        );
    });
    view! {
        <form class="filter" method="get" role="search">
            <label for="filter" class="sr-only">{texts.filter}</label>
            <input
                type="search"
                id="filter"
                name="filter"
                placeholder=texts.filter_placeholder
                autocomplete="off"
                value=query.get_untracked().filter
                on:input=move |event| typed(event_target_value(&event))
            />
        </form>
    }
    .into_any()
}

/// The way to the next page, and back to the first.
#[component]
pub fn Pages(
    /// The list's address.
    path: &'static str,
    /// What was asked.
    query: ListQuery,
    /// Where the next page begins.
    next: Option<String>,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let filter = in_address(&query.filter);
    let first = (!query.after.is_empty()).then(|| {
        view! { <a href=format!("{path}?filter={filter}") class="button">{texts.first_page}</a> }
    });
    let more = next.map(|after| {
        let after = in_address(&after);
        view! { <a href=format!("{path}?filter={filter}&after={after}") class="button">{texts.next_page}</a> }
    });
    (first.is_some() || more.is_some()).then(|| view! { <nav class="pages">{first}{more}</nav> })
}

/// An empty list: what it is for and how to make the first; or only that nothing matches.
#[component]
pub fn EmptyList(
    /// What was asked.
    query: ListQuery,
    /// What it is for.
    text: &'static str,
    /// Where the first is made.
    href: &'static str,
    /// The button's word.
    make: &'static str,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let (text, button) = if query.filter.is_empty() {
        (
            text,
            Some(view! { <p><a href=href class="button primary">{make}</a></p> }),
        )
    } else {
        (texts.none_match, None)
    };
    view! { <div class="empty"><p>{text}</p>{button}</div> }.into_any()
}

/// Rows that stand in while a list loads.
#[component]
pub fn Skeleton() -> impl IntoView {
    let texts = &use_texts().frame;
    view! {
        <div class="skeleton" role="status">
            <span class="sr-only">{texts.loading}</span>
            {(0..6).map(|_| view! { <div class="skeleton-row"></div> }).collect_view()}
        </div>
    }
    .into_any()
}
