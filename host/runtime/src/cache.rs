//! Compiled components on disk. The bytes are machine code that will run in this process, so
//! they are read only if nobody but their owner could have written them, through one opened
//! descriptor: what was judged is what is read, and what was read is what is run.

use std::path::PathBuf;

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::digest::digest;

/// A folder of compiled components. On systems without Unix permissions nothing is kept, and
/// every start compiles (tens of milliseconds).
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The component, compiled now or before. A cache that cannot be used costs time, never
    /// the action.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        bytes: &[u8],
        digest: &str,
    ) -> wasmtime::Result<Component> {
        let file = self.folder.join(self.name(engine, digest));
        if let Some(code) = files::read_own(&file)
            && let Some(component) = deserialize(engine, &code)
        {
            return Ok(component);
        }
        let code = engine.precompile_component(bytes)?;
        files::write_own(&self.folder, &file, &code);
        match deserialize(engine, &code) {
            Some(component) => Ok(component),
            None => Component::from_binary(engine, bytes),
        }
    }

    /// Named by everything that the code depends on: the component, and wasmtime with its
    /// configuration, as wasmtime itself tells them apart.
    fn name(&self, engine: &Engine, component: &str) -> String {
        use std::hash::{Hash, Hasher};

        let mut hasher = std::hash::DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let key = format!(
            "{component} {:016x} {}",
            hasher.finish(),
            env!("CARGO_PKG_VERSION")
        );
        format!("{}.cwasm", digest(key.as_bytes()))
    }
}

#[expect(
    unsafe_code,
    reason = "the bytes were compiled here, or read from a file that only we can write"
)]
fn deserialize(engine: &Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: `code` is what `precompile_component` returned, in this process or in an earlier
    // one of the same user: `read_own` refuses a file that another user could have written.
    unsafe { Component::deserialize(engine, code) }.ok()
}

#[cfg(unix)]
mod files {
    use std::fs::{DirBuilder, File, Permissions};
    use std::io::{Read, Write};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    use std::path::Path;

    use rustix::fs::{Mode, OFlags, open};

    /// The file's bytes, if it and its folder belong to this user and nobody else may write
    /// them.
    pub(super) fn read_own(file: &Path) -> Option<Vec<u8>> {
        own_folder(file.parent()?)?;
        let descriptor = open(
            file,
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .ok()?;
        let mut opened = File::from(descriptor);
        let about = opened.metadata().ok()?;
        if !about.is_file() || !ours(&about) {
            return None;
        }
        let mut code = Vec::new();
        opened.read_to_end(&mut code).ok()?;
        Some(code)
    }

    /// Keep the code for the next start. Written beside and renamed, so that a reader never
    /// sees half of it.
    pub(super) fn write_own(folder: &Path, file: &Path, code: &[u8]) {
        let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        if own_folder(folder).is_none() {
            return;
        }
        let beside = folder.join(format!(".{}", uuid::Uuid::new_v4()));
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Ok(descriptor) = open(&beside, flags, Mode::RUSR | Mode::WUSR) else {
            return;
        };
        let mut opened = File::from(descriptor);
        let written = opened
            .write_all(code)
            .and_then(|()| opened.set_permissions(Permissions::from_mode(0o600)));
        if written.is_err() || std::fs::rename(&beside, file).is_err() {
            let _ = std::fs::remove_file(&beside);
        }
    }

    fn own_folder(folder: &Path) -> Option<()> {
        let about = std::fs::symlink_metadata(folder).ok()?;
        (about.is_dir() && ours(&about)).then_some(())
    }

    fn ours(about: &std::fs::Metadata) -> bool {
        about.uid() == rustix::process::geteuid().as_raw() && about.mode() & 0o022 == 0
    }
}

#[cfg(not(unix))]
mod files {
    use std::path::Path;

    pub(super) fn read_own(_: &Path) -> Option<Vec<u8>> {
        None
    }

    pub(super) fn write_own(_: &Path, _: &Path, _: &[u8]) {}
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::files::{read_own, write_own};

    #[test]
    fn what_another_user_could_have_written_is_not_read() {
        let scratch = std::env::temp_dir().join(format!("passcode-cache-{}", uuid::Uuid::new_v4()));
        let folder = scratch.join("own");
        std::fs::create_dir_all(&scratch).unwrap();
        let file = folder.join("code");
        write_own(&folder, &file, b"code");
        assert_eq!(read_own(&file).as_deref(), Some(&b"code"[..]));

        let chmod = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        chmod(&file, 0o620);
        assert_eq!(read_own(&file), None, "group may write the file");
        chmod(&file, 0o600);
        chmod(&folder, 0o777);
        assert_eq!(read_own(&file), None, "anybody may write the folder");
        chmod(&folder, 0o700);
        let link = folder.join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_own(&link), None, "a link leads elsewhere");
        assert!(read_own(&file).is_some());
        std::fs::remove_dir_all(&scratch).unwrap();
    }
}
