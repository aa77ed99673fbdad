//! Load balancing of a group (seed 14.3.5): bindings, bind, unbind.

use super::acts::{Acts, refusal};
use crate::calls::balancers::fetch_balancers;
use crate::components::confirm::Confirm;
use crate::components::refusal::Refused;
use crate::forms::check;
use crate::forms::field::{SelectField, TextField};
use crate::forms::typed::Typed;
use crate::live::{is_balancer, use_live};
use crate::visit::use_texts;
use api::balancers::{BalancerRow, BindForm, BindingView};
use api::groups::{GroupView, ListQuery};
use engine::model::GroupId;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The bindings and the way to a new one.
#[component]
pub(super) fn Balancing(view: GroupView, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let id = view.row.id;
    let fresh = use_live().of_kind(is_balancer);
    let all = || ListQuery {
        limit: 200,
        ..ListQuery::default()
    };
    let balancers = Resource::new(move || fresh.get(), move |_| fetch_balancers(all()));
    let bound: Vec<String> = view
        .bindings
        .iter()
        .map(|binding| binding.vserver.to_string())
        .collect();
    let wizard = move || {
        let bound = bound.clone();
        Suspend::new(async move {
            match balancers.await {
                Ok(page) => view! { <Bind id free=free(page.rows, &bound) acts/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    let list = if view.bindings.is_empty() {
        view! { <p class="empty">{texts.bindings_empty}</p> }.into_any()
    } else {
        view! { <Bindings id bindings=view.bindings acts/> }.into_any()
    };
    view! {
        {list}
        <Transition>{wizard}</Transition>
    }
    .into_any()
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
fn Bindings(id: GroupId, bindings: Vec<BindingView>, acts: Acts) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.groups;
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
                <tbody>{bindings.into_iter().map(|binding| view! { <BindingLine id binding acts/> }).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn BindingLine(id: GroupId, binding: BindingView, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let vserver = binding.vserver.to_string();
    let name = format!("{} / {}", binding.balancer_name, binding.vserver_name);
    view! {
        <tr>
            <td><a href=format!("/balancers/{}", binding.balancer) class="row-name">{name.clone()}</a></td>
            <td><code>{binding.url}</code></td>
            <td class="num">{binding.port}</td>
            <td class="num">{binding.weight}</td>
            <td>
                <Confirm
                    id=format!("unbind-{vserver}") word=texts.unbind title=format!("{} {name}?", texts.unbind)
                    text=texts.unbind_text class="link danger" about=name.clone()
                >
                    <ActionForm action=acts.unbind>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <input type="hidden" name="vserver" value=vserver/>
                        <button type="submit" class="button danger">{texts.unbind}</button>
                    </ActionForm>
                </Confirm>
            </td>
        </tr>
    }
    .into_any()
}

/// Binds one more VServer (seed 14.3.5.1).
#[component]
fn Bind(id: GroupId, free: Vec<(String, String)>, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    if free.is_empty() {
        return view! {
            <p class="quiet">{texts.bind_none}" "<a href="/balancers/new">{texts.bind_make}</a></p>
        }
        .into_any();
    }
    let first = free.first().map(|(id, _)| id.clone()).unwrap_or_default();
    let start = BindForm {
        vserver: first,
        port: "8080".to_owned(),
        weight: "1".to_owned(),
    };
    let typed = Typed::new(&start, Signal::derive(move || refusal(acts.bind.value())), check::bind);
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
