//! The load balancer wizards: balancer, VServer, binding.

use super::{Found, number, text};
use crate::balancers::{Algorithm, BalancerForm, BindForm, NewVServer, VServerForm};
use crate::problem::{Code, Problem, Problems};
use engine::model::validate::WEIGHT_MAX;
use engine::model::{Binding, VServerId};
use std::ops::RangeInclusive;

/// Ports a VServer may listen on (design 6). Lower ones are the host's, higher ones (32768 and up) the kernel hands out to
/// clients.
pub const PORTS: RangeInclusive<u16> = 20_000..=29_999;
/// Longest check path in bytes, as the balancer takes it.
pub const CHECK_PATH_MAX: usize = 128;
/// Most product seconds between two checks. Longer and three failed checks take a quarter of an hour.
pub const CHECK_INTERVAL_MAX_S: u32 = 300;

/// A load balancer as typed: name and remark.
///
/// # Errors
/// Everything that is wrong, at the fields of the form.
pub fn load_balancer(form: &BalancerForm) -> Result<BalancerForm, Problems> {
    let mut found = Found::default();
    let name = found.keep(text::name("name", &form.name));
    let remark = found.keep(text::remark("remark", &form.remark));
    let parsed = || {
        Some(BalancerForm {
            name: name?,
            remark: remark?,
        })
    };
    let parsed = parsed();
    found.end(parsed)
}

/// A VServer as typed.
///
/// # Errors
/// Everything that is wrong, at the fields of the form.
pub fn vserver(form: &VServerForm) -> Result<NewVServer, Problems> {
    let mut found = Found::default();
    let name = found.keep(text::name("name", &form.name));
    let port = found.keep(number::within("port", &form.port, PORTS));
    let words = Algorithm::ALL.map(|algorithm| (algorithm.word(), algorithm));
    let algorithm = found.keep(text::choice("algorithm", &form.algorithm, &words));
    let check_path = found.keep(check_path(&form.check_path));
    let interval = number::within("check_interval_s", &form.check_interval_s, 1..=CHECK_INTERVAL_MAX_S);
    let check_interval_s = found.keep(interval);
    let parsed = || {
        Some(NewVServer {
            name: name?,
            port: port?,
            algorithm: algorithm?.word().to_owned(),
            check_path: check_path?,
            check_interval_s: check_interval_s?,
        })
    };
    let parsed = parsed();
    found.end(parsed)
}

/// A binding as typed. Whether the VServer exists is the command's to say.
///
/// # Errors
/// Everything that is wrong, at the fields of the form.
pub fn bind(form: &BindForm) -> Result<Binding, Problems> {
    let mut found = Found::default();
    let vserver = found.keep(text::id::<VServerId>("vserver", "vserver", &form.vserver));
    let port = found.keep(number::within("port", &form.port, 1..=u16::MAX));
    let weight = found.keep(number::within("weight", &form.weight, 1..=WEIGHT_MAX));
    let parsed = || {
        Some(Binding {
            vserver: vserver?,
            port: port?,
            weight: weight?,
        })
    };
    let parsed = parsed();
    found.end(parsed)
}

/// Whether a path may be given to a balancer as it is. What else reaches its configuration could end a line there.
pub fn is_check_path(text: &str) -> bool {
    check_path(text).is_ok_and(|path| path == text)
}

/// `/`, then letters, digits and `-._~/`.
fn check_path(typed: &str) -> Result<String, Problem> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Problem::at("check_path", Code::Empty));
    }
    if !typed.starts_with('/') {
        return Err(Problem::at("check_path", Code::NotOfForm).with("/path"));
    }
    text::at_most("check_path", typed, CHECK_PATH_MAX)?;
    let known = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    text::allowed("check_path", typed, known).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::testing::wrong;

    fn typed(change: impl FnOnce(&mut VServerForm)) -> VServerForm {
        let text = str::to_owned;
        let mut form = VServerForm {
            name: text("http"),
            port: text("20080"),
            algorithm: text("round_robin"),
            check_path: text("/healthz"),
            check_interval_s: text("5"),
        };
        change(&mut form);
        form
    }

    #[test]
    fn an_algorithm_is_read_as_it_is_written_in_forms_and_in_json() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.word().parse(), Ok(algorithm));
            let json = serde_json::to_value(algorithm).expect("a word");
            assert_eq!(json, algorithm.word());
        }
        let why = "static-rr".parse::<Algorithm>().expect_err("no such one");
        assert_eq!(why, "`static-rr` is not one of round_robin, least_conn, first, random");
    }

    #[test]
    fn a_vserver_is_read() {
        let read = vserver(&typed(|_| ())).expect("good");
        assert_eq!(
            (read.port, read.check_path.as_str(), read.check_interval_s),
            (20_080, "/healthz", 5)
        );
    }

    #[test]
    fn every_field_of_a_vserver_says_what_is_wrong_with_it() {
        type Change = fn(&mut VServerForm);
        let algorithms = "algorithm NotOneOf round_robin, least_conn, first, random";
        let table: &[(Change, &str)] = &[
            (|f| f.name = String::new(), "name Empty"),
            (|f| f.name = "x".repeat(64), "name TooLong 63"),
            (|f| f.name = "</title><script>".into(), "name BadCharacter <"),
            (|f| f.port = String::new(), "port Empty"),
            (|f| f.port = "http".into(), "port NotANumber"),
            (|f| f.port = "19999".into(), "port OutOfRange 20000 29999"),
            (|f| f.port = "30000".into(), "port OutOfRange 20000 29999"),
            (|f| f.port = "0".into(), "port OutOfRange 20000 29999"),
            (|f| f.algorithm = "static-rr".into(), algorithms),
            (|f| f.algorithm = String::new(), "algorithm Empty"),
            (|f| f.check_path = String::new(), "check_path Empty"),
            (|f| f.check_path = "healthz".into(), "check_path NotOfForm /path"),
            (|f| f.check_path = "/a b".into(), "check_path BadCharacter U+0020"),
            (
                |f| f.check_path = "/a\nhttp-check".into(),
                "check_path BadCharacter U+000A",
            ),
            (|f| f.check_path = "/组".into(), "check_path BadCharacter 组"),
            (
                |f| f.check_path = format!("/{}", "x".repeat(128)),
                "check_path TooLong 128",
            ),
            (|f| f.check_interval_s = String::new(), "check_interval_s Empty"),
            (|f| f.check_interval_s = "0".into(), "check_interval_s OutOfRange 1 300"),
            (
                |f| f.check_interval_s = "301".into(),
                "check_interval_s OutOfRange 1 300",
            ),
            (|f| f.check_interval_s = "5s".into(), "check_interval_s NotANumber"),
        ];
        for (change, problem) in table {
            assert_eq!(wrong(vserver(&typed(*change))), [*problem]);
        }
    }

    #[test]
    fn a_binding_needs_an_existing_kind_of_id_a_port_and_a_weight() {
        let form = |vserver: &str, port: &str, weight: &str| BindForm {
            vserver: vserver.to_owned(),
            port: port.to_owned(),
            weight: weight.to_owned(),
        };
        let id = VServerId(9).to_string();
        let good = Binding {
            vserver: VServerId(9),
            port: 8080,
            weight: 256,
        };
        assert_eq!(bind(&form(&id, "8080", "256")), Ok(good));
        let table = [
            (form("", "", ""), vec!["vserver Empty", "port Empty", "weight Empty"]),
            (
                form("lb-0000000000009", "80", "1"),
                vec!["vserver NoSuch vserver lb-0000000000009"],
            ),
            (form(&id, "65536", "1"), vec!["port OutOfRange 1 65535"]),
            (form(&id, "0", "1"), vec!["port OutOfRange 1 65535"]),
            (form(&id, "80", "0"), vec!["weight OutOfRange 1 256"]),
            (form(&id, "80", "257"), vec!["weight OutOfRange 1 256"]),
            (form(&id, "80", "heavy"), vec!["weight NotANumber"]),
        ];
        for (form, problems) in table {
            assert_eq!(wrong(bind(&form)), problems);
        }
    }

    #[test]
    fn a_balancer_needs_a_name() {
        let form = |name: &str| BalancerForm {
            name: name.to_owned(),
            remark: String::new(),
        };
        assert_eq!(load_balancer(&form(" edge ")), Ok(form("edge")));
        assert_eq!(wrong(load_balancer(&form(""))), ["name Empty"]);
        assert_eq!(wrong(load_balancer(&form(&"x".repeat(64)))), ["name TooLong 63"]);
        assert_eq!(wrong(load_balancer(&form("</title><script>"))), ["name BadCharacter <"]);
    }

    #[test]
    fn a_balancers_remark_may_be_markup_and_not_too_long() {
        let form = |remark: String| BalancerForm {
            name: "edge".to_owned(),
            remark,
        };
        let markup = form("</title><script>".to_owned());
        assert_eq!(load_balancer(&markup), Ok(markup.clone()));
        assert_eq!(wrong(load_balancer(&form("x".repeat(256)))), ["remark TooLong 255"]);
    }
}
