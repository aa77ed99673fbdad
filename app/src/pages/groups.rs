//! `/groups`: the list (seed 14.3.2.1).

use crate::calls::groups::{DeleteGroup, DisableGroup, EnableGroup, fetch_groups};
use crate::components::confirm::{AskCard, TypedName, asked, use_address};
use crate::components::gauge::{Captions, Gauge};
use crate::components::list::{EmptyList, Filter, Pages, Skeleton, SortHead, use_list_query};
use crate::components::menu::{Item, RowMenu, in_list};
use crate::components::refusal::{Problems, Refused, refusal};
use crate::components::state::GroupBadge;
use crate::components::title::PageHead;
use crate::components::trail::Instant;
use crate::forms::post::{ActionForm, RowsForm, ServerAction};
use crate::live::{is_group, use_live};
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::groups::{GroupRow, ListQuery, Page};
use api::problem::Problem;
use api::texts::format;
use engine::model::GroupStatus;
use leptos::prelude::*;

/// The list of groups.
#[component]
pub fn GroupsPage() -> impl IntoView {
    let texts = use_texts();
    let lang = use_lang();
    let query = use_list_query();
    let acts = RowActs::new();
    let fresh = use_live().of_kind(is_group);
    let source = move || (query.get(), fresh.get(), acts.version());
    let groups = resource(source, |(query, ..)| fetch_groups(query));
    let count = move || {
        Suspend::new(async move {
            let total = groups.await.ok()?.total;
            Some(format::total(lang, total, "group", "groups"))
        })
    };
    let address = use_address();
    let body = move || {
        address();
        Suspend::new(async move {
            match groups.await {
                Ok(page) => view! { <GroupTable page query=query.get_untracked() acts/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.groups.title beside=move || view! { <Transition>{count}</Transition> }>
            <a href="/groups/new" class="button primary">{texts.groups.new}</a>
        </PageHead>
        <Problems problems=acts.problems()/>
        <RowsForm id=ENABLE action=acts.enable/>
        <RowsForm id=DISABLE action=acts.disable/>
        <Filter/>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

/// The forms that rows send.
const ENABLE: &str = "enable";
const DISABLE: &str = "disable";

/// The table, or what a group is for.
#[component]
fn GroupTable(page: Page<GroupRow>, query: ListQuery, acts: RowActs) -> impl IntoView {
    let texts = use_texts();
    let (words, frame) = (&texts.groups, &texts.frame);
    if page.rows.is_empty() {
        return view! { <EmptyList query text=words.empty href="/groups/new" make=words.empty_new/> }.into_any();
    }
    let head = |key, word, class| view! { <SortHead path="/groups" query=query.clone() key word class/> };
    view! {
        <Delete rows=page.rows.clone() acts/>
        <div class="table-box list" on:click=move |event| in_list(&event)>
            <table class="cards rows">
                <thead>
                    <tr>
                        {head("name", words.name_id, "")}
                        <th scope="col">{frame.status}</th>
                        <th scope="col" class="wide-only">{words.gauge}</th>
                        {head("in_service", words.in_service, "num")}
                        {head("desired", words.desired, "num")}
                        <th scope="col" class="num wide-only">{words.limits}</th>
                        <th scope="col" class="wide-only">{words.template}</th>
                        {head("created", frame.created, "wide-only")}
                        <th scope="col" class="row-end"><span class="sr-only">{frame.actions}</span></th>
                    </tr>
                </thead>
                <tbody>{page.rows.into_iter().map(|row| view! { <GroupLine row/> }).collect_view()}</tbody>
            </table>
        </div>
        <Pages path="/groups" query next=page.next total=page.total/>
    }
    .into_any()
}

#[component]
fn GroupLine(row: GroupRow) -> impl IntoView {
    let words = &use_texts().groups;
    let limits = format!("{}–{}", format::number(row.min.into()), format::number(row.max.into()));
    view! {
        <tr>
            <td>
                <a href=format!("/groups/{}", row.id) class="row-name">{row.name.clone()}</a>
                <span class="id wide-only">{row.id.to_string()}</span>
            </td>
            <td><GroupBadge row=row.clone()/></td>
            <td class="wide-only"><Gauge row=row.clone() captions=Captions::Hidden/></td>
            <td class="num" data-label=words.in_service>{format::number(row.in_service.into())}</td>
            <td class="num" data-label=words.desired>{format::number(row.desired.into())}</td>
            <td class="num wide-only">{limits}</td>
            <td class="wide-only nowrap"><a href=format!("/templates/{}", row.template)>{row.template_name.clone()}</a></td>
            <td class="wide-only"><Instant ms=row.created_ms/></td>
            <td class="row-end"><Menu row/></td>
        </tr>
    }
    .into_any()
}

/// What can be done about a group from its row; one that leaves can only be looked at.
#[component]
fn Menu(row: GroupRow) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.groups;
    let id = row.id;
    let switch = match row.status {
        GroupStatus::Enabled => Some((DISABLE, words.disable)),
        GroupStatus::Disabled => Some((ENABLE, words.enable)),
        GroupStatus::Deleting | GroupStatus::Deleted => None,
    };
    let mut items = vec![
        Item::Open(format!("/groups/{id}?tab=log"), words.tab_log),
        Item::Open(format!("/groups/{id}?tab=why"), words.tab_why),
    ];
    if let Some((form, word)) = switch {
        items.push(Item::Open(format!("/groups/{id}/edit"), words.edit));
        items.push(Item::Send(form, id.to_string(), word));
        items.push(Item::Ask(format!("/groups?delete={id}"), words.delete));
    }
    view! { <RowMenu id=format!("menu-{id}") about=row.name items/> }.into_any()
}

/// Asks before the group in the address begins to go; until it does.
#[component]
fn Delete(rows: Vec<GroupRow>, acts: RowActs) -> impl IntoView {
    let texts = &use_texts().groups;
    let asked = asked("delete");
    let row = rows.iter().find(|row| row.id.to_string() == asked)?;
    let stays = matches!(row.status, GroupStatus::Enabled | GroupStatus::Disabled);
    let (id, name) = (row.id, row.name.clone());
    stays.then(|| {
        view! {
            <AskCard title=format!("{} {name}", texts.delete_title) text=texts.delete_text back="/groups">
                <ActionForm action=acts.delete>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <TypedName id="delete-typed" name/>
                    <button type="submit" class="button danger">{texts.delete_do}</button>
                </ActionForm>
            </AskCard>
        }
    })
}

/// What rows do, outside of what is drawn again.
#[derive(Clone, Copy)]
struct RowActs {
    enable: ServerAction<EnableGroup>,
    disable: ServerAction<DisableGroup>,
    delete: ServerAction<DeleteGroup>,
}

impl RowActs {
    fn new() -> Self {
        Self {
            enable: ServerAction::new(),
            disable: ServerAction::new(),
            delete: ServerAction::new(),
        }
    }

    /// Differs after each that ended: the list is read again.
    fn version(self) -> usize {
        self.enable.version().get() + self.disable.version().get() + self.delete.version().get()
    }

    fn problems(self) -> Signal<Vec<Problem>> {
        Signal::derive(move || {
            let refusals = [
                refusal(self.enable.value()),
                refusal(self.disable.value()),
                refusal(self.delete.value()),
            ];
            let all = refusals.into_iter().flatten();
            all.flat_map(|error| error.problems.0).collect()
        })
    }
}
