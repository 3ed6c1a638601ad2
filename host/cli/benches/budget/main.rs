//! `cargo bench --bench budget`: how much of the service's write limit two processes that share a ledger use, and whether
//! the service ever has to refuse one as too many.
//!
//! Three processes, each this very program in a role: a practice tenant with its throttle on, at a fifth of Intune's window, and
//! two senders that carry out plans as fast as their budget lets them. What counts is what arrived, by the tenant's own clock.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up cannot be measured"
)]

mod sender;
mod tenant;

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;

/// What a process of this program is to be.
const ROLE: &str = "PASSCODE_BUDGET_ROLE";
/// Intune's own limits, in a window of four seconds in place of 20: five times as many writes as ever happen, each of which waits for the disk twice.
const WRITES: u32 = 200;
const REQUESTS: u32 = 2_000;
const WINDOW: Duration = Duration::from_secs(4);
/// Windows that are filled. The first is filled at once, so there is a burst more.
const WINDOWS: usize = 5;
/// What the host allows itself in one window. One more than so many windows hold: from the first request to the last,
/// exactly so many windows have to pass.
const OURS: usize = 199;
const DEVICES: usize = OURS * WINDOWS + 1;
/// The least share of the limit.
const LEAST: f64 = 0.97;

/// Another process of this program.
struct Role {
    process: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Role {
    fn start(role: &str, settings: &[(&str, String)]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(ROLE, role)
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let says = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, says }
    }

    fn line(&mut self) -> String {
        self.says.next().unwrap().unwrap()
    }

    fn tell(&mut self) {
        let stdin = self.process.stdin.as_mut().unwrap();
        stdin.write_all(b"go\n").unwrap();
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok("tenant") => tenant::run(),
        Ok("sender") => sender::run(),
        _ => return measure(),
    }
    ExitCode::SUCCESS
}

fn measure() -> ExitCode {
    let home = tempfile::tempdir().unwrap();
    let mut tenant = Role::start("tenant", &[]);
    let place = [
        (sender::GRAPH, tenant.line()),
        (sender::TOKEN, tenant.line()),
        (sender::HOME, home.path().to_string_lossy().into_owned()),
    ];
    let half = DEVICES / 2;
    // One after the other: the first makes the ledger.
    let mut senders = [(1, half), (half + 1, DEVICES)].map(|(first, last)| {
        let devices = (sender::DEVICES, format!("{first} {last}"));
        let mut sender = Role::start("sender", &[place.as_slice(), &[devices]].concat());
        assert_eq!(sender.line(), "ready");
        sender
    });
    // Until no request counts any more that the plans took.
    std::thread::sleep(WINDOW * 2);
    for sender in &mut senders {
        sender.tell();
    }
    let became: Vec<String> = senders.iter_mut().map(Role::line).collect();
    tenant.tell();
    let throttled: usize = tenant.line().parse().unwrap();
    let arrived: Vec<i64> = tenant
        .line()
        .split_whitespace()
        .map(|micros| micros.parse().unwrap())
        .collect();
    report(&arrived, throttled, &became)
}

fn report(arrived: &[i64], throttled: usize, became: &[String]) -> ExitCode {
    let window = i64::try_from(WINDOW.as_micros()).unwrap();
    let took = arrived.last().unwrap() - arrived.first().unwrap();
    let between = u32::try_from(arrived.len() - 1).unwrap();
    let rate = f64::from(between) / took as f64 * window as f64;
    let share = rate / f64::from(WRITES);
    let most = arrived
        .iter()
        .map(|first| {
            let end = arrived.partition_point(|at| *at < first + window);
            end - arrived.partition_point(|at| at < first)
        })
        .max()
        .unwrap_or_default();
    let judged = |good: bool| if good { "ok" } else { "NO" };
    let enough = share >= LEAST && arrived.len() == DEVICES;
    println!("\n| two processes, one ledger; {WRITES} writes allowed in {WINDOW:?} | | limit | |");
    println!("|---|---|---|---|");
    println!(
        "| passcodes reset | {} ({}) | {DEVICES} | {} |",
        arrived.len(),
        became.join(" + "),
        judged(arrived.len() == DEVICES)
    );
    println!("| writes in a window, on average from the first to the last | {rate:.1} | | |");
    println!(
        "| of the limit | {:.1} % | at least {:.0} % | {} |",
        share * 100.0,
        LEAST * 100.0,
        judged(enough)
    );
    println!(
        "| writes in a window, at most | {most} | {WRITES} | {} |",
        judged(most <= WRITES as usize)
    );
    println!(
        "| requests answered 429 | {throttled} | 0 | {} |",
        judged(throttled == 0)
    );
    match enough && throttled == 0 {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
