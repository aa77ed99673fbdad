//! `api::backend` on [`Console`], one line a method.

use super::{Console, balancers, bindings, groups, instances, sign_in, size, status, templates, vservers};
use crate::queries;
use api::actor::Actor;
use api::backend::{Answer, Balancers, Common, Groups, Protect, System, Templates};
use api::balancers::{BalancerForm, BalancerRow, BalancerView, BindForm, VServerForm};
use api::catalogue::Catalogue;
use api::groups::{
    ActivityView, DecisionView, GroupForm, GroupRow, GroupView, InstanceSeriesView, InstanceView, ListQuery, Overview,
    Page, SeriesView,
};
use api::session::Frame;
use api::system::SystemView;
use api::templates::{TemplateForm, TemplateRow, TemplateView};
use async_trait::async_trait;
use engine::model::{GroupId, InstanceId, LoadBalancerId, TemplateId, UserId, VServerId};

#[async_trait]
impl Groups for Console {
    async fn groups(&self, actor: &Actor, query: ListQuery) -> Answer<Page<GroupRow>> {
        queries::groups::list(self, actor, query).await
    }
    async fn overview(&self, actor: &Actor) -> Answer<Overview> {
        queries::overview::view(self, actor).await
    }
    async fn group(&self, actor: &Actor, id: GroupId) -> Answer<GroupView> {
        queries::group::view(self, actor, id).await
    }
    async fn instances(&self, actor: &Actor, id: GroupId, query: ListQuery) -> Answer<Page<InstanceView>> {
        queries::instances::list(self, actor, id, query).await
    }
    async fn decisions(&self, actor: &Actor, id: GroupId, query: ListQuery) -> Answer<Page<DecisionView>> {
        queries::decisions::list(self, actor, id, query).await
    }
    async fn instance_series(
        &self,
        actor: &Actor,
        id: GroupId,
        only: Option<InstanceId>,
        from_ms: i64,
        to_ms: i64,
    ) -> Answer<InstanceSeriesView> {
        queries::instance_series::view(self, actor, (id, only), from_ms, to_ms).await
    }
    async fn activities(&self, actor: &Actor, id: GroupId, query: ListQuery) -> Answer<Page<ActivityView>> {
        queries::activities::list(self, actor, id, query).await
    }
    async fn series(&self, actor: &Actor, id: GroupId, from_ms: i64, to_ms: i64) -> Answer<SeriesView> {
        queries::series::view(self, actor, id, from_ms, to_ms).await
    }
    async fn create_group(&self, actor: &Actor, form: GroupForm) -> Answer<GroupId> {
        groups::create(self, actor, form).await
    }
    async fn update_group(&self, actor: &Actor, id: GroupId, form: GroupForm) -> Answer<()> {
        groups::update(self, actor, id, form).await
    }
    async fn resize_group(&self, actor: &Actor, id: GroupId, desired: String) -> Answer<()> {
        size::resize(self, actor, id, desired).await
    }
    async fn enable_group(&self, actor: &Actor, id: GroupId) -> Answer<()> {
        status::enable(self, actor, id).await
    }
    async fn disable_group(&self, actor: &Actor, id: GroupId) -> Answer<()> {
        status::disable(self, actor, id).await
    }
    async fn delete_group(&self, actor: &Actor, id: GroupId, typed: String) -> Answer<()> {
        groups::delete(self, actor, id, typed).await
    }
    async fn bind_group(&self, actor: &Actor, id: GroupId, form: BindForm) -> Answer<()> {
        bindings::bind(self, actor, id, form).await
    }
    async fn unbind_group(&self, actor: &Actor, id: GroupId, vserver: VServerId) -> Answer<()> {
        bindings::unbind(self, actor, id, vserver).await
    }
    async fn remove_instance(&self, actor: &Actor, group: GroupId, id: InstanceId) -> Answer<()> {
        instances::remove(self, actor, group, id).await
    }
    async fn protect_instance(&self, actor: &Actor, group: GroupId, id: InstanceId, protect: Protect) -> Answer<()> {
        instances::protect(self, actor, group, id, protect).await
    }
    async fn instance_logs(&self, actor: &Actor, group: GroupId, id: InstanceId) -> Answer<String> {
        queries::logs::read(self, actor, group, id).await
    }
    async fn rearm_breaker(&self, actor: &Actor, id: GroupId) -> Answer<()> {
        size::rearm(self, actor, id).await
    }
    async fn confirm_strays(&self, actor: &Actor, id: GroupId) -> Answer<()> {
        size::confirm_strays(self, actor, id).await
    }
}

#[async_trait]
impl Templates for Console {
    async fn templates(&self, actor: &Actor, query: ListQuery) -> Answer<Page<TemplateRow>> {
        queries::templates::list(self, actor, query).await
    }
    async fn template(&self, actor: &Actor, id: TemplateId) -> Answer<TemplateView> {
        queries::templates::view(self, actor, id).await
    }
    async fn create_template(&self, actor: &Actor, form: TemplateForm) -> Answer<TemplateId> {
        templates::create(self, actor, form).await
    }
    async fn delete_template(&self, actor: &Actor, id: TemplateId) -> Answer<()> {
        templates::delete(self, actor, id).await
    }
}

#[async_trait]
impl Balancers for Console {
    async fn balancers(&self, actor: &Actor, query: ListQuery) -> Answer<Page<BalancerRow>> {
        queries::balancers::list(self, actor, query).await
    }
    async fn balancer(&self, actor: &Actor, id: LoadBalancerId) -> Answer<BalancerView> {
        queries::balancer::view(self, actor, id).await
    }
    async fn create_balancer(&self, actor: &Actor, form: BalancerForm) -> Answer<LoadBalancerId> {
        balancers::create(self, actor, form).await
    }
    async fn delete_balancer(&self, actor: &Actor, id: LoadBalancerId, typed: String) -> Answer<()> {
        balancers::delete(self, actor, id, typed).await
    }
    async fn create_vserver(&self, actor: &Actor, id: LoadBalancerId, form: VServerForm) -> Answer<VServerId> {
        vservers::create(self, actor, id, form).await
    }
    async fn delete_vserver(&self, actor: &Actor, id: LoadBalancerId, vserver: VServerId) -> Answer<()> {
        vservers::delete(self, actor, id, vserver).await
    }
}

#[async_trait]
impl Common for Console {
    async fn frame(&self, actor: Option<&Actor>) -> Answer<Frame> {
        Ok(queries::common::frame(self, actor))
    }
    async fn catalogue(&self, actor: &Actor) -> Answer<Catalogue> {
        queries::common::catalogue(self, actor).await
    }
    async fn check_password(&self, name: &str, password: &str, from: &str) -> Answer<Actor> {
        sign_in::check(self, name, password, from).await
    }
    async fn actor_by_id(&self, user: UserId) -> Answer<Actor> {
        queries::common::actor(self, user).await
    }
}

#[async_trait]
impl System for Console {
    async fn system(&self, actor: &Actor) -> Answer<SystemView> {
        queries::system::view(self, actor).await
    }
}
