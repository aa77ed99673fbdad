//! The decisions of a group with their reasons.

use super::acts::Acts;
use super::paged::paged;
use crate::calls::groups::fetch_decisions;
use crate::components::list::Pages;
use crate::components::trail::Decisions;
use leptos::prelude::*;

/// The decisions, newest first.
#[component]
pub(super) fn Why(id: Memo<String>, acts: Acts) -> impl IntoView {
    paged(id, acts, fetch_decisions, |page, query| {
        view! {
            <Decisions decisions=page.rows/>
            <Pages path="?tab=why" query next=page.next total=page.total/>
        }
        .into_any()
    })
}
