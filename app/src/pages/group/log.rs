//! The scaling log (seed 14.3.2.4): time, action, cause, status.

use super::use_freshness;
use crate::calls::CallError;
use crate::calls::groups::fetch_activities;
use crate::components::list::{Pages, Skeleton, use_list_query};
use crate::components::refusal::Refused;
use crate::components::state::ActivityBadge;
use crate::components::trail::Instant;
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::groups::{ActivityView, ListQuery, Page};
use api::problem::Code;
use api::texts::causes;
use leptos::prelude::*;

/// The log, newest first.
#[component]
pub(super) fn Log(id: Memo<String>) -> impl IntoView {
    let query = use_list_query();
    let fresh = use_freshness(id);
    let source = move || (id.get(), query.get(), fresh.get());
    let log = resource(source, |(id, query, _)| async move {
        match id.parse() {
            Ok(id) => fetch_activities(id, query).await,
            Err(_) => Err(CallError::whole(Code::NotFound)),
        }
    });
    let body = move || {
        Suspend::new(async move {
            match log.await {
                Ok(page) => view! { <LogTable page query=query.get_untracked()/> }.into_any(),
                // The page's head says that there is no such group.
                Err(error) if error.code() == Some(Code::NotFound) => ().into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=Skeleton>{body}</Transition> }.into_any()
}

#[component]
fn LogTable(page: Page<ActivityView>, query: ListQuery) -> impl IntoView {
    let texts = &use_texts().groups;
    if page.rows.is_empty() && query.after.is_empty() {
        return view! { <p class="empty">{texts.log_empty}</p> }.into_any();
    }
    view! {
        <div class="table-box" tabindex="0">
            <table class="log">
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
