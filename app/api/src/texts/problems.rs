//! One sentence a problem: what is wrong and what is accepted.

use super::{Lang, format};
use crate::problem::{Code, Problem};

/// The sentence.
pub fn problem(lang: Lang, problem: &Problem) -> String {
    let number = |index: usize| problem.numbers.get(index).map_or("?", String::as_str);
    if problem.field == "user_data" && problem.code == Code::TooLong {
        return too_many_bytes(lang, number(0));
    }
    match lang {
        Lang::En => english(problem.code, number),
        Lang::Zh => chinese(problem.code, number),
    }
}

/// User data is measured in bytes: it is said as its help says it.
fn too_many_bytes(lang: Lang, limit: &str) -> String {
    let read = limit.parse::<u64>().map(format::bytes);
    let limit = read.unwrap_or_else(|_| limit.to_owned());
    match lang {
        Lang::En => format!("At most {limit}."),
        Lang::Zh => format!("最多 {limit}。"),
    }
}

fn english<'a>(code: Code, n: impl Fn(usize) -> &'a str) -> String {
    match code {
        Code::Empty => "Fill this in.".into(),
        Code::TooLong => format!("At most {} characters.", n(0)),
        Code::TooShort => format!("At least {} characters.", n(0)),
        Code::NotANumber => "Type a whole number.".into(),
        Code::OutOfRange => format!("Type a number from {} to {}.", n(0), n(1)),
        Code::BadCharacter => format!("This character is not allowed: {}", n(0)),
        Code::NotOfForm => format!("Write it in this form: {}", n(0)),
        Code::MaxBelowMin => format!("Max ({}) is below min ({}).", n(1), n(0)),
        Code::MinZeroWithRule => {
            "A CPU or memory rule needs at least 1 instance to look at: set min to 1 or more.".into()
        }
        Code::NotPositive => "Type a number above 0.".into(),
        Code::MetricTwice => format!("{} has a rule already.", n(0)),
        Code::NotOneOf => format!("Choose one of: {}.", n(0)),
        Code::NoSuch => format!("There is no {} named {}.", kind(Lang::En, n(0)), n(1)),
        Code::NameTaken => format!("The name {} is taken.", n(0)),
        Code::PortTaken => format!("Port {} is used by {}.", n(0), n(1)),
        Code::PortForeign => format!("Port {} is used by another program. Choose another port.", n(0)),
        Code::InUse => format!("Still used by “{}”. Unbind or change it there first.", n(0)),
        Code::AlreadyBound => "This group is bound to that VServer already.".into(),
        Code::DesiredOutOfBounds => format!("Desired {} is not within {} to {}.", n(0), n(1), n(2)),
        Code::Stale => {
            format!(
                "Somebody changed this meanwhile: it is version {}, yours was {}. Look at what is there now, then save again.",
                n(0),
                n(1)
            )
        }
        Code::WrongCredentials => "Name or password is wrong.".into(),
        Code::TooManyAttempts => format!("Too many attempts. Try again in {} s.", n(0)),
        Code::SignInFirst => "Your session has ended. Sign in again.".into(),
        Code::Forbidden => "Your role may not do this. Ask the owner of the tenant.".into(),
        Code::NotFound => "There is nothing here by that id, or it is not yours to see.".into(),
        Code::WrongState => format!("Only possible while {}.", state(Lang::En, n(0))),
        Code::NameNotRepeated => format!("Type the name exactly: {}", n(0)),
        Code::Unavailable if n(0) == "connection" => {
            "The server cannot be reached: there is no connection, or it is restarting. Try again.".into()
        }
        Code::Unavailable => {
            let part = part(Lang::En, n(0));
            let said = format!("A part of the server does not answer ({part}). Nothing was changed; try again.");
            incident(said, n(1), " Incident {}.")
        }
    }
}

fn chinese<'a>(code: Code, n: impl Fn(usize) -> &'a str) -> String {
    match code {
        Code::Empty => "此项必填。".into(),
        Code::TooLong => format!("最多 {} 个字符。", n(0)),
        Code::TooShort => format!("至少 {} 个字符。", n(0)),
        Code::NotANumber => "请输入整数。".into(),
        Code::OutOfRange => format!("请输入 {} 到 {} 之间的数。", n(0), n(1)),
        Code::BadCharacter => format!("不允许的字符：{}", n(0)),
        Code::NotOfForm => format!("请按此格式填写：{}", n(0)),
        Code::MaxBelowMin => format!("最大成员数（{}）小于最小成员数（{}）。", n(1), n(0)),
        Code::MinZeroWithRule => "CPU 或内存规则至少要有 1 个实例可看：请把最小成员数设为 1 或更大。".into(),
        Code::NotPositive => "请输入大于 0 的数。".into(),
        Code::MetricTwice => format!("{} 已有一条规则。", n(0)),
        Code::NotOneOf => format!("请选择其中之一：{}。", n(0)),
        Code::NoSuch => format!("没有名为 {} 的{}。", n(1), kind(Lang::Zh, n(0))),
        Code::NameTaken => format!("名称 {} 已被占用。", n(0)),
        Code::PortTaken => format!("端口 {} 已被 {} 使用。", n(0), n(1)),
        Code::PortForeign => format!("端口 {} 已被其他程序占用，请换一个。", n(0)),
        Code::InUse => format!("仍被“{}”使用，请先在那里解除。", n(0)),
        Code::AlreadyBound => "伸缩组已绑定该 VServer。".into(),
        Code::DesiredOutOfBounds => format!("期望值 {} 不在 {} 到 {} 之间。", n(0), n(1), n(2)),
        Code::Stale => format!(
            "期间有人改过：现在是版本 {}，您看到的是 {}。请先看看现在的内容，再保存。",
            n(0),
            n(1)
        ),
        Code::WrongCredentials => "名称或密码不对。".into(),
        Code::TooManyAttempts => format!("尝试次数过多，请在 {} 秒后再试。", n(0)),
        Code::SignInFirst => "会话已结束，请重新登录。".into(),
        Code::Forbidden => "您的角色无权执行此操作，请联系租户所有者。".into(),
        Code::NotFound => "这里没有这个 ID，或者您无权查看。".into(),
        Code::WrongState => format!("仅在以下情况可行：{}。", state(Lang::Zh, n(0))),
        Code::NameNotRepeated => format!("请原样输入名称：{}", n(0)),
        Code::Unavailable if n(0) == "connection" => "无法连接服务器：网络已断开，或服务器正在重启。请重试。".into(),
        Code::Unavailable => {
            let part = part(Lang::Zh, n(0));
            let said = format!("服务器的一部分没有应答（{part}）。没有任何改动，请重试。");
            incident(said, n(1), "事件编号 {}。")
        }
    }
}

/// With the id to quote; what failed on its way has none, and says `-`.
fn incident(said: String, id: &str, words: &str) -> String {
    if id == "-" {
        return said;
    }
    said + &words.replace("{}", id)
}

/// What was named and is not there; a kind without a word of its own is shown as it came.
pub(super) fn kind(lang: Lang, kind: &str) -> &str {
    match (lang, kind) {
        (Lang::En, "template") => "template",
        (Lang::Zh, "template") => "模板",
        (Lang::En, "image") => "image",
        (Lang::Zh, "image") => "镜像",
        (Lang::En, "instance_type") => "type",
        (Lang::Zh, "instance_type") => "机型",
        (_, "vpc") => "VPC",
        (_, "vserver") => "VServer",
        (_, other) => other,
    }
}

/// In which state of the group something can be done.
pub(super) fn state(lang: Lang, state: &str) -> &str {
    match (lang, state) {
        (Lang::En, "enabled") => "the group is enabled",
        (Lang::Zh, "enabled") => "伸缩组可用",
        (Lang::En, "disabled") => "the group is disabled",
        (Lang::Zh, "disabled") => "伸缩组不可用",
        (Lang::En, "enabled or disabled") => "the group is not being deleted",
        (Lang::Zh, "enabled or disabled") => "伸缩组没有在删除",
        (Lang::En, "breaker open") => "launching is stopped after failed launches",
        (Lang::Zh, "breaker open") => "因连续启动失败已停止启动",
        (_, other) => other,
    }
}

/// Which part of the server does not answer.
pub(super) fn part(lang: Lang, part: &str) -> &str {
    match (lang, part) {
        (Lang::En, "database") => "the database",
        (Lang::Zh, "database") => "数据库",
        (Lang::En, "passwords") => "the check of passwords",
        (Lang::Zh, "passwords") => "密码校验",
        (Lang::En, "driver") => "the driver that runs the instances",
        (Lang::Zh, "driver") => "运行实例的驱动",
        (Lang::En, "arguments") => "it did not understand the page; reload it",
        (Lang::Zh, "arguments") => "服务器不理解此页面的请求，请刷新页面",
        (Lang::En, "answer") => "its answer was not understood; reload the page",
        (Lang::Zh, "answer") => "无法理解服务器的应答，请刷新页面",
        (_, other) => other,
    }
}
