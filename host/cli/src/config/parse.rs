//! The file's text to its settings, strictly: what is not understood is not passed over.

use std::collections::BTreeMap;
use std::path::Path;

use passcode_entra::{Cloud, SignIn};
use passcode_extension::Catalog;
use toml::de::{DeTable, DeValue};

use super::keys::{Key, SETTINGS, Setting, Shape, looks_secret, named};
use crate::args::{nearest, time};

/// Values of one layer.
pub(crate) type Values = BTreeMap<Key, String>;

/// What a config file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfigFile {
    /// What holds unless a profile says otherwise.
    pub(crate) defaults: Values,
    pub(crate) profiles: BTreeMap<String, Values>,
    /// The profile of a call that names none.
    pub(crate) default_profile: Option<String>,
    /// Origins that environment variables may name, beside those in the file.
    pub(crate) allowed_origins: Vec<String>,
    /// Other people's components.
    pub(crate) extensions: Catalog,
}

/// What is wrong with a file, and where. It never repeats a value: that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// Words of the file that are no settings.
const DEFAULT_PROFILE: &str = "default_profile";
const ALLOWED_ORIGINS: &str = "allowed_origins";
const PROFILE: &str = "profile";
const EXTENSIONS: &str = "extensions";

/// Read a config file's text. `folder` is where it stands.
///
/// # Errors
///
/// Everything that is wrong with it, in the order of its lines.
pub(crate) fn parse(text: &str, folder: &Path) -> Result<ConfigFile, Vec<Trouble>> {
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let (line, column) = position(text, at);
        vec![Trouble {
            line,
            column,
            code: "config-invalid",
            message: format!("not TOML: {}", error.message().replace('\n', " ")),
            remedy: "write `name = \"value\"`; see docs/configuration.md".to_owned(),
        }]
    })?;
    let mut reader = Reader {
        text,
        folder,
        troubles: Vec::new(),
        named: Vec::new(),
    };
    let file = reader.file(table.get_ref());
    let mut troubles = reader.troubles;
    troubles.sort_by_key(|trouble| (trouble.line, trouble.column));
    if troubles.is_empty() {
        Ok(file)
    } else {
        Err(troubles)
    }
}

struct Reader<'a> {
    text: &'a str,
    folder: &'a Path,
    troubles: Vec<Trouble>,
    /// Extensions that settings name, and where.
    named: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>) -> ConfigFile {
        let mut file = ConfigFile::default();
        let mut default_at = 0;
        for (key, value) in table {
            let at = value.span().start;
            match (key.get_ref().as_ref(), value.get_ref()) {
                (PROFILE, DeValue::Table(profiles)) => self.profiles(profiles, &mut file),
                (PROFILE, _) => self.trouble(
                    key.span().start,
                    "`profile` is a table".to_owned(),
                    "write `[profile.NAME]`; the profile to begin with is `default_profile`",
                ),
                (EXTENSIONS, DeValue::Table(extensions)) => self.extensions(extensions, &mut file),
                (EXTENSIONS, _) => self.trouble(
                    key.span().start,
                    "`extensions` is a table".to_owned(),
                    "write `[extensions.\"OWNER/NAME\"]`, and what there is to say of it below",
                ),
                (DEFAULT_PROFILE, DeValue::String(name)) => {
                    file.default_profile = Some(name.to_string());
                    default_at = at;
                }
                (ALLOWED_ORIGINS, DeValue::Array(origins)) => {
                    for origin in origins.iter() {
                        match origin.get_ref() {
                            DeValue::String(text) => {
                                self.origin(ALLOWED_ORIGINS, origin.span().start, text);
                                file.allowed_origins.push(text.to_string());
                            }
                            _ => self.is_not(origin.span().start, ALLOWED_ORIGINS, "a text"),
                        }
                    }
                }
                (DEFAULT_PROFILE, _) => self.is_not(at, DEFAULT_PROFILE, "a text"),
                (ALLOWED_ORIGINS, _) => self.is_not(at, ALLOWED_ORIGINS, "a list of origins"),
                (name, value) => {
                    let known = [DEFAULT_PROFILE, ALLOWED_ORIGINS, PROFILE, EXTENSIONS];
                    self.setting(
                        key.span().start,
                        name,
                        at,
                        value,
                        &known,
                        &mut file.defaults,
                    );
                }
            }
        }
        self.all_known(&file);
        if let Some(name) = &file.default_profile
            && !file.profiles.contains_key(name)
        {
            let names = file.profiles.keys().map(String::as_str);
            let remedy = match nearest(name, names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "add a table `[profile.NAME]` of that name".to_owned(),
            };
            self.trouble(
                default_at,
                "`default_profile` names a profile that is not in this file".to_owned(),
                remedy,
            );
        }
        file
    }

    fn profiles(&mut self, profiles: &DeTable<'_>, file: &mut ConfigFile) {
        for (name, body) in profiles {
            let at = name.span().start;
            let name = name.get_ref();
            let simple = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if name.is_empty() || name.len() > 40 || !name.chars().all(simple) {
                self.trouble(
                    at,
                    "a profile's name has letters, digits, `-` and `_`, at most 40".to_owned(),
                    "rename it",
                );
                continue;
            }
            let DeValue::Table(body) = body.get_ref() else {
                self.trouble(
                    at,
                    format!("the profile `{name}` is a table"),
                    format!("write `[profile.{name}]`, and its settings below"),
                );
                continue;
            };
            let mut values = Values::new();
            for (key, value) in body {
                let (from, at) = (key.span().start, value.span().start);
                let name = key.get_ref();
                if [DEFAULT_PROFILE, ALLOWED_ORIGINS, EXTENSIONS].contains(&name.as_ref()) {
                    self.trouble(
                        from,
                        format!("`{name}` is for the whole file"),
                        "move it to the top, above the first `[profile.…]`",
                    );
                    continue;
                }
                self.setting(from, name, at, value.get_ref(), &[], &mut values);
            }
            file.profiles.insert(name.to_string(), values);
        }
    }

    fn setting(
        &mut self,
        key_at: usize,
        name: &str,
        at: usize,
        value: &DeValue<'_>,
        others: &[&str],
        values: &mut Values,
    ) {
        if looks_secret(name) {
            self.secret(
                key_at,
                format!("`{}` looks like a secret", passcode_host::plain(name)),
            );
            return;
        }
        let Some(setting) = named(name) else {
            let names = SETTINGS.iter().map(|setting| setting.name);
            let remedy = match nearest(name, names.chain(others.iter().copied())) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`passcode config schema` lists what there is".to_owned(),
            };
            self.trouble(
                key_at,
                format!("there is no setting `{}`", passcode_host::plain(name)),
                remedy,
            );
            return;
        };
        if let Some(value) = self.value(setting, at, value) {
            values.insert(setting.key, value);
        }
    }

    /// The value as text, if it has the setting's shape.
    fn value(&mut self, setting: &Setting, at: usize, value: &DeValue<'_>) -> Option<String> {
        let before = self.troubles.len();
        let found = match (setting.shape, value) {
            (Shape::YesNo, DeValue::Boolean(yes)) => yes.to_string(),
            (Shape::YesNo, _) => {
                self.is_not(at, setting.name, "`true` or `false`");
                return None;
            }
            (Shape::Count(most), DeValue::Integer(number)) => {
                let number = u32::from_str_radix(number.as_str(), number.radix()).unwrap_or(0);
                if number == 0 || number > most {
                    self.is_not(at, setting.name, &format!("a number from 1 to {most}"));
                }
                number.to_string()
            }
            (Shape::Count(most), _) => {
                self.is_not(at, setting.name, &format!("a number from 1 to {most}"));
                return None;
            }
            (Shape::Extensions, DeValue::Array(names)) => self.names(setting, names),
            (Shape::Extensions, _) => {
                self.is_not(at, setting.name, "a list of extensions");
                return None;
            }
            (_, DeValue::String(text)) => self.text(setting, at, text),
            _ => {
                self.is_not(at, setting.name, "a text in quotation marks");
                return None;
            }
        };
        (self.troubles.len() == before).then_some(found)
    }

    fn text(&mut self, setting: &Setting, at: usize, text: &str) -> String {
        if text.starts_with("eyJ") {
            self.secret(
                at,
                format!("the value of `{}` looks like a token", setting.name),
            );
        } else if text.trim().is_empty() || text.chars().any(char::is_control) {
            self.is_not(at, setting.name, "a text of visible characters");
        }
        match setting.shape {
            Shape::Words(words) if !words.contains(&text) => {
                let one_of = format!("one of {}", words.join(", "));
                self.is_not(at, setting.name, &one_of);
                if let (Some(meant), Some(trouble)) = (
                    nearest(text, words.iter().copied()),
                    self.troubles.last_mut(),
                ) {
                    trouble.remedy = format!("did you mean `{meant}`?");
                }
            }
            Shape::Cloud if Cloud::named(text).is_err() => {
                let message = format!("`{}` names no cloud", setting.name);
                self.trouble(at, message, format!("write {}", setting.about));
            }
            Shape::SignIn if SignIn::known(text).is_none() => {
                let message = format!("`{}` names no way to sign in", setting.name);
                let names: Vec<&str> = SignIn::names().collect();
                let remedy = match nearest(text, names.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("write one of {}", names.join(", ")),
                };
                self.trouble(at, message, remedy);
            }
            Shape::Origin => self.origin(setting.name, at, text),
            Shape::Time if time(text).is_err() => {
                self.is_not(at, setting.name, "a time such as 15s, 2m or 8h");
            }
            Shape::File => return self.folder.join(text).display().to_string(),
            _ => {}
        }
        text.to_owned()
    }

    /// What stands in the file is what the file allows, so only its form is judged.
    fn origin(&mut self, name: &str, at: usize, text: &str) {
        let own = [text.to_owned()];
        if let Err(error) = Cloud::custom(text, text, &own) {
            let message = match error.code.as_str() {
                "origin-plain-http" => "is not encrypted",
                _ => "is not scheme, host and port",
            };
            self.trouble(at, format!("`{name}` {message}"), error.remedy);
        }
    }

    fn is_not(&mut self, at: usize, name: &str, what: &str) {
        self.trouble(
            at,
            format!("the value of `{name}` is not {what}"),
            format!("write {what}"),
        );
    }

    fn secret(&mut self, at: usize, message: String) {
        self.trouble(
            at,
            format!("{message}, and secrets do not belong in this file"),
            "remove it here, and set AZURE_CLIENT_SECRET or PASSCODE_ACCESS_TOKEN for the call; \
             if the file was shared, replace the secret",
        );
        if let Some(trouble) = self.troubles.last_mut() {
            trouble.code = "config-secret";
        }
    }

    fn trouble(&mut self, at: usize, message: String, remedy: impl Into<String>) {
        let (line, column) = position(self.text, at);
        self.troubles.push(Trouble {
            line,
            column,
            code: "config-invalid",
            message,
            remedy: remedy.into(),
        });
    }
}

/// Line and column, from 1, of a place in a text.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}

mod extensions;

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
