use super::*;

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn given(flags: &[(&str, &str)], variables: &[(&str, &str)], file: &str) -> Given {
    let file = Some((PathBuf::from("tidegate.toml"), file.to_owned()));
    Given {
        flags: pairs(flags),
        variables: pairs(variables),
        file,
    }
}

fn wrong(given: &Given) -> String {
    load(given)
        .map(|loaded| loaded.report())
        .expect_err("should be refused")
        .to_string()
}

#[test]
fn with_nothing_given_every_setting_has_its_default() {
    let config = load(&Given::default()).unwrap().config;
    assert_eq!(config.listen.to_string(), "127.0.0.1:7070");
    assert_eq!(config.process_root, PathBuf::from("data/process"));
    assert_eq!(config.balancer_root, PathBuf::from("data/balancers"));
    assert_eq!((config.haproxy, config.public_url), (None, None));
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let file = "time_scale = 2\nsession_hours = 3\nlisten = \"127.0.0.1:1\"";
    let variables = [
        ("TIDEGATE_TIME_SCALE", "5"),
        ("TIDEGATE_SESSION_HOURS", "6"),
        ("PATH", "/bin"),
    ];
    let loaded = load(&given(&[("time_scale", "9")], &variables, file)).unwrap();
    assert_eq!(loaded.config.time_scale, TimeScale(9));
    assert_eq!(loaded.config.session_hours, 6);
    assert_eq!(loaded.config.listen.port(), 1);
    assert_eq!(loaded.config.balancer_address.to_string(), "127.0.0.1");
}

#[test]
fn the_report_says_where_each_value_comes_from() {
    let loaded = load(&given(
        &[("log", "debug")],
        &[("TIDEGATE_DATA", "/d")],
        "session_hours = 3",
    ))
    .unwrap();
    let report = loaded.report();
    for line in [
        "log                  flag         debug",
        "data                 environment  /d",
    ] {
        assert!(report.contains(line), "{report}");
    }
    assert!(report.contains("session_hours        file         3"), "{report}");
    assert_eq!(report.lines().count(), KEYS.len());
}

#[test]
fn the_report_says_what_is_in_force_where_nothing_was_set() {
    let report = load(&Given::default()).unwrap().report();
    let here = std::env::current_dir().unwrap();
    let folder = |name: &str, path: &str| format!("{name:<20} default      {}\n", here.join(path).display());
    for line in [
        folder("data", "data"),
        folder("site_root", "target/site"),
        folder("balancer_root", "data/balancers"),
        folder("driver.process.root", "data/process"),
    ] {
        assert!(report.contains(&line), "{report}");
    }
    let database = format!("SQLite: {}\n", here.join("data/tidegate.db").display());
    assert!(report.contains(&database), "{report}");
    assert!(report.contains("asks for, here http://127.0.0.1:7070\n"), "{report}");
    let haproxy = report.lines().find(|line| line.starts_with("haproxy ")).unwrap();
    assert!(
        haproxy.contains("/haproxy (the one on PATH)") || haproxy.contains("none: there is no haproxy on PATH"),
        "{haproxy}"
    );
}

#[test]
fn a_haproxy_that_is_not_there_or_cannot_be_executed_is_refused_with_what_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haproxy");
    std::fs::write(&file, "").unwrap();
    for bad in ["???", file.to_str().unwrap(), folder.path().to_str().unwrap()] {
        let said = wrong(&given(&[], &[("TIDEGATE_HAPROXY", bad)], ""));
        let expected =
            format!("environment, TIDEGATE_HAPROXY: `haproxy` cannot be `{bad}`; accepted is the path of a program");
        assert!(said.contains(&expected), "{said}");
    }
    let loaded = load(&given(&[("haproxy", "/bin/sh")], &[], "")).unwrap();
    let report = loaded.report();
    assert!(
        report.contains("haproxy              flag         /bin/sh\n"),
        "{report}"
    );
}

#[test]
fn a_table_of_the_file_is_a_dotted_name() {
    let loaded = load(&given(&[], &[], "[driver.process]\nroot = \"/p\"")).unwrap();
    assert_eq!(loaded.config.process_root, PathBuf::from("/p"));
}

#[test]
fn servers_share_folders_that_are_in_no_data_folder() {
    let shared = [
        ("balancer_root", "/srv/balancers"),
        ("driver.process.root", "/srv/process"),
    ];
    let config = load(&given(&shared, &[("TIDEGATE_DATA", "/d")], "")).unwrap().config;
    assert_eq!(config.balancer_root, PathBuf::from("/srv/balancers"));
    assert_eq!(config.process_root, PathBuf::from("/srv/process"));
}

#[test]
fn an_unknown_key_of_the_file_is_named_with_its_value_and_what_was_meant() {
    let said = wrong(&given(&[], &[], "time_scal = 4"));
    assert!(
        said.contains("tidegate.toml: there is no setting `time_scal` (its value: `4`)"),
        "{said}"
    );
    assert!(said.contains("did you mean `time_scale`?"), "{said}");
    let said = wrong(&given(&[], &[], "[driver.docker]\nsocket = \"x\""));
    assert!(said.contains("`driver.docker.socket`"), "{said}");
}

#[test]
fn an_unknown_variable_of_ours_is_refused_and_those_of_build_and_tests_are_not() {
    let said = wrong(&given(&[], &[("TIDEGATE_LISTN", "x")], ""));
    assert!(
        said.contains("`TIDEGATE_LISTN`") && said.contains("did you mean `TIDEGATE_LISTEN`?"),
        "{said}"
    );
    let others: Vec<_> = OTHER_VARIABLES.iter().map(|name| (*name, "x")).collect();
    assert!(load(&given(&[], &others, "")).is_ok());
}

#[test]
fn a_bad_value_is_named_with_its_place_and_what_is_accepted() {
    for (name, bad) in [
        ("time_scale", "0"),
        ("time_scale", "1001"),
        ("time_scale", "fast"),
        ("listen", "7070"),
    ] {
        let said = wrong(&given(&[(name, bad)], &[], ""));
        let key = table::key(name).unwrap();
        let expected = format!(
            "flag --{}: `{name}` cannot be `{bad}`; accepted is {}",
            key.flag, key.accepted
        );
        assert!(said.contains(&expected), "{said}");
    }
    let said = wrong(&given(&[], &[("TIDEGATE_PUBLIC_URL", "example")], ""));
    assert!(said.contains("environment, TIDEGATE_PUBLIC_URL"), "{said}");
}

/// What each setting does not take.
const BAD: [(&str, &str); KEYS.len()] = [
    ("listen", "7070"),
    ("data", ""),
    ("database_url", "mysql://h/d"),
    ("site_root", ""),
    ("time_scale", "1001"),
    ("haproxy", "/no/such/program"),
    ("balancer_address", "::1"),
    ("balancer_root", ""),
    ("subnets", "10.1"),
    ("driver.process.root", ""),
    ("public_url", "https://h/path"),
    ("session_hours", "0"),
    ("metrics_token", "too short"),
    ("log", "server=loud"),
    ("log_format", "yaml"),
];

#[test]
fn every_setting_refuses_what_it_does_not_take_wherever_it_is_given() {
    for (key, (name, bad)) in KEYS.iter().zip(BAD) {
        assert_eq!(key.name, name, "in the table's order");
        let (flag, variable) = (format!("flag --{}", key.flag), format!("environment, {}", key.env));
        let places = [
            (flag.as_str(), given(&[(name, bad)], &[], "")),
            (variable.as_str(), given(&[], &[(key.env, bad)], "")),
            ("tidegate.toml", given(&[], &[], &format!("{name} = {bad:?}"))),
        ];
        let value = shown(key, bad);
        for (place, given) in places {
            let expected = ConfigError::Bad {
                place: place.to_owned(),
                key: key.name,
                value: value.clone(),
                accepted: key.accepted,
            };
            let errors = load(&given).expect_err(place);
            assert_eq!(errors.0, [expected], "{name} {place}");
            let said = errors.to_string();
            let all = [place, key.name, &value, key.accepted];
            assert!(all.iter().all(|part| said.contains(part)), "{said}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_why_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (path, why) in [
        (folder.path().join("none.toml"), "No such file"),
        (folder.path().to_owned(), "Is a directory"),
    ] {
        let errors = Given::here(Vec::new(), Some(path.clone())).expect_err("it cannot be read");
        assert!(
            matches!(&errors.0[..], [ConfigError::Unreadable { path: named, .. }] if *named == path),
            "{errors}"
        );
        let said = errors.to_string();
        let start = format!("cannot read {}: {why}", path.display());
        assert!(said.contains(&start) && said.contains("by --config"), "{said}");
    }
}

#[test]
fn without_a_database_url_it_is_sqlite_and_nothing_is_as_good_as_unset() {
    assert_eq!(load(&Given::default()).unwrap().config.database_url, None);
    let given = given(&[("database_url", "")], &[("DATABASE_URL", "postgres://u:p@h/d")], "");
    assert_eq!(load(&given).unwrap().config.database_url, None);
}

#[test]
fn the_password_of_a_database_is_never_said() {
    let good = "postgres://ann:pa55word@db.example/tidegate";
    let loaded = load(&given(&[], &[("DATABASE_URL", good)], "")).unwrap();
    let report = loaded.report();
    assert!(
        report.contains("database_url         environment  postgres://ann@db.example:5432/tidegate"),
        "{report}"
    );
    assert!(!format!("{:?}", loaded.config).contains("pa55word"));
    let bad = "mysql://ann:pa55word@db.example/tidegate";
    let said = [
        report,
        wrong(&given(&[("database_url", bad)], &[], "")),
        wrong(&given(&[], &[("DATABASE_URL", bad)], "")),
        wrong(&given(&[], &[("TIDEGATE_DATABASE_URL", good)], "")),
        wrong(&given(&[], &[], &format!("database = \"{good}\""))),
        wrong(&given(&[], &[], &format!("database_url = \"{good}"))),
    ];
    for said in said {
        assert!(!said.contains("pa55word"), "{said}");
    }
}

#[test]
fn a_database_url_of_another_kind_is_refused_with_what_is_accepted() {
    let said = wrong(&given(&[], &[("DATABASE_URL", "mysql://ann:pa55word@h/d")], ""));
    assert!(
        said.contains("environment, DATABASE_URL: `database_url` cannot be `mysql://...`; accepted is postgres://"),
        "{said}"
    );
}

#[test]
fn everything_wrong_is_said_at_once() {
    let given = given(
        &[("listen", "x")],
        &[("TIDEGATE_NONE_SUCH_AT_ALL", "1")],
        "session_hours = true\nfoo = 1",
    );
    assert_eq!(load(&given).unwrap_err().0.len(), 4);
}

#[test]
fn a_broken_file_says_which_line() {
    let said = wrong(&given(&[], &[], "listen = \n"));
    assert!(
        said.contains("tidegate.toml is not TOML") && said.contains("line 1"),
        "{said}"
    );
}

#[test]
fn a_secret_setting_is_not_printed_whether_it_is_good_or_not() {
    let loaded = load(&given(&[("metrics_token", "sesame-open-sesame")], &[], "")).unwrap();
    let report = loaded.report();
    assert!(
        report.contains("metrics_token        flag         (not shown)"),
        "{report}"
    );
    assert!(!report.contains("sesame") && !format!("{loaded:?}").contains("sesame"));
    let said = wrong(&given(&[("metrics_token", "sesame")], &[], ""));
    assert!(
        said.contains("`metrics_token` cannot be `(not shown)`") && !said.contains("sesame"),
        "{said}"
    );
    let mistyped = [
        wrong(&given(&[], &[], "metrics_tokn = \"sesame\"")),
        wrong(&given(&[], &[], "[metrics]\ntoken = \"sesame\"")),
        wrong(&given(&[], &[], "password = \"sesame\"")),
        wrong(&given(&[], &[], "databse_ur = \"sesame\"")),
        wrong(&given(&[], &[("TIDEGATE_METRICS_TOKE", "sesame")], "")),
        wrong(&given(&[], &[("TIDEGATE_DATABASE_URI", "sesame")], "")),
        wrong(&given(&[], &[("TIDEGATE_SECRET", "sesame")], "")),
    ];
    for said in mistyped {
        assert!(said.contains("(not shown)") && !said.contains("sesame"), "{said}");
    }
}
