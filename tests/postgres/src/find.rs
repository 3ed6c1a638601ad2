//! Where PostgreSQL's programs are.

use std::env;
use std::fs;
use std::path::PathBuf;

/// The folder that holds `initdb`, `pg_ctl` and `createdb`, of the newest version there is.
pub(crate) fn programs() -> Option<PathBuf> {
    let named = env::var_os("PASSCODE_POSTGRES_BIN").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    named
        .into_iter()
        .chain(versions("/usr/lib/postgresql", "bin"))
        .chain(env::split_paths(&path))
        .chain(versions("/opt/homebrew/opt", "bin"))
        .chain(versions("/Library/PostgreSQL", "bin"))
        .chain(versions("/usr", "bin").filter(|folder| folder.starts_with("/usr/pgsql-")))
        .find(|folder| {
            ["initdb", "pg_ctl", "postgres", "createdb"]
                .iter()
                .all(|program| folder.join(program).is_file())
        })
}

/// The folders of installed versions, the newest first.
fn versions(root: &str, below: &'static str) -> impl Iterator<Item = PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    found.sort_by_key(|folder| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        std::cmp::Reverse(digits.parse::<u32>().unwrap_or_default())
    });
    found.into_iter().map(move |folder| folder.join(below))
}
