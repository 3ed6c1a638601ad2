//! One cell: a step, a fault, and what came of it.

use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use passcode_host::ledger::{Attempt, SendLedger as _, Sending};
use passcode_ledger::SqliteLedger;
use passcode_practice::{
    PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET, PRACTICE_IDENTITY_CLIENT_ID,
    PRACTICE_IDENTITY_HEADER, PRACTICE_TENANT_ID, PracticeOptions, PracticeTenant, RemoteAction,
};
use serde_json::Value;

use crate::faults::{FAULTS, Fault, How};
use crate::front::{Front, Place, Plan, Seen};
use crate::steps::Step;
use crate::support::{Home, Ran, ran};

/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(130);

/// What came of a step under a fault.
#[derive(Debug)]
pub struct Cell {
    pub step: Step,
    pub fault: Fault,
    pub ran: Ran,
    pub seen: Seen,
    /// How often the device was really acted upon, by the tenant's own count.
    pub taken: u64,
    /// What the tenant received, of whatever sort.
    pub received: usize,
    /// What the ledger knows, oldest first.
    pub attempts: Vec<Attempt>,
    /// The passcode that the tenant lists last.
    pub passcode: Option<String>,
}

/// Where a cell begins.
pub struct Start {
    pub step: Step,
    before: usize,
    /// For steps of a later run: the tenant's state and the home after the action.
    later: Option<(Home, String, String)>,
}

impl Start {
    /// A run in which nothing goes wrong shows where the step is.
    pub fn of(step: Step) -> Self {
        let mut start = Self {
            step,
            before: 0,
            later: None,
        };
        if step.comes_later() {
            let home = Home::new();
            let wires = Wires::new(None, &home, Step::Post, FAULTS[0], 0);
            let ran = wires.run(&home, Step::Post, &Step::Post.command(""));
            assert_eq!(ran.code, 0, "{ran:?}");
            let plan = ran.json()["plan"].as_str().unwrap().to_owned();
            start.later = Some((home, wires.tenant.state_json(), plan));
        }
        let clean = start.cell(FAULTS[0]);
        let before = clean.seen.before;
        start.before = before.unwrap_or_else(|| panic!("{step:?} never came: {clean:?}"));
        start
    }

    /// Run the step's command with a fault.
    pub fn cell(&self, fault: Fault) -> Cell {
        let home = Home::new();
        let state = self.later.as_ref().map(|(after, state, _)| {
            copy(after.path(), home.path());
            state.as_str()
        });
        let plan = self.later.as_ref().map_or("", |(_, _, plan)| plan);
        let wires = Wires::new(state, &home, self.step, fault, self.before);
        let tenant = &wires.tenant;
        let ran = wires.run(&home, self.step, &self.step.command(plan));
        let seen = wires.graph.seen();
        let device = self.step.device();
        let journal = tenant.journal();
        Cell {
            step: self.step,
            fault,
            ran,
            seen,
            taken: tenant.count(device, RemoteAction::ResetPasscode).accepted,
            received: journal
                .iter()
                .filter(|one| one.route != "token" || self.step.signs_in())
                .count(),
            attempts: attempts(&home),
            passcode: tenant.resets(device).unwrap().pop().and_then(|one| one.1),
        }
    }
}

fn tenant(state: Option<&str>, front: &str, home: &Home) -> PracticeTenant {
    let mut options = PracticeOptions::immediate().page_size(1).known_as(front);
    if let Some(state) = state {
        let file = home.path().join("tenant.json");
        std::fs::write(&file, state).unwrap();
        options = options.state(file);
    }
    PracticeTenant::start(options).unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

/// What the ledger says, read as the next run would read it.
fn attempts(home: &Home) -> Vec<Attempt> {
    let file = home.path().join("practice/ledger.db");
    if !file.exists() {
        return Vec::new();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut attempts = runtime.block_on(async {
        let ledger = SqliteLedger::open(file, true).await.unwrap();
        ledger.recent(u32::MAX).await.unwrap()
    });
    attempts.reverse();
    attempts
}

/// A front, the tenant behind it, and the command between both.
struct Wires {
    graph: Front,
    tenant: PracticeTenant,
}

impl Wires {
    fn new(state: Option<&str>, home: &Home, step: Step, fault: Fault, before: usize) -> Self {
        let place = Place::new();
        let tenant = tenant(state, &place.url(), home);
        let own = tenant.url().trim_start_matches("http://").parse().unwrap();
        let plan = Plan {
            step,
            fault,
            before,
        };
        Self {
            graph: Front::start(place, own, plan),
            tenant,
        }
    }

    /// The way to Graph leads through the front; that to the authority does where the sign-in is the
    /// step.
    fn run(&self, home: &Home, step: Step, arguments: &[&str]) -> Ran {
        let mut command = home.command(arguments);
        let authority = if step.signs_in() {
            self.graph.url()
        } else {
            self.tenant.url().to_owned()
        };
        if step == Step::Identity {
            let endpoint = format!("{authority}/msi/token");
            command
                .env("PASSCODE_AUTH", "managed-identity")
                .env("IDENTITY_ENDPOINT", endpoint)
                .env("IDENTITY_HEADER", PRACTICE_IDENTITY_HEADER)
                .env(
                    "PASSCODE_MANAGED_IDENTITY_CLIENT_ID",
                    PRACTICE_IDENTITY_CLIENT_ID,
                );
        }
        command
            .env("PASSCODE_CLOUD", "custom")
            .env("PASSCODE_GRAPH_URL", self.graph.url())
            .env("PASSCODE_AUTHORITY_URL", authority)
            .env("AZURE_TENANT_ID", PRACTICE_TENANT_ID)
            .env("AZURE_CLIENT_ID", PRACTICE_CLIENT_ID)
            .env("AZURE_CLIENT_SECRET", PRACTICE_CLIENT_SECRET)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        ran(patiently(command.spawn().unwrap()))
    }
}

fn patiently(mut child: Child) -> Output {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

/// Every cell of these faults, several at a time.
pub fn run(faults: &[Fault]) -> Vec<Cell> {
    let starts: Vec<Start> = crate::steps::STEPS.into_iter().map(Start::of).collect();
    let waiting = faults.iter().any(|fault| fault.how == How::Slow);
    let jobs: Vec<(&Start, Fault)> = starts
        .iter()
        .flat_map(|start| faults.iter().map(move |fault| (start, *fault)))
        .collect();
    // Who waits needs no processor.
    let workers = if waiting { jobs.len() } else { 6 };
    let (next, cells) = (Mutex::new(jobs.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let job = next.lock().unwrap().next();
                    let Some((start, fault)) = job else { return };
                    let cell = start.cell(*fault);
                    cells.lock().unwrap().push(cell);
                }
            });
        }
    });
    cells.into_inner().unwrap()
}

impl Cell {
    fn document(&self) -> Value {
        serde_json::from_str(&self.ran.stdout).unwrap_or(Value::Null)
    }

    fn word(&self, names: &[&str]) -> String {
        let document = self.document();
        let mut words = names.iter().filter_map(|name| document[*name].as_str());
        words.next().unwrap_or("-").to_owned()
    }

    /// The row of the table: step, fault, what was sent, what the device was told, the ledger's
    /// words, how it ended, which code or state is shown, the exit code.
    pub fn row(&self) -> Vec<String> {
        vec![
            self.step.name().to_owned(),
            self.fault.name.to_owned(),
            times(self.seen.posts),
            times(usize::try_from(self.taken).unwrap_or(usize::MAX)),
            self.ledger(),
            self.word(&["ended"]),
            self.says(),
            self.ran.code.to_string(),
        ]
    }

    /// The failure's code, else the action's state, else which kind of document it is.
    fn says(&self) -> String {
        let said = self.word(&["code", "state", "schema"]);
        let kind = said
            .strip_prefix("passcode/")
            .and_then(|kind| kind.strip_suffix("/v1"));
        kind.unwrap_or(&said).to_owned()
    }

    /// What the ledger says of each attempt.
    fn ledger(&self) -> String {
        let words: Vec<String> = self
            .attempts
            .iter()
            .map(|attempt| {
                let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
                let sending = word(serde_json::json!(attempt.sending));
                match attempt.ending {
                    Some(ending) => format!("{sending}/{}", word(serde_json::json!(ending))),
                    None => sending,
                }
            })
            .collect();
        if words.is_empty() {
            "-".to_owned()
        } else {
            words.join("+")
        }
    }

    /// What must hold in every cell, whatever the table says.
    pub fn broken_principles(&self) -> Vec<&'static str> {
        let undecided = |one: &&Attempt| one.sending.is_undecided();
        let touching = self
            .attempts
            .iter()
            .filter(|one| one.sending.may_have_touched());
        let ambiguous = self.ledger().contains("ambiguous");
        let earlier = usize::from(self.step.comes_later());
        let unknown = self.attempts.iter().any(|one| undecided(&one));
        let document = self.document();
        let touched = document["touched"].as_str();
        let shown = self.passcode.as_deref().is_some_and(|passcode| {
            self.ran.stdout.contains(passcode) || self.ran.stderr.contains(passcode)
        });
        let may_show = matches!(self.step, Step::Deliver | Step::DeliverAny) && self.ran.code == 0;
        let nothing = [3, 4, 5, 6, 8, 12].contains(&self.ran.code) && earlier == 0;
        let later = self
            .attempts
            .iter()
            .all(|one| one.sending != Sending::NotExecuted || one.settlement.status != Some(401));
        [
            (self.taken > 1, "the device was acted upon twice"),
            (
                self.seen.posts > 1 && later,
                "it was sent again although no token was refused",
            ),
            (
                touching.count() > 1,
                "two attempts may have touched the device",
            ),
            (
                self.attempts.len() < self.seen.posts + earlier,
                "something was sent that the ledger does not know",
            ),
            (
                self.taken > 0
                    && !self
                        .attempts
                        .last()
                        .is_some_and(|one| one.sending.may_have_touched()),
                "the device was acted upon, and the ledger denies it",
            ),
            (
                unknown != (self.ran.code == 7) && !ambiguous,
                "the exit code is not 7 exactly where nobody knows",
            ),
            (
                nothing && (self.taken > 0 || unknown),
                "the exit code says that nothing was done",
            ),
            (
                nothing && touched != Some("no"),
                "it does not say that the device was not touched",
            ),
            (
                self.ran.code == 10 && self.taken == 0 && touched != Some("no"),
                "it does not say that the refusal left the device alone",
            ),
            (
                self.ran.code == 7 && !ambiguous && touched != Some("unknown"),
                "it claims to know whether the device was touched",
            ),
            (
                self.ran.code == 0 && earlier == 0 && self.taken != 1,
                "it claims success, and the device was not acted upon",
            ),
            (self.ran.code == 1, "another's fault is taken for ours"),
            (
                document["exitCode"] != self.ran.code,
                "the document and the exit code differ",
            ),
            (self.seen.elsewhere > 0, "a redirect was followed"),
            (
                self.received != self.seen.passed_on,
                "something went past the front",
            ),
            (shown && !may_show, "a passcode is shown unasked"),
        ]
        .into_iter()
        .filter_map(|(broken, what)| broken.then_some(what))
        .collect()
    }
}

fn times(count: usize) -> String {
    match count {
        0 => "nothing".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}
