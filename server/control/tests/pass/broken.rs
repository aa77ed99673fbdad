//! A pass that panics is a defect; its group is none the worse for it, and neither is any other.

use crate::world::driver::Fault;
use crate::world::fixture::{GROUP, steady};
use crate::world_of;
use api::system::{Condition, PassOutcome};
use engine::model::GroupId;

#[tokio::test]
async fn a_group_whose_pass_broke_off_beside_one_that_hangs_is_passed_again_and_the_start_is_over() {
    let other = GroupId(7_919);
    let mut world = world_of(&steady(1)).await;
    world.driver.fault(Fault::CreateHangs);
    world.start().await;
    world.driver.fault(Fault::CreatePanics);
    world.group_named(other, "other", &steady(1)).await;
    world.wake(other).await;
    let figures = world.handle().figures();
    assert_eq!(figures.count(PassOutcome::BrokeOff), 1);
    assert_eq!(
        figures.condition(&*world.clock),
        Condition::Starting,
        "the one that hangs was not looked at yet"
    );
    world.driver.fault(Fault::None);
    world.run(6).await;
    assert_eq!(figures.condition(&*world.clock), Condition::Well);
    world.cycles(3).await;
    assert_eq!(world.driver.running().len(), 2);
    assert_eq!((world.records(GROUP).await, world.records(other).await), (1, 1));
}
