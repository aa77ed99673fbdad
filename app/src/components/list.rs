//! What every list has: a filter in the address, and its pages.

use super::icon::{Icon, Shape};
use crate::visit::{use_lang, use_texts};
use api::groups::ListQuery;
use api::texts::frame::only_first;
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use std::time::Duration;

/// Rows a page may have, as offered; the first is what a list has unless asked.
const SIZES: [u32; 4] = [50, 20, 100, 200];

/// What the address asks of a list.
pub fn use_list_query() -> Memo<ListQuery> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| {
            let word = |name: &str| query.get(name).unwrap_or_default();
            let size = word("size").parse().ok().filter(|size| SIZES.contains(size));
            ListQuery {
                filter: word("filter"),
                after: word("after"),
                sort: word("sort"),
                limit: size.unwrap_or(SIZES[0]),
            }
        })
    })
}

/// The address that asks this of the list at `path`, which may have a query of its own; what is as usual is not in it.
pub fn address(path: &str, query: &ListQuery) -> String {
    let size = if query.limit == SIZES[0] {
        String::new()
    } else {
        query.limit.to_string()
    };
    let asked = [
        ("filter", &query.filter),
        ("sort", &query.sort),
        ("size", &size),
        ("after", &query.after),
    ];
    let pairs: Vec<String> = asked
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", in_address(value)))
        .collect();
    let mark = if path.contains('?') { '&' } else { '?' };
    if pairs.is_empty() {
        path.to_owned()
    } else {
        format!("{path}{mark}{}", pairs.join("&"))
    }
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

/// This page's address, ready to stand in another one.
pub fn use_here() -> impl Fn() -> String + Copy + Send + Sync + 'static {
    let location = use_location();
    let (path, search) = (location.pathname, location.search);
    move || {
        let search = search.get();
        let mark = if search.is_empty() { "" } else { "?" };
        in_address(&format!("{}{mark}{search}", path.get()))
    }
}

/// Filters while typing, 250 ms after the last key, by the server; without JavaScript by Enter.
#[component]
pub fn Filter() -> impl IntoView {
    let texts = &use_texts().frame;
    let query = use_list_query();
    let path = use_location().pathname;
    let navigate = use_navigate();
    let mut typed = debounce(Duration::from_millis(250), move |filter: String| {
        // Another filter is another list: it begins at its first page.
        let asked = ListQuery {
            filter,
            after: String::new(),
            ..query.get_untracked()
        };
        let address = address(&path.get_untracked(), &asked);
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

/// The first of a list, as many as a form offers at once: those that match.
pub fn offered(filter: String) -> ListQuery {
    ListQuery {
        filter,
        limit: SIZES[3],
        ..ListQuery::default()
    }
}

/// The way to what a form does not offer because there is more of it: by a part of a name or id. It is a form of its own, so
/// it works without JavaScript. Nothing while all is offered.
#[component]
pub fn FindMore(
    /// There is more than is offered.
    more: bool,
    /// What is looked for.
    label: &'static str,
    /// The part of the page that it stands in, as the address has it.
    #[prop(optional)]
    tab: &'static str,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let filter = use_list_query().get_untracked().filter;
    if !more && filter.is_empty() {
        return None;
    }
    let tab = (!tab.is_empty()).then(|| view! { <input type="hidden" name="tab" value=tab/> });
    let form = view! {
        <form class="filter" method="get" role="search">
            {tab}
            <label for="filter">{label}</label>
            <div class="control">
                <input
                    type="search"
                    id="filter"
                    name="filter"
                    placeholder=texts.filter_placeholder
                    autocomplete="off"
                    value=filter
                />
                <button type="submit" class="button">{texts.search}</button>
            </div>
            <p class="help">{texts.offer_ends}</p>
        </form>
    };
    Some(form.into_any())
}

/// Cuts a list to as many as a page shows of it; the line that says so when there were more. Whoever asks for such a list
/// asks for one more than is shown.
pub fn cut<T>(rows: &mut Vec<T>, most: usize) -> Option<AnyView> {
    let lang = use_lang();
    let is_cut = rows.len() > most;
    rows.truncate(most);
    is_cut.then(|| view! { <p class="quiet">{only_first(lang, most)}</p> }.into_any())
}

/// The way to the next page and back to the first, and how many rows a page has.
#[component]
pub fn Pages(
    /// The list's address.
    path: &'static str,
    /// What was asked.
    query: ListQuery,
    /// Where the next page begins.
    next: Option<String>,
    /// How many there are in all: few need no pages.
    total: u32,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let to = |after: String| address(path, &ListQuery { after, ..query.clone() });
    let first = (!query.after.is_empty()).then(|| {
        view! { <a href=to(String::new()) class="button">{texts.first_page}</a> }
    });
    let more = next.map(|after| view! { <a href=to(after) class="button">{texts.next_page}</a> });
    let mut sizes = SIZES;
    sizes.sort_unstable();
    let sizes = (total > sizes[0]).then(|| {
        let size = |limit: u32| {
            let asked = ListQuery {
                limit,
                after: String::new(),
                ..query.clone()
            };
            let current = (limit == query.limit).then_some("true");
            view! { <li><a href=address(path, &asked) aria-current=current>{limit}</a></li> }
        };
        view! {
            <div class="sizes">
                <span class="quiet" id="sizes">{texts.rows}</span>
                <ul class="ranges" aria-labelledby="sizes">{sizes.map(size).into_iter().collect_view()}</ul>
            </div>
        }
    });
    let any = first.is_some() || more.is_some() || sizes.is_some();
    any.then(|| view! { <nav class="pages">{first}{more}{sizes}</nav> })
}

/// The head of a column that a list can be sorted by: a link that sorts by it, or the other way round.
#[component]
pub fn SortHead(
    /// The list's address.
    path: &'static str,
    /// What was asked.
    query: ListQuery,
    /// The column's key in the address.
    key: &'static str,
    /// The column's word.
    word: &'static str,
    /// The cell's class.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let down = format!("-{key}");
    // A list that nobody sorted is sorted by name.
    let sort = if query.sort.is_empty() { "name" } else { &query.sort };
    let (said, shape) = match sort {
        up if up == key => (Some("ascending"), Some(Shape::Up)),
        other if other == down => (Some("descending"), Some(Shape::Down)),
        _ => (None, None),
    };
    let sort = if said == Some("ascending") {
        down
    } else {
        key.to_owned()
    };
    let href = address(
        path,
        &ListQuery {
            sort,
            after: String::new(),
            ..query
        },
    );
    let arrow = shape.map(|shape| view! { <Icon shape/> });
    view! {
        <th scope="col" class=class aria-sort=said>
            <a href=href data-noscroll="" class="sort"><span class="sr-only">{texts.sort_by}" "</span>{word}{arrow}</a>
        </th>
    }
    .into_any()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_only_what_is_not_as_usual() {
        let usual = ListQuery {
            limit: SIZES[0],
            ..ListQuery::default()
        };
        assert_eq!(address("/groups", &usual), "/groups");
        let asked = ListQuery {
            filter: "a&b 1".into(),
            after: "asg-1 x".into(),
            sort: "-created".into(),
            limit: 20,
        };
        assert_eq!(
            address("/groups", &asked),
            "/groups?filter=a%26b%201&sort=-created&size=20&after=asg-1%20x"
        );
        let next = ListQuery {
            after: "act-1 9".into(),
            ..usual
        };
        assert_eq!(address("?tab=log", &next), "?tab=log&after=act-1%209");
    }
}
