//! Design 4.16: the deliberate differences from the manual, off.

use crate::common::build::*;
use engine::memory::Hold;
use engine::model::*;

#[test]
fn brake_off_all_the_unhealthy_leave_at_once() {
    let spec = GroupSpec {
        brake: Guard::Off,
        ..fixed(1, 40)
    };
    let passed = planned(spec, 10, [many(healthy, 1, 6), many(down, 11, 4)].concat());
    assert_eq!((drained(&passed).len(), launches(&passed)), (4, 4));
}

#[test]
fn hold_off_over_half_down_are_replaced() {
    let spec = GroupSpec {
        hold: Guard::Off,
        brake: Guard::Off,
        ..fixed(1, 40)
    };
    let mut table = Table::new(spec, 10, [many(healthy, 1, 2), many(down, 11, 8)].concat());
    let passed = table.cycles(3);
    assert_eq!((drained(&passed).len(), launches(&passed)), (8, 8));
    assert_eq!(table.memory.hold, Hold::Off);
}

#[test]
fn switching_the_hold_off_ends_one_that_is_on() {
    let mut table = Table::new(fixed(1, 40), 10, [many(healthy, 1, 2), many(down, 11, 8)].concat());
    let _ = table.cycles(3);
    assert!(table.memory.hold.is_on());
    table.spec.hold = Guard::Off;
    let _ = table.woken();
    assert_eq!(table.memory.hold, Hold::Off);
}

#[test]
fn projection_off_the_ten_minute_average_below_the_threshold_is_enough() {
    let spec = GroupSpec {
        projection: Guard::Off,
        ..spec(1, 40)
    };
    let mut table = Table::new(spec, 10, many(|id| sampled(healthy(id), 69_999), 1, 10));
    assert_eq!(table.cycles(32).decision.size, 9);
}
