//! Who calls, and what they may do.

use crate::entra::role::IntuneRole;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// The permission that `resetPasscode` needs.
pub const PRIVILEGED: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
/// The least permission that reads devices.
pub const READ_DEVICES: &str = "DeviceManagementManagedDevices.Read.All";
/// The least permission that reads policies and action audits.
pub const READ_CONFIGURATION: &str = "DeviceManagementConfiguration.Read.All";
/// The least permission that reads roles.
pub const READ_RBAC: &str = "DeviceManagementRBAC.Read.All";
/// The least permission that finds groups and reads who is in them.
pub const READ_GROUPS: &str = "GroupMember.Read.All";

/// The one who carries a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Caller {
    /// A person signed in through an app.
    User {
        /// The user principal name.
        upn: String,
    },
    /// An application on its own.
    App {
        /// Its client id.
        client_id: String,
    },
}

/// A token to be made, beginning with [`TokenRequest::help_desk`] or [`TokenRequest::app`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    pub(crate) caller: Caller,
    pub(crate) permissions: Vec<String>,
    pub(crate) intune_role: IntuneRole,
    /// Seconds; negative makes a token that has expired.
    pub(crate) lifetime: i64,
}

impl TokenRequest {
    fn new(caller: Caller) -> Self {
        let permissions = [
            PRIVILEGED,
            READ_DEVICES,
            READ_CONFIGURATION,
            READ_RBAC,
            READ_GROUPS,
        ];
        let intune_role = match &caller {
            Caller::User { upn } => IntuneRole::of(upn),
            Caller::App { .. } => IntuneRole::None,
        };
        Self {
            caller,
            permissions: permissions.map(str::to_owned).to_vec(),
            intune_role,
            lifetime: 3_599,
        }
    }

    /// The practice operator, `helpdesk@contoso.example`, signed in, with every permission the product uses.
    #[must_use]
    pub fn help_desk() -> Self {
        Self::user(crate::PRACTICE_USER)
    }

    /// A signed-in person, with the role that they have here: `school@`, `reader@`, `roles@` and
    /// `nobody@contoso.example` have their own ([`IntuneRole`]), everybody else the help desk's.
    #[must_use]
    pub fn user(upn: &str) -> Self {
        Self::new(Caller::User {
            upn: upn.to_owned(),
        })
    }

    /// The practice application, on its own.
    #[must_use]
    pub fn app() -> Self {
        Self::new(Caller::App {
            client_id: crate::PRACTICE_CLIENT_ID.to_owned(),
        })
    }

    /// Takes one permission away, for example [`PRIVILEGED`].
    #[must_use]
    pub fn without(mut self, permission: &str) -> Self {
        self.permissions.retain(|own| own != permission);
        self
    }

    /// Replaces the permissions.
    #[must_use]
    pub fn with_permissions(mut self, permissions: &[&str]) -> Self {
        self.permissions = permissions.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// A person to whom no Intune role is assigned. Applications need none.
    #[must_use]
    pub fn without_intune_role(self) -> Self {
        self.with_intune_role(IntuneRole::None)
    }

    /// A person with another Intune role. To an application it means nothing.
    #[must_use]
    pub fn with_intune_role(mut self, role: IntuneRole) -> Self {
        self.intune_role = role;
        self
    }

    /// How long the token lasts by the machine's clock.
    #[must_use]
    pub fn lasting(mut self, lifetime: Duration) -> Self {
        self.lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX / 2);
        self
    }

    /// A token whose time is over.
    #[must_use]
    pub fn expired(mut self) -> Self {
        self.lifetime = -60;
        self
    }

    /// The claims of Entra's access tokens, as far as anybody looks at them.
    pub(crate) fn claims(&self, context: &ClaimContext<'_>) -> Value {
        let permissions = self.permissions.clone();
        let mut claims = json!({
            "aud": context.audience,
            "iss": format!("https://sts.windows.net/{}/", context.tenant),
            "iat": context.now,
            "nbf": context.now,
            "exp": context.now.saturating_add(self.lifetime),
            "tid": context.tenant,
            "ver": "1.0",
            "uti": uuid::Uuid::new_v4().simple().to_string(),
            "app_displayname": "passcode practice",
            "appid": crate::PRACTICE_CLIENT_ID,
            "xms_practice": true,
        });
        match &self.caller {
            Caller::App { client_id } => {
                claims["appid"] = json!(client_id);
                claims["appidacr"] = json!("1");
                claims["idtyp"] = json!("app");
                claims["oid"] = json!(crate::world::derived_guid(&format!("app:{client_id}")));
                claims["sub"] = claims["oid"].clone();
                claims["roles"] = json!(permissions);
            }
            Caller::User { upn } => {
                claims["idtyp"] = json!("user");
                claims["upn"] = json!(upn);
                claims["unique_name"] = json!(upn);
                claims["name"] = json!(context.display_name);
                claims["oid"] = json!(context.user_id);
                claims["sub"] = json!(crate::world::derived_guid(&format!("sub:{upn}")));
                claims["scp"] = json!(permissions.join(" "));
                claims["xms_practice_intune_role"] = json!(self.intune_role);
            }
        }
        claims
    }
}

/// What the tenant adds to a token.
#[derive(Debug)]
pub(crate) struct ClaimContext<'a> {
    pub(crate) audience: &'a str,
    pub(crate) tenant: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) now: i64,
}

/// A verified token, as the Graph routes need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) caller: Caller,
    pub(crate) app: String,
    pub(crate) token_id: String,
    permissions: Vec<String>,
    intune_role: IntuneRole,
}

impl Identity {
    pub(crate) fn from_claims(claims: &Value) -> Option<Self> {
        let text = |name: &str| claims[name].as_str().map(str::to_owned);
        let app = text("appid")?;
        let (caller, permissions) = match text("scp") {
            Some(scopes) => (
                Caller::User { upn: text("upn")? },
                scopes.split(' ').map(str::to_owned).collect(),
            ),
            None => {
                let roles = claims["roles"].as_array()?;
                let roles = roles
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect();
                (
                    Caller::App {
                        client_id: app.clone(),
                    },
                    roles,
                )
            }
        };
        Some(Self {
            caller,
            app,
            token_id: text("uti")?,
            permissions,
            intune_role: serde_json::from_value(claims["xms_practice_intune_role"].clone())
                .unwrap_or(IntuneRole::None),
        })
    }

    pub(crate) fn name(&self) -> &str {
        match &self.caller {
            Caller::User { upn } => upn,
            Caller::App { client_id } => client_id,
        }
    }

    /// Delegated calls also need an Intune role; what applications may do is their permissions alone.
    pub(crate) fn has_intune_role(&self) -> bool {
        self.intune_role != IntuneRole::None || self.is_app()
    }

    /// Whether Intune lets them do this: a person by their role, an application whatever it is.
    pub(crate) fn may(&self, action: &str) -> bool {
        self.is_app() || self.intune_role.allows(action)
    }

    /// What the role allows. An application has none.
    pub(crate) fn role(&self) -> &IntuneRole {
        &self.intune_role
    }

    /// A fault gives the person another role.
    pub(crate) fn become_reader(&mut self) {
        if !self.is_app() {
            self.intune_role = IntuneRole::ReadOnlyOperator;
        }
    }

    fn is_app(&self) -> bool {
        matches!(self.caller, Caller::App { .. })
    }

    pub(crate) fn has_any(&self, wanted: &[&str]) -> bool {
        self.permissions
            .iter()
            .any(|own| wanted.contains(&own.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(request: &TokenRequest) -> Identity {
        let context = ClaimContext {
            audience: "http://127.0.0.1:1",
            tenant: "t",
            user_id: "u",
            display_name: "d",
            now: 1_000,
        };
        Identity::from_claims(&request.claims(&context)).expect("identity")
    }

    #[test]
    fn a_token_carries_what_was_asked_for() {
        let user = identity(&TokenRequest::help_desk().without(PRIVILEGED));
        assert_eq!(user.name(), "helpdesk@contoso.example");
        assert!(!user.has_any(&[PRIVILEGED]) && user.has_any(&[READ_DEVICES]));
        assert!(user.has_intune_role());
        assert!(!identity(&TokenRequest::help_desk().without_intune_role()).has_intune_role());
        let app = identity(&TokenRequest::app().without_intune_role());
        assert!(app.has_intune_role() && app.has_any(&[PRIVILEGED]));
    }
}
