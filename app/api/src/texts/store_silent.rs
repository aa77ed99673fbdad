//! The page that is answered while the store does not answer: nothing in it is asked for.

use super::Lang;

/// Its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreSilent {
    /// Title and heading.
    pub title: &'static str,
    /// What happened.
    pub what: &'static str,
    /// What goes on.
    pub goes_on: &'static str,
    /// What became of the request.
    pub unchanged: &'static str,
    /// That the page comes back by itself.
    pub by_itself: &'static str,
    /// What to do with a form that was sent.
    pub send_again: &'static str,
    /// Before the incident's id.
    pub incident: &'static str,
}

/// The words of that page.
pub const fn store_silent(lang: Lang) -> &'static StoreSilent {
    match lang {
        Lang::En => &EN,
        Lang::Zh => &ZH,
    }
}

const EN: StoreSilent = StoreSilent {
    title: "The store does not answer",
    what: "The server's database does not answer, or its disk is full. Nobody can look or change anything until it is back.",
    goes_on: "Instances and load balancers go on as they are. No instance is started or ended meanwhile.",
    unchanged: "Your request was not carried out.",
    by_itself: "This page tries again by itself every few seconds.",
    send_again: "Go back and send it again in a moment; what you typed is still there.",
    incident: "Incident",
};

const ZH: StoreSilent = StoreSilent {
    title: "数据库没有应答",
    what: "服务器的数据库没有应答，或者它的磁盘已满。恢复之前无法查看或更改任何内容。",
    goes_on: "实例和负载均衡照常运行。在此期间不会启动或终止任何实例。",
    unchanged: "您的请求没有执行。",
    by_itself: "本页每隔几秒自动重试。",
    send_again: "请返回，稍后重新提交；您填写的内容仍在。",
    incident: "事件编号",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_all_of_it() {
        for lang in Lang::ALL {
            let words = store_silent(lang);
            let all = [
                words.title,
                words.what,
                words.goes_on,
                words.unchanged,
                words.by_itself,
                words.send_again,
            ];
            assert!(all.iter().all(|text| !text.is_empty()), "{lang:?}");
        }
        assert_ne!(store_silent(Lang::En), store_silent(Lang::Zh));
    }
}
