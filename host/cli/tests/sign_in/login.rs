//! `passcode login`, and what other commands do where a person would have to sign in.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::Value;

use crate::authority::{Authority, REFRESH, USER_CODE};
#[cfg(target_os = "linux")]
use crate::keyring::Keyring;
use crate::support::{Home, ran};

/// Whether nobody's sign-in rests in a home.
fn nothing_kept(home: &Home) -> bool {
    !home.path().join("sign-ins").exists()
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_keyring_nobody_is_asked_and_what_would_help_is_said() {
    let authority = Authority::start();
    let mut home = authority.home();
    for words in [&["login"][..], &["login", "--browser", "--quiet"]] {
        let ran = home.run(words);
        let refused = ran.fails(3, "keyring-unavailable");
        assert!(!ran.stderr.contains("To sign in"), "{ran:?}");
        let message = refused["message"].as_str().unwrap();
        assert!(
            message.starts_with("nobody was asked to sign in"),
            "{message}"
        );
        let remedy = refused["remedy"].as_str().unwrap();
        for part in ["GNOME Keyring", "PASSCODE_AUTH=device-code", "as an app"] {
            assert!(remedy.contains(part), "{remedy}");
        }
    }
    assert!(authority.asked().is_empty(), "{:?}", authority.asked());
    assert!(nothing_kept(&home));
    home.set("PASSCODE_AUTH", "kept-sign-in");
    let refused = home.run(&["auth", "status"]).fails(3, "not-signed-in");
    let remedy = refused["remedy"].as_str().unwrap();
    assert!(remedy.starts_with("sign in: `passcode login`"), "{remedy}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_code_is_shown_and_what_cannot_be_kept_is_no_sign_in() {
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let authority = Authority::start();
    authority.refuse(&["authorization_pending"]);
    let mut home = authority.home();
    home.set("DBUS_SESSION_BUS_ADDRESS", keyring.address());
    let ran = home.run(&["login", "--quiet"]);
    let document = ran.expect(0, "login");
    assert!(ran.stderr.contains(USER_CODE), "{ran:?}");
    assert!(ran.stderr.contains("https://microsoft.com/devicelogin"));
    assert_eq!(document["kept"], true);
    assert_eq!(document["user"], "helpdesk@contoso.example");
    home.run(&["logout"]).expect(0, "logout");

    authority.give_no_refresh_token();
    let ran = home.run(&["login"]);
    let refused = ran.fails(3, "sign-in-not-kept");
    assert!(ran.stderr.contains(USER_CODE), "{ran:?}");
    let remedy = refused["remedy"].as_str().unwrap();
    assert!(remedy.contains("PASSCODE_AUTH=device-code"), "{remedy}");
    assert!(nothing_kept(&home));

    // The keyring is there, and the file's place is taken.
    std::fs::create_dir(home.path().join("sign-ins")).unwrap();
    let authority = Authority::start();
    let (inside, mut home) = (home, authority.home());
    home.set("DBUS_SESSION_BUS_ADDRESS", keyring.address());
    home.set("PASSCODE_HOME", inside.path().to_str().unwrap());
    let refused = home.run(&["login"]).fails(3, "sign-ins-file");
    let message = refused["message"].as_str().unwrap();
    assert!(message.starts_with("you signed in, and nothing is kept"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_browser_brings_a_code_that_is_taken_only_with_our_state() {
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let authority = Authority::start();
    let mut home = authority.home();
    home.set("DBUS_SESSION_BUS_ADDRESS", keyring.address());
    let mut child = home
        .command(&["login", "--browser"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let address = loop {
        let mut line = String::new();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0);
        if line.trim_start().starts_with("http") {
            break url::Url::parse(line.trim()).unwrap();
        }
    };
    let query = |name: &str| {
        let mut pairs = address.query_pairs();
        pairs.find(|(own, _)| own == name).unwrap().1.into_owned()
    };
    assert!(address.as_str().starts_with(&authority.url));
    let port = query("redirect_uri").replace("http://localhost:", "");
    for (state, code) in [("guess", "CANARY-stolen"), (&query("state"), "CANARY-code")] {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let target = format!("GET /?code={code}&state={state} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        std::io::Write::write_all(&mut stream, target.as_bytes()).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    let done = ran(child.wait_with_output().unwrap());
    assert_eq!(done.code, 0, "{done:?} {rest}");
    assert_eq!(done.json()["kind"], "browser");
    assert_eq!(authority.values("code"), ["CANARY-code"]);
    let verifier = &authority.values("code_verifier")[0];
    let seen = format!("{address}{rest}{done:?}");
    for secret in [verifier.as_str(), "CANARY", REFRESH, &authority.token] {
        assert!(!seen.contains(secret), "{secret}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_sign_in_that_is_declined_signs_nobody_in() {
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let authority = Authority::start();
    authority.refuse(&["authorization_declined"]);
    let mut home = authority.home();
    home.set("DBUS_SESSION_BUS_ADDRESS", keyring.address());
    let refused = home.run(&["login"]).fails(3, "sign-in-declined");
    assert_eq!(refused["remedy"], "sign in again, and accept");
    assert!(nothing_kept(&home));
}

#[test]
fn what_is_missing_or_needless_is_said_before_anybody_is_asked() {
    let authority = Authority::start();
    let mut home = authority.home();
    home.run(&["login", "--practice"]).fails(2, "usage");
    home.run(&["login", "--browser", "--device-code"])
        .fails(2, "usage");
    home.set("AZURE_CLIENT_ID", "");
    for verb in ["login", "logout"] {
        let refused = home.run(&[verb]).fails(2, "usage");
        let remedy = refused["remedy"].as_str().unwrap();
        assert!(remedy.contains("passcode auth setup"), "{remedy}");
    }
    assert!(authority.asked().is_empty());
}

#[test]
fn without_a_terminal_only_login_asks() {
    let authority = Authority::start();
    let mut home = authority.home();
    for way in ["device-code", "browser", "kept-sign-in"] {
        home.set("PASSCODE_AUTH", way);
        for command in [
            &["devices"][..],
            &["reset", "--serial", "SAMPLE-COSU-0001", "--yes"],
            &["status"],
            &["auth", "status"],
        ] {
            let ran = home.run(command);
            ran.fails(3, "not-signed-in");
            assert!(!ran.stderr.contains(USER_CODE), "{ran:?}");
        }
    }
    assert!(authority.asked().is_empty(), "{:?}", authority.asked());
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_every_command_asks_once_and_goes_on() {
    let authority = Authority::start();
    let mut home = authority.home();
    home.set("PASSCODE_AUTH", "device-code");
    let binary = env!("CARGO_BIN_EXE_passcode");
    // A terminal, by util-linux; the command's own terminal, not this test's.
    let mut command = home.command(&[]);
    let settings: Vec<_> = command
        .get_envs()
        .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
        .collect();
    command = std::process::Command::new("script");
    for (name, value) in settings {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let inner = format!("{binary} devices --serial SAMPLE-COSU-0001 -o json");
    command.args(["-qec", &inner, "/dev/null"]);
    let Ok(output) = command.stdin(Stdio::null()).output() else {
        eprintln!("skipped: no `script` here");
        return;
    };
    let all = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{all}");
    assert!(
        all.contains(USER_CODE) && all.contains("KIOSK-0001"),
        "{all}"
    );
    assert!(all.contains("note: the sign-in is not kept"), "{all}");
    assert!(!all.contains(REFRESH) && !all.contains(&authority.token));
    let codes = authority.asked();
    let codes = codes.iter().filter(|one| one.path.ends_with("devicecode"));
    assert_eq!(codes.count(), 1);
}

#[test]
fn logging_out_says_what_it_cannot_undo() {
    let authority = Authority::start();
    let home = authority.home();
    std::fs::write(home.path().join("sign-ins"), "of another time").unwrap();
    let out = home.run(&["logout"]).expect(0, "logout");
    // It could not be read, so that it cannot be told whose it was.
    assert_eq!((&out["removed"], &out["all"]), (&true.into(), &true.into()));
    assert!(nothing_kept(&home));
    let again = home.run(&["logout"]).expect(0, "logout");
    assert_eq!(again["removed"], false);
    let remains = again["remains"].as_array().unwrap();
    assert!(
        remains
            .iter()
            .filter_map(Value::as_str)
            .any(|line| line.contains("Revoke"))
    );
    std::fs::write(home.path().join("sign-ins"), "of another time").unwrap();
    assert_eq!(home.run(&["logout", "--all"]).json()["removed"], true);
    assert!(nothing_kept(&home));
    assert!(authority.asked().is_empty());
}
