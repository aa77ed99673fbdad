//! `/system`: how the installation does, for platform administrators. Nothing of it is an event of a tenant, so the page
//! asks again every few seconds.

use crate::calls::system::fetch_system;
use crate::components::list::Skeleton;
use crate::components::refusal::Refused;
use crate::components::state::{Badge, BalancerBadge, Tone};
use crate::components::title::PageHead;
use crate::components::trail::Instant;
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::system::{BalancerLine, Condition, DriverView, LoopView, StoreView, SystemView};
use api::texts::system::{answer, call, condition, database, mebibytes, outcome, took};
use leptos::prelude::*;

/// How often the page asks again. More often and the page itself is load; less and it is no use in trouble.
#[cfg(feature = "hydrate")]
const ASK_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// The page.
#[component]
pub fn SystemPage() -> impl IntoView {
    let texts = &use_texts().system;
    let again = use_again();
    let system = resource(move || again.get(), |_| fetch_system());
    let body = move || {
        Suspend::new(async move {
            match system.await {
                Ok(view) => view! { <Parts view/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.title/>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

/// Counts up every few seconds in the browser; the server renders once.
fn use_again() -> ReadSignal<u32> {
    let (again, set_again) = signal(0_u32);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let every = set_interval_with_handle(
            move || set_again.update(|count| *count = count.wrapping_add(1)),
            ASK_EVERY,
        );
        on_cleanup(move || {
            if let Ok(every) = every {
                every.clear();
            }
        });
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = set_again;
    again
}

#[component]
fn Parts(view: SystemView) -> impl IntoView {
    let texts = &use_texts().system;
    view! {
        <p class="quiet">{texts.since}" "<Instant ms=view.started_ms/>" UTC · "{view.version}</p>
        <Scaling view=view.scaling/>
        <Store view=view.store/>
        <Driver view=view.driver/>
        <Balancers lines=view.balancers/>
    }
    .into_any()
}

/// A part's heading with how it does.
#[component]
fn Head(title: &'static str, how: Condition) -> impl IntoView {
    let tone = match how {
        Condition::Well => Tone::Well,
        Condition::Starting | Condition::Unknown => Tone::Busy,
        Condition::Idle => Tone::Off,
        Condition::Stuck | Condition::Silent => Tone::Bad,
    };
    view! { <h2>{title}" "<Badge tone word=condition(use_lang(), how)/></h2> }.into_any()
}

/// Figures with their names.
fn figures(all: Vec<(&'static str, String)>) -> AnyView {
    let figure = |(name, value)| view! { <div class="figure"><dt>{name}</dt><dd>{value}</dd></div> };
    view! { <dl class="figures">{all.into_iter().map(figure).collect_view()}</dl> }.into_any()
}

#[component]
fn Scaling(view: LoopView) -> impl IntoView {
    let (texts, lang) = (&use_texts().system, use_lang());
    let known = vec![
        (texts.groups, view.groups.to_string()),
        (texts.leases, view.leases.to_string()),
        (texts.lag_p50, took(view.lag.p50_us)),
        (texts.lag_p99, took(view.lag.p99_us)),
        (texts.lag_worst, took(view.lag.worst_us)),
    ];
    let slot = view
        .last_slot_ms
        .map(|ms| view! { <p class="quiet">{texts.last_slot}" "<Instant ms/>" UTC"</p> });
    let row = move |(what, count): (_, u64)| {
        view! { <tr><td>{outcome(lang, what)}</td><td class="num">{count}</td></tr> }
    };
    view! {
        <section>
            <Head title=texts.scaling how=view.condition/>
            {figures(known)}
            {slot}
            <div class="table-box">
                <table>
                    <thead><tr><th scope="col">{texts.outcome}</th><th scope="col">{texts.passes}</th></tr></thead>
                    <tbody>{view.passes.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Store(view: StoreView) -> impl IntoView {
    let texts = &use_texts().system;
    let mut known = vec![(texts.database, database(view.database).to_owned())];
    known.extend(view.size_bytes.map(|bytes| (texts.size, mebibytes(bytes))));
    known.extend([
        (texts.reads_p50, took(view.reads.p50_us)),
        (texts.reads_p99, took(view.reads.p99_us)),
        (texts.writes_p50, took(view.writes.p50_us)),
        (texts.writes_p99, took(view.writes.p99_us)),
    ]);
    view! { <section><Head title=texts.store how=view.condition/>{figures(known)}</section> }.into_any()
}

#[component]
fn Driver(view: DriverView) -> impl IntoView {
    let (texts, lang) = (&use_texts().system, use_lang());
    let mut known = Vec::new();
    known.extend(view.machines.map(|count| (texts.machines, count.to_string())));
    known.extend([
        (texts.calls_p50, took(view.times.p50_us)),
        (texts.calls_p99, took(view.times.p99_us)),
    ]);
    let row = move |(what, said, count): (_, _, u64)| {
        view! { <tr><td>{call(lang, what)}</td><td>{answer(lang, said)}</td><td class="num">{count}</td></tr> }
    };
    let calls = if view.calls.is_empty() {
        view! { <p class="empty">{texts.none_yet}</p> }.into_any()
    } else {
        view! {
            <div class="table-box">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{texts.call}</th>
                            <th scope="col">{texts.answer}</th>
                            <th scope="col">{texts.count}</th>
                        </tr>
                    </thead>
                    <tbody>{view.calls.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! { <section><Head title=texts.driver how=view.condition/>{figures(known)}{calls}</section> }.into_any()
}

#[component]
fn Balancers(lines: Vec<BalancerLine>) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.system;
    if lines.is_empty() {
        return view! { <section><h2>{words.balancers}</h2><p class="empty">{words.no_balancers}</p></section> }
            .into_any();
    }
    // Another tenant's has no page that this reader may see: names are no links.
    let row = |line: BalancerLine| {
        view! {
            <tr>
                <td><span class="row-name">{line.name}</span><span class="id wide-only">{line.id.to_string()}</span></td>
                <td><BalancerBadge health=line.health/></td>
                <td>{line.tenant_name}</td>
                <td class="wide-only">{line.address}</td>
                <td class="num">{line.members}</td>
            </tr>
        }
    };
    view! {
        <section>
            <h2>{words.balancers}</h2>
            <div class="table-box">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{texts.groups.name_id}</th>
                            <th scope="col">{texts.frame.status}</th>
                            <th scope="col">{words.tenant}</th>
                            <th scope="col" class="wide-only">{texts.balancers.address}</th>
                            <th scope="col">{words.members}</th>
                        </tr>
                    </thead>
                    <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}
