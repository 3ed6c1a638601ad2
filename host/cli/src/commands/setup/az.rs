//! The commands for Azure CLI, as a script for a POSIX shell. Whoever runs it has read it.

use super::permissions::{GRAPH, wanted};
use super::registration::Registration;
use crate::args::For;

/// What Azure CLI calls a cloud; `None` where its Graph is another than ours.
pub(super) fn cloud(name: &str) -> Option<&'static str> {
    match name {
        "global" => Some("AzureCloud"),
        "usgov" => Some("AzureUSGovernment"),
        "china" => Some("AzureChinaCloud"),
        // AzureUSGovernment speaks with the Graph of L4.
        _ => None,
    }
}

/// A word, whatever is in it.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A variable with its value, or one that has to be given.
fn variable(name: &str, value: Option<&str>, what: &str) -> String {
    match value {
        Some(value) => format!("{name}={}\n", word(value)),
        None => format!("{name}=\"${{{name}:?set {name} to {what}}}\"\n"),
    }
}

/// The script. `cloud` is Azure CLI's name for it.
pub(super) fn script(registration: &Registration<'_>, cloud: &str) -> String {
    let mut text = format!(
        "#!/bin/sh\n\
         # {}. Read it before you run it.\n\
         # It takes an account that may register apps, and for the consent at its end a Privileged Role\n\
         # Administrator{}. An app of the same name would be changed instead of a new one made.\n\
         set -eu\n\
         {}",
        registration.title(),
        if registration.is_for_people() {
            " or a Cloud Application Administrator"
        } else {
            ""
        },
        variable(
            "TENANT",
            registration.tenant,
            "the id or a domain of the tenant"
        ),
    );
    if registration.is_federated() {
        text.push_str(&variable(
            "SUBJECT",
            registration.subject,
            registration.subject_form(),
        ));
    }
    if registration.who == For::Aks {
        text.push_str(&variable(
            "ISSUER",
            registration.issuer,
            "the address that az aks show --query oidcIssuerProfile.issuerUrl tells",
        ));
    }
    text.push_str(&format!(
        "az cloud set --name {cloud}\n\
         az login --tenant \"$TENANT\" --allow-no-subscriptions --output none\n"
    ));
    if registration.who == For::ManagedIdentity {
        text.push_str(&two_ways(registration));
    } else {
        text.push_str(&steps(registration));
    }
    text
}

fn steps(registration: &Registration<'_>) -> String {
    let mut text = format!("\n# {}\n", names(registration));
    let public = registration.is_for_people();
    text.push_str(&format!(
        "APP=$(az ad app create \\\n  --display-name {} \\\n  --sign-in-audience AzureADMyOrg \\\n  \
         --is-fallback-public-client {public} \\\n",
        word(&registration.name())
    ));
    for redirect in registration.redirects() {
        text.push_str(&format!("  --public-client-redirect-uris {redirect} \\\n"));
    }
    text.push_str(&format!(
        "  --required-resource-accesses {} \\\n  --query appId --output tsv)\n\
         az ad sp create --id \"$APP\" --output none\n",
        word(&registration.required().to_string())
    ));
    if registration.who == For::App {
        text.push_str(
            "# The key stays here. A secret instead: az ad app credential reset --id \"$APP\" --append\n\
             (umask 077; openssl req -x509 -newkey rsa:3072 -sha256 -days 365 -nodes -subj /CN=passcode \\\n  \
             -keyout passcode-app.key -out passcode-app.crt\n\
             cat passcode-app.key passcode-app.crt > passcode-app.pem; rm passcode-app.key)\n\
             az ad app credential reset --id \"$APP\" --append --cert @passcode-app.crt --output none\n",
        );
    }
    if registration.is_federated() {
        text.push_str(&trust(registration));
    }
    text.push_str(
        "# The consent, for the whole tenant.\n\
         az ad app permission admin-consent --id \"$APP\"\n\
         echo \"AZURE_TENANT_ID=$TENANT\"\n\
         echo \"AZURE_CLIENT_ID=$APP\"\n",
    );
    text.push_str(&format!("echo PASSCODE_AUTH={}\n", registration.auth()));
    if registration.who == For::App {
        text.push_str("echo \"AZURE_CLIENT_CERTIFICATE_PATH=$PWD/passcode-app.pem\"\n");
    }
    text
}

/// The credential by which the app trusts assertions.
fn trust(registration: &Registration<'_>) -> String {
    let issuer = match registration.who {
        For::Aks => String::new(),
        For::ManagedIdentity => format!(
            "ISSUER=\"{}/$(az account show --query tenantId --output tsv)/v2.0\"\n",
            registration.cloud.authority()
        ),
        _ => variable("ISSUER", registration.issuer().as_deref(), "the issuer"),
    };
    format!(
        "{issuer}\
         az ad app federated-credential create --id \"$APP\" --output none --parameters \"$(\n  \
         printf '{{\"name\":\"%s\",\"issuer\":\"%s\",\"subject\":\"%s\",\"audiences\":[\"%s\"]}}' \\\n    \
         {} \"$ISSUER\" \"$SUBJECT\" {})\"\n",
        registration.word(),
        registration.cloud.exchange_audience()
    )
}

fn two_ways(registration: &Registration<'_>) -> String {
    let inner: String = steps(registration)
        .lines()
        .map(|line| format!("{line}\n"))
        .collect();
    let roles: Vec<&str> = wanted(registration.optional).map(|one| one.role).collect();
    format!(
        "\n# Two ways; the last line takes the first.\n\
         # An app that trusts the identity: PASSCODE_AUTH=managed-identity-federated.\n\
         trusted() {{\n{inner}}}\n\n\
         # No app: the identity gets the permissions itself. PASSCODE_AUTH=managed-identity.\n\
         itself() {{\n\
         RESOURCE=$(az ad sp show --id {GRAPH} --query id --output tsv)\n\
         for ROLE in {}; do\n  \
         az rest --method POST --url \"{}/v1.0/servicePrincipals/$SUBJECT/appRoleAssignments\" --output none \\\n    \
         --body \"{{\\\"principalId\\\":\\\"$SUBJECT\\\",\\\"resourceId\\\":\\\"$RESOURCE\\\",\\\"appRoleId\\\":\\\"$ROLE\\\"}}\"\n\
         done\n}}\n\ntrusted\n",
        roles.join(" "),
        registration.cloud.graph_root()
    )
}

fn names(registration: &Registration<'_>) -> String {
    let names: Vec<&str> = wanted(registration.optional).map(|one| one.name).collect();
    names.join("\n# ")
}
