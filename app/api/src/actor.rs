//! Who asks: the one thing the gate looks at besides action and resource.

use engine::model::{TenantId, UserId};
use serde::{Deserialize, Serialize};

/// What a user may do, before policies (which join later).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything of the own tenant, and the installation itself; another tenant's things are as hidden as from anybody.
    PlatformAdmin,
    /// Everything of the own tenant.
    TenantOwner,
    /// Works with groups, templates and balancers of the own tenant.
    Operator,
    /// Looks at the own tenant.
    Viewer,
}

/// A signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub user: UserId,
    /// Sign-in name.
    pub name: String,
    /// Whose things are seen.
    pub tenant: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// What they may do.
    pub role: Role,
}
