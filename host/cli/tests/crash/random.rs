//! Kills at random instants: of the command, of the one that is started after it, and of one of
//! two that carry out the same plan at the same time.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::point::{State, kill};
use crate::rounds;
use crate::scene::Scene;
use crate::tenant::Tenant;

/// Numbers that a seed determines (SplitMix64).
pub struct Random(u64);

impl Random {
    /// From `PASSCODE_SEED`, else from the clock. Printed, so that a failure can be repeated.
    pub fn from_environment() -> Self {
        let seed = match std::env::var("PASSCODE_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) => SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64,
        };
        println!("PASSCODE_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}

fn execute(scene: &Scene, plan: &str) -> Child {
    let mut command = scene
        .home
        .command(&["execute", plan, "--yes", "--timeout", "2s"]);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How long the command takes when nobody kills it.
fn usual(scene: &Scene) -> Duration {
    let (plan, _) = scene.plans(0);
    let began = Instant::now();
    assert!(execute(scene, &plan).wait().unwrap().success());
    began.elapsed()
}

#[test]
fn at_any_instant() {
    let tenant = Tenant::start(rounds() + 1, true, "");
    let url = tenant.url().to_owned();
    let scene = Scene::new(tenant, &url);
    let usual = u64::try_from(usual(&scene).as_micros()).unwrap();
    let mut random = Random::from_environment();
    let mut met = [0; 4];
    for round in 1..=rounds() {
        let (plan, rival) = scene.plans(round);
        let (rivals, again) = (random.below(4) == 0, random.below(3) == 0);
        // Most of what matters happens late: before, everything is only read.
        let mut instant = || {
            let from = [0, usual / 3, usual / 2, usual * 2 / 3][random.below(4) as usize];
            Duration::from_micros(from + random.below(usual - from))
        };
        let (first, second) = (instant(), instant());
        let mut other = rivals.then(|| execute(&scene, &plan));
        let process = execute(&scene, &plan);
        std::thread::sleep(first);
        kill(process);
        if let Some(other) = &mut other {
            other.wait().unwrap();
        }
        if again {
            let process = execute(&scene, &plan);
            std::thread::sleep(second);
            kill(process);
        }
        let what = format!("round {round}, rivals: {rivals}, twice: {again}");
        let mut state = scene.status(&plan);
        if state == State::Unknown && scene.posts(round) == 1 {
            // It was still on its way when its sender died, and has arrived since.
            state = scene.status(&plan);
        }
        match state {
            State::NeverSent | State::Unknown => assert_eq!(scene.posts(round), 0, "{what}"),
            State::Pending | State::Done => assert_eq!(scene.posts(round), 1, "{what}"),
        }
        met[state as usize] += 1;
        scene.start_again(round, (&plan, &rival), state);
    }
    println!("never sent, unknown, pending, done: {met:?}");
}
