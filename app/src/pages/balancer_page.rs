//! `/balancers/:id`: its VServers, who serves behind them, and how well.

use crate::calls::balancers::{CreateVserver, DeleteBalancer, DeleteVserver, fetch_balancer};
use crate::components::confirm::{Confirm, TypedName};
use crate::components::list::{Skeleton, cut};
use crate::components::refusal::{Problems, Refused, refusal};
use crate::components::state::{BackendBadge, BalancerBadge};
use crate::components::title::PageHead;
use crate::forms::check;
use crate::forms::field::{SelectField, TextField};
use crate::forms::post::{ActionForm, AnyAction, ServerAction};
use crate::forms::typed::Typed;
use crate::live::use_live;
use crate::visit::use_texts;
use crate::wire::resource;
use api::balancers::{BackendView, BalancerView, BoundGroup, LISTED_MAX, MEMBERS_MAX, VServerForm, VServerView};
use api::live::Change;
use api::parse::balancer::PORTS;
use api::problem::Problem;
use api::texts::format::number;
use engine::model::LoadBalancerId;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const FIELDS: &[&str] = &["name", "port", "algorithm", "check_path", "check_interval_s"];

/// What can be done here.
#[derive(Clone, Copy)]
struct Acts {
    delete: ServerAction<DeleteBalancer>,
    create: ServerAction<CreateVserver>,
    remove: ServerAction<DeleteVserver>,
}

impl Acts {
    /// Differs after each that leaves something to be read again.
    fn version(self) -> usize {
        self.create.version().get() + self.remove.version().get()
    }

    /// Differs after each VServer that was added.
    fn added(self) -> Memo<usize> {
        Memo::new(move |before: Option<&usize>| {
            let ended = self.create.version().get();
            let done = matches!(self.create.value().get(), Some(Ok(())));
            if done {
                ended
            } else {
                before.copied().unwrap_or_default()
            }
        })
    }

    /// What was refused of the two deletions without JavaScript; with it their dialogs say so, and the form its own.
    fn problems(self) -> Vec<Problem> {
        let deletions = [AnyAction::from(self.delete), self.remove.into()];
        deletions.into_iter().flat_map(AnyAction::plain_problems).collect()
    }
}

/// The page.
#[component]
pub fn BalancerPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let acts = Acts {
        delete: ServerAction::new(),
        create: ServerAction::new(),
        remove: ServerAction::new(),
    };
    let fresh = use_live().of(move || id.get().parse().ok().map(|id| Change::Balancer { id }));
    let fresh = AnyAction::from(acts.delete).spares(fresh);
    let balancer = resource(
        move || (id.get(), fresh.get(), acts.version()),
        |(id, ..)| fetch_balancer(id),
    );
    let body = move || {
        Suspend::new(async move {
            match balancer.await {
                Ok(view) => view! { <Body view acts/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    let added = acts.added();
    // Read when the page opens and after each VServer that was added here, not when something changes under the typing.
    let taken = resource(
        move || (id.get(), added.get()),
        |(id, _)| async move { fetch_balancer(id).await.ok().map(listeners) },
    );
    let form = move || {
        Suspend::new(async move {
            let taken = taken.await?;
            let (id, start) = (taken.0, proposed(&taken));
            // A view of its own each time: the fields begin anew with what is proposed now.
            Some(move || view! { <AddVServer id start=start.clone() acts/> })
        })
    };
    view! {
        <Problems problems=Signal::derive(move || acts.problems())/>
        <Transition fallback=Skeleton>{body}</Transition>
        <Transition>{form}</Transition>
    }
    .into_any()
}

#[component]
fn Body(view: BalancerView, acts: Acts) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.balancers;
    let row = view.row;
    let above = vec![("/balancers".to_owned(), words.title.to_owned())];
    let health = row.health.clone();
    let id = row.id;
    let name = row.name.clone();
    let empty = view
        .vservers
        .is_empty()
        .then(|| view! { <p class="empty">{words.no_vserver}</p> });
    let mut vservers = view.vservers;
    let rest = cut(&mut vservers, LISTED_MAX);
    let vservers = vservers
        .into_iter()
        .map(|vserver| view! { <VServerCard balancer=id vserver acts/> })
        .collect_view();
    view! {
        <PageHead title=row.name.clone() above beside=move || view! { <BalancerBadge health=health.clone()/> }>
            <Confirm
                id="delete-balancer" word=words.delete title=words.delete_title text=words.delete_text class="button danger"
                action=acts.delete
            >
                <input type="hidden" name="id" value=id.to_string()/>
                <TypedName id="delete-typed" name=name/>
            </Confirm>
        </PageHead>
        <p class="quiet">{words.address}" "<code>{row.address}</code>" · "<span class="id">{id.to_string()}</span></p>
        {empty}
        {vservers}
        {rest}
    }
    .into_any()
}

/// One listener.
#[component]
fn VServerCard(balancer: LoadBalancerId, vserver: VServerView, acts: Acts) -> impl IntoView {
    let texts = &use_texts().balancers;
    let id = vserver.id;
    let check = format!(
        "{} · {} {} · {} {} {}",
        algorithm(texts, &vserver.algorithm),
        texts.check,
        vserver.check_path,
        texts.every,
        vserver.check_interval_s,
        texts.seconds
    );
    let about = vserver.name.clone();
    view! {
        <section class="card vserver">
            <div class="vserver-head">
                <h2>{vserver.name.clone()}</h2>
                <code>{vserver.url.clone()}</code>
                <span class="quiet">{check}</span>
                <Confirm
                    id=format!("delete-{id}") word=texts.delete_vserver title=format!("{} {about}?", texts.delete_vserver)
                    text=texts.delete_vserver_text class="link danger" about=about.clone() action=acts.remove
                >
                    <input type="hidden" name="id" value=balancer.to_string()/>
                    <input type="hidden" name="vserver" value=id.to_string()/>
                </Confirm>
            </div>
            <Bound groups=vserver.groups/>
            <Members members=vserver.backends/>
        </section>
    }
    .into_any()
}

fn algorithm(texts: &api::texts::balancers::BalancerTexts, word: &str) -> String {
    match word {
        "round_robin" => texts.round_robin,
        "least_conn" => texts.least_conn,
        "first" => texts.first,
        "random" => texts.random,
        other => return other.to_owned(),
    }
    .to_owned()
}

#[component]
fn Bound(groups: Vec<BoundGroup>) -> impl IntoView {
    let texts = &use_texts().balancers;
    if groups.is_empty() {
        return view! { <p class="quiet">{texts.not_bound}</p> }.into_any();
    }
    let mut groups = groups;
    let rest = cut(&mut groups, LISTED_MAX);
    let one = |group: BoundGroup| {
        let how = format!(":{} · {} {}", group.port, texts.weight, group.weight);
        view! { <li><a href=format!("/groups/{}", group.id)>{group.name}</a>" "<span class="quiet">{how}</span></li> }
    };
    view! {
        <p class="quiet">{texts.bound_groups}</p>
        <ul>{groups.into_iter().map(one).collect_view()}</ul>
        {rest}
    }
    .into_any()
}

#[component]
fn Members(members: Vec<BackendView>) -> impl IntoView {
    let texts = &use_texts().balancers;
    if members.is_empty() {
        return view! { <p class="quiet">{texts.no_backends}</p> }.into_any();
    }
    let mut members = members;
    let rest = cut(&mut members, MEMBERS_MAX);
    let line = |member: BackendView| {
        view! {
            <tr>
                <td><a href=format!("/groups/{}", member.group) class="row-name">{member.name}</a></td>
                <td><code>{member.address}</code></td>
                <td><BackendBadge word=member.word/></td>
                <td class="num">{member.sessions}</td>
                <td class="num">{number(member.requests)}</td>
            </tr>
        }
    };
    view! {
        <div class="table-box">
            <table>
                <thead>
                    <tr>
                        <th scope="col">{texts.instance}</th>
                        <th scope="col">{texts.address}</th>
                        <th scope="col">{texts.health}</th>
                        <th scope="col" class="num">{texts.sessions}</th>
                        <th scope="col" class="num">{texts.requests}</th>
                    </tr>
                </thead>
                <tbody>{members.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
        {rest}
    }
    .into_any()
}

/// A load balancer and its listeners' names and ports.
type Taken = (LoadBalancerId, Vec<(String, u16)>);

fn listeners(view: BalancerView) -> Taken {
    let taken = view.vservers.into_iter().map(|vserver| (vserver.name, vserver.port));
    (view.row.id, taken.collect())
}

/// The port that is proposed first.
const FIRST_PORT: u16 = 20_080;

/// A listener as most want it, under the next name and port that this load balancer has free.
fn proposed((_, taken): &Taken) -> VServerForm {
    let named = |at: usize| {
        if at == 0 {
            "http".to_owned()
        } else {
            format!("http-{}", at + 1)
        }
    };
    let is_free = |name: &String| taken.iter().all(|(other, _)| other != name);
    let port = (FIRST_PORT..=*PORTS.end()).find(|port| taken.iter().all(|(_, other)| other != port));
    VServerForm {
        name: (0..=taken.len()).map(named).find(is_free).unwrap_or_default(),
        port: port.unwrap_or(FIRST_PORT).to_string(),
        algorithm: "round_robin".into(),
        check_path: "/healthz".into(),
        check_interval_s: "5".into(),
    }
}

/// One more listener.
#[component]
fn AddVServer(id: LoadBalancerId, start: VServerForm, acts: Acts) -> impl IntoView {
    let texts = &use_texts().balancers;
    let refused = Signal::derive(move || refusal(acts.create.value()));
    let typed = Typed::new(&start, refused, check::vserver);
    let option = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let algorithms = vec![
        option("round_robin", texts.round_robin),
        option("least_conn", texts.least_conn),
        option("first", texts.first),
        option("random", texts.random),
    ];
    view! {
        <section class="card form">
            <h2>{texts.add_vserver_title}</h2>
            <Problems problems=typed.rest(FIELDS)/>
            <ActionForm action=acts.create on:submit:capture=move |_| typed.submitted()>
                <input type="hidden" name="id" value=id.to_string()/>
                <div class="field-row">
                    <TextField typed field="name" label=texts.name help=texts.name_help/>
                    <TextField typed field="port" label=texts.port help=texts.port_help/>
                    <SelectField typed field="algorithm" label=texts.algorithm help=texts.algorithm_help options=algorithms/>
                    <TextField typed field="check_path" label=texts.check_path help=texts.check_path_help/>
                    <TextField
                        typed
                        field="check_interval_s"
                        label=texts.check_interval
                        help=texts.check_interval_help
                        unit=texts.seconds
                    />
                </div>
                <button type="submit" class="button primary">{texts.add_vserver}</button>
            </ActionForm>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{LoadBalancerId, proposed};

    fn offered(taken: &[(&str, u16)]) -> (String, String) {
        let taken = taken.iter().map(|(name, port)| ((*name).to_owned(), *port));
        let form = proposed(&(LoadBalancerId(1), taken.collect()));
        (form.name, form.port)
    }

    #[test]
    fn a_further_listener_is_proposed_under_a_free_name_and_port() {
        let said = |name: &str, port: &str| (name.to_owned(), port.to_owned());
        assert_eq!(offered(&[]), said("http", "20080"));
        assert_eq!(offered(&[("http", 20_080)]), said("http-2", "20081"));
        assert_eq!(offered(&[("http-2", 20_081), ("web", 20_080)]), said("http", "20082"));
    }
}
