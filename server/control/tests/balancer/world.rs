//! A place to test in: a balancer root of its own, addresses and ports nobody else takes, members that answer, load
//! that counts, and nothing left behind.

use control::balancer::haproxy::HaproxyBalancer;
use control::balancer::haproxy::place::Place;
use control::balancer::haproxy::process;
use control::balancer::{Algorithm, Balancer, BalancerStat, CheckPath, LoadBalancerSpec, MemberAddress, VServerSpec};
use control::load::{LoadOptions, LoadReport, run_until};
use engine::model::{CheckWord, InstanceId, LoadBalancerId, VServerId};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a test waits for something that must come.
pub const LIMIT: Duration = Duration::from_secs(15);

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A loopback address of this process's own: 15 bits of its pid, then a counter.
pub fn address() -> Ipv4Addr {
    let pid = std::process::id();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    assert!(number < 250, "a test run takes 250 addresses at most");
    let [.., high, low] = (pid & 0x7fff).to_be_bytes();
    Ipv4Addr::new(127, 100 + high % 128, low, u8::try_from(number).expect("bounded above"))
}

/// A port VServers may have, free at that address.
pub fn port(address: Ipv4Addr) -> u16 {
    let from = std::process::id() % 9_000 + NEXT.fetch_add(1, Ordering::Relaxed) * 7;
    (0..10_000)
        .map(|n| 20_000 + u16::try_from((from + n) % 10_000).expect("below 10,000"))
        .find(|port| TcpListener::bind((address, *port)).is_ok())
        .expect("one of 10,000 ports is free")
}

/// Waits until there is something.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    process::until(LIMIT, look)
        .await
        .unwrap_or_else(|| panic!("waited {LIMIT:?} in vain: {what}"))
}

/// One balancer and its directory.
pub struct World {
    pub root: TempDir,
    pub balancer: HaproxyBalancer,
    pub spec: LoadBalancerSpec,
}

impl World {
    /// A LoadBalancer with one VServer, not yet ensured. Checks every 100 ms.
    pub fn new() -> Self {
        Self::under(tempfile::tempdir().expect("a directory"))
    }

    pub fn under(root: TempDir) -> Self {
        let address = address();
        let vserver = VServerSpec {
            id: VServerId(7),
            port: port(address),
            algorithm: Algorithm::RoundRobin,
            check_path: CheckPath::try_from("/healthz".to_owned()).expect("a path"),
            check_interval: Duration::from_millis(100),
        };
        let id = LoadBalancerId(u64::from(NEXT.fetch_add(1, Ordering::Relaxed)));
        let spec = LoadBalancerSpec {
            id,
            address,
            vservers: vec![vserver],
        };
        Self {
            balancer: HaproxyBalancer::new(root.path().to_owned(), None),
            root,
            spec,
        }
    }

    /// The balancer a restarted server would have.
    pub fn restart_server(&mut self) {
        self.balancer = HaproxyBalancer::new(self.root.path().to_owned(), None);
    }

    pub fn id(&self) -> LoadBalancerId {
        self.spec.id
    }

    pub fn vs(&self) -> VServerId {
        self.spec.vservers[0].id
    }

    pub fn place(&self) -> Place {
        Place::new(self.root.path(), self.id())
    }

    pub fn url(&self) -> String {
        format!("http://{}:{}/", self.spec.address, self.spec.vservers[0].port)
    }

    pub async fn ensure(&self, members: &[&Web]) {
        let members: Vec<_> = members.iter().map(|web| (self.vs(), web.member())).collect();
        self.balancer.ensure(&self.spec, &members).await.expect("ensured");
    }

    pub async fn join(&self, web: &Web) {
        self.balancer
            .join(self.id(), self.vs(), web.member())
            .await
            .expect("joined");
    }

    pub async fn drain(&self, web: &Web) {
        self.balancer
            .drain(self.id(), self.vs(), web.id)
            .await
            .expect("drained");
    }

    pub async fn stat(&self) -> BalancerStat {
        self.balancer.stat(self.id()).await.expect("stat")
    }

    pub async fn word(&self, web: &Web) -> CheckWord {
        let stat = self.stat().await;
        stat.backends
            .iter()
            .find(|b| b.id == web.id)
            .map_or(CheckWord::Absent, |b| b.word)
    }

    pub async fn until_word(&self, web: &Web, word: CheckWord) {
        until(&format!("{} is {word:?}", web.id), async || {
            (self.word(web).await == word).then_some(())
        })
        .await;
    }

    /// The worker that answers now.
    pub async fn worker(&self) -> String {
        let answer = control::balancer::haproxy::socket::ask(&self.place(), "show info")
            .await
            .expect("an answer");
        control::balancer::haproxy::socket::info(&answer, "Pid")
            .expect("a pid")
            .to_owned()
    }

    /// kill -9.
    pub async fn crash(&self) {
        process::master(&self.place()).expect("it runs").kill();
        until("it is dead", async || {
            let asked = control::balancer::haproxy::socket::ask(&self.place(), "show info").await;
            asked.is_err().then_some(())
        })
        .await;
    }

    /// Load until it is told to stop.
    pub fn load(&self, clients: u32) -> Load {
        let stop = CancellationToken::new();
        let mut options = LoadOptions::new(self.url());
        (options.concurrency, options.duration) = (Some(clients), Duration::from_secs(120));
        let mut task = JoinSet::new();
        task.spawn(run_until(options, stop.clone()));
        Load { stop, task }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(master) = process::master(&self.place()) {
            master.kill();
        }
    }
}

/// Load under way.
pub struct Load {
    stop: CancellationToken,
    task: JoinSet<Result<LoadReport, control::load::LoadError>>,
}

impl Load {
    pub async fn end(mut self) -> LoadReport {
        self.stop.cancel();
        let report = self
            .task
            .join_next()
            .await
            .expect("a task")
            .expect("no panic")
            .expect("a report");
        assert!(report.requests > 0, "the load sent nothing: {report}");
        report
    }
}

/// What a member does.
#[derive(Default)]
pub struct Manners {
    /// Requests that were no checks.
    pub hits: AtomicU64,
    /// Checks.
    pub checks: AtomicU64,
    /// Status of every answer, checks included.
    pub status: AtomicU16,
    /// How long an answer takes.
    pub delay_ms: AtomicU64,
}

/// A member: an HTTP server at an own address. Dropped, it is gone.
pub struct Web {
    pub id: InstanceId,
    pub address: Ipv4Addr,
    pub manners: Arc<Manners>,
    _task: JoinSet<()>,
}

impl Web {
    pub async fn start() -> Self {
        Self::with(200).await
    }

    /// One that answers everything with `status`.
    pub async fn with(status: u16) -> Self {
        let manners = Arc::new(Manners {
            status: status.into(),
            ..Manners::default()
        });
        let address = address();
        let listener = tokio::net::TcpListener::bind((address, 8080))
            .await
            .expect("an own address");
        let mut task = JoinSet::new();
        task.spawn(serve(listener, manners.clone()));
        Self {
            id: InstanceId(u64::from(u32::from(address))),
            address,
            manners,
            _task: task,
        }
    }

    /// The name of one that is gone.
    pub fn ghost(id: InstanceId, address: Ipv4Addr) -> Self {
        Self {
            id,
            address,
            manners: Arc::default(),
            _task: JoinSet::new(),
        }
    }

    pub fn member(&self) -> MemberAddress {
        MemberAddress {
            id: self.id,
            address: self.address,
            port: 8080,
            weight: 1,
        }
    }

    pub fn hits(&self) -> u64 {
        self.manners.hits.load(Ordering::SeqCst)
    }

    pub fn answer(&self, status: u16) {
        self.manners.status.store(status, Ordering::SeqCst);
    }

    pub async fn until_hits(&self, more: u64) {
        let wanted = self.hits() + more;
        until("more requests", async || (self.hits() >= wanted).then_some(())).await;
    }

    pub async fn until_checks(&self, more: u64) {
        let checks = || self.manners.checks.load(Ordering::SeqCst);
        let wanted = checks() + more;
        until("more checks", async || (checks() >= wanted).then_some(())).await;
    }
}

async fn serve(listener: tokio::net::TcpListener, manners: Arc<Manners>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let manners = manners.clone();
        connections.spawn(async move {
            let answer = service_fn(move |request| answer(manners.clone(), request));
            let _the_other_side_may_go = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(manners: Arc<Manners>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() == "/healthz" {
        manners.checks.fetch_add(1, Ordering::SeqCst);
    } else {
        manners.hits.fetch_add(1, Ordering::SeqCst);
        let delay = Duration::from_millis(manners.delay_ms.load(Ordering::SeqCst));
        if !delay.is_zero() {
            tokio::time::sleep_until(tokio::time::Instant::from_std(start()) + delay).await;
        }
    }
    let mut response = Response::new(Full::new(Bytes::from_static(b"hello\n")));
    let status = manners.status.load(Ordering::SeqCst);
    *response.status_mut() = hyper::StatusCode::from_u16(status).expect("a status");
    Ok(response)
}

#[expect(clippy::disallowed_methods, reason = "a slow answer is slow by the wall clock")]
fn start() -> std::time::Instant {
    std::time::Instant::now()
}
