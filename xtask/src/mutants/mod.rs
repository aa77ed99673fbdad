//! `make mutants`: breaks the engine and the loop on purpose, one way after the other, and says which test notices.
//!
//! A mutant ([`table`]) is one text of the source and what is put in its place. It is made in a copy ([`source`]), compiled
//! and shown to the suites that are to notice ([`bench`]), the cheapest first. One that nobody notices, that does not compile
//! or that no test was asked about fails the run: tests that pass whatever the code does prove nothing.

mod bench;
mod source;
mod table;
mod verdict;

use std::process::ExitCode;

use anyhow::{Result, bail};
use bench::Bench;
use source::Source;
use table::Mutant;

use crate::place::Place;
use crate::run;
use crate::tests::Outcome;
use crate::tests::counts::Counts;

/// The table as `docs/reliability.md` has it.
pub fn show() {
    for mutant in table::all() {
        println!("{}", mutant.row());
    }
}

/// Those of that name, or all of them: a line each, and how many were caught.
pub fn run(place: &Place, names: &[&str]) -> Result<ExitCode> {
    let mutants = chosen(names)?;
    let outcome = hunt(place, &mutants)?;
    println!("{} of {} caught", outcome.counts.passed, mutants.len());
    Ok(if outcome.counts.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The part of `make test-all`.
pub fn part(place: &Place) -> Result<Outcome> {
    hunt(place, &table::all())
}

fn chosen(names: &[&str]) -> Result<Vec<&'static Mutant>> {
    let all = table::all();
    if names.is_empty() {
        return Ok(all);
    }
    let one = |name: &&str| all.iter().copied().find(|mutant| mutant.name == *name);
    if let Some(unknown) = names.iter().find(|name| one(name).is_none()) {
        bail!("there is no mutant {unknown}: docs/reliability.md lists them");
    }
    Ok(names.iter().filter_map(one).collect())
}

fn hunt(place: &Place, mutants: &[&'static Mutant]) -> Result<Outcome> {
    let source = Source::follow(place)?;
    let bench = Bench { place, source };
    bench.check(mutants)?;
    bench.content(mutants)?;
    let (mut counts, mut words) = (Counts::default(), String::new());
    for mutant in mutants {
        let start = run::now();
        let verdict = bench.judge(mutant)?;
        let line = format!("{}\t{verdict}\t{:.1}", mutant.name, start.elapsed().as_secs_f64());
        println!("{line}");
        if verdict.is_caught() {
            counts.passed += 1;
        } else {
            counts.failed += 1;
            words.push_str(&format!("{line}: {}\n", mutant.breaks));
        }
    }
    let log = Some(place.own("test-logs/mutants"));
    Ok(Outcome {
        counts,
        words,
        log,
        ..Outcome::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutants_are_chosen_by_their_names_and_a_name_nobody_knows_is_an_error() {
        let names = |chosen: Vec<&Mutant>| chosen.iter().map(|mutant| mutant.name).collect::<Vec<_>>();
        assert_eq!(names(chosen(&[]).expect("all")), names(table::all()));
        let two = chosen(&["no-epoch", "missing-is-zero"]).expect("two");
        assert_eq!(names(two), ["no-epoch", "missing-is-zero"]);
        assert!(chosen(&["no-such-thing"]).is_err());
    }
}
