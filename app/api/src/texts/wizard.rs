//! The wizard of a group, new or edited.

use super::Lang;
use super::format::{instances, length, number};
use engine::model::ScaleIn;

super::words! {
    /// Words of the group wizard.
    WizardTexts {
        new_title: "New group" / "创建伸缩组",
        edit_title: "Edit group" / "编辑伸缩组",
        edit_gone: "This group is deleted or being deleted: there is nothing left to change." / "该伸缩组已删除或正在删除，无法再修改。",
        edit_back: "Back to the group" / "返回伸缩组",
        steps: "Steps" / "步骤",
        step_base: "What to run" / "运行内容",
        step_size: "How many" / "成员数量",
        step_rules: "When to change" / "伸缩指标",
        step_review: "Review" / "确认",
        name: "Name" / "名称",
        name_help: "1 to 63 characters. Instances are named after it." / "1 到 63 个字符，实例以它命名。",
        remark: "Remark" / "备注",
        remark_help: "Optional, at most 255 characters." / "可不填，最多 255 个字符。",
        template: "Template" / "虚拟机模板",
        template_help: "What each instance is made from." / "组内新增实例时使用的模板。",
        template_none: "There is no template yet. Create one first; it says which image and which type to run." / "还没有模板。请先创建，用来指定镜像和机型。",
        template_find: "Find a template" / "查找模板",
        template_make: "Create a template" / "创建模板",
        choose: "Choose..." / "请选择…",
        stateless: "Only stateless applications fit: an instance may go at any time, with everything on it." / "仅适合无状态应用：实例随时可能被移除，其上的数据一并消失。",
        min: "Min instances" / "最小成员数量",
        min_help: "0 to 1,000,000; at least 1 with a rule." / "0 到 1,000,000；有指标时至少为 1。",
        max: "Max instances" / "最大成员数量",
        max_help: "0 to 1,000,000, not below min. Never more than this exist at once, whatever their state." / "0 到 1,000,000，不小于最小值。任何状态的实例加起来都不会超过它。",
        fixed_hint: "Min equal to max keeps a fixed size." / "最小与最大相同即为固定数量。",
        warm_up: "Warm-up" / "预热时间",
        warm_up_help: "0 to 86,400: seconds from running to being judged; 300 unless your program starts faster." / "0 到 86,400：从运行到可判断健康的秒数；程序启动更快时可改小，默认 300。",
        seconds: "s" / "秒",
        percent: "%" / "%",
        instances: "instances" / "个",
        cpu: "CPU threshold" / "CPU 阈值",
        cpu_help: "1 to 1,000; 100 is all that its type has. Grows when the mean over 15 s is above it; shrinks when the mean over 10 min is below. Empty: no CPU rule." / "1 到 1,000，100 即用满机型的 CPU。15 秒平均高于它就扩容，10 分钟平均低于它才缩容。留空则不看 CPU。",
        memory: "Memory threshold" / "内存阈值",
        memory_help: "1 to 100. The same for memory. With both, the larger ask wins. Empty: no memory rule." / "1 到 100。内存同理；两项都有时取较大的需要。留空则不看内存。",
        scale_in: "Scale-in" / "是否允许缩容",
        scale_in_help: "Leaving instances get SIGTERM and up to 90 s." / "移除时先发 SIGTERM，最多等 90 秒。",
        scale_in_allowed: "Allowed: grow and shrink" / "允许：可扩可缩",
        scale_in_unused: "Not used: no rule moves the size" / "不适用：没有指标会改变数量",
        scale_in_forbidden: "Not allowed: only grow" / "不允许：只扩不缩",
        removal: "Who leaves first" / "移除次序",
        removal_help: "Among healthy instances, when there are more than desired." / "健康实例多于期望时，谁先移除。",
        removal_newest: "The newest" / "最晚创建的",
        removal_oldest: "The oldest" / "最早创建的",
        guards: "Protection from false alarms" / "防止误判的保护",
        guards_help: "Three rules that keep a group from hurting itself. Without them it acts on every reading at once." / "三条规则，避免伸缩组误伤自己；关闭后每个读数都会立即生效。",
        brake: "Brake" / "制动",
        brake_help: "At most 20 % of desired leave for health at a time." / "同时因健康移除的不超过期望的 20%。",
        hold: "Hold" / "暂停",
        hold_help: "When over half fail at once, the check is suspected and nothing is killed." / "过半同时故障时先怀疑检查本身，不移除任何实例。",
        projection: "Projection" / "推算",
        projection_help: "Shrinks only if the busiest minute fits the smaller size." / "最忙的一分钟放得下才缩容。",
        next: "Next" / "下一步",
        back: "Back" / "上一步",
        create: "Create group" / "创建伸缩组",
        save: "Save changes" / "保存修改",
        summary: "Summary" / "摘要",
        will_exist: "What will exist" / "将创建",
        will_be: "What will exist" / "修改后",
        none: "None" / "无",
        price: "Price by hour" / "每小时价格",
        leave: "Leave this page? What you typed is not kept." / "离开此页？已填写的内容不会保留。",
        happens: "What happens next" / "接下来",
        stale_title: "Somebody changed this group meanwhile" / "期间有人修改了该伸缩组",
        stale_theirs: "There now" / "现在的值",
        stale_yours: "Yours" / "您的值",
        stale_field: "Field" / "项",
        unnamed: "(no name yet)" / "（尚未命名）",
        edit_note: "Limits, rules and scale-in act at once. A new template or warm-up touches instances launched from now on." / "数量、指标和缩容策略立即生效；模板和预热时间只影响之后新增的实例。",
    }
}

/// What a mean month costs.
pub fn month(lang: Lang, price: &str) -> String {
    match lang {
        Lang::En => format!("{price} a month of 730 h"),
        Lang::Zh => format!("每月（730 小时）{price}"),
    }
}

/// What happens right after a group is created.
pub fn begins(lang: Lang, min: u32, warm_up_s: i64) -> Vec<String> {
    let warm_up = length(lang, warm_up_s.saturating_mul(1_000));
    match lang {
        Lang::En => vec![
            format!("{} launched at once.", instances(lang, min.into())),
            format!("Each is in service {warm_up} after its program runs (warm-up)."),
        ],
        Lang::Zh => vec![
            format!("立即启动 {}。", instances(lang, min.into())),
            format!("每个实例运行 {warm_up}（预热时间）后开始承接业务。"),
        ],
    }
}

fn shown(count: u32) -> String {
    number(count.into())
}

/// What happens right after a group is changed.
pub fn changes(lang: Lang, (min, max): (u32, u32)) -> Vec<String> {
    vec![match lang {
        Lang::En => format!("Desired is kept within {} to {} from now on.", shown(min), shown(max)),
        Lang::Zh => format!("期望数量从现在起保持在 {} 到 {} 之间。", shown(min), shown(max)),
    }]
}

/// How the size goes on: by its rules, or not at all.
pub fn goes_on(lang: Lang, (min, max): (u32, u32), rules: &[String], scale_in: ScaleIn) -> Vec<String> {
    if rules.is_empty() || min == max {
        return vec![match lang {
            Lang::En => "No rule moves the size; lost instances are replaced.".into(),
            Lang::Zh => "数量不随指标变化，失去的实例会自动补上。".into(),
        }];
    }
    let (rules, max) = (rules.join(" / "), shown(max));
    let grows = match lang {
        Lang::En => format!("Every 15 s: above {rules} it grows, to {max} at most."),
        Lang::Zh => format!("每 15 秒判断一次：高于 {rules} 就扩容，最多到 {max} 个。"),
    };
    let then = match (lang, scale_in) {
        (Lang::En, ScaleIn::Allowed) => "After 10 min below that, it shrinks one step at a time.",
        (Lang::Zh, ScaleIn::Allowed) => "10 分钟平均都低于阈值时，逐步缩容。",
        (Lang::En, ScaleIn::Forbidden) => "It never shrinks by itself.",
        (Lang::Zh, ScaleIn::Forbidden) => "不会自动缩容。",
    };
    vec![grows, then.to_owned()]
}
