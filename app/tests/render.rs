//! Components rendered on the server, against golden files: no browser needed. `BLESS=1 cargo test -p app --features ssr`
//! writes the files anew; look at the difference before committing it.
#![cfg(feature = "ssr")]

use api::balancers::{BalancerFault, BalancerHealth};
use api::groups::{DecisionView, GroupForm, GroupRow};
use api::problem::{Code, Problem, Problems};
use api::texts::Lang;
use app::calls::{CallError, Values};
use app::components::gauge::Gauge;
use app::components::state::BalancerBadge;
use app::components::trail::Decisions;
use app::forms::check;
use app::forms::field::{AreaField, SelectField, TextField};
use app::forms::typed::Typed;
use app::visit::{Theme, Visit, Visitor};
use engine::model::{GroupId, GroupStatus, Metric, Reason, ScaleInWait, TemplateId};
use leptos::prelude::*;
use std::path::PathBuf;

/// The places where the browser takes views over: nothing that anybody reads.
const MARKER: &str = "<!>";

/// What a view is as HTML, for a reader of this language.
fn html<V: IntoView>(lang: Lang, view: impl FnOnce() -> V) -> String {
    Owner::new().with(|| {
        provide_context(Visit {
            lang,
            theme: Theme::Auto,
            visitor: Visitor::Signed,
        });
        view().into_view().to_html().replace(MARKER, "")
    })
}

fn golden(name: &str, html: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    // One element a line: a difference is then a line, not a wall.
    let lines = html.replace("><", ">\n<") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &lines).expect("golden file is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(lines, kept, "{name} differs; BLESS=1 writes it anew");
}

fn row() -> GroupRow {
    GroupRow {
        id: GroupId(1),
        name: "shop".into(),
        remark: String::new(),
        template: TemplateId(1),
        template_name: "web".into(),
        status: GroupStatus::Enabled,
        min: 1,
        max: 8,
        desired: 5,
        in_service: 3,
        everything: 5,
        alarm: false,
        created_ms: 0,
    }
}

#[test]
fn the_gauge_says_in_words_what_it_shows() {
    golden("gauge.en.html", &html(Lang::En, || view! { <Gauge row=row()/> }));
    golden("gauge.zh.html", &html(Lang::Zh, || view! { <Gauge row=row()/> }));
}

#[test]
fn one_instance_of_a_million_is_still_seen_on_the_gauge() {
    let huge = GroupRow {
        max: 1_000_000,
        desired: 1,
        in_service: 1,
        everything: 1,
        ..row()
    };
    let html = html(Lang::En, || view! { <Gauge row=huge/> });
    assert_eq!(html.matches("max(3px,0.0%)").count(), 3, "{html}");
    assert!(html.contains("limits 1 to 1,000,000"), "{html}");
}

#[test]
fn a_trail_has_every_reason_with_its_numbers() {
    let decisions = || {
        vec![DecisionView {
            first_ms: 1_795_302_344_000,
            last_ms: 1_795_302_374_000,
            passes: 3,
            size: 5,
            trail: vec![
                Reason::AsksFor {
                    metric: Metric::Cpu,
                    mean: 98_000,
                    threshold: 70_000,
                    members: 3,
                    ask: 5,
                },
                Reason::ScaleInWaits {
                    why: ScaleInWait::AtMin { min: 5 },
                },
                Reason::AtDesired {
                    desired: 5,
                    in_service: 5,
                    warming: 0,
                },
            ],
        }]
    };
    golden(
        "trail.en.html",
        &html(Lang::En, || view! { <Decisions decisions=decisions()/> }),
    );
    golden(
        "trail.zh.html",
        &html(Lang::Zh, || view! { <Decisions decisions=decisions()/> }),
    );
}

/// A form that was posted without JavaScript and refused.
fn refused() -> Signal<Option<CallError>> {
    let problems = Problems(vec![Problem::at("max", Code::MaxBelowMin).with(4).with(2)]);
    let typed = Values::from([
        ("max".to_owned(), "2".to_owned()),
        ("name".to_owned(), "a\"b".to_owned()),
    ]);
    Signal::stored(Some(CallError { problems, typed }))
}

#[test]
fn a_refused_form_keeps_the_typing_and_says_what_is_wrong_at_the_field() {
    let form = || {
        let typed = Typed::new(&GroupForm::default(), refused(), check::group);
        view! {
            <TextField typed field="max" label="Most" help="At most" unit="instances"/>
            <TextField typed field="name" label="Name" help="1 to 63 characters."/>
        }
    };
    golden("form.en.html", &html(Lang::En, form));
}

#[test]
fn a_text_area_holds_markup_as_text() {
    let area = || {
        let start = Values::from([("user_data".to_owned(), "</textarea><script>x</script>".to_owned())]);
        let typed = Typed::new(&start, Signal::stored(None), |_| Vec::new());
        view! { <AreaField typed field="user_data" label="User data" help=""/> }
    };
    let html = html(Lang::En, area);
    assert!(html.contains("&lt;/textarea&gt;&lt;script&gt;"), "{html}");
    assert!(!html.contains("<script>"), "{html}");
}

#[test]
fn a_value_that_the_options_lack_stays_selected_until_somebody_chooses_another() {
    let select = |value: &'static str| {
        let start = Values::from([("template".to_owned(), value.to_owned())]);
        let options = ["tpl-1", "tpl-2"].map(|id| (id.to_owned(), format!("name of {id}")));
        html(Lang::En, || {
            let typed = Typed::new(&start, Signal::stored(None), |_| Vec::new());
            view! { <SelectField typed field="template" label="Template" help="" options=options.to_vec()/> }
        })
    };
    let selected = |html: &str| {
        let options: Vec<&str> = html.split("<option").skip(1).collect();
        let at = options.iter().position(|option| option.contains(" selected"));
        (options.len(), at, options[at.unwrap_or(0)].contains("tpl-9"))
    };
    assert_eq!(selected(&select("tpl-9")), (3, Some(0), true));
    assert_eq!(selected(&select("tpl-2")), (2, Some(1), false));
    assert_eq!(selected(&select("")), (2, None, false));
}

fn decision(passes: u32, trail: Vec<Reason>) -> DecisionView {
    DecisionView {
        first_ms: 1_795_302_344_000,
        last_ms: 1_795_302_344_000,
        passes,
        size: 2,
        trail,
    }
}

#[test]
fn passes_that_judged_nothing_new_are_one_folded_line_and_none_is_lost() {
    let at_desired = Reason::AtDesired {
        desired: 2,
        in_service: 2,
        warming: 0,
    };
    let repeat = |cycle, passes| decision(passes, vec![Reason::AlreadyJudged { cycle }, at_desired.clone()]);
    let within = Reason::Within {
        metric: Metric::Cpu,
        mean: 10_000,
        threshold: 70_000,
        members: 2,
    };
    let decisions = vec![
        repeat(9, 1),
        repeat(8, 2),
        decision(1, vec![within.clone(), at_desired.clone()]),
        repeat(7, 1),
    ];
    let html = html(Lang::En, || view! { <Decisions decisions/> });
    assert_eq!(html.matches("<details>").count(), 2, "{html}");
    assert!(html.contains("3 passes in between judged nothing new"), "{html}");
    assert!(html.contains("1 pass in between judged nothing new"), "{html}");
    for cycle in [7, 8, 9] {
        assert!(html.contains(&format!("Cycle {cycle} was judged before")), "{html}");
    }
    assert_eq!(html.matches("CPU 10 %").count(), 1, "{html}");
}

#[test]
fn a_failing_balancer_says_why_in_the_readers_language_and_quotes_the_machine() {
    let badge = || {
        let health = BalancerHealth::Failing(BalancerFault::Mute("no answer within 5 s".into()));
        view! { <BalancerBadge health/> }
    };
    let html = html(Lang::Zh, badge);
    assert!(html.contains("进程没有正常应答"), "{html}");
    assert!(
        html.contains(r#"<code lang="en" class="machine-words">no answer within 5 s</code>"#),
        "{html}"
    );
}
