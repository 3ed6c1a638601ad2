//! Settings: from flags, the environment, a profile of the config file, the file, or built in.
//!
//! `keys` says what there is, `parse` reads the file strictly, `layers` decides; all of them are
//! pure. This module gathers what they need.

mod file;
mod keys;
mod layers;
mod parse;
mod schema;

use std::path::{Path, PathBuf};

use passcode_extension::Catalog;
use passcode_runner::Ended;
use serde_json::json;

pub(crate) use keys::{Key, SETTINGS};
pub(crate) use layers::{Layers, Settings, Source, settle};
pub(crate) use parse::{ConfigFile, Trouble, Values};
pub(crate) use schema::schema;

use crate::args::{Global, nearest};
use crate::failure::Failure;

/// Its name in `PASSCODE_HOME`.
const NAME: &str = "config.toml";

/// The configuration of this call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    /// Where the file is, or would be.
    pub(crate) path: Option<PathBuf>,
    /// What it says, if it is there.
    pub(crate) file: Option<ConfigFile>,
    /// The chosen profile, and who chose it.
    pub(crate) profile: Option<(String, Source)>,
    pub(crate) settings: Settings,
}

/// Where the file is below a home folder.
pub(crate) fn path(home: &Path) -> PathBuf {
    home.join(NAME)
}

impl Config {
    /// Without a file. What is left when a file cannot be used.
    pub(crate) fn without_file(global: &Global, path: Option<PathBuf>) -> Self {
        let layers = Layers {
            flags: flags(global),
            environment: environment(),
            ..Layers::default()
        };
        Self {
            path,
            settings: settle(&layers),
            ..Self::default()
        }
    }

    /// The configuration of a call.
    ///
    /// # Errors
    ///
    /// If there is a file and it cannot be used, or the profile is not in it.
    pub(crate) fn load(global: &Global, path: Option<PathBuf>) -> Result<Self, Failure> {
        let file = match &path {
            Some(path) => read(path)?,
            None => None,
        };
        let profile = chosen(global, file.as_ref(), path.as_deref())?;
        let said = |name: &str| Some(file.as_ref()?.profiles.get(name)?.clone());
        let layers = Layers {
            flags: flags(global),
            environment: environment(),
            profile: profile
                .as_ref()
                .and_then(|(name, _)| Some((name.clone(), said(name)?))),
            file: file
                .as_ref()
                .map(|file| file.defaults.clone())
                .unwrap_or_default(),
        };
        Ok(Self {
            settings: settle(&layers),
            path,
            file,
            profile,
        })
    }

    /// What the environment overrules in a profile that was asked for with `--profile`.
    pub(crate) fn overruled(&self) -> Vec<(&'static str, &'static str)> {
        let Some((name, Source::Flag(_))) = &self.profile else {
            return Vec::new();
        };
        let said = self.file.as_ref().and_then(|file| file.profiles.get(name));
        said.map(|values| self.settings.overruled(values))
            .unwrap_or_default()
    }

    /// Other people's components that the file names.
    pub(crate) fn extensions(&self) -> Catalog {
        let file = self.file.as_ref();
        file.map(|file| file.extensions.clone()).unwrap_or_default()
    }

    /// Origins that stand in the file, and so may be spoken to: the list, what holds for the whole
    /// file, and the chosen profile's. Not another profile's.
    pub(crate) fn allowed_origins(&self) -> Vec<String> {
        let Some(file) = &self.file else {
            return Vec::new();
        };
        let profile = self
            .profile
            .as_ref()
            .and_then(|(name, _)| file.profiles.get(name));
        let own = std::iter::once(&file.defaults)
            .chain(profile)
            .flat_map(|values| {
                [Key::GraphUrl, Key::AuthorityUrl]
                    .into_iter()
                    .filter_map(|key| values.get(&key).cloned())
            });
        file.allowed_origins.iter().cloned().chain(own).collect()
    }
}

/// The file, if it is there.
///
/// # Errors
///
/// If it cannot be read, others could have written it, or something in it is wrong.
pub(crate) fn read(path: &Path) -> Result<Option<ConfigFile>, Failure> {
    let Some(text) = file::read(path)? else {
        return Ok(None);
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    match parse::parse(&text, folder) {
        Ok(file) => Ok(Some(file)),
        Err(troubles) => Err(refused(path, &troubles)),
    }
}

fn refused(path: &Path, troubles: &[Trouble]) -> Failure {
    let all: Vec<_> = troubles
        .iter()
        .map(|trouble| {
            json!({
                "line": trouble.line,
                "column": trouble.column,
                "code": trouble.code,
                "message": trouble.message,
                "remedy": trouble.remedy,
            })
        })
        .collect();
    let lines: Vec<String> = troubles
        .iter()
        .map(|trouble| {
            let Trouble {
                line,
                column,
                message,
                ..
            } = trouble;
            format!("{}:{line}:{column}: {message}", path.display())
        })
        .collect();
    let worst = troubles
        .iter()
        .find(|trouble| trouble.code == "config-secret")
        .or(troubles.first());
    let code = worst.map_or("config-invalid", |trouble| trouble.code);
    let mut failure = Failure::new(Ended::Usage, code, lines.join("; "));
    failure.remedy = worst.map(|trouble| trouble.remedy.clone());
    failure.more.insert("problems".to_owned(), json!(all));
    failure
}

/// The profile, by flag, environment or file.
fn chosen(
    global: &Global,
    file: Option<&ConfigFile>,
    path: Option<&Path>,
) -> Result<Option<(String, Source)>, Failure> {
    let variable = std::env::var("PASSCODE_PROFILE").ok();
    let named = [
        global
            .profile
            .clone()
            .map(|name| (name, Source::Flag("--profile"))),
        variable
            .filter(|name| !name.trim().is_empty())
            .map(|name| (name, Source::Environment("PASSCODE_PROFILE"))),
        file.and_then(|file| file.default_profile.clone())
            .map(|name| (name, Source::File)),
    ];
    let Some((name, source)) = named.into_iter().flatten().next() else {
        return Ok(None);
    };
    let profiles = file.map(|file| &file.profiles);
    if profiles.is_some_and(|profiles| profiles.contains_key(&name)) {
        return Ok(Some((name, source)));
    }
    let known: Vec<&str> = profiles
        .into_iter()
        .flat_map(|profiles| profiles.keys().map(String::as_str))
        .collect();
    let remedy = match (nearest(&name, known.iter().copied()), known.is_empty()) {
        (Some(meant), _) => format!("did you mean `--profile {meant}`?"),
        (None, false) => format!("it has {}", known.join(", ")),
        (None, true) => format!("add `[profile.{name}]` to it; see docs/configuration.md"),
    };
    let place = path.map_or_else(
        || "no config file".to_owned(),
        |path| path.display().to_string(),
    );
    let message = format!("there is no profile `{name}` ({source}) in {place}");
    Err(Failure::new(Ended::Usage, "profile-unknown", message).remedy(remedy))
}

fn flags(global: &Global) -> Values {
    let word = |value: Option<clap::builder::PossibleValue>| Some(value?.get_name().to_owned());
    let said = [
        (
            Key::Output,
            global
                .output
                .and_then(|output| word(clap::ValueEnum::to_possible_value(&output))),
        ),
        (
            Key::Color,
            global
                .color
                .and_then(|color| word(clap::ValueEnum::to_possible_value(&color))),
        ),
        (Key::Practice, global.practice.then(|| "true".to_owned())),
    ];
    let said = said
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)));
    said.collect()
}

fn environment() -> Values {
    let said = SETTINGS.iter().filter_map(|setting| {
        let value = std::env::var(setting.environment?).ok()?;
        (!value.trim().is_empty()).then_some((setting.key, value))
    });
    said.collect()
}
