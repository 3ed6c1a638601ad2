//! All cases side by side. The test harness runs as many as there are processors, and these wait
//! for leases and budgets most of their time.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::{Mutex, OnceLock};
use std::thread::{Builder, JoinHandle};

use crate::CASES;

type Begun = Mutex<BTreeMap<&'static str, JoinHandle<()>>>;

/// Run a case, or wait for it if it runs already. The first one begins all others, unless only some
/// were asked for.
pub fn case(name: &str) {
    static BEGUN: OnceLock<Begun> = OnceLock::new();
    let begun = BEGUN.get_or_init(|| {
        // Every positional argument chooses cases; so does a flag's value, and then it is one by one.
        let chosen = std::env::args()
            .skip(1)
            .any(|argument| !argument.starts_with('-') || argument == "--exact");
        let begin = CASES.iter().filter(|_| !chosen).map(|(name, case)| {
            let thread = Builder::new().name((*name).to_owned());
            (*name, thread.spawn(case).unwrap())
        });
        Mutex::new(begin.collect())
    });
    let thread = begun.lock().unwrap().remove(name);
    match thread {
        Some(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
        None => CASES.iter().find(|(one, _)| *one == name).unwrap().1(),
    }
}
