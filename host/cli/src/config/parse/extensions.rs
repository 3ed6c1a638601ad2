//! The part of the file that names other people's components.

use passcode_extension::{Digest, ExtensionId, Spec};
use toml::de::{DeArray, DeTable, DeValue};

use super::super::keys::{Setting, looks_secret};
use super::{ConfigFile, Reader};
use crate::args::nearest;

/// What there is to say of an extension.
const COMPONENT: &str = "component";
const DIGEST: &str = "digest";
const GRANT: &str = "grant";
const SETTINGS: &str = "settings";

impl Reader<'_> {
    pub(super) fn extensions(&mut self, table: &DeTable<'_>, file: &mut ConfigFile) {
        for (name, body) in table {
            let at = name.span().start;
            let id = match ExtensionId::parse(name.get_ref()) {
                Ok(id) => id,
                Err(error) => {
                    self.trouble(
                        at,
                        error.to_string(),
                        "write `[extensions.\"contoso.example/change-board\"]`, for example",
                    );
                    continue;
                }
            };
            let DeValue::Table(body) = body.get_ref() else {
                self.trouble(
                    at,
                    format!("the extension `{id}` is a table"),
                    format!("write `[extensions.\"{id}\"]`, and what there is to say of it below"),
                );
                continue;
            };
            if let Some(spec) = self.extension(at, &id, body) {
                file.extensions.insert(id, spec);
            }
        }
    }

    fn extension(&mut self, at: usize, id: &ExtensionId, body: &DeTable<'_>) -> Option<Spec> {
        let (mut component, mut digest, mut grant) = (None, None, None);
        let mut settings = Vec::new();
        let before = self.troubles.len();
        for (key, value) in body {
            let (key_at, value_at) = (key.span().start, value.span().start);
            match (key.get_ref().as_ref(), value.get_ref()) {
                (COMPONENT, DeValue::String(text)) if !text.is_empty() => {
                    component = Some(self.folder.join(text.as_ref()));
                }
                (GRANT, DeValue::String(text)) if !text.is_empty() => {
                    grant = Some(self.folder.join(text.as_ref()));
                }
                (DIGEST, DeValue::String(text)) => match Digest::parse(text) {
                    Ok(parsed) => digest = Some(parsed),
                    Err(error) => self.trouble(
                        value_at,
                        error.to_string(),
                        "`passcode extension check FILE` prints it",
                    ),
                },
                (SETTINGS, DeValue::Table(table)) => settings = self.told(table),
                (COMPONENT | GRANT, _) => self.is_not(value_at, key.get_ref(), "a file's name"),
                (DIGEST, _) => self.is_not(value_at, DIGEST, "a text in quotation marks"),
                (SETTINGS, _) => self.is_not(value_at, SETTINGS, "a table of names and values"),
                (other, _) => {
                    let known = [COMPONENT, DIGEST, GRANT, SETTINGS];
                    let remedy = match nearest(other, known) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("it has {}", known.join(", ")),
                    };
                    let message = format!("an extension has no `{}`", passcode_host::plain(other));
                    self.trouble(key_at, message, remedy);
                }
            }
        }
        if self.troubles.len() > before {
            return None;
        }
        let (Some(component), Some(digest)) = (component, digest) else {
            self.trouble(
                at,
                format!("the extension `{id}` needs `component` and `digest`"),
                "name its file, and pin it with what `passcode extension check FILE` prints",
            );
            return None;
        };
        Some(Spec {
            component,
            digest,
            grant,
            settings,
        })
    }

    /// What an extension is told. Secrets are no business of an extension.
    fn told(&mut self, table: &DeTable<'_>) -> Vec<(String, String)> {
        let mut told = Vec::new();
        for (name, value) in table {
            let at = name.span().start;
            if looks_secret(name.get_ref()) {
                let name = passcode_host::plain(name.get_ref());
                self.secret(at, format!("`{name}` looks like a secret"));
                continue;
            }
            let text = match value.get_ref() {
                DeValue::String(text) if text.starts_with("eyJ") => {
                    let at = value.span().start;
                    self.secret(at, "a value looks like a token".to_owned());
                    continue;
                }
                DeValue::String(text) => text.to_string(),
                DeValue::Boolean(yes) => yes.to_string(),
                DeValue::Integer(number) => {
                    match i64::from_str_radix(number.as_str(), number.radix()) {
                        Ok(number) => number.to_string(),
                        Err(_) => {
                            self.is_not(at, SETTINGS, "numbers that fit");
                            continue;
                        }
                    }
                }
                _ => {
                    self.is_not(at, SETTINGS, "texts, whole numbers, `true` and `false`");
                    continue;
                }
            };
            told.push((name.get_ref().to_string(), text));
        }
        told.sort();
        told
    }

    /// A list of extensions, with commas between them.
    pub(super) fn names(&mut self, setting: &Setting, names: &DeArray<'_>) -> String {
        let mut listed: Vec<String> = Vec::new();
        for name in names.iter() {
            let at = name.span().start;
            match name.get_ref() {
                DeValue::String(text) if listed.iter().any(|known| known == text) => {
                    self.trouble(
                        at,
                        format!("`{}` names an extension twice", setting.name),
                        "name it once",
                    );
                }
                DeValue::String(text) => {
                    self.named.push((at, text.to_string()));
                    listed.push(text.to_string());
                }
                _ => self.is_not(at, setting.name, "a list of extensions"),
            }
        }
        listed.join(",")
    }

    /// Whether every extension that a setting names is in the file.
    pub(super) fn all_known(&mut self, file: &ConfigFile) {
        for (at, name) in std::mem::take(&mut self.named) {
            if file.extensions.keys().any(|id| id.as_str() == name) {
                continue;
            }
            let names = file.extensions.keys().map(ExtensionId::as_str);
            let remedy = match nearest(&name, names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "add a table `[extensions.\"OWNER/NAME\"]` of that name".to_owned(),
            };
            self.trouble(
                at,
                "`reviewers` names an extension that is not in this file".to_owned(),
                remedy,
            );
        }
    }
}
