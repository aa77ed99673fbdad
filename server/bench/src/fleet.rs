//! Ten thousand groups of a hundred, on one core: deciding for all of them, and building the snapshots that takes.

use crate::clock::instant;
use crate::decide::{MEMBERS, Settled};
use crate::figures::{Bound, Sheet};
use anyhow::Context as _;
use control::balancer::BackendStat;
use control::clock::{Anchor, Clock, SystemClock, TimeScale, Wall};
use control::drivers::{ImageSpec, Machine, MachineWord, Usage};
use control::pass::{Machines, Snapshots};
use control::store::{GroupRecord, InstanceRow, Launch};
use engine::census::InstanceState;
use engine::decide::decide;
use engine::memory::Memory;
use engine::model::{
    CheckWord, Cycle, Flags, GroupId, GroupStatus, InstanceId, Observation, Phase, ReadyWord, Span, SubnetId,
    TemplateId, TenantId, Timestamp, VServerId,
};
use engine::plan::plan;
use std::hint::black_box;
use std::net::Ipv4Addr;

/// Groups (design 7); with [`MEMBERS`] each that is a million instances.
const GROUPS: u64 = 10_000;
/// Rounds over all of them; the fastest counts.
const ROUNDS: u32 = 5;
/// CPU time of one instance in a cycle: 64 % of a quarter vCPU for 15 s, under the threshold, too much for fewer.
const CPU_NS: u64 = 2_400_000_000;

/// What a store, a driver and the balancers hold of all groups.
struct Fleet {
    base: Settled,
    records: Vec<GroupRecord>,
    machines: Machines,
    lines: Vec<Vec<BackendStat>>,
    clock: SystemClock,
}

/// What a loop holds of one group.
struct Held {
    snapshots: Snapshots,
    memory: Memory,
    seen: Observation,
}

/// Every line of this bench.
pub fn measure(sheet: &mut Sheet) -> anyhow::Result<()> {
    let fleet = Fleet::new();
    let instances = GROUPS * MEMBERS;
    let mut metered: Vec<Snapshots> = Vec::with_capacity(fleet.records.len());
    let before = resident_bytes()?;
    metered.extend(fleet.records.iter().map(|record| fleet.metered(record)));
    let meters = resident_bytes()?;
    let mut held: Vec<Held> = Vec::with_capacity(fleet.records.len());
    for (at, snapshots) in metered.into_iter().enumerate() {
        held.push(fleet.held(at, snapshots));
    }
    let after = resident_bytes()?;
    let decided = fastest_ms(|| held.iter().for_each(|held| decide_one(&fleet, held)));
    let mut cycle = fleet.base.seen.cycle.0;
    let built = fastest_ms(|| {
        cycle += 1;
        for (at, held) in held.iter_mut().enumerate() {
            fleet.pass(at, held, Cycle(cycle));
        }
    });
    let each = |bytes: u64| as_f64(bytes) / as_f64(instances);
    sheet.line("fleet-decide-plan", decided, "ms", Bound::AtMost(100.0));
    sheet.line("fleet-with-snapshots", built, "ms", Bound::AtMost(1_000.0));
    sheet.line(
        "fleet-bytes-an-instance",
        each(after.saturating_sub(before)),
        "bytes",
        Bound::AtMost(500.0),
    );
    sheet.line(
        "fleet-bytes-of-counters",
        each(meters.saturating_sub(before)),
        "bytes",
        Bound::None,
    );
    sheet.line("fleet-with-snapshots/decide-plan", built / decided, "x", Bound::None);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

fn fastest_ms(mut round: impl FnMut()) -> f64 {
    let mut fastest = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = instant();
        round();
        fastest = fastest.min(start.elapsed().as_secs_f64() * 1e3);
    }
    fastest
}

fn decide_one(fleet: &Fleet, held: &Held) {
    let Held { memory, seen, .. } = held;
    let (spec, now) = (&fleet.base.spec, fleet.base.now);
    let decision = decide(spec, GroupStatus::Enabled, memory, seen, now, Vec::new());
    let plan = plan(spec, GroupStatus::Enabled, memory, decision.size, seen, now, Vec::new());
    black_box(&plan);
}

/// Pages of this process that are in memory, by the kernel's count.
fn resident_bytes() -> anyhow::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").context("cannot read /proc/self/statm")?;
    let pages: u64 = statm.split(' ').nth(1).context("no resident pages")?.parse()?;
    Ok(pages * 4_096)
}

impl Fleet {
    fn new() -> Self {
        let base = Settled::new(MEMBERS);
        let records: Vec<_> = (1..=GROUPS).map(|group| record(&base, group)).collect();
        let rows = || {
            records
                .iter()
                .flat_map(|record| record.instances.iter().map(move |row| (record.id, row)))
        };
        let machines = rows().map(|(group, row)| Machine {
            id: row.id,
            group,
            word: MachineWord::Running {
                since: Wall(row.created_at.0),
            },
            ready: ReadyWord::Passed,
            made: None,
        });
        let machines = Machines::new(machines.collect());
        let lines = records.iter().map(|record| record.instances.iter().map(line).collect());
        let anchor = Anchor {
            wall: Wall(0),
            product: Timestamp(0),
            scale: TimeScale(1),
        };
        Self {
            lines: lines.collect(),
            machines,
            records,
            base,
            clock: SystemClock::new(anchor, Timestamp(0)),
        }
    }

    /// A group whose counters were read at the end of the cycle before.
    fn metered(&self, record: &GroupRecord) -> Snapshots {
        let mut snapshots = Snapshots::default();
        let cycle = Cycle(self.base.seen.cycle.0 - 1);
        snapshots.read(record, cycle, usages(record, cycle));
        snapshots
    }

    fn held(&self, at: usize, mut snapshots: Snapshots) -> Held {
        let record = &self.records[at];
        let cycle = self.base.seen.cycle;
        snapshots.read(record, cycle, usages(record, cycle));
        let seen = snapshots.observation(
            record,
            &self.machines,
            &self.lines[at],
            &self.clock as &dyn Clock,
            cycle,
        );
        let mut memory = self.base.memory.clone();
        for (memo, row) in memory.memos.iter_mut().zip(&record.instances) {
            memo.id = row.id;
        }
        Held {
            snapshots,
            memory,
            seen,
        }
    }

    /// Snapshot, fold, decide and plan of a new cycle.
    fn pass(&self, at: usize, held: &mut Held, cycle: Cycle) {
        let record = &self.records[at];
        held.snapshots.read(record, cycle, usages(record, cycle));
        let clock = &self.clock as &dyn Clock;
        held.seen = held
            .snapshots
            .observation(record, &self.machines, &self.lines[at], clock, cycle);
        let now = held.seen.cycle_began.plus(Span::secs(16));
        let passed = engine::pass(&record.spec, GroupStatus::Enabled, &held.memory, &held.seen, now);
        held.memory = black_box(passed).plan.memory;
    }
}

fn usages(record: &GroupRecord, cycle: Cycle) -> Vec<(InstanceId, Usage)> {
    let usage = Usage {
        cpu_ns: cycle.0 * CPU_NS,
        memory_bytes: 100 << 20,
        read_at_ns: cycle.0 * 15_000_000_000,
    };
    record.instances.iter().map(|row| (row.id, usage)).collect()
}

fn line(row: &InstanceRow) -> BackendStat {
    BackendStat {
        vserver: VServerId(1),
        id: row.id,
        word: CheckWord::Up,
        requests: 1_000,
        sessions: 1,
    }
}

fn record(base: &Settled, group: u64) -> GroupRecord {
    let instances = (1..=MEMBERS).map(|member| row(group * 1_000 + member));
    GroupRecord {
        id: GroupId(group),
        tenant: TenantId(1),
        name: format!("group-{group}"),
        status: GroupStatus::Enabled,
        spec_version: 1,
        state_rev: 0,
        spec: base.spec.clone(),
        launch: launch(),
        durable: base.memory.durable.clone(),
        instances: instances.collect(),
        orders: Vec::new(),
    }
}

fn launch() -> Launch {
    Launch {
        template: TemplateId(1),
        template_version: 1,
        vcpu_milli: 250,
        memory_bytes: 256 << 20,
        image: ImageSpec {
            name: "web".to_owned(),
            command: Vec::new(),
            environment: Vec::new(),
            ports: vec![8080],
            ready_path: None,
        },
        user_data: String::new(),
        subnets: vec![(SubnetId(1), "a".to_owned())],
    }
}

fn row(id: u64) -> InstanceRow {
    InstanceRow {
        id: InstanceId(id),
        name: format!("web-{id}"),
        phase: Phase::Serving,
        state: InstanceState::InService,
        flags: Flags {
            was_in_service: true,
            ..Flags::default()
        },
        warm_up_ms: 300_000,
        address: Ipv4Addr::LOCALHOST,
        subnet: SubnetId(1),
        template: (TemplateId(1), 1),
        activity: None,
        created_at: Timestamp(1_000_000),
    }
}
