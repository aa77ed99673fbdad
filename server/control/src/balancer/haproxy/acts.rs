//! What `HaproxyBalancer` does in its turn at one load balancer.

use super::super::{BalancerError, Leave, LoadBalancerSpec, MemberAddress, VServerSpec};
use super::config::{self, Start};
use super::place::{CANDIDATE, CONFIG, Place, STATES};
use super::socket::{self, Silence};
use super::stat::{self, Row};
use super::{HaproxyBalancer, STAT, process, refused};
use api::parse::balancer::PORTS;
use engine::model::{InstanceId, LoadBalancerId, VServerId};
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

/// How long `leave` waits by itself for closed sessions to be let go of; HAProxy does it within a scheduling round.
const DELETE_LIMIT: Duration = Duration::from_millis(300);

/// How long a start waits for its ports; a port taken by somebody else is told after it.
const LET_GO_LIMIT: Duration = Duration::from_secs(1);

/// Whether the file in place is of these settings; its members may be others.
fn stands(place: &Place, digest: &str) -> bool {
    place.read(CONFIG).is_some_and(|text| text.contains(digest))
}

type Members = [(VServerId, MemberAddress)];

impl HaproxyBalancer {
    pub(super) async fn ask(&self, id: LoadBalancerId, line: &str) -> Result<String, BalancerError> {
        socket::ask(&self.place(id), line)
            .await
            .map_err(|silence| match silence {
                Silence::NotRunning => BalancerError::NotRunning { id },
                Silence::Mute(why) => BalancerError::Mute { id, why },
            })
    }

    /// Asks as a look does, while nobody else starts it: not running is not running then.
    pub(super) async fn ask_in_turn(&self, id: LoadBalancerId) -> Result<String, BalancerError> {
        match self.turn(id).await? {
            Some(_turn) => self.ask(id, STAT).await,
            None => {
                // Another server has removed it.
                self.forget(id);
                Err(BalancerError::NotRunning { id })
            }
        }
    }

    async fn rows(&self, id: LoadBalancerId) -> Result<Vec<Row>, BalancerError> {
        let answer = self.ask(id, "show servers state").await?;
        stat::rows(&answer).map_err(|why| refused(id, "show servers state", why))
    }

    async fn row(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<Option<Row>, BalancerError> {
        Ok(self
            .rows(id)
            .await?
            .into_iter()
            .find(|row| row.vserver == vs && row.member.id == member))
    }

    // === ensure ===

    pub(super) async fn make_it_run(&self, spec: &LoadBalancerSpec, members: &Members) -> Result<(), BalancerError> {
        check_ports(spec)?;
        let place = self.place(spec.id);
        match self.ask(spec.id, "show info").await {
            Err(BalancerError::NotRunning { .. }) => self.start(&place, spec, members).await?,
            Err(other) => return Err(other),
            Ok(info) => {
                if socket::info(&info, "description") != Some(&config::digest(spec, self.host)) {
                    self.reload(&place, spec, members).await?;
                }
            }
        }
        // What stands there is asked anew each time: another server may have kept it meanwhile.
        if place.spec().as_ref() != Some(spec) {
            place
                .write_spec(spec)
                .map_err(|why| refused(spec.id, "write its settings", why))?;
        }
        self.keep_file_in_step(spec.id).await;
        Ok(())
    }

    async fn start(&self, place: &Place, spec: &LoadBalancerSpec, members: &Members) -> Result<(), BalancerError> {
        let say = |why: String| refused(spec.id, "start", why);
        let program = self.program()?;
        process::end(place).await.map_err(say)?;
        until_free(spec).await?;
        let ran_before = place.spec().is_some();
        let seen = self.seen(spec.id);
        let start = |vs: VServerId, member: &MemberAddress| match &seen {
            Some(seen) => Start::after(seen.words.get(&(vs, member.id)).copied()),
            None if ran_before => Start::Up,
            None => Start::Down,
        };
        let digest = config::digest(spec, self.host);
        match self.write_files(place, spec, members, &config::states(members, start)) {
            Ok(()) => self.put_in_place(&program, place, spec).await?,
            // Whoever sends requests does not wait for room on a disk: what ran before runs again, and passes let members
            // join and leave as after any start.
            Err(why) if why.kind() == ErrorKind::StorageFull && stands(place, &digest) => {
                place.drop(STATES);
                tracing::warn!(balancer = %spec.id, "the disk is full: HAProxy starts with the file that is there");
            }
            Err(why) => return Err(say(why.to_string())),
        }
        process::start(&program, place).await.map_err(say)?;
        process::until_it_runs(place, &digest).await.map_err(say)?;
        place.drop(STATES);
        tracing::info!(balancer = %spec.id, members = members.len(), "HAProxy started");
        Ok(())
    }

    async fn reload(&self, place: &Place, spec: &LoadBalancerSpec, members: &Members) -> Result<(), BalancerError> {
        let say = |why: String| refused(spec.id, "reload", why);
        let program = self.program()?;
        let answer = self.ask(spec.id, STAT).await?;
        free(spec, &stat::held(&answer).map_err(say)?)?;
        let rows: Vec<Row> = stat::rows(&answer)
            .map_err(say)?
            .into_iter()
            .filter(|row| serves(spec, row.vserver, row))
            .collect();
        let runs: BTreeSet<_> = rows.iter().map(|row| (row.vserver, row.member.id)).collect();
        let fresh: Vec<_> = members
            .iter()
            .filter(|(vs, m)| !runs.contains(&(*vs, m.id)))
            .copied()
            .collect();
        let all: Vec<_> = rows
            .iter()
            .map(|row| (row.vserver, row.member))
            .chain(fresh.iter().copied())
            .collect();
        let before = place.read(CONFIG);
        self.write_files(place, spec, &all, &config::carried(&rows, &fresh))
            .map_err(|why| say(why.to_string()))?;
        self.put_in_place(&program, place, spec).await?;
        let master = match process::master(place) {
            Some(master) => Some(master),
            None => process::by_worker(place).await,
        };
        let master = master.ok_or_else(|| say("its master process was not found".to_owned()))?;
        process::reload(&master).map_err(|why| say(why.to_string()))?;
        let done = process::until_it_runs(place, &config::digest(spec, self.host)).await;
        if let (Err(_), Some(text)) = (&done, before) {
            let _the_old_worker_serves_on = place.write(CONFIG, &text);
        }
        done.map_err(say)?;
        place.drop(STATES);
        tracing::info!(balancer = %spec.id, members = all.len(), "HAProxy reloaded");
        Ok(())
    }

    /// Writes the members' states, and the file beside the old one.
    fn write_files(&self, place: &Place, spec: &LoadBalancerSpec, members: &Members, states: &str) -> io::Result<()> {
        place.write(STATES, states)?;
        place.write(CANDIDATE, &config::render(spec, self.host, members))
    }

    /// Has the file checked, puts it in the old one's place.
    async fn put_in_place(&self, program: &Path, place: &Place, spec: &LoadBalancerSpec) -> Result<(), BalancerError> {
        process::check(program, place)
            .await
            .map_err(|why| refused(spec.id, "accept its file", why))?;
        place
            .install()
            .map_err(|why| refused(spec.id, "put its file in place", why))
    }

    // === members ===

    pub(super) async fn take_in(
        &self,
        id: LoadBalancerId,
        vs: VServerId,
        member: MemberAddress,
    ) -> Result<(), BalancerError> {
        let vserver = self.vserver(id, vs)?;
        let name = format!("{vs}/{}", member.id);
        let row = self.row(id, vs, member.id).await?;
        let enable = format!("enable health {name}");
        let moved = row.as_ref().is_some_and(|row| moved(row, &member));
        let mut lines = row.as_ref().map_or_else(Vec::new, |row| moves(row, &member));
        match &row {
            None => {
                let add = format!("add server {name} {}", config::server(&vserver, &member));
                lines.extend([add, enable, ready_when_checked(&name)]);
            }
            Some(row) if row.maintenance => lines.extend([enable, ready_when_checked(&name)]),
            Some(_) if moved => lines.push(ready_when_checked(&name)),
            Some(row) if row.drain => lines.push(format!("set server {name} state ready")),
            Some(_) => {}
        }
        if lines.is_empty() {
            return Ok(());
        }
        let answer = self.ask(id, &lines.join("; ")).await?;
        let [a, b, c] = socket::ADDRESS;
        socket::judge(&answer, &[socket::REGISTERED, socket::TAKEN, a, b, c]).map_err(|why| refused(id, "join", why))
    }

    pub(super) async fn take_back(
        &self,
        id: LoadBalancerId,
        vs: VServerId,
        member: InstanceId,
    ) -> Result<(), BalancerError> {
        let absent = || refused(id, "undrain", format!("{member} is no member of {vs}: join it"));
        let row = self
            .row(id, vs, member)
            .await?
            .filter(|row| !row.maintenance)
            .ok_or_else(absent)?;
        if !row.drain {
            return Ok(());
        }
        let answer = self.ask(id, &format!("set server {vs}/{member} state ready")).await?;
        socket::judge(&answer, &[]).map_err(|why| refused(id, "undrain", why))
    }

    pub(super) async fn let_go(
        &self,
        id: LoadBalancerId,
        vs: VServerId,
        member: InstanceId,
    ) -> Result<Leave, BalancerError> {
        let name = format!("{vs}/{member}");
        let line = format!("shutdown sessions server {name}; set server {name} state maint; del server {name}");
        let known = [socket::NO_SERVER, socket::NO_BACKEND, socket::DELETED, socket::ATTACHED];
        let gone = async || match self.ask(id, &line).await {
            Err(why) => Some(Err(why)),
            Ok(answer) => match socket::judge(&answer, &known) {
                Err(why) => Some(Err(refused(id, "leave", why))),
                Ok(()) => (!socket::says(&answer, socket::ATTACHED)).then_some(Ok(Leave::Left)),
            },
        };
        process::until(DELETE_LIMIT, gone).await.unwrap_or(Ok(Leave::Going))
    }

    /// Deletes who was let go of and had connections left, or whose `leave` was cut short by a crash: nobody asks for them
    /// again, since they get nothing and count as absent. Whoever changes members has the turn first; the next look does it.
    pub(super) async fn finish_leaves(&self, id: LoadBalancerId, rows: &[Row]) {
        let left: Vec<_> = rows
            .iter()
            .filter(|row| row.maintenance)
            .map(|row| format!("del server {}/{}", row.vserver, row.member.id))
            .collect();
        if left.is_empty() {
            return;
        }
        let Some(_turn) = self.turn_now(id) else { return };
        let known = [
            socket::NO_SERVER,
            socket::NO_BACKEND,
            socket::DELETED,
            socket::ATTACHED,
            socket::SERVES,
        ];
        let answer = self.ask(id, &left.join("; ")).await;
        let judged = answer.and_then(|answer| socket::judge(&answer, &known).map_err(|why| refused(id, "leave", why)));
        if let Err(why) = judged {
            tracing::warn!(balancer = %id, error = &why as &dyn std::error::Error, "members that left are still listed");
        }
    }

    fn vserver(&self, id: LoadBalancerId, vs: VServerId) -> Result<VServerSpec, BalancerError> {
        let spec = self.place(id).spec().ok_or(BalancerError::NotRunning { id })?;
        let found = spec.vservers.into_iter().find(|one| one.id == vs);
        found.ok_or_else(|| refused(id, "join", format!("it has no {vs}: ensure it first")))
    }

    /// Writes the present members into the file, without a reload. Not worth failing for: `ensure` renders it anew
    /// before anybody reads it.
    pub(super) async fn keep_file_in_step(&self, id: LoadBalancerId) {
        let place = self.place(id);
        let Some(spec) = place.spec() else { return };
        let Ok(rows) = self.rows(id).await else { return };
        let members: Vec<_> = rows
            .iter()
            .filter(|row| serves(&spec, row.vserver, row))
            .map(|row| (row.vserver, row.member))
            .collect();
        let text = config::render(&spec, self.host, &members);
        if place.read(CONFIG).as_ref() != Some(&text)
            && let Err(why) = place.write(CONFIG, &text)
        {
            tracing::warn!(balancer = %id, %why, "the balancer's file could not be written");
        }
    }
}

/// A server that leaves maintenance is up until its first check; in drain it gets nothing, and there it is forced down.
fn ready_when_checked(name: &str) -> String {
    format!("set server {name} state drain; set server {name} health down; set server {name} state ready")
}

/// What brings a known server to a member's address and weight: nothing if it is there.
fn moves(row: &Row, member: &MemberAddress) -> Vec<String> {
    let name = format!("{}/{}", row.vserver, member.id);
    let mut lines = Vec::new();
    if moved(row, member) {
        lines.push(format!(
            "set server {name} addr {} port {}",
            member.address, member.port
        ));
    }
    if row.member.weight != config::weight(member) {
        lines.push(format!("set server {name} weight {}", config::weight(member)));
    }
    lines
}

fn moved(row: &Row, member: &MemberAddress) -> bool {
    row.member.address != member.address || row.member.port != member.port
}

fn serves(spec: &LoadBalancerSpec, vs: VServerId, row: &Row) -> bool {
    !row.maintenance && spec.vservers.iter().any(|one| one.id == vs)
}

fn check_ports(spec: &LoadBalancerSpec) -> Result<(), BalancerError> {
    let mut ports = BTreeSet::new();
    for vs in &spec.vservers {
        let port = vs.port;
        if !PORTS.contains(&port) {
            let why = format!("port {port} is not between {} and {}", PORTS.start(), PORTS.end());
            return Err(refused(spec.id, "listen", why));
        }
        if !ports.insert(port) {
            return Err(refused(
                spec.id,
                "listen",
                format!("port {port} is given to two VServers"),
            ));
        }
    }
    Ok(())
}

/// Waits for a killed master's worker to let go of its ports: it ends by itself, but after the master.
async fn until_free(spec: &LoadBalancerSpec) -> Result<(), BalancerError> {
    let is_free = async || free(spec, &BTreeSet::new()).ok();
    match process::until(LET_GO_LIMIT, is_free).await {
        Some(()) => Ok(()),
        None => free(spec, &BTreeSet::new()),
    }
}

/// Every address that is not ours yet can be bound now: HAProxy would try for 2 s, and say it in its own words.
fn free(spec: &LoadBalancerSpec, held: &BTreeSet<(Ipv4Addr, u16)>) -> Result<(), BalancerError> {
    for vs in spec
        .vservers
        .iter()
        .filter(|vs| !held.contains(&(spec.address, vs.port)))
    {
        if let Err(why) = TcpListener::bind((spec.address, vs.port)) {
            let why = format!(
                "port {} of {} cannot be had ({why}): choose another one",
                vs.port, spec.address
            );
            return Err(refused(spec.id, "listen", why));
        }
    }
    Ok(())
}
