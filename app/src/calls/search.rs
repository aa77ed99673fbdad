//! Finding things by typing: one question for the palette and the search page, answered by the lists' own filters, so the
//! gate and the meaning of a filter are theirs.
#![allow(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments; the function is documented"
)]

use super::CallError;
#[cfg(feature = "ssr")]
use super::visit::Visit;
use crate::wire::JsonAnswer;
#[cfg(feature = "ssr")]
use api::groups::ListQuery;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Hits of a kind. More than one sees at once are not chosen from: one types on.
#[cfg(feature = "ssr")]
const EACH: u32 = 5;
/// Longest text looked for: no name is longer.
#[cfg(feature = "ssr")]
const TYPED_MAX: usize = 64;

/// What is called like that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Things with a page of their own: groups, then templates, then load balancers.
    pub hits: Vec<Hit>,
    /// Are there more of a kind than are listed?
    pub more: bool,
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// What it is.
    pub kind: Kind,
    /// Its id as an address carries it.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A group.
    Group,
    /// A template.
    Template,
    /// A load balancer.
    Balancer,
}

impl Hit {
    /// Its page.
    pub fn href(&self) -> String {
        let list = match self.kind {
            Kind::Group => "groups",
            Kind::Template => "templates",
            Kind::Balancer => "balancers",
        };
        format!("/{list}/{}", self.id)
    }
}

/// Everything of the tenant whose name or id has `typed` in it; nothing for an empty text.
#[server(prefix = "/api", endpoint = "search", output = JsonAnswer)]
pub async fn fetch_found(typed: String) -> Result<Found, CallError> {
    let visit = Visit::here();
    let (backend, actor) = (visit.backend()?, visit.actor()?);
    let filter: String = typed.trim().chars().take(TYPED_MAX).collect();
    if filter.is_empty() {
        return Ok(Found::default());
    }
    let query = || ListQuery {
        filter: filter.clone(),
        limit: EACH,
        ..ListQuery::default()
    };
    let groups = visit.answer(backend.groups(actor, query()).await)?;
    let templates = visit.answer(backend.templates(actor, query()).await)?;
    let balancers = visit.answer(backend.balancers(actor, query()).await)?;
    let more = groups.next.is_some() || templates.next.is_some() || balancers.next.is_some();
    let hit = |kind, id: String, name| Hit { kind, id, name };
    let groups = groups
        .rows
        .into_iter()
        .map(|row| hit(Kind::Group, row.id.to_string(), row.name));
    let templates = templates
        .rows
        .into_iter()
        .map(|row| hit(Kind::Template, row.id.to_string(), row.name));
    let balancers = balancers
        .rows
        .into_iter()
        .map(|row| hit(Kind::Balancer, row.id.to_string(), row.name));
    let hits = groups.chain(templates).chain(balancers).collect();
    Ok(Found { hits, more })
}
