//! What can be done about a group, and what was refused.

use crate::calls::CallError;
use crate::calls::groups::{
    BindGroup, ConfirmStrays, DeleteGroup, DisableGroup, EnableGroup, ProtectInstance, RearmBreaker, RemoveInstance,
    ResizeGroup, UnbindGroup,
};
use crate::components::refusal::refusal;
use crate::forms::post::ServerAction;
use api::problem::Problem;
use leptos::prelude::*;

/// How many there are.
const ACTIONS: usize = 10;
/// The place of `delete` among them: its own dialog says what it was refused for.
const DELETE: usize = 3;

/// Every action of the page.
#[derive(Clone, Copy)]
pub(super) struct Acts {
    pub(super) resize: ServerAction<ResizeGroup>,
    pub(super) enable: ServerAction<EnableGroup>,
    pub(super) disable: ServerAction<DisableGroup>,
    pub(super) delete: ServerAction<DeleteGroup>,
    pub(super) bind: ServerAction<BindGroup>,
    pub(super) unbind: ServerAction<UnbindGroup>,
    pub(super) remove: ServerAction<RemoveInstance>,
    pub(super) protect: ServerAction<ProtectInstance>,
    pub(super) rearm: ServerAction<RearmBreaker>,
    pub(super) confirm_strays: ServerAction<ConfirmStrays>,
}

impl Acts {
    /// Nothing done yet, or what a plain form was refused.
    pub(super) fn new() -> Self {
        Self {
            resize: ServerAction::new(),
            enable: ServerAction::new(),
            disable: ServerAction::new(),
            delete: ServerAction::new(),
            bind: ServerAction::new(),
            unbind: ServerAction::new(),
            remove: ServerAction::new(),
            protect: ServerAction::new(),
            rearm: ServerAction::new(),
            confirm_strays: ServerAction::new(),
        }
    }

    /// Differs after each action that ended: the page is read again.
    pub(super) fn version(self) -> usize {
        self.versions().iter().sum()
    }

    /// How often each has ended.
    fn versions(self) -> [usize; ACTIONS] {
        [
            self.resize.version().get(),
            self.enable.version().get(),
            self.disable.version().get(),
            self.delete.version().get(),
            self.bind.version().get(),
            self.unbind.version().get(),
            self.remove.version().get(),
            self.protect.version().get(),
            self.rearm.version().get(),
            self.confirm_strays.version().get(),
        ]
    }

    fn refusals(self) -> [Option<CallError>; ACTIONS] {
        [
            refusal(self.resize.value()),
            refusal(self.enable.value()),
            refusal(self.disable.value()),
            refusal(self.delete.value()),
            refusal(self.bind.value()),
            refusal(self.unbind.value()),
            refusal(self.remove.value()),
            refusal(self.protect.value()),
            refusal(self.rearm.value()),
            refusal(self.confirm_strays.value()),
        ]
    }

    /// What the action that ended last was refused for; before any, what a plain form was refused for.
    pub(super) fn problems(self) -> Signal<Vec<Problem>> {
        let said = Memo::new(move |before: Option<&([usize; ACTIONS], Vec<Problem>)>| {
            let (versions, refusals) = (self.versions(), self.refusals());
            let ended = before.and_then(|(then, _)| (0..ACTIONS).find(|at| versions[*at] > then[*at]));
            let problems_at = |at: usize| refusals[at].clone().map(|error| error.problems.0).unwrap_or_default();
            let problems = match (before, ended) {
                (None, _) => (0..ACTIONS).flat_map(problems_at).collect(),
                (Some((_, kept)), None) => kept.clone(),
                (Some(_), Some(DELETE)) => Vec::new(),
                (Some(_), Some(at)) => problems_at(at),
            };
            (versions, problems)
        });
        Signal::derive(move || said.get().1)
    }
}
