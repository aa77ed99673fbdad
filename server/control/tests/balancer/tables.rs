//! What HAProxy says and what it reads, by tables and properties. No process is started.

use control::balancer::haproxy::config::{self, Host, Start};
use control::balancer::haproxy::{Version, socket, stat};
use control::balancer::{Algorithm, CheckPath, LoadBalancerSpec, MemberAddress, VServerSpec};
use engine::model::{CheckWord, InstanceId, LoadBalancerId, VServerId};
use proptest::prelude::*;
use std::net::Ipv4Addr;
use std::time::Duration;

/// Captured from HAProxy 2.6.12: `show stat; show servers state`, twelve requests under way at server 9.
const BUSY: &str = include_str!("data/show-stat-2.6.12.txt");
/// The same five seconds later: server 9's check fails with a status line of quotes and commas.
const FAILING: &str = include_str!("data/show-stat-2.6.12-failing.txt");

#[test]
fn every_state_of_a_server_has_its_word() {
    use CheckWord::{Absent, Down, Draining, Missing, Up};
    let stat = stat::stat(BUSY).expect("a capture");
    let words: Vec<(u64, CheckWord)> = stat.backends.iter().map(|b| (b.id.0, b.word)).collect();
    let wanted = [
        (1, Up),
        (2, Down),
        (3, Draining(0)),
        // Dead and drained: the status column says DOWN, the administrator's state says drain.
        (4, Draining(0)),
        (5, Absent),
        // Without a check nothing is known of it.
        (6, Missing),
        (9, Draining(12)),
        // Joined a moment ago, forced down, and forced up: neither was checked.
        (7, Missing),
        (8, Missing),
    ];
    assert_eq!(words, wanted);
    assert!(
        stat.backends.iter().all(|b| b.vserver == VServerId(7)),
        "only ours: {stat:?}"
    );
}

#[test]
fn a_quoted_answer_of_a_program_moves_no_column() {
    let stat = stat::stat(FAILING).expect("a capture");
    let nine = stat.backends.iter().find(|b| b.id == InstanceId(9)).expect("server 9");
    assert_eq!(
        (nine.word, nine.sessions, nine.requests),
        (CheckWord::Up, 0, 12),
        "one of three checks failed"
    );
    assert_eq!(stat.backends.len(), 9);
}

#[test]
fn servers_and_addresses_are_read_back_as_they_were_given() {
    let rows = stat::rows(BUSY).expect("a capture");
    let nine = rows
        .iter()
        .find(|row| row.member.id == InstanceId(9))
        .expect("server 9");
    let address = Ipv4Addr::new(127, 77, 0, 7);
    assert_eq!(
        nine.member,
        MemberAddress {
            id: InstanceId(9),
            address,
            port: 8080,
            weight: 256
        }
    );
    assert!(nine.drain && !nine.maintenance);
    assert!(rows.iter().any(|row| row.maintenance && row.member.id == InstanceId(5)));
    let held: Vec<_> = stat::held(BUSY).expect("a capture").into_iter().collect();
    assert_eq!(held, [(Ipv4Addr::new(127, 77, 0, 1), 20_001)]);
}

#[test]
fn what_is_no_statistics_is_an_error_and_never_an_empty_list() {
    for answer in [
        "",
        "\n",
        "Permission denied\n",
        "Unknown command.\n",
        "# pxname,svname\n\n1\n# be_id\n",
    ] {
        assert!(stat::stat(answer).is_err(), "{answer:?}");
    }
    assert!(
        stat::stat(&BUSY.replace(",check_status,", ",check_statsu,")).is_err(),
        "a column is gone"
    );
    assert!(
        stat::rows(&BUSY.replace("srv_admin_state", "srv_state")).is_err(),
        "a column is gone"
    );
}

#[test]
fn an_answer_cut_anywhere_never_panics() {
    for at in (0..FAILING.len()).filter(|at| FAILING.is_char_boundary(*at)) {
        let _either = stat::stat(&FAILING[..at]);
    }
}

#[test]
fn an_unknown_answer_is_a_refusal() {
    let known = [socket::DELETED, socket::NO_SERVER];
    for (answer, fine) in [
        ("\n", true),
        ("\n\nServer deleted.\n\n", true),
        ("No such server.\n\nNo such server.\n", true),
        ("Permission denied\n", false),
        ("Server deleted.\nSurprise\n", false),
    ] {
        assert_eq!(socket::judge(answer, &known).is_ok(), fine, "{answer:?}");
    }
}

#[test]
fn versions_of_all_houses_are_read() {
    for (text, wanted) in [
        (
            "HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/",
            Some((2, 6, 12)),
        ),
        ("HAProxy version 3.0.5-8e879a5 2024/09/19", Some((3, 0, 5))),
        ("HA-Proxy version 2.2.9-2+deb11u6 2023/12/14", Some((2, 2, 9))),
        ("HAProxy version 3.2-dev1 2025/01/01", Some((3, 2, 0))),
        ("something else", None),
    ] {
        let wanted = wanted.map(|(major, minor, patch)| Version { major, minor, patch });
        assert_eq!(Version::parse(text), wanted, "{text}");
    }
}

#[test]
fn who_was_not_seen_up_starts_down_after_a_crash() {
    for (word, start) in [
        (Some(CheckWord::Up), Start::Up),
        (Some(CheckWord::Draining(3)), Start::Draining),
        (Some(CheckWord::Down), Start::Down),
        (Some(CheckWord::Missing), Start::Down),
        (Some(CheckWord::Absent), Start::Down),
        (None, Start::Down),
    ] {
        assert_eq!(Start::after(word), start, "{word:?}");
    }
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop_oneof![
        Just(Algorithm::RoundRobin),
        Just(Algorithm::LeastConn),
        Just(Algorithm::First),
        Just(Algorithm::Random)
    ]
}

/// Any text at all; what is no check path is replaced by the shortest one.
fn paths() -> impl Strategy<Value = CheckPath> {
    prop_oneof!["/[ -~]{0,200}", ".{0,40}", "/[a-zA-Z0-9._~/-]{0,127}"].prop_map(|text| {
        CheckPath::try_from(text).unwrap_or_else(|_| CheckPath::try_from("/".to_owned()).expect("a path"))
    })
}

fn vservers() -> impl Strategy<Value = VServerSpec> {
    (0..4_u64, any::<u16>(), algorithms(), paths(), any::<u64>()).prop_map(|(id, port, algorithm, check_path, ms)| {
        VServerSpec {
            id: VServerId(id),
            port,
            algorithm,
            check_path,
            check_interval: Duration::from_millis(ms),
        }
    })
}

fn members() -> impl Strategy<Value = (VServerId, MemberAddress)> {
    (0..4_u64, any::<u64>(), any::<u32>(), any::<u16>(), any::<u16>()).prop_map(|(vs, id, address, port, weight)| {
        let member = MemberAddress {
            id: InstanceId(id),
            address: Ipv4Addr::from(address),
            port,
            weight,
        };
        (VServerId(vs), member)
    })
}

fn specs() -> impl Strategy<Value = LoadBalancerSpec> {
    (any::<u64>(), any::<u32>(), proptest::collection::vec(vservers(), 0..4)).prop_map(|(id, address, vservers)| {
        LoadBalancerSpec {
            id: LoadBalancerId(id),
            address: Ipv4Addr::from(address),
            vservers,
        }
    })
}

const HOST: Host = Host {
    root: true,
    connections: 20_000,
    threads: 2,
};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_file_has_known_characters_and_known_words_only(
        spec in specs(),
        members in proptest::collection::vec(members(), 0..8),
    ) {
        let text = config::render(&spec, HOST, &members);
        let known = |c: char| c.is_ascii_alphanumeric() || " \n-._~/:{}#@".contains(c);
        prop_assert!(text.chars().all(known), "{text}");
        let words = ["#", "global", "defaults", "frontend", "backend", "description", "stats", "server-state-file",
            "maxconn", "nbthread", "noreuseport", "hard-stop-after", "uid", "gid", "mode", "timeout", "option",
            "retries", "retry-on", "load-server-state-from-file", "bind", "http-request", "default_backend",
            "balance", "server"];
        for line in text.lines().filter(|line| !line.is_empty()) {
            let first = line.split_whitespace().next().unwrap_or("");
            prop_assert!(words.contains(&first), "{line}");
        }
        prop_assert_eq!(text.matches("\nfrontend ").count(), spec.vservers.len());
    }

    #[test]
    fn members_never_make_a_reload_and_settings_always_do(spec in specs(), algorithm in algorithms(), port in any::<u16>()) {
        let digest = config::digest(&spec, HOST);
        prop_assert_eq!(&digest, &config::digest(&spec, HOST));
        if let Some(vs) = spec.vservers.first() {
            let mut other = spec.clone();
            other.vservers[0].algorithm = algorithm;
            other.vservers[0].port = port;
            let same = vs.algorithm == algorithm && vs.port == port;
            prop_assert_eq!(same, config::digest(&other, HOST) == digest);
        }
    }
}
