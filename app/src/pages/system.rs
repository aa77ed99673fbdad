//! `/system`: how loop, store, driver and load balancers do; for administrators of the platform. Nothing of it is an event
//! of a tenant, so the page asks again by itself.

use crate::calls::system::fetch_system;
use crate::components::clock::use_now;
use crate::components::list::{Skeleton, cut};
use crate::components::refusal::Refused;
use crate::components::state::{Badge, BalancerBadge, Tone};
use crate::components::title::PageHead;
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::system::{BALANCERS_MAX, BalancerLine, Condition, DriverView, LoopView, StoreView, SystemView, TimesView};
use api::texts::{format, system as words};
use leptos::prelude::*;

/// How often it is read again. Shorter and the page itself would be a load; longer and trouble is seen late.
const EVERY_MS: i64 = 5_000;

/// The page.
#[component]
pub fn SystemPage() -> impl IntoView {
    let texts = &use_texts().system;
    let now = use_now();
    let beat = Memo::new(move |_| now.get() / EVERY_MS);
    let system = resource(move || beat.get(), |_| fetch_system());
    let body = move || {
        Suspend::new(async move {
            match system.await {
                Ok(view) => view! { <Body view/> }.into_any(),
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

#[component]
fn Body(view: SystemView) -> impl IntoView {
    let (texts, frame) = (&use_texts().system, &use_texts().frame);
    let up_ms = view.now_ms.saturating_sub(view.started_ms);
    let up = format::length(use_lang(), up_ms);
    let runs = format!("{} {} · {} {up}", frame.version, view.version, texts.up_for);
    view! {
        <p class="quiet remark">{texts.lead}<br/><span class="num-left">{runs}</span></p>
        <div class="first-screen">
            <Scaling part=view.scaling now_ms=view.now_ms/>
            <Store part=view.store/>
            <Driver part=view.driver/>
        </div>
        <section>
            <h2 class="part-head">{texts.balancers}</h2>
            <Balancers lines=view.balancers/>
        </section>
    }
    .into_any()
}

const fn tone(condition: Condition) -> Tone {
    match condition {
        Condition::Well => Tone::Well,
        Condition::Starting => Tone::Busy,
        Condition::Idle | Condition::Unknown => Tone::Off,
        Condition::Stuck | Condition::Silent => Tone::Bad,
    }
}

/// A part of the server: its name, how it does, and its numbers.
#[component]
fn Part(title: &'static str, condition: Condition, children: Children) -> impl IntoView {
    view! {
        <section class="card system-part">
            <div class="system-head">
                <h2>{title}</h2>
                <Badge tone=tone(condition) word=words::condition(use_lang(), condition)/>
            </div>
            {children()}
        </section>
    }
    .into_any()
}

/// Names and numbers, one pair a line.
#[component]
fn Numbers(pairs: Vec<(&'static str, String)>) -> impl IntoView {
    let pair = |(name, value)| view! { <div><dt>{name}</dt><dd class="num">{value}</dd></div> };
    view! { <dl class="numbers">{pairs.into_iter().map(pair).collect_view()}</dl> }.into_any()
}

/// How long something takes: half of them, nearly all, the longest; nothing was measured yet: that.
#[component]
fn Times(times: TimesView) -> impl IntoView {
    let texts = &use_texts().system;
    if times.count == 0 {
        return view! { <p>{texts.none_yet}</p> }.into_any();
    }
    let pairs = vec![
        (texts.p50, format::micros(times.p50_us)),
        (texts.p99, format::micros(times.p99_us)),
        (texts.worst, format::micros(times.worst_us)),
    ];
    view! { <Numbers pairs/> }.into_any()
}

#[component]
fn Scaling(part: LoopView, now_ms: i64) -> impl IntoView {
    let texts = &use_texts().system;
    let lang = use_lang();
    let ago = |slot_ms: i64| {
        let age = format::length(lang, now_ms.saturating_sub(slot_ms));
        format!("{age}{}", lang.texts().frame.ago)
    };
    let pairs = vec![
        (texts.groups, format::number(part.groups.into())),
        (texts.leases, part.leases.to_string()),
        (
            texts.last_slot,
            part.last_slot_ms.map_or_else(|| texts.never.to_owned(), ago),
        ),
    ];
    let passes = part
        .passes
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, count)| (words::outcome(lang, *outcome), format::number(*count)))
        .collect();
    view! {
        <Part title=texts.scaling condition=part.condition>
            <Numbers pairs/>
            <h3>{texts.lag}</h3>
            <Times times=part.lag/>
            <h3>{texts.passes}</h3>
            <Numbers pairs=passes/>
        </Part>
    }
    .into_any()
}

#[component]
fn Store(part: StoreView) -> impl IntoView {
    let texts = &use_texts().system;
    let mut pairs = vec![(texts.database, words::database(part.database).to_owned())];
    pairs.extend(part.size_bytes.map(|size| (texts.size, format::bytes(size))));
    view! {
        <Part title=texts.store condition=part.condition>
            <Numbers pairs/>
            <h3>{texts.reads}</h3>
            <Times times=part.reads/>
            <h3>{texts.writes}</h3>
            <Times times=part.writes/>
        </Part>
    }
    .into_any()
}

#[component]
fn Driver(part: DriverView) -> impl IntoView {
    let texts = &use_texts().system;
    let lang = use_lang();
    let machines = part.machines.map_or_else(|| "–".to_owned(), format::number);
    let line = |(call, answer, count)| {
        view! {
            <tr>
                <td>{words::call(lang, call)}</td>
                <td>{words::answer(lang, answer)}</td>
                <td class="num">{format::number(count)}</td>
            </tr>
        }
    };
    let calls = part.calls.into_iter().map(line).collect_view();
    view! {
        <Part title=texts.driver condition=part.condition>
            <Numbers pairs=vec![(texts.machines, machines)]/>
            <h3>{texts.times}</h3>
            <Times times=part.times/>
            <h3>{texts.calls}</h3>
            <div class="table-box" tabindex="0">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{texts.call}</th>
                            <th scope="col">{texts.answer}</th>
                            <th scope="col" class="num">{texts.count}</th>
                        </tr>
                    </thead>
                    <tbody>{calls}</tbody>
                </table>
            </div>
        </Part>
    }
    .into_any()
}

/// Every load balancer, whoever's it is; those in trouble come first. They are other tenants' too, so no link.
#[component]
fn Balancers(lines: Vec<BalancerLine>) -> impl IntoView {
    let texts = use_texts();
    let own = &texts.system;
    if lines.is_empty() {
        return view! { <p class="empty">{own.no_balancers}</p> }.into_any();
    }
    let mut lines = lines;
    let rest = cut(&mut lines, BALANCERS_MAX);
    let line = |line: BalancerLine| {
        view! {
            <tr>
                <td><span class="row-name">{line.name}</span><span class="id wide-only">{line.id.to_string()}</span></td>
                <td>{line.tenant_name}</td>
                <td><BalancerBadge health=line.health/></td>
                <td class="wide-only"><code>{line.address}</code></td>
                <td class="num" data-label=own.members>{format::number(line.members.into())}</td>
            </tr>
        }
    };
    view! {
        <div class="table-box list" tabindex="0">
            <table class="cards rows">
                <thead>
                    <tr>
                        <th scope="col">{texts.groups.name_id}</th>
                        <th scope="col">{own.tenant}</th>
                        <th scope="col">{texts.frame.status}</th>
                        <th scope="col" class="wide-only">{texts.balancers.address}</th>
                        <th scope="col" class="num">{own.members}</th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
        {rest}
    }
    .into_any()
}
