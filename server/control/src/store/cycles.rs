//! Group series: the text that an hour of cycles is stored as.
//!
//! A record is a quarter as long as it would be as JSON, and every pass that closes a cycle writes its row anew. Records
//! are parted by `;`, their fields by `,`: the cycle's place in its hour, desired, in service, everything, then the mean
//! of each metric and the demand of each; a reading that is missing is the name of its reason. A metric that a row is too
//! old to know was not read.
//!
//! Rows that were written before are JSON arrays: they are read, and become this form when something is added.

use super::rules::CYCLES_A_ROW;
use engine::memory::CycleRecord;
use engine::model::{Cycle, Metric, Missing, Reading};

/// Fields before the readings.
const COUNTS: usize = 4;

/// Whether a row is of the old form, by its first character.
pub fn is_old(first: &str) -> bool {
    first.starts_with('[')
}

/// One record.
pub fn record(record: &CycleRecord) -> String {
    let CycleRecord {
        cycle,
        desired,
        in_service,
        everything,
        means,
        demands,
    } = record;
    let mut text = format!("{},{desired},{in_service},{everything}", cycle.0 % CYCLES_A_ROW);
    for reading in means.iter().chain(demands) {
        text.push(',');
        match reading {
            Ok(value) => text.push_str(&value.to_string()),
            Err(why) => text.push_str(&name(*why)),
        }
    }
    text
}

/// A row of records.
pub fn row(records: &[CycleRecord]) -> String {
    let records: Vec<String> = records.iter().map(record).collect();
    records.join(";")
}

/// The records of an hour's row.
///
/// # Errors
/// What cannot be read.
pub fn read(hour: u64, text: &str) -> Result<Vec<CycleRecord>, String> {
    last(hour, text, usize::MAX)
}

/// The last records of an hour's row, at most so many. A start reads ten minutes of every group: it does not parse the
/// rest of the hour for that.
///
/// # Errors
/// What cannot be read.
pub fn last(hour: u64, text: &str, most: usize) -> Result<Vec<CycleRecord>, String> {
    if is_old(text) {
        let mut all: Vec<CycleRecord> = serde_json::from_str(text).map_err(|why| why.to_string())?;
        all.drain(..all.len().saturating_sub(most));
        return Ok(all);
    }
    let records = text.rsplit(';').filter(|record| !record.is_empty()).take(most);
    let read = records.map(|text| one(hour, text).ok_or_else(|| format!("`{text}` is no record of a cycle")));
    let mut records = read.collect::<Result<Vec<_>, _>>()?;
    records.reverse();
    Ok(records)
}

fn one(hour: u64, text: &str) -> Option<CycleRecord> {
    let fields: Vec<&str> = text.split(',').collect();
    let (counts, readings) = fields.split_at_checked(COUNTS)?;
    let (means, demands) = readings.split_at(readings.len() / 2);
    let place: u64 = counts[0].parse().ok().filter(|place| *place < CYCLES_A_ROW)?;
    Some(CycleRecord {
        cycle: Cycle(hour * CYCLES_A_ROW + place),
        desired: counts[1].parse().ok()?,
        in_service: counts[2].parse().ok()?,
        everything: counts[3].parse().ok()?,
        means: by_metric(means)?,
        demands: by_metric(demands)?,
    })
}

fn by_metric(fields: &[&str]) -> Option<[Reading; Metric::ALL.len()]> {
    let mut readings = [Err(Missing::NotRead); Metric::ALL.len()];
    for (reading, field) in readings.iter_mut().zip(fields) {
        *reading = match field.parse() {
            Ok(value) => Ok(value),
            Err(_) => Err(missing(field)?),
        };
    }
    Some(readings)
}

fn name(why: Missing) -> String {
    match serde_json::to_value(why) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

fn missing(name: &str) -> Option<Missing> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(number: u64) -> CycleRecord {
        CycleRecord {
            cycle: Cycle(number),
            desired: 10,
            in_service: 9,
            everything: 11,
            means: [Ok(50_000), Err(Missing::TooFewSamples)],
            demands: [Ok(u64::MAX), Err(Missing::NotRead)],
        }
    }

    #[test]
    fn an_hour_comes_back_as_it_was() {
        let all: Vec<_> = [480, 481, 719].map(cycle).into();
        let text = row(&all);
        assert_eq!(read(2, &text), Ok(all));
        assert_eq!(read(2, ""), Ok(Vec::new()));
        assert_eq!(last(2, &text, 2), Ok([481, 719].map(cycle).into()));
    }

    #[test]
    fn a_record_is_a_quarter_of_its_json() {
        let busy = CycleRecord {
            means: [Ok(50_000), Ok(25_000)],
            demands: [Ok(500_000), Ok(250_000)],
            ..cycle(700)
        };
        let (short, long) = (record(&busy).len(), serde_json::to_string(&busy).expect("JSON").len());
        assert!(short * 3 < long, "{short} {long}");
    }

    #[test]
    fn rows_of_the_old_form_are_read() {
        let all = vec![cycle(480), cycle(481)];
        let old = serde_json::to_string(&all).expect("JSON");
        assert!(is_old(&old) && !is_old(&row(&all)));
        assert_eq!(read(2, &old), Ok(all));
    }

    #[test]
    fn a_metric_that_a_row_does_not_know_was_not_read() {
        let read = read(0, "3,1,1,1,5,7").expect("a record");
        assert_eq!(read[0].means, [Ok(5), Err(Missing::NotRead)]);
        assert_eq!(read[0].demands, [Ok(7), Err(Missing::NotRead)]);
    }

    #[test]
    fn what_is_no_record_is_said() {
        for text in ["1,2", "240,1,1,1", "x,1,1,1", "1,1,1,1,nonsuch,2", "["] {
            assert!(read(0, text).is_err(), "{text}");
        }
    }
}
