//! What can be done about a group, and what was refused.

use crate::calls::CallError;
use crate::calls::groups::{
    BindGroup, DeleteGroup, DisableGroup, EnableGroup, ProtectInstance, RearmBreaker, RemoveInstance, ResizeGroup,
    UnbindGroup,
};
use api::problem::Problem;
use leptos::prelude::*;

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
        }
    }

    /// Differs after each action that ended: the page is read again.
    pub(super) fn version(self) -> usize {
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
        ]
        .into_iter()
        .sum()
    }

    /// What was refused last, of any action.
    pub(super) fn problems(self) -> Signal<Vec<Problem>> {
        Signal::derive(move || {
            let refusals = [
                refusal(self.resize.value()),
                refusal(self.enable.value()),
                refusal(self.disable.value()),
                refusal(self.delete.value()),
                refusal(self.bind.value()),
                refusal(self.unbind.value()),
                refusal(self.remove.value()),
                refusal(self.protect.value()),
                refusal(self.rearm.value()),
            ];
            refusals
                .into_iter()
                .flatten()
                .flat_map(|error| error.problems.0)
                .collect()
        })
    }
}

/// Why an action was refused, if it was.
pub(crate) fn refusal(value: impl Get<Value = Option<Result<(), CallError>>>) -> Option<CallError> {
    value.get().and_then(Result::err)
}
