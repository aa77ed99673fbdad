//! Actor x action x resource, in one table (design 6). Nothing else decides who may do what.
//!
//! - The actor's part is the role. *Whose* things are touched is not asked here: every statement has the actor's tenant in
//!   its `WHERE`, so that another tenant's object is simply not found.
//! - The table is written once, below; its whole matrix is the golden file `tests/golden/gate.txt`.
//! - Every method of the backend has its own action and asks first.

use api::actor::Role;
use api::problem::{Code, Problem};

/// What is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Groups with their instances and logs.
    Group,
    /// Templates.
    Template,
    /// Load balancers with their VServers.
    Balancer,
    /// What can be had.
    Catalogue,
}

/// What an action does to its resource: what roles are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Looks only.
    Look,
    /// Changes, makes or removes.
    Work,
}

/// The gate's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// This role may not.
    Forbidden,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident, $name:literal: $resource:ident, $deed:ident;)*) => {
        /// One for every method of the backend that a signed-in user can call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            /// Every action, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$action),*];

            /// Its name in the audit log.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)*
                }
            }

            /// What it touches.
            pub const fn resource(self) -> Resource {
                match self {
                    $(Self::$action => Resource::$resource,)*
                }
            }

            /// What it does to it.
            pub const fn deed(self) -> Deed {
                match self {
                    $(Self::$action => Deed::$deed,)*
                }
            }
        }
    };
}

actions! {
    /// The list of groups.
    ListGroups, "list_groups": Group, Look;
    /// A group's page.
    ReadGroup, "read_group": Group, Look;
    /// Its scaling log.
    ReadActivities, "read_activities": Group, Look;
    /// Its cycles.
    ReadSeries, "read_series": Group, Look;
    /// What an instance printed.
    ReadLogs, "read_logs": Group, Look;
    /// A new group.
    CreateGroup, "create_group": Group, Work;
    /// An edit.
    UpdateGroup, "update_group": Group, Work;
    /// Desired by hand.
    ResizeGroup, "resize_group": Group, Work;
    /// Enable.
    EnableGroup, "enable_group": Group, Work;
    /// Disable.
    DisableGroup, "disable_group": Group, Work;
    /// Delete, with every instance.
    DeleteGroup, "delete_group": Group, Work;
    /// Bind to a VServer.
    BindGroup, "bind_group": Group, Work;
    /// Unbind.
    UnbindGroup, "unbind_group": Group, Work;
    /// Remove an instance.
    RemoveInstance, "remove_instance": Group, Work;
    /// Protect an instance, or lift that.
    ProtectInstance, "protect_instance": Group, Work;
    /// Re-arm the breaker.
    RearmBreaker, "rearm_breaker": Group, Work;
    /// Let machines without a record be destroyed.
    ConfirmStrays, "confirm_strays": Group, Work;
    /// The list of templates.
    ListTemplates, "list_templates": Template, Look;
    /// A template's page.
    ReadTemplate, "read_template": Template, Look;
    /// A new template.
    CreateTemplate, "create_template": Template, Work;
    /// Delete.
    DeleteTemplate, "delete_template": Template, Work;
    /// The list of load balancers.
    ListBalancers, "list_balancers": Balancer, Look;
    /// A load balancer's page.
    ReadBalancer, "read_balancer": Balancer, Look;
    /// A new load balancer.
    CreateBalancer, "create_balancer": Balancer, Work;
    /// Delete.
    DeleteBalancer, "delete_balancer": Balancer, Work;
    /// A new VServer.
    CreateVServer, "create_vserver": Balancer, Work;
    /// Delete a VServer.
    DeleteVServer, "delete_vserver": Balancer, Work;
    /// Regions, types, images.
    ReadCatalogue, "read_catalogue": Catalogue, Look;
}

/// The table: may this role do that?
pub const fn may(role: Role, action: Action) -> Verdict {
    match (role, action.deed(), action.resource()) {
        (Role::PlatformAdmin | Role::TenantOwner, Deed::Look | Deed::Work, _)
        | (Role::Operator | Role::Viewer, Deed::Look, _)
        | (Role::Operator, Deed::Work, Resource::Group | Resource::Template | Resource::Balancer) => Verdict::Allowed,
        (Role::Operator, Deed::Work, Resource::Catalogue) | (Role::Viewer, Deed::Work, _) => Verdict::Forbidden,
    }
}

/// [`may`], as the problem the user sees.
///
/// # Errors
/// The role may not.
pub fn ask(role: Role, action: Action) -> Result<(), Problem> {
    match may(role, action) {
        Verdict::Allowed => Ok(()),
        Verdict::Forbidden => Err(Problem::at("", Code::Forbidden)),
    }
}
