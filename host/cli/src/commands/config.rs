//! `passcode config`: what holds, who said so, and whether the file is in order.

use std::path::Path;

use passcode_host::plain;
use passcode_runner::Ended;
use serde_json::{Value, json};

use crate::app::App;
use crate::args::ConfigCommand;
use crate::config::{self, Config, ConfigFile, Layers, SETTINGS, Source, settle};
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::wiring::{cloud, home, http};

/// Secrets that sign somebody in. Only whether they are set is ever shown.
const SECRETS: [&str; 7] = [
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "PASSCODE_ACCESS_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "IDENTITY_HEADER",
    "MSI_SECRET",
    "SYSTEM_ACCESSTOKEN",
];

pub(super) fn config(app: &App, what: ConfigCommand) -> Result<Reply, Failure> {
    match what {
        ConfigCommand::Show => Ok(show(app)),
        ConfigCommand::Path => path(app),
        ConfigCommand::Check => check(app),
        ConfigCommand::Schema => Ok(schema()),
    }
}

fn show(app: &App) -> Reply {
    let config = &app.config;
    let mut rows = Rows::list(&["setting", "value", "from"]);
    let mut settings = Vec::new();
    for setting in SETTINGS {
        let value = config.settings.get(setting.key);
        let source = config.settings.source(setting.key);
        rows.push(vec![
            setting.name.to_owned(),
            value.map(plain).unwrap_or_default(),
            source.map(ToString::to_string).unwrap_or_default(),
        ]);
        settings.push(json!({
            "name": setting.name,
            "value": value,
            "from": source.map(Source::word),
            "by": source.map(ToString::to_string),
            "environment": setting.environment,
            "flag": setting.flag,
        }));
    }
    let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let secrets: Vec<&str> = SECRETS.into_iter().filter(set).collect();
    for name in &secrets {
        rows.push(vec![
            (*name).to_owned(),
            "set, not shown".to_owned(),
            "environment".to_owned(),
        ]);
    }
    let profile = config.profile.as_ref();
    let body = json!({
        "path": config.path,
        "exists": config.file.is_some(),
        "profile": profile.map(|(name, _)| name),
        "profileFrom": profile.map(|(_, source)| source.word()),
        "profiles": config.file.as_ref().map(|file| file.profiles.keys().collect::<Vec<_>>()),
        "settings": settings,
        "allowedOrigins": config.allowed_origins(),
        "secretsSet": secrets,
    });
    let mut human = String::new();
    if let Some(path) = &config.path {
        let there = if config.file.is_some() {
            ""
        } else {
            " (not there)"
        };
        human.push_str(&format!(
            "file     {}{there}\n",
            plain(&path.display().to_string())
        ));
    }
    if let Some((name, source)) = profile {
        human.push_str(&format!("profile  {name} ({source})\n"));
    }
    human.push('\n');
    human.push_str(&rows.table(crate::terminal::width()));
    Reply::new(Ended::Done, "config", false, body)
        .items("setting", false, settings)
        .rows(rows)
        .human(human)
}

fn path(app: &App) -> Result<Reply, Failure> {
    let path = config::path(&home(app)?);
    let body = json!({ "path": path, "exists": path.exists() });
    let shown = path.display().to_string();
    let mut reply = Reply::new(Ended::Done, "config-path", false, body);
    // For `$(passcode config path)`: it is the path as it is, also without a terminal.
    reply.verbatim = app.global.output.is_none();
    Ok(reply
        .rows(Rows::one(vec![("path", shown.clone())]))
        .human(format!("{shown}\n")))
}

fn schema() -> Reply {
    let schema = config::schema();
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    let mut reply = Reply::new(Ended::Done, "config-schema", false, schema);
    // The answer is a file of a form of its own.
    reply.verbatim = true;
    reply.human(text + "\n")
}

/// The file, and then every profile as if it had been chosen, with nothing from the environment.
fn check(app: &App) -> Result<Reply, Failure> {
    let path = config::path(&home(app)?);
    let Some(file) = config::read(&path)? else {
        let body = json!({ "path": path, "exists": false, "profiles": [] });
        let human = format!("{} is not there, and need not be\n", path.display());
        return Ok(Reply::new(Ended::Done, "config-check", false, body).human(human));
    };
    let names = std::iter::once(None).chain(file.profiles.keys().cloned().map(Some));
    let mut rows = Rows::list(&["profile", "in order", "problem"]);
    let mut problems: Vec<(String, Failure)> = Vec::new();
    let mut profiles = Vec::new();
    for name in names {
        let called = name.clone().unwrap_or_else(|| "(none)".to_owned());
        let trouble = usable(&path, &file, name.as_deref()).err();
        let message = trouble.as_ref().map(|trouble| trouble.message.clone());
        rows.push(vec![
            called.clone(),
            if trouble.is_none() { "yes" } else { "no" }.to_owned(),
            message.clone().unwrap_or_default(),
        ]);
        profiles.push(json!({ "profile": name, "inOrder": trouble.is_none(), "problem": message }));
        problems.extend(trouble.map(|trouble| (called, trouble)));
    }
    if let Some((name, first)) = problems.into_iter().next() {
        let mut failure = Failure::new(
            Ended::Usage,
            &first.code,
            format!("{}: profile {name}: {}", path.display(), first.message),
        );
        failure.remedy = first.remedy.clone();
        failure
            .more
            .insert("profiles".to_owned(), Value::Array(profiles));
        return Err(failure);
    }
    let body = json!({ "path": path, "exists": true, "profiles": profiles });
    Ok(Reply::new(Ended::Done, "config-check", false, body)
        .items("config-profile", false, profiles)
        .rows(rows))
}

/// Whether a profile names a cloud that can be spoken to, and certificates that can be read.
fn usable(path: &Path, file: &ConfigFile, profile: Option<&str>) -> Result<(), Failure> {
    let said = profile.and_then(|name| {
        let values = file.profiles.get(name)?.clone();
        Some((name.to_owned(), values))
    });
    let chosen = said.as_ref().map(|(name, _)| (name.clone(), Source::File));
    let layers = Layers {
        profile: said,
        file: file.defaults.clone(),
        ..Layers::default()
    };
    let config = Config {
        path: Some(path.to_owned()),
        file: Some(file.clone()),
        profile: chosen,
        settings: settle(&layers),
    };
    // The way to sign in is the environment's; only the cloud is judged here.
    cloud(&config, None)?;
    http(&config.settings).map(|_| ())
}
