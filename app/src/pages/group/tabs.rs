//! The parts of a group's page, in its address.

use crate::visit::use_texts;
use api::groups::GroupView;
use api::texts::groups::GroupTexts;
use leptos::prelude::*;

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    /// Seed 14.3.2.3.
    Instances,
    /// Seed 14.3.2.4.
    Log,
    /// The latest decisions.
    Why,
    /// Seed 14.3.5.
    Balancing,
    /// What people set.
    Policy,
}

impl Tab {
    const ALL: [Self; 5] = [Self::Instances, Self::Log, Self::Why, Self::Balancing, Self::Policy];

    /// For the address.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Instances => "instances",
            Self::Log => "log",
            Self::Why => "why",
            Self::Balancing => "balancing",
            Self::Policy => "policy",
        }
    }

    /// From the address; the first for anything else.
    pub(super) fn of_key(key: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|tab| tab.key() == key)
            .unwrap_or(Self::Instances)
    }

    const fn name(self, texts: &GroupTexts) -> &'static str {
        match self {
            Self::Instances => texts.tab_instances,
            Self::Log => texts.tab_log,
            Self::Why => texts.tab_why,
            Self::Balancing => texts.tab_balancing,
            Self::Policy => texts.tab_policy,
        }
    }
}

/// Links to the parts, with how much is in each.
#[component]
pub(super) fn Tabs(tab: Tab, view: GroupView) -> impl IntoView {
    let texts = &use_texts().groups;
    let count = move |each: Tab| match each {
        Tab::Instances => Some(view.row.everything as usize),
        Tab::Balancing => Some(view.bindings.len()),
        _ => None,
    };
    let link = move |each: Tab| {
        let current = (each == tab).then_some("page");
        let count = count(each).map(|count| view! { <span class="count">{count}</span> });
        view! {
            <li>
                <a
                    href=format!("?tab={}", each.key())
                    data-noscroll=""
                    id=format!("tab-{}", each.key())
                    aria-current=current
                >
                    {each.name(texts)}
                    {count}
                </a>
            </li>
        }
    };
    view! { <nav class="tabs" aria-label=texts.tabs><ul>{Tab::ALL.map(link).into_iter().collect_view()}</ul></nav> }
        .into_any()
}
