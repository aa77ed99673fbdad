//! Load balancing of a group (seed 14.3.5): bindings, bind, unbind.

use super::Group;
use super::acts::Acts;
use crate::calls::CallError;
use crate::calls::balancers::fetch_balancers;
use crate::components::confirm::{AskCard, asked, use_address};
use crate::components::list::{FindMore, Skeleton, cut, offered, use_list_query};
use crate::components::refusal::{Refused, refusal};
use crate::forms::check;
use crate::forms::field::{SelectField, TextField};
use crate::forms::post::ActionForm;
use crate::forms::typed::Typed;
use crate::live::{is_balancer, use_live};
use crate::visit::use_texts;
use crate::wire::resource;
use api::balancers::{BalancerRow, BindForm, BindingView, LISTED_MAX};
use api::groups::{GroupView, Page};
use api::texts::Texts;
use engine::model::GroupId;
use leptos::prelude::*;

/// The bindings and the way to a new one.
#[component]
pub(super) fn Balancing(group: Group, acts: Acts) -> impl IntoView {
    let fresh = use_live().of_kind(is_balancer);
    let query = use_list_query();
    let balancers = resource(
        move || (fresh.get(), query.get().filter),
        |(_, filter)| fetch_balancers(offered(filter)),
    );
    let typed = Typed::new(
        &start(),
        Signal::derive(move || refusal(acts.bind.value())),
        check::bind,
    );
    let address = use_address();
    let body = move || {
        address();
        Suspend::new(async move {
            let view = group.await.ok()?;
            let balancers = balancers.await;
            Some(view! { <Bound view balancers typed acts/> })
        })
    };
    view! { <Transition fallback=Skeleton>{body}</Transition> }.into_any()
}

/// The form before anything is typed; the port is the one of most images.
fn start() -> BindForm {
    BindForm {
        vserver: String::new(),
        port: "8080".to_owned(),
        weight: "1".to_owned(),
    }
}

/// What there is, what was asked to go, and the form for one more.
#[component]
fn Bound(view: GroupView, balancers: Result<Page<BalancerRow>, CallError>, typed: Typed, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let id = view.row.id;
    let bound: Vec<String> = view
        .bindings
        .iter()
        .map(|binding| binding.vserver.to_string())
        .collect();
    let wizard = match balancers {
        Ok(Page { rows, next, .. }) => {
            let none = none_free(use_texts(), &rows, &bound);
            view! {
                <FindMore more=next.is_some() label=texts.bind_find tab="balancing"/>
                <Bind id free=free(rows, &bound) none typed acts/>
            }
            .into_any()
        }
        Err(error) => view! { <Refused error/> }.into_any(),
    };
    let list = if view.bindings.is_empty() {
        view! { <p class="empty">{texts.bindings_empty}</p> }.into_any()
    } else {
        view! { <Bindings id bindings=view.bindings.clone()/> }.into_any()
    };
    view! {
        <Unbind id bindings=view.bindings acts/>
        {list}
        {wizard}
    }
    .into_any()
}

/// What is said when there is nothing to bind: why, where one goes to change that, and the words of that link.
type NoneFree = (&'static str, &'static str, &'static str);

fn none_free(texts: &Texts, rows: &[BalancerRow], bound: &[String]) -> NoneFree {
    let words = &texts.groups;
    if rows.is_empty() && !use_list_query().get_untracked().filter.is_empty() {
        return (texts.frame.none_match, "/balancers", words.bind_go);
    }
    if rows.is_empty() {
        return (words.bind_none, "/balancers/new", words.bind_make);
    }
    let why = if bound.is_empty() {
        words.bind_no_vserver
    } else {
        words.bind_all
    };
    (why, "/balancers", words.bind_go)
}

/// VServers this group is not bound to: value and words of an option.
fn free(rows: Vec<BalancerRow>, bound: &[String]) -> Vec<(String, String)> {
    let of_one = |row: BalancerRow| {
        let name = row.name;
        row.vservers
            .into_iter()
            .map(move |(id, vserver, port)| (id.to_string(), format!("{name} / {vserver} :{port}")))
    };
    rows.into_iter()
        .flat_map(of_one)
        .filter(|(id, _)| !bound.contains(id))
        .collect()
}

#[component]
fn Bindings(id: GroupId, bindings: Vec<BindingView>) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.groups;
    let mut bindings = bindings;
    let rest = cut(&mut bindings, LISTED_MAX);
    view! {
        <div class="table-box">
            <table>
                <thead>
                    <tr>
                        <th scope="col">{words.bind_vserver}</th>
                        <th scope="col">{texts.balancers.url}</th>
                        <th scope="col" class="num">{words.bind_port}</th>
                        <th scope="col" class="num">{words.bind_weight}</th>
                        <th scope="col">{texts.frame.actions}</th>
                    </tr>
                </thead>
                <tbody>{bindings.into_iter().map(|binding| view! { <BindingLine id binding/> }).collect_view()}</tbody>
            </table>
        </div>
        {rest}
    }
    .into_any()
}

#[component]
fn BindingLine(id: GroupId, binding: BindingView) -> impl IntoView {
    let texts = &use_texts().groups;
    let ask = format!("/groups/{id}?tab=balancing&unbind={}", binding.vserver);
    let name = format!("{} / {}", binding.balancer_name, binding.vserver_name);
    let about = name.clone();
    view! {
        <tr>
            <td><a href=format!("/balancers/{}", binding.balancer) class="row-name">{name}</a></td>
            <td><code>{binding.url}</code></td>
            <td class="num">{binding.port}</td>
            <td class="num">{binding.weight}</td>
            <td><a href=ask class="danger" data-noscroll="">{texts.unbind}<span class="sr-only">" "{about}</span></a></td>
        </tr>
    }
    .into_any()
}

/// Asks before the binding in the address ends.
#[component]
fn Unbind(id: GroupId, bindings: Vec<BindingView>, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let asked = asked("unbind");
    let binding = bindings.iter().find(|binding| binding.vserver.to_string() == asked)?;
    let vserver = binding.vserver.to_string();
    let title = format!("{} {} / {}?", texts.unbind, binding.balancer_name, binding.vserver_name);
    let back = format!("/groups/{id}?tab=balancing");
    Some(view! {
        <AskCard title text=texts.unbind_text back>
            <ActionForm action=acts.unbind>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="vserver" value=vserver/>
                <button type="submit" class="button danger">{texts.unbind}</button>
            </ActionForm>
        </AskCard>
    })
}

/// Binds one more VServer (seed 14.3.5.1).
#[component]
fn Bind(id: GroupId, free: Vec<(String, String)>, none: NoneFree, typed: Typed, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    if free.is_empty() {
        let (why, href, go) = none;
        return view! { <p class="quiet">{why}" "<a href=href>{go}</a></p> }.into_any();
    }
    view! {
        <section class="card form">
            <h2>{texts.bind_title}</h2>
            <ActionForm action=acts.bind on:submit:capture=move |_| typed.submitted()>
                <input type="hidden" name="id" value=id.to_string()/>
                <div class="field-row">
                    <SelectField typed field="vserver" label=texts.bind_vserver help="" options=free/>
                    <TextField typed field="port" label=texts.bind_port help=texts.bind_port_help/>
                    <TextField typed field="weight" label=texts.bind_weight help=texts.bind_weight_help/>
                </div>
                <button type="submit" class="button primary">{texts.bind}</button>
            </ActionForm>
        </section>
    }
    .into_any()
}
