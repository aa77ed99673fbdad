//! The group wizard: steps on the left, the form in the middle, a running summary on the right. Used by new and edit.
//!
//! The step stands in the address, as people count: `?step=2`. Its fields stay where they are, so nothing typed is lost on
//! the way back.
//!
//! The page is rendered as one long form; the style sheet hides all but the current step once the browser has taken over
//! (`data-hydrated`), so a person without JavaScript sends the same form.

mod steps;
mod summary;

use crate::forms::typed::Typed;
use crate::visit::use_texts;
use api::groups::GroupForm;
use api::templates::TemplateRow;
use api::texts::Texts;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use steps::{Base, Review, Rules, Size};
use summary::Summary;

/// What the wizard is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A new group.
    New,
    /// Changing one.
    Edit,
}

/// Every field, by step; a problem of any other stands above the form.
pub const FIELDS: &[&str] = &[
    "name",
    "remark",
    "template",
    "min",
    "max",
    "warm_up_s",
    "cpu",
    "memory",
    "scale_in",
    "removal",
    "brake",
    "hold",
    "projection",
];

/// The fields of each step; the last, the review, has none.
const STEPS: [&[&str]; 4] = [
    &["name", "remark", "template"],
    &["min", "max", "warm_up_s"],
    &["cpu", "memory", "scale_in", "removal", "brake", "hold", "projection"],
    &[],
];
const LAST: usize = STEPS.len() - 1;

const fn step_name(texts: &Texts, step: usize) -> &'static str {
    match step {
        0 => texts.wizard.step_base,
        1 => texts.wizard.step_size,
        2 => texts.wizard.step_rules,
        _ => texts.wizard.step_review,
    }
}

/// Which step is open: the one in the address, so that the browser's way back leads one step back; until the server
/// refuses something, then the first with a refused field.
#[derive(Clone, Copy)]
struct Position {
    /// The step chosen, and how many answers there had been by then.
    chosen: Memo<(usize, usize)>,
    /// How often somebody chose one: choosing the one in the address again is also an answer to a refusal.
    choices: RwSignal<usize>,
    answers: Signal<usize>,
    typed: Typed,
}

impl Position {
    fn new(typed: Typed, answers: Signal<usize>) -> Self {
        let query = use_query_map();
        let choices = RwSignal::new(0);
        let chosen = Memo::new(move |_| {
            choices.track();
            let asked = query.with(|query| query.get_str("step").and_then(|text| text.parse().ok()));
            // People count from 1.
            let step = asked.unwrap_or(1_usize).saturating_sub(1);
            (step.min(LAST), answers.get_untracked())
        });
        Self {
            chosen,
            choices,
            answers,
            typed,
        }
    }

    fn step(self) -> usize {
        let (chosen, by_then) = self.chosen.get();
        let refused = (self.answers.get() > by_then).then(|| {
            STEPS
                .iter()
                .position(|fields| fields.iter().any(|field| self.typed.is_refused(field)))
        });
        refused.flatten().unwrap_or(chosen)
    }

    /// The step of whoever presses something; none while the page is read again, when the buttons stand and this is gone.
    fn here(self) -> Option<usize> {
        let alive = self.chosen.try_get_untracked().is_some();
        alive.then(|| untrack(|| self.step()))
    }

    /// To another step; not past this one while it has a mistake.
    fn go(self, step: usize, navigate: &impl Fn(&str, NavigateOptions)) {
        let Some(here) = self.here() else { return };
        if step > here && self.typed.stops_at(STEPS[here.min(LAST)]) {
            return;
        }
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&format!("?step={}", step.min(LAST) + 1), options);
        self.choices.update(|choices| *choices += 1);
    }

    fn next(self, navigate: &impl Fn(&str, NavigateOptions)) {
        if let Some(here) = self.here() {
            self.go(here + 1, navigate);
        }
    }

    fn back(self, navigate: &impl Fn(&str, NavigateOptions)) {
        if let Some(here) = self.here() {
            self.go(here.saturating_sub(1), navigate);
        }
    }
}

/// The wizard within a form.
#[component]
pub fn GroupWizard(
    /// The form.
    typed: Typed,
    /// How many answers the server has given.
    #[prop(into)]
    answers: Signal<usize>,
    /// What can be launched from.
    templates: Vec<TemplateRow>,
    /// Of every price.
    currency: String,
    /// New or edit.
    purpose: Purpose,
) -> impl IntoView {
    let position = Position::new(typed, answers);
    let navigate = use_navigate();
    let last = move || (position.step() == LAST).then_some("");
    let enter = move |event: leptos::ev::KeyboardEvent| {
        // Enter goes on; it submits on the last step only.
        let in_field = event_target::<web_sys::Element>(&event).tag_name() == "INPUT";
        if event.key() == "Enter" && in_field && position.here().is_some_and(|here| here < LAST) {
            event.prevent_default();
            position.next(&navigate);
        }
    };
    view! {
        <div class="wizard" data-last=last on:keydown=enter>
            <StepList position/>
            <div>
                <Base typed position templates=templates.clone()/>
                <Size typed position/>
                <Rules typed position/>
                <Review typed position templates=templates.clone()/>
                <StepNav position purpose/>
            </div>
            <Summary typed templates currency purpose/>
        </div>
    }
    .into_any()
}

#[component]
fn StepList(position: Position) -> impl IntoView {
    let texts = use_texts();
    let navigate = use_navigate();
    let item = move |step: usize| {
        let current = move || (position.step() == step).then_some("step");
        let done = move || (step < position.step()).then_some("");
        let navigate = navigate.clone();
        view! {
            <li>
                <button type="button" aria-current=current data-done=done on:click=move |_| position.go(step, &navigate)>
                    <span>{step_name(texts, step)}</span>
                </button>
            </li>
        }
    };
    view! {
        <nav class="wizard-steps" aria-label=texts.wizard.steps>
            <ol>{(0..STEPS.len()).map(item).collect_view()}</ol>
        </nav>
    }
    .into_any()
}

#[component]
fn StepNav(position: Position, purpose: Purpose) -> impl IntoView {
    let texts = &use_texts().wizard;
    let (navigate, on) = (use_navigate(), use_navigate());
    let first = move || position.step() == 0;
    let last = move || position.step() == LAST;
    let word = if purpose == Purpose::New {
        texts.create
    } else {
        texts.save
    };
    view! {
        <div class="step-nav">
            <button type="button" class="button" hidden=first on:click=move |_| position.back(&navigate)>{texts.back}</button>
            <button type="button" class="button primary" hidden=last on:click=move |_| position.next(&on)>{texts.next}</button>
            <button type="submit" class="button primary">{word}</button>
        </div>
    }
    .into_any()
}

/// One step of the form.
#[component]
fn Step(position: Position, step: usize, children: Children) -> impl IntoView {
    let current = move || (position.step() == step).then_some("");
    view! {
        <fieldset class="step" data-current=current>
            <legend>{step_name(use_texts(), step)}</legend>
            <div>{children()}</div>
        </fieldset>
    }
    .into_any()
}

/// Min and max, once both are counts that fit together.
fn bounds(form: &GroupForm) -> Option<(u32, u32)> {
    let min: u32 = form.min.trim().parse().ok()?;
    let max: u32 = form.max.trim().parse().ok()?;
    (min <= max).then_some((min, max))
}

/// The template a form has chosen.
fn chosen(form: &GroupForm, templates: &[TemplateRow]) -> Option<TemplateRow> {
    templates
        .iter()
        .find(|row| row.id.to_string() == form.template)
        .cloned()
}
