//! Compiled code is run only if nobody but its owner could have written it.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use passcode_tests::{Bench, PUPPET, Setup, grant};

use crate::modules;

/// A folder with the compiled code of two components, and their files. The code of the one is
/// then put in the place of the other: whose answer comes tells which bytes were run.
struct Kept {
    folder: tempfile::TempDir,
    own: PathBuf,
    other: Vec<u8>,
}

async fn bench(folder: &Path) -> Bench {
    let folder = folder.to_owned();
    Setup::puppet()
        .component(modules::named("other"))
        .change(move |builder| builder.cache(folder))
        .start()
        .await
}

async fn name(bench: &Bench) -> String {
    let action = bench
        .host
        .load(&modules::named("own"), &grant(&[]))
        .expect("component");
    action.describe().await.expect("describe").name
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("folder");
    entries.map(|entry| entry.expect("entry").path()).collect()
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
}

impl Kept {
    /// Compiles both.
    async fn new() -> (Self, Bench) {
        let folder = tempfile::tempdir().expect("folder");
        let place = folder.path().join("own");
        let bench = bench(&place).await;
        let other = kept(&place).remove(0);
        assert_eq!(name(&bench).await, "own");
        let own = kept(&place)
            .into_iter()
            .find(|path| *path != other)
            .expect("its code");
        (
            Self {
                own,
                other: std::fs::read(other).expect("code"),
                folder,
            },
            bench,
        )
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("own")
    }

    /// The other's code under the own one's name, as its owner might write it.
    fn swap(&self) {
        std::fs::write(&self.own, &self.other).expect("write");
        chmod(&self.own, 0o600);
        chmod(&self.place(), 0o700);
    }
}

#[tokio::test]
async fn a_warm_cache_is_used_and_only_its_owner_can_write_it() {
    let (kept, bench) = Kept::new().await;
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("metadata")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode(&kept.place()), mode(&kept.own)), (0o700, 0o600));
    kept.swap();
    assert_eq!(name(&bench).await, "other", "what lies there is what runs");
}

#[tokio::test]
async fn what_others_could_have_written_is_not_used() {
    let (kept, bench) = Kept::new().await;
    for mode in [0o620, 0o602, 0o666, 0o777] {
        kept.swap();
        chmod(&kept.own, mode);
        assert_eq!(name(&bench).await, "own", "the file has mode {mode:o}");
    }
    for mode in [0o720, 0o702, 0o777, 0o1777] {
        kept.swap();
        chmod(&kept.place(), mode);
        assert_eq!(name(&bench).await, "own", "the folder has mode {mode:o}");
    }
}

#[tokio::test]
async fn what_belongs_to_another_is_not_used() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give a file away");
        return;
    }
    let other = Some(rustix::fs::Uid::from_raw(12_345));
    let (kept, bench) = Kept::new().await;
    kept.swap();
    rustix::fs::chown(&kept.own, other, None).expect("chown");
    assert_eq!(name(&bench).await, "own", "another's file");
    let (kept, bench) = Kept::new().await;
    kept.swap();
    rustix::fs::chown(kept.place(), other, None).expect("chown");
    assert_eq!(name(&bench).await, "own", "another's folder");
}

#[tokio::test]
async fn a_link_is_not_followed() {
    let (kept, bench) = Kept::new().await;
    kept.swap();
    let elsewhere = kept.folder.path().join("elsewhere");
    std::fs::rename(&kept.own, &elsewhere).expect("rename");
    std::os::unix::fs::symlink(&elsewhere, &kept.own).expect("link");
    assert_eq!(name(&bench).await, "own");

    let (kept, _) = Kept::new().await;
    kept.swap();
    let link = kept.folder.path().join("link");
    std::os::unix::fs::symlink(kept.place(), &link).expect("link");
    let bench = self::bench(&link).await;
    assert_eq!(name(&bench).await, "own", "the folder is a link");
}

#[tokio::test]
async fn damaged_code_is_compiled_again() {
    let (kept, bench) = Kept::new().await;
    let good = std::fs::read(&kept.own).expect("code");
    for damaged in [
        &b""[..],
        b"garbage",
        &good[..good.len() / 2],
        passcode_builtin::COMPONENT,
        PUPPET,
    ] {
        std::fs::write(&kept.own, damaged).expect("write");
        assert_eq!(name(&bench).await, "own");
        assert_eq!(
            std::fs::read(&kept.own).expect("code").len(),
            good.len(),
            "and kept anew"
        );
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_costs_time_and_nothing_else() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").expect("write");
    let bench = bench(&file.join("below")).await;
    assert_eq!(name(&bench).await, "own");
}
