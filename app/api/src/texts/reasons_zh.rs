//! 中文的理由：短、准、带数字。

use super::Lang::Zh;
use super::causes::{launch_failure, leave, missing};
use super::format::{at, percent};
use super::reasons::{metric, reading};
use engine::model::{Metric, Reason, ScaleInWait};

/// A metric's name among Chinese words: Latin letters want spaces around them.
fn among(of: Metric) -> &'static str {
    match of {
        Metric::Cpu => " CPU ",
        Metric::Memory => "内存",
    }
}

/// The sentence.
pub(super) fn reason(reason: &Reason) -> String {
    size(reason)
        .or_else(|| moved(reason))
        .or_else(|| launching(reason))
        .or_else(|| leaving(reason))
        .unwrap_or_else(|| guard(reason))
}

/// What `decide` read.
fn size(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::Disabled => "伸缩组已禁用：不开始任何动作".into(),
        Reason::Deleting => "正在删除：全部实例都会移除".into(),
        Reason::FixedSize { desired } => format!("没有规则：固定 {desired} 个"),
        Reason::AlreadyJudged { cycle } => format!("周期 {cycle} 已经判断过"),
        Reason::NothingToJudge { warming: 0 } => "暂无可判断的实例：还没有实例完成预热".into(),
        Reason::NothingToJudge { warming } => format!("暂无可判断的实例：{warming} 个预热中，尚无实例完成预热"),
        Reason::NoSamples {
            metric: of,
            members,
            why,
        } => {
            format!(
                "{members} 个实例都没有{}数据（{}）：保持现有数量",
                metric(Zh, *of),
                missing(Zh, *why)
            )
        }
        Reason::SomeSamplesMissing {
            metric: of,
            present,
            missing,
        } => {
            format!(
                "{} 数据：{present} 个有，{missing} 个缺；缺数据绝不会引起缩容",
                metric(Zh, *of)
            )
        }
        Reason::Within {
            metric: of,
            mean,
            threshold,
            members,
        } => format!(
            "{members} 个实例 15 秒平均 {} ≤ {}：够用",
            reading(Zh, *of, *mean),
            percent(Zh, *threshold)
        ),
        Reason::AsksFor {
            metric: of,
            mean,
            threshold,
            members,
            ask,
        } => format!(
            "{members} 个实例 15 秒平均 {} > {}：需要 {ask} 个",
            reading(Zh, *of, *mean),
            percent(Zh, *threshold)
        ),
        _ => return None,
    })
}

/// How the size moved, or what kept it.
fn moved(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::StepLimited { asked, allowed } => format!("需要 {asked} 个，一步最多到 {allowed} 个"),
        Reason::Saturated { metric: of, mean, ask } => {
            format!("{}，已饱和，真实需求不明：翻倍到 {ask} 个", reading(Zh, *of, *mean))
        }
        Reason::NoAnswer { metric: of, allowed } => {
            format!(
                "增加实例没有降低{}：它每个窗口最多再加一个，至多 {allowed} 个",
                among(*of)
            )
        }
        _ => return moves(reason),
    })
}

/// How `decide` moved the size, or why it did not.
fn moves(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::ScaledOut { metric: of, from, to } => format!("因{}扩容：期望 {from} → {to}", among(*of)),
        Reason::ScaledIn { from, to, demand_peak } => format!(
            "缩容：期望 {from} → {to}，最近 10 分钟里最忙的一分钟需要单个实例的 {}",
            percent(Zh, *demand_peak)
        ),
        Reason::ScaleInForbidden => "该伸缩组不允许缩容".into(),
        Reason::ScaleInWaits { why } => wait(why),
        Reason::Clamped { asked, to, min, max } => format!("需要 {asked} 个，受限于 {min} 到 {max}，取 {to} 个"),
        Reason::BoundsMoved { from, to, min, max } => format!("成员数量范围改为 {min} 到 {max}：期望 {from} → {to}"),
        Reason::RegretBegins { size, window_cycles } => {
            format!(
                "缩到 {size} 个后很快又扩容：一天内不再缩到该数量，窗口延长到 {} 分钟",
                window_cycles / 4
            )
        }
        _ => return None,
    })
}

/// What scale-in waits for.
fn wait(why: &ScaleInWait) -> String {
    let what = match why {
        ScaleInWait::AtMin { min } => format!("已是最小成员数 {min}"),
        ScaleInWait::WindowNotFull { present, needed } => {
            format!("最近 10 分钟需要 {needed} 个周期的数据，现有 {present} 个")
        }
        ScaleInWait::LastCycleMissing => "上一个周期没有数据".into(),
        ScaleInWait::AverageNotBelow {
            metric: of,
            average,
            threshold,
        } => {
            format!(
                "10 分钟平均 {} 未低于 {}",
                reading(Zh, *of, *average),
                percent(Zh, *threshold)
            )
        }
        ScaleInWait::PeakMinuteTooHigh { metric: of, peak, fits } => {
            format!(
                "缩容后最忙的一分钟会到 {}，最多容 {}",
                reading(Zh, *of, *peak),
                percent(Zh, *fits)
            )
        }
        ScaleInWait::PeakCycleTooHigh { metric: of, peak, fits } => {
            format!(
                "缩容后最忙的 15 秒会到 {}，最多容 {}",
                reading(Zh, *of, *peak),
                percent(Zh, *fits)
            )
        }
        ScaleInWait::RecentScaleOut { cycles_ago } => format!("{cycles_ago} 个周期前刚扩容"),
        ScaleInWait::RecentScaleIn { cycles_ago } => format!("{cycles_ago} 个周期前刚缩容"),
        ScaleInWait::Warming { count } => format!("{count} 个实例预热中"),
        ScaleInWait::Leaving { count } => format!("{count} 个实例正在移除"),
        ScaleInWait::Held => "健康移除已暂停".into(),
        ScaleInWait::MoreThanDesired { have, desired } => format!("现有 {have} 个，期望 {desired} 个"),
        ScaleInWait::Regret { until } => format!("更小的数量先前不够用，{} 前不再尝试", at(*until)),
    };
    format!("暂不缩容：{what}")
}

/// What `plan` says of launches.
fn launching(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::AtDesired {
            desired,
            in_service,
            warming: 0,
        } => {
            format!("无需动作：期望 {desired}，运行 {in_service}")
        }
        Reason::AtDesired {
            desired,
            in_service,
            warming,
        } => {
            format!("无需动作：期望 {desired}，运行 {in_service}，预热中 {warming}")
        }
        Reason::Launches {
            count,
            desired,
            healthy,
            warming,
        } => {
            format!("添加 {count} 个实例：期望 {desired}，健康 {healthy}，预热中 {warming}")
        }
        Reason::NoRoom {
            wanted,
            everything,
            max,
        } => format!("还需 {wanted} 个，但已有 {everything} 个，最大成员数为 {max}"),
        Reason::BreakerOpen { failures, next_trial } => {
            format!("连续 {failures} 次启动失败：已停止启动，下次试探 {}", at(*next_trial))
        }
        Reason::BreakerTrial { attempt } => format!("停止启动期间的第 {attempt} 次试探"),
        Reason::BreakerClosed => "恢复启动".into(),
        Reason::OutOfStock { since } => format!("自 {} 起资源不足", at(*since)),
        Reason::Throttled { wanted, allowed } => format!("驱动限流：{wanted} 次启动中现在只能开始 {allowed} 次"),
        Reason::DriverSilent => "驱动没有应答：需要它确认的动作都不开始".into(),
        Reason::LaunchFailed { id, cause } => format!("{id} 启动失败：{}", launch_failure(Zh, *cause)),
        Reason::HoldTrial { count, limit } => format!("暂停期间试探启动 {count} 个，同时最多 {limit} 个"),
        Reason::TrialMakesRoom { id } => format!("{id} 不健康，先移除以便试探启动"),
        Reason::TakenBack { id } => format!("{id} 正在移除，现收回"),
        Reason::StrayAdopted { id } => format!("{id} 没有记录却在运行，现收入伸缩组"),
        _ => return None,
    })
}

/// What `plan` says of removals.
fn leaving(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::Surplus { count, desired, have } => format!("移除 {count} 个实例：现有 {have}，期望 {desired}"),
        Reason::RemovesUnhealthy {
            id,
            cause,
            cycles_down: 0,
        } => format!("移除 {id}：{}", leave(Zh, *cause)),
        Reason::RemovesUnhealthy { id, cause, cycles_down } => {
            format!("移除 {id}：{}，连续 {cycles_down} 个周期失败", leave(Zh, *cause))
        }
        Reason::UnhealthyButKept { id } => format!("{id} 不健康，但受保护或已备用：请查看"),
        Reason::RemovalWaitsForReplacement { id } => format!("{id} 仍在服务，等替补就绪后再移除"),
        Reason::RemovalGoesFirst { id, max } => format!("最大成员数 {max} 没有余量，先移除 {id} 再补"),
        Reason::RemovalWaitsForReading { id } => format!("{id} 要等新的读数仍显示故障才移除"),
        Reason::RemovedByHand { id } => format!("{id} 由人工移除"),
        Reason::SurplusProtected { wanted, leaving } => {
            format!("应移除 {wanted} 个，只能移除 {leaving} 个：其余受保护")
        }
        Reason::StrayDestroyed { id } => format!("{id} 没有记录却在运行，现销毁"),
        Reason::Detached { id } => format!("{id} 离开伸缩组，继续运行"),
        Reason::Vanished { id } => format!("{id} 已消失，并非这里所为"),
        Reason::StillLeaving { count } => format!("{count} 个实例仍在移除中"),
        _ => return None,
    })
}

/// Machines without a record.
fn strays(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::Strays { count } => format!("{count} 台机器没有记录"),
        Reason::StraysNeedAPerson { count } => format!("{count} 台机器没有记录：有人确认之前不销毁"),
        Reason::StoreIsOlder { count } => {
            format!("{count} 台机器晚于本服务器的所有记录，像是恢复过备份：有人确认之前不销毁")
        }
        _ => return None,
    })
}

/// Brakes, holds and what needs a person. Names every variant the others render, so that a new one does not compile.
fn guard(reason: &Reason) -> String {
    use Reason as R;
    match reason {
        R::Braked { leaving, limit } => format!("制动：因健康移除 {leaving} 个，同时最多 {limit} 个"),
        R::Held { down, judged, since } => {
            format!(
                "暂停：自 {} 起 {judged} 个中有 {down} 个故障，检查本身可疑，不移除任何实例",
                at(*since)
            )
        }
        R::HoldEnded => "暂停结束：新实例通过了检查".into(),
        R::HoldTimedOut { since } => format!("自 {} 暂停至今未能证实：一次移除一个", at(*since)),
        R::Strays { .. } | R::StraysNeedAPerson { .. } | R::StoreIsOlder { .. } => strays(reason).unwrap_or_default(),
        R::PlanCut { kept, wanted } => format!("本次执行 {kept} 步，共 {wanted} 步，其余下次"),
        R::Disabled
        | R::Deleting
        | R::FixedSize { .. }
        | R::AlreadyJudged { .. }
        | R::NothingToJudge { .. }
        | R::NoSamples { .. }
        | R::SomeSamplesMissing { .. }
        | R::Within { .. }
        | R::AsksFor { .. }
        | R::StepLimited { .. }
        | R::Saturated { .. }
        | R::NoAnswer { .. }
        | R::ScaledOut { .. }
        | R::ScaledIn { .. }
        | R::ScaleInForbidden
        | R::ScaleInWaits { .. }
        | R::Clamped { .. }
        | R::BoundsMoved { .. }
        | R::RegretBegins { .. } => size(reason).or_else(|| moved(reason)).unwrap_or_default(),
        R::AtDesired { .. }
        | R::Launches { .. }
        | R::NoRoom { .. }
        | R::BreakerOpen { .. }
        | R::BreakerTrial { .. }
        | R::BreakerClosed
        | R::OutOfStock { .. }
        | R::Throttled { .. }
        | R::DriverSilent
        | R::LaunchFailed { .. }
        | R::HoldTrial { .. }
        | R::TrialMakesRoom { .. }
        | R::TakenBack { .. }
        | R::StrayAdopted { .. } => launching(reason).unwrap_or_default(),
        R::Surplus { .. }
        | R::RemovesUnhealthy { .. }
        | R::UnhealthyButKept { .. }
        | R::RemovalWaitsForReplacement { .. }
        | R::RemovalGoesFirst { .. }
        | R::RemovalWaitsForReading { .. }
        | R::RemovedByHand { .. }
        | R::SurplusProtected { .. }
        | R::StrayDestroyed { .. }
        | R::Detached { .. }
        | R::Vanished { .. }
        | R::StillLeaving { .. } => leaving(reason).unwrap_or_default(),
    }
}
