//! A walk through every door there is, as everybody who may knock.
//!
//! Pages come from the console's own list of routes, server functions from the framework's list of what is registered,
//! the other doors from `doors::paths()`: none can be added without being walked through. One without a row here fails by
//! name. What each answers to each is the golden file `tests/golden/doors.txt` (`BLESS=1` writes it anew: look at the
//! difference before committing it), and the gate's table says the same of every action.

use crate::real::{KNOCKERS, Real, Things};
use api::actor::Role;
use axum::body::Body;
use control::auth::gate::{Action, Aim, Verdict, Whose, may};
use http::{Method, Request, StatusCode};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is sent to a server function or asked of a page, and what that is for the gate.
struct Row {
    /// The endpoint, or the route as the console declares it.
    door: &'static str,
    /// None: for everybody.
    action: Option<Action>,
    /// A form's fields, or a route's address.
    said: fn(&Things) -> String,
}

const fn row(door: &'static str, action: Action, said: fn(&Things) -> String) -> Row {
    Row {
        door,
        action: Some(action),
        said,
    }
}

const fn open(door: &'static str, said: fn(&Things) -> String) -> Row {
    Row {
        door,
        action: None,
        said,
    }
}

const LIST: &str = "query[filter]=&query[after]=&query[limit]=0";

fn group_form(t: &Things, name: &str, version: &str) -> String {
    let template = t.template;
    format!(
        "form[name]={name}&form[remark]=&form[template]={template}&form[min]=1&form[max]=4&form[cpu]=70&form[memory]=\
         &form[warm_up_s]=300&form[scale_in]=allowed&form[removal]=newest&form[brake]=on&form[hold]=on\
         &form[projection]=on&form[version]={version}"
    )
}

fn template_form(t: &Things) -> String {
    let (name, vpc) = (&t.name, &t.vpc);
    format!(
        "form[name]={name}x&form[remark]=&form[image]=sample-web&form[instance_type]=t.quarter&form[vpc]={vpc}\
         &form[user_data]=&form[environment]="
    )
}

fn vserver_form(t: &Things) -> String {
    let (balancer, port) = (t.balancer, t.port);
    format!(
        "id={balancer}&form[name]=http&form[port]={port}&form[algorithm]=round_robin&form[check_path]=/\
         &form[check_interval_s]=5"
    )
}

/// Every server function.
const FUNCTIONS: [Row; 36] = [
    open("/api/frame", |_| String::new()),
    // A name of its own each time: guesses at one name are slowed down.
    open("/api/session/sign-in", |t| {
        format!("name={}&password=wrong&next=/", t.name)
    }),
    open("/api/session/sign-out", |_| String::new()),
    row("/api/catalogue", Action::ReadCatalogue, |_| String::new()),
    row("/api/groups/list", Action::ListGroups, |_| LIST.to_owned()),
    row("/api/groups/overview", Action::ReadOverview, |_| String::new()),
    row("/api/groups/page", Action::ReadGroup, |t| format!("id={}", t.group)),
    row("/api/groups/instances", Action::ListInstances, |t| {
        format!("id={}&{LIST}", t.group)
    }),
    row("/api/groups/decisions", Action::ListDecisions, |t| {
        format!("id={}&{LIST}", t.group)
    }),
    row("/api/groups/activities", Action::ReadActivities, |t| {
        format!("id={}&{LIST}", t.group)
    }),
    row("/api/groups/series", Action::ReadSeries, |t| {
        format!("id={}&minutes=60", t.group)
    }),
    row("/api/groups/instance-logs", Action::ReadLogs, |t| {
        format!("group={}&id={}", t.group, t.instance)
    }),
    row("/api/groups/create", Action::CreateGroup, |t| {
        group_form(t, &format!("{}x", t.name), "")
    }),
    row("/api/groups/update", Action::UpdateGroup, |t| {
        format!("id={}&{}", t.group, group_form(t, &t.name, "2"))
    }),
    row("/api/groups/resize", Action::ResizeGroup, |t| {
        format!("id={}&desired=2", t.group)
    }),
    row("/api/groups/enable", Action::EnableGroup, |t| format!("id={}", t.group)),
    row("/api/groups/disable", Action::DisableGroup, |t| {
        format!("id={}", t.group)
    }),
    row("/api/groups/delete", Action::DeleteGroup, |t| {
        format!("id={}&typed={}", t.group, t.name)
    }),
    row("/api/groups/bind", Action::BindGroup, |t| {
        format!("id={}&form[vserver]={}&form[port]=8080&form[weight]=1", t.group, t.free)
    }),
    row("/api/groups/unbind", Action::UnbindGroup, |t| {
        format!("id={}&vserver={}", t.group, t.vserver)
    }),
    row("/api/groups/remove-instance", Action::RemoveInstance, |t| {
        format!("group={}&id={}", t.group, t.instance)
    }),
    row("/api/groups/protect-instance", Action::ProtectInstance, |t| {
        format!("group={}&id={}&protect=set", t.group, t.instance)
    }),
    row("/api/groups/rearm", Action::RearmBreaker, |t| format!("id={}", t.group)),
    row("/api/groups/confirm-strays", Action::ConfirmStrays, |t| {
        format!("id={}", t.group)
    }),
    row("/api/search", Action::ListGroups, |t| format!("typed={}", t.name)),
    row("/api/system/view", Action::ReadSystem, |_| String::new()),
    row("/api/templates/list", Action::ListTemplates, |_| LIST.to_owned()),
    row("/api/templates/page", Action::ReadTemplate, |t| {
        format!("id={}", t.template)
    }),
    row("/api/templates/create", Action::CreateTemplate, template_form),
    row("/api/templates/delete", Action::DeleteTemplate, |t| {
        format!("id={}", t.template)
    }),
    row("/api/balancers/list", Action::ListBalancers, |_| LIST.to_owned()),
    row("/api/balancers/page", Action::ReadBalancer, |t| {
        format!("id={}", t.balancer)
    }),
    row("/api/balancers/create", Action::CreateBalancer, |t| {
        format!("form[name]={}x&form[remark]=", t.name)
    }),
    row("/api/balancers/delete", Action::DeleteBalancer, |t| {
        format!("id={}&typed={}", t.balancer, t.name)
    }),
    row("/api/balancers/create-vserver", Action::CreateVServer, vserver_form),
    row("/api/balancers/delete-vserver", Action::DeleteVServer, |t| {
        format!("id={}&vserver={}", t.balancer, t.free)
    }),
];

/// Every page.
const PAGES: [Row; 15] = [
    open("/signin", |_| "/signin".to_owned()),
    row("/", Action::ReadOverview, |_| "/".to_owned()),
    row("/search", Action::ListGroups, |t| format!("/search?q={}", t.name)),
    row("/system", Action::ReadSystem, |_| "/system".to_owned()),
    row("/groups", Action::ListGroups, |_| "/groups".to_owned()),
    row("/groups/new", Action::ReadCatalogue, |_| "/groups/new".to_owned()),
    row("/groups/{id}", Action::ReadGroup, |t| format!("/groups/{}", t.group)),
    row("/groups/{id}/edit", Action::ReadGroup, |t| {
        format!("/groups/{}/edit", t.group)
    }),
    row("/groups/{id}/instances/{instance}/logs", Action::ReadLogs, |t| {
        format!("/groups/{}/instances/{}/logs", t.group, t.instance)
    }),
    row("/templates", Action::ListTemplates, |_| "/templates".to_owned()),
    row("/templates/new", Action::ReadCatalogue, |_| "/templates/new".to_owned()),
    row("/templates/{id}", Action::ReadTemplate, |t| {
        format!("/templates/{}", t.template)
    }),
    row("/balancers", Action::ListBalancers, |_| "/balancers".to_owned()),
    // A form without anything of the tenant: sending it is what asks the gate.
    open("/balancers/new", |_| "/balancers/new".to_owned()),
    row("/balancers/{id}", Action::ReadBalancer, |t| {
        format!("/balancers/{}", t.balancer)
    }),
];

/// Every other door, and what files and unknown addresses answer.
const OTHERS: [&str; 9] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/prefs",
    "/live",
    "/pkg/tidegate.js",
    "/pkg/none.js",
    "/favicon.svg",
    "/no/such/page",
];

fn role(knocker: &str) -> Option<Role> {
    match knocker {
        "viewer" => Some(Role::Viewer),
        "operator" => Some(Role::Operator),
        "owner" | "other" => Some(Role::TenantOwner),
        "admin" => Some(Role::PlatformAdmin),
        _ => None,
    }
}

/// What the gate's table says of this action of theirs on the first tenant's things.
fn agreed(action: Action, knocker: &str) -> Verdict {
    let theirs = knocker == "other" && action.aim() == Aim::One;
    may(role(knocker), action, if theirs { Whose::Other } else { Whose::Own })
}

/// What an answer means to the gate. A form that cannot be carried out now (409, 422) was let through.
fn verdict(status: StatusCode) -> Verdict {
    match status {
        StatusCode::UNAUTHORIZED => Verdict::SignInFirst,
        StatusCode::FORBIDDEN => Verdict::Forbidden,
        StatusCode::NOT_FOUND => Verdict::Hidden,
        StatusCode::OK | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => Verdict::Allowed,
        other => panic!("{other} is no verdict"),
    }
}

struct Walk {
    real: Real,
    cookies: BTreeMap<&'static str, Option<String>>,
    lines: Vec<String>,
}

impl Walk {
    async fn new() -> Self {
        let (real, mut cookies) = (Real::new().await, BTreeMap::new());
        for knocker in KNOCKERS {
            cookies.insert(knocker, real.sign_in(knocker).await);
        }
        let mut head = format!("{:<6} {:<44}", "method", "door");
        KNOCKERS.iter().for_each(|knocker| head += &format!(" {knocker:<8}"));
        Self {
            real,
            cookies,
            lines: vec![head.trim_end().to_owned()],
        }
    }

    async fn ask(&self, knocker: &str, method: Method, path: &str, form: &str, site: &str) -> StatusCode {
        // A page is asked for by a browser, a server function by a script of ours.
        let accept = if method == Method::GET {
            "text/html"
        } else {
            "application/json"
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "h")
            .header("sec-fetch-site", site)
            .header("accept", accept)
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(cookie) = &self.cookies[knocker] {
            request = request.header("cookie", cookie);
        }
        let request = request.body(Body::from(form.replace('[', "%5B").replace(']', "%5D")));
        self.real.send(request.unwrap()).await.status()
    }

    fn note(&mut self, method: &str, door: &str, answers: &[StatusCode]) {
        let mut line = format!("{method:<6} {door:<44}");
        answers
            .iter()
            .for_each(|status| line += &format!(" {:<8}", status.as_str()));
        self.lines.push(line.trim_end().to_owned());
    }

    /// One server function as everybody, each at things of their own making or of the first tenant's.
    async fn function(&mut self, row: &Row) {
        let mut answers = Vec::new();
        for knocker in KNOCKERS {
            let things = self.real.things().await;
            let (form, before) = ((row.said)(&things), self.real.weight().await);
            let status = self.ask(knocker, Method::POST, row.door, &form, "same-origin").await;
            answers.push(status);
            if let Some(action) = row.action {
                let agreed = agreed(action, knocker);
                assert_eq!(verdict(status), agreed, "{} as {knocker}: {status}", row.door);
                if agreed != Verdict::Allowed {
                    assert_eq!(
                        self.real.weight().await,
                        before,
                        "{} as {knocker} changed something",
                        row.door
                    );
                }
            }
            if row.door.starts_with("/api/session/") {
                let again = self.real.sign_in(knocker).await;
                self.cookies.insert(knocker, again);
            }
        }
        self.note("POST", row.door, &answers);
        self.try_from_elsewhere(row).await;
    }

    /// Whoever may do it is not made to do it by another site, and not by a link.
    async fn try_from_elsewhere(&self, row: &Row) {
        let things = self.real.things().await;
        let (form, before) = ((row.said)(&things), self.real.weight().await);
        for site in ["cross-site", "same-site"] {
            let status = self.ask("admin", Method::POST, row.door, &form, site).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{} from {site}", row.door);
        }
        let address = format!("{}?{}", row.door, form.replace('[', "%5B").replace(']', "%5D"));
        for site in ["cross-site", "same-origin"] {
            let status = self.ask("admin", Method::GET, &address, "", site).await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{} by GET", row.door);
        }
        assert_eq!(self.real.weight().await, before, "{} changed something", row.door);
    }

    /// One page as everybody. A stranger is led to the sign-in page.
    async fn page(&mut self, row: &Row, things: &Things) {
        let (path, mut answers) = ((row.said)(things), Vec::new());
        for knocker in KNOCKERS {
            let status = self.ask(knocker, Method::GET, &path, "", "none").await;
            answers.push(status);
            let Some(action) = row.action else { continue };
            match agreed(action, knocker) {
                Verdict::SignInFirst => assert_eq!(status, StatusCode::FOUND, "{path} as {knocker}"),
                agreed => assert_eq!(verdict(status), agreed, "{path} as {knocker}: {status}"),
            }
        }
        self.note("GET", row.door, &answers);
    }

    async fn other(&mut self, path: &'static str) {
        let mut answers = Vec::new();
        for knocker in KNOCKERS {
            answers.push(self.ask(knocker, Method::GET, path, "", "none").await);
        }
        self.note("GET", path, &answers);
    }
}

fn golden(lines: &[String]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/doors.txt");
    let text = lines.join("\n") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, kept, "doors.txt differs; BLESS=1 writes it anew");
}

/// The routes of the console as it declares them.
fn routes() -> BTreeSet<String> {
    let list = leptos_axum::generate_route_list(app::App);
    list.iter().map(|route| route.path().to_owned()).collect()
}

#[tokio::test]
async fn no_server_function_page_or_door_is_without_a_row() {
    let known: BTreeSet<&str> = FUNCTIONS.iter().map(|row| row.door).collect();
    let registered: BTreeSet<&str> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(registered, known, "server functions (left) and rows (right) in walk.rs");
    let known: BTreeSet<String> = PAGES.iter().map(|row| row.door.to_owned()).collect();
    assert_eq!(
        routes(),
        known,
        "routes of the console (left) and rows (right) in walk.rs"
    );
    for path in server::doors::paths() {
        assert!(OTHERS.contains(&path), "the door {path} has no row in walk.rs");
    }
}

#[test]
fn every_server_function_is_a_post() {
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        assert_eq!(
            method,
            Method::POST,
            "{path}: another site could have a browser call it by a link"
        );
    }
}

#[test]
fn no_door_is_made_elsewhere_than_in_the_lists_that_are_walked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut made = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for word in [".route(", ".route_service(", ".nest(", ".nest_service(", ".fallback("] {
                let file = path.file_name().unwrap().to_string_lossy().into_owned();
                made.extend(std::iter::repeat_n(
                    format!("{file} {word}"),
                    text.matches(word).count(),
                ));
            }
        }
    }
    made.sort();
    assert_eq!(
        made,
        ["console.rs .route(", "mod.rs .route(", "static_files.rs .nest_service("],
        "put a new door into BARE, QUICK or LONG of doors/mod.rs"
    );
}

#[test]
fn every_action_of_the_gate_that_a_page_asks_is_walked_to() {
    let walked: BTreeSet<Action> = FUNCTIONS.iter().filter_map(|row| row.action).collect();
    let missing: Vec<_> = Action::ALL.iter().filter(|action| !walked.contains(*action)).collect();
    let without = [&Action::ReadMinutes];
    assert_eq!(missing, without, "actions without a server function");
}

#[tokio::test]
async fn everybody_gets_the_answer_of_the_golden_file_at_every_door_and_the_gate_agrees() {
    let mut walk = Walk::new().await;
    for row in &FUNCTIONS {
        walk.function(row).await;
    }
    let things = walk.real.things().await;
    for row in &PAGES {
        walk.page(row, &things).await;
    }
    for path in OTHERS {
        walk.other(path).await;
    }
    walk.lines[1..].sort();
    golden(&walk.lines);
}

#[tokio::test]
async fn pages_and_other_doors_take_no_other_method() {
    let walk = Walk::new().await;
    let things = walk.real.things().await;
    let before = walk.real.weight().await;
    let pages = PAGES.iter().map(|row| (row.said)(&things));
    let paths: Vec<String> = pages.chain(OTHERS.map(str::to_owned)).collect();
    for path in paths {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let status = walk.ask("admin", method.clone(), &path, "", "same-origin").await;
            let refused = matches!(status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND);
            assert!(refused, "{method} {path}: {status}");
            let status = walk.ask("admin", method.clone(), &path, "", "cross-site").await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path} from another site");
        }
    }
    assert_eq!(walk.real.weight().await, before);
}
