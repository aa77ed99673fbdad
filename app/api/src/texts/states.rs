//! States and statuses in words.

use super::Lang;
use crate::balancers::{BalancerFault, BalancerHealth};
use crate::groups::ActivityStatus;
use engine::census::InstanceState;
use engine::model::{GroupStatus, RemovalPolicy, ScaleIn};

/// An instance's state (seed 14.3.2.3).
pub const fn instance(lang: Lang, state: InstanceState) -> &'static str {
    match (lang, state) {
        (Lang::En, InstanceState::Pending) => "Pending",
        (Lang::Zh, InstanceState::Pending) => "创建中",
        (Lang::En, InstanceState::Starting) => "Starting",
        (Lang::Zh, InstanceState::Starting) => "启动中",
        (Lang::En, InstanceState::InService) => "In service",
        (Lang::Zh, InstanceState::InService) => "运行",
        (Lang::En, InstanceState::Unhealthy) => "Unhealthy",
        (Lang::Zh, InstanceState::Unhealthy) => "不健康",
        (Lang::En, InstanceState::Standby) => "Standby",
        (Lang::Zh, InstanceState::Standby) => "备用",
        (Lang::En, InstanceState::Draining) => "Draining",
        (Lang::Zh, InstanceState::Draining) => "排空中",
        (Lang::En, InstanceState::Stopping) => "Stopping",
        (Lang::Zh, InstanceState::Stopping) => "停止中",
        (Lang::En, InstanceState::Stopped) => "Stopped",
        (Lang::Zh, InstanceState::Stopped) => "已停止",
        (Lang::En, InstanceState::Terminating) => "Terminating",
        (Lang::Zh, InstanceState::Terminating) => "删除中",
        (Lang::En, InstanceState::Terminated) => "Terminated",
        (Lang::Zh, InstanceState::Terminated) => "已删除",
        (Lang::En, InstanceState::Failed) => "Failed",
        (Lang::Zh, InstanceState::Failed) => "失败",
    }
}

/// A group's status (seed 14.3.2.1: 可用, 不可用).
pub const fn group(lang: Lang, status: GroupStatus) -> &'static str {
    match (lang, status) {
        (Lang::En, GroupStatus::Enabled) => "Enabled",
        (Lang::Zh, GroupStatus::Enabled) => "可用",
        (Lang::En, GroupStatus::Disabled) => "Disabled",
        (Lang::Zh, GroupStatus::Disabled) => "不可用",
        (Lang::En, GroupStatus::Deleting) => "Deleting",
        (Lang::Zh, GroupStatus::Deleting) => "删除中",
        (Lang::En, GroupStatus::Deleted) => "Deleted",
        (Lang::Zh, GroupStatus::Deleted) => "已删除",
    }
}

/// How an activity stands (seed 14.3.2.4).
pub const fn activity(lang: Lang, status: ActivityStatus) -> &'static str {
    match (lang, status) {
        (Lang::En, ActivityStatus::Running) => "Under way",
        (Lang::Zh, ActivityStatus::Running) => "进行中",
        (Lang::En, ActivityStatus::Succeeded) => "Succeeded",
        (Lang::Zh, ActivityStatus::Succeeded) => "操作成功",
        (Lang::En, ActivityStatus::Failed) => "Failed",
        (Lang::Zh, ActivityStatus::Failed) => "操作失败",
    }
}

/// How a balancer does.
pub const fn balancer(lang: Lang, health: &BalancerHealth) -> &'static str {
    match (lang, health) {
        (Lang::En, BalancerHealth::Running) => "Running",
        (Lang::Zh, BalancerHealth::Running) => "运行",
        (Lang::En, BalancerHealth::Idle) => "No VServer yet",
        (Lang::Zh, BalancerHealth::Idle) => "尚无 VServer",
        (Lang::En, BalancerHealth::NotInstalled) => "HAProxy is not installed",
        (Lang::Zh, BalancerHealth::NotInstalled) => "未安装 HAProxy",
        (Lang::En, BalancerHealth::Failing(_)) => "Failing",
        (Lang::Zh, BalancerHealth::Failing(_)) => "故障",
        (Lang::En, BalancerHealth::Unseen) => "Starting",
        (Lang::Zh, BalancerHealth::Unseen) => "启动中",
    }
}

/// Why a balancer fails.
pub const fn fault(lang: Lang, fault: &BalancerFault) -> &'static str {
    match (lang, fault) {
        (Lang::En, BalancerFault::NotRunning) => "Its process does not run; it is started again at the next look",
        (Lang::Zh, BalancerFault::NotRunning) => "进程没有运行，下次检查时会重新启动",
        (Lang::En, BalancerFault::Mute(_)) => "Its process does not answer as it should",
        (Lang::Zh, BalancerFault::Mute(_)) => "进程没有正常应答",
    }
}

/// A member's standing behind a VServer; an unknown word is shown as it is.
pub fn backend(lang: Lang, word: &str) -> &str {
    match (lang, word) {
        (Lang::En, "up") => "Up",
        (Lang::Zh, "up") => "正常",
        (Lang::En, "down") => "Down",
        (Lang::Zh, "down") => "故障",
        (Lang::En, "draining") => "Draining",
        (Lang::Zh, "draining") => "排空中",
        (Lang::En, "checking") => "Checking",
        (Lang::Zh, "checking") => "检查中",
        (Lang::En, "absent") => "Not joined",
        (Lang::Zh, "absent") => "未加入",
        (_, other) => other,
    }
}

/// May the rules lower the size?
pub const fn scale_in(lang: Lang, scale_in: ScaleIn) -> &'static str {
    match (lang, scale_in) {
        (Lang::En, ScaleIn::Allowed) => "Allowed",
        (Lang::Zh, ScaleIn::Allowed) => "允许",
        (Lang::En, ScaleIn::Forbidden) => "Not allowed",
        (Lang::Zh, ScaleIn::Forbidden) => "不允许",
    }
}

/// Who leaves first.
pub const fn removal(lang: Lang, policy: RemovalPolicy) -> &'static str {
    match (lang, policy) {
        (Lang::En, RemovalPolicy::Newest) => "Newest first",
        (Lang::Zh, RemovalPolicy::Newest) => "最晚创建的先移除",
        (Lang::En, RemovalPolicy::Oldest) => "Oldest first",
        (Lang::Zh, RemovalPolicy::Oldest) => "最早创建的先移除",
    }
}
