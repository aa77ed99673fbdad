//! States: icon, word and colour together, never colour alone.

use super::icon::{Shape, markup_of};
use super::markup::escaped;
use crate::visit::{use_lang, use_texts};
use api::balancers::{BalancerFault, BalancerHealth};
use api::groups::{ActivityStatus, GroupRow};
use api::texts::states;
use engine::census::InstanceState;
use engine::model::GroupStatus;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// What a state means to somebody who looks after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Well,
    /// On its way.
    Busy,
    /// Somebody should look.
    Bad,
    /// Switched off, or gone.
    Off,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Well => "badge well",
            Self::Busy => "badge busy",
            Self::Bad => "badge bad",
            Self::Off => "badge off",
        }
    }
    const fn shape(self) -> Shape {
        match self {
            Self::Well => Shape::Well,
            Self::Busy => Shape::Busy,
            Self::Bad => Shape::Alarm,
            Self::Off => Shape::Off,
        }
    }
}

/// A state in words.
#[component]
pub fn Badge(
    /// What it means.
    tone: Tone,
    /// The word.
    #[prop(into)]
    word: String,
) -> impl IntoView {
    let (class, icon, word) = (tone.class(), markup_of(tone.shape()), escaped(&word));
    InertElement::new(format!("<span class=\"{class}\">{icon}{word}</span>"))
}

const fn instance_tone(state: InstanceState) -> Tone {
    use InstanceState as S;
    match state {
        S::InService => Tone::Well,
        S::Pending | S::Starting | S::Draining | S::Stopping | S::Terminating => Tone::Busy,
        S::Unhealthy | S::Failed => Tone::Bad,
        S::Standby | S::Stopped | S::Terminated => Tone::Off,
    }
}

/// An instance's state.
#[component]
pub fn InstanceBadge(
    /// Which.
    state: InstanceState,
) -> impl IntoView {
    view! { <Badge tone=instance_tone(state) word=states::instance(use_lang(), state)/> }.into_any()
}

/// How an activity stands.
#[component]
pub fn ActivityBadge(
    /// Which.
    status: ActivityStatus,
) -> impl IntoView {
    let tone = match status {
        ActivityStatus::Running => Tone::Busy,
        ActivityStatus::Succeeded => Tone::Well,
        ActivityStatus::Failed => Tone::Bad,
    };
    view! { <Badge tone word=states::activity(use_lang(), status)/> }.into_any()
}

/// How a balancer does.
#[component]
pub fn BalancerBadge(
    /// Its health.
    health: BalancerHealth,
) -> impl IntoView {
    let tone = match &health {
        BalancerHealth::Running => Tone::Well,
        BalancerHealth::Idle => Tone::Off,
        BalancerHealth::Unseen => Tone::Busy,
        BalancerHealth::NotInstalled | BalancerHealth::Failing(_) => Tone::Bad,
    };
    let lang = use_lang();
    let word = states::balancer(lang, &health);
    let why = match health {
        BalancerHealth::Failing(fault) => Some(view! { <Fault fault/> }),
        _ => None,
    };
    view! { <Badge tone word/>{why} }.into_any()
}

/// Why a balancer fails; a machine's own words stand apart, in the language that they are in.
#[component]
fn Fault(fault: BalancerFault) -> impl IntoView {
    let said = states::fault(use_lang(), &fault);
    let words = match fault {
        BalancerFault::Mute(words) => Some(view! { <code class="machine-words" lang="en">{words}</code> }),
        BalancerFault::NotRunning => None,
    };
    view! { <span class="fault">{said}{words}</span> }.into_any()
}

/// How a member behind a VServer does.
#[component]
pub fn BackendBadge(
    /// The server's word.
    word: String,
) -> impl IntoView {
    let tone = match word.as_str() {
        "up" => Tone::Well,
        "down" => Tone::Bad,
        "absent" => Tone::Off,
        _ => Tone::Busy,
    };
    view! { <Badge tone word=states::backend(use_lang(), &word).to_owned()/> }.into_any()
}

/// A group's state: its status, or when it is enabled how it stands to its mark.
#[component]
pub fn GroupBadge(
    /// The group.
    row: GroupRow,
) -> impl IntoView {
    let texts = &use_texts().groups;
    let (tone, word) = match row.status {
        GroupStatus::Disabled | GroupStatus::Deleted => (Tone::Off, states::group(use_lang(), row.status)),
        GroupStatus::Deleting => (Tone::Busy, states::group(use_lang(), row.status)),
        GroupStatus::Enabled if row.alarm => (Tone::Bad, texts.state_attention),
        GroupStatus::Enabled if row.in_service < row.desired => (Tone::Busy, texts.state_growing),
        GroupStatus::Enabled if row.everything > row.desired => (Tone::Busy, texts.state_shrinking),
        GroupStatus::Enabled => (Tone::Well, texts.state_well),
    };
    view! { <Badge tone word/> }.into_any()
}
