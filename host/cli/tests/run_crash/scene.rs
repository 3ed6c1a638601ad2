//! A home, a tenant in another process, and a run that processes work on.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use passcode_audit::Line;
use passcode_ledger::Store;
use passcode_ledger::run::{Run, RunState, Tally};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::database::Database;
use crate::fleet::Fleet;
use crate::support::{Home, Ran, Tenant, control};

/// What the job calls the run.
pub const KEY: &str = "job-1";
/// The longest that anything may take here: a lease, the budget of 500 devices, and a machine that
/// has other things to do.
const PATIENCE: Duration = Duration::from_secs(240);
/// On so many machines at most, where the ledger is on a server.
const MACHINES: usize = 4;
/// How often the outside looks.
const GLANCE: Duration = Duration::from_millis(8);

pub struct Scene {
    /// The first machine's home, in which everything else lies too.
    pub home: Home,
    /// Homes of further machines, where the ledger is on a server. Each has a key of its own.
    elsewhere: Vec<Home>,
    pub tenant: Tenant,
    pub fleet: Fleet,
    database: Database,
    runtime: Runtime,
    store: Option<Arc<dyn Store>>,
    outputs: AtomicUsize,
}

/// One process at work, and where it writes what it has to say.
pub struct Worker {
    pub child: Child,
    out: PathBuf,
}

impl Scene {
    /// With faults in store.
    pub fn new(database: Database, devices: usize, concurrency: u32) -> Self {
        let scene = Self::without_faults(database, devices, concurrency);
        scene.faults(&scene.fleet.faults());
        scene
    }

    pub fn without_faults(database: Database, devices: usize, concurrency: u32) -> Self {
        let mut home = Home::new();
        let fleet = Fleet { devices };
        let file = |name: &str| home.path().join(name).display().to_string();
        std::fs::write(file("fleet.toml"), fleet.toml()).unwrap();
        std::fs::write(file("sample.run.yaml"), fleet.run_file(concurrency)).unwrap();
        let (devices, journal) = (file("fleet.toml"), file("journal.jsonl"));
        let told = ["--fleet", &devices, "--journal", &journal];
        let mut arguments = vec!["--pace", "0", "--control-key", "k"];
        arguments.extend(told);
        let tenant = Tenant::start(&home, &arguments);
        home.connect(&tenant);
        let mut elsewhere = Vec::new();
        if let Some((name, value)) = database.environment() {
            home.set(name, value);
            for _ in 1..MACHINES {
                let mut other = Home::new();
                other.connect(&tenant);
                other.set(name, value);
                elsewhere.push(other);
            }
        }
        Self {
            home,
            elsewhere,
            tenant,
            fleet,
            database,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            store: None,
            outputs: AtomicUsize::new(0),
        }
    }

    pub fn faults(&self, faults: &str) {
        let answer = control(&self.tenant, "faults", faults);
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }

    pub fn run_file(&self) -> PathBuf {
        self.home.path().join("sample.run.yaml")
    }

    /// Where a process runs: one after the other on each machine.
    fn machine(&self, number: usize) -> &Home {
        let machines = self.elsewhere.len() + 1;
        match number % machines {
            0 => &self.home,
            other => &self.elsewhere[other - 1],
        }
    }

    /// The public keys of all machines on which something was written.
    pub fn keys(&self) -> Vec<String> {
        std::iter::once(&self.home)
            .chain(&self.elsewhere)
            .filter(|home| home.path().join("practice/audit.key").exists())
            .map(|home| {
                let head = home.run(&["audit", "head", "-o", "json"]);
                let head = head.expect(0, "audit-head");
                head["key"].as_str().unwrap().to_owned()
            })
            .collect()
    }

    fn spawn(&self, arguments: &[&str]) -> Worker {
        let number = self.outputs.fetch_add(1, Ordering::Relaxed);
        let out = self.home.path().join(format!("out-{number}"));
        let create = |ending| File::create(out.with_extension(ending)).unwrap();
        let child = self
            .machine(number)
            .command(arguments)
            .stdout(Stdio::from(create("json")))
            .stderr(Stdio::from(create("txt")))
            .spawn()
            .unwrap();
        Worker { child, out }
    }

    /// As a job does it that knows only its own key.
    pub fn start(&self) -> Worker {
        let file = self.run_file().display().to_string();
        self.spawn(&[
            "run",
            "start",
            &file,
            "--run-key",
            KEY,
            "--yes",
            "-o",
            "json",
        ])
    }

    /// As a person does it.
    pub fn resume(&self, run: &str) -> Worker {
        self.spawn(&["run", "resume", run, "-o", "json"])
    }

    /// Wait for a process. It must end by itself, whatever with.
    pub fn wait(&self, mut worker: Worker) -> Ran {
        let status = until("a process ends", || worker.child.try_wait().unwrap());
        worker.said(status)
    }

    /// The run, if it has begun.
    pub fn run(&mut self) -> Option<Run> {
        let store = self.store()?;
        let runs = self.runtime.block_on(store.runs(10)).unwrap();
        assert!(runs.len() < 2, "one key, one run: {runs:?}");
        runs.into_iter().next()
    }

    pub fn tally(&mut self) -> Option<Tally> {
        let run = self.run()?;
        let store = self.store()?;
        Some(self.runtime.block_on(store.tally(&run.new.id)).unwrap())
    }

    /// How many intents there are.
    pub fn intents(&mut self) -> usize {
        let Some(store) = self.store() else { return 0 };
        self.runtime.block_on(store.recent(5)).unwrap().len()
    }

    /// The audit chain.
    pub fn lines(&mut self) -> Vec<Line> {
        let store = self.store().unwrap();
        let mut lines: Vec<Line> = Vec::new();
        loop {
            let after = lines.last().map_or(0, |line| line.number);
            let next = self.runtime.block_on(store.lines(after, 1_000)).unwrap();
            if next.is_empty() {
                return lines;
            }
            lines.extend(next);
        }
    }

    pub fn move_run(&mut self, from: RunState, to: RunState) -> bool {
        let (run, store, from) = (self.run().unwrap(), self.store().unwrap(), [from]);
        let moved = store.move_run(&run.new.id, &from, to, None, None);
        self.runtime.block_on(moved).unwrap()
    }

    /// The ledger, as soon as a process has made it.
    fn store(&mut self) -> Option<Arc<dyn Store>> {
        // By then there is a folder for it.
        if self.store.is_none() && self.home.path().join("practice/audit.key").exists() {
            let opened = self.database.store(self.home.path());
            self.store = Some(self.runtime.block_on(opened));
        }
        self.store.clone()
    }

    /// The requests that reached the tenant and would change a device.
    pub fn posts(&self) -> Vec<Value> {
        let file = self.home.path().join("journal.jsonl");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        // The last line may still be on its way.
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        whole
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|entry| entry["route"] == "resetPasscode")
            .collect()
    }

    /// Let so many processes work on the run until it has finished. All of them must end well.
    pub fn finish(&mut self, processes: usize) {
        let run = self.run();
        let approved = run.filter(|run| matches!(run.state, RunState::Running | RunState::Stopped));
        let workers: Vec<Worker> = (0..processes)
            .map(|number| match &approved {
                // Half of them as a person would, half as a job.
                Some(run) if number % 2 == 0 => self.resume(&run.new.id),
                _ => self.start(),
            })
            .collect();
        for worker in workers {
            let ran = self.wait(worker);
            let document = ran.json();
            assert_eq!(document["schema"], "passcode/run-status/v1", "{ran:?}");
            // One that came last may take up again what ended only for the time being.
            let state = document["state"].as_str().unwrap();
            assert!(["finished", "running"].contains(&state), "{ran:?}");
        }
        assert_eq!(self.run().unwrap().state, RunState::Finished);
    }
}

impl Worker {
    /// `kill -9`. A process that was faster has ended well.
    pub fn kill(mut self) {
        let ended = self.child.try_wait().unwrap();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        if let Some(status) = ended {
            let ran = self.said(status);
            assert_eq!(ran.json()["schema"], "passcode/run-status/v1", "{ran:?}");
        }
    }

    /// Ctrl-C.
    pub fn interrupt(&self) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    }

    fn said(&self, status: ExitStatus) -> Ran {
        let read = |ending| std::fs::read_to_string(self.out.with_extension(ending)).unwrap();
        Ran {
            code: status.code().unwrap_or(-1),
            stdout: read("json"),
            stderr: read("txt"),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Look until there is something to see.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "waited too long until {what}");
        std::thread::sleep(GLANCE);
    }
}
