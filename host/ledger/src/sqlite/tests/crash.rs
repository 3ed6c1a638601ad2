//! What is left when a process ends in the middle: `kill -9`, a file size limit, a user who may
//! not write. Each runs this very test program again, with a role.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use passcode_host::ledger::{IntentRefused, SendLedger as _, Sending};

use super::home;
use crate::conformance::{intent, plan};
use crate::{Reported, SqliteLedger};

const ROLE: &str = "PASSCODE_LEDGER_TEST_ROLE";
const PATH: &str = "PASSCODE_LEDGER_TEST_PATH";

/// This program, running only the part that a child plays.
fn child(role: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture", "sqlite::tests::crash::the_child"])
        .env(ROLE, role)
        .env(PATH, path)
        .stdout(Stdio::piped());
    command
}

/// What a child does. Without a role, nothing.
#[tokio::test]
async fn the_child() {
    let (Ok(role), Ok(path)) = (std::env::var(ROLE), std::env::var(PATH)) else {
        return;
    };
    let opened = SqliteLedger::open(&path, false).await;
    if role == "open" {
        println!("opened {:?}", opened.map(drop).map_err(|error| error.fault));
        return;
    }
    let ledger = opened.unwrap();
    if role == "half" {
        let next = plan("half", "a");
        ledger.keep_plan(&next).await.unwrap();
        let mut connection = ledger.connection.lock().await;
        let transaction = ledger.begin(&mut connection).unwrap();
        ledger
            .insert_in(&transaction, &intent(&next, "half"))
            .unwrap();
        println!("intended 0");
        return std::future::pending().await;
    }
    if role == "many" {
        return many(std::sync::Arc::new(ledger)).await;
    }
    // Says what is durable, after it is, until it is killed or may not go on.
    for at in 0..100_000 {
        let next = plan(&format!("device-{at}"), "a");
        let mut large = intent(&next, &format!("request-{at}"));
        large.request = "x".repeat(if role == "fill" { 2000 } else { 20 });
        let kept = ledger.keep_plan(&next).await.map_err(IntentRefused::from);
        let written = match kept {
            Ok(()) => ledger.intend(&large).await,
            Err(refused) => Err(refused),
        };
        match written {
            Ok(()) => println!("intended {at}"),
            Err(IntentRefused::Ledger(error)) => {
                println!("refused {:?}", error.fault);
                return;
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// As below, by many tasks at once.
async fn many(ledger: std::sync::Arc<SqliteLedger>) {
    let mut all = tokio::task::JoinSet::new();
    for task in 0..24 {
        let ledger = ledger.clone();
        all.spawn(async move {
            for at in (task..).step_by(24) {
                let next = plan(&format!("device-{at}"), "a");
                ledger.keep_plan(&next).await.unwrap();
                let intent = intent(&next, &format!("request-{at}"));
                ledger.intend(&intent).await.unwrap();
                println!("\nintended {at}");
            }
        });
    }
    all.join_all().await;
}

/// The numbers of the first intents that a child said were durable, and its last word if it
/// came to one.
fn lines(child: &mut Child, most: usize) -> (Vec<u32>, Option<String>) {
    let mut intended = Vec::new();
    let mut last = None;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while intended.len() < most {
        let Some(Ok(line)) = lines.next() else { break };
        // The test harness writes on the same line.
        if let Some((_, at)) = line.split_once("intended ") {
            intended.push(at.parse().unwrap());
        } else if line.contains("refused ") || line.contains("opened ") {
            last = Some(line);
        }
    }
    (intended, last)
}

#[tokio::test]
async fn what_was_intended_before_a_kill_is_reported_unknown_and_not_sent_again() {
    for round in 0..12 {
        let (_home, path) = home();
        let mut writing = child("write", &path).spawn().unwrap();
        let (intended, _) = lines(&mut writing, 1 + round * 3);
        writing.kill().unwrap();
        writing.wait().unwrap();
        assert!(!intended.is_empty());

        let ledger = SqliteLedger::open(&path, false).await.unwrap();
        ledger.check().await.unwrap();
        let found = ledger.recent(u32::MAX).await.unwrap();
        assert!(
            found.len() >= intended.len(),
            "nothing that was said is lost"
        );
        for attempt in &found {
            assert_eq!(attempt.sending, Sending::Intended);
            assert_eq!(Reported::of(attempt), Reported::Unknown);
        }
        for at in intended {
            let device = format!("device-{at}");
            let again = ledger.intend(&intent(&plan(&device, "a"), "again")).await;
            assert!(
                matches!(again, Err(IntentRefused::PlanUsed(_))),
                "{again:?}"
            );
            let other = plan(&device, "b");
            ledger.keep_plan(&other).await.unwrap();
            let other = ledger.intend(&intent(&other, "other")).await;
            assert!(
                matches!(other, Err(IntentRefused::Undecided(_))),
                "{other:?}"
            );
        }
    }
}

/// They share commits: a kill between two of them takes all of a batch, or none of it.
#[tokio::test]
async fn what_many_were_told_before_a_kill_is_there_after_it() {
    for round in 0..8 {
        let (_home, path) = home();
        let mut writing = child("many", &path).spawn().unwrap();
        let (intended, _) = lines(&mut writing, 5 + round * 20);
        writing.kill().unwrap();
        writing.wait().unwrap();
        let ledger = SqliteLedger::open(&path, false).await.unwrap();
        let checked = ledger.check().await.unwrap();
        assert_eq!(checked.lines, checked.plans + checked.attempts);
        for at in intended {
            let next = plan(&format!("device-{at}"), "a");
            assert_eq!(ledger.attempts(&next.id).await.unwrap().len(), 1, "{at}");
        }
    }
}

#[tokio::test]
async fn an_intent_that_was_not_finished_before_a_kill_was_never_made() {
    let (_home, path) = home();
    let mut writing = child("half", &path).spawn().unwrap();
    let (intended, _) = lines(&mut writing, 1);
    assert_eq!(intended, [0]);
    writing.kill().unwrap();
    writing.wait().unwrap();
    let ledger = SqliteLedger::open(&path, false).await.unwrap();
    assert!(ledger.recent(1).await.unwrap().is_empty());
    let next = intent(&plan("half", "a"), "whole");
    ledger.intend(&next).await.unwrap();
}

#[tokio::test]
async fn a_process_that_may_not_write_more_writes_nothing_by_halves() {
    let (_home, path) = home();
    SqliteLedger::open(&path, false)
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    let mut filling = child("fill", &path);
    // A limit of 256 KiB on each file, without the signal that would end the process.
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 512; exec \"$0\" \"$@\""])
        .arg(filling.get_program())
        .args(filling.get_args())
        .envs(
            filling
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdout(Stdio::piped());
    filling = limited;
    let mut filling = filling.spawn().unwrap();
    let (intended, last) = lines(&mut filling, usize::MAX);
    filling.wait().unwrap();
    assert_eq!(
        last.as_deref(),
        Some("refused Full"),
        "after {}",
        intended.len()
    );
    assert!(!intended.is_empty());

    let ledger = SqliteLedger::open(&path, false).await.unwrap();
    assert_eq!(
        ledger.check().await.unwrap().attempts,
        intended.len() as u64
    );
}

/// Needs to be root, to become somebody who is not the file's owner. Elsewhere the same is
/// tried as oneself.
#[tokio::test]
async fn a_ledger_that_may_not_be_written_is_read_only() {
    use std::os::unix::fs::PermissionsExt as _;
    const NOBODY: u32 = 65_534;
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let (root, path) = home();
    SqliteLedger::open(&path, false)
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    let before = fs::read(&path).unwrap();
    mode(root.path(), 0o755);
    let folder = path.parent().unwrap();
    let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(&path).unwrap());
    // The test program may lie where nobody else may look.
    let program = root.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    mode(&program, 0o755);
    // The last is a folder in which no ledger is and none may be made.
    for (of_folder, of_file, case) in [
        (0o555, 0o444, "file and folder"),
        (0o555, 0o644, "folder"),
        (0o755, 0o444, "file"),
        (0o755, 0o000, "unreadable"),
        (0o555, 0o010, "a new one"),
    ] {
        mode(&path, of_file);
        mode(folder, of_folder);
        let path = if of_file == 0o010 {
            folder.join("new.db")
        } else {
            path.clone()
        };
        let mut opening = Command::new(&program);
        opening
            .args(["--exact", "--nocapture", "sqlite::tests::crash::the_child"])
            .env(ROLE, "open")
            .env(PATH, &path)
            .current_dir(root.path())
            .stdout(Stdio::piped());
        if owner == 0 {
            opening.uid(NOBODY).gid(NOBODY);
        }
        let mut opening = opening.spawn().unwrap();
        let (_, last) = lines(&mut opening, 1);
        opening.wait().unwrap();
        let last = last.unwrap_or_default();
        assert!(last.ends_with("opened Err(ReadOnly)"), "{case}: {last}");
    }
    mode(folder, 0o755);
    mode(&path, 0o600);
    assert_eq!(fs::read(&path).unwrap(), before);
}
