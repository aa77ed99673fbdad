//! [`commit`]: what a decision changes of memory.

use super::{Memory, Moved};
use crate::decide::{Change, Decision, Out};
use crate::model::Metric;

/// Applies a decision: desired, growth counter, judged cycle, last out and in, regret, the question put to a metric.
/// `plan` is given the memory this leaves.
pub fn commit<T>(memory: &mut Memory, decision: &Decision<T>) {
    let durable = &mut memory.durable;
    let rise = decision.size.saturating_sub(durable.desired);
    let fall = durable.desired.saturating_sub(decision.size);
    durable.growth = durable.growth.saturating_add(rise).saturating_sub(fall);
    durable.desired = decision.size;
    durable.accounted = decision.size;
    let Change { judged, out, scaled_in } = decision.change;
    memory.judged = judged.or(memory.judged);
    if let Some(out) = out {
        grow(memory, out);
    }
    if let Some(moved) = scaled_in {
        memory.durable.last_in = Some(moved);
    }
}

fn grow(memory: &mut Memory, out: Out) {
    let durable = &mut memory.durable;
    durable.last_out = Some(out.moved);
    durable.answering[Metric::index(out.metric)].ask(out.moved.cycle, out.counted, out.mean);
    if let Some(regret) = out.regret {
        durable.regret = Some(regret);
        durable.last_in = durable.last_in.map(|moved| Moved {
            regretted: true,
            ..moved
        });
    }
}
