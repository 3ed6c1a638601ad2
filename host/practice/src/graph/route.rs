//! Parses an address below a version into what it means. No state is looked at here.

use crate::action::RemoteAction;
use crate::fleet::file::ScriptFamily;
use crate::fleet::property::Version;
use percent_encoding::percent_decode_str;

/// Which set of devices, or which single one, an address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    Comanaged,
    /// By id or user principal name.
    User(String),
    App(String),
    /// The one device of a script's run.
    Run {
        family: ScriptFamily,
        script: String,
        run: String,
    },
    /// A navigation below a device: the outer device has to exist, the inner scope counts.
    Below(Box<Scope>, Option<String>, Box<Scope>),
}

/// What follows the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    Device,
    Action(RemoteAction),
    ConfigurationStates,
    ComplianceStates,
}

/// An address that exists in this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    List(Scope),
    /// The device id is absent where the scope itself names the device.
    Device(Scope, Option<String>, Tail),
    Audits,
    Permissions,
    /// What the tenant has of Intune.
    Management,
    /// What takes another administrator's approval.
    ApprovalPolicies,
    Policies(Sort),
    /// The directory's groups.
    Groups,
    /// Everyone and everything in a group, and in the groups that are in it.
    Members(String),
}

/// The lists of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Configurations,
    Compliance,
    /// The settings catalog.
    Catalog,
}

impl Route {
    /// Whether the directory answers, and not Intune: no Intune role is asked for.
    pub(crate) fn is_directory(&self) -> bool {
        matches!(self, Self::Groups | Self::Members(_))
    }

    /// Stable names, for faults and the journal.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "list",
            Self::Device(_, _, Tail::Device) => "device",
            Self::Device(_, _, Tail::Action(action)) => action.name(),
            Self::Device(_, _, Tail::ConfigurationStates) => "deviceConfigurationStates",
            Self::Device(_, _, Tail::ComplianceStates) => "deviceCompliancePolicyStates",
            Self::Audits => "remoteActionAudits",
            Self::Permissions => "getEffectivePermissions",
            Self::Policies(Sort::Configurations) => "deviceConfigurations",
            Self::Policies(Sort::Compliance) => "deviceCompliancePolicies",
            Self::Policies(Sort::Catalog) => "configurationPolicies",
            Self::Management => "deviceManagement",
            Self::ApprovalPolicies => "retrieveOperationsRequiringApproval",
            Self::Groups => "groups",
            Self::Members(_) => "transitiveMembers",
        }
    }
}

/// Splits a path into decoded segments; `managedDevices('id')` counts as two. `None`: an empty or unreadable one.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    for raw in path.strip_prefix('/')?.split('/') {
        let segment = percent_decode_str(raw).decode_utf8().ok()?.into_owned();
        if segment.is_empty() || segment == "." || segment == ".." || segment.contains('/') {
            return None;
        }
        match segment
            .strip_suffix("')")
            .and_then(|rest| rest.split_once("('"))
        {
            Some((name, key))
                if !name.contains('=') && !key.is_empty() && name != "getEffectivePermissions" =>
            {
                out.push(name.to_owned());
                out.push(key.replace("''", "'"));
            }
            _ => out.push(segment),
        }
    }
    Some(out)
}

/// `Err` carries the segment that does not exist.
pub(crate) fn parse(version: Version, segments: &[String]) -> Result<Route, String> {
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    let beta = version == Version::Beta;
    match words.as_slice() {
        ["deviceManagement"] => Ok(Route::Management),
        [
            "deviceManagement",
            "operationApprovalPolicies",
            "retrieveOperationsRequiringApproval()" | "retrieveOperationsRequiringApproval",
        ] if beta => Ok(Route::ApprovalPolicies),
        ["deviceManagement", "remoteActionAudits"] if beta => Ok(Route::Audits),
        ["deviceManagement", call]
            if *call == "getEffectivePermissions"
                || call.starts_with("getEffectivePermissions(") =>
        {
            Ok(Route::Permissions)
        }
        ["deviceManagement", "deviceConfigurations"] => Ok(Route::Policies(Sort::Configurations)),
        ["deviceManagement", "deviceCompliancePolicies"] => Ok(Route::Policies(Sort::Compliance)),
        ["deviceManagement", "configurationPolicies"] if beta => Ok(Route::Policies(Sort::Catalog)),
        ["deviceManagement", "managedDevices", rest @ ..] => collection(version, Scope::All, rest),
        ["deviceManagement", "comanagedDevices", rest @ ..] if beta => {
            collection(version, Scope::Comanaged, rest)
        }
        ["groups"] => Ok(Route::Groups),
        ["groups", group, "transitiveMembers"] => Ok(Route::Members((*group).to_owned())),
        ["groups", _, other, ..] => Err((*other).to_owned()),
        ["users", user, "managedDevices", rest @ ..] => {
            collection(version, Scope::User((*user).to_owned()), rest)
        }
        [
            "deviceManagement",
            "detectedApps",
            app,
            "managedDevices",
            rest @ ..,
        ] => {
            let scope = Scope::App((*app).to_owned());
            // Listed for v1.0 only: the devices of the users of an app's device.
            match rest {
                [device, "users", user, "managedDevices", rest @ ..] if !beta => below(
                    version,
                    scope,
                    Some(device),
                    Scope::User((*user).to_owned()),
                    rest,
                ),
                _ => collection(version, scope, rest),
            }
        }
        [
            "deviceManagement",
            family,
            script,
            "deviceRunStates",
            run,
            "managedDevice",
            rest @ ..,
        ] if beta => {
            let family = script_family(family).ok_or_else(|| (*family).to_owned())?;
            let scope = Scope::Run {
                family,
                script: (*script).to_owned(),
                run: (*run).to_owned(),
            };
            let nests = family == ScriptFamily::Management;
            match rest {
                ["users", user, "managedDevices", rest @ ..] if nests => {
                    below(version, scope, None, Scope::User((*user).to_owned()), rest)
                }
                ["detectedApps", app, "managedDevices", rest @ ..] if nests => {
                    below(version, scope, None, Scope::App((*app).to_owned()), rest)
                }
                _ => Ok(Route::Device(scope, None, tail(rest)?)),
            }
        }
        ["deviceManagement", other, ..] => Err((*other).to_owned()),
        ["users", _, other, ..] => Err((*other).to_owned()),
        [other, ..] => Err((*other).to_owned()),
        [] => Err(String::new()),
    }
}

fn below(
    version: Version,
    outer: Scope,
    device: Option<&str>,
    inner: Scope,
    rest: &[&str],
) -> Result<Route, String> {
    let scope = Scope::Below(Box::new(outer), device.map(str::to_owned), Box::new(inner));
    collection(version, scope, rest)
}

fn collection(version: Version, scope: Scope, rest: &[&str]) -> Result<Route, String> {
    match rest {
        [] => Ok(Route::List(scope)),
        // Actions of the whole collection, such as executeAction, are not served.
        [word] if *word == "executeAction" && version == Version::Beta => Err((*word).to_owned()),
        [device, rest @ ..] => Ok(Route::Device(
            scope,
            Some((*device).to_owned()),
            tail(rest)?,
        )),
    }
}

fn tail(rest: &[&str]) -> Result<Tail, String> {
    match rest {
        [] => Ok(Tail::Device),
        ["deviceConfigurationStates"] => Ok(Tail::ConfigurationStates),
        ["deviceCompliancePolicyStates"] => Ok(Tail::ComplianceStates),
        [word] => {
            let name = word.strip_prefix("microsoft.graph.").unwrap_or(word);
            RemoteAction::from_segment(name)
                .map(Tail::Action)
                .ok_or_else(|| (*word).to_owned())
        }
        [first, second, ..] => {
            let known = tail(&[first]).is_ok();
            Err((*if known { second } else { first }).to_owned())
        }
    }
}

fn script_family(segment: &str) -> Option<ScriptFamily> {
    match segment {
        "deviceHealthScripts" => Some(ScriptFamily::Health),
        "deviceManagementScripts" => Some(ScriptFamily::Management),
        "deviceComplianceScripts" => Some(ScriptFamily::Compliance),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(version: Version, path: &str) -> Result<Route, String> {
        parse(version, &segments(path).expect("segments"))
    }

    #[test]
    fn the_ten_reset_addresses_exist_where_they_are_documented() {
        let m = "/deviceManagement";
        let cases = [
            (format!("{m}/managedDevices/D"), true, true),
            ("/users/U/managedDevices/D".to_owned(), true, true),
            (format!("{m}/comanagedDevices/D"), false, true),
            (format!("{m}/detectedApps/A/managedDevices/D"), true, true),
            (
                format!("{m}/detectedApps/A/managedDevices/D/users/U/managedDevices/D"),
                true,
                false,
            ),
            (
                format!("{m}/deviceHealthScripts/S/deviceRunStates/R/managedDevice"),
                false,
                true,
            ),
            (
                format!("{m}/deviceManagementScripts/S/deviceRunStates/R/managedDevice"),
                false,
                true,
            ),
            (
                format!("{m}/deviceComplianceScripts/S/deviceRunStates/R/managedDevice"),
                false,
                true,
            ),
            (
                format!(
                    "{m}/deviceManagementScripts/S/deviceRunStates/R/managedDevice/users/U/managedDevices/D"
                ),
                false,
                true,
            ),
            (
                format!(
                    "{m}/deviceManagementScripts/S/deviceRunStates/R/managedDevice/detectedApps/A/managedDevices/D"
                ),
                false,
                true,
            ),
        ];
        for (path, v1, beta) in cases {
            for (version, expected) in [(Version::V1, v1), (Version::Beta, beta)] {
                let read = route(version, &path);
                let post = route(version, &format!("{path}/resetPasscode"));
                assert_eq!(read.is_ok(), expected, "{version} {path}");
                assert_eq!(
                    post.as_ref().map(Route::name).ok(),
                    expected.then_some("resetPasscode"),
                    "{version} {path}"
                );
            }
        }
    }

    #[test]
    fn other_addresses_name_the_segment_that_is_missing() {
        for (version, path, segment) in [
            (
                Version::V1,
                "/deviceManagement/remoteActionAudits",
                "remoteActionAudits",
            ),
            (
                Version::V1,
                "/deviceManagement/managedDevices/D/removePasscode",
                "removePasscode",
            ),
            (
                Version::Beta,
                "/deviceManagement/managedDevices/D/resetPasscode/x",
                "x",
            ),
            (Version::Beta, "/me/managedDevices", "me"),
            (
                Version::V1,
                "/deviceManagement/configurationPolicies",
                "configurationPolicies",
            ),
            (
                Version::Beta,
                "/deviceManagement/deviceHealthScripts/S/deviceRunStates/R/managedDevice/users/U/managedDevices/D",
                "users",
            ),
        ] {
            assert_eq!(route(version, path), Err(segment.to_owned()), "{path}");
        }
    }

    #[test]
    fn keys_in_parentheses_and_qualified_actions_are_understood() {
        let one = route(
            Version::V1,
            "/deviceManagement/managedDevices('D')/microsoft.graph.resetPasscode",
        );
        let two = route(
            Version::V1,
            "/deviceManagement/managedDevices/D/resetPasscode",
        );
        assert_eq!(one, two);
        let scoped = route(
            Version::Beta,
            "/deviceManagement/getEffectivePermissions(scope='*')",
        );
        assert_eq!(scoped, Ok(Route::Permissions));
    }

    #[test]
    fn crooked_paths_have_no_segments() {
        for path in [
            "//x",
            "/a//b",
            "/a/../b",
            "/a/%2e%2e/b",
            "/a%2Fb",
            "x",
            "/a/%ff",
        ] {
            assert_eq!(segments(path), None, "{path}");
        }
    }
}
