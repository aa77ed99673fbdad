//! `/groups/:id/edit` (seed 14.3.3): the same form. When somebody else changed the group meanwhile, their values stand
//! beside the typed ones, and saving again saves over them.

use super::group::use_group_id;
use super::group_new::{Offer, fetch_offer};
use super::wizard::{FIELDS, GroupWizard, Purpose};
use crate::calls::CallError;
use crate::calls::groups::{UpdateGroup, fetch_group};
use crate::components::list::{FindMore, Skeleton, use_list_query};
use crate::components::refusal::{Problems, Refused, refusal};
use crate::components::title::PageHead;
use crate::forms::check;
use crate::forms::post::{ActionForm, ServerAction};
use crate::forms::typed::{Typed, values_of};
use crate::visit::use_texts;
use crate::wire::{Loaded, resource};
use api::groups::{GroupForm, GroupView, Page};
use api::problem::Code;
use engine::model::{GroupStatus, Guard, Metric, RemovalPolicy, ScaleIn};
use leptos::prelude::*;

/// The page.
#[component]
pub fn GroupEditPage() -> impl IntoView {
    let id = use_group_id();
    let action = ServerAction::<UpdateGroup>::new();
    let filter = use_list_query().get_untracked().filter;
    // Read once: what others change meanwhile comes with the refusal.
    let edit = resource(move || id.get(), move |id| fetch_edit(id, filter.clone()));
    let body = move || {
        Suspend::new(async move {
            match edit.await {
                Ok((view, _)) if is_leaving(view.row.status) => view! { <Leaving view/> }.into_any(),
                Ok((view, offer)) => view! { <EditForm view offer action/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=Skeleton>{body}</Transition> }.into_any()
}

const fn is_leaving(status: GroupStatus) -> bool {
    matches!(status, GroupStatus::Deleting | GroupStatus::Deleted)
}

/// A group that goes, or is gone, has nothing to save.
#[component]
fn Leaving(view: GroupView) -> impl IntoView {
    let texts = use_texts();
    let group = format!("/groups/{}", view.row.id);
    let above = vec![
        ("/groups".to_owned(), texts.groups.title.to_owned()),
        (group.clone(), view.row.name),
    ];
    view! {
        <PageHead title=texts.wizard.edit_title above/>
        <div class="empty">
            <p>{texts.wizard.edit_gone}</p>
            <p><a href=group class="button primary">{texts.wizard.edit_back}</a></p>
        </div>
    }
    .into_any()
}

/// The group and what the wizard offers, its own template first when the offer ends before that one.
async fn fetch_edit(id: String, filter: String) -> Result<(GroupView, Offer), CallError> {
    let view = fetch_group(id).await?;
    let offer = fetch_offer(filter, view.row.template.to_string()).await?;
    Ok((view, offer))
}

/// What people set, as they would type it.
pub(super) fn form_of(view: &GroupView) -> GroupForm {
    let spec = &view.spec;
    let threshold = |metric: Metric| {
        let rule = spec.rules.iter().find(|rule| rule.metric == metric);
        rule.map(|rule| (rule.threshold / 1_000).to_string())
            .unwrap_or_default()
    };
    let guard = |guard: Guard| if guard == Guard::On { "on" } else { "off" }.to_owned();
    GroupForm {
        name: view.row.name.clone(),
        remark: view.row.remark.clone(),
        template: view.row.template.to_string(),
        min: spec.min.to_string(),
        max: spec.max.to_string(),
        cpu: threshold(Metric::Cpu),
        memory: threshold(Metric::Memory),
        warm_up_s: (spec.warm_up.0 / 1_000).to_string(),
        scale_in: if spec.scale_in == ScaleIn::Allowed {
            "allowed"
        } else {
            "forbidden"
        }
        .to_owned(),
        removal: if spec.removal == RemovalPolicy::Newest {
            "newest"
        } else {
            "oldest"
        }
        .to_owned(),
        brake: guard(spec.brake),
        hold: guard(spec.hold),
        projection: guard(spec.projection),
        version: view.version.to_string(),
    }
}

#[component]
fn EditForm(view: GroupView, offer: Offer, action: ServerAction<UpdateGroup>) -> impl IntoView {
    let texts = use_texts();
    let (Page { rows, next, .. }, currency) = offer;
    let id = view.row.id;
    let above = vec![
        ("/groups".to_owned(), texts.groups.title.to_owned()),
        (format!("/groups/{id}"), view.row.name.clone()),
    ];
    let begin = form_of(&view);
    let refused = Signal::derive(move || refusal(action.value()));
    let typed = Typed::new(&begin, refused, check::group);
    typed.guard();
    let theirs = use_theirs(id, refused, action);
    let version = move || {
        theirs
            .get()
            .flatten()
            .map_or_else(|| begin.version.clone(), |theirs| theirs.version)
    };
    view! {
        <PageHead title=texts.wizard.edit_title above/>
        <Problems problems=typed.rest(FIELDS)/>
        <FindMore more=next.is_some() label=texts.wizard.template_find/>
        <ActionForm action on:submit:capture=move |_| typed.submitted()>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="form[version]" value=version/>
            <Transition>
                {move || Suspend::new(async move { theirs.await.map(|theirs| view! { <Theirs theirs typed/> }) })}
            </Transition>
            <GroupWizard typed answers=action.version() templates=rows currency purpose=Purpose::Edit/>
        </ActionForm>
    }
    .into_any()
}

/// The group as it is now, once the server says that it is not what the form began with.
fn use_theirs(
    id: engine::model::GroupId,
    refused: Signal<Option<CallError>>,
    action: ServerAction<UpdateGroup>,
) -> Loaded<Option<GroupForm>> {
    let stale = move || refused.get().is_some_and(|error| error.code() == Some(Code::Stale));
    resource(
        move || (stale(), action.version().get()),
        move |(stale, _)| async move {
            if !stale {
                return None;
            }
            fetch_group(id.to_string()).await.ok().map(|view| form_of(&view))
        },
    )
}

/// The other's change beside the typing.
#[component]
fn Theirs(theirs: GroupForm, typed: Typed) -> impl IntoView {
    let texts = &use_texts().wizard;
    let differing = values_of(&theirs)
        .into_iter()
        .filter(|(field, value)| field != "version" && *value != typed.begin(field));
    let line = |(field, value): (String, String)| {
        let yours = typed.begin(&field);
        view! { <tr><td>{label(texts, &field)}</td><td>{value}</td><td>{yours}</td></tr> }
    };
    view! {
        <section class="notice busy">
            <h2>{texts.stale_title}</h2>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{texts.stale_field}</th>
                        <th scope="col">{texts.stale_theirs}</th>
                        <th scope="col">{texts.stale_yours}</th>
                    </tr>
                </thead>
                <tbody>{differing.map(line).collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn label(texts: &api::texts::wizard::WizardTexts, field: &str) -> &'static str {
    match field {
        "name" => texts.name,
        "remark" => texts.remark,
        "template" => texts.template,
        "min" => texts.min,
        "max" => texts.max,
        "cpu" => texts.cpu,
        "memory" => texts.memory,
        "warm_up_s" => texts.warm_up,
        "scale_in" => texts.scale_in,
        "removal" => texts.removal,
        "brake" => texts.brake,
        "hold" => texts.hold,
        _ => texts.projection,
    }
}
