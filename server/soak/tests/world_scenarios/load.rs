//! Traffic that jumps, and what is measured of it: gaps, nonsense, noise.

use crate::fixture::{HOUR, ins, service, spec, story, whole, with};
use control::drivers::simulated::Fault;
use engine::model::{GroupSpec, Span, Timestamp};
use engine::simulate::{Service, Shape, Traffic};
use soak::Story;
use soak::story::{Hand, What};
use soak::timeline::BEGIN_MS;

#[test]
fn a_gap_nonsense_or_stale_readings_never_shrink_a_group() {
    for fault in [Fault::MetricGap, Fault::MetricStale, Fault::MetricNonsense] {
        let events = [(25, 65, What::Fault(fault, 1_000)), (26, 64, What::Traffic { to: 100 })];
        let played = whole(&with(
            Story {
                desired: 4,
                ..story(spec(2, 8), 5)
            },
            &events,
        ));
        assert_eq!(ins(&played, 26, 65), 0, "{fault:?} {:?}", played.end.moves);
    }
}

#[test]
fn a_metric_that_reads_zero_shrinks_a_group_no_faster_than_one_step_a_minute_and_it_grows_back() {
    let events = [(25, 45, What::Fault(Fault::MetricZero, 1_000))];
    let played = whole(&with(
        Story {
            desired: 5,
            ..story(spec(2, 8), 5)
        },
        &events,
    ));
    assert!(
        ins(&played, 25, 36) <= 2,
        "the window of ten minutes stands before it: {:?}",
        played.end.moves
    );
    assert!(played.end.desired >= 4, "{:?}", played.end);
}

#[test]
fn one_member_without_a_metric_stops_no_scale_out() {
    let events = [
        (10, 70, What::Fault(Fault::OneSilent, 1_000)),
        (20, 70, What::Traffic { to: 3_000 }),
    ];
    let played = whole(&with(story(spec(3, 12), 3), &events));
    assert!(played.end.peak >= 7, "{:?}", played.end);
}

#[test]
fn cpu_of_starting_machines_sets_no_chain_reaction_off() {
    let warm = GroupSpec {
        warm_up: Span::secs(180),
        ..spec(2, 12)
    };
    let quiet = Story {
        service: Service {
            vserver: None,
            ..service(2)
        },
        ..story(warm, 2)
    };
    let unbound = GroupSpec {
        bindings: Vec::new(),
        ..quiet.spec.clone()
    };
    let quiet = Story { spec: unbound, ..quiet };
    let events = [
        (0, 70, What::Fault(Fault::StartUpSpike, 900)),
        (20, 20, What::Hand(Hand::Kills)),
    ];
    let played = whole(&with(quiet, &events));
    assert!(played.end.peak <= 4, "{:?}", played.end);
}

#[test]
fn an_outage_and_the_retry_storm_after_it_find_the_machines_still_there() {
    let events = [(25, 40, What::Traffic { to: 0 }), (40, 45, What::Traffic { to: 4_000 })];
    let played = whole(&with(
        Story {
            desired: 6,
            ..story(spec(2, 12), 6)
        },
        &events,
    ));
    assert!(
        ins(&played, 25, 35) <= 1,
        "the window of ten minutes stands before it: {:?}",
        played.end.moves
    );
}

#[test]
fn demand_at_the_threshold_and_noise_make_no_group_flap() {
    // Five machines at 50 % are five at the threshold: noise of 5 % is now above it, now below.
    for machines in [5, 6, 7] {
        let noisy = service(machines);
        let traffic = Traffic {
            noise: 50,
            base: noisy.traffic.base * 125 / 100,
            ..noisy.traffic
        };
        let story = Story {
            service: Service { traffic, ..noisy },
            length: 6 * HOUR,
            ..story(spec(2, 12), machines)
        };
        let moves = whole(&story).end.moves;
        let ins = moves.iter().position(|moved| moved.to < moved.from);
        let outs = moves.iter().rposition(|moved| moved.to > moved.from);
        assert!(ins.is_none() || ins > outs, "out, then in, then rest: {moves:?}");
    }
}

#[test]
fn a_tenfold_flash_is_met_and_its_end_brings_the_group_back() {
    let flash = Shape::Spike {
        at: Timestamp(BEGIN_MS).plus(Span::mins(20)),
        lasts: Span::mins(20),
        to: 10_000,
    };
    let calm = service(2);
    let traffic = Traffic {
        shape: flash,
        ..calm.traffic
    };
    let played = whole(&Story {
        service: Service { traffic, ..calm },
        length: 4 * HOUR,
        ..story(spec(2, 40), 2)
    });
    assert!((16..=40).contains(&played.end.peak), "{:?}", played.end);
    assert!(played.end.desired <= 4, "{:?}", played.end);
}
