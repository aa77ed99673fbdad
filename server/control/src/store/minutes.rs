//! Instance series: what each instance used in each minute, and the text it is stored as.
//!
//! - A minute is four cycles of its group ([`CYCLES_A_MINUTE`]). Of each metric it has the mean and the highest of the
//!   cycles that were read; a minute without a reading is not there.
//! - A row is a quarter of an hour of at most [`MEMBERS_A_ROW`] instances, so that a minute adds one short line to one row
//!   of a group, and looking at one instance of a large group does not read all the others.
//! - A line is the minute's place in its quarter and then, for each member in the row's order, mean and maximum of CPU
//!   and of memory: two characters each, tenths of a percent in base 64 from `0` on, `--` for none. 8 characters an
//!   instance and minute; a line that is shorter than its row has members has nothing of those that came later.
//! - What is over 409.5 % is stored as 409.5 %.

use api::groups::{InstanceUse, MeanMax};
use engine::model::{Cycle, InstanceId};
use std::collections::{BTreeMap, BTreeSet};

/// Cycles in a minute.
pub const CYCLES_A_MINUTE: u64 = 4;
/// Minutes in a row. More, and each minute writes a longer row anew; fewer, and the members' ids outweigh their numbers.
pub const MINUTES_A_ROW: u64 = 15;
/// Members in a row. More, and one instance's chart reads much that is not its own; fewer makes more rows.
pub const MEMBERS_A_ROW: usize = 64;

/// The highest share that is stored, in tenths of a percent.
const SHARE_MAX: u64 = 64 * 64 - 1;
/// Thousandths of a percent in a tenth.
const TENTH: u64 = 100;
/// The first character of the digits; the 63 after it are ASCII, too.
const ZERO: u8 = b'0';
/// Nothing was read.
const NONE: &str = "--";
/// Characters of one instance in a line.
const WIDTH: usize = 8;

/// What a group's instances used in one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinuteRecord {
    /// Which: `floor(cycle / 4)`.
    pub minute: u64,
    /// Each instance that was read, once.
    pub uses: Vec<(InstanceId, InstanceUse)>,
}

/// The minute a cycle is in.
pub const fn minute_of(cycle: Cycle) -> u64 {
    cycle.0 / CYCLES_A_MINUTE
}

/// The row a minute is in.
pub const fn quarter_of(minute: u64) -> u64 {
    minute / MINUTES_A_ROW
}

/// A row as it will be once a minute is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its number in its quarter.
    pub number: u64,
    /// Its members, in the order of their values.
    pub members: Vec<InstanceId>,
    /// The minute's line; empty if the minute has nothing of them.
    pub line: String,
}

impl Part {
    /// A stored row, by its number and the text of its members; a word that is no id (it cannot be) is nobody's.
    pub fn stored(number: u64, members: &str) -> Self {
        let members = members.split(' ').map(|id| id.parse().unwrap_or(InstanceId(0)));
        Self {
            number,
            members: members.collect(),
            line: String::new(),
        }
    }

    /// The members as text.
    pub fn members_text(&self) -> String {
        let ids: Vec<String> = self.members.iter().map(ToString::to_string).collect();
        ids.join(" ")
    }
}

/// Adds a minute to the rows of its quarter: known members keep their places, new ones take the next, in a row of their
/// own when the last is full.
pub fn add(parts: &mut Vec<Part>, record: &MinuteRecord) {
    let known: BTreeSet<InstanceId> = parts.iter().flat_map(|part| &part.members).copied().collect();
    for (id, _) in record.uses.iter().filter(|(id, _)| !known.contains(id)) {
        if parts.last().is_none_or(|last| last.members.len() >= MEMBERS_A_ROW) {
            parts.push(Part {
                number: parts.last().map_or(0, |last| last.number + 1),
                members: Vec::new(),
                line: String::new(),
            });
        }
        if let Some(last) = parts.last_mut() {
            last.members.push(*id);
        }
    }
    let uses: BTreeMap<InstanceId, InstanceUse> = record.uses.iter().copied().collect();
    for part in parts {
        part.line = line(record.minute, &part.members, &uses);
    }
}

fn line(minute: u64, members: &[InstanceId], uses: &BTreeMap<InstanceId, InstanceUse>) -> String {
    let count = members
        .iter()
        .rposition(|id| uses.contains_key(id))
        .map_or(0, |last| last + 1);
    if count == 0 {
        return String::new();
    }
    let mut line = String::with_capacity(1 + count * WIDTH);
    line.push(digit(minute % MINUTES_A_ROW));
    for id in &members[..count] {
        let InstanceUse { cpu, memory } = uses.get(id).copied().unwrap_or_default();
        push(&mut line, cpu);
        push(&mut line, memory);
    }
    line
}

fn push(line: &mut String, share: Option<MeanMax>) {
    let Some(MeanMax { mean, max }) = share else {
        line.push_str(NONE);
        line.push_str(NONE);
        return;
    };
    for value in [mean, max] {
        let tenths = (value.saturating_add(TENTH / 2) / TENTH).min(SHARE_MAX);
        line.push(digit(tenths / 64));
        line.push(digit(tenths % 64));
    }
}

/// A digit of base 64.
fn digit(value: u64) -> char {
    char::from(ZERO + u8::try_from(value % 64).unwrap_or(0))
}

/// The minutes of a stored row, oldest first as they were written; a line that cannot be read is left out.
pub fn read(quarter: u64, members: &str, minutes: &str) -> Vec<MinuteRecord> {
    let part = Part::stored(0, members);
    let lines = minutes.split(' ').filter(|line| line.is_ascii());
    lines
        .filter_map(|line| {
            let (place, values) = line.split_at_checked(1)?;
            let chunks = values.as_bytes().chunks_exact(WIDTH);
            let uses = part
                .members
                .iter()
                .zip(chunks)
                .filter_map(|(id, chunk)| Some((*id, used(chunk)?)));
            Some(MinuteRecord {
                minute: quarter * MINUTES_A_ROW + value(*place.as_bytes().first()?)?,
                uses: uses.collect(),
            })
        })
        .collect()
}

fn used(chunk: &[u8]) -> Option<InstanceUse> {
    let (cpu, memory) = chunk.split_at_checked(WIDTH / 2)?;
    let used = InstanceUse {
        cpu: share(cpu),
        memory: share(memory),
    };
    (used != InstanceUse::default()).then_some(used)
}

fn share(chunk: &[u8]) -> Option<MeanMax> {
    let [high_mean, low_mean, high_max, low_max] = chunk else {
        return None;
    };
    let number = |high: &u8, low: &u8| Some((value(*high)? * 64 + value(*low)?) * TENTH);
    Some(MeanMax {
        mean: number(high_mean, low_mean)?,
        max: number(high_max, low_max)?,
    })
}

fn value(digit: u8) -> Option<u64> {
    digit.checked_sub(ZERO).filter(|value| *value < 64).map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(mean: u64, max: u64) -> InstanceUse {
        InstanceUse {
            cpu: Some(MeanMax { mean, max }),
            memory: None,
        }
    }

    fn record(minute: u64, uses: &[(u64, InstanceUse)]) -> MinuteRecord {
        let uses = uses.iter().map(|(id, used)| (InstanceId(*id), *used)).collect();
        MinuteRecord { minute, uses }
    }

    /// What a row of those minutes reads as.
    fn stored(records: &[MinuteRecord]) -> Vec<MinuteRecord> {
        let (mut parts, mut lines) = (Vec::new(), BTreeMap::<u64, Vec<String>>::new());
        for record in records {
            add(&mut parts, record);
            for part in parts.iter().filter(|part| !part.line.is_empty()) {
                lines.entry(part.number).or_default().push(part.line.clone());
            }
        }
        let quarter = quarter_of(records[0].minute);
        let rows = parts
            .iter()
            .map(|part| read(quarter, &part.members_text(), &lines[&part.number].join(" ")));
        rows.flatten().collect()
    }

    #[test]
    fn a_minute_comes_back_in_tenths_of_a_percent() {
        let both = InstanceUse {
            cpu: Some(MeanMax {
                mean: 50_049,
                max: 99_950,
            }),
            memory: Some(MeanMax { mean: 0, max: 1_000 }),
        };
        let back = InstanceUse {
            cpu: Some(MeanMax {
                mean: 50_000,
                max: 100_000,
            }),
            memory: Some(MeanMax { mean: 0, max: 1_000 }),
        };
        assert_eq!(stored(&[record(44, &[(7, both)])]), [record(44, &[(7, back)])]);
    }

    #[test]
    fn what_is_over_the_highest_share_is_the_highest() {
        let all = stored(&[record(0, &[(7, used(409_500, u64::MAX))])]);
        assert_eq!(all, [record(0, &[(7, used(409_500, 409_500))])]);
    }

    #[test]
    fn members_that_come_and_go_keep_their_places() {
        let minutes = [
            record(30, &[(1, used(1_000, 2_000)), (2, used(3_000, 4_000))]),
            record(31, &[(2, used(5_000, 5_000)), (9, used(6_000, 6_000))]),
            record(44, &[(1, used(7_000, 7_000))]),
        ];
        assert_eq!(stored(&minutes), minutes);
    }

    #[test]
    fn a_full_row_is_followed_by_the_next_and_a_line_has_eight_characters_a_member() {
        let uses: Vec<_> = (1..=65).map(|id| (id, used(id * 1_000, id * 1_000))).collect();
        let mut parts = Vec::new();
        add(&mut parts, &record(15, &uses));
        let sizes: Vec<_> = parts
            .iter()
            .map(|part| (part.number, part.members.len(), part.line.len()))
            .collect();
        assert_eq!(sizes, [(0, 64, 1 + 64 * 8), (1, 1, 1 + 8)]);
        assert!(parts.iter().all(|part| !part.line.contains(' ')));
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(read(0, "i-0000000000001", ""), []);
        assert_eq!(read(0, "", "0zzzzzzzz"), [record(0, &[])]);
        assert_eq!(read(0, "i-0000000000001", "0\u{e4}\u{e4}\u{e4}\u{e4}"), []);
        assert_eq!(read(2, "i-0000000000001", "100--0"), [record(31, &[])]);
    }
}
