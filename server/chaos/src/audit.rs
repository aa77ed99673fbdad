//! What has to be equal once it is quiet, and what the scaling log has to say (I3, I8).
//!
//! Pure: counts go in, sentences come out, one a difference. None means that all is well.

use crate::books::{Activity, Page};
use crate::site::Count;
use std::collections::{BTreeMap, BTreeSet};

/// What differs between records, host and HAProxy. `bound` is the group behind the listener.
pub fn differences(count: &Count, bound: &str) -> Vec<String> {
    let mut found = on_host(count);
    let behind = count.page.present().filter(|instance| instance.group == bound);
    let behind: BTreeSet<&str> = behind.map(|instance| &*instance.id).collect();
    let members: BTreeSet<&str> = count.members.keys().map(|id| &**id).collect();
    compare(&mut found, &behind, ("record", "backend"), &members);
    let down = count.members.iter().filter(|(_, word)| *word != "UP");
    found.extend(down.map(|(id, word)| format!("HAProxy says of {id}: {word}")));
    if count.masters != 1 {
        found.push(format!("{} masters of HAProxy run", count.masters));
    }
    found
}

/// What differs between records and host alone.
pub fn on_host(count: &Count) -> Vec<String> {
    let mut found = Vec::new();
    let recorded: BTreeSet<&str> = count.page.present().map(|instance| &*instance.id).collect();
    let programs = count
        .machines
        .iter()
        .filter(|(_, machine)| !machine.programs.is_empty());
    let running: BTreeSet<&str> = programs.map(|(id, _)| &**id).collect();
    let folders: BTreeSet<&str> = count.folders.iter().map(|name| &**name).collect();
    compare(&mut found, &recorded, ("record", "process"), &running);
    compare(&mut found, &recorded, ("record", "folder"), &folders);
    let shims = count.machines.iter().filter(|(_, machine)| machine.programs.is_empty());
    found.extend(shims.map(|(id, _)| format!("{id} has a shim and no process")));
    found.extend(sizes(&count.page));
    found
}

fn compare(found: &mut Vec<String>, one: &BTreeSet<&str>, names: (&str, &str), other: &BTreeSet<&str>) {
    let (first, second) = names;
    found.extend(
        one.difference(other)
            .map(|id| format!("{id} has a {first} and no {second}")),
    );
    found.extend(
        other
            .difference(one)
            .map(|id| format!("{id} has a {second} and no {first}")),
    );
}

/// Groups that are not what they want to be.
fn sizes(page: &Page) -> Vec<String> {
    let mut found = Vec::new();
    for group in &page.groups {
        let mut states = BTreeMap::<&str, usize>::new();
        page.of(group)
            .for_each(|instance| *states.entry(&instance.state).or_default() += 1);
        let wanted = BTreeMap::from([("in_service", group.desired)]);
        if states != wanted && !(states.is_empty() && group.desired == 0) {
            found.push(format!(
                "group {} wants {} and has {states:?}",
                group.name, group.desired
            ));
        }
    }
    found
}

/// What is wrong with the scaling log: each launch has one line with its cause, each instance that is gone was removed or
/// never came to be, and every line has ended.
pub fn log(page: &Page, log: &[Activity]) -> Vec<String> {
    let mut found = Vec::new();
    let mut launches = BTreeMap::<&str, usize>::new();
    let mut told = BTreeSet::new();
    for line in log {
        let Activity {
            id,
            kind,
            status,
            cause,
            instance,
            ended,
        } = line;
        if !ended {
            found.push(format!("{kind} {id} of {instance} has not ended: {status}"));
        }
        if !cause.contains("reason") && matches!(&**kind, "launch" | "removal") {
            found.push(format!("{kind} {id} of {instance} has no cause: {cause}"));
        }
        match &**kind {
            "launch" => *launches.entry(instance).or_default() += 1,
            "removal" => drop(told.insert(&**instance)),
            _ => {}
        }
        if kind == "launch" && status != "succeeded" {
            told.insert(instance);
        }
    }
    for instance in &page.instances {
        let count = launches.get(&*instance.id).copied().unwrap_or(0);
        if count != 1 {
            found.push(format!("{} has {count} launches in the log", instance.id));
        }
        if instance.gone && !told.contains(&*instance.id) {
            found.push(format!("{} is gone and the log does not say why", instance.id));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::{Group, Instance};
    use crate::host::{Key, Machine};

    fn page(ids: &[&str], desired: usize) -> Page {
        let instance = |id: &&str| Instance {
            id: (*id).to_owned(),
            group: "g".to_owned(),
            state: "in_service".to_owned(),
            gone: false,
        };
        let group = Group {
            id: "g".to_owned(),
            name: "web".to_owned(),
            max: 3,
            desired,
        };
        Page {
            groups: vec![group],
            instances: ids.iter().map(instance).collect(),
        }
    }

    fn quiet(ids: &[&str]) -> Count {
        let machine = |id: &&str| {
            let key = Key { pid: 7, start: 7 };
            let programs = BTreeSet::from([key]);
            let shims = BTreeSet::new();
            ((*id).to_owned(), Machine { programs, shims })
        };
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        Count {
            page: page(ids, ids.len()),
            machines: ids.iter().map(machine).collect(),
            members: owned(ids).into_iter().map(|id| (id, "UP".to_owned())).collect(),
            masters: 1,
            folders: owned(ids),
        }
    }

    #[test]
    fn what_is_equal_everywhere_has_no_differences() {
        assert_eq!(differences(&quiet(&["i-1", "i-2"]), "g"), Vec::<String>::new());
    }

    #[test]
    fn each_way_to_differ_is_said() {
        let of = |change: &dyn Fn(&mut Count)| {
            let mut count = quiet(&["i-1"]);
            change(&mut count);
            differences(&count, "g")
        };
        assert_eq!(of(&|count| count.machines.clear()), ["i-1 has a record and no process"]);
        assert_eq!(of(&|count| count.members.clear()), ["i-1 has a record and no backend"]);
        assert_eq!(
            of(&|count| count.folders.push("i-9".into())),
            ["i-9 has a folder and no record"]
        );
        assert_eq!(of(&|count| count.masters = 2), ["2 masters of HAProxy run"]);
        let down = of(&|count| drop(count.members.insert("i-1".into(), "DOWN".into())));
        assert_eq!(down, ["HAProxy says of i-1: DOWN"]);
        let less = of(&|count| count.page.groups[0].desired = 2);
        assert_eq!(less, ["group web wants 2 and has {\"in_service\": 1}"]);
    }

    #[test]
    fn a_line_of_the_log_has_a_cause_and_an_end() {
        let line = |kind: &str, ended| Activity {
            id: "act-1".to_owned(),
            kind: kind.to_owned(),
            status: "succeeded".to_owned(),
            cause: r#"{"reason":"below_desired"}"#.to_owned(),
            instance: "i-1".to_owned(),
            ended,
        };
        assert_eq!(log(&page(&["i-1"], 1), &[line("launch", true)]), Vec::<String>::new());
        let open = log(&page(&["i-1"], 1), &[line("launch", false)]);
        assert_eq!(open, ["launch act-1 of i-1 has not ended: succeeded"]);
        let none = log(&page(&["i-1"], 1), &[]);
        assert_eq!(none, ["i-1 has 0 launches in the log"]);
        let mut gone = page(&["i-1"], 1);
        gone.instances[0].gone = true;
        assert_eq!(
            log(&gone, &[line("launch", true)]),
            ["i-1 is gone and the log does not say why"]
        );
        assert!(log(&gone, &[line("launch", true), line("removal", true)]).is_empty());
    }
}
