//! The commands for Graph PowerShell (Microsoft.Graph.Authentication, .Applications,
//! .Identity.SignIns), as a script. Whoever runs it has read it.

use serde_json::Value;

use super::permissions::{GRAPH, SIGN_IN, wanted};
use super::registration::Registration;
use crate::args::For;

/// What Graph PowerShell calls a cloud (`Get-MgEnvironment`).
pub(super) fn environment(name: &str) -> Option<&'static str> {
    match name {
        "global" => Some("Global"),
        "usgov" => Some("USGov"),
        "dod" => Some("USGovDoD"),
        "china" => Some("China"),
        _ => None,
    }
}

/// A text, whatever is in it. PowerShell takes typographic quotes for quotes, too.
fn text(text: &str) -> String {
    let mut quoted = String::from("'");
    for letter in text.chars() {
        quoted.push(letter);
        if matches!(letter, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(letter);
        }
    }
    quoted.push('\'');
    quoted
}

fn parameter(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("    [string] ${name} = {}", text(value)),
        None => format!("    [Parameter(Mandatory)] [string] ${name}"),
    }
}

/// The script. `environment` is Graph PowerShell's name for the cloud.
pub(super) fn script(registration: &Registration<'_>, environment: &str) -> String {
    let mut parameters = vec![parameter("Tenant", registration.tenant)];
    if registration.is_federated() {
        parameters.push(parameter("Subject", registration.subject));
    }
    if registration.who == For::Aks {
        parameters.push(parameter("Issuer", registration.issuer));
    }
    if registration.who == For::App {
        parameters.push("    [string] $Certificate = 'passcode-app.cer'".to_owned());
    }
    if registration.who == For::ManagedIdentity {
        parameters.push("    [switch] $WithoutApp".to_owned());
    }
    let mut script = format!(
        "# {}. Read it before you run it.\n\
         # It takes an account that may register apps, and for the consent a Privileged Role Administrator.\n",
        registration.title()
    );
    if registration.is_federated() {
        script.push_str(&format!("# Subject: {}\n", registration.subject_form()));
    }
    if registration.who == For::App {
        script.push_str("# Certificate: the public part, DER or base64, of a certificate whose key stays with the program\n");
    }
    script.push_str(&format!("param(\n{}\n)\n", parameters.join(",\n")));
    script.push_str(&format!(
        "$ErrorActionPreference = 'Stop'\n\
         Connect-MgGraph -Environment {environment} -TenantId $Tenant -NoWelcome -Scopes 'Application.ReadWrite.All', {}\n\
         $graph = Get-MgServicePrincipal -Filter \"appId eq '{GRAPH}'\"\n",
        if registration.is_for_people() {
            "'DelegatedPermissionGrant.ReadWrite.All'"
        } else {
            "'AppRoleAssignment.ReadWrite.All'"
        }
    ));
    if registration.who == For::ManagedIdentity {
        script.push_str(&format!(
            "if ($WithoutApp) {{\n    # The identity gets the permissions itself. PASSCODE_AUTH=managed-identity\n{}    return\n}}\n",
            indented(&roles(registration, "$Subject"))
        ));
    }
    script.push_str(&app(registration));
    script
}

fn app(registration: &Registration<'_>) -> String {
    let mut script = "$access = @(\n".to_owned();
    let names = wanted(registration.optional).map(|one| one.name);
    let names = names.chain(SIGN_IN.iter().map(|(name, _)| *name));
    for (one, name) in registration.access().iter().zip(names) {
        let of = |key: &str| text(one.get(key).and_then(Value::as_str).unwrap_or_default());
        script.push_str(&format!(
            "    @{{ Id = {}; Type = {} }} # {name}\n",
            of("id"),
            of("type")
        ));
    }
    script.push_str(")\n");
    let redirects: Vec<String> = registration
        .redirects()
        .iter()
        .map(|one| text(one))
        .collect();
    script.push_str(&format!(
        "$body = @{{\n    DisplayName            = {}\n    SignInAudience         = 'AzureADMyOrg'\n    \
         IsFallbackPublicClient = ${}\n    PublicClient           = @{{ RedirectUris = @({}) }}\n    \
         RequiredResourceAccess = @(@{{ ResourceAppId = '{GRAPH}'; ResourceAccess = $access }})\n}}\n",
        text(&registration.name()),
        registration.is_for_people(),
        redirects.join(", ")
    ));
    if registration.who == For::App {
        script.push_str(
            "$public = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new((Resolve-Path $Certificate).Path)\n\
             $body.KeyCredentials = @(@{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $public.RawData })\n",
        );
    }
    script.push_str(
        "$app = New-MgApplication -BodyParameter $body\n\
         $principal = New-MgServicePrincipal -BodyParameter @{ AppId = $app.AppId }\n",
    );
    if registration.is_federated() {
        if registration.who == For::ManagedIdentity {
            script.push_str(&format!(
                "$Issuer = \"{}/$((Get-MgContext).TenantId)/v2.0\"\n",
                registration.cloud.authority()
            ));
        } else if registration.who == For::Github {
            let issuer = registration.issuer().unwrap_or_default();
            script.push_str(&format!("$Issuer = {}\n", text(&issuer)));
        }
        script.push_str(&format!(
            "$null = New-MgApplicationFederatedIdentityCredential -ApplicationId $app.Id -BodyParameter @{{\n    \
             Name = {}; Issuer = $Issuer; Subject = $Subject; Audiences = @({})\n}}\n",
            text(registration.word()),
            text(registration.cloud.exchange_audience())
        ));
    }
    script.push_str("# The consent, for the whole tenant.\n");
    if registration.is_for_people() {
        let scopes: Vec<&str> = wanted(registration.optional)
            .map(|one| one.name)
            .chain(SIGN_IN.iter().map(|(name, _)| *name))
            .collect();
        script.push_str(&format!(
            "$null = New-MgOauth2PermissionGrant -BodyParameter @{{\n    ClientId = $principal.Id; \
             ConsentType = 'AllPrincipals'; ResourceId = $graph.Id\n    Scope = {}\n}}\n",
            text(&scopes.join(" "))
        ));
    } else {
        script.push_str(&roles(registration, "$principal.Id"));
    }
    script.push_str(&format!(
        "\"AZURE_TENANT_ID=$((Get-MgContext).TenantId)\"\n\"AZURE_CLIENT_ID=$($app.AppId)\"\n'PASSCODE_AUTH={}'\n",
        registration.auth()
    ));
    script
}

/// App roles for a service principal.
fn roles(registration: &Registration<'_>, principal: &str) -> String {
    let roles: Vec<String> = wanted(registration.optional)
        .map(|one| text(one.role))
        .collect();
    format!(
        "foreach ($role in {}) {{\n    $null = New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId {principal} -BodyParameter @{{\n        \
         PrincipalId = {principal}; ResourceId = $graph.Id; AppRoleId = $role\n    }}\n}}\n",
        roles.join(", ")
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn no_text_ends_before_its_end() {
        for (given, expected) in [
            ("a", "'a'"),
            ("it's", "'it''s'"),
            ("$(x)", "'$(x)'"),
            ("\u{2019}; x", "'\u{2019}\u{2019}; x'"),
        ] {
            assert_eq!(text(given), expected);
        }
    }
}
