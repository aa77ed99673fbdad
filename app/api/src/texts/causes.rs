//! Why something was done, why a launch failed, why a value is missing.

use super::format::colon;
use super::{Lang, reasons};
use crate::groups::{ActivityKind, ActivityView, Cause, FailureWord};
use engine::model::{LaunchFailure, LeaveCause, Missing, Reason};

/// The cause of an activity in one sentence.
pub fn cause(lang: Lang, cause: &Cause) -> String {
    match cause {
        Cause::Engine { reasons } => reasons::sentence(lang, reasons),
        Cause::Leave { why, reasons: said } if said.is_empty() => leave(lang, *why).to_owned(),
        Cause::Leave { reasons: said, .. } if said.iter().any(says_why) => reasons::sentence(lang, said),
        Cause::Leave { why, reasons: said } => {
            let (why, said) = (leave(lang, *why), reasons::sentence(lang, said));
            format!("{why}{}{said}", colon(lang))
        }
        Cause::Person { name, what } => person(lang, name, what),
    }
}

/// Does this reason name the cause itself? Said before it again, the cause stands there twice.
const fn says_why(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::Surplus { .. } | Reason::RemovesUnhealthy { .. } | Reason::RemovedByHand { .. } | Reason::Deleting
    )
}

fn person(lang: Lang, name: &str, what: &str) -> String {
    match lang {
        Lang::En => format!("{name} {what}{}", if what == "removed" { " it" } else { " the group" }),
        Lang::Zh => {
            let verb = match what {
                "created" => "创建了伸缩组",
                "updated" => "修改了伸缩组",
                "enabled" => "启用了伸缩组",
                "disabled" => "禁用了伸缩组",
                "deleted" => "删除了伸缩组",
                "bound" => "绑定了负载均衡",
                "unbound" => "解绑了负载均衡",
                "resized" => "设定了期望数量",
                "removed" => "移除了该实例",
                other => other,
            };
            format!("{name} {verb}")
        }
    }
}

/// Why a member leaves.
pub const fn leave(lang: Lang, cause: LeaveCause) -> &'static str {
    match (lang, cause) {
        (Lang::En, LeaveCause::Surplus) => "More than desired",
        (Lang::Zh, LeaveCause::Surplus) => "实例数大于期望实例数",
        (Lang::En, LeaveCause::Unhealthy) => "Unhealthy",
        (Lang::Zh, LeaveCause::Unhealthy) => "实例不健康",
        (Lang::En, LeaveCause::Exited) => "Its program ended",
        (Lang::Zh, LeaveCause::Exited) => "实例内程序已退出",
        (Lang::En, LeaveCause::LaunchFailed) => "It never came to serve",
        (Lang::Zh, LeaveCause::LaunchFailed) => "实例启动失败",
        (Lang::En, LeaveCause::ByHand) => "Removed by hand",
        (Lang::Zh, LeaveCause::ByHand) => "人工移除",
        (Lang::En, LeaveCause::GroupDeleted) => "The group is being deleted",
        (Lang::Zh, LeaveCause::GroupDeleted) => "伸缩组正在删除",
    }
}

/// How the store wrote [`FailureWord::RemovedBeforeService`] before it had a word; such rows are still read.
const REMOVED_OLD: &str = "removed before it was in service";

/// Why an activity failed: a stored word in the reader's language, or a driver's own words with what they are.
pub fn failure(lang: Lang, stored: &str) -> String {
    if let Ok(why) = serde_json::from_str::<LaunchFailure>(stored) {
        return begun_large(launch_failure(lang, why));
    }
    if stored == REMOVED_OLD || serde_json::from_str::<FailureWord>(stored).is_ok() {
        return failure_word(lang, FailureWord::RemovedBeforeService).to_owned();
    }
    match lang {
        Lang::En => format!("The driver said: {stored}"),
        Lang::Zh => format!("驱动的原话：{stored}"),
    }
}

/// As a line of its own; within a sentence the same words begin small.
fn begun_large(mut text: String) -> String {
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

const fn failure_word(lang: Lang, word: FailureWord) -> &'static str {
    match (lang, word) {
        (Lang::En, FailureWord::RemovedBeforeService) => "It was removed before it came into service",
        (Lang::Zh, FailureWord::RemovedBeforeService) => "尚未投入运行就被移除",
    }
}

/// Why a launch failed.
pub fn launch_failure(lang: Lang, cause: LaunchFailure) -> String {
    let fixed = match (lang, cause) {
        (Lang::En, LaunchFailure::Refused) => "the driver refused it",
        (Lang::Zh, LaunchFailure::Refused) => "驱动拒绝了",
        (Lang::En, LaunchFailure::NotRunningInTime) => "not running within 10 min",
        (Lang::Zh, LaunchFailure::NotRunningInTime) => "10 分钟内未能运行",
        (Lang::En, LaunchFailure::ExitedInWarmUp { code }) => {
            return format!("its program ended during warm-up with code {code}; look at its output");
        }
        (Lang::Zh, LaunchFailure::ExitedInWarmUp { code }) => {
            return format!("程序在预热时退出，退出码 {code}；请查看它的输出");
        }
        (Lang::En, LaunchFailure::UnhealthyBeforeService) => "it was unhealthy before it ever served",
        (Lang::Zh, LaunchFailure::UnhealthyBeforeService) => "从未提供服务就已不健康",
        (Lang::En, LaunchFailure::NeverReady) => "its ready check never passed",
        (Lang::Zh, LaunchFailure::NeverReady) => "就绪检查从未通过",
        (Lang::En, LaunchFailure::Vanished) => "its machine is gone before it ever served",
        (Lang::Zh, LaunchFailure::Vanished) => "从未提供服务，机器就已消失",
    };
    fixed.to_owned()
}

/// Why a value is missing.
pub const fn missing(lang: Lang, why: Missing) -> &'static str {
    match (lang, why) {
        (Lang::En, Missing::NotRead) => "not read",
        (Lang::Zh, Missing::NotRead) => "未读取",
        (Lang::En, Missing::SourceSilent) => "the source did not answer",
        (Lang::Zh, Missing::SourceSilent) => "数据源没有应答",
        (Lang::En, Missing::Stale) => "the value is too old",
        (Lang::Zh, Missing::Stale) => "数据过旧",
        (Lang::En, Missing::Nonsense) => "not a number",
        (Lang::Zh, Missing::Nonsense) => "不是有效的数",
        (Lang::En, Missing::CounterWentBack) => "its counter went back",
        (Lang::Zh, Missing::CounterWentBack) => "计数器倒退",
        (Lang::En, Missing::NothingJudged) => "no instance past its warm-up",
        (Lang::Zh, Missing::NothingJudged) => "没有完成预热的实例",
        (Lang::En, Missing::TooFewSamples) => "too few instances have a sample",
        (Lang::Zh, Missing::TooFewSamples) => "有数据的实例太少",
        (Lang::En, Missing::Held) => "health removals are on hold",
        (Lang::Zh, Missing::Held) => "健康移除已暂停",
        (Lang::En, Missing::FewUp) => "fewer than half of the instances are up",
        (Lang::Zh, Missing::FewUp) => "正常的实例不足一半",
        (Lang::En, Missing::Disabled) => "the group is disabled",
        (Lang::Zh, Missing::Disabled) => "伸缩组已禁用",
    }
}

/// What an activity did: seed 14.3.2.4's "action".
pub fn action(lang: Lang, activity: &ActivityView) -> String {
    let (before, after) = (activity.size_before, activity.size_after);
    let named = activity.instance_name.as_deref().unwrap_or_default();
    let words = match (lang, activity.kind) {
        (Lang::En, ActivityKind::Launch) => format!("Added {named}"),
        (Lang::Zh, ActivityKind::Launch) => format!("添加实例 {named}"),
        (Lang::En, ActivityKind::Removal) => format!("Removed {named}"),
        (Lang::Zh, ActivityKind::Removal) => format!("删除实例 {named}"),
        (Lang::En, ActivityKind::Resize) => format!("Desired {before} → {after}"),
        (Lang::Zh, ActivityKind::Resize) => format!("期望 {before} → {after}"),
        (Lang::En, ActivityKind::Edit) => "Changed the group".to_owned(),
        (Lang::Zh, ActivityKind::Edit) => "修改伸缩组".to_owned(),
    };
    words.trim_end().to_owned()
}
