//! The instances of a group (seed 14.3.2.3).

use super::Group;
use super::acts::Acts;
use super::paged::paged;
use crate::calls::groups::fetch_instances;
use crate::components::confirm::{AskCard, asked};
use crate::components::icon::{Icon, Shape};
use crate::components::list::{Pages, address};
use crate::components::state::InstanceBadge;
use crate::components::trail::Instant;
use crate::forms::post::ActionForm;
use crate::visit::{use_lang, use_texts};
use api::groups::{InstanceView, ListQuery, Page};
use api::texts::format::percent;
use engine::census::InstanceState;
use engine::model::GroupStatus;
use leptos::prelude::*;

/// The instances that are not gone, newest first.
#[component]
pub(super) fn Instances(id: Memo<String>, group: Group, acts: Acts) -> impl IntoView {
    paged(id, acts, fetch_instances, move |page, query| {
        view! { <Table page query group acts/> }.into_any()
    })
}

/// That there are none, and whether there will be any.
#[component]
fn NoInstances(group: Group) -> impl IntoView {
    let texts = &use_texts().groups;
    let said = move || {
        Suspend::new(async move {
            let gone = group.await.is_ok_and(|view| view.row.status == GroupStatus::Deleted);
            if gone {
                texts.instances_gone
            } else {
                texts.instances_empty
            }
        })
    };
    view! { <p class="empty"><Transition>{said}</Transition></p> }.into_any()
}

#[component]
fn Table(page: Page<InstanceView>, query: ListQuery, group: Group, acts: Acts) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.groups;
    if page.rows.is_empty() && query.after.is_empty() {
        return view! { <NoInstances group/> }.into_any();
    }
    let here = address("?tab=instances", &query);
    let line = |instance| view! { <Line instance here=here.clone() acts/> };
    view! {
        <Remove instances=page.rows.clone() here=here.clone() acts/>
        <div class="table-box">
            <table class="cards instances">
                <thead>
                    <tr>
                        <th scope="col">{words.instance}</th>
                        <th scope="col">{words.state}</th>
                        <th scope="col">{words.address}</th>
                        <th scope="col" class="num">{words.cpu}</th>
                        <th scope="col" class="num">{words.memory}</th>
                        <th scope="col" class="wide-only">{words.template}</th>
                        <th scope="col" class="wide-only">{texts.frame.created}</th>
                        <th scope="col">{texts.frame.actions}</th>
                    </tr>
                </thead>
                <tbody>{page.rows.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
        <Pages path="?tab=instances" query next=page.next total=page.total/>
    }
    .into_any()
}

/// Asks before the instance in the address is destroyed; `here` is the page that has it.
#[component]
fn Remove(instances: Vec<InstanceView>, here: String, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let asked = asked("remove");
    let instance = instances.iter().find(|instance| instance.id.to_string() == asked)?;
    let (group, id) = (instance.group, instance.id);
    let title = format!("{} {}", texts.remove_title, instance.name);
    let back = format!("/groups/{group}{here}");
    Some(view! {
        <AskCard title text=texts.remove_text back>
            <ActionForm action=acts.remove>
                <input type="hidden" name="group" value=group.to_string()/>
                <input type="hidden" name="id" value=id.to_string()/>
                <button type="submit" class="button danger">{texts.remove_do}</button>
            </ActionForm>
        </AskCard>
    })
}

#[component]
fn Line(instance: InstanceView, here: String, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let lang = use_lang();
    let shown = move |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |milli| percent(lang, milli));
    let shield = instance.protected.then(|| {
        view! { <span class="badge off" title=texts.protected><Icon shape=Shape::Shield/>{texts.protected}</span> }
    });
    let made_from = format!("{} v{}", instance.template_name, instance.template_version);
    view! {
        <tr>
            <td><span class="row-name">{instance.name.clone()}</span><span class="id wide-only">{instance.id.to_string()}</span></td>
            <td><InstanceBadge state=instance.state/>" "{shield}</td>
            <td class="nowrap">{instance.address.clone()}<span class="under">{instance.zone.clone()}</span></td>
            <td class="num" data-label=texts.cpu>{shown(instance.cpu_milli)}</td>
            <td class="num" data-label=texts.memory>{shown(instance.memory_milli)}</td>
            <td class="wide-only nowrap">{made_from}</td>
            <td class="wide-only"><Instant ms=instance.created_ms/></td>
            <td><RowActions instance here acts/></td>
        </tr>
    }
    .into_any()
}

/// Output, protect, remove; nothing for what is gone.
#[component]
fn RowActions(instance: InstanceView, here: String, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let (group, id) = (instance.group, instance.id);
    let logs = format!("/groups/{group}/instances/{id}/logs");
    let (word, protect) = if instance.protected {
        (texts.unprotect, "lift")
    } else {
        (texts.protect, "set")
    };
    let ask = format!("/groups/{group}{here}&remove={id}");
    let gone = matches!(instance.state, InstanceState::Terminated | InstanceState::Terminating);
    let about = instance.name.clone();
    let protected = about.clone();
    let rest = (!gone).then(|| {
        view! {
            <ActionForm action=acts.protect>
                <input type="hidden" name="group" value=group.to_string()/>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="protect" value=protect/>
                <button type="submit" class="link">{word}<span class="sr-only">" "{protected}</span></button>
            </ActionForm>
            <a href=ask class="danger" data-noscroll="">{texts.remove}<span class="sr-only">" "{about}</span></a>
        }
    });
    view! {
        <div class="row-actions">
            <a href=logs>{texts.logs}<span class="sr-only">" "{instance.name}</span></a>
            {rest}
        </div>
    }
    .into_any()
}
