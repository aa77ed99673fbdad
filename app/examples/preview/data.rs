//! Made-up data with something of everything: growth, an alarm, a gap, a name that tries to be markup.

use api::actor::{Actor, Role};
use api::balancers::{BackendView, BalancerHealth, BalancerRow, BalancerView, BindingView, BoundGroup, VServerView};
use api::catalogue::{Catalogue, ImageView, SubnetView, TypeView, VpcView};
use api::groups::{
    ActivityKind, ActivityStatus, ActivityView, Cause, DecisionView, GroupRow, GroupView, InstanceView, SeriesView,
};
use api::templates::{TemplateRow, TemplateView};
use engine::census::InstanceState;
use engine::memory::CycleRecord;
use engine::model::{
    ActivityId, Cycle, GroupId, GroupSpec, GroupStatus, Guard, InstanceId, LeaveCause, LoadBalancerId, Metric, Missing,
    ReadyCheck, Reason, RemovalPolicy, Rule, ScaleIn, ScaleInWait, TemplateId, Timestamp, UserId, VServerId,
    WARM_UP_DEFAULT,
};

/// Product time of the whole preview.
pub const NOW_MS: i64 = 1_795_302_344_000;

pub fn actor() -> Actor {
    Actor {
        user: UserId(1),
        name: "admin".into(),
        tenant: engine::model::TenantId(1),
        tenant_name: "default".into(),
        role: Role::PlatformAdmin,
    }
}

fn row(id: u64, name: &str, status: GroupStatus, counts: [u32; 5]) -> GroupRow {
    let [min, max, desired, in_service, everything] = counts;
    GroupRow {
        id: GroupId(id),
        name: name.into(),
        remark: if id == 1 {
            "Shop front, EU".into()
        } else {
            String::new()
        },
        template: TemplateId(1),
        template_name: "web-quarter".into(),
        status,
        min,
        max,
        desired,
        in_service,
        everything,
        alarm: id == 3,
        created_ms: NOW_MS - 86_400_000 * i64::try_from(id).unwrap_or(1),
    }
}

pub fn rows() -> Vec<GroupRow> {
    vec![
        row(1, "shop-web", GroupStatus::Enabled, [1, 6, 5, 3, 5]),
        row(2, "search-api", GroupStatus::Enabled, [2, 10, 4, 4, 4]),
        row(3, "image-resize", GroupStatus::Enabled, [1, 4, 2, 0, 2]),
        row(4, "nightly", GroupStatus::Disabled, [0, 3, 0, 0, 0]),
        row(
            5,
            "</title><script>alert(1)</script>",
            GroupStatus::Enabled,
            [1, 2, 1, 1, 2],
        ),
    ]
}

fn spec() -> GroupSpec {
    GroupSpec {
        min: 1,
        max: 6,
        warm_up: WARM_UP_DEFAULT,
        rules: vec![Rule {
            metric: Metric::Cpu,
            threshold: 70_000,
        }],
        scale_in: ScaleIn::Allowed,
        removal: RemovalPolicy::Newest,
        brake: Guard::On,
        hold: Guard::On,
        projection: Guard::On,
        bindings: vec![],
        ready_check: ReadyCheck::None,
        seed: 1,
    }
}

fn instance(number: u64, state: InstanceState, cpu: Option<u64>) -> InstanceView {
    InstanceView {
        id: InstanceId(number * 7_919_131_317),
        name: format!(
            "shop-web-{}",
            ["k3f9qa", "p02mzt", "x7c4dn", "9hw2ee", "b6r1vj"][usize::try_from(number).unwrap_or(0) % 5]
        ),
        group: GroupId(1),
        template_name: "web-quarter".into(),
        template_version: 2,
        zone: format!("zone-{}", ["a", "b", "c"][usize::try_from(number).unwrap_or(0) % 3]),
        address: format!("127.20.1.{}", 10 + number),
        state,
        protected: number == 1,
        created_ms: NOW_MS - 400_000 * i64::try_from(number).unwrap_or(1),
        running_ms: None,
        cpu_milli: cpu,
        memory_milli: cpu.map(|_| 31_400),
    }
}

fn decision(first: i64, last: i64, passes: u32, size: u32, trail: Vec<Reason>) -> DecisionView {
    DecisionView {
        first_ms: NOW_MS - first,
        last_ms: NOW_MS - last,
        passes,
        size,
        trail,
    }
}

fn decisions() -> Vec<DecisionView> {
    let asks = Reason::AsksFor {
        metric: Metric::Cpu,
        mean: 98_200,
        threshold: 70_000,
        members: 3,
        ask: 5,
    };
    let within = Reason::Within {
        metric: Metric::Cpu,
        mean: 61_300,
        threshold: 70_000,
        members: 3,
    };
    let wait = ScaleInWait::AverageNotBelow {
        metric: Metric::Cpu,
        average: 74_000,
        threshold: 70_000,
    };
    vec![
        decision(
            4_000,
            4_000,
            1,
            5,
            vec![
                asks,
                Reason::ScaledOut {
                    metric: Metric::Cpu,
                    from: 3,
                    to: 5,
                },
                Reason::Launches {
                    count: 2,
                    desired: 5,
                    healthy: 3,
                    warming: 0,
                },
            ],
        ),
        decision(
            1_800_000,
            19_000,
            118,
            3,
            vec![
                within,
                Reason::ScaleInWaits { why: wait },
                Reason::AtDesired {
                    desired: 3,
                    in_service: 3,
                    warming: 0,
                },
            ],
        ),
        decision(
            1_830_000,
            1_815_000,
            2,
            3,
            vec![
                Reason::NoSamples {
                    metric: Metric::Cpu,
                    members: 3,
                    why: Missing::SourceSilent,
                },
                Reason::DriverSilent,
            ],
        ),
    ]
}

pub fn view(row: GroupRow) -> GroupView {
    let breaker = vec![decision(
        9_000,
        2_000,
        3,
        2,
        vec![Reason::BreakerOpen {
            failures: 5,
            next_trial: Timestamp(NOW_MS + 300_000),
        }],
    )];
    GroupView {
        spec: spec(),
        version: 3,
        instances: vec![
            instance(1, InstanceState::InService, Some(98_700)),
            instance(2, InstanceState::InService, Some(97_900)),
            instance(3, InstanceState::InService, Some(98_100)),
            instance(4, InstanceState::Starting, None),
            instance(5, InstanceState::Pending, None),
        ],
        bindings: vec![BindingView {
            balancer: LoadBalancerId(1),
            balancer_name: "front".into(),
            vserver: VServerId(1),
            vserver_name: "http".into(),
            vserver_port: 20_080,
            url: "http://127.0.0.1:20080".into(),
            port: 8_080,
            weight: 1,
        }],
        decisions: if row.alarm { breaker } else { decisions() },
        hour_micros: 12_500,
        currency: "USD".into(),
        row,
    }
}

pub fn activities() -> Vec<ActivityView> {
    let asks = Reason::AsksFor {
        metric: Metric::Cpu,
        mean: 98_200,
        threshold: 70_000,
        members: 3,
        ask: 5,
    };
    let of = |id: u64, kind, status, cause, before, after, ago_ms: i64| ActivityView {
        id: ActivityId(id),
        kind,
        status,
        cause,
        failure: (status == ActivityStatus::Failed).then(|| "exit code 1 after 2 s: address already in use".to_owned()),
        instance: Some(InstanceId(id * 7_919_131_317)),
        instance_name: matches!(kind, ActivityKind::Launch | ActivityKind::Removal).then(|| {
            format!(
                "shop-web-{}",
                ["k3f9qa", "p02mzt", "x7c4dn"][usize::try_from(id).unwrap_or(0) % 3]
            )
        }),
        size_before: before,
        size_after: after,
        started_ms: NOW_MS - ago_ms,
        ended_ms: None,
    };
    vec![
        of(
            6,
            ActivityKind::Launch,
            ActivityStatus::Running,
            Cause::Engine {
                reasons: vec![asks.clone()],
            },
            3,
            5,
            4_000,
        ),
        of(
            5,
            ActivityKind::Resize,
            ActivityStatus::Succeeded,
            Cause::Engine { reasons: vec![asks] },
            3,
            5,
            4_000,
        ),
        of(
            4,
            ActivityKind::Removal,
            ActivityStatus::Succeeded,
            Cause::Leave {
                why: LeaveCause::Unhealthy,
                reasons: vec![Reason::RemovesUnhealthy {
                    id: InstanceId(77),
                    cause: LeaveCause::Unhealthy,
                    cycles_down: 3,
                }],
            },
            3,
            3,
            900_000,
        ),
        of(
            3,
            ActivityKind::Launch,
            ActivityStatus::Failed,
            Cause::Engine {
                reasons: vec![Reason::Launches {
                    count: 1,
                    desired: 3,
                    healthy: 2,
                    warming: 0,
                }],
            },
            3,
            3,
            1_000_000,
        ),
        of(
            2,
            ActivityKind::Edit,
            ActivityStatus::Succeeded,
            Cause::Person {
                name: "admin".into(),
                what: "updated".into(),
            },
            3,
            3,
            2_000_000,
        ),
    ]
}

/// An hour with a wave, a gap of ten cycles and one missing sample.
pub fn series(from_ms: i64, to_ms: i64) -> SeriesView {
    let first = u64::try_from(from_ms / 15_000).unwrap_or(0) + 1;
    let last = u64::try_from(to_ms / 15_000).unwrap_or(0);
    let cycle = |number: u64| {
        let phase = number % 160;
        let high = (60..100).contains(&phase);
        let size = if high {
            3 + u32::try_from((phase - 60) / 20).unwrap_or(0)
        } else {
            3
        };
        let cpu = 52_000 + (number * 7_919 % 9_000) + if high { 34_000 } else { 0 };
        CycleRecord {
            cycle: Cycle(number),
            desired: if high { 5 } else { 3 },
            in_service: size,
            everything: if high { 5 } else { 3 },
            means: [
                if phase == 30 {
                    Err(Missing::SourceSilent)
                } else {
                    Ok(cpu)
                },
                Ok(31_000 + phase * 20),
            ],
            demands: [Err(Missing::NotRead); 2],
        }
    };
    SeriesView {
        from_ms,
        to_ms,
        offset_ms: 0,
        cycles: (first..last)
            .filter(|number| !(40..50).contains(&(number % 160)))
            .map(cycle)
            .collect(),
        marks: activities()
            .into_iter()
            .filter(|mark| mark.kind != ActivityKind::Edit)
            .collect(),
        thresholds: vec![(Metric::Cpu, 70_000)],
        min: 1,
        max: 6,
    }
}

pub fn template() -> TemplateView {
    TemplateView {
        row: TemplateRow {
            id: TemplateId(1),
            name: "web-quarter".into(),
            remark: "Sample web server".into(),
            version: 2,
            image: "sample-web".into(),
            instance_type: "t.quarter".into(),
            vcpu_milli: 250,
            memory_mib: 256,
            vpc: "default".into(),
            hour_micros: 12_500,
            groups: rows().into_iter().map(|row| (row.id, row.name)).collect(),
            created_ms: NOW_MS - 9_000_000,
        },
        user_data: "greeting = \"hello\"\n</textarea><script>alert(1)</script>".into(),
        environment: vec![("SLOW_START".into(), "2".into())],
        subnets: vec![
            ("zone-a".into(), "127.20.1.0/24".into()),
            ("zone-b".into(), "127.20.2.0/24".into()),
        ],
    }
}

pub fn balancer() -> BalancerView {
    let member = |number: u64, word: &str| BackendView {
        id: InstanceId(number * 7_919_131_317),
        name: format!("shop-web-{number}"),
        group: GroupId(1),
        address: format!("127.20.1.{}:8080", 10 + number),
        word: word.into(),
        sessions: 12,
        requests: 15_342 * number,
    };
    BalancerView {
        row: balancer_row(),
        vservers: vec![VServerView {
            id: VServerId(1),
            name: "http".into(),
            port: 20_080,
            url: "http://127.0.0.1:20080".into(),
            algorithm: "round_robin".into(),
            check_path: "/healthz".into(),
            check_interval_s: 5,
            groups: vec![BoundGroup {
                id: GroupId(1),
                name: "shop-web".into(),
                port: 8_080,
                weight: 1,
            }],
            backends: vec![
                member(1, "up"),
                member(2, "up"),
                member(3, "down"),
                member(4, "checking"),
            ],
        }],
    }
}

pub fn balancer_row() -> BalancerRow {
    BalancerRow {
        id: LoadBalancerId(1),
        name: "front".into(),
        remark: String::new(),
        address: "127.0.0.1".into(),
        health: BalancerHealth::Running,
        vservers: vec![
            (VServerId(1), "http".into(), 20_080),
            (VServerId(2), "api".into(), 20_081),
        ],
        created_ms: NOW_MS - 7_000_000,
    }
}

pub fn catalogue() -> Catalogue {
    let kind = |name: &str, vcpu_milli, memory_mib, hour_micros| TypeView {
        name: name.into(),
        vcpu_milli,
        memory_mib,
        hour_micros,
    };
    Catalogue {
        region: "local".into(),
        zones: vec!["zone-a".into(), "zone-b".into(), "zone-c".into()],
        vpcs: vec![VpcView {
            id: format!("{}", engine::model::VpcId(1)),
            name: "default".into(),
            subnets: vec![SubnetView {
                id: "sub-1".into(),
                zone: "zone-a".into(),
                cidr: "127.20.1.0/24".into(),
            }],
        }],
        types: vec![
            kind("t.quarter", 250, 256, 12_500),
            kind("t.one", 1_000, 1_024, 50_000),
            kind("t.two", 2_000, 2_048, 100_000),
        ],
        images: vec![ImageView {
            name: "sample-web".into(),
            description: "A small web server that can be told to work.".into(),
            ports: vec![8_080],
            ready_path: Some("/healthz".into()),
        }],
        currency: "USD".into(),
    }
}
