//! Labels: an enum's variant by its serde name, so that log, pages and metrics use one word for one thing.

use prometheus_client::encoding::{EncodeLabel as _, EncodeLabelSet, LabelSetEncoder};
use serde::Serialize;
use std::fmt;

/// One label: its name and a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct One<T>(pub(super) &'static str, pub(super) T);

/// Two labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Two<T, U>(pub(super) One<T>, pub(super) One<U>);

/// The serde name of a fieldless variant.
pub(super) fn word<T: Serialize>(variant: T) -> String {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(word)) => word,
        _ => "unnamed".to_owned(),
    }
}

impl<T: Serialize + Copy> EncodeLabelSet for One<T> {
    fn encode(&self, encoder: &mut LabelSetEncoder) -> fmt::Result {
        (self.0, word(self.1).as_str()).encode(encoder.encode_label())
    }
}

impl<T: Serialize + Copy, U: Serialize + Copy> EncodeLabelSet for Two<T, U> {
    fn encode(&self, encoder: &mut LabelSetEncoder) -> fmt::Result {
        self.0.encode(encoder)?;
        self.1.encode(encoder)
    }
}
