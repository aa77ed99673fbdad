//! The scaling log (seed 14.3.2.4): time, action, cause, status.

use super::acts::Acts;
use super::paged::paged;
use crate::calls::groups::fetch_activities;
use crate::components::list::Pages;
use crate::components::state::ActivityBadge;
use crate::components::trail::Instant;
use crate::visit::{use_lang, use_texts};
use api::groups::{ActivityView, ListQuery, Page};
use api::texts::causes;
use leptos::prelude::*;

/// The log, newest first.
#[component]
pub(super) fn Log(id: Memo<String>, acts: Acts) -> impl IntoView {
    paged(id, acts, fetch_activities, |page, query| {
        view! { <LogTable page query/> }.into_any()
    })
}

#[component]
fn LogTable(page: Page<ActivityView>, query: ListQuery) -> impl IntoView {
    let texts = &use_texts().groups;
    if page.rows.is_empty() && query.after.is_empty() {
        return view! { <p class="empty">{texts.log_empty}</p> }.into_any();
    }
    view! {
        <div class="table-box" tabindex="0">
            <table class="cards log">
                <thead>
                    <tr>
                        <th scope="col">{texts.time}</th>
                        <th scope="col">{texts.action}</th>
                        <th scope="col">{texts.cause}</th>
                        <th scope="col">{texts.status}</th>
                    </tr>
                </thead>
                <tbody>{page.rows.into_iter().map(|activity| view! { <LogLine activity/> }).collect_view()}</tbody>
            </table>
        </div>
        <Pages path="?tab=log" query next=page.next total=page.total/>
    }
    .into_any()
}

#[component]
fn LogLine(activity: ActivityView) -> impl IntoView {
    let lang = use_lang();
    let failure = activity
        .failure
        .clone()
        .map(|failure| view! { <span class="failure">{causes::failure(lang, &failure)}</span> });
    view! {
        <tr>
            <td class="nowrap"><Instant ms=activity.started_ms/></td>
            <td>{causes::action(lang, &activity)}</td>
            <td class="cause">{causes::cause(lang, &activity.cause)}{failure}</td>
            <td><ActivityBadge status=activity.status/></td>
        </tr>
    }
    .into_any()
}
