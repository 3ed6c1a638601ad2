//! A job that is begun anew with the same key goes on with the same run, and with no other.

use crate::database::Database;
use crate::judge::judge;
use crate::scene::{Scene, until};

const DEVICES: usize = 48;

pub fn begun_again() {
    let mut scene = Scene::new(Database::Home, DEVICES, 8);
    let job = scene.start();
    until("some are planned", || {
        let tally = scene.tally().filter(|tally| tally.plans > 3);
        tally.map(|_| ())
    });
    job.kill();
    let run = scene.run().unwrap().new;
    changed(&scene);

    let job = scene.start();
    until("some were sent", || {
        (scene.posts().len() > DEVICES / 4).then_some(())
    });
    job.kill();
    changed(&scene);

    scene.finish(1);
    assert_eq!(scene.run().unwrap().new, run, "it is the same run");
    judge(&mut scene);
    // The job's system did not hear of it and begins it once more.
    let sent = scene.posts().len();
    scene.finish(1);
    assert_eq!(scene.posts().len(), sent);
    judge(&mut scene);
}

/// With another list the key is refused, and nothing is sent.
fn changed(scene: &Scene) {
    // Long enough for what a killed process still had on its way.
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let file = scene.run_file();
    let text = std::fs::read_to_string(&file).unwrap();
    let sent = scene.posts().len();
    let shorter = &text[..text[..text.len() - 1].rfind('\n').unwrap() + 1];
    for other in [shorter, &text.replace("wait: 4s", "wait: 5s")] {
        assert_ne!(other, text);
        std::fs::write(&file, other).unwrap();
        let ran = scene.wait(scene.start());
        ran.fails(6, "run-changed");
    }
    assert_eq!(scene.posts().len(), sent);
    std::fs::write(&file, text).unwrap();
}
