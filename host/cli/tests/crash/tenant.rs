//! The practice tenant as a process of its own, and the file into which it writes every POST
//! before it answers. The process is this very test program, in a role.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use passcode_practice::{
    Fleet, PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET, PRACTICE_TENANT_ID, PracticeOptions,
    PracticeTenant,
};
use serde_json::Value;
use tempfile::TempDir;

/// What a process of this program is to be.
pub const ROLE: &str = "PASSCODE_CRASH_ROLE";
const JOURNAL: &str = "PASSCODE_CRASH_JOURNAL";
const DEVICES: &str = "PASSCODE_CRASH_DEVICES";
const ONLINE: &str = "PASSCODE_CRASH_ONLINE";
const FRONT: &str = "PASSCODE_CRASH_FRONT";

/// This program, running only the part that a child plays.
pub fn role(name: &str, part: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture", part])
        .env(ROLE, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// What a child says. As long as this is kept, the child can go on saying things.
pub struct Said(BufReader<ChildStdout>);

impl Said {
    pub fn of(child: &mut Child) -> Self {
        Self(BufReader::new(child.stdout.take().unwrap()))
    }

    /// The first line that has this word in it, from there on. `None`: it ended first.
    pub fn line(&mut self, word: &str) -> Option<String> {
        // The test harness writes on the same line.
        self.0
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let at = line.find(word)?;
                Some(line[at + word.len()..].to_owned())
            })
    }
}

/// The tenant's part. Without the role, nothing.
#[test]
fn the_tenant() {
    if std::env::var(ROLE).as_deref() != Ok("tenant") {
        return;
    }
    let told = |name: &str| std::env::var(name).unwrap();
    let options = PracticeOptions::immediate()
        .fleet(Fleet::many(told(DEVICES).parse().unwrap()))
        .journal_file(told(JOURNAL))
        .known_as(told(FRONT));
    let tenant = PracticeTenant::start(options).unwrap();
    if told(ONLINE) == "no" {
        for device in tenant.device_ids() {
            tenant.set_online(&device, false).unwrap();
        }
    }
    println!("listens on {}", tenant.url());
    // Until whoever started it is gone.
    let _ = std::io::stdin().read(&mut [0]);
}

/// A tenant with devices numbered from one.
pub struct Tenant {
    process: Child,
    _said: Said,
    url: String,
    folder: TempDir,
}

impl Tenant {
    pub fn start(devices: usize, online: bool, front: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut process = role("tenant", "tenant::the_tenant")
            .env(DEVICES, devices.to_string())
            .env(ONLINE, if online { "yes" } else { "no" })
            .env(FRONT, front)
            .env(JOURNAL, folder.path().join("journal.jsonl"))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = Said::of(&mut process);
        let url = said.line("listens on ").unwrap();
        Self {
            process,
            _said: said,
            url,
            folder,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("journal.jsonl")
    }

    /// How many times the request for a device reached the tenant.
    pub fn posts(&self, device: &str) -> usize {
        let text = std::fs::read_to_string(self.journal()).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|entry| entry["route"] == "resetPasscode" && entry["device"] == device)
            .count()
    }

    /// How to reach it, if Graph is there.
    pub fn environment(&self, graph: &str) -> [(&'static str, String); 6] {
        [
            ("PASSCODE_CLOUD", "custom".to_owned()),
            ("PASSCODE_GRAPH_URL", graph.to_owned()),
            ("PASSCODE_AUTHORITY_URL", self.url.clone()),
            ("AZURE_TENANT_ID", PRACTICE_TENANT_ID.to_owned()),
            ("AZURE_CLIENT_ID", PRACTICE_CLIENT_ID.to_owned()),
            ("AZURE_CLIENT_SECRET", PRACTICE_CLIENT_SECRET.to_owned()),
        ]
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
