//! The practice tenant's part.

use passcode_host::parse_rfc3339;
use passcode_practice::{Fleet, PracticeOptions, PracticeTenant, Throttle, TokenRequest};

use crate::{DEVICES, REQUESTS, WINDOW, WRITES};

/// Serve until told, then say how many were refused as too many, and when each reset arrived, in microseconds.
pub(crate) fn run() {
    let throttle = Throttle {
        writes: Some(WRITES),
        any: Some(REQUESTS),
        window: WINDOW,
        retry_after: true,
    };
    let options = PracticeOptions::immediate()
        .fleet(Fleet::many(DEVICES))
        .throttle(throttle);
    let tenant = PracticeTenant::start(options).unwrap();
    println!("{}", tenant.url());
    println!("{}", tenant.mint_token(&TokenRequest::help_desk()));
    let _ = std::io::stdin().read_line(&mut String::new());
    let journal = tenant.journal();
    let throttled = journal.iter().filter(|one| one.status == Some(429)).count();
    println!("{throttled}");
    let mut arrived: Vec<i128> = journal
        .iter()
        .filter(|one| one.accepted && one.route == "resetPasscode")
        .map(|one| parse_rfc3339(&one.at).unwrap().unix_timestamp_nanos() / 1_000)
        .collect();
    arrived.sort_unstable();
    let arrived: Vec<String> = arrived.iter().map(ToString::to_string).collect();
    println!("{}", arrived.join(" "));
}
