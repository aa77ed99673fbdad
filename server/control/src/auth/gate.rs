//! Actor x action x resource, in one table (design 6). Nothing else decides who may do what.
//!
//! - The actor's part is the role, or nobody's. The resource's part is its kind and *whose* it is: the own tenant's,
//!   another tenant's, or the installation's own.
//! - The role is asked first and answers the same whether the thing exists or not ([`ask`]). Whose a thing is, is asked by
//!   the statement that reads it: each has the actor's tenant in its `WHERE`, so that another tenant's thing is not found,
//!   and looks like one that never was ([`Verdict::Hidden`]).
//! - The table is written once, in [`may`]; its whole matrix is the golden file `tests/golden/gate.txt`, and tests walk all
//!   of it through the backend and through the doors.
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
    /// The installation: loop, store, driver, everybody's load balancers.
    System,
}

/// Whose the touched thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// The actor's tenant's.
    Own,
    /// Another tenant's.
    Other,
    /// No tenant's.
    Installation,
}

/// What a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aim {
    /// One thing by its id: it can be another tenant's.
    One,
    /// A list, or a thing that is not there yet: always the own tenant's.
    All,
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
    /// Nobody is signed in.
    SignInFirst,
    /// This role may not, whatever the thing.
    Forbidden,
    /// The role may, but the thing is another tenant's: whether it exists is secret.
    Hidden,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident, $name:literal: $deed:ident $aim:ident $resource:ident;)*) => {
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

            /// What it names.
            pub const fn aim(self) -> Aim {
                match self {
                    $(Self::$action => Aim::$aim,)*
                }
            }
        }
    };
}

actions! {
    /// The list of groups.
    ListGroups, "list_groups": Look All Group;
    /// How much there is, and what needs a person.
    ReadOverview, "read_overview": Look All Group;
    /// A group's page.
    ReadGroup, "read_group": Look One Group;
    /// The list of its instances.
    ListInstances, "list_instances": Look One Group;
    /// The list of its decisions.
    ListDecisions, "list_decisions": Look One Group;
    /// What its instances used. No door asks yet: an instance's own page will.
    ReadMinutes, "read_minutes": Look One Group;
    /// Its scaling log.
    ReadActivities, "read_activities": Look One Group;
    /// Its cycles.
    ReadSeries, "read_series": Look One Group;
    /// What an instance printed.
    ReadLogs, "read_logs": Look One Group;
    /// A new group.
    CreateGroup, "create_group": Work All Group;
    /// An edit.
    UpdateGroup, "update_group": Work One Group;
    /// Desired by hand.
    ResizeGroup, "resize_group": Work One Group;
    /// Enable.
    EnableGroup, "enable_group": Work One Group;
    /// Disable.
    DisableGroup, "disable_group": Work One Group;
    /// Delete, with every instance.
    DeleteGroup, "delete_group": Work One Group;
    /// Bind to a VServer.
    BindGroup, "bind_group": Work One Group;
    /// Unbind.
    UnbindGroup, "unbind_group": Work One Group;
    /// Remove an instance.
    RemoveInstance, "remove_instance": Work One Group;
    /// Protect an instance, or lift that.
    ProtectInstance, "protect_instance": Work One Group;
    /// Re-arm the breaker.
    RearmBreaker, "rearm_breaker": Work One Group;
    /// Let machines without a record be destroyed.
    ConfirmStrays, "confirm_strays": Work One Group;
    /// The list of templates.
    ListTemplates, "list_templates": Look All Template;
    /// A template's page.
    ReadTemplate, "read_template": Look One Template;
    /// A new template.
    CreateTemplate, "create_template": Work All Template;
    /// Delete.
    DeleteTemplate, "delete_template": Work One Template;
    /// The list of load balancers.
    ListBalancers, "list_balancers": Look All Balancer;
    /// A load balancer's page.
    ReadBalancer, "read_balancer": Look One Balancer;
    /// A new load balancer.
    CreateBalancer, "create_balancer": Work All Balancer;
    /// Delete.
    DeleteBalancer, "delete_balancer": Work One Balancer;
    /// A new VServer.
    CreateVServer, "create_vserver": Work One Balancer;
    /// Delete a VServer.
    DeleteVServer, "delete_vserver": Work One Balancer;
    /// Regions, types, images.
    ReadCatalogue, "read_catalogue": Look All Catalogue;
    /// How the installation does.
    ReadSystem, "read_system": Look All System;
}

impl Action {
    /// Whose things it can be about.
    pub const fn whose(self) -> &'static [Whose] {
        match (self.resource(), self.aim()) {
            (Resource::System, _) => &[Whose::Installation],
            (_, Aim::One) => &[Whose::Own, Whose::Other],
            (_, Aim::All) => &[Whose::Own],
        }
    }
}

/// The table: may this actor (a role, or nobody) do that to a thing of theirs?
pub const fn may(who: Option<Role>, action: Action, whose: Whose) -> Verdict {
    let Some(role) = who else {
        return Verdict::SignInFirst;
    };
    match (entitled(role, action), whose) {
        (Verdict::Allowed, Whose::Other) => Verdict::Hidden,
        (verdict, _) => verdict,
    }
}

/// The role's part of the table. One tenant is all that any role sees; an administrator has the installation besides.
const fn entitled(role: Role, action: Action) -> Verdict {
    match (role, action.deed(), action.resource()) {
        (Role::PlatformAdmin, _, _)
        | (
            Role::TenantOwner,
            Deed::Look | Deed::Work,
            Resource::Group | Resource::Template | Resource::Balancer | Resource::Catalogue,
        )
        | (
            Role::Operator | Role::Viewer,
            Deed::Look,
            Resource::Group | Resource::Template | Resource::Balancer | Resource::Catalogue,
        )
        | (Role::Operator, Deed::Work, Resource::Group | Resource::Template | Resource::Balancer) => Verdict::Allowed,
        (Role::TenantOwner, _, Resource::System)
        | (Role::Operator, Deed::Look, Resource::System)
        | (Role::Operator, Deed::Work, Resource::Catalogue | Resource::System)
        | (Role::Viewer, Deed::Work, _)
        | (Role::Viewer, Deed::Look, Resource::System) => Verdict::Forbidden,
    }
}

/// What the role may, as the problem the user sees: asked before anything is looked up.
///
/// # Errors
/// The role may not.
pub fn ask(role: Role, action: Action) -> Result<(), Problem> {
    match entitled(role, action) {
        Verdict::Allowed => Ok(()),
        Verdict::SignInFirst | Verdict::Forbidden | Verdict::Hidden => Err(Problem::at("", Code::Forbidden)),
    }
}

impl Verdict {
    /// The code of the refusal; none when it is allowed.
    pub const fn code(self) -> Option<Code> {
        match self {
            Self::Allowed => None,
            Self::SignInFirst => Some(Code::SignInFirst),
            Self::Forbidden => Some(Code::Forbidden),
            Self::Hidden => Some(Code::NotFound),
        }
    }
}
