//! `passcode auth setup`: what to register in Entra. It prints, and creates nothing.

mod az;
mod overview;
mod permissions;
mod powershell;
mod registration;

use passcode_entra::Cloud;
use passcode_runner::Ended;
use serde_json::{Map, Value, json};

use registration::{ALL, Registration};

use crate::app::App;
use crate::args::{For, SetupArgs, SetupFormat};
use crate::config::Key;
use crate::failure::Failure;
use crate::output::Reply;
use crate::wiring::cloud;

pub(super) fn setup(app: &App, args: &SetupArgs) -> Result<Reply, Failure> {
    let settings = &app.config.settings;
    let cloud = cloud(&app.config, std::env::var("AZURE_AUTHORITY_HOST").ok())?;
    let tenant = settings.given(Key::Tenant);
    let client_id = settings.given(Key::ClientId);
    for (name, value) in [
        ("--issuer", args.issuer.as_deref()),
        ("--subject", args.subject.as_deref()),
        ("the tenant", tenant),
        ("the client id", client_id),
    ] {
        plain_value(name, value)?;
    }
    fits(args)?;
    let chosen: Vec<For> = args.who.map_or(ALL.to_vec(), |who| vec![who]);
    let registrations: Vec<Registration<'_>> = chosen
        .into_iter()
        .map(|who| Registration {
            who,
            cloud: &cloud,
            tenant,
            client_id,
            optional: args.optional,
            issuer: args.issuer.as_deref(),
            subject: args.subject.as_deref(),
        })
        .collect();
    let human = match (args.format, registrations.as_slice()) {
        (SetupFormat::Text, all) => overview::text(all),
        (SetupFormat::Manifest, [one]) => pretty(&one.manifest()),
        (SetupFormat::Manifest, all) => {
            let all: Map<String, Value> = all
                .iter()
                .map(|one| (one.word().to_owned(), one.manifest()))
                .collect();
            pretty(&Value::Object(all))
        }
        (SetupFormat::Az, [one]) => az::script(one, az_cloud(&cloud)?),
        (SetupFormat::Powershell, [one]) => powershell::script(one, environment(&cloud)?),
        (SetupFormat::Az | SetupFormat::Powershell, _) => {
            return Err(Failure::usage(
                "commands are printed for one at a time",
                "add `--for people`, `app`, `github`, `aks` or `managed-identity`",
            ));
        }
    };
    let items: Vec<Value> = registrations.iter().map(document).collect();
    let all = permissions::wanted(true).map(permissions::Permission::document);
    let body = json!({
        "cloud": cloud.name(),
        "authority": cloud.authority(),
        "graph": cloud.graph_root(),
        "tenant": tenant,
        "permissions": all.collect::<Vec<_>>(),
        "registrations": items,
    });
    let mut reply = Reply::new(Ended::Done, "setup", false, body)
        .items("registration", false, items)
        .rows(overview::rows(&registrations))
        .human(human);
    // The answer is a file of a form of its own.
    reply.verbatim = args.format != SetupFormat::Text && app.global.output.is_none();
    Ok(reply)
}

fn document(one: &Registration<'_>) -> Value {
    let environment: Map<String, Value> = one
        .environment()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    let name = one.cloud.name();
    json!({
        "for": one.word(),
        "title": one.title(),
        "auth": one.auth(),
        "manifest": one.manifest(),
        "federatedCredential": one.credential(),
        "redirectUris": one.redirects(),
        "adminConsent": one.consent(),
        "environment": environment,
        "notes": one.notes(),
        "az": az::cloud(name).map(|cloud| az::script(one, cloud)),
        "powershell": powershell::environment(name).map(|name| powershell::script(one, name)),
    })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn az_cloud(cloud: &Cloud) -> Result<&'static str, Failure> {
    az::cloud(cloud.name()).ok_or_else(|| unknown_to("Azure CLI", cloud))
}

fn environment(cloud: &Cloud) -> Result<&'static str, Failure> {
    powershell::environment(cloud.name()).ok_or_else(|| unknown_to("Graph PowerShell", cloud))
}

/// `dod` has an environment in Graph PowerShell, and none in Azure CLI that speaks with its Graph.
fn unknown_to(tool: &str, cloud: &Cloud) -> Failure {
    let other = if cloud.name() == "dod" {
        "use `--format powershell`, or register by hand: `passcode auth setup --format manifest`"
    } else {
        "register by hand: `passcode auth setup --format manifest`"
    };
    Failure::usage(
        format!("{tool} has no name for the cloud {}", cloud.name()),
        other,
    )
}

/// It becomes part of a script.
fn plain_value(name: &str, value: Option<&str>) -> Result<(), Failure> {
    let odd = |letter: char| letter.is_control() || matches!(letter, '"' | '\\' | '`' | '$');
    match value.filter(|value| value.is_empty() || value.chars().any(odd)) {
        None => Ok(()),
        Some(_) => Err(Failure::usage(
            format!("{name} has characters that it never has"),
            "write it as Entra, GitHub or the cluster shows it",
        )),
    }
}

/// What is said of somebody else is not passed over.
fn fits(args: &SetupArgs) -> Result<(), Failure> {
    let federated = [For::Github, For::Aks, For::ManagedIdentity];
    for (flag, given, takes) in [
        ("--subject", args.subject.is_some(), &federated[..]),
        ("--issuer", args.issuer.is_some(), &[For::Aks][..]),
    ] {
        if given && !args.who.is_some_and(|who| takes.contains(&who)) {
            return Err(Failure::usage(
                format!("{flag} says nothing about whom this is for"),
                format!(
                    "leave it out, or add `--for {}`",
                    if takes.len() == 1 { "aks" } else { "github" }
                ),
            ));
        }
    }
    Ok(())
}
