//! The page "System": how the installation does.

use super::Lang;
use crate::system::{Condition, Database, DriverAnswer, DriverCall, PassOutcome};

super::words! {
    /// Words of the page.
    SystemTexts {
        title: "System" / "系统",
        lead: "How this installation does, over all tenants. Read again every 5 seconds." / "整个安装的运行状况，涵盖所有租户。每 5 秒更新。",
        up_for: "up for" / "已运行",
        scaling: "Scaling loop" / "伸缩循环",
        groups: "Groups it keeps" / "负责的伸缩组",
        leases: "Shards it holds, of 64" / "持有的分片（共 64）",
        last_slot: "Last slot began" / "上一次检查",
        never: "not yet" / "尚未",
        lag: "How late passes begin" / "检查的延迟",
        passes: "Passes since the start" / "启动以来的检查次数",
        store: "Store" / "存储",
        database: "Database" / "数据库",
        size: "Size" / "大小",
        reads: "Reads" / "读取",
        writes: "Writes" / "写入",
        driver: "Driver" / "驱动",
        machines: "Machines it lists" / "列出的机器",
        calls: "Calls since the start" / "启动以来的调用",
        times: "How long a call takes" / "调用耗时",
        call: "Call" / "调用",
        answer: "Answer" / "应答",
        count: "Count" / "次数",
        p50: "Half within" / "一半不超过",
        p99: "99 % within" / "99% 不超过",
        worst: "Longest" / "最长",
        none_yet: "None yet." / "尚无。",
        balancers: "Load balancers" / "负载均衡",
        no_balancers: "No load balancer has a VServer yet." / "还没有带 VServer 的负载均衡。",
        members: "Members" / "服务节点",
        tenant: "Tenant" / "租户",
    }
}

/// How a part does.
pub const fn condition(lang: Lang, condition: Condition) -> &'static str {
    match (lang, condition) {
        (Lang::En, Condition::Well) => "Healthy",
        (Lang::Zh, Condition::Well) => "正常",
        (Lang::En, Condition::Starting) => "Starting",
        (Lang::Zh, Condition::Starting) => "启动中",
        (Lang::En, Condition::Idle) => "Idle: another server has the groups",
        (Lang::Zh, Condition::Idle) => "空闲：由另一台服务器负责",
        (Lang::En, Condition::Stuck) => "Stuck: no slot for ten seconds",
        (Lang::Zh, Condition::Stuck) => "停滞：十秒没有检查",
        (Lang::En, Condition::Silent) => "Does not answer",
        (Lang::Zh, Condition::Silent) => "没有应答",
        (Lang::En, Condition::Unknown) => "Not asked yet",
        (Lang::Zh, Condition::Unknown) => "尚未询问",
    }
}

/// What a pass came to.
pub const fn outcome(lang: Lang, outcome: PassOutcome) -> &'static str {
    match (lang, outcome) {
        (Lang::En, PassOutcome::Quiet) => "Nothing to do",
        (Lang::Zh, PassOutcome::Quiet) => "无需动作",
        (Lang::En, PassOutcome::Acted) => "Acted",
        (Lang::Zh, PassOutcome::Acted) => "有动作",
        (Lang::En, PassOutcome::Gone) => "Group is gone",
        (Lang::Zh, PassOutcome::Gone) => "伸缩组已不存在",
        (Lang::En, PassOutcome::Changed) => "Dropped: changed by people meanwhile",
        (Lang::Zh, PassOutcome::Changed) => "放弃：期间有人修改",
        (Lang::En, PassOutcome::Fenced) => "Dropped: another server's now",
        (Lang::Zh, PassOutcome::Fenced) => "放弃：已由另一台服务器负责",
        (Lang::En, PassOutcome::Failed) => "Dropped: the store did not answer",
        (Lang::Zh, PassOutcome::Failed) => "放弃：存储没有应答",
        (Lang::En, PassOutcome::BrokeOff) => "Broke off: a defect, please report it",
        (Lang::Zh, PassOutcome::BrokeOff) => "中断：程序缺陷，请报告",
    }
}

/// A call of a driver.
pub const fn call(lang: Lang, call: DriverCall) -> &'static str {
    match (lang, call) {
        (Lang::En, DriverCall::List) => "List machines",
        (Lang::Zh, DriverCall::List) => "列出机器",
        (Lang::En, DriverCall::Describe) => "Describe one",
        (Lang::Zh, DriverCall::Describe) => "查询一台",
        (Lang::En, DriverCall::Usage) => "CPU and memory",
        (Lang::Zh, DriverCall::Usage) => "CPU 与内存",
        (Lang::En, DriverCall::Create) => "Start one",
        (Lang::Zh, DriverCall::Create) => "启动一台",
        (Lang::En, DriverCall::Stop) => "End its program",
        (Lang::Zh, DriverCall::Stop) => "结束程序",
        (Lang::En, DriverCall::Delete) => "Remove one",
        (Lang::Zh, DriverCall::Delete) => "移除一台",
        (Lang::En, DriverCall::Logs) => "Read output",
        (Lang::Zh, DriverCall::Logs) => "读取输出",
    }
}

/// What a driver answered.
pub const fn answer(lang: Lang, answer: DriverAnswer) -> &'static str {
    match (lang, answer) {
        (Lang::En, DriverAnswer::Done) => "Done",
        (Lang::Zh, DriverAnswer::Done) => "完成",
        (Lang::En, DriverAnswer::Refused) => "Refused",
        (Lang::Zh, DriverAnswer::Refused) => "拒绝",
        (Lang::En, DriverAnswer::OutOfStock) => "No capacity",
        (Lang::Zh, DriverAnswer::OutOfStock) => "资源不足",
        (Lang::En, DriverAnswer::Throttled) => "Throttled",
        (Lang::Zh, DriverAnswer::Throttled) => "被限流",
        (Lang::En, DriverAnswer::Unknown) => "No certain answer",
        (Lang::Zh, DriverAnswer::Unknown) => "结果不明",
        (Lang::En, DriverAnswer::Late) => "Too late",
        (Lang::Zh, DriverAnswer::Late) => "超时",
    }
}

/// Which database: names of products.
pub const fn database(database: Database) -> &'static str {
    match database {
        Database::Sqlite => "SQLite",
        Database::Postgres => "PostgreSQL",
    }
}
