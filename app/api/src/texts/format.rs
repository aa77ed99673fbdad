//! Numbers as people read them. Integers only: nothing here rounds a float.

use super::Lang;
use engine::model::{Milli, Timestamp};

/// Between a thing and what is said of it.
pub const fn colon(lang: Lang) -> &'static str {
    match lang {
        Lang::En => ": ",
        Lang::Zh => "：",
    }
}

/// Thousandths of a percent as `98.5 %` (`98.5%` in Chinese); one decimal at most, rounded half up.
pub fn percent(lang: Lang, milli: Milli) -> String {
    let tenths = milli.saturating_add(50) / 100;
    let (whole, tenth) = (tenths / 10, tenths % 10);
    let number = if tenth == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{tenth}")
    };
    match lang {
        Lang::En => format!("{number} %"),
        Lang::Zh => format!("{number}%"),
    }
}

/// A count with its thousands apart, as both languages write them: `1,000,000`.
pub fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut apart = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// How precisely an amount is shown: its decimals, and the micro-units of the last of them.
type Precision = (usize, u64);

const CENTS: Precision = (2, 10_000);
/// Below one unit, coarsest first: a price by the hour is a few thousandths.
const BELOW_ONE: [Precision; 3] = [CENTS, (3, 1_000), (4, 100)];
/// What four decimals would show as nothing.
const TINY: Precision = (6, 1);

fn precision(micros: u64) -> Precision {
    if micros == 0 || micros >= 1_000_000 {
        CENTS
    } else if micros < 50 {
        TINY
    } else {
        let exact = BELOW_ONE.into_iter().find(|(_, step)| micros.is_multiple_of(*step));
        exact.unwrap_or(BELOW_ONE[2])
    }
}

/// Rounded half up.
fn amount(micros: i64, (decimals, step): Precision) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (steps, in_one) = (micros.unsigned_abs().saturating_add(step / 2) / step, 1_000_000 / step);
    format!("{sign}{}.{:0decimals$}", number(steps / in_one), steps % in_one)
}

/// Micro-units of a currency: two decimals from one unit up, below it as many as it takes up to four: `0.0125 USD`.
pub fn money(micros: i64, currency: &str) -> String {
    format!("{}\u{a0}{currency}", amount(micros, precision(micros.unsigned_abs())))
}

/// Two amounts, both as precise as the one that needs it more: `0.0125 – 0.0500 USD`.
pub fn money_range(from: i64, to: i64, currency: &str) -> String {
    if from == to {
        return money(from, currency);
    }
    let most = precision(from.unsigned_abs()).max(precision(to.unsigned_abs()));
    format!("{} – {}\u{a0}{currency}", amount(from, most), amount(to, most))
}

/// Thousandths of a vCPU: `0.25`, `1`, `2`.
pub fn vcpus(milli: u32) -> String {
    let (whole, rest) = (milli / 1_000, milli % 1_000);
    let digits = format!("{rest:03}");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        whole.to_string()
    } else {
        format!("{whole}.{digits}")
    }
}

/// MiB, or GiB when it is a whole number of them; no line ends before the unit.
pub fn memory(mib: u32) -> String {
    if mib >= 1_024 && mib.is_multiple_of(1_024) {
        format!("{}\u{a0}GiB", mib / 1_024)
    } else {
        format!("{mib}\u{a0}MiB")
    }
}

/// A length of time in its two largest units: `4 h 10 min`, `45 s`.
pub fn length(lang: Lang, ms: i64) -> String {
    let seconds = ms.unsigned_abs() / 1_000;
    let parts = [seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60];
    let units = match lang {
        Lang::En => [" d", " h", " min", " s"],
        Lang::Zh => [" 天", " 小时", " 分钟", " 秒"],
    };
    let Some(first) = parts.iter().position(|part| *part > 0) else {
        return format!("0{}", units[3]);
    };
    let shown = parts
        .iter()
        .zip(units)
        .skip(first)
        .take(2)
        .filter(|(part, _)| **part > 0);
    shown
        .map(|(part, unit)| format!("{part}{unit}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Days since 1970 as year, month, day (proleptic Gregorian), by counting in 400-year eras that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// `2026-11-21` and `23:05:44`, both UTC.
fn parts(ms: i64) -> (String, String) {
    let seconds = ms.div_euclid(1_000);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let time = format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60);
    (format!("{year:04}-{month:02}-{day:02}"), time)
}

/// `2026-11-21 23:05:44 UTC`.
pub fn instant(ms: i64) -> String {
    format!("{} UTC", date_time(ms))
}

/// `2026-11-21 23:05:44`, beside a word that says UTC.
pub fn date_time(ms: i64) -> String {
    let (date, time) = parts(ms);
    format!("{date} {time}")
}

/// `11-21 23:05:44`, for rows under a head that says UTC.
pub fn short_instant(ms: i64) -> String {
    let (date, time) = parts(ms);
    format!("{} {time}", date.get(5..).unwrap_or(&date))
}

/// `23:05:44`.
pub fn clock(ms: i64) -> String {
    parts(ms).1
}

/// For `<time datetime>`.
pub fn machine_instant(ms: i64) -> String {
    let (date, time) = parts(ms);
    format!("{date}T{time}Z")
}

/// An instant inside a sentence.
pub fn at(when: Timestamp) -> String {
    format!("{} UTC", short_instant(when.0))
}

/// A count in English: `1 instance`, `3 instances`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// How many a list has in all: `3 groups`; a list stops counting at 10 000.
pub fn total(lang: Lang, count: u32, one: &str, many: &str) -> String {
    let number = if count >= 10_000 {
        "10,000+".to_owned()
    } else {
        number(count.into())
    };
    match lang {
        Lang::En => format!("{number} {}", if count == 1 { one } else { many }),
        Lang::Zh => format!("共 {number} 个"),
    }
}

/// Microseconds as people read them: `850 µs`, `3.2 ms`, `1.5 s`; one decimal, cut.
pub fn micros(us: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", us / unit, us % unit / (unit / 10));
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", tenths(1_000)),
        _ => format!("{} s", tenths(1_000_000)),
    }
}

/// Bytes in the largest unit that keeps a whole number of them: `512 B`, `40 KiB`, `12 MiB`, `3 GiB`.
pub fn bytes(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let fits = units.iter().find(|(size, _)| bytes >= *size);
    fits.map_or_else(
        || format!("{bytes} B"),
        |(size, unit)| format!("{} {unit}", bytes / size),
    )
}

/// Passes, counted.
pub fn passes(lang: Lang, count: u64) -> String {
    match lang {
        Lang::En => counted(count, "pass", "passes"),
        Lang::Zh => format!("{} 次", number(count)),
    }
}

/// Instances, counted.
pub fn instances(lang: Lang, count: u64) -> String {
    match lang {
        Lang::En => counted(count, "instance", "instances"),
        Lang::Zh => format!("{} 个实例", number(count)),
    }
}
