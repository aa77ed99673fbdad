//! Who and what there is in every story: one group with its template, its network and its load balancer; and what people do
//! to them, as their commands would.

use crate::story::{Edit, Story};
use api::groups::{ActivityKind, Cause};
use control::drivers::{Birth, ImageSpec, MachineSpec};
use control::store::{BalancerRecord, GroupRecord, Launch, LoopStore as _, MemoryStore, VServerRecord};
use engine::memory::Durable;
use engine::model::{
    GroupId, GroupStatus, InstanceId, LoadBalancerId, Order, Phase, SubnetId, TemplateId, TenantId, Timestamp,
    VServerId,
};
use futures::FutureExt as _;
use std::net::Ipv4Addr;

/// Whose all of it is.
pub const TENANT: TenantId = TenantId(1);
/// The group.
pub const GROUP: GroupId = GroupId(77);
/// Its load balancer.
pub const BALANCER: LoadBalancerId = LoadBalancerId(5);
/// Its listener.
pub const VSERVER: VServerId = VServerId(6);
const TEMPLATE: TemplateId = TemplateId(2);
/// Its subnets, one a zone.
const SUBNETS: [(SubnetId, &str); 2] = [(SubnetId(10), "r-a"), (SubnetId(11), "r-b")];
/// A quarter of a vCPU.
const VCPU_MILLI: u32 = 250;
const MEMORY_BYTES: u64 = 256 << 20;

fn launch(version: u32) -> Launch {
    Launch {
        template: TEMPLATE,
        template_version: version,
        vcpu_milli: VCPU_MILLI,
        memory_bytes: MEMORY_BYTES,
        image: ImageSpec {
            name: "web".to_owned(),
            command: vec!["web".to_owned()],
            environment: Vec::new(),
            ports: vec![8080],
            ready_path: None,
        },
        user_data: String::new(),
        subnets: SUBNETS.iter().map(|(id, zone)| (*id, (*zone).to_owned())).collect(),
    }
}

/// Fills a store with what a story begins with.
pub fn settle_in(store: &MemoryStore, story: &Story) {
    for (place, (id, _)) in SUBNETS.iter().enumerate() {
        store.put_subnet(*id, &format!("10.0.{place}.0/{}", story.subnet_bits));
    }
    store.put_group(GroupRecord {
        id: GROUP,
        tenant: TENANT,
        name: "web".to_owned(),
        status: GroupStatus::Enabled,
        spec_version: 1,
        state_rev: 0,
        spec: story.spec.clone(),
        launch: launch(1),
        durable: Durable {
            desired: story.desired,
            ..Durable::default()
        },
        instances: Vec::new(),
        orders: Vec::new(),
    });
    store.put_balancer(BalancerRecord {
        id: BALANCER,
        tenant: TENANT,
        address: Ipv4Addr::LOCALHOST,
        vservers: vec![VServerRecord {
            id: VSERVER,
            port: 20_001,
            algorithm: "round_robin".to_owned(),
            check_path: "/".to_owned(),
            check_interval_s: 2,
        }],
        deleted: false,
    });
}

/// People change something; `who` is the instance it is about, `number` the event.
pub fn edit(store: &MemoryStore, edit: Edit, who: Option<InstanceId>, number: usize) {
    let staying = matches!(store.status(GROUP), Some(GroupStatus::Enabled | GroupStatus::Disabled));
    if !staying {
        return;
    }
    let order = |order| store.order(GROUP, &format!("o-{number}"), order);
    match (edit, who) {
        (Edit::Bounds(min, max), _) => store.edit(GROUP, |group| (group.spec.min, group.spec.max) = (min, max)),
        (Edit::Desired(desired), _) => store.edit(GROUP, |group| {
            group.durable.desired = desired.clamp(group.spec.min, group.spec.max);
        }),
        (Edit::Template, _) => store.edit(GROUP, |group| group.launch.template_version += 1),
        (Edit::WarmUp(span), _) => store.edit(GROUP, |group| group.spec.warm_up = span),
        (Edit::Threshold(threshold), _) => store.edit(GROUP, |group| {
            if let Some(rule) = group.spec.rules.first_mut() {
                rule.threshold = threshold;
            }
        }),
        (Edit::Status(status), _) => store.set_status(GROUP, status),
        (Edit::Rearm, _) => order(Order::RearmBreaker),
        (Edit::Remove, Some(id)) => order(Order::Remove { id }),
        (Edit::Protect, Some(_)) => protect(store),
        (Edit::SetAside, Some(id)) => store.mark_instance(GROUP, id, |flags| flags.standby = true),
        (Edit::Remove | Edit::Protect | Edit::SetAside, None) => {}
    }
}

/// Every other instance.
fn protect(store: &MemoryStore) {
    let Some(Ok(Some(group))) = store.load(GROUP).now_or_never() else {
        return;
    };
    for row in group.instances.iter().step_by(2) {
        store.mark_instance(GROUP, row.id, |flags| flags.protected = true);
    }
}

/// What people do when an edit's time is over.
pub fn undo(store: &MemoryStore, edit: Edit, group: &GroupRecord) {
    match edit {
        Edit::Status(GroupStatus::Disabled) if group.status == GroupStatus::Disabled => {
            store.set_status(GROUP, GroupStatus::Enabled);
        }
        Edit::Protect | Edit::SetAside => unmark(store, group),
        _ => {}
    }
}

fn unmark(store: &MemoryStore, group: &GroupRecord) {
    for row in &group.instances {
        store.mark_instance(GROUP, row.id, |flags| (flags.protected, flags.standby) = (false, false));
    }
}

/// What a person does who finds the group after all that: enables it, lets launches be tried, lets strays go.
pub fn put_right(store: &MemoryStore, group: &GroupRecord) {
    if group.status == GroupStatus::Disabled {
        store.set_status(GROUP, GroupStatus::Enabled);
    }
    unmark(store, group);
    store.order(GROUP, "o-rearm", Order::RearmBreaker);
    store.order(GROUP, "o-strays", Order::ConfirmStrays);
}

/// A machine with the group's tags that nobody here asked for.
pub fn stray(id: InstanceId, alike: Alike, group: &GroupRecord, now: Timestamp) -> MachineSpec {
    let (subnet, _) = SUBNETS[0];
    let version = match alike {
        Alike::Same => group.launch.template_version,
        Alike::Other => 999,
    };
    MachineSpec {
        id,
        group: GROUP,
        name: "web-stray1".to_owned(),
        host_name: "web-stray1".to_owned(),
        vcpu_milli: VCPU_MILLI,
        memory_bytes: MEMORY_BYTES,
        address: Ipv4Addr::new(10, 0, 0, 200),
        image: group.launch.image.clone(),
        user_data: String::new(),
        birth: Some(Birth {
            subnet,
            template: TEMPLATE,
            template_version: version,
            warm_up_ms: group.spec.warm_up.0,
            intended_at: now,
        }),
    }
}

/// Whether a stray could be a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alike {
    /// As the group would make it.
    Same,
    /// Something else.
    Other,
}

/// Whether a record is on its way out.
pub const fn is_leaving(phase: &Phase) -> bool {
    !matches!(phase, Phase::Launching | Phase::Serving)
}

/// Whether a cause says why.
pub fn says_why(kind: ActivityKind, cause: &Cause) -> bool {
    match cause {
        Cause::Engine { reasons } => !reasons.is_empty(),
        Cause::Leave { reasons, .. } => !reasons.is_empty() || kind != ActivityKind::Removal,
        Cause::Person { .. } => true,
    }
}
