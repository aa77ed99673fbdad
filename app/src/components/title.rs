//! The page's title, escaped, and its breadcrumb.

use crate::visit::use_texts;
use leptos::prelude::*;
use leptos_meta::Title;

/// Text as HTML: for the few places where the framework writes text as it is.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The title of the document. On the server the framework writes it unescaped, so a group named `</title><script>` would
/// run; in the browser it is set as text.
#[component]
pub fn PageTitle(
    /// What the page is about.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <Title text=title_text(&text)/> }.into_any()
}

fn title_text(about: &str) -> String {
    let full = format!("{about} · Tidegate");
    if cfg!(feature = "ssr") { escaped(&full) } else { full }
}

/// One step of the breadcrumb: where it leads and what it is called.
pub type Crumb = (String, String);

/// Where the page is, its title, and beside it the page's own actions.
#[component]
pub fn PageHead(
    /// What the page is about.
    #[prop(into)]
    title: String,
    /// The pages above it.
    #[prop(optional)]
    above: Vec<Crumb>,
    /// A count or a state beside the title.
    #[prop(optional, into)]
    beside: ViewFn,
    /// Actions, the primary one last.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let texts = use_texts();
    let crumbs = above
        .into_iter()
        .map(|(href, name)| view! { <li><a href=href>{name}</a></li> })
        .collect_view();
    view! {
        <PageTitle text=title.clone()/>
        <nav class="crumbs" aria-label=texts.frame.breadcrumb>
            <ol>{crumbs}<li aria-current="page">{title.clone()}</li></ol>
        </nav>
        <header class="page-head">
            <h1>{title}</h1>
            <div class="page-beside">{beside.run()}</div>
            <div class="page-actions">{children.map(|children| children())}</div>
        </header>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::title_text;

    #[test]
    fn a_name_that_is_markup_stays_a_name() {
        let title = title_text("</title><script>alert(1)</script>");
        assert_eq!(title, "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; · Tidegate");
    }
}
