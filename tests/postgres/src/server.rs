//! One server: made, started, killed, started again, removed.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::process::{User, command, kill};

/// Waits until whoever started it is gone, stops the server and removes its folder.
const JANITOR: &str = r#"cat >/dev/null; trap '' INT TERM HUP
"$1/pg_ctl" -D "$2/data" -m immediate -w stop; cd /; rm -rf "$2""#;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Its superuser is `postgres`, without a password on the socket and with
/// [`Server::PASSWORD`] on the loopback address.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<User>,
    port: u16,
    databases: AtomicU32,
    runs: AtomicU32,
    /// The server itself, while it runs. It is our own child, so that it is gone when it was killed
    /// and not when somebody else looks after it: its lock names a process.
    process: Mutex<Option<Child>>,
    janitor: Mutex<Child>,
}

impl Server {
    /// What `postgres` has to say on the loopback address.
    pub const PASSWORD: &str = "not-to-be-shown";

    pub(crate) fn new(programs: &Path, settings: &[&str]) -> Self {
        let user = User::other();
        // Short, because a socket's path may not be long.
        let folder = tempfile::Builder::new()
            .prefix("pc-pg-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        // Whoever a test becomes, its socket is in there; the data are in a folder of their own.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&folder, mode).expect("a folder is opened");
        if let Some(user) = user {
            user.owns(&folder);
        }
        let janitor = command(Path::new("/bin/sh"), user, &folder)
            .args(["-c", JANITOR, "janitor"])
            .arg(programs)
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let mut server = Self {
            programs: programs.to_owned(),
            folder,
            user,
            port: 0,
            databases: AtomicU32::new(0),
            runs: AtomicU32::new(0),
            process: Mutex::new(None),
            janitor: Mutex::new(janitor),
        };
        server.make(settings);
        server
    }

    fn make(&mut self, settings: &[&str]) {
        let words = self.folder.join("password");
        fs::write(&words, Self::PASSWORD).expect("a file is written");
        if let Some(user) = self.user {
            user.owns(&words);
        }
        self.run(
            "initdb",
            &[
                "--pgdata=data",
                "--username=postgres",
                "--encoding=UTF8",
                "--no-locale",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--pwfile=password",
                "--no-sync",
                // Less to write, and to bring to the disk after a kill.
                "--wal-segsize=1",
            ],
        )
        .expect("a server is made");
        let data = self.folder.join("data");
        let mut lines = String::new();
        for line in [
            "listen_addresses = '127.0.0.1'",
            "max_connections = 200",
            "shared_buffers = 32MB",
            // One server of several on a machine that does other things.
            "max_parallel_workers_per_gather = 0",
            "log_min_messages = warning",
        ] {
            let _ = writeln!(lines, "{line}");
        }
        let _ = writeln!(
            lines,
            "unix_socket_directories = '{}'",
            self.folder.display()
        );
        for line in settings {
            let _ = writeln!(lines, "{line}");
        }
        let file = data.join("postgresql.conf");
        let before = fs::read_to_string(&file).expect("postgresql.conf is read");
        // Somebody else may take a port between our look and the server's.
        for left in (0..5).rev() {
            self.port = free_port();
            let text = format!("{before}\n{lines}port = {}\n", self.port);
            fs::write(&file, text).expect("postgresql.conf is written");
            match self.try_start() {
                Ok(()) => return,
                Err(said) if left == 0 => panic!("PostgreSQL does not start: {said}"),
                Err(_) => {}
            }
        }
    }

    /// Run one of its programs; what it said if it failed.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        // Into a file: a server that outlives the program would keep a pipe open.
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let said = self.folder.join(format!("{program}-{number}.log"));
        let file = fs::File::create(&said).expect("a file is made");
        let status = command(&self.programs.join(program), self.user, &self.folder)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file has two names"))
            .stderr(file)
            .status()
            .expect("a program of PostgreSQL starts");
        if status.success() {
            return Ok(());
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(format!(
            "{}{log}",
            fs::read_to_string(&said).unwrap_or_default()
        ))
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Start it and wait until it takes connections; what it said if it ended instead.
    fn try_start(&self) -> Result<(), String> {
        let log = self.folder.join("log");
        let file = fs::OpenOptions::new().create(true).append(true).open(&log);
        let file = file.expect("a log is opened");
        let mut child = command(&self.programs.join("postgres"), self.user, &self.folder)
            .args(["-D", "data"])
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file has two names"))
            .stderr(file)
            // Whoever interrupts the tests leaves it to the janitor.
            .process_group(0)
            .spawn()
            .expect("a server starts");
        let begun = Instant::now();
        loop {
            let ended = child.try_wait().expect("a child is looked at");
            if ended.is_some() || begun.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                return Err(fs::read_to_string(&log).unwrap_or_default());
            }
            if self.takes_connections(child.id()) {
                *self.process() = Some(child);
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What `pg_ctl` waits for: the server's number in the first line of its lock, and `ready` in the
    /// eighth.
    fn takes_connections(&self, id: u32) -> bool {
        let lock = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        let mut lines = lock.lines();
        lines.next() == Some(id.to_string().as_str())
            && lines.nth(6).is_some_and(|word| word.trim() == "ready")
    }

    /// Start it again after [`Server::kill`]. It recovers what it had promised to keep.
    ///
    /// # Panics
    ///
    /// It does not start within a minute.
    pub fn start(&self) {
        // Those that it had started may not be gone yet, and hold its memory.
        let begun = Instant::now();
        while let Err(said) = self.try_start() {
            assert!(
                begun.elapsed() < PATIENCE,
                "PostgreSQL does not start again: {said}"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// End it and all its processes at once, as a power failure would.
    ///
    /// # Panics
    ///
    /// It does not run.
    pub fn kill(&self) {
        let mut child = self.process().take().expect("the server runs");
        kill(child.id());
        child.wait().expect("the server is gone");
    }

    /// Let it read changed settings: lines that come after those that it has.
    ///
    /// # Panics
    ///
    /// The settings cannot be written.
    pub fn set(&self, settings: &[&str]) {
        let file = self.folder.join("data/postgresql.conf");
        let mut text = fs::read_to_string(&file).expect("postgresql.conf is read");
        for line in settings {
            let _ = writeln!(text, "{line}");
        }
        fs::write(&file, text).expect("postgresql.conf is written");
        self.run("pg_ctl", &["-D", "data", "-s", "reload"])
            .expect("the server reads its settings");
    }

    /// A file in the server's folder, to be named in a setting.
    ///
    /// # Panics
    ///
    /// It cannot be written.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.join(name);
        fs::write(&path, content).expect("a file is written");
        // A key that others may read is refused.
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&path, mode).expect("a file is closed to others");
        if let Some(user) = self.user {
            user.owns(&path);
        }
        path
    }

    /// Make an empty database; where it is, by the socket.
    ///
    /// # Panics
    ///
    /// It cannot be made.
    pub fn database(&self) -> String {
        self.socket_url(&self.named_database())
    }

    /// Make an empty database; its name.
    ///
    /// # Panics
    ///
    /// It cannot be made.
    pub fn named_database(&self) -> String {
        let name = format!("case{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let port = self.port.to_string();
        let folder = self.folder.display().to_string();
        self.run(
            "createdb",
            &["-h", &folder, "-p", &port, "-U", "postgres", &name],
        )
        .expect("a database is made");
        name
    }

    /// Where a database is, by the socket: any user of this machine, no password.
    #[must_use]
    pub fn socket_url(&self, database: &str) -> String {
        let (port, folder) = (self.port, self.folder.display());
        format!("postgres://postgres@localhost:{port}/{database}?host={folder}")
    }

    /// Where a database is, by the loopback address.
    #[must_use]
    pub fn address_url(&self, database: &str) -> String {
        let (port, password) = (self.port, Self::PASSWORD);
        format!("postgres://postgres:{password}@127.0.0.1:{port}/{database}")
    }

    /// The port on the loopback address.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Hearing the end of its input it does its work. A server in a static is not dropped; there
        // the end of this process closes the pipe.
        let janitor = self
            .janitor
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        drop(janitor.stdin.take());
        let _ = janitor.wait();
        if let Some(mut child) = self.process().take() {
            let _ = child.wait();
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("a port has a number").port()
}
