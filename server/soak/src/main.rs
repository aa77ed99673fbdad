//! `make soak`: many seeds on all cores, or one seed told aloud.

use anyhow::{Context as _, Result, bail};
use control::clock::system::wall_now;
use soak::scene::{End, Played};
use soak::shrink::{repeat_line, shrink};
use soak::witness::Telling;
use soak::{Story, Violation, play};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

const USAGE: &str = "\
soak --seeds N [--hours H] [--from S]     N seeds from S (1) on, H (2) hours each; exit code 1 if an invariant breaks
soak --seed S [--hours H] [--keep 1,4,7]  one seed, told aloud; with only those events, or `none`";

/// How often progress is said.
const SAY_EVERY: Duration = Duration::from_secs(2);
/// Broken seeds that are cut short and told; more say nothing new.
const TOLD_MAX: usize = 5;

/// What was asked for.
#[derive(Debug, Default)]
struct Asked {
    seeds: Option<u64>,
    from: u64,
    hours: u32,
    seed: Option<u64>,
    keep: Option<Vec<usize>>,
}

fn main() -> ExitCode {
    match asked().and_then(|asked| run(&asked)) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("soak: {why:#}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn asked() -> Result<Asked> {
    let mut asked = Asked {
        from: 1,
        hours: 2,
        ..Asked::default()
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        let number = || value.parse::<u64>().with_context(|| format!("{word} {value}"));
        match word.as_str() {
            "--seeds" => asked.seeds = Some(number()?),
            "--from" => asked.from = number()?,
            "--hours" => asked.hours = u32::try_from(number()?)?,
            "--seed" => asked.seed = Some(number()?),
            "--keep" if value == "none" => asked.keep = Some(Vec::new()),
            "--keep" => asked.keep = Some(value.split(',').map(str::parse).collect::<Result<_, _>>()?),
            _ => bail!("unknown word {word}"),
        }
    }
    if asked.hours == 0 {
        bail!("a story of no hours has no calm at its end");
    }
    Ok(asked)
}

fn run(asked: &Asked) -> Result<ExitCode> {
    match (asked.seed, asked.seeds) {
        (Some(seed), _) => Ok(tell(seed, asked)),
        (None, Some(seeds)) => Ok(soak(seeds, asked)),
        (None, None) => bail!("how many seeds?"),
    }
}

/// 0, or 1 with violations.
fn code(violations: usize) -> ExitCode {
    match violations {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// One seed, told aloud.
fn tell(seed: u64, asked: &Asked) -> ExitCode {
    let story = Story::of(seed, asked.hours);
    let story = match &asked.keep {
        Some(kept) => story.keeping(kept),
        None => story,
    };
    println!(
        "{:#?}\ndesired {}, {} servers",
        story.spec, story.desired, story.servers
    );
    println!("{:?}\n{:?}", story.service, story.region);
    let played = play(&story, Telling::Aloud);
    played.lines.iter().for_each(|line| println!("{line}"));
    println!("{} calls, digest {:016x}", played.calls, played.digest);
    match &played.violation {
        Some(violation) => println!("{violation}"),
        None => println!("every invariant held"),
    }
    code(usize::from(played.violation.is_some()))
}

/// Many seeds on all cores.
fn soak(seeds: u64, asked: &Asked) -> ExitCode {
    let next = AtomicU64::new(asked.from);
    let end = asked.from + seeds;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (said, heard) = channel();
    let mut whole = 0_u64;
    let mut broken = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (next, said) = (&next, said.clone());
            scope.spawn(move || work(next, end, asked.hours, &said));
        }
        drop(said);
        let begun = wall_now();
        let (mut done, mut last) = (0, begun);
        loop {
            match heard.recv_timeout(SAY_EVERY) {
                Ok((seed, played)) => {
                    done += 1;
                    whole += u64::from(is_whole(&played.end));
                    let violation = played.violation;
                    if let Some(violation) = violation {
                        println!("\rseed {seed}: {violation}");
                        broken.push((seed, violation));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if wall_now().since(last) >= SAY_EVERY {
                last = wall_now();
                progress(done, seeds, broken.len(), last.since(begun));
            }
        }
        progress(done, seeds, broken.len(), wall_now().since(begun));
    });
    println!("\n{whole} of {seeds} ended with every instance that is desired in service");
    broken.sort_by_key(|(seed, _)| *seed);
    for (seed, violation) in broken.iter().take(TOLD_MAX) {
        explain(*seed, asked.hours, violation);
    }
    code(broken.len())
}

/// Whether all that is desired serves. A group that is deleted is; one that more comes in for than it can do may not be.
fn is_whole(end: &End) -> bool {
    u32::try_from(end.serving) == Ok(end.desired) && end.records == end.serving
}

fn work(next: &AtomicU64, end: u64, hours: u32, said: &Sender<(u64, Played)>) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return;
        }
        let played = play(&Story::of(seed, hours), Telling::Silent);
        if said.send((seed, played)).is_err() {
            return;
        }
    }
}

fn progress(done: u64, seeds: u64, broken: usize, since: Duration) {
    let spent = since.as_secs_f64();
    let left = spent / (done.max(1) as f64) * (seeds.saturating_sub(done) as f64);
    print!("\r{done} of {seeds} seeds, {broken} broken, {spent:.0} s, {left:.0} s to go   ");
    drop(std::io::Write::flush(&mut std::io::stdout()));
}

/// The shortest story with the same end, and the line that repeats it.
fn explain(seed: u64, hours: u32, violation: &Violation) {
    let shortest = shrink(&Story::of(seed, hours), violation.clone());
    println!("{}  # {}", repeat_line(&shortest.story), shortest.violation);
    for event in &shortest.story.events {
        println!("    {event}");
    }
}
