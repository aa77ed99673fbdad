//! What the one SSE stream a browser says: "this changed, read it again". Events carry no data of their own, so the gate
//! stays in the queries.

use engine::model::{GroupId, LoadBalancerId, TemplateId};
use serde::{Deserialize, Serialize};

/// Something of the tenant changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "changed")]
pub enum Change {
    /// A group, its instances, activities or decision.
    Group {
        /// Which.
        id: GroupId,
    },
    /// A template.
    Template {
        /// Which.
        id: TemplateId,
    },
    /// A load balancer or its backends.
    Balancer {
        /// Which.
        id: LoadBalancerId,
    },
}

/// A change with its place in the tenant's sequence (the SSE `id`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveEvent {
    /// Grows by one in the writing transaction.
    pub seq: i64,
    /// What.
    pub change: Change,
}
