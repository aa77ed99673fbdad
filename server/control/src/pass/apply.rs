//! Carries out what was intended: calls of driver and balancer, each with its deadline, each repeatable.
//!
//! What an answer means is not judged here: refusals and shortages are handed to the next pass's observation.

use super::departures::lives_on;
use super::looks::Looks;
use super::views::mute;
use super::{CALL_DEADLINE, GRACE_MAX, within};
use crate::balancer::{Balancer, BalancerError, Leave};
use crate::clock::Clock;
use crate::drivers::{Birth, Driver, DriverError, MachineSpec, Removal};
use crate::store::{GroupRecord, InstanceRow, Launch, LoopStore, Placed};
use engine::memory::Departure;
use engine::model::{Answer, CheckWord, InstanceId, LoadBalancerId, Member, Phase, Step, Timestamp, VServerId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A launch whose intent is written.
pub(super) struct Minted {
    pub(super) id: InstanceId,
    pub(super) name: String,
    pub(super) place: Placed,
    pub(super) warm_up_ms: i64,
    pub(super) intended_at: Timestamp,
}

impl From<&InstanceRow> for Minted {
    fn from(row: &InstanceRow) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            place: Placed {
                subnet: row.subnet,
                address: row.address,
            },
            warm_up_ms: row.warm_up_ms,
            intended_at: row.created_at,
        }
    }
}

/// What the calls of one pass came to.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// For the next observation.
    pub(super) answers: Vec<Answer>,
    /// The driver's words about failed creates, for the log.
    pub(super) words: BTreeMap<InstanceId, String>,
    /// Members whose SIGTERM the driver has taken.
    pub(super) signalled: BTreeSet<InstanceId>,
    /// Strays that are being destroyed.
    pub(super) destroyed: BTreeSet<InstanceId>,
    /// A pass at the next slot has something to see.
    pub(super) look_again: bool,
}

impl Applied {
    pub(super) fn join(mut self, other: Self) -> Self {
        self.answers.extend(other.answers);
        self.words.extend(other.words);
        self.signalled.extend(other.signalled);
        self.destroyed.extend(other.destroyed);
        self.look_again |= other.look_again;
        self
    }
}

/// Who calls.
pub(super) struct Hands {
    pub(super) driver: Arc<dyn Driver>,
    pub(super) balancer: Arc<dyn Balancer>,
    pub(super) store: Arc<dyn LoopStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) looks: Arc<Looks>,
    pub(super) calls: Semaphore,
}

/// What a member's VServer is to be left with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It lives on: requests in flight are waited for.
    Gentle,
    /// It is leaving, and its wait is over.
    Now,
}

/// What the steps of one pass are carried out with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Orders<'a> {
    pub(super) members: &'a [Member],
    /// Who leaves a VServer and lives on, and until when its requests are waited for.
    pub(super) departures: &'a [Departure],
    pub(super) now: Timestamp,
}

impl Orders<'_> {
    fn manner(&self, member: Option<&Member>, vserver: VServerId) -> Manner {
        let lives_on = member.filter(|member| lives_on(member));
        let of = |departure: &&Departure| {
            lives_on.is_some_and(|member| member.id == departure.id) && departure.vserver == vserver
        };
        match self.departures.iter().find(of) {
            Some(departure) if self.now < departure.until => Manner::Gentle,
            _ => Manner::Now,
        }
    }
}

impl Hands {
    /// Creates every minted instance, at most 64 calls at once.
    pub(super) async fn launch(&self, record: &GroupRecord, minted: &[Minted]) -> Applied {
        let calls = minted.iter().map(|new| async {
            let spec = machine(record, &record.launch, new);
            self.create(&spec).await
        });
        futures::future::join_all(calls)
            .await
            .into_iter()
            .fold(Applied::default(), Applied::join)
    }

    /// One step that is not a launch.
    pub(super) async fn carry_out(&self, record: &GroupRecord, orders: Orders<'_>, step: &Step) -> Applied {
        let member = |id: &InstanceId| orders.members.iter().find(|member| member.id == *id);
        match step {
            Step::CreateAgain { id } => self.create_again(record, *id).await,
            Step::Register { id, vserver } => self.register(record, *id, *vserver).await,
            Step::Deregister { id, vserver } => {
                let manner = orders.manner(member(id), *vserver);
                self.deregister(member(id), *vserver, manner).await
            }
            Step::Drain { id, .. } => self.drain(member(id)).await,
            Step::TakeBack { id } => self.undrain(member(id)).await,
            Step::Signal { id, .. } => self.signal(member(id)).await,
            Step::Delete { id, .. } => self.delete(*id).await,
            Step::DestroyStray { id } => self.destroy_stray(*id).await,
            // Launches are carried out by their intents; the others are what a record says, and settling writes that.
            Step::Launch { .. }
            | Step::MarkRunning { .. }
            | Step::MarkInService { .. }
            | Step::Forget { .. }
            | Step::Adopt { .. }
            | Step::Detach { .. } => Applied::default(),
        }
    }

    /// What a crash or a lost answer may have left undone: a drain the balancer never heard, a signal never sent. The
    /// driver keeps the first deadline, so saying it again shortens or lengthens nothing.
    pub(super) async fn repeat_open(&self, members: &[Member], signalled: &BTreeSet<InstanceId>) -> Applied {
        let mut applied = Applied::default();
        for member in members {
            let up = member.standings.iter().any(|standing| standing.word == CheckWord::Up);
            match member.phase {
                Phase::Draining { .. } if up => applied = applied.join(self.drain(Some(member)).await),
                Phase::Stopping { .. } if !signalled.contains(&member.id) => {
                    applied = applied.join(self.signal(Some(member)).await);
                }
                _ => {}
            }
        }
        Applied {
            look_again: false,
            ..applied
        }
    }

    async fn create(&self, spec: &MachineSpec) -> Applied {
        let Ok(_place) = self.calls.acquire().await else {
            return Applied::default();
        };
        let id = spec.id;
        let answer = within(&*self.clock, CALL_DEADLINE, self.driver.create(spec)).await;
        let mut applied = Applied {
            look_again: true,
            ..Applied::default()
        };
        match answer {
            Some(Ok(())) => {}
            Some(Err(why)) => {
                tracing::warn!(instance = %id, error = &why as &dyn std::error::Error, "not created");
                applied.answers.extend(answer_of(id, &why));
                applied.words.insert(id, why.to_string());
            }
            None => tracing::warn!(instance = %id, "create: no answer within {CALL_DEADLINE:?}"),
        }
        applied
    }

    async fn create_again(&self, record: &GroupRecord, id: InstanceId) -> Applied {
        let Some(row) = record.row(id) else {
            return Applied::default();
        };
        match self.launch_of(record, row).await {
            Some(launch) => {
                let spec = machine(record, &launch, &row.into());
                Applied {
                    look_again: false,
                    ..self.create(&spec).await
                }
            }
            None => Applied::default(),
        }
    }

    /// What this instance was made from: not always what the group launches from now.
    async fn launch_of(&self, record: &GroupRecord, row: &InstanceRow) -> Option<Launch> {
        if row.template == (record.launch.template, record.launch.template_version) {
            return Some(record.launch.clone());
        }
        let (template, version) = row.template;
        self.store.launch_of(template, version).await.unwrap_or_else(|why| {
            tracing::warn!(instance = %row.id, error = &why as &dyn std::error::Error, "its template was not read");
            None
        })
    }

    async fn register(&self, record: &GroupRecord, id: InstanceId, vserver: VServerId) -> Applied {
        let row = record.row(id);
        let binding = record.spec.bindings.iter().find(|binding| binding.vserver == vserver);
        if let (Some(row), Some(binding), Some(place)) = (row, binding, self.looks.place(vserver)) {
            let join = self.balancer.join(place, vserver, row.member(binding));
            let joined = self.answered(place, join).await;
            self.said("join", id, joined);
        }
        Applied::default()
    }

    async fn deregister(&self, member: Option<&Member>, vserver: VServerId, manner: Manner) -> Applied {
        let (Some(member), Some(place)) = (member, self.looks.place(vserver)) else {
            return Applied::default();
        };
        let word = member
            .standings
            .iter()
            .find(|standing| standing.vserver == vserver)
            .map(|standing| standing.word);
        match (manner, word) {
            (Manner::Gentle, Some(CheckWord::Up)) => {
                let drain = self.balancer.drain(place, vserver, member.id);
                let drained = self.answered(place, drain).await;
                self.said("drain", member.id, drained);
            }
            // Its requests in flight end by themselves, or the deadline does it: every slot looks again.
            (Manner::Gentle, Some(CheckWord::Draining(in_flight))) if in_flight > 0 => {}
            _ => {
                self.leave(place, vserver, member.id).await;
            }
        }
        Applied {
            look_again: true,
            ..Applied::default()
        }
    }

    /// Takes a member out of one VServer. False when the balancer runs and did not answer: it may still send there.
    async fn leave(&self, place: LoadBalancerId, vserver: VServerId, id: InstanceId) -> bool {
        let leave = self.balancer.leave(place, vserver, id);
        match self.answered(place, leave).await {
            Ok(Leave::Left | Leave::Going) | Err(BalancerError::NotRunning { .. }) => true,
            Err(why) => {
                self.said("leave", id, Err(why));
                false
            }
        }
    }

    async fn drain(&self, member: Option<&Member>) -> Applied {
        for (place, vserver, id) in self.stands(member) {
            let drain = self.balancer.drain(place, vserver, id);
            let drained = self.answered(place, drain).await;
            self.said("drain", id, drained);
        }
        Applied {
            look_again: true,
            ..Applied::default()
        }
    }

    async fn undrain(&self, member: Option<&Member>) -> Applied {
        for (place, vserver, id) in self.stands(member) {
            let undrain = self.balancer.undrain(place, vserver, id);
            let back = self.answered(place, undrain).await;
            self.said("undrain", id, back);
        }
        Applied::default()
    }

    /// Out of every VServer first, then SIGTERM. Not while a balancer that runs may still send to it (I7): the next pass
    /// says it again.
    async fn signal(&self, member: Option<&Member>) -> Applied {
        for (place, vserver, id) in self.stands(member) {
            if !self.leave(place, vserver, id).await {
                return Applied::default();
            }
        }
        let mut applied = Applied {
            look_again: true,
            ..Applied::default()
        };
        if let Some(member) = member {
            match within(&*self.clock, CALL_DEADLINE, self.driver.stop(member.id, GRACE_MAX)).await {
                Some(Ok(())) => drop(applied.signalled.insert(member.id)),
                Some(Err(why)) => {
                    tracing::warn!(instance = %member.id, error = &why as &dyn std::error::Error, "not signalled");
                }
                None => tracing::warn!(instance = %member.id, "stop: no answer within {CALL_DEADLINE:?}"),
            }
        }
        applied
    }

    async fn delete(&self, id: InstanceId) -> Applied {
        let answer = within(&*self.clock, CALL_DEADLINE, self.driver.delete(id)).await;
        let look_again = match answer {
            Some(Ok(Removal::Gone)) => true,
            Some(Ok(Removal::Going)) => false,
            Some(Err(why)) => {
                tracing::warn!(instance = %id, error = &why as &dyn std::error::Error, "not deleted yet");
                false
            }
            None => false,
        };
        Applied {
            look_again,
            ..Applied::default()
        }
    }

    /// Out of every VServer that still lists it, then away. Not while a balancer that may list it is mute (I7): the next
    /// cycle asks again.
    async fn destroy_stray(&self, id: InstanceId) -> Applied {
        for place in self.looks.all().iter().copied() {
            let Some(look) = self.looks.get(place).filter(|look| look.certain()) else {
                return Applied::default();
            };
            for line in look.lines_of(id) {
                if !self.leave(place, line.vserver, id).await {
                    return Applied::default();
                }
            }
        }
        Applied {
            destroyed: BTreeSet::from([id]),
            ..self.delete(id).await
        }
    }

    /// Where a member is listed.
    fn stands(&self, member: Option<&Member>) -> Vec<(LoadBalancerId, VServerId, InstanceId)> {
        let standings = member
            .iter()
            .flat_map(|member| member.standings.iter().map(|standing| (member.id, *standing)));
        standings
            .filter(|(_, standing)| standing.word != CheckWord::Absent)
            .filter_map(|(id, standing)| Some((self.looks.place(standing.vserver)?, standing.vserver, id)))
            .collect()
    }

    /// A balancer's answer; one that does not come in time is that of a mute one.
    async fn answered<T>(
        &self,
        place: LoadBalancerId,
        call: impl Future<Output = Result<T, BalancerError>>,
    ) -> Result<T, BalancerError> {
        let answer = within(&*self.clock, CALL_DEADLINE, call).await;
        answer.unwrap_or_else(|| Err(mute(place)))
    }

    fn said(&self, act: &'static str, id: InstanceId, answer: Result<(), BalancerError>) {
        if let Err(why) = answer {
            tracing::warn!(instance = %id, act, error = &why as &dyn std::error::Error, "the balancer did not");
        }
    }
}

fn machine(record: &GroupRecord, launch: &Launch, new: &Minted) -> MachineSpec {
    let Placed { subnet, address } = new.place;
    let birth = Birth {
        subnet,
        template: launch.template,
        template_version: launch.template_version,
        warm_up_ms: new.warm_up_ms,
        intended_at: new.intended_at,
    };
    MachineSpec {
        id: new.id,
        group: record.id,
        name: new.name.clone(),
        host_name: new.name.clone(),
        vcpu_milli: launch.vcpu_milli,
        memory_bytes: launch.memory_bytes,
        address,
        image: launch.image.clone(),
        user_data: launch.user_data.clone(),
        birth: Some(birth),
    }
}

fn answer_of(id: InstanceId, why: &DriverError) -> Option<Answer> {
    match why {
        DriverError::Refused { .. } => Some(Answer::Refused { id }),
        DriverError::OutOfStock { .. } => Some(Answer::OutOfStock { id }),
        DriverError::Throttled => Some(Answer::Throttled { id }),
        DriverError::Unknown { .. } => None,
    }
}
