//! What can be asked of the server: object-safe, one sub-trait an area (design 1). Implemented by `control`
//! (commands and queries); server functions, REST and SSE call it, and nothing else reaches the store.
//!
//! Every method asks the gate first (actor x action x resource); what a tenant may not see is [`Code::NotFound`].
//!
//! [`Code::NotFound`]: crate::problem::Code::NotFound

use crate::actor::Actor;
use crate::balancers::{BalancerForm, BalancerRow, BalancerView, BindForm, VServerForm};
use crate::catalogue::Catalogue;
use crate::groups::{
    ActivityView, DecisionView, GroupForm, GroupRow, GroupView, InstanceSeriesView, InstanceView, ListQuery, Overview,
    Page, SeriesView,
};
use crate::problem::Problems;
use crate::session::Frame;
use crate::system::SystemView;
use crate::templates::{TemplateForm, TemplateRow, TemplateView};
use async_trait::async_trait;
use engine::model::{GroupId, InstanceId, LoadBalancerId, TemplateId, VServerId};

/// An answer or all that is wrong.
pub type Answer<T> = Result<T, Problems>;

/// Groups.
#[async_trait]
pub trait Groups: Send + Sync {
    /// The list.
    async fn groups(&self, actor: &Actor, query: ListQuery) -> Answer<Page<GroupRow>>;
    /// How much there is, and which groups need a person.
    async fn overview(&self, actor: &Actor) -> Answer<Overview>;
    /// One group's page.
    async fn group(&self, actor: &Actor, id: GroupId) -> Answer<GroupView>;
    /// Its instances that are not gone, newest first.
    async fn instances(&self, actor: &Actor, id: GroupId, query: ListQuery) -> Answer<Page<InstanceView>>;
    /// Its decisions, newest first; the filter looks at the names of their reasons.
    async fn decisions(&self, actor: &Actor, id: GroupId, query: ListQuery) -> Answer<Page<DecisionView>>;
    /// What one instance, or every one, used in each minute between two instants (product milliseconds). No page asks yet:
    /// an instance's own will.
    async fn instance_series(
        &self,
        actor: &Actor,
        id: GroupId,
        only: Option<InstanceId>,
        from_ms: i64,
        to_ms: i64,
    ) -> Answer<InstanceSeriesView>;
    /// Its scaling log, newest first.
    async fn activities(&self, actor: &Actor, id: GroupId, query: ListQuery) -> Answer<Page<ActivityView>>;
    /// Its cycles between two instants (product milliseconds), at most 5 760 (a day).
    async fn series(&self, actor: &Actor, id: GroupId, from_ms: i64, to_ms: i64) -> Answer<SeriesView>;
    /// Creates one.
    async fn create_group(&self, actor: &Actor, form: GroupForm) -> Answer<GroupId>;
    /// Changes one; `form.version` must be the current one.
    async fn update_group(&self, actor: &Actor, id: GroupId, form: GroupForm) -> Answer<()>;
    /// Sets desired by hand; refused outside the bounds.
    async fn resize_group(&self, actor: &Actor, id: GroupId, desired: String) -> Answer<()>;
    /// Enables a disabled one.
    async fn enable_group(&self, actor: &Actor, id: GroupId) -> Answer<()>;
    /// Disables an enabled one.
    async fn disable_group(&self, actor: &Actor, id: GroupId) -> Answer<()>;
    /// Begins its deletion; `typed` repeats its name.
    async fn delete_group(&self, actor: &Actor, id: GroupId, typed: String) -> Answer<()>;
    /// Binds it to a VServer.
    async fn bind_group(&self, actor: &Actor, id: GroupId, form: BindForm) -> Answer<()>;
    /// Unbinds it.
    async fn unbind_group(&self, actor: &Actor, id: GroupId, vserver: VServerId) -> Answer<()>;
    /// Removes (destroys) one instance.
    async fn remove_instance(&self, actor: &Actor, group: GroupId, id: InstanceId) -> Answer<()>;
    /// Protects an instance from removal, or lifts that.
    async fn protect_instance(&self, actor: &Actor, group: GroupId, id: InstanceId, protect: Protect) -> Answer<()>;
    /// The last 64 KiB of what it printed.
    async fn instance_logs(&self, actor: &Actor, group: GroupId, id: InstanceId) -> Answer<String>;
    /// Re-arms an open breaker.
    async fn rearm_breaker(&self, actor: &Actor, id: GroupId) -> Answer<()>;
    /// Lets machines without a record be destroyed although they look like a lost store.
    async fn confirm_strays(&self, actor: &Actor, id: GroupId) -> Answer<()>;
}

/// Set or lift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protect {
    /// Set it.
    Set,
    /// Lift it.
    Lift,
}

/// Templates.
#[async_trait]
pub trait Templates: Send + Sync {
    /// The list.
    async fn templates(&self, actor: &Actor, query: ListQuery) -> Answer<Page<TemplateRow>>;
    /// One template's page.
    async fn template(&self, actor: &Actor, id: TemplateId) -> Answer<TemplateView>;
    /// Creates one.
    async fn create_template(&self, actor: &Actor, form: TemplateForm) -> Answer<TemplateId>;
    /// Deletes one; refused while used, naming by whom.
    async fn delete_template(&self, actor: &Actor, id: TemplateId) -> Answer<()>;
}

/// Load balancers.
#[async_trait]
pub trait Balancers: Send + Sync {
    /// The list.
    async fn balancers(&self, actor: &Actor, query: ListQuery) -> Answer<Page<BalancerRow>>;
    /// One's page.
    async fn balancer(&self, actor: &Actor, id: LoadBalancerId) -> Answer<BalancerView>;
    /// Creates one.
    async fn create_balancer(&self, actor: &Actor, form: BalancerForm) -> Answer<LoadBalancerId>;
    /// Deletes one; refused while a group is bound.
    async fn delete_balancer(&self, actor: &Actor, id: LoadBalancerId, typed: String) -> Answer<()>;
    /// Adds a VServer.
    async fn create_vserver(&self, actor: &Actor, id: LoadBalancerId, form: VServerForm) -> Answer<VServerId>;
    /// Deletes a VServer; refused while a group is bound.
    async fn delete_vserver(&self, actor: &Actor, id: LoadBalancerId, vserver: VServerId) -> Answer<()>;
}

/// The rest every page needs.
#[async_trait]
pub trait Common: Send + Sync {
    /// Frame of a page; `None` when nobody is signed in.
    async fn frame(&self, actor: Option<&Actor>) -> Answer<Frame>;
    /// What can be had.
    async fn catalogue(&self, actor: &Actor) -> Answer<Catalogue>;
    /// Checks name and password; counts failures by (account, address).
    async fn check_password(&self, name: &str, password: &str, from: &str) -> Answer<Actor>;
    /// Reads a user again for a session: role changes and deletion act at once.
    async fn actor_by_id(&self, user: engine::model::UserId) -> Answer<Actor>;
}

/// The installation itself: nobody's tenant.
#[async_trait]
pub trait System: Send + Sync {
    /// How loop, store, driver and load balancers do; for platform administrators.
    async fn system(&self, actor: &Actor) -> Answer<SystemView>;
}

/// Everything.
pub trait Backend: Groups + Templates + Balancers + Common + System {}
impl<T: Groups + Templates + Balancers + Common + System> Backend for T {}
