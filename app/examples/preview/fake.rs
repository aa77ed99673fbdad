//! A backend of made-up data. Every change is refused or forgotten.

use crate::data;
use api::actor::Actor;
use api::backend::{Answer, Balancers, Common, Groups, Protect, Templates};
use api::balancers::{BalancerForm, BalancerRow, BalancerView, BindForm, VServerForm};
use api::catalogue::Catalogue;
use api::groups::{ActivityView, GroupForm, GroupRow, GroupView, ListQuery, Page, SeriesView};
use api::problem::{Code, Problem, Problems};
use api::session::Frame;
use api::templates::{TemplateForm, TemplateRow, TemplateView};
use async_trait::async_trait;
use engine::model::{GroupId, InstanceId, LoadBalancerId, TemplateId, UserId, VServerId};

/// The backend.
#[derive(Default)]
pub struct FakeBackend;

fn page<T>(rows: Vec<T>) -> Page<T> {
    Page {
        total: u32::try_from(rows.len()).unwrap_or(0),
        rows,
        next: None,
    }
}

fn taken(name: &str) -> Problems {
    Problem::at("name", Code::NameTaken).with(name).into()
}

#[async_trait]
impl Groups for FakeBackend {
    async fn groups(&self, _: &Actor, query: ListQuery) -> Answer<Page<GroupRow>> {
        Ok(page(
            data::rows()
                .into_iter()
                .filter(|row| row.name.contains(&query.filter))
                .collect(),
        ))
    }
    async fn group(&self, _: &Actor, id: GroupId) -> Answer<GroupView> {
        let row = data::rows().into_iter().find(|row| row.id == id);
        row.map(data::view)
            .ok_or_else(|| Problem::at("", Code::NotFound).into())
    }
    async fn activities(&self, _: &Actor, _: GroupId, _: ListQuery) -> Answer<Page<ActivityView>> {
        Ok(page(data::activities()))
    }
    async fn series(&self, _: &Actor, _: GroupId, from_ms: i64, to_ms: i64) -> Answer<SeriesView> {
        Ok(data::series(from_ms, to_ms))
    }
    async fn create_group(&self, _: &Actor, form: GroupForm) -> Answer<GroupId> {
        if form.name == "shop-web" {
            Err(taken(&form.name))
        } else {
            Ok(GroupId(1))
        }
    }
    async fn update_group(&self, _: &Actor, _: GroupId, form: GroupForm) -> Answer<()> {
        if form.max == "9" {
            Err(Problem::at("", Code::Stale).with(4).with(form.version).into())
        } else {
            Ok(())
        }
    }
    async fn resize_group(&self, _: &Actor, _: GroupId, desired: String) -> Answer<()> {
        Err(Problem::at("desired", Code::DesiredOutOfBounds)
            .with(desired)
            .with(1)
            .with(6)
            .into())
    }
    async fn enable_group(&self, _: &Actor, _: GroupId) -> Answer<()> {
        Ok(())
    }
    async fn disable_group(&self, _: &Actor, _: GroupId) -> Answer<()> {
        Ok(())
    }
    async fn delete_group(&self, _: &Actor, _: GroupId, _: String) -> Answer<()> {
        Err(Problem::at("typed", Code::NameNotRepeated).with("shop-web").into())
    }
    async fn bind_group(&self, _: &Actor, _: GroupId, _: BindForm) -> Answer<()> {
        Ok(())
    }
    async fn unbind_group(&self, _: &Actor, _: GroupId, _: VServerId) -> Answer<()> {
        Ok(())
    }
    async fn remove_instance(&self, _: &Actor, _: GroupId, _: InstanceId) -> Answer<()> {
        Ok(())
    }
    async fn protect_instance(&self, _: &Actor, _: GroupId, _: InstanceId, _: Protect) -> Answer<()> {
        Ok(())
    }
    async fn instance_logs(&self, _: &Actor, _: GroupId, _: InstanceId) -> Answer<String> {
        Ok("listening on 127.20.1.11:8080\n<script>alert(1)</script>\n".repeat(20))
    }
    async fn rearm_breaker(&self, _: &Actor, _: GroupId) -> Answer<()> {
        Ok(())
    }
}

#[async_trait]
impl Templates for FakeBackend {
    async fn templates(&self, _: &Actor, _: ListQuery) -> Answer<Page<TemplateRow>> {
        Ok(page(vec![data::template().row]))
    }
    async fn template(&self, _: &Actor, _: TemplateId) -> Answer<TemplateView> {
        Ok(data::template())
    }
    async fn create_template(&self, _: &Actor, form: TemplateForm) -> Answer<TemplateId> {
        if form.name == "web-quarter" {
            Err(taken(&form.name))
        } else {
            Ok(TemplateId(1))
        }
    }
    async fn delete_template(&self, _: &Actor, _: TemplateId) -> Answer<()> {
        Err(Problem::at("", Code::InUse).with("shop-web").into())
    }
}

#[async_trait]
impl Balancers for FakeBackend {
    async fn balancers(&self, _: &Actor, _: ListQuery) -> Answer<Page<BalancerRow>> {
        Ok(page(vec![data::balancer_row()]))
    }
    async fn balancer(&self, _: &Actor, _: LoadBalancerId) -> Answer<BalancerView> {
        Ok(data::balancer())
    }
    async fn create_balancer(&self, _: &Actor, _: BalancerForm) -> Answer<LoadBalancerId> {
        Ok(LoadBalancerId(1))
    }
    async fn delete_balancer(&self, _: &Actor, _: LoadBalancerId, _: String) -> Answer<()> {
        Ok(())
    }
    async fn create_vserver(&self, _: &Actor, _: LoadBalancerId, form: VServerForm) -> Answer<VServerId> {
        Err(Problem::at("port", Code::PortTaken)
            .with(form.port)
            .with("front / http")
            .into())
    }
    async fn delete_vserver(&self, _: &Actor, _: LoadBalancerId, _: VServerId) -> Answer<()> {
        Ok(())
    }
}

#[async_trait]
impl Common for FakeBackend {
    async fn frame(&self, actor: Option<&Actor>) -> Answer<Frame> {
        Ok(Frame {
            actor: actor.cloned(),
            now_ms: data::NOW_MS,
            wall_ms: data::NOW_MS,
            scale: 20,
            balancer_missing: false,
            version: "0.1.0".into(),
        })
    }
    async fn catalogue(&self, _: &Actor) -> Answer<Catalogue> {
        Ok(data::catalogue())
    }
    async fn check_password(&self, name: &str, password: &str, _: &str) -> Answer<Actor> {
        let right = name == "admin" && password == "admin";
        if right {
            Ok(data::actor())
        } else {
            Err(Problem::at("", Code::WrongCredentials).into())
        }
    }
    async fn actor_by_id(&self, _: UserId) -> Answer<Actor> {
        Ok(data::actor())
    }
}
