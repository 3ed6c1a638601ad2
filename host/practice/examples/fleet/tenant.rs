//! The practice tenant's part.

use std::io::BufRead as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use passcode_practice::{
    ActionState, Fleet, PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET, PracticeOptions, PracticeTenant,
};
use serde_json::json;

/// A journal of a million requests would be most of what the tenant does, and all of its memory.
const JOURNAL: Duration = Duration::from_millis(50);

/// Serve until the standard input ends. A line `keep` stops forgetting what was asked, for `/practice/journal`; `resets`
/// answers how many devices were reset exactly once, and how many more often.
pub(crate) fn run(count: usize) {
    let options = PracticeOptions::immediate()
        .fleet(Fleet::many(count))
        .https(Some(0))
        .control_key("fleet");
    let tenant = PracticeTenant::start(options).unwrap();
    let ca = tenant.ca_pem().unwrap_or_default();
    println!(
        "{}",
        json!({
            "url": tenant.url(),
            "https": tenant.https_url(),
            "ca": ca,
            "environment": {
                "PASSCODE_CLOUD": "custom",
                "PASSCODE_GRAPH_URL": tenant.url(),
                "PASSCODE_AUTHORITY_URL": tenant.url(),
                "AZURE_TENANT_ID": tenant.tenant_id(),
                "AZURE_CLIENT_ID": PRACTICE_CLIENT_ID,
                "AZURE_CLIENT_SECRET": PRACTICE_CLIENT_SECRET,
            },
        })
    );
    let forgets = Arc::new(AtomicBool::new(true));
    let (control, forgetting) = (tenant.control(), Arc::clone(&forgets));
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(JOURNAL);
            if forgetting.load(Ordering::Relaxed) {
                control.clear_journal();
            }
        }
    });
    for line in std::io::stdin().lock().lines() {
        match line.unwrap().as_str() {
            "keep" => forgets.store(false, Ordering::Relaxed),
            _ => println!("{}", resets(&tenant)),
        }
    }
}

fn resets(tenant: &PracticeTenant) -> serde_json::Value {
    let (mut once, mut more) = (0, 0);
    for id in tenant.device_ids() {
        let resets = tenant.resets(&id).unwrap();
        match resets.as_slice() {
            [] => {}
            [(ActionState::Done, _)] => once += 1,
            _ => more += 1,
        }
    }
    json!({ "once": once, "more": more })
}
