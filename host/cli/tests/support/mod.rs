//! The built command, in a home of its own.

#![allow(dead_code, reason = "every test file uses its own part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]
#![allow(unreachable_pub, reason = "a module of several test programs")]

#[cfg(unix)]
pub mod people;
#[cfg(target_os = "linux")]
pub mod pty;
pub mod random;
pub mod wire;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// Variables of the machine that the tests run on, which are none of theirs: a workflow has its
/// own sign-in.
const ELSEWHERE: [&str; 7] = [
    "AZURE_",
    "PASSCODE_",
    "NO_COLOR",
    "ACTIONS_ID_TOKEN_",
    "IDENTITY_",
    "MSI_",
    "SYSTEM_",
];

/// A home folder, gone at the end.
pub struct Home {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a call brought.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A folder of compiled components: compiling takes longer than everything else a test does.
fn warmed() -> &'static Path {
    static WARM: OnceLock<TempDir> = OnceLock::new();
    WARM.get_or_init(|| {
        let home = Home {
            folder: TempDir::new().unwrap(),
            environment: Vec::new(),
        };
        assert_eq!(home.run(&["matrix", "-o", "none"]).code, 0);
        home.folder
    })
    .path()
}

impl Home {
    pub fn new() -> Self {
        let home = Self {
            folder: TempDir::new().unwrap(),
            environment: Vec::new(),
        };
        let (from, to) = (warmed().join("cache"), home.path().join("cache"));
        if from.is_dir() {
            std::fs::create_dir(&to).unwrap();
            for file in std::fs::read_dir(from).unwrap() {
                let file = file.unwrap();
                std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
        home
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Use the tenant of a practice process from now on.
    pub fn connect(&mut self, tenant: &Tenant) {
        let environment = tenant.announced["environment"].as_object().unwrap();
        self.environment = environment
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect();
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(own, _)| own != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(own, _)| own != name);
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_passcode"));
        command.args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars() {
            if ELSEWHERE.iter().any(|own| name.starts_with(own)) {
                command.env_remove(name);
            }
        }
        command.env("PASSCODE_HOME", self.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    /// With `--practice`, at once.
    pub fn practice(&self, arguments: &[&str]) -> Ran {
        let mut all = arguments.to_vec();
        all.extend(["--practice", "--pace", "0"]);
        self.run(&all)
    }
}

pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// The document on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The document, after the exit code and the schema were compared.
    #[track_caller]
    pub fn expect(&self, code: i32, kind: &str) -> Value {
        assert_eq!(self.code, code, "{self:?}");
        let json = self.json();
        assert_eq!(json["schema"], format!("passcode/{kind}/v1"), "{self:?}");
        json
    }

    /// A failure with this code.
    #[track_caller]
    pub fn fails(&self, exit: i32, code: &str) -> Value {
        let json = self.expect(exit, "error");
        assert_eq!(json["code"], code, "{self:?}");
        assert_eq!(json["exitCode"], exit);
        assert!(self.stderr.contains("error: "), "{self:?}");
        json
    }
}

/// `passcode practice` as a process of its own.
pub struct Tenant {
    child: Child,
    pub announced: Value,
}

impl Tenant {
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut all = vec!["practice", "-o", "json"];
        all.extend(arguments);
        let mut child = home
            .command(&all)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            announced: serde_json::from_str(&line).unwrap(),
        }
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One POST to the control surface of a tenant whose key is `k`.
pub fn control(tenant: &Tenant, path: &str, body: &str) -> String {
    steer(tenant, "POST", path, body)
}

/// What reached a tenant whose key is `k`.
pub fn journal(tenant: &Tenant) -> Vec<Value> {
    let answer = steer(tenant, "GET", "journal", "");
    serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

fn steer(tenant: &Tenant, method: &str, path: &str, body: &str) -> String {
    use std::io::{Read as _, Write as _};
    let url = tenant.announced["url"].as_str().unwrap();
    let authority = url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(authority).unwrap();
    let request = format!(
        "{method} /practice/{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nx-practice-key: k\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
