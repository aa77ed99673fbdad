//! Templates.

super::words! {
    /// Words of templates.
    TemplateTexts {
        title: "Templates" / "虚拟机模板",
        new: "New template" / "创建模板",
        empty: "A template says what instances are made from: image, type, network." / "模板指定实例用什么创建：镜像、机型、网络。",
        empty_new: "Create the first template" / "创建第一个模板",
        image: "Image" / "镜像",
        instance_type: "Type" / "机型",
        config: "Configuration" / "配置",
        vpc: "VPC" / "VPC",
        subnets: "Subnets" / "子网",
        used_by: "Used by" / "关联资源",
        unused: "Not used" / "未使用",
        price: "Price by hour" / "每小时价格",
        new_group: "New group from this template" / "用此模板创建伸缩组",
        price_note: "Nothing is charged until a group launches instances." / "创建模板不收费，伸缩组启动实例后才计费。",
        name: "Name" / "模板名称",
        name_help: "1 to 63 characters." / "1 到 63 个字符。",
        remark: "Remark" / "模板备注",
        remark_help: "Optional, at most 255 characters." / "可不填，最多 255 个字符。",
        image_help: "The program each instance runs." / "每个实例运行的程序。",
        type_help: "What each instance may use." / "每个实例可用的资源。",
        vpc_help: "Where instances get their addresses." / "实例从哪里取得地址。",
        user_data: "User data" / "自定义数据",
        user_data_help: "Optional, at most 16 KiB. Handed to the program as a file, never executed." / "可不填，最多 16 KiB。以文件交给程序，不会执行。",
        environment: "Environment" / "环境变量",
        environment_help: "Optional, at most 20: KEY=value, separated by commas." / "可不填，最多 20 个：KEY=value，用逗号分隔。",
        create: "Create template" / "创建模板",
        step_what: "What to run" / "运行内容",
        step_more: "More" / "更多",
        none: "None" / "无",
        delete_title: "Delete this template?" / "删除该模板？",
        delete_text: "Groups that use it must be changed first. Running instances are not touched." / "使用它的伸缩组须先更换模板；运行中的实例不受影响。",
        choose: "Choose..." / "请选择…",
        ports: "listens on" / "监听端口",
    }
}

use super::Lang;

/// A price by the hour, for one instance.
pub fn each(lang: Lang, price: &str) -> String {
    match lang {
        Lang::En => format!("{price} an instance"),
        Lang::Zh => format!("每个实例 {price}"),
    }
}

/// A price with its hour: `0.0125 USD/h`.
pub fn hourly(lang: Lang, price: &str) -> String {
    match lang {
        Lang::En => format!("{price}/h"),
        Lang::Zh => format!("{price}/小时"),
    }
}

/// What the image that every installation begins with is, as its first start stores it.
pub const SAMPLE_WEB: &str = "A small web server that says who it is and burns CPU when asked";

/// What an image is, in one sentence: our own image's in the reader's language, any other's as it was registered.
pub fn image(lang: Lang, description: &str) -> &str {
    match lang {
        Lang::Zh if description == SAMPLE_WEB => "小型 Web 服务器，会报出自己是谁，并按要求消耗 CPU",
        _ => description,
    }
}
