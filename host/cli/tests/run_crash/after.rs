//! A run that has finished and is resumed: what ended only for the time being is looked at again,
//! and what was not delivered is delivered, as after a kill between the two.

use serde_json::Value;

use crate::database::Database;
use crate::fleet::Fleet;
use crate::judge::judge;
use crate::scene::Scene;
use crate::support::control;

const DEVICES: usize = 12;
/// Android and dedicated: its reset has a passcode.
const OFFLINE: usize = 7;

pub fn resumed() {
    let mut scene = Scene::without_faults(Database::Home, DEVICES, 8);
    let out = scene.home.path().join("passcodes.age");
    let mut text = std::fs::read_to_string(scene.run_file()).unwrap();
    text.push_str(&format!(
        "delivery:\n  to: age\n  recipients: [{RECIPIENT}]\n  file: {}\n",
        out.display()
    ));
    std::fs::write(scene.run_file(), text).unwrap();
    let device = Fleet::id(OFFLINE);
    let answer = online(&scene, &device, false);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    // The file cannot be written: where one is already, nothing is overwritten.
    std::fs::write(&out, "in the way").unwrap();
    let ran = scene.wait(scene.start());
    ran.fails(2, "delivery");
    assert_eq!(state(&mut scene, OFFLINE), "pending");
    judge(&mut scene);

    std::fs::remove_file(&out).unwrap();
    online(&scene, &device, true);
    let run = scene.run().unwrap().new.id;
    for _ in 0..2 {
        let ran = scene.wait(scene.resume(&run));
        // Some were set aside, as always.
        let status = ran.expect(11, "run-status");
        assert_eq!(status["state"], "finished", "{ran:?}");
        assert_eq!(state(&mut scene, OFFLINE), "delivered");
        judge(&mut scene);
    }
    let written = std::fs::read(&out).unwrap();
    assert!(written.starts_with(b"age-encryption.org/v1"));
}

const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

fn online(scene: &Scene, device: &str, online: bool) -> String {
    let body = serde_json::json!({"device": device, "online": online});
    control(&scene.tenant, "devices", &body.to_string())
}

fn state(scene: &mut Scene, number: usize) -> String {
    let run = scene.run().unwrap().new.id;
    let shown = scene.home.run(&["run", "show", &run, "-o", "json"]).json();
    let row: &Value = &shown["devices"][number - 1];
    row["state"].as_str().unwrap().to_owned()
}
