//! `passcode extension`: what other people's components are, and what they may do.

use std::path::Path;

use passcode_extension::{Digest, ExtensionError, read};
use passcode_host::{Authority, Extension, ExtensionGrant, Host, World, plain};
use passcode_runner::Ended;
use serde_json::{Value, json};

use crate::app::App;
use crate::args::ExtensionCommand;
use crate::config::Key;
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::wiring::apart;

pub(super) async fn extension(app: &App, what: ExtensionCommand) -> Result<Reply, Failure> {
    match what {
        ExtensionCommand::List => list(app).await,
        ExtensionCommand::Check { file, grant } => check(app, &file, grant.as_deref()).await,
    }
}

/// Each configured extension, also one that could not be used.
async fn list(app: &App) -> Result<Reply, Failure> {
    let host = apart(app).await?;
    let mut rows = Rows::list(&["extension", "world", "asks", "granted", "digest", "problem"])
        .sparing(&["digest"]);
    let mut items = Vec::new();
    let reviewers: Vec<&str> = app.config.settings.names(Key::Reviewers).collect();
    for (id, spec) in app.config.extensions() {
        let loaded = match read(&id, &spec) {
            Ok((bytes, grant)) => loaded(&host, id.as_str(), &bytes, &grant)
                .await
                .map_err(|error| (error.code(), error.to_string(), error.remedy())),
            Err(error) => Err(told(&error)),
        };
        let settings: Vec<&String> = spec.settings.iter().map(|(name, _)| name).collect();
        let mut item = json!({
            "extension": id.as_str(),
            "component": spec.component,
            "digest": spec.digest.to_string(),
            "grant": spec.grant,
            "settings": settings,
            "asked": reviewers.contains(&id.as_str()),
        });
        let (world, asks, granted, problem) = match &loaded {
            Ok(extension) => {
                merge(&mut item, about(extension));
                let count = |authority: &Authority| authority.routes().len().to_string();
                let (asks, granted) = (count(extension.asked()), count(extension.authority()));
                (extension.world().name(), asks, granted, String::new())
            }
            Err((code, message, remedy)) => {
                let problem = json!({"code": code, "message": message, "remedy": remedy});
                merge(&mut item, json!({ "problem": problem }));
                ("", String::new(), String::new(), plain(message))
            }
        };
        rows.push(vec![
            id.to_string(),
            world.to_owned(),
            asks,
            granted,
            spec.digest.to_string(),
            problem,
        ]);
        items.push(item);
    }
    let body = json!({"extensions": items, "reviewers": reviewers});
    Ok(Reply::new(Ended::Done, "extensions", false, body)
        .items("extension", false, items)
        .rows(rows))
}

fn told(error: &ExtensionError) -> (String, String, Option<String>) {
    (
        error.code().to_owned(),
        error.to_string(),
        Some(error.remedy()),
    )
}

/// A component that somebody may want to configure.
async fn check(app: &App, file: &Path, grant: Option<&Path>) -> Result<Reply, Failure> {
    let bytes = std::fs::read(file).map_err(|error| Failure::file(file, &error))?;
    let granted = match grant {
        None => ExtensionGrant::none(),
        Some(path) => {
            let text =
                std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
            ExtensionGrant::parse(&text).map_err(|error| {
                Failure::usage(
                    format!("{}: {}", path.display(), error.message),
                    error.remedy,
                )
            })?
        }
    };
    let host = apart(app).await?;
    let name = file.display().to_string();
    // Nothing is sent here, so it gets to no destination; what is granted is the same.
    let extension = loaded(&host, &name, &bytes, &granted.authority).await?;
    let digest = Digest::of(&bytes).to_string();
    let mut body = json!({ "file": file, "digest": digest });
    merge(&mut body, about(&extension));
    let mut human = format!(
        "{}: a component of the world `{}`\ndigest = \"{digest}\"\n",
        plain(&name),
        extension.world()
    );
    let asked = routes(extension.asked());
    human.push_str(match (extension.world(), asked.is_empty()) {
        (World::Reviewer, _) => "it can judge plans and write to its log, and reach nothing\n",
        (_, true) => "it asks for nothing, so it reaches nothing\n",
        (_, false) => "it asks for:\n",
    });
    let allowed = routes(extension.authority());
    if extension.world() != World::Reviewer {
        for route in &asked {
            let may = allowed.contains(route);
            let may = if may { "granted" } else { "not granted" };
            human.push_str(&format!("  {} ({may})\n", plain(route)));
        }
    }
    let rows = Rows::one(vec![
        ("file", name),
        ("world", extension.world().name().to_owned()),
        ("digest", digest),
        ("asks", asked.len().to_string()),
        ("granted", allowed.len().to_string()),
    ]);
    Ok(Reply::new(Ended::Done, "extension-check", false, body)
        .rows(rows)
        .human(human))
}

async fn loaded(
    host: &Host,
    name: &str,
    bytes: &[u8],
    grant: &Authority,
) -> Result<Extension, passcode_host::HostError> {
    let world = World::of(bytes)?;
    host.extension(name, world, bytes, grant, Vec::new()).await
}

fn about(extension: &Extension) -> Value {
    json!({
        "world": extension.world().name(),
        "asks": routes(extension.asked()),
        "granted": routes(extension.authority()),
        "grantDigest": extension.authority().digest(),
    })
}

/// Where requests may go, in words.
fn routes(authority: &Authority) -> Vec<String> {
    let routes = authority.routes().iter();
    routes
        .map(|route| format!("{} {} at `{}`", route.method, route.path, route.destination))
        .collect()
}

fn merge(into: &mut Value, more: Value) {
    if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
        into.extend(more);
    }
}
