//! The instances of a group (seed 14.3.2.3).

use super::acts::Acts;
use crate::components::confirm::Confirm;
use crate::components::icon::{Icon, Shape};
use crate::components::state::InstanceBadge;
use crate::components::trail::Instant;
use crate::visit::{use_lang, use_texts};
use api::groups::{GroupView, InstanceView};
use api::texts::format::percent;
use engine::census::InstanceState;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The table.
#[component]
pub(super) fn Instances(view: GroupView, acts: Acts) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.groups;
    if view.instances.is_empty() {
        return view! { <p class="empty">{words.instances_empty}</p> }.into_any();
    }
    view! {
        <div class="table-box">
            <table>
                <thead>
                    <tr>
                        <th scope="col">{words.instance}</th>
                        <th scope="col">{words.state}</th>
                        <th scope="col">{words.address}</th>
                        <th scope="col" class="wide-only">{words.zone}</th>
                        <th scope="col" class="num">{words.cpu}</th>
                        <th scope="col" class="num">{words.memory}</th>
                        <th scope="col" class="wide-only">{words.template}</th>
                        <th scope="col" class="wide-only">{texts.frame.created}</th>
                        <th scope="col">{texts.frame.actions}</th>
                    </tr>
                </thead>
                <tbody>
                    {view.instances.into_iter().map(|instance| view! { <Line instance acts/> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Line(instance: InstanceView, acts: Acts) -> impl IntoView {
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
            <td class="num-left">{instance.address.clone()}</td>
            <td class="wide-only">{instance.zone.clone()}</td>
            <td class="num">{shown(instance.cpu_milli)}</td>
            <td class="num">{shown(instance.memory_milli)}</td>
            <td class="wide-only">{made_from}</td>
            <td class="wide-only"><Instant ms=instance.created_ms/></td>
            <td><RowActions instance acts/></td>
        </tr>
    }
    .into_any()
}

/// Output, protect, remove; nothing for what is gone.
#[component]
fn RowActions(instance: InstanceView, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let (group, id) = (instance.group, instance.id);
    let logs = format!("/groups/{group}/instances/{id}/logs");
    let (word, protect) = if instance.protected {
        (texts.unprotect, "lift")
    } else {
        (texts.protect, "set")
    };
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
            <Confirm
                id=format!("remove-{id}") word=texts.remove title=texts.remove_title text=texts.remove_text
                class="link danger" about=about
            >
                <ActionForm action=acts.remove>
                    <input type="hidden" name="group" value=group.to_string()/>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button type="submit" class="button danger">{texts.remove_do}</button>
                </ActionForm>
            </Confirm>
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
