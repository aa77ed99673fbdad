//! The watch over a running program.
//!
//! One loop over levels: signals, what the program prints, the ready check, the deadline. It goes round until no child
//! is left, and only then writes the exit code: "exited" means nothing of it runs any more.
//!
//! ```text
//! Running --stop.json--> Stopping(kill at) --deadline--> Killing --no child left--> exit code
//!    |                        |                             ^
//!    +--tombstone, or the program ended---------------------+
//! ```

use super::super::clock;
use super::super::home::{Folder, Home, State, StopRequest};
use super::super::host::Table;
use super::super::output::Output;
use super::probe::Probe;
use super::program::Started;
use super::{During, ShimError};
use engine::model::{InstanceId, ReadyWord};
use nix::sys::signal::Signal;
use nix::sys::signalfd::SignalFd;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal as ToSend, WaitOptions, WaitStatus};
use std::io::{ErrorKind, PipeReader, Read, Write};
use std::time::Duration;

/// How long a program gets when the shim itself is told to end (a host that shuts down): as long as a removal gives.
const OWN_GRACE: Duration = Duration::from_secs(90);

/// Between two rounds of SIGKILL: a fork between the walk and the signal is caught by the next one.
const KILL_EVERY: Duration = Duration::from_millis(20);

/// The longest wait. Nothing depends on it; it heals a signal that was lost.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Bytes copied at once and rounds before other events get their turn: a program that prints without end must not
/// hold up its own stop.
const CHUNK_BYTES: usize = 16 * 1024;
const CHUNKS_A_TURN: u32 = 16;

/// Lines a shim writes about what failed.
const COMPLAINTS: u32 = 100;

/// Exit code of a program killed by SIGKILL.
const KILLED: i32 = 137;

/// How far the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    Stopping { kill_at_boot_ns: u64 },
    Killing,
}

/// The watch over one program.
pub struct Watch<'a> {
    home: &'a Home,
    folder: &'a Folder,
    id: InstanceId,
    state: State,
    code: Option<i32>,
    phase: Phase,
    printed: Option<PipeReader>,
    output: Output,
    signals: SignalFd,
    probe: Option<Probe>,
    complaints: u32,
}

impl<'a> Watch<'a> {
    /// Begins right after the start.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a shim meet here and nowhere else"
    )]
    pub fn new(
        home: &'a Home,
        folder: &'a Folder,
        id: InstanceId,
        state: State,
        started: Started,
        output: Output,
        signals: SignalFd,
        probe: Option<Probe>,
    ) -> Self {
        let printed = Some(started.output);
        Self {
            home,
            folder,
            id,
            state,
            code: None,
            phase: Phase::Running,
            printed,
            output,
            signals,
            probe,
            complaints: 0,
        }
    }

    /// Until nothing of the program is left.
    pub fn run(mut self) -> Result<(), ShimError> {
        self.look().unwrap_or_else(|why| self.complain(&why));
        while self.reap()? == Family::Left {
            self.turn().unwrap_or_else(|why| self.complain(&why));
        }
        self.copy();
        self.state.exit = Some(self.code.unwrap_or(KILLED));
        self.folder.save_state(&self.state).during("write the exit code")
    }

    /// One round. What fails in it (a full disk) is tried again in the next: the program must not lose its watch.
    fn turn(&mut self) -> Result<(), ShimError> {
        self.advance()?;
        let woken = self.wait()?;
        self.copy();
        if self.hear_signals()? == Heard::Some || woken == Woken::ByTime {
            self.look()?;
        }
        self.hear_ready()
    }

    /// Into `shim.log`, which no repeated failure may fill.
    fn complain(&mut self, why: &ShimError) {
        self.complaints += 1;
        if self.complaints <= COMPLAINTS {
            let _nobody_reads = writeln!(std::io::stderr(), "shim of {}: {why}", self.id);
        }
    }

    /// Looks for orders: the tombstone, then the request to stop.
    fn look(&mut self) -> Result<(), ShimError> {
        if self.home.is_gone(self.id).during("look for the tombstone")? {
            self.phase = Phase::Killing;
        } else if self.phase == Phase::Running
            && let Some(request) = self.folder.stop_request().during("read stop.json")?
        {
            self.phase = Phase::Stopping {
                kill_at_boot_ns: request.kill_at_boot_ns,
            };
            self.signal_main(ToSend::TERM)?;
        }
        Ok(())
    }

    /// Reaps whoever ended. The program's own end is the end of everything it started.
    fn reap(&mut self) -> Result<Family, ShimError> {
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status)))
                    if self
                        .state
                        .main
                        .is_some_and(|main| main.pid == pid.as_raw_nonzero().get()) =>
                {
                    self.code = Some(exit_code(status));
                    self.phase = Phase::Killing;
                }
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return Ok(Family::Left),
                Err(rustix::io::Errno::CHILD) => return Ok(Family::Ended),
                Err(why) => return Err(ShimError::new("wait for the program", why)),
            }
        }
    }

    /// Does what the phase asks for.
    fn advance(&mut self) -> Result<(), ShimError> {
        if matches!(self.phase, Phase::Stopping { kill_at_boot_ns } if clock::boot_ns() >= kill_at_boot_ns) {
            self.phase = Phase::Killing;
        }
        if self.phase == Phase::Killing {
            for process in Table::read().during("walk /proc")?.below(self.state.shim.pid) {
                process.key.signal(ToSend::KILL).during("kill what is left")?;
            }
        }
        Ok(())
    }

    /// Waits for the next event, or for the phase's next moment.
    fn wait(&self) -> Result<Woken, ShimError> {
        let limit = match self.phase {
            Phase::Running => LOOK_EVERY,
            Phase::Killing => KILL_EVERY,
            Phase::Stopping { kill_at_boot_ns } => {
                Duration::from_nanos(kill_at_boot_ns.saturating_sub(clock::boot_ns())).min(LOOK_EVERY)
            }
        };
        let limit = Timespec {
            tv_sec: limit.as_secs().cast_signed(),
            tv_nsec: limit.subsec_nanos().into(),
        };
        let mut sources = vec![PollFd::new(&self.signals, PollFlags::IN)];
        sources.extend(self.printed.iter().map(|printed| PollFd::new(printed, PollFlags::IN)));
        sources.extend(self.probe.iter().map(|probe| PollFd::new(&probe.passed, PollFlags::IN)));
        match poll(&mut sources, Some(&limit)) {
            Ok(0) => Ok(Woken::ByTime),
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(Woken::ByEvent),
            Err(why) => Err(ShimError::new("wait for events", why)),
        }
    }

    /// Copies what was printed. A full disk loses the print, not the program.
    fn copy(&mut self) {
        let mut chunk = [0; CHUNK_BYTES];
        for _turn in 0..CHUNKS_A_TURN {
            let Some(printed) = &mut self.printed else { return };
            match printed.read(&mut chunk) {
                Ok(0) => self.printed = None,
                Ok(length) => drop(self.output.write(&chunk[..length])),
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(_nothing_now) => return,
            }
        }
    }

    /// Stores that the ready check passed.
    fn hear_ready(&mut self) -> Result<(), ShimError> {
        let Some(probe) = &mut self.probe else { return Ok(()) };
        if !is_readable(&probe.passed) {
            return Ok(());
        }
        let passed = probe.passed.read(&mut [0]).is_ok_and(|bytes| bytes == 1);
        self.probe = None;
        if passed {
            self.state.ready = ReadyWord::Passed;
            self.folder.save_state(&self.state).during("write that it is ready")?;
        }
        Ok(())
    }

    /// Takes all waiting signals; each may mean an order. A host that ends us asks for a stop.
    fn hear_signals(&mut self) -> Result<Heard, ShimError> {
        let mut any = Heard::None;
        while let Some(heard) = self.signals.read_signal().during("read signals")? {
            any = Heard::Some;
            let heard = i32::try_from(heard.ssi_signo).unwrap_or(0);
            if [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]
                .iter()
                .any(|signal| *signal as i32 == heard)
            {
                let kill_at_boot_ns = clock::boot_ns().saturating_add(clock::nanoseconds(OWN_GRACE));
                self.folder
                    .request_stop(StopRequest { kill_at_boot_ns })
                    .during("write stop.json")?;
            }
        }
        Ok(any)
    }

    fn signal_main(&self, signal: ToSend) -> Result<(), ShimError> {
        self.state
            .main
            .map_or(Ok(()), |main| main.signal(signal))
            .during("signal the program")
    }
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    ByEvent,
    ByTime,
}

/// Whether signals were waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    None,
    Some,
}

/// Whether children are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Left,
    Ended,
}

fn is_readable(source: &PipeReader) -> bool {
    let mut sources = [PollFd::new(source, PollFlags::IN)];
    poll(&mut sources, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
}

/// As a shell counts: the code, or 128 + the signal.
fn exit_code(status: WaitStatus) -> i32 {
    status
        .exit_status()
        .unwrap_or_else(|| 128 + status.terminating_signal().unwrap_or(9))
}
