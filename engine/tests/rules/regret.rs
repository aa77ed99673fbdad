//! Design 4.7, regret: a scale-in that was taken back.

use crate::common::build::*;
use engine::memory::Regret;
use engine::model::*;

#[test]
fn a_scale_out_within_two_windows_after_a_scale_in_doubles_the_window() {
    for (ago, doubled) in [(80, true), (81, false)] {
        let mut table = Table::new(spec(1, 99), 10, many(busy(80_000), 1, 10));
        table.memory.durable.last_in = Some(moved(CYCLE.0 - ago, 11, 10));
        let passed = table.closed();
        assert_eq!(passed.decision.size, 12);
        let regret = table.memory.durable.regret;
        assert_eq!(
            regret.map(|regret| (regret.window_cycles, regret.size)),
            doubled.then_some((80, 10)),
            "{ago}"
        );
        let said = Reason::RegretBegins {
            size: 10,
            window_cycles: 80,
        };
        assert_eq!(passed.decision.trail.contains(&said), doubled);
    }
}

#[test]
fn one_scale_in_is_regretted_once() {
    let mut table = Table::new(spec(1, 99), 10, many(busy(80_000), 1, 10));
    table.memory.durable.last_in = Some(moved(CYCLE.0 - 5, 11, 10));
    let _ = table.closed();
    table.seen.members = many(busy(80_000), 1, 12);
    assert_eq!(table.closed().decision.size, 14);
    assert_eq!(table.memory.durable.regret.unwrap().window_cycles, 80);
}

#[test]
fn the_window_doubles_again_with_each_regret_up_to_a_day() {
    let mut table = Table::new(spec(1, 99), 10, many(busy(80_000), 1, 10));
    let regret = Regret {
        window_cycles: 4_000,
        size: 9,
        demands: [Ok(1); 2],
        until: now().plus(Span::mins(60)),
    };
    table.memory.durable.regret = Some(regret);
    table.memory.durable.last_in = Some(moved(CYCLE.0 - 5, 11, 10));
    let _ = table.closed();
    assert_eq!(table.memory.durable.regret.unwrap().window_cycles, 24 * 60 * 4);
}

fn regretting(size: u32, demand: u64) -> Table {
    let mut table = Table::new(spec(1, 99), 10, many(busy(40_000), 1, 10));
    table.spec.scale_in = ScaleIn::Forbidden;
    table.memory.durable.regret = Some(Regret {
        window_cycles: 80,
        size,
        demands: [Ok(demand), Err(Missing::NotRead)],
        until: now().plus(Span::mins(24 * 60)),
    });
    let _ = table.cycles(79);
    table.spec.scale_in = ScaleIn::Allowed;
    table
}

#[test]
fn a_regretted_size_is_barred_while_demand_is_at_least_ninety_percent_of_then() {
    let until = now().plus(Span::mins(24 * 60));
    assert_eq!(waits(&mut regretting(9, 444_444)), ScaleInWait::Regret { until });
    assert_eq!(regretting(9, 444_445).closed().decision.size, 9);
    assert_eq!(
        regretting(8, 400_000).closed().decision.size,
        9,
        "a larger size is not barred"
    );
}

#[test]
fn a_longer_window_needs_eighty_percent_of_all_of_it() {
    let mut table = regretting(1, 1);
    table.skip(30);
    assert_eq!(
        waits(&mut table),
        ScaleInWait::WindowNotFull {
            present: 50,
            needed: 64
        }
    );
}

#[test]
fn a_regret_ends_twenty_four_hours_after_the_last_one() {
    let mut table = regretting(9, 400_000);
    table.spec.scale_in = ScaleIn::Forbidden;
    table.skip(24 * 60 * 4 - 100);
    let _ = table.cycles(61);
    table.spec.scale_in = ScaleIn::Allowed;
    assert_eq!(table.closed().decision.size, 9);
}

#[test]
fn a_longer_window_bars_longer_after_a_scale_out_and_regrets_longer_after_a_scale_in() {
    let mut table = regretting(1, 1);
    table.memory.durable.last_out = Some(moved(CYCLE.0 + 79 - 60, 9, 10));
    assert_eq!(waits(&mut table), ScaleInWait::RecentScaleOut { cycles_ago: 60 });

    for (ago, window) in [(160, 160), (161, 80)] {
        let mut table = regretting(1, 1);
        table.seen.members = many(busy(80_000), 1, 10);
        table.memory.durable.last_in = Some(moved(CYCLE.0 + 79 - ago, 11, 10));
        assert_eq!(table.closed().decision.size, 12);
        assert_eq!(table.memory.durable.regret.unwrap().window_cycles, window, "{ago}");
    }
}

#[test]
fn a_regret_remembers_the_demand_and_ends_a_day_after_it() {
    let mut table = Table::new(spec(1, 99), 10, many(busy(80_000), 1, 10));
    table.memory.durable.last_in = Some(moved(CYCLE.0 - 5, 11, 10));
    let _ = table.closed();
    let regret = table.memory.durable.regret.unwrap();
    assert_eq!(regret.demands, [Ok(800_000); 2]);
    assert_eq!(regret.until, now().plus(Span::mins(24 * 60)));
    let (just, no_more) = (Timestamp(regret.until.0 - 1), regret.until);
    assert_eq!(Regret::window(Some(&regret), Some(just)), 80);
    assert_eq!(Regret::window(Some(&regret), Some(no_more)), 40);
    assert!(regret.bars(10, regret.demands, just) && !regret.bars(10, regret.demands, no_more));
}
