//! What HAProxy says of its servers, parsed by column names: columns come and go between versions. Pure.

use super::super::{BackendStat, BalancerStat, MemberAddress};
use engine::model::{CheckWord, InstanceId, VServerId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// Bit of `srv_admin_state`: in maintenance because we said so.
const FORCED_MAINTENANCE: u32 = 0x01;
/// Bit of `srv_admin_state`: in drain because we said so.
const FORCED_DRAIN: u32 = 0x08;

/// One server out of `show servers state`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// In which VServer.
    pub vserver: VServerId,
    /// Who and where.
    pub member: MemberAddress,
    /// Drained by us.
    pub drain: bool,
    /// In maintenance by us: left, and not yet deleted.
    pub maintenance: bool,
    /// The line as it came.
    pub line: String,
}

/// A table whose columns have names.
struct Table<'a> {
    names: BTreeMap<&'a str, usize>,
    rows: Vec<Vec<&'a str>>,
}

impl<'a> Table<'a> {
    fn cell(&self, row: &[&'a str], name: &str) -> &'a str {
        self.names.get(name).and_then(|at| row.get(*at)).copied().unwrap_or("")
    }

    fn needs(&self, names: &[&str]) -> Result<(), String> {
        match names.iter().find(|name| !self.names.contains_key(*name)) {
            None => Ok(()),
            Some(name) => Err(format!("no column {name}")),
        }
    }
}

/// Reads `show stat` followed by `show servers state`.
pub fn stat(answer: &str) -> Result<BalancerStat, String> {
    let table = csv(answer)?;
    table.needs(&["pxname", "svname", "status", "check_status", "scur", "stot"])?;
    let drained: BTreeSet<(VServerId, InstanceId)> = rows(answer)?
        .into_iter()
        .filter(|row| row.drain)
        .map(|row| (row.vserver, row.member.id))
        .collect();
    let backends = table
        .rows
        .iter()
        .filter_map(|row| backend(&table, row, &drained))
        .collect();
    Ok(BalancerStat { backends })
}

fn backend(table: &Table<'_>, row: &[&str], drained: &BTreeSet<(VServerId, InstanceId)>) -> Option<BackendStat> {
    let vserver: VServerId = table.cell(row, "pxname").parse().ok()?;
    let id: InstanceId = table.cell(row, "svname").parse().ok()?;
    let sessions = table.cell(row, "scur").parse().unwrap_or(0);
    let status = table.cell(row, "status");
    let word = match status {
        _ if status.starts_with("MAINT") => CheckWord::Absent,
        _ if status.starts_with("DRAIN") || drained.contains(&(vserver, id)) => CheckWord::Draining(sessions),
        _ => checked(status, table.cell(row, "check_status")),
    };
    let requests = [table.cell(row, "req_tot"), table.cell(row, "stot")]
        .iter()
        .filter_map(|n| n.parse().ok())
        .max();
    Some(BackendStat {
        vserver,
        id,
        word,
        requests: requests.unwrap_or(0),
        sessions,
    })
}

/// A server that takes part. `INI` is "not yet checked"; a star before the check's word is "one is under way".
fn checked(status: &str, check: &str) -> CheckWord {
    let check = check.trim_start_matches('*').trim();
    match status.split_whitespace().next().unwrap_or("") {
        _ if check == "INI" || check.is_empty() => CheckWord::Missing,
        "UP" | "NOLB" => CheckWord::Up,
        "DOWN" => CheckWord::Down,
        _ => CheckWord::Missing,
    }
}

/// The addresses a running process listens on, out of its frontends' names (see [`super::config::frontend`]).
pub fn held(answer: &str) -> Result<BTreeSet<(Ipv4Addr, u16)>, String> {
    let table = csv(answer)?;
    let bound = |row: &Vec<&str>| {
        let mut parts = table.cell(row, "pxname").rsplitn(3, '-');
        let port = parts.next()?.parse().ok()?;
        Some((parts.next()?.parse().ok()?, port))
    };
    Ok(table
        .rows
        .iter()
        .filter(|row| table.cell(row, "svname") == "FRONTEND")
        .filter_map(bound)
        .collect())
}

/// Reads `show servers state`, wherever it stands in the answer. Servers that are not ours are left out.
pub fn rows(answer: &str) -> Result<Vec<Row>, String> {
    let Some((_, body)) = answer.split_once("# be_id ") else {
        return Err("no server states".to_owned());
    };
    let mut lines = body.lines();
    let head = lines.next().unwrap_or("");
    let names = std::iter::once("be_id")
        .chain(head.split_whitespace())
        .enumerate()
        .map(|(at, name)| (name, at));
    let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let rows = lines.iter().map(|line| line.split_whitespace().collect()).collect();
    let table = Table {
        names: names.collect(),
        rows,
    };
    table.needs(&[
        "be_name",
        "srv_name",
        "srv_addr",
        "srv_port",
        "srv_uweight",
        "srv_admin_state",
    ])?;
    Ok(table
        .rows
        .iter()
        .zip(&lines)
        .filter_map(|(row, line)| server(&table, row, line))
        .collect())
}

fn server(table: &Table<'_>, row: &[&str], line: &str) -> Option<Row> {
    let admin: u32 = table.cell(row, "srv_admin_state").parse().ok()?;
    let member = MemberAddress {
        id: table.cell(row, "srv_name").parse().ok()?,
        address: table.cell(row, "srv_addr").parse().ok()?,
        port: table.cell(row, "srv_port").parse().ok()?,
        weight: table.cell(row, "srv_uweight").parse().ok()?,
    };
    Some(Row {
        vserver: table.cell(row, "be_name").parse().ok()?,
        member,
        drain: admin & FORCED_DRAIN != 0,
        maintenance: admin & FORCED_MAINTENANCE != 0,
        line: line.to_owned(),
    })
}

/// Reads the CSV of `show stat`: from its header to the first empty line. A program's answer may be quoted in a cell.
fn csv(answer: &str) -> Result<Table<'_>, String> {
    let start = answer.find("# pxname,").ok_or("no statistics")?;
    let mut rows = Vec::new();
    let mut rest = answer.get(start + 2..).unwrap_or("");
    while !rest.is_empty() && !rest.starts_with('\n') {
        let (row, after) = record(rest);
        rows.push(row);
        rest = after;
    }
    let mut rows = rows.into_iter();
    let names = rows
        .next()
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(at, name)| (name, at))
        .collect();
    Ok(Table {
        names,
        rows: rows.collect(),
    })
}

/// One record and what follows it. Quotes stay in the cell: no column that is read here has any.
fn record(text: &str) -> (Vec<&str>, &str) {
    let (mut cells, mut from, mut quoted) = (Vec::new(), 0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                cells.push(&text[from..at]);
                from = at + 1;
            }
            b'\n' if !quoted => {
                cells.push(&text[from..at]);
                return (cells, &text[at + 1..]);
            }
            _ => {}
        }
    }
    cells.push(&text[from..]);
    (cells, "")
}
