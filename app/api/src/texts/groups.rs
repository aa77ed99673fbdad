//! The groups' list and page.

super::words! {
    /// Words of groups.
    GroupTexts {
        title: "Groups" / "伸缩组",
        new: "New group" / "创建伸缩组",
        empty: "A group keeps as many instances of one template as the load needs." / "伸缩组按负载需要，用一个模板维持实例数量。",
        empty_new: "Create the first group" / "创建第一个伸缩组",
        name_id: "Name / ID" / "名称/ID",
        template: "Template" / "虚拟机模板",
        limits: "Min to max" / "成员数量",
        desired: "Desired" / "期望",
        in_service: "In service" / "运行",
        alarm: "Needs a person" / "需要处理",
        min: "Min" / "最小",
        max: "Max" / "最大",
        tab_instances: "Instances" / "实例",
        tab_log: "Scaling log" / "伸缩日志",
        tab_why: "Why" / "原因",
        tab_balancing: "Load balancing" / "负载均衡",
        tab_policy: "Policy" / "伸缩策略",
        tabs: "Parts of this group" / "伸缩组的各部分",
        edit: "Edit" / "编辑",
        enable: "Enable" / "启用",
        disable: "Disable" / "禁用",
        delete: "Delete" / "删除",
        set_desired: "Set desired" / "设定期望",
        set: "Set" / "设定",
        delete_title: "Delete this group?" / "删除该伸缩组？",
        delete_text: "Every instance is drained, stopped and destroyed; there is no recycle bin. Bindings end. The log stays readable." / "全部实例会被排空、停止并销毁，不进入回收站；负载均衡随之解绑。日志仍可查看。",
        delete_do: "Delete the group and its instances" / "删除伸缩组及其实例",
        last_decision: "Last decision" / "最近一次决定",
        no_decision: "No decision yet: the first comes within 15 s." / "尚无决定：15 秒内会有第一个。",
        chart: "Size and CPU" / "实例数量与 CPU",
        chart_table: "The same as a table" / "以表格查看",
        chart_actual: "In service" / "运行",
        chart_desired: "Desired" / "期望",
        chart_exist: "Instances" / "当前实例",
        chart_max: "Max" / "最大",
        chart_min: "Min" / "最小",
        chart_threshold: "Threshold" / "阈值",
        chart_out: "Added" / "添加",
        chart_in: "Removed" / "删除",
        chart_resized: "Desired moved" / "期望变化",
        chart_missing: "missing" / "缺失",
        chart_empty: "No closed cycle in this range yet; one closes every 15 s." / "该时段尚无完整周期，每 15 秒产生一个。",
        range: "Range" / "时段",
        range_15: "15 min" / "15 分钟",
        range_60: "1 h" / "1 小时",
        range_360: "6 h" / "6 小时",
        range_1440: "24 h" / "24 小时",
        time: "Time (UTC)" / "时间（UTC）",
        action: "Action" / "执行动作",
        cause: "Cause" / "原因",
        status: "Status" / "状态",
        log_empty: "Nothing has been added or removed yet." / "尚未添加或删除过实例。",
        why_lead: "Every decision with its reasons, the quiet ones too. Equal ones in a row are one entry." / "每一次决定及其理由，包括无需动作的；连续相同的合为一条。",
        why_size: "Size" / "数量",
        event_before: "Earlier event" / "上一个事件",
        event_after: "Later event" / "下一个事件",
        events: "Scaling events" / "伸缩事件",
        events_none: "No scaling event in this range." / "该时段没有伸缩事件。",
        instance: "Instance" / "实例",
        address: "IP address" / "IP 地址",
        zone: "Zone" / "可用区",
        state: "State" / "状态",
        cpu: "CPU" / "CPU",
        memory: "Memory" / "内存",
        instances_empty: "No instances. The group launches them as soon as desired is above what is there." / "没有实例。期望大于现有数量时，伸缩组会自动添加。",
        instances_gone: "No instances: all of them are destroyed, and none is launched any more." / "没有实例：已全部销毁，不会再添加。",
        deleted: "This group is deleted; nothing of it runs any more." / "该伸缩组已删除，不再有任何实例运行。",
        deleted_rest: "What it did can still be read:" / "仍可查看它的记录：",
        protected: "Protected" / "受保护",
        protect: "Protect" / "保护",
        unprotect: "Lift protection" / "取消保护",
        remove: "Remove" / "移除",
        remove_title: "Remove and destroy" / "移除并销毁",
        remove_text: "It is drained, stopped and destroyed. If desired stays, another one is launched." / "该实例会被排空、停止并销毁。若期望不变，会再添加一个。",
        remove_do: "Remove and destroy" / "移除并销毁",
        logs: "Output" / "输出",
        logs_title: "Output of " / "实例输出：",
        logs_empty: "It has printed nothing." / "没有任何输出。",
        logs_note: "The last 64 KiB it printed." / "最近的 64 KiB 输出。",
        bindings_empty: "Not bound. Bind a VServer and every instance serves behind it; its check then judges their health." / "未绑定。绑定 VServer 后，组内全部实例都会加入，并由它的检查判断健康。",
        bind: "Bind" / "绑定",
        bind_title: "Bind a VServer" / "绑定负载均衡",
        bind_vserver: "Load balancer / VServer" / "负载均衡 / VServer",
        bind_port: "Port of the instances" / "实例端口",
        bind_port_help: "1 to 65535. The port your program listens on." / "1 到 65535，即业务程序监听的端口。",
        bind_weight: "Weight" / "权重",
        bind_weight_help: "1 to 256. Share of the traffic beside other members." / "1 到 256，与其他成员相比的流量份额。",
        bind_find: "Find a load balancer" / "查找负载均衡",
        bind_none: "There is no VServer to bind yet." / "还没有可绑定的 VServer。",
        bind_make: "Create a load balancer" / "创建负载均衡",
        bind_no_vserver: "No load balancer has a VServer yet." / "负载均衡都还没有 VServer。",
        bind_all: "This group is bound to every VServer there is." / "该伸缩组已绑定全部 VServer。",
        bind_go: "Add one to a load balancer" / "为负载均衡添加 VServer",
        unbind: "Unbind" / "解绑",
        unbind_text: "The instances leave this VServer and live on; the group judges their health itself." / "实例会从该 VServer 移出，继续运行；健康状态由伸缩组自行检查。",
        rearm: "Launch again now" / "立即恢复启动",
        rearm_text: "Launching stopped because launches failed in a row. Fix the cause, then:" / "因连续启动失败已停止启动。请先排除原因，然后：",
        strays: "Destroy them" / "销毁这些机器",
        strays_text: "Machines of this group run that this server has no record of. Those that are wanted are taken in; the others wait: if a backup was put back, they may still be needed." / "本组有机器在运行，但服务器没有其记录。需要的已自动收入；其余等待确认：如果恢复过备份，它们可能仍有用。",
        hour_price: "Price by hour" / "每小时价格",
        rule: "Rule" / "伸缩指标",
        no_rule: "None: a fixed size" / "无：固定数量",
        warm_up: "Warm-up" / "预热时间",
        scale_in: "Scale-in" / "缩容",
        removal: "Who leaves first" / "移除次序",
        on: "On" / "开",
        off: "Off" / "关",
        gauge: "Water level" / "水位",
        state_well: "At its mark" / "正常",
        state_growing: "Growing" / "扩容中",
        state_shrinking: "Shrinking" / "缩容中",
        state_attention: "Needs a person" / "需要处理",
    }
}

use super::Lang;
use super::format::{instances, number};

/// The water-level gauge in words.
pub fn gauge(lang: Lang, min: u32, desired: u32, in_service: u32, everything: u32, max: u32) -> String {
    let [min, desired, in_service, everything, max] =
        [min, desired, in_service, everything, max].map(|count| number(count.into()));
    match lang {
        Lang::En => format!("{in_service} of {desired} desired in service; {everything} exist; limits {min} to {max}"),
        Lang::Zh => format!("期望 {desired}，运行 {in_service}，当前实例 {everything}，范围 {min} 到 {max}"),
    }
}

/// Decisions in a row that judged nothing new, folded into one line.
pub fn folded(lang: Lang, passes: u64) -> String {
    match (lang, passes) {
        (Lang::En, 1) => "1 pass in between judged nothing new".to_owned(),
        (Lang::En, _) => format!("{passes} passes in between judged nothing new"),
        (Lang::Zh, _) => format!("其间 {passes} 次没有新的判断"),
    }
}

/// `Event 2 of 5`.
pub fn event_of(lang: Lang, at: usize, all: usize) -> String {
    match lang {
        Lang::En => format!("{at} of {all}"),
        Lang::Zh => format!("第 {at} 个，共 {all} 个"),
    }
}

/// What can be set as desired, and whether it stays.
pub fn desired_help(lang: Lang, (min, max): (u32, u32), moves: Moves) -> String {
    let (min, max) = (number(min.into()), number(max.into()));
    let limits = match lang {
        Lang::En => format!("{min} to {max}."),
        Lang::Zh => format!("{min} 到 {max}。"),
    };
    match (lang, moves) {
        (_, Moves::ByHand) => limits,
        (Lang::En, Moves::ByRule) => {
            format!("{limits} The group's rule may move it again at its next look, every 15 s.")
        }
        (Lang::Zh, Moves::ByRule) => format!("{limits}伸缩指标每 15 秒判断一次，可能再次改变它。"),
    }
}

/// Who moves a group's desired size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moves {
    /// People only.
    ByHand,
    /// Its rules too.
    ByRule,
}

/// What stands when the group is as it is: price of an hour now.
pub fn price_now(lang: Lang, everything: u32, price: &str) -> String {
    match lang {
        Lang::En => format!("{price} an hour for {}", instances(lang, everything.into())),
        Lang::Zh => format!("{}，每小时 {price}", instances(lang, everything.into())),
    }
}
