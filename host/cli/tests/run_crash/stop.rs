//! Ends that somebody asks for: Ctrl-C, and `run stop` from elsewhere.

use std::time::{Duration, Instant};

use passcode_ledger::run::RunState;

use crate::database::Database;
use crate::judge::judge;
use crate::scene::{Scene, Worker, until};
use crate::support::Ran;

const DEVICES: usize = 48;
const AT_ONCE: u32 = 4;

/// A run whose requests take a while, in the middle of its sending.
fn sending() -> (Scene, Worker) {
    let scene = Scene::without_faults(Database::Home, DEVICES, AT_ONCE);
    scene.faults(r#"{"faults": ["slow,count=0,seconds=1,method=POST,route=resetPasscode"]}"#);
    let worker = scene.start();
    until("some were sent", || (scene.posts().len() > 5).then_some(()));
    (scene, worker)
}

/// Nothing begins any more but what was in hand, and the run can go on.
fn ended(mut scene: Scene, before: usize, ran: &Ran, code: &str) {
    let failure = ran.fails(130, code);
    let remedy = failure["remedy"].as_str().unwrap();
    let run = scene.run().unwrap();
    let resume = format!("passcode run resume {}", &run.new.id[..8]);
    assert!(remedy.contains(&resume), "{failure}");
    assert_eq!(run.state, RunState::Stopped);
    let after = scene.posts().len();
    assert!(
        after <= before + AT_ONCE as usize,
        "{before} before, {after} after"
    );
    // Whoever asked is told how far it came, and it is true.
    assert_eq!(scene.tally().unwrap().claimed, 0);
    scene.finish(1);
    judge(&mut scene);
}

pub fn ctrl_c() {
    let (scene, worker) = sending();
    worker.interrupt();
    let before = scene.posts().len();
    let ran = scene.wait(worker);
    ended(scene, before, &ran, "interrupted");
}

/// Of eight that are worked on at once, the service's limits let two send. The others have their
/// turn twenty seconds later, and do not get it.
pub fn before_their_turn() {
    const TURNS: usize = 2;
    let mut scene = Scene::without_faults(Database::Home, 8, 8);
    let mut text = std::fs::read_to_string(scene.run_file()).unwrap();
    text.push_str(&format!("budget: {{writesPer20s: {TURNS}}}\n"));
    std::fs::write(scene.run_file(), text).unwrap();
    let worker = scene.start();
    until("some were sent", || {
        (scene.posts().len() == TURNS).then_some(())
    });
    // Time enough for the others to stand before the limit.
    std::thread::sleep(Duration::from_secs(3));
    let begun = Instant::now();
    worker.interrupt();
    let ran = scene.wait(worker);
    let took = begun.elapsed();
    ran.fails(130, "interrupted");
    assert_eq!(scene.posts().len(), TURNS, "nothing left after it");
    assert!(
        took < Duration::from_secs(12),
        "it waited for turns: {took:?}"
    );
    assert_eq!(scene.intents(), TURNS, "nor was anything intended");
    let tally = scene.tally().unwrap();
    assert_eq!((tally.claimed, tally.planned), (0, 5), "{tally:?}");
    assert_eq!(scene.run().unwrap().state, RunState::Stopped);
    scene.finish(1);
    judge(&mut scene);
}

pub fn by_another_process() {
    let (mut scene, worker) = sending();
    let run = scene.run().unwrap().new.id;
    let stopped = scene.home.run(&["run", "stop", &run, "-o", "json"]);
    let before = scene.posts().len();
    let stopped = stopped.expect(0, "run-status");
    assert_eq!(stopped["state"], "stopped");
    let ran = scene.wait(worker);
    ended(scene, before, &ran, "run-stopped");
}
