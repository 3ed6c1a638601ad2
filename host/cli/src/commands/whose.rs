//! What a token says of itself, for people and programs. Never the token.

use passcode_entra::{Claims, claims};
use passcode_host::credential::AccessToken;
use passcode_host::{plain, rfc3339};
use serde_json::{Map, Value, json};

use crate::output::Rows;

/// Where a token comes from, and where it goes.
pub(super) struct From<'a> {
    /// The way to sign in.
    pub(super) kind: &'a str,
    pub(super) cloud: &'a str,
    pub(super) authority: &'a str,
    pub(super) graph: &'a str,
    /// The tenant that was named, where the token does not say.
    pub(super) tenant: Option<&'a str>,
}

/// Who signed in, as far as the token can be read.
pub(super) struct Whose {
    /// Fields of the document.
    pub(super) body: Map<String, Value>,
    lines: Vec<(&'static str, String)>,
}

impl Whose {
    pub(super) fn of(from: &From<'_>, token: &AccessToken) -> Self {
        let said = claims(token.secret());
        let readable = said.is_some();
        let said = said.unwrap_or_default();
        let app_only = readable.then(|| said.is_app_only());
        let tenant = said.tenant.as_deref().or(from.tenant);
        let expires = token.expires().or(said.expires).map(rfc3339);
        let mut body = Map::new();
        for (name, value) in [
            ("kind", json!(from.kind)),
            ("cloud", json!(from.cloud)),
            ("authority", json!(from.authority)),
            ("graph", json!(from.graph)),
            ("tenant", json!(tenant)),
            ("readable", json!(readable)),
            ("appOnly", json!(app_only)),
            ("user", json!(said.user)),
            ("name", json!(said.name)),
            ("objectId", json!(said.object_id)),
            ("appId", json!(said.app_id)),
            ("appName", json!(said.app_name)),
            ("expires", json!(expires)),
            ("scopes", json!(said.scopes)),
            ("roles", json!(said.roles)),
        ] {
            body.insert(name.to_owned(), value);
        }
        let mut lines = vec![
            ("kind", from.kind.to_owned()),
            ("who", who(&said, readable)),
            ("tenant", tenant.unwrap_or("unknown").to_owned()),
            ("cloud", format!("{} ({})", from.cloud, from.graph)),
            ("expires", expires.unwrap_or_else(|| "unknown".to_owned())),
        ];
        lines.extend(match app_only {
            None => [("scopes", "unknown".to_owned())],
            Some(true) => [("roles", list(&said.roles))],
            Some(false) => [("scopes", list(&said.scopes))],
        });
        for (_, line) in &mut lines {
            *line = plain(line);
        }
        Self { body, lines }
    }

    /// A line for each, with its name before it.
    pub(super) fn human(&self) -> String {
        self.lines
            .iter()
            .map(|(name, line)| format!("{name:<9}{line}\n"))
            .collect()
    }

    pub(super) fn rows(&self) -> Rows {
        Rows::one(self.lines.clone())
    }
}

fn who(said: &Claims, readable: bool) -> String {
    if !readable {
        return "unknown: the token is not one that can be read".to_owned();
    }
    let app = match (&said.app_name, &said.app_id) {
        (Some(name), Some(id)) => format!("{name} ({id})"),
        (name, id) => name.clone().or(id.clone()).unwrap_or_default(),
    };
    if said.is_app_only() {
        return format!("the app {app}, as itself");
    }
    let user = said.user.as_ref().or(said.object_id.as_ref());
    let user = user.map_or("somebody", String::as_str);
    match &said.name {
        Some(name) => format!("{name} <{user}>, with the app {app}"),
        None => format!("{user}, with the app {app}"),
    }
}

fn list(words: &[String]) -> String {
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_an_app_and_a_riddle_are_told_apart() {
        let person = Claims {
            user: Some("adele@contoso.example".to_owned()),
            name: Some("Adele".to_owned()),
            app_id: Some("id".to_owned()),
            scopes: vec!["User.Read".to_owned()],
            ..Claims::default()
        };
        let app = Claims {
            app_name: Some("desk".to_owned()),
            app_id: Some("id".to_owned()),
            ..Claims::default()
        };
        for (said, readable, expected) in [
            (
                &person,
                true,
                "Adele <adele@contoso.example>, with the app id",
            ),
            (&app, true, "the app desk (id), as itself"),
            (&Claims::default(), false, "unknown: "),
        ] {
            let found = who(said, readable);
            assert!(found.starts_with(expected), "{found}");
        }
    }

    #[test]
    fn a_token_that_cannot_be_read_is_nobodys_and_is_not_shown() {
        let from = From {
            kind: "given-token",
            cloud: "custom",
            authority: "http://a",
            graph: "http://g",
            tenant: Some("contoso.example"),
        };
        let token = AccessToken::new("CANARY-opaque".to_owned(), None);
        let whose = Whose::of(&from, &token);
        assert_eq!(whose.body["readable"], false);
        assert_eq!(whose.body["appOnly"], Value::Null);
        let all = format!("{}{:?}{:?}", whose.human(), whose.body, whose.rows());
        assert!(all.contains("unknown") && !all.contains("CANARY"), "{all}");
    }
}
