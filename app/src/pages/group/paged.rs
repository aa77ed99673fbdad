//! A part that is a list of its own, page by page: the address says which page.

use super::acts::Acts;
use super::use_freshness;
use crate::calls::CallError;
use crate::components::confirm::use_address;
use crate::components::list::{Skeleton, use_list_query};
use crate::components::refusal::Refused;
use crate::wire::resource;
use api::groups::{ListQuery, Page};
use api::problem::Code;
use engine::model::GroupId;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;

/// The page that the address asks for; read again after each change of the group and after each action.
pub(super) fn paged<T, Fut>(
    id: Memo<String>,
    acts: Acts,
    fetch: impl Fn(GroupId, ListQuery) -> Fut + Copy + Send + Sync + 'static,
    part: impl Fn(Page<T>, ListQuery) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    Fut: Future<Output = Result<Page<T>, CallError>> + Send + 'static,
{
    let query = use_list_query();
    let fresh = use_freshness(id);
    let source = move || (id.get(), query.get(), fresh.get(), acts.version());
    let list = resource(source, move |(id, query, ..)| async move {
        match id.parse() {
            Ok(id) => fetch(id, query).await,
            Err(_) => Err(CallError::whole(Code::NotFound)),
        }
    });
    let address = use_address();
    let body = move || {
        address();
        Suspend::new(async move {
            match list.await {
                Ok(page) => part(page, query.get_untracked()),
                // The page's head says that there is no such group.
                Err(error) if error.code() == Some(Code::NotFound) => ().into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=Skeleton>{body}</Transition> }.into_any()
}
