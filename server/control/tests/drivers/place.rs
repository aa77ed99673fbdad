//! What a driver must offer to be tested by the contract, and what tests ask of it.

use control::drivers::{Driver, ImageSpec, Machine, MachineSpec, MachineWord, Removal};
use control::ids::{Ids as _, RandomIds};
use engine::model::{GroupId, InstanceId};
use std::future::Future;
use std::net::Ipv4Addr;
use std::time::Duration;

/// The longest any of these tests waits for one thing.
pub const LIMIT: Duration = Duration::from_secs(20);

/// A group to tag machines with.
pub const GROUP: GroupId = GroupId(7);

/// What a program of a test does.
#[derive(Debug, Clone)]
pub enum Program {
    /// Waits for ever.
    Waits,
    /// Prints `up`, and ends with this code on SIGTERM.
    EndsOnTerm(i32),
    /// Prints `up`, and ignores SIGTERM.
    IgnoresTerm,
    /// Ends at once with this code.
    Exits(i32),
    /// Prints that many lines and `done`, then waits.
    Prints(u32),
    /// A shell script; only for process tests.
    Script(&'static str),
    /// Arguments of the shim's own binary; only for process tests.
    Own(&'static [&'static str]),
}

/// A machine nobody has created yet, of an image with that command.
pub fn machine_of(command: Vec<String>, address: Ipv4Addr) -> MachineSpec {
    let image = ImageSpec {
        name: "test".to_owned(),
        command,
        environment: Vec::new(),
        ports: vec![8080],
        ready_path: None,
    };
    MachineSpec {
        id: InstanceId(RandomIds.mint()),
        group: GROUP,
        name: "web-abc123".to_owned(),
        host_name: "web-host".to_owned(),
        vcpu_milli: 250,
        memory_bytes: 64 << 20,
        address,
        image,
        user_data: "hello = \"$(id)\"\n".to_owned(),
        birth: None,
    }
}

/// Where one driver runs for one test.
pub trait Place {
    /// The driver.
    fn driver(&self) -> &dyn Driver;
    /// Another driver on the same machines: what a server sees after a restart.
    fn another(&self) -> Box<dyn Driver>;
    /// A machine nobody has created yet, at its own address.
    fn spec(&self, program: &Program) -> MachineSpec;
    /// How many programs of it really run, by another way than the driver's.
    fn running(&self, id: InstanceId) -> usize;

    /// Creates such a machine.
    async fn start(&self, program: &Program) -> InstanceId {
        let spec = self.spec(program);
        self.driver().create(&spec).await.expect("it is created");
        spec.id
    }
    /// What the driver says of it.
    async fn machine(&self, id: InstanceId) -> Machine {
        self.driver().describe(id).await.expect("an answer")
    }
    /// Its word.
    async fn word(&self, id: InstanceId) -> MachineWord {
        self.machine(id).await.word
    }
    /// All it printed.
    async fn printed(&self, id: InstanceId) -> String {
        self.driver().logs(id, 1 << 20).await.expect("logs")
    }
    /// Waits until it printed this.
    async fn wait_printed(&self, id: InstanceId, text: &str) -> String {
        until(text, async || {
            Some(self.printed(id).await).filter(|printed| printed.contains(text))
        })
        .await
    }
    /// Waits until it runs: a create answers "accepted", and it may take a while from there.
    async fn wait_running(&self, id: InstanceId) {
        until("it to run", async || {
            matches!(self.word(id).await, MachineWord::Running { .. }).then_some(())
        })
        .await;
    }
    /// Waits until its program does with signals what it is to do.
    async fn wait_up(&self, id: InstanceId) {
        self.wait_running(id).await;
    }
    /// Waits until it ended, and says with which code.
    async fn wait_exit(&self, id: InstanceId) -> i32 {
        until("its end", async || match self.word(id).await {
            MachineWord::Exited { code } => Some(code),
            _ => None,
        })
        .await
    }
    /// Deletes it, to the end.
    async fn remove(&self, id: InstanceId) {
        let ask = async || self.driver().delete(id).await.expect("an answer");
        until("its removal", async || {
            Some(ask().await).filter(|removal| *removal == Removal::Gone)
        })
        .await;
    }
}

/// Looks again and again, with a limit.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let mut beat = tokio::time::interval(Duration::from_millis(10));
    let found = tokio::time::timeout(LIMIT, async {
        loop {
            beat.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    });
    found
        .await
        .unwrap_or_else(|_late| panic!("waited {LIMIT:?} in vain for {what}"))
}
