//! The page "System": how the installation does.

use super::Lang;
use crate::system::{Condition, Database, DriverAnswer, DriverCall, PassOutcome};

super::words! {
    /// Words of the page "System".
    SystemTexts {
        title: "System" / "系统",
        since: "Running since" / "启动时间",
        scaling: "Scaling loop" / "伸缩循环",
        store: "Store" / "存储",
        driver: "Driver" / "驱动",
        balancers: "Load balancers" / "负载均衡",
        no_balancers: "No load balancer listens." / "没有正在监听的负载均衡。",
        groups: "Groups" / "伸缩组",
        leases: "Shards held, of 64" / "持有的分片（共 64）",
        last_slot: "Last slot" / "最近一轮",
        lag_p50: "Pass lag, median" / "执行延迟（中位数）",
        lag_p99: "Pass lag, p99" / "执行延迟（p99）",
        lag_worst: "Pass lag, worst" / "执行延迟（最大）",
        passes: "Passes" / "执行次数",
        outcome: "Outcome" / "结果",
        database: "Database" / "数据库",
        size: "Size" / "大小",
        reads_p50: "Reads, median" / "读取（中位数）",
        reads_p99: "Reads, p99" / "读取（p99）",
        writes_p50: "Writes, median" / "写入（中位数）",
        writes_p99: "Writes, p99" / "写入（p99）",
        machines: "Machines" / "机器",
        calls_p50: "Calls, median" / "调用（中位数）",
        calls_p99: "Calls, p99" / "调用（p99）",
        call: "Call" / "调用",
        answer: "Answer" / "应答",
        count: "Count" / "次数",
        tenant: "Tenant" / "租户",
        members: "Members" / "服务节点",
        none_yet: "Nothing counted yet." / "尚无计数。",
    }
}

/// How a part does.
pub const fn condition(lang: Lang, condition: Condition) -> &'static str {
    match (lang, condition) {
        (Lang::En, Condition::Well) => "Well",
        (Lang::Zh, Condition::Well) => "正常",
        (Lang::En, Condition::Starting) => "Starting",
        (Lang::Zh, Condition::Starting) => "启动中",
        (Lang::En, Condition::Idle) => "Holds no shard",
        (Lang::Zh, Condition::Idle) => "未持有分片",
        (Lang::En, Condition::Stuck) => "Stuck",
        (Lang::Zh, Condition::Stuck) => "停滞",
        (Lang::En, Condition::Silent) => "No answer",
        (Lang::Zh, Condition::Silent) => "无应答",
        (Lang::En, Condition::Unknown) => "Not asked yet",
        (Lang::Zh, Condition::Unknown) => "尚未询问",
    }
}

/// What a pass came to.
pub const fn outcome(lang: Lang, outcome: PassOutcome) -> &'static str {
    match (lang, outcome) {
        (Lang::En, PassOutcome::Quiet) => "Nothing to do",
        (Lang::Zh, PassOutcome::Quiet) => "无需操作",
        (Lang::En, PassOutcome::Acted) => "Acted",
        (Lang::Zh, PassOutcome::Acted) => "已操作",
        (Lang::En, PassOutcome::Gone) => "Group gone",
        (Lang::Zh, PassOutcome::Gone) => "伸缩组已删除",
        (Lang::En, PassOutcome::Changed) => "Dropped: changed meanwhile",
        (Lang::Zh, PassOutcome::Changed) => "放弃：期间有改动",
        (Lang::En, PassOutcome::Fenced) => "Dropped: another server's shard",
        (Lang::Zh, PassOutcome::Fenced) => "放弃：分片属于其他服务器",
        (Lang::En, PassOutcome::Failed) => "Dropped: store failed",
        (Lang::Zh, PassOutcome::Failed) => "放弃：存储失败",
        (Lang::En, PassOutcome::BrokeOff) => "Broke off: a defect",
        (Lang::Zh, PassOutcome::BrokeOff) => "中断：程序缺陷",
    }
}

/// A call of the driver.
pub const fn call(lang: Lang, call: DriverCall) -> &'static str {
    match (lang, call) {
        (Lang::En, DriverCall::List) => "List machines",
        (Lang::Zh, DriverCall::List) => "列出机器",
        (Lang::En, DriverCall::Describe) => "Describe one",
        (Lang::Zh, DriverCall::Describe) => "查询单台",
        (Lang::En, DriverCall::Usage) => "Measure",
        (Lang::Zh, DriverCall::Usage) => "测量用量",
        (Lang::En, DriverCall::Create) => "Create",
        (Lang::Zh, DriverCall::Create) => "创建",
        (Lang::En, DriverCall::Stop) => "Stop",
        (Lang::Zh, DriverCall::Stop) => "停止",
        (Lang::En, DriverCall::Delete) => "Delete",
        (Lang::Zh, DriverCall::Delete) => "删除",
        (Lang::En, DriverCall::Logs) => "Read logs",
        (Lang::Zh, DriverCall::Logs) => "读取日志",
    }
}

/// What the driver answered.
pub const fn answer(lang: Lang, answer: DriverAnswer) -> &'static str {
    match (lang, answer) {
        (Lang::En, DriverAnswer::Done) => "Done",
        (Lang::Zh, DriverAnswer::Done) => "完成",
        (Lang::En, DriverAnswer::Refused) => "Refused",
        (Lang::Zh, DriverAnswer::Refused) => "拒绝",
        (Lang::En, DriverAnswer::OutOfStock) => "Out of stock",
        (Lang::Zh, DriverAnswer::OutOfStock) => "无库存",
        (Lang::En, DriverAnswer::Throttled) => "Throttled",
        (Lang::Zh, DriverAnswer::Throttled) => "限流",
        (Lang::En, DriverAnswer::Unknown) => "Uncertain",
        (Lang::Zh, DriverAnswer::Unknown) => "不确定",
        (Lang::En, DriverAnswer::Late) => "Too late",
        (Lang::Zh, DriverAnswer::Late) => "超时",
    }
}

/// A product's name is the same in every language.
pub const fn database(database: Database) -> &'static str {
    match database {
        Database::Sqlite => "SQLite",
        Database::Postgres => "PostgreSQL",
    }
}

/// A short span: `850 µs`, `12.4 ms`, `1.5 s`; the units are the same in both languages.
pub fn took(us: u64) -> String {
    let (whole, tenth, unit) = match us {
        0..1_000 => return format!("{us} µs"),
        1_000..1_000_000 => (us / 1_000, us / 100 % 10, "ms"),
        _ => (us / 1_000_000, us / 100_000 % 10, "s"),
    };
    format!("{whole}.{tenth} {unit}")
}

/// A size in MiB with one decimal.
pub fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_sizes_read_as_people_write_them() {
        assert_eq!(
            (took(850), took(12_449), took(1_500_000)),
            ("850 µs".into(), "12.4 ms".into(), "1.5 s".into())
        );
        assert_eq!(mebibytes(3 << 19), "1.5 MiB");
    }

    #[test]
    fn every_word_differs_from_every_other_of_its_kind_in_both_languages() {
        for lang in Lang::ALL {
            let kinds: [Vec<&str>; 3] = [
                PassOutcome::ALL.map(|it| outcome(lang, it)).to_vec(),
                DriverCall::ALL.map(|it| call(lang, it)).to_vec(),
                DriverAnswer::ALL.map(|it| answer(lang, it)).to_vec(),
            ];
            for mut words in kinds {
                let count = words.len();
                words.sort_unstable();
                words.dedup();
                assert_eq!(words.len(), count, "{words:?}");
            }
        }
    }
}
