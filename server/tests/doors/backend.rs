//! A backend that knows who somebody is, and of nothing else.

use crate::world::{PASSWORD, Users};
use api::actor::Actor;
use api::backend::{Answer, Balancers, Common, Groups, Protect, System, Templates};
use api::balancers::{BalancerForm, BalancerRow, BalancerView, BindForm, VServerForm};
use api::catalogue::Catalogue;
use api::groups::{
    ActivityView, DecisionView, GroupForm, GroupRow, GroupView, InstanceSeriesView, InstanceView, ListQuery, Overview,
    Page, SeriesView,
};
use api::problem::{Code, Problem};
use api::session::Frame;
use api::system::SystemView;
use api::templates::{TemplateForm, TemplateRow, TemplateView};
use async_trait::async_trait;
use engine::model::{GroupId, InstanceId, LoadBalancerId, TemplateId, UserId, VServerId};

/// What no test here asks for.
fn none<T>() -> Answer<T> {
    Err(Problem::at("", Code::NotFound).into())
}

#[async_trait]
impl Common for Users {
    async fn frame(&self, actor: Option<&Actor>) -> Answer<Frame> {
        let version = "0".to_owned();
        Ok(Frame {
            actor: actor.cloned(),
            now_ms: 0,
            wall_ms: 0,
            scale: 1,
            balancer_missing: false,
            version,
        })
    }
    async fn catalogue(&self, _: &Actor) -> Answer<Catalogue> {
        none()
    }
    async fn check_password(&self, name: &str, password: &str, _: &str) -> Answer<Actor> {
        let users = self.0.lock().unwrap();
        let found = users.values().find(|actor| actor.name == name && password == PASSWORD);
        found
            .cloned()
            .ok_or_else(|| Problem::at("", Code::WrongCredentials).into())
    }
    async fn actor_by_id(&self, user: UserId) -> Answer<Actor> {
        self.0
            .lock()
            .unwrap()
            .get(&user)
            .cloned()
            .ok_or_else(|| Problem::at("", Code::NotFound).into())
    }
}

#[async_trait]
impl System for Users {
    async fn system(&self, _: &Actor) -> Answer<SystemView> {
        none()
    }
}

#[async_trait]
impl Groups for Users {
    async fn groups(&self, _: &Actor, _: ListQuery) -> Answer<Page<GroupRow>> {
        none()
    }
    async fn overview(&self, _: &Actor) -> Answer<Overview> {
        none()
    }
    async fn group(&self, _: &Actor, _: GroupId) -> Answer<GroupView> {
        none()
    }
    async fn instances(&self, _: &Actor, _: GroupId, _: ListQuery) -> Answer<Page<InstanceView>> {
        none()
    }
    async fn decisions(&self, _: &Actor, _: GroupId, _: ListQuery) -> Answer<Page<DecisionView>> {
        none()
    }
    async fn instance_series(
        &self,
        _: &Actor,
        _: GroupId,
        _: Option<InstanceId>,
        _: i64,
        _: i64,
    ) -> Answer<InstanceSeriesView> {
        none()
    }
    async fn activities(&self, _: &Actor, _: GroupId, _: ListQuery) -> Answer<Page<ActivityView>> {
        none()
    }
    async fn series(&self, _: &Actor, _: GroupId, _: i64, _: i64) -> Answer<SeriesView> {
        none()
    }
    async fn create_group(&self, _: &Actor, _: GroupForm) -> Answer<GroupId> {
        none()
    }
    async fn update_group(&self, _: &Actor, _: GroupId, _: GroupForm) -> Answer<()> {
        none()
    }
    async fn resize_group(&self, _: &Actor, _: GroupId, _: String) -> Answer<()> {
        none()
    }
    async fn enable_group(&self, _: &Actor, _: GroupId) -> Answer<()> {
        none()
    }
    async fn disable_group(&self, _: &Actor, _: GroupId) -> Answer<()> {
        none()
    }
    async fn delete_group(&self, _: &Actor, _: GroupId, _: String) -> Answer<()> {
        none()
    }
    async fn bind_group(&self, _: &Actor, _: GroupId, _: BindForm) -> Answer<()> {
        none()
    }
    async fn unbind_group(&self, _: &Actor, _: GroupId, _: VServerId) -> Answer<()> {
        none()
    }
    async fn remove_instance(&self, _: &Actor, _: GroupId, _: InstanceId) -> Answer<()> {
        none()
    }
    async fn protect_instance(&self, _: &Actor, _: GroupId, _: InstanceId, _: Protect) -> Answer<()> {
        none()
    }
    async fn instance_logs(&self, _: &Actor, _: GroupId, _: InstanceId) -> Answer<String> {
        none()
    }
    async fn rearm_breaker(&self, _: &Actor, _: GroupId) -> Answer<()> {
        none()
    }
    async fn confirm_strays(&self, _: &Actor, _: GroupId) -> Answer<()> {
        none()
    }
}

#[async_trait]
impl Templates for Users {
    async fn templates(&self, _: &Actor, _: ListQuery) -> Answer<Page<TemplateRow>> {
        none()
    }
    async fn template(&self, _: &Actor, _: TemplateId) -> Answer<TemplateView> {
        none()
    }
    async fn create_template(&self, _: &Actor, _: TemplateForm) -> Answer<TemplateId> {
        none()
    }
    async fn delete_template(&self, _: &Actor, _: TemplateId) -> Answer<()> {
        none()
    }
}

#[async_trait]
impl Balancers for Users {
    async fn balancers(&self, _: &Actor, _: ListQuery) -> Answer<Page<BalancerRow>> {
        none()
    }
    async fn balancer(&self, _: &Actor, _: LoadBalancerId) -> Answer<BalancerView> {
        none()
    }
    async fn create_balancer(&self, _: &Actor, _: BalancerForm) -> Answer<LoadBalancerId> {
        none()
    }
    async fn delete_balancer(&self, _: &Actor, _: LoadBalancerId, _: String) -> Answer<()> {
        none()
    }
    async fn create_vserver(&self, _: &Actor, _: LoadBalancerId, _: VServerForm) -> Answer<VServerId> {
        none()
    }
    async fn delete_vserver(&self, _: &Actor, _: LoadBalancerId, _: VServerId) -> Answer<()> {
        none()
    }
}
