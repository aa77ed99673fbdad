//! Design 4.7, the demand of a cycle.

use crate::common::build::*;
use engine::model::*;

#[test]
fn demand_is_the_mean_times_everything_traffic_may_reach() {
    let demand = |extra: Vec<Member>| {
        let mut table = Table::new(spec(1, 99), 10, [many(busy(40_000), 1, 10), extra].concat());
        let _ = table.closed();
        table.memory.closed.clone().unwrap().demands[0]
    };
    assert_eq!(demand(vec![]), Ok(400_000));
    assert_eq!(demand(vec![warming(11)]), Ok(440_000));
    assert_eq!(demand(vec![draining(11, LeaveCause::Surplus)]), Ok(440_000));
    assert_eq!(demand(vec![pending(11)]), Ok(400_000));
    assert_eq!(demand(vec![standby(11)]), Ok(400_000));
    let stopping = Phase::Stopping {
        cause: LeaveCause::Surplus,
        until: now(),
    };
    assert_eq!(demand(vec![with(healthy(11), |m| m.phase = stopping)]), Ok(400_000));
}

#[test]
fn a_member_the_driver_is_silent_about_still_carries_its_share_of_the_demand() {
    let mut table = Table::new(spec(1, 99), 10, many(busy(40_000), 1, 10));
    let _ = table.closed();
    table.seen.members[5..]
        .iter_mut()
        .for_each(|m| m.driver = DriverWord::Unknown);
    let _ = table.closed();
    assert_eq!(table.memory.closed.clone().unwrap().demands[0], Ok(400_000));
}

#[test]
fn demand_is_present_only_with_samples_of_eighty_percent_of_the_judged() {
    let demand = |missing: usize| {
        let mut table = Table::new(spec(1, 99), 10, many(busy(40_000), 1, 10));
        table
            .seen
            .members
            .iter_mut()
            .take(missing)
            .for_each(|m| m.samples = [Err(Missing::Stale); 2]);
        let _ = table.closed();
        table.memory.closed.clone().unwrap().demands[0]
    };
    assert_eq!(
        (demand(2), demand(3), demand(10)),
        (Ok(400_000), Err(Missing::TooFewSamples), Err(Missing::Stale))
    );
}

#[test]
fn demand_is_missing_during_a_hold_and_while_fewer_than_half_are_up() {
    let demand = |word, down| {
        let mut table = Table::new(spec(1, 99), 10, many(busy(40_000), 1, 10));
        table
            .seen
            .members
            .iter_mut()
            .take(down)
            .for_each(|m| m.standings[0].word = word);
        let _ = table.closed();
        table.memory.closed.clone().unwrap().demands[0]
    };
    assert_eq!(demand(CheckWord::Down, 6), Err(Missing::Held));
    assert_eq!(demand(CheckWord::Missing, 6), Err(Missing::FewUp));
    assert_eq!(demand(CheckWord::Missing, 5), Ok(400_000));
}

#[test]
fn demand_reaches_an_unhealthy_member_that_is_still_up_somewhere() {
    let two = |id, cpu| {
        with(busy(cpu)(id), |m| {
            m.standings.push(Standing {
                vserver: VS2,
                word: CheckWord::Up,
            })
        })
    };
    let demand = |word| {
        let sick = with(two(11, 0), |m| {
            (m.standings[0].word, m.standings[1].word) = (CheckWord::Down, word);
            m.samples = [Err(Missing::NotRead); 2];
        });
        let mut table = Table::new(
            spec(1, 99),
            11,
            [many(|id| two(id, 40_000), 1, 10), vec![sick]].concat(),
        );
        table.spec.bindings.push(bind(VS2));
        let _ = table.cycles(3);
        table.memory.closed.clone().unwrap().demands[0]
    };
    assert_eq!(
        (demand(CheckWord::Up), demand(CheckWord::Down)),
        (Ok(440_000), Ok(400_000))
    );
}

#[test]
fn demand_is_rounded_up() {
    let members = [many(busy(33_333), 1, 2), vec![busy(33_334)(3)], vec![warming(4)]].concat();
    let mut table = Table::new(spec(1, 99), 4, members);
    let _ = table.closed();
    // 100.000 over three, four share it: 133.333 and a third.
    assert_eq!(table.memory.closed.clone().unwrap().demands[0], Ok(133_334));
}
