//! Ten traps of the libraries we stand on, each with the tests that show that we are not in it.
//!
//! | trap | test |
//! |---|---|
//! | 1. the framework writes a page's title unescaped | [`a_group_named_like_markup_is_text_on_its_page_and_in_its_title`], [`what_an_instance_prints_is_text_on_its_page`], [`titles_are_set_by_the_escaping_component_only`]; `app: a_name_that_is_markup_stays_a_name` |
//! | 2. it writes a textarea's children unescaped | [`no_text_area_has_children`]; `app: a_text_area_holds_markup_as_text` |
//! | 3. the ready-made session stores need another version of everything | [`there_is_one_version_of_what_must_be_one`]; `sessions.rs` here and `control: sessions` for our own |
//! | 4. so does the ready-made sign-in | [`there_is_one_version_of_what_must_be_one`] |
//! | 5. the chart crate's formatters need `eval`, and it never lets go of a chart | [`no_chart_needs_eval_and_every_chart_is_let_go`]; `pages.spec.ts: a chart is let go with its page`; `security: every_pages_policy_has_a_nonce_of_its_own_that_its_scripts_carry` |
//! | 6. the bundler runs whatever wasm-bindgen is on PATH | [`the_wasm_glue_is_made_by_the_same_version_in_process`] |
//! | 7. compiler options that are errors or unstable in today's compiler | [`the_wasm_build_asks_for_nothing_unstable`] |
//! | 8. the framework's satellites want other versions of it | [`there_is_one_version_of_what_must_be_one`] |
//! | 9. an old wasm-opt refuses what today's compiler emits | [`the_optimiser_is_told_what_todays_compiler_emits`] |
//! | 10. server functions check no origin, and those by GET are sent by any link | `walk: every_server_function_is_a_post`, `walk: everybody_gets_the_answer_of_the_golden_file_at_every_door_and_the_gate_agrees`, `security: a_change_that_another_site_sends_is_refused_and_nothing_happens` |

use crate::real::Real;
use crate::world::{get, text};
use control::values;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// The sources in a folder, with their names.
fn sources(folder: &str) -> Vec<(String, String)> {
    let (mut folders, mut found) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    assert!(!found.is_empty(), "no source in {folder}");
    found
}

/// The code of a source, without its comments.
fn code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The versions of a package that are locked.
fn locked(name: &str) -> Vec<String> {
    let (lock, name) = (read("Cargo.lock"), format!("name = \"{name}\"\n"));
    let after = lock
        .split("[[package]]\n")
        .filter_map(|package| package.strip_prefix(name.as_str()));
    let version = |rest: &str| rest.lines().next().unwrap().replace("version = ", "").replace('"', "");
    after.map(version).collect()
}

#[tokio::test]
async fn a_group_named_like_markup_is_text_on_its_page_and_in_its_title() {
    let real = Real::new().await;
    let things = real.things().await;
    let name = "</title><script>alert(1)</script>\"><img src=x onerror=alert(2)>";
    real.sql(
        "UPDATE groups_ SET name = $2, remark = $2 WHERE id = $1",
        values![things.group, name],
    )
    .await;
    real.sql(
        "UPDATE templates SET name = $2, remark = $2 WHERE id = $1",
        values![things.template, name],
    )
    .await;
    real.sql(
        "UPDATE load_balancers SET name = $2, remark = $2 WHERE id = $1",
        values![things.balancer, name],
    )
    .await;
    let pages = [
        format!("/groups/{}", things.group),
        format!("/groups/{}/edit", things.group),
        format!("/templates/{}", things.template),
        format!("/balancers/{}", things.balancer),
        "/groups".to_owned(),
        "/templates".to_owned(),
        "/balancers".to_owned(),
    ];
    for page in pages {
        shows_markup_as_text(&real, &page).await;
    }
}

#[tokio::test]
async fn what_an_instance_prints_is_text_on_its_page() {
    let real = Real::new().await;
    let things = real.things().await;
    let page = format!("/groups/{}/instances/{}/logs", things.group, things.instance);
    shows_markup_as_text(&real, &page).await;
}

/// The page has the markup in it, and none of it is markup.
async fn shows_markup_as_text(real: &Real, page: &str) {
    let cookie = real.sign_in("owner").await.unwrap();
    let mut request = get(page);
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    let answer = real.send(request).await;
    assert!(answer.status().is_success(), "{page}: {}", answer.status());
    let html = text(answer).await;
    assert!(html.contains("alert(1)"), "{page} does not show it");
    assert!(
        !html.contains("<script>alert") && !html.contains("<img src=x"),
        "{page}: {html}"
    );
}

#[test]
fn titles_are_set_by_the_escaping_component_only() {
    for (file, text) in sources("app/src") {
        let allowed = file.ends_with("components/title.rs");
        assert!(
            allowed || !code(&text).contains("<Title"),
            "{file}: use PageTitle or PageHead"
        );
    }
}

#[test]
fn no_text_area_has_children() {
    let mut areas = 0;
    for (file, text) in sources("app/src") {
        for area in code(&text).split("<textarea").skip(1) {
            areas += 1;
            let begin = area.split_once("></textarea>").map(|(begin, _)| begin);
            // Up to its end there is no other `>` than one of an arrow: nothing stands between the two tags.
            let inside = begin.unwrap_or_else(|| panic!("{file}: a textarea with children"));
            assert!(!inside.contains("</"), "{file}: a textarea with children");
            assert!(
                inside.contains("inner_html=escaped(") || inside.contains("prop:value"),
                "{file}"
            );
        }
    }
    assert!(areas > 0, "the user data's field has gone: so may this test");
}

#[test]
fn there_is_one_version_of_what_must_be_one() {
    for absent in [
        "axum-login",
        "tower-sessions-sqlx-store",
        "leptos-use",
        "leptos_i18n",
        "thaw",
    ] {
        assert_eq!(locked(absent), Vec::<String>::new(), "{absent}");
    }
    for one in [
        "tower-sessions",
        "tower-sessions-core",
        "sqlx",
        "sqlx-core",
        "leptos",
        "axum",
        "wasm-bindgen",
    ] {
        assert_eq!(locked(one).len(), 1, "{one}: {:?}", locked(one));
    }
    assert!(locked("leptos")[0].starts_with("0.8."));
}

#[test]
fn no_chart_needs_eval_and_every_chart_is_let_go() {
    for (file, text) in sources("app/src").into_iter().chain(sources("frontend/src")) {
        let code = code(&text);
        for word in [
            "JsFunction",
            "js_sys::Function::new",
            "new_no_args",
            "new_with_args",
            "eval(",
            "unsafe-eval",
        ] {
            assert!(!code.contains(word), "{file}: {word}");
        }
    }
    let chart = code(&read("app/src/components/chart.rs"));
    assert!(
        chart.contains("\"dispose\"") && chart.contains("JsValue::TRUE"),
        "dispose, and replace instead of merge"
    );
}

#[test]
fn the_wasm_glue_is_made_by_the_same_version_in_process() {
    assert_eq!(locked("wasm-bindgen"), locked("wasm-bindgen-cli-support"));
    for (file, text) in sources("xtask/src") {
        assert!(!code(&text).contains("Command::new(\"wasm-bindgen\")"), "{file}");
    }
}

#[test]
fn the_wasm_build_asks_for_nothing_unstable() {
    let mut places = sources("xtask/src");
    let setup = std::fs::read_dir(root().join("xtask/setup")).unwrap();
    let files = setup.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    places.extend(files.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())));
    places.push(("Cargo.toml".to_owned(), read("Cargo.toml")));
    for (file, text) in places {
        for word in ["panic_immediate_abort", "+atomics", "relaxed-simd"] {
            assert!(!text.contains(word), "{file}: {word}");
        }
    }
}

#[test]
fn the_optimiser_is_told_what_todays_compiler_emits() {
    let recipe = read("xtask/src/site/wasm.rs");
    for option in [
        "bulk-memory",
        "nontrapping-float-to-int",
        "sign-ext",
        "mutable-globals",
        "reference-types",
        "multivalue",
    ] {
        assert!(recipe.contains(&format!("--enable-{option}")), "{option}");
    }
    let tools = read("xtask/setup/npm/package.json");
    let version = tools
        .split("\"binaryen\": \"")
        .nth(1)
        .and_then(|rest| rest.split('.').next());
    assert!(
        version
            .and_then(|text| text.parse::<u32>().ok())
            .is_some_and(|version| version >= 120),
        "{tools}"
    );
}
