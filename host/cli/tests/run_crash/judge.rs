//! What must be true when a run has finished, whatever happened on the way.

use std::collections::{BTreeMap, BTreeSet};

use passcode_audit::{Proof, What};
use serde_json::Value;

use crate::fleet::Fleet;
use crate::scene::Scene;
use crate::support::journal;

/// One request that reached the tenant.
#[derive(Debug)]
struct Post {
    name: String,
    executed: bool,
    /// Thrown away by a throttle, so that it may be asked again.
    throttled: bool,
}

/// Compare what the command shows with what the tenant wrote down.
pub fn judge(scene: &mut Scene) {
    let run = scene.run().unwrap().new.id;
    let posts = posts(scene);
    let shown = scene
        .home
        .run(&["run", "show", &run, "-o", "json", "--limit", "1000"]);
    let shown = shown.json();
    assert_eq!(shown["schema"], "passcode/run-devices/v1");
    assert_eq!(shown["state"], "finished");
    assert_eq!(shown["more"], false);
    counted(&shown["tally"], scene.fleet.devices);

    let rows = shown["devices"].as_array().unwrap();
    assert_eq!(rows.len(), scene.fleet.devices);
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let number = at + 1;
        assert_eq!(row["number"], number, "{row}");
        assert_eq!(row["source"], format!("who.ids[{at}]"), "{row}");
        let id = Fleet::id(number);
        let none = Vec::new();
        stands(number, row, posts.get(&id).unwrap_or(&none));
        *states.entry(row["state"].as_str().unwrap()).or_default() += 1;
    }
    println!("{states:?}");
    let strangers: Vec<&String> = posts
        .keys()
        .filter(|id| !rows.iter().any(|row| row["deviceId"] == id.as_str()))
        .collect();
    assert!(strangers.is_empty(), "nobody asked for {strangers:?}");

    signed_by_every_machine(scene);
    for line in scene.lines() {
        let record = line.record().unwrap();
        let who = record.who.as_ref();
        let proven = who.is_some_and(|who| matches!(who.proof, Proof::SignedIn(_)));
        // To stop a run takes no sign-in, so who did it is somebody's word.
        assert!(proven || record.what == What::RunStopped, "{record:?}");
    }
    nobody_was_throttled(scene);
}

/// Each machine signs what it writes with its own key, in one chain; all keys together find nothing
/// wrong, and one of several finds the lines of the others.
fn signed_by_every_machine(scene: &mut Scene) {
    let keys = scene.keys();
    let verify = |keys: &[String]| {
        let mut command = vec!["audit", "verify", "-o", "json"];
        for key in keys {
            command.extend(["--key", key]);
        }
        scene.home.run(&command)
    };
    let verdict = verify(&keys);
    assert_eq!(verdict.code, 0, "{verdict:?}");
    assert_eq!(verdict.json()["intact"], true, "{verdict:?}");
    let lines = verdict.json()["verdict"]["lines"].clone();
    assert_ne!(lines, 0, "{verdict:?}");
    assert_eq!(verdict.json()["verdict"]["signed"], lines, "{verdict:?}");
    // Without any it knows this machine's own.
    let own = verify(&[]);
    let used: BTreeSet<String> = scene.lines().into_iter().map(|line| line.key).collect();
    println!("{} keys in {lines} lines", used.len());
    assert!(used.len() <= keys.len(), "{used:?} {keys:?}");
    assert_eq!(own.json()["intact"], used.len() == 1, "{own:?}");
}

/// By device.
fn posts(scene: &Scene) -> BTreeMap<String, Vec<Post>> {
    let mut posts: BTreeMap<String, Vec<Post>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for entry in scene.posts() {
        let headers = entry["headers"].as_array().unwrap();
        let name = headers
            .iter()
            .find(|header| header[0] == "client-request-id")
            .unwrap()[1]
            .as_str()
            .unwrap();
        assert!(names.insert(name.to_owned()), "twice: {entry}");
        let struck = entry["faults"].as_array().unwrap();
        let device = entry["device"].as_str().unwrap().to_owned();
        posts.entry(device).or_default().push(Post {
            name: name.to_owned(),
            executed: entry["accepted"] == true,
            throttled: struck.iter().any(|fault| fault == "429"),
        });
    }
    posts
}

fn counted(tally: &Value, devices: usize) {
    for open in ["listed", "planned", "sent"] {
        assert_eq!(tally[open], 0, "{tally}");
    }
    assert_eq!(tally["rows"], devices, "{tally}");
    let ended = tally["ended"].as_object().unwrap().values();
    let ended: u64 = ended.map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(ended, devices as u64, "{tally}");
}

/// One row, and what the tenant saw of its device.
fn stands(number: usize, row: &Value, posts: &[Post]) {
    let what = format!("{row:#} {posts:?}");
    assert_eq!(row["deviceId"], Fleet::id(number), "{what}");
    let executed: Vec<&Post> = posts.iter().filter(|post| post.executed).collect();
    assert!(executed.len() <= 1, "done twice: {what}");
    let tried = posts.iter().filter(|post| !post.throttled).count();
    assert!(tried <= 1, "sent again: {what}");
    if let Some(executed) = executed.first() {
        assert_eq!(row["clientRequestId"], executed.name, "{what}");
    }
    let executed = executed.len() == 1;
    match row["state"].as_str().unwrap() {
        "done" | "delivered" | "pending" | "failed" | "ambiguous" => assert!(executed, "{what}"),
        // An intent was written, and nothing shows that the service took it or did not.
        "unknown" => assert!(row["clientRequestId"].is_string(), "{what}"),
        "rejected" => assert!(!executed && tried == 1, "{what}"),
        "refused" => assert!(Fleet::is_set_aside(number) && posts.is_empty(), "{what}"),
        _ => panic!("not a state to end in: {what}"),
    }
    // What the documents leave open nobody accepted.
    assert_eq!(
        Fleet::is_set_aside(number),
        row["state"] == "refused",
        "{what}"
    );
}

/// All processes together stayed within what Intune allows.
fn nobody_was_throttled(scene: &Scene) {
    let throttled = journal(&scene.tenant)
        .into_iter()
        .filter(|entry| entry["status"] == 429 && entry["faults"].as_array().unwrap().is_empty());
    let throttled: Vec<Value> = throttled.collect();
    assert!(throttled.is_empty(), "{throttled:?}");
}
