//! What is counted: the loop's own figures, and every call of store, driver and balancer by its answer.

mod world;

use api::system::{Condition, DriverAnswer, DriverCall, PassOutcome};
use control::clock::Clock as _;
use control::drivers::{ImageSpec, MachineSpec};
use control::metrics::Meters;
use control::metrics::exposition::Exposition;
use engine::model::{GroupId, GroupSpec, GroupStatus, InstanceId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;
use world::World;
use world::driver::Fault;
use world::fixture::{BALANCER, GROUP, TENANT, spec};
use world::store::Mood;

fn machine(id: u64) -> MachineSpec {
    let image = ImageSpec {
        name: "web".to_owned(),
        command: vec!["web".to_owned()],
        environment: Vec::new(),
        ports: vec![8080],
        ready_path: None,
    };
    MachineSpec {
        id: InstanceId(id),
        group: GroupId(1),
        name: "web-1".to_owned(),
        host_name: "web-1".to_owned(),
        vcpu_milli: 250,
        memory_bytes: 1 << 28,
        address: Ipv4Addr::LOCALHOST,
        image,
        user_data: String::new(),
        birth: None,
    }
}

#[tokio::test]
async fn passes_are_counted_by_what_they_came_to_and_the_loop_says_how_it_does() {
    let mut world = World::new().await;
    let fixed = GroupSpec {
        min: 2,
        rules: Vec::new(),
        ..spec()
    };
    world.group(GROUP, &fixed).await;
    world.start().await;
    world.cycles(4).await;
    let figures = world.handle().figures();
    let view = figures.view(&*world.clock);
    assert_eq!((view.condition, view.groups, view.leases), (Condition::Well, 1, 64));
    assert!(
        figures.count(PassOutcome::Acted) >= 1 && figures.count(PassOutcome::Quiet) >= 2,
        "{view:?}"
    );
    let passes: u64 = view.passes.iter().map(|(_, count)| count).sum();
    assert_eq!((passes, view.lag.count), (world.handle().lag().passes, passes));
    world.set_status(GROUP, GroupStatus::Deleting).await;
    world.wake(GROUP).await;
    world.cycles(2).await;
    assert_eq!(world.handle().figures().view(&*world.clock).groups, 0);
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(
        figures.condition(&*world.clock),
        Condition::Stuck,
        "nothing has run since"
    );
}

#[tokio::test]
async fn a_drivers_calls_are_counted_by_answer_and_one_given_up_is_late() {
    let world = World::new().await;
    let meters = Meters::new(world.clock.clone());
    let driver = meters.before_driver(world.driver.clone());
    let calls = &meters.driver;
    assert_eq!((calls.condition(), calls.view().machines), (Condition::Unknown, None));
    driver.create(&machine(1)).await.expect("a machine");
    world.driver.fault(Fault::CreateRefused);
    assert!(driver.create(&machine(2)).await.is_err());
    world.driver.fault(Fault::CreateHangs);
    let third = machine(3);
    let hangs = driver.create(&third);
    assert!(tokio::time::timeout(Duration::from_millis(20), hangs).await.is_err());
    world.driver.fault(Fault::None);
    assert_eq!(driver.list().await.expect("a list").len(), 1);
    assert_eq!((calls.condition(), calls.view().machines), (Condition::Well, Some(1)));
    world.driver.fault(Fault::Silent);
    assert!(driver.list().await.is_err());
    assert_eq!((calls.condition(), calls.view().machines), (Condition::Silent, None));
    let counted = calls.view().calls;
    let expected = [
        (DriverCall::List, DriverAnswer::Done, 1),
        (DriverCall::List, DriverAnswer::Unknown, 1),
        (DriverCall::Create, DriverAnswer::Done, 1),
        (DriverCall::Create, DriverAnswer::Refused, 1),
        (DriverCall::Create, DriverAnswer::Late, 1),
    ];
    assert_eq!(counted, expected);
    assert_eq!(calls.view().times.count, 5);
}

/// A loop that runs, and one call at least of everything that is counted, a failing one of each part among them.
async fn exposed() -> (Meters, String) {
    let mut world = World::new().await;
    world.group(GROUP, &spec()).await;
    world.start().await;
    world.cycles(1).await;
    let meters = Meters::new(world.clock.clone());
    let (driver, store) = (
        meters.before_driver(world.driver.clone()),
        meters.before_store(world.store.clone()),
    );
    let balancer = meters.before_balancer(world.balancer.clone());
    driver.list().await.expect("a list");
    store.load(GROUP).await.expect("a group");
    store.announce(TENANT, &[], world.clock.now()).await.expect("an event");
    balancer.remove(BALANCER).await.expect("removed");
    world.balancer.mute();
    assert!(balancer.stat(BALANCER).await.is_err());
    world.mood.set(Mood::Full);
    assert!(store.mark(world.clock.now()).await.is_err());
    let exposition = Exposition::new(&meters, &world.handle().figures(), world.clock.clone());
    (meters, exposition.text().expect("a text"))
}

#[tokio::test]
async fn everything_that_is_counted_is_in_the_text_by_words_of_the_program() {
    let (meters, text) = exposed().await;
    for line in [
        "tidegate_passes_total{outcome=\"acted\"} ",
        "tidegate_driver_calls_total{call=\"list\",answer=\"done\"} 1",
        "tidegate_driver_call_seconds_count{call=\"list\"} 1",
        "tidegate_balancer_calls_total{call=\"stat\",answer=\"mute\"} 1",
        "tidegate_balancer_calls_total{call=\"remove\",answer=\"done\"} 1",
        "tidegate_balancer_call_seconds_count{call=\"stat\"} 1",
        "tidegate_balancer_call_seconds_count{call=\"remove\"} 1",
        "tidegate_store_seconds_count{operation=\"load\"} 1",
        "tidegate_store_seconds_count{operation=\"mark\"} 1",
        "tidegate_store_failures_total{operation=\"mark\"} 1",
        "tidegate_pass_lag_seconds_bucket{le=\"+Inf\"}",
        "tidegate_groups 1",
        "tidegate_leases 64",
        "tidegate_machines 1",
    ] {
        assert!(text.contains(line), "{line} is missing:\n{text}");
    }
    assert_eq!((meters.store.reads().count, meters.store.writes().count), (1, 0));
    assert!(
        !text.contains(&GROUP.to_string()) && !text.contains("web"),
        "no id and no name is a label"
    );
    assert!(text.ends_with("# EOF\n"));
}

/// The series of a text, each with its labels. A histogram is one series, and `le` is no label of ours.
fn series(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut series = BTreeMap::<_, BTreeSet<_>>::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let sample = line.split(['{', ' ']).next().expect("a name");
        let endings = ["_bucket", "_sum", "_count"];
        let name = endings.iter().find_map(|ending| sample.strip_suffix(ending));
        let labels = line.split(['{', ',']).skip(1).filter_map(|part| part.split_once('='));
        let labels = labels.map(|(label, _)| label.to_owned()).filter(|label| label != "le");
        series
            .entry(name.unwrap_or(sample).to_owned())
            .or_default()
            .extend(labels);
    }
    series
}

/// The rows of the operators' table: series, and their labels.
fn documented() -> Vec<(BTreeSet<String>, BTreeSet<String>)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let guide = std::fs::read_to_string(file).expect("the operators' guide");
    let in_code = |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let rows = guide.lines().filter(|line| line.starts_with("| `tidegate_"));
    rows.map(|row| {
        let mut cells = row.split('|').skip(1);
        let mut next = || in_code(cells.next().expect("a cell"));
        (next(), next())
    })
    .collect()
}

#[tokio::test]
async fn every_series_with_its_labels_is_in_the_operators_table_and_nothing_else_is() {
    let (_meters, text) = exposed().await;
    let (exposed, rows) = (series(&text), documented());
    let mut named: Vec<&String> = rows.iter().flat_map(|(names, _)| names).collect();
    named.sort_unstable();
    let known: Vec<&String> = exposed.keys().collect();
    assert_eq!(named, known, "each in one row");
    for (names, labels) in &rows {
        let used: BTreeSet<String> = names.iter().flat_map(|name| exposed[name].clone()).collect();
        assert_eq!(&used, labels, "{names:?}");
    }
}
