//! With a keyring: GNOME's, on a session bus of its own. Where it is not installed these are
//! skipped, and say so.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::authority::{Authority, DEVICE_CODE, REFRESH};
use crate::canaries::{a_day, leaks};

/// A session bus with an unlocked keyring, gone at the end.
pub struct Keyring {
    session: Child,
    address: String,
    _folder: TempDir,
}

impl Keyring {
    pub fn start() -> Option<Self> {
        let there = |program: &str| {
            let asked = Command::new(program).arg("--version").output();
            asked.is_ok_and(|output| output.status.success())
        };
        if !there("dbus-run-session") || !there("gnome-keyring-daemon") {
            eprintln!("skipped: no dbus-run-session and gnome-keyring-daemon here");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let script = "printf sample | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n\
                      echo \"$DBUS_SESSION_BUS_ADDRESS\"\ncat >/dev/null\n";
        let mut session = Command::new("dbus-run-session")
            .args(["--", "sh", "-c", script])
            .env("HOME", folder.path())
            .env("XDG_DATA_HOME", folder.path().join("data"))
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(session.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        assert!(!address.trim().is_empty());
        Some(Self {
            session,
            address: address.trim().to_owned(),
            _folder: folder,
        })
    }

    /// Of its bus.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        // Its script ends with its input, and the bus with its script.
        drop(self.session.stdin.take());
        let _ = self.session.wait();
    }
}

#[test]
fn a_sign_in_rests_encrypted_serves_every_command_and_is_forgotten() {
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let authority = Authority::start();
    let mut home = authority.home();
    home.set("DBUS_SESSION_BUS_ADDRESS", &keyring.address);
    let ran = home.run(&["login"]);
    let said = ran.expect(0, "login");
    assert_eq!(said["kept"], true, "{ran:?}");
    let file = home.path().join("sign-ins");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // Nobody is asked again, not even where the way would ask.
    let before = authority.asked().len();
    for way in ["kept-sign-in", "device-code", "browser"] {
        home.set("PASSCODE_AUTH", way);
        let said = home.run(&["auth", "status"]).expect(0, "auth");
        assert_eq!(said["kind"], "kept-sign-in");
        assert_eq!(said["user"], "helpdesk@contoso.example");
    }
    let asked = authority.asked();
    let grants = asked[before..]
        .iter()
        .map(|one| one.form["grant_type"].as_str());
    assert_eq!(grants.collect::<Vec<_>>(), ["refresh_token"; 3]);

    let heard = format!("{ran:?}{}", a_day(&authority, &home));
    let secrets = [
        REFRESH,
        DEVICE_CODE,
        authority.token.as_str(),
        "CANARY-passcode",
    ];
    let leaks = leaks(&heard, home.path(), &secrets.map(str::to_owned));
    assert!(leaks.is_empty(), "{leaks:?}");

    // Another app's is another sign-in, and stays.
    let mut other = authority.home();
    other.set("DBUS_SESSION_BUS_ADDRESS", &keyring.address);
    other.set("PASSCODE_HOME", home.path().to_str().unwrap());
    other.set("AZURE_CLIENT_ID", "00000000-da97-42d9-8f1a-fd6a7cb650b4");
    assert_eq!(other.run(&["login"]).json()["kept"], true);
    assert_eq!(home.run(&["logout"]).json()["removed"], true);
    home.run(&["auth", "status"]).fails(3, "not-signed-in");
    other.set("PASSCODE_AUTH", "kept-sign-in");
    other.run(&["auth", "status"]).expect(0, "auth");
    assert_eq!(other.run(&["logout"]).json()["removed"], true);
    assert!(!file.exists());
}

/// Who signs in anew may be somebody else: what an earlier sign-in left is not used for it.
#[test]
fn a_new_login_asks_anew() {
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let authority = Authority::start();
    let mut home = authority.home();
    home.set("DBUS_SESSION_BUS_ADDRESS", &keyring.address);
    for _ in 0..2 {
        assert_eq!(home.run(&["login"]).json()["kept"], true);
    }
    let grants = authority.values("grant_type");
    assert!(
        !grants.iter().any(|grant| grant == "refresh_token"),
        "{grants:?}"
    );
    let codes = authority.asked();
    let codes = codes.iter().filter(|one| one.path.ends_with("devicecode"));
    assert_eq!(codes.count(), 2);
}
