//! A balancer in memory: members are UP as soon as they have joined, unless a test says otherwise.

use async_trait::async_trait;
use control::balancer::{BackendStat, Balancer, BalancerError, BalancerStat, Leave, LoadBalancerSpec, MemberAddress};
use engine::model::{CheckWord, InstanceId, LoadBalancerId, VServerId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

type Members = BTreeMap<(VServerId, InstanceId), CheckWord>;
/// Who took part in each when it was last read.
type Seen = BTreeMap<LoadBalancerId, Vec<(VServerId, InstanceId)>>;

#[derive(Debug, Default)]
struct State {
    running: BTreeMap<LoadBalancerId, Members>,
    seen: Seen,
    /// Their checks fail, wherever they are.
    sick: BTreeSet<InstanceId>,
    /// Requests in flight of each, wherever it is.
    busy: BTreeMap<InstanceId, u32>,
    /// Requests that each member has answered.
    served: u64,
    /// Everything asked, in order.
    calls: Vec<String>,
    mute: bool,
    /// Whoever changes members gets no answer.
    hangs: bool,
}

#[derive(Debug, Default)]
pub struct FakeBalancer {
    state: Mutex<State>,
    died: Notify,
}

impl FakeBalancer {
    pub fn sicken(&self, id: InstanceId) {
        self.state().sick.insert(id);
    }

    /// So many requests stay in flight.
    pub fn busy(&self, id: InstanceId, requests: u32) {
        self.state().busy.insert(id, requests);
    }

    /// So many requests were sent to each member.
    pub fn serve(&self, requests: u64) {
        self.state().served = requests;
    }

    pub fn mute(&self) {
        self.state().mute = true;
    }

    /// Members are shown, and whoever asks for a change of them waits for ever.
    pub fn hang(&self) {
        self.state().hangs = true;
    }

    pub fn speak(&self) {
        let mut state = self.state();
        (state.mute, state.hangs) = (false, false);
    }

    /// kill -9 of its process.
    pub fn kill(&self, id: LoadBalancerId) {
        self.state().running.remove(&id);
        self.died.notify_waiters();
    }

    /// It forgets a member.
    pub fn lose(&self, id: InstanceId) {
        for members in self.state().running.values_mut() {
            members.retain(|(_, member), _| *member != id);
        }
    }

    /// Whether its process runs.
    pub fn runs(&self, id: LoadBalancerId) -> bool {
        self.state().running.contains_key(&id)
    }

    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    pub fn members(&self) -> BTreeSet<InstanceId> {
        self.state()
            .running
            .values()
            .flat_map(BTreeMap::keys)
            .map(|(_, id)| *id)
            .collect()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn changes<T>(
        &self,
        id: LoadBalancerId,
        call: String,
        act: impl FnOnce(&mut Members) -> T + Send,
    ) -> Result<T, BalancerError> {
        let hangs = self.state().hangs;
        if hangs {
            std::future::pending::<()>().await;
        }
        self.ask(id, Some(call), act)
    }

    fn ask<T>(
        &self,
        id: LoadBalancerId,
        call: Option<String>,
        act: impl FnOnce(&mut Members) -> T,
    ) -> Result<T, BalancerError> {
        let mut state = self.state();
        state.calls.extend(call);
        if state.mute {
            return Err(BalancerError::Mute {
                id,
                why: "mute".to_owned(),
            });
        }
        let members = state.running.get_mut(&id).ok_or(BalancerError::NotRunning { id })?;
        Ok(act(members))
    }
}

#[async_trait]
impl Balancer for FakeBalancer {
    async fn ensure(
        &self,
        spec: &LoadBalancerSpec,
        members: &[(VServerId, MemberAddress)],
    ) -> Result<(), BalancerError> {
        let mut state = self.state();
        let present = members
            .iter()
            .map(|(vserver, member)| ((*vserver, member.id), CheckWord::Up));
        let present: Members = present.collect();
        state.running.entry(spec.id).or_insert(present);
        state.calls.push(format!("ensure {}", spec.id));
        Ok(())
    }

    async fn remove(&self, id: LoadBalancerId) -> Result<(), BalancerError> {
        let mut state = self.state();
        state.running.remove(&id);
        state.calls.push(format!("remove {id}"));
        Ok(())
    }

    async fn until_ended(&self, id: LoadBalancerId) {
        loop {
            let died = self.died.notified();
            if !self.runs(id) {
                return;
            }
            died.await;
        }
    }

    async fn stat(&self, id: LoadBalancerId) -> Result<BalancerStat, BalancerError> {
        // One after the other: both guards in one statement would wait for each other.
        let sick = self.state().sick.clone();
        let busy = self.state().busy.clone();
        let requests = self.state().served;
        let stat = self.ask(id, None, |members| {
            let each = members.iter().map(|((vserver, id), word)| {
                let in_flight = busy.get(id).copied().unwrap_or_default();
                let word = match *word {
                    CheckWord::Up if sick.contains(id) => CheckWord::Down,
                    CheckWord::Draining(_) => CheckWord::Draining(in_flight),
                    word => word,
                };
                BackendStat {
                    vserver: *vserver,
                    id: *id,
                    word,
                    requests,
                    sessions: 0,
                }
            });
            BalancerStat {
                backends: each.collect(),
            }
        })?;
        let part = stat.backends.iter();
        let part = part.filter(|line| !matches!(line.word, CheckWord::Draining(_)));
        let part = part.map(|line| (line.vserver, line.id)).collect();
        self.state().seen.insert(id, part);
        Ok(stat)
    }

    fn last_seen(&self, id: LoadBalancerId) -> Vec<(VServerId, MemberAddress)> {
        // Where they listen is nobody's business here.
        let member = |id| MemberAddress {
            id,
            address: Ipv4Addr::LOCALHOST,
            port: 8080,
            weight: 1,
        };
        let seen = self.state().seen.get(&id).cloned().unwrap_or_default();
        seen.into_iter().map(|(vserver, id)| (vserver, member(id))).collect()
    }

    async fn join(&self, id: LoadBalancerId, vs: VServerId, member: MemberAddress) -> Result<(), BalancerError> {
        let call = format!("join {}", member.id);
        self.changes(id, call, |members| members.insert((vs, member.id), CheckWord::Up))
            .await
            .map(|_| ())
    }

    async fn drain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        let call = format!("drain {member}");
        self.changes(id, call, |members| members.insert((vs, member), CheckWord::Draining(0)))
            .await
            .map(|_| ())
    }

    async fn undrain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        let call = format!("undrain {member}");
        self.changes(id, call, |members| members.insert((vs, member), CheckWord::Up))
            .await
            .map(|_| ())
    }

    async fn leave(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<Leave, BalancerError> {
        let call = format!("leave {member}");
        self.changes(id, call, |members| members.remove(&(vs, member))).await?;
        Ok(Leave::Left)
    }
}
