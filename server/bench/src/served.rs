//! The real server as a process, on a store made for the measurement, and a signed-in client.

use crate::{Place, filled};
use anyhow::Context as _;
use control::auth::users::FIRST_ADMIN;
use control::auth::{Passwords, Secret};
use control::clock::TimeScale;
use control::clock::system::wall_now;
use control::ids::RandomIds;
use control::store::{Db, FirstAdmin, FirstStartArgs, SubnetBase, first_start};
use control::values;
use engine::model::{TemplateId, TenantId, VpcId};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The password of these stores; they live for a minute on loopback.
const PASSWORD: &str = "a-bench-signs-in-with-this";
/// The template groups launch from.
pub const TEMPLATE: TemplateId = TemplateId(1);

/// A store before its server starts.
pub struct Prepared {
    folder: PathBuf,
    /// Its first tenant.
    pub tenant: TenantId,
    /// Where rows are added.
    pub db: Db,
}

/// A running server with its instances; both end with it.
pub struct Server {
    child: Child,
    // Kept open: a server that prints into a closed pipe ends.
    _says: BufReader<ChildStdout>,
    folder: PathBuf,
    /// `http://127.0.0.1:port`.
    pub url: String,
    client: Client<HttpConnector, Full<Bytes>>,
    cookie: String,
}

impl Prepared {
    /// The first start with a known password, and a template of the sample program.
    pub async fn new(folder: PathBuf, subnets: u8) -> anyhow::Result<Self> {
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let folder = folder.canonicalize()?;
        let db = Db::open(&filled::file(&folder)).await?;
        db.migrate().await?;
        let admin = FirstAdmin {
            name: FIRST_ADMIN.to_owned(),
            password_hash: Passwords::default().hash(Secret::new(PASSWORD.to_owned())).await?,
        };
        let args = FirstStartArgs {
            wall: wall_now(),
            scale: TimeScale(1),
            subnets: SubnetBase(subnets),
            admin: Some(admin),
        };
        let tenant = first_start(&db, &RandomIds, args).await?.tenant;
        let prepared = Self { folder, tenant, db };
        prepared.template().await?;
        Ok(prepared)
    }

    async fn template(&self) -> anyhow::Result<()> {
        let mut tx = self.db.read("find the VPC").await?;
        let vpc: VpcId = tx.one("SELECT id FROM vpcs", values![]).await?.get("id")?;
        drop(tx);
        let sql = "INSERT INTO templates (id, tenant_id, name, created_at) VALUES ($1, $2, 'bench', 0)";
        self.insert(sql, values![TEMPLATE, self.tenant]).await?;
        let sql = "INSERT INTO template_versions (template_id, version, image, instance_type, vpc_id, created_at)
                   VALUES ($1, 1, 'sample-web', 't.quarter', $2, 0)";
        self.insert(sql, values![TEMPLATE, vpc]).await
    }

    /// Adds a row.
    pub async fn insert(&self, sql: &'static str, values: Vec<control::store::Value>) -> anyhow::Result<()> {
        let done = self
            .db
            .write::<u64, control::store::StoreError, _>("insert a row", move |tx| {
                Box::pin(async move { tx.execute(sql, values).await })
            });
        done.await.map(drop).map_err(Into::into)
    }

    /// Starts the server on it and signs in.
    pub async fn serve(self, place: &Place) -> anyhow::Result<Server> {
        self.db.close().await;
        let mut command = Command::new(&place.server);
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--time-scale",
            "1",
            "--log",
            "warn",
            "--data",
        ]);
        command.arg(&self.folder).arg("--site-root").arg(&place.site);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", place.server.display()))?;
        let out = child.stdout.take().context("the server has no output")?;
        let (mut says, mut said) = (BufReader::new(out), String::new());
        says.read_line(&mut said)?;
        let mut server = Server {
            child,
            _says: says,
            folder: self.folder,
            url: said
                .trim()
                .strip_prefix("Tidegate is at ")
                .unwrap_or_default()
                .to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            cookie: String::new(),
        };
        anyhow::ensure!(!server.url.is_empty(), "the server said {said:?}");
        server.sign_in().await?;
        Ok(server)
    }
}

impl Server {
    /// The store's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    async fn sign_in(&mut self) -> anyhow::Result<()> {
        let form = format!("name={FIRST_ADMIN}&password={PASSWORD}&next=/groups");
        let answer = self.client.request(self.form("/api/session/sign-in", form)?).await?;
        let cookies = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok());
        let pairs: Vec<_> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
        self.cookie = pairs.join("; ");
        anyhow::ensure!(
            !self.cookie.is_empty(),
            "the sign-in gave no session: {}",
            answer.status()
        );
        Ok(())
    }

    fn form(&self, path: &str, form: String) -> anyhow::Result<http::Request<Full<Bytes>>> {
        let request = http::Request::post(format!("{}{path}", self.url))
            .header("origin", &self.url)
            .header("accept", "text/html")
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        Ok(request.body(Full::new(form.into()))?)
    }

    /// Posts a form as a page without scripts does.
    pub async fn post(&self, path: &str, form: String) -> anyhow::Result<()> {
        let answer = self.client.request(self.form(path, form)?).await?;
        let status = answer.status();
        anyhow::ensure!(
            status.is_redirection() || status.is_success(),
            "{path} answered {status}"
        );
        Ok(())
    }

    /// Asks for a page as a browser does; its length.
    pub async fn get(&self, path: &str) -> anyhow::Result<usize> {
        let request = http::Request::get(format!("{}{path}", self.url))
            .header("accept", "text/html")
            .header("cookie", &self.cookie)
            .body(Full::default())?;
        let answer = self.client.request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        anyhow::ensure!(status.is_success(), "{path} answered {status}");
        Ok(body.len())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        signal(self.child.id(), "TERM");
        drop(self.child.wait());
        // What outlives a server by design: the shims of this folder; each ends its program first.
        let shims = shims(&self.folder);
        shims.iter().for_each(|pid| signal(*pid, "TERM"));
        for _ in 0..100 {
            if self::shims(&self.folder).is_empty() {
                break;
            }
            crate::clock::pause(Duration::from_millis(100));
        }
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn signal(pid: u32, name: &str) {
    drop(
        Command::new("kill")
            .arg(format!("-{name}"))
            .arg(pid.to_string())
            .status(),
    );
}

/// Processes whose command line names this folder.
fn shims(folder: &Path) -> Vec<u32> {
    let folder = folder.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&folder)
    })
    .collect()
}
