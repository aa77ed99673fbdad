//! The frame, signing in, the overview, and what every page shares.

super::words! {
    /// Words of the frame.
    FrameTexts {
        product: "Tidegate" / "Tidegate",
        skip_to_content: "Skip to content" / "跳到正文",
        navigation: "Main" / "主导航",
        overview: "Overview" / "概览",
        groups: "Groups" / "伸缩组",
        templates: "Templates" / "虚拟机模板",
        balancers: "Balancers" / "负载均衡",
        tenant: "Tenant" / "租户",
        language: "Language" / "语言",
        theme: "Theme" / "主题",
        theme_light: "Light" / "浅色",
        theme_dark: "Dark" / "深色",
        theme_auto: "Same as system" / "跟随系统",
        sign_out: "Sign out" / "退出登录",
        sign_in: "Sign in" / "登录",
        sign_in_title: "Sign in to Tidegate" / "登录 Tidegate",
        sign_in_lead: "Keeps every scaling group at its mark, and says why." / "让每个伸缩组保持在期望的水位，并说明原因。",
        sign_in_first_password: "First start? The password of admin is in the file first-password of the data directory." / "首次启动？admin 的密码在数据目录的 first-password 文件里。",
        name: "Name" / "名称",
        user_name: "User name" / "用户名",
        password: "Password" / "密码",
        clock: "Product time (UTC)" / "产品时间（UTC）",
        clock_scale: "times real time" / "倍真实时间",
        breadcrumb: "You are here" / "当前位置",
        stale: "Live updates lost. Values may be old; reconnecting." / "实时更新已断开，数值可能已过时，正在重连。",
        stale_since: "Last update" / "最近更新",
        ago: " ago" / "前",
        session_ended: "Your session has ended: nothing here is updated any more." / "会话已结束，此页不再更新。",
        sign_in_beside: "Sign in in a new tab. What you typed stays here; send it again afterwards." / "在新标签页登录。已输入的内容会保留，登录后请再次提交。",
        balancer_missing: "HAProxy is not installed, so load balancers do not listen. Install it (Debian: apt install haproxy) and restart." / "未安装 HAProxy，负载均衡无法监听。请安装（Debian：apt install haproxy）后重启。",
        loading: "Loading" / "加载中",
        not_found_title: "Nothing here" / "这里什么也没有",
        not_found_next: "Go to the groups" / "前往伸缩组列表",
        problem_title: "This did not work" / "没有成功",
        unreached_title: "No connection" / "没有连接",
        unreached_waits: "This page tries again by itself as soon as the connection is back." / "连接恢复后，此页会自动重试。",
        problem_next: "Try again" / "重试",
        cancel: "Cancel" / "取消",
        filter: "Filter" / "筛选",
        filter_placeholder: "Part of a name or ID" / "名称或 ID 的一部分",
        clear: "Clear" / "清除",
        search: "Search" / "搜索",
        search_lead: "Groups, templates and load balancers by a part of their name or id." / "按名称或 ID 的一部分查找伸缩组、模板和负载均衡。",
        search_placeholder: "Go to a page, find a group, change the theme" / "前往页面、查找伸缩组、切换主题",
        search_keys: "↑ ↓ choose · Enter opens · Esc closes" / "↑ ↓ 选择 · Enter 打开 · Esc 关闭",
        search_none: "Nothing is called that." / "没有匹配的内容。",
        search_more: "Only the first five of each kind are shown; type more." / "每类只显示前五个，请输入更多。",
        commands: "Commands" / "命令",
        kind_page: "Page" / "页面",
        kind_command: "Command" / "命令",
        kind_group: "Group" / "伸缩组",
        kind_template: "Template" / "模板",
        kind_balancer: "Load balancer" / "负载均衡",
        rows: "Rows a page" / "每页行数",
        sort_by: "Sort by" / "排序：",
        more_of: "Actions of" / "操作：",
        next_page: "Next page" / "下一页",
        first_page: "First page" / "第一页",
        offer_ends: "At most 200 are offered at once, by name. Find others by a part of their name or id." / "一次最多提供 200 个（按名称）。其他的可按名称或 ID 的一部分查找。",
        none_match: "Nothing matches the filter." / "没有符合筛选的内容。",
        created: "Created (UTC)" / "创建时间（UTC）",
        remark: "Remark" / "备注",
        status: "Status" / "状态",
        actions: "Actions" / "操作项",
        delete: "Delete" / "删除",
        open: "Open" / "打开",
        type_name: "Type the name to confirm:" / "请输入名称以确认：",
        need_person: "Need a person" / "需要处理",
        all_calm: "Nothing needs your attention." / "没有需要您处理的事项。",
        all_calm_text: "Every group is at its mark or on its way there." / "每个伸缩组都已达到期望数量，或正在接近。",
        latest: "Recent scaling" / "最近伸缩",
        latest_none: "No group has changed size yet." / "还没有伸缩组调整过数量。",
        stops_short: "Only the first 10,000 groups by name are looked at and summed up here." / "此处只检查并合计按名称排序的前 10,000 个伸缩组。",
        groups_in_all: "Groups" / "伸缩组",
        in_service: "In service" / "运行中的实例",
        desired: "Desired instances" / "期望实例",
        machines: "Instances" / "全部实例",
        machines_help: "Instances: every one not yet confirmed gone, starting and leaving ones included. The bill counts these." / "全部实例：尚未确认销毁的都算，含启动中和移除中的，按此计费。",
        start_title: "Begin here" / "从这里开始",
        start_text: "There is no group yet. Two steps, and a third for what is asked by HTTP:" / "还没有伸缩组。只需两步；提供 HTTP 服务时再加一步：",
        start_template: "Create a template" / "创建模板",
        start_template_text: "what every instance is made from" / "指定每个实例用什么创建",
        start_group: "Create a group" / "创建伸缩组",
        start_group_text: "how many, and when that changes" / "指定数量以及何时伸缩",
        start_balancer: "Create a load balancer" / "创建负载均衡",
        start_balancer_text: "then bind the group to it" / "再把伸缩组绑定到它",
        no_page: "There is no page at this address." / "没有这个地址的页面。",
        version: "Version" / "版本",
    }
}

use super::Lang;
use super::format::number;

/// That there are more than these.
pub fn only_first(lang: Lang, shown: usize) -> String {
    let shown = number(u64::try_from(shown).unwrap_or(u64::MAX));
    match lang {
        Lang::En => format!("Only the first {shown} are shown."),
        Lang::Zh => format!("只显示前 {shown} 个。"),
    }
}

/// That not all of them are shown.
pub fn first_of(lang: Lang, shown: usize, all: u32) -> String {
    match lang {
        Lang::En => format!("The first {shown} of {all}, by name."),
        Lang::Zh => format!("共 {all} 个，按名称显示前 {shown} 个。"),
    }
}
