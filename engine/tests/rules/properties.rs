//! Properties over random worlds and random nonsense: I1, I2, I5, I6, I9 and "total" (design 5, 8).

use crate::common::nonsense::{durables, instants, observations, series, specs, statuses};
use crate::common::{Launches, World, build, mix};
use engine::census::Cohorts;
use engine::decide::decide_cohorts;
use engine::memory::{CycleRecord, Durable, Memory};
use engine::model::*;
use engine::pass;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::collections::BTreeSet;

/// `PROPTEST_CASES` runs more than a daily test has time for; what failed once is kept beside this file and run first.
fn config(cases: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(cases);
    let failure_persistence = Some(Box::new(FileFailurePersistence::WithSource("regressions")) as Box<_>);
    ProptestConfig {
        cases,
        failure_persistence,
        ..ProptestConfig::default()
    }
}

/// What may befall a group from one stretch of time to the next.
#[derive(Debug, Clone, Copy)]
enum Event {
    Demand(u64),
    Lose(u64),
    Sicken(u64),
    Heal,
    BreakChecks,
    MendChecks,
    Launches(Launches),
    Driver(Source),
    Metrics(Source),
    Status(GroupStatus),
    Max(u32),
    Min(u32),
    Desired(u32),
    Protect(u64),
    SetAside(u64),
    Remove(u64),
    Stray(Fit, bool),
    Restart,
    Stop(i64),
}

fn events() -> impl Strategy<Value = Event> {
    let source = || prop_oneof![Just(Source::Answered), Just(Source::Silent)];
    prop_oneof![
        4 => (0_u64..4_000_000).prop_map(Event::Demand),
        2 => any::<u64>().prop_map(Event::Lose),
        2 => any::<u64>().prop_map(Event::Sicken),
        1 => Just(Event::Heal),
        1 => Just(Event::BreakChecks),
        2 => Just(Event::MendChecks),
        1 => prop_oneof![
            Just(Launches::Work), Just(Launches::Refused), Just(Launches::NeverRun), Just(Launches::ExitAtOnce)
        ].prop_map(Event::Launches),
        1 => source().prop_map(Event::Driver),
        1 => source().prop_map(Event::Metrics),
        1 => prop_oneof![Just(GroupStatus::Enabled), Just(GroupStatus::Disabled)].prop_map(Event::Status),
        1 => (0_u32..30).prop_map(Event::Max),
        1 => (0_u32..10).prop_map(Event::Min),
        1 => (0_u32..30).prop_map(Event::Desired),
        1 => any::<u64>().prop_map(Event::Protect),
        1 => any::<u64>().prop_map(Event::SetAside),
        1 => any::<u64>().prop_map(Event::Remove),
        1 => (prop_oneof![Just(Fit::Matches), Just(Fit::Differs)], any::<bool>())
            .prop_map(|(fit, newer)| Event::Stray(fit, newer)),
        1 => Just(Event::Restart),
        1 => (1_i64..90).prop_map(Event::Stop),
    ]
}

fn any_id(world: &World, draw: u64) -> Option<InstanceId> {
    let count = world.machines.len() as u64;
    (count > 0).then(|| world.machines[(draw % count) as usize].member.id)
}

fn happen(world: &mut World, event: Event) {
    let at = |world: &World, draw: u64| (draw % world.machines.len().max(1) as u64) as usize;
    match event {
        Event::Demand(demand) => world.demand = demand,
        Event::Heal => world.machines.iter_mut().for_each(|m| m.sick = false),
        Event::BreakChecks => world.checks_broken = true,
        Event::MendChecks => world.checks_broken = false,
        Event::Launches(launches) => world.launches = launches,
        Event::Driver(source) => world.driver = source,
        Event::Metrics(source) => world.metrics = source,
        Event::Status(status) => world.status = status,
        Event::Max(max) => world.spec.max = max,
        Event::Min(min) => world.spec.min = min,
        Event::Desired(desired) => {
            if world.spec.min <= desired && desired <= world.spec.max {
                world.set_desired(desired);
            }
        }
        Event::Stray(fit, newer) => world.strays.push(Stray {
            id: InstanceId(mix(1, world.now.0 as u64, 3)),
            fit,
            intended_at: Some(Timestamp(if newer { world.now.0 + 1 } else { 0 })),
        }),
        Event::Restart => world.restart(),
        Event::Stop(seconds) => world.stop = Span::secs(seconds),
        Event::Remove(draw) => world.orders.extend(any_id(world, draw).map(|id| Order::Remove { id })),
        Event::Lose(draw) | Event::Sicken(draw) | Event::Protect(draw) | Event::SetAside(draw) => {
            let at = at(world, draw);
            let Some(machine) = world.machines.get_mut(at) else {
                return;
            };
            match event {
                Event::Lose(_) => machine.lost = true,
                Event::Sicken(_) => machine.sick = true,
                Event::Protect(_) => machine.member.flags.protected ^= true,
                _ => machine.member.flags.standby ^= true,
            }
        }
    }
}

/// A rule at 70 % for each.
fn rules(metrics: &[Metric]) -> Vec<Rule> {
    let rule = |metric: &Metric| Rule {
        metric: *metric,
        threshold: 70_000,
        step: None,
    };
    metrics.iter().map(rule).collect()
}

proptest! {
    #![proptest_config(config(300))]

    /// I1, I2, I5, I7 and I10 are asserted by the world after every step.
    #[test]
    fn safety_holds_whatever_happens(
        seed in any::<u64>(),
        size in 1_u32..12,
        bound in any::<bool>(),
        story in prop::collection::vec((events(), 1_i64..12), 1..25),
    ) {
        let spec = if bound { build::spec(1, 20) } else { build::unbound(1, 20) };
        let mut world = World::new(GroupSpec { seed, ..spec }, size);
        world.noise = 50;
        world.demand = u64::from(size) * 60_000;
        for (event, minutes) in story {
            happen(&mut world, event);
            world.run(Span::mins(minutes));
        }
    }

    /// I3, I8: once faults stop, machines are desired and nothing is under way.
    #[test]
    fn once_faults_stop_the_group_comes_to_rest(
        seed in any::<u64>(),
        size in 1_u32..12,
        bound in any::<bool>(),
        story in prop::collection::vec((events(), 1_i64..8), 1..15),
    ) {
        let spec = if bound { build::spec(1, 20) } else { build::unbound(1, 20) };
        let mut world = World::new(GroupSpec { seed, ..spec }, size);
        world.demand = u64::from(size) * 60_000;
        for (event, minutes) in story {
            happen(&mut world, event);
            world.run(Span::mins(minutes));
        }
        world.spec = GroupSpec { min: 1, max: 40, rules: Vec::new(), ..world.spec };
        (world.status, world.driver, world.metrics) = (GroupStatus::Enabled, Source::Answered, Source::Answered);
        (world.launches, world.checks_broken) = (Launches::Work, false);
        for machine in &mut world.machines {
            (machine.sick, machine.member.flags.protected, machine.member.flags.standby) = (false, false, false);
        }
        world.set_desired(size);
        world.orders = vec![Order::RearmBreaker, Order::ConfirmStrays];
        world.run(Span::mins(60));
        prop_assert_eq!(world.machines_now(), size, "{:#?} {:?}", world.last, world.machines);
        prop_assert_eq!(world.in_service(), size);
        prop_assert!(world.last.as_ref().unwrap().plan.steps.is_empty());
    }

    /// I6: no metric rule lowers desired while a metric is missing in the last closed cycle or in over 20 % of its window.
    #[test]
    fn missing_data_never_scales_in(
        gaps in prop::array::uniform2(prop::collection::btree_set(0_usize..40, 0..14)),
        demand in 0_u64..500_000,
    ) {
        let spec = GroupSpec { rules: rules(&Metric::ALL), ..build::spec(1, 20) };
        let series: Vec<CycleRecord> = (0..40).map(|at| {
            let reading = |gaps: &BTreeSet<usize>| if gaps.contains(&at) { Err(Missing::SourceSilent) } else { Ok(demand) };
            let demands = [reading(&gaps[0]), reading(&gaps[1])];
            CycleRecord {
                cycle: Cycle(build::CYCLE.0 - 39 + at as u64),
                desired: 10, in_service: 10, everything: 10,
                means: demands.map(|demand| demand.map(|demand| demand / 10)),
                demands,
            }
        }).collect();
        // As if the last of them had just closed: a stored one is not judged again.
        let memory = Memory { judged: None, ..Memory::restored(Durable { desired: 10, ..Durable::default() }, &series) };
        let members = (1..=10).map(build::healthy).collect();
        let seen = build::seen(members);
        let cohorts = Cohorts::of(&spec, &memory, &seen, build::now());
        let decision = decide_cohorts(&spec, GroupStatus::Enabled, &memory, &cohorts, build::now(), Vec::new());
        let missing = gaps.iter().any(|gaps| gaps.len() > 8 || gaps.contains(&39));
        prop_assert_eq!(decision.size, if missing { 10 } else { 9 }, "{:?}", decision.trail);
    }

    /// I9: constant demand with 5 % noise, members lost now and then: out, then in, then rest; never out, in, out.
    #[test]
    fn constant_demand_moves_out_then_in_then_rests(
        seed in any::<u64>(),
        start in 1_u32..30,
        members in 1_u64..30,
        percent in 30_u64..100,
        metric in prop::sample::select(Metric::ALL.to_vec()),
        bound in any::<bool>(),
        loss in prop::option::of((1_i64..60, any::<u64>())),
    ) {
        let spec = if bound { build::spec(1, 60) } else { build::unbound(1, 60) };
        let mut world = World::new(GroupSpec { seed, rules: rules(&[metric]), ..spec }, start);
        world.noise = 50;
        world.boot = Span::secs(60);
        world.demand = members * 700 * percent;
        if let Some((minutes, draw)) = loss {
            world.run(Span::mins(minutes));
            happen(&mut world, Event::Lose(draw));
        }
        world.run(Span::mins(180));
        prop_assert!("oi".contains(&world.turns()), "{}: {:?}", world.turns(), world.desired);
        // Without noise it rests; with it, a demand just below the threshold may still add one, and keeps it.
        world.noise = 0;
        world.run(Span::mins(30));
        let before = world.desired.len();
        world.run(Span::mins(60));
        prop_assert_eq!(before, world.desired.len(), "it does not rest: {:?}", world.desired);
    }
}

proptest! {
    #![proptest_config(config(1_000))]

    /// Total: no panic on any input, whatever was seen before; the size is within the bounds, max first; and the launches
    /// never let machines pass max (I1), nor is anything begun while disabled (I5), nor a protected one chosen (I2).
    #[test]
    fn no_input_panics_and_the_invariants_hold_for_each(
        durable in durables(),
        series in series(),
        story in prop::collection::vec((specs(), statuses(), observations(), instants()), 1..6),
    ) {
        let mut memory = Memory::restored(durable, &series);
        for (spec, status, seen, now) in story {
            let passed = pass(&spec, status, &memory, &seen, now);
            let size = passed.decision.size;
            prop_assert!(size <= spec.max);
            let steps = &passed.plan.steps;
            let launches = steps.iter().filter(|step| matches!(step, Step::Launch { .. })).count();
            let gone = seen.members.iter().filter(|member| member.driver == DriverWord::Gone).count();
            let machines = seen.members.len() - gone + seen.strays.len();
            prop_assert!(launches == 0 || machines + launches <= spec.max as usize, "I1");
            if status == GroupStatus::Disabled {
                prop_assert!(!steps.iter().any(Step::begins), "I5");
            }
            for step in steps {
                let Step::Drain { id, cause } = *step else { continue };
                let kept = seen.members.iter().filter(|m| m.id == id).all(|m| m.flags.protected || m.flags.standby);
                let by_people = matches!(cause, LeaveCause::ByHand | LeaveCause::GroupDeleted);
                prop_assert!(!kept || by_people, "I2 {step:?}");
            }
            memory = passed.plan.memory;
            let stored = serde_json::to_string(&memory.durable).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Durable>(&stored).unwrap(), &memory.durable, "durable survives");
        }
    }
}

#[test]
fn a_million_members_are_no_panic_and_no_gap() {
    let spec = build::spec(1, GROUP_SIZE_MAX);
    let mut memory = Memory::new(GROUP_SIZE_MAX);
    memory.durable.accounted = GROUP_SIZE_MAX;
    let members: Vec<Member> = (1..=u64::from(GROUP_SIZE_MAX)).map(build::healthy).collect();
    let passed = pass(
        &spec,
        GroupStatus::Enabled,
        &memory,
        &build::seen(members),
        build::now(),
    );
    assert_eq!(passed.decision.size, GROUP_SIZE_MAX);
    assert_eq!(passed.plan.steps, []);
}

#[test]
fn a_desired_of_a_million_is_no_list_of_a_million_intents() {
    let spec = build::fixed(0, GROUP_SIZE_MAX);
    let passed = pass(
        &spec,
        GroupStatus::Enabled,
        &Memory::new(GROUP_SIZE_MAX),
        &build::seen(vec![]),
        build::now(),
    );
    assert_eq!(passed.plan.steps.len(), engine::plan::LAUNCHES_MAX as usize);
    assert!(passed.plan.trail.contains(&Reason::PlanCut {
        kept: 1_000,
        wanted: GROUP_SIZE_MAX
    }));
}
