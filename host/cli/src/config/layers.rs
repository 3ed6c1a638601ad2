//! Which value holds, and who said so: flag, environment, profile, file, built in.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::keys::{CLOUD, Key, SETTINGS};
use super::parse::Values;

/// Who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Flag(&'static str),
    Environment(&'static str),
    Profile(String),
    File,
    BuiltIn,
}

impl Source {
    /// For programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Environment(_) => "environment",
            Self::Profile(_) => "profile",
            Self::File => "file",
            Self::BuiltIn => "built-in",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Environment(name) => write!(f, "{} {name}", self.word()),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::File => f.write_str("file"),
            Self::BuiltIn => f.write_str("built in"),
        }
    }
}

/// What was said at each place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers {
    pub(crate) flags: Values,
    pub(crate) environment: Values,
    pub(crate) profile: Option<(String, Values)>,
    pub(crate) file: Values,
}

/// Every setting that has a value, and who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings(BTreeMap<Key, (String, Source)>);

impl Default for Settings {
    fn default() -> Self {
        settle(&Layers::default())
    }
}

impl Settings {
    pub(crate) fn get(&self, key: Key) -> Option<&str> {
        self.0.get(&key).map(|(value, _)| value.as_str())
    }

    pub(crate) fn source(&self, key: Key) -> Option<&Source> {
        self.0.get(&key).map(|(_, source)| source)
    }

    /// What somebody said, which is not the same as what is built in.
    pub(crate) fn given(&self, key: Key) -> Option<&str> {
        let given = self.0.get(&key);
        given
            .filter(|(_, source)| *source != Source::BuiltIn)
            .map(|(value, _)| value.as_str())
    }

    pub(crate) fn is(&self, key: Key, word: &str) -> bool {
        self.get(key) == Some(word)
    }

    pub(crate) fn timeout(&self) -> Duration {
        let set = self.get(Key::Timeout).map(crate::args::time);
        set.and_then(Result::ok).unwrap_or(Duration::from_secs(120))
    }

    /// The names that a list holds.
    pub(crate) fn names(&self, key: Key) -> impl Iterator<Item = &str> {
        let listed = self.get(key).unwrap_or_default();
        listed.split(',').filter(|name| !name.is_empty())
    }

    pub(crate) fn count(&self, key: Key) -> Option<usize> {
        self.get(key)?.parse().ok()
    }

    /// What the environment overrules in the profile that the operator asked for by name.
    pub(crate) fn overruled(&self, profile: &Values) -> Vec<(&'static str, &'static str)> {
        let overruled = SETTINGS.iter().filter(|setting| {
            let differs = |said: &String| self.get(setting.key) != Some(said.as_str());
            profile.get(&setting.key).is_some_and(differs)
        });
        overruled
            .filter_map(|setting| match self.by_whom(setting.key)? {
                Source::Environment(variable) => Some((*variable, setting.name)),
                _ => None,
            })
            .collect()
    }

    /// Who decided about it, also where that was by leaving it out.
    fn by_whom(&self, key: Key) -> Option<&Source> {
        let together = CLOUD.contains(&key).then_some(CLOUD).into_iter().flatten();
        let mut all = std::iter::once(key).chain(together);
        all.find_map(|key| self.source(key))
    }
}

/// The first place that says something decides. The three settings of the cloud are one: who
/// names one of them decides about all, so that no token goes from one cloud to another.
pub(crate) fn settle(layers: &Layers) -> Settings {
    let mut settled = BTreeMap::new();
    for setting in SETTINGS {
        let together = CLOUD.contains(&setting.key).then_some(&CLOUD[..]);
        let group = together.unwrap_or(std::slice::from_ref(&setting.key));
        let says = |values: &Values| group.iter().any(|key| values.contains_key(key));
        let flag = Source::Flag(setting.flag.unwrap_or_default());
        let environment = Source::Environment(setting.environment.unwrap_or_default());
        let profile = layers.profile.as_ref();
        let places = [
            Some((&layers.flags, flag)),
            Some((&layers.environment, environment)),
            profile.map(|(name, values)| (values, Source::Profile(name.clone()))),
            Some((&layers.file, Source::File)),
        ];
        let decides = places
            .into_iter()
            .flatten()
            .find(|(values, _)| says(values));
        let found = match decides {
            Some((values, source)) => values
                .get(&setting.key)
                .map(|value| (value.clone(), source)),
            None => (!setting.built_in.is_empty())
                .then(|| (setting.built_in.to_owned(), Source::BuiltIn)),
        };
        if let Some(found) = found {
            settled.insert(setting.key, found);
        }
    }
    Settings(settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(Key, &str)]) -> Values {
        pairs
            .iter()
            .map(|(key, value)| (*key, (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_nearest_to_the_operator_decides() {
        let all = [(Key::Tenant, "t"), (Key::Output, "o"), (Key::Timeout, "1s")];
        let name = || "prod".to_owned();
        for (place, expected) in [
            (0, Source::Flag("--output")),
            (1, Source::Environment("")),
            (2, Source::Profile(name())),
            (3, Source::File),
            (4, Source::BuiltIn),
        ] {
            // Everything from this place on says something; nothing before it does.
            let from = |at: usize| {
                if place <= at {
                    values(&all)
                } else {
                    Values::new()
                }
            };
            let layers = Layers {
                flags: from(0),
                environment: from(1),
                profile: Some((name(), from(2))),
                file: from(3),
            };
            let settled = settle(&layers);
            if place == 4 {
                assert_eq!(settled.source(Key::Output), None);
                assert_eq!(settled.source(Key::Timeout), Some(&Source::BuiltIn));
                assert_eq!(settled.timeout(), Duration::from_secs(120));
                assert_eq!(settled.given(Key::Timeout), None);
            } else {
                assert_eq!(settled.source(Key::Output), Some(&expected), "{place}");
                assert_eq!(settled.get(Key::Tenant), Some("t"));
                assert_eq!(settled.timeout(), Duration::from_secs(1));
            }
        }
    }

    #[test]
    fn no_cloud_is_made_of_two() {
        let own = [
            (Key::Cloud, "custom"),
            (Key::GraphUrl, "https://g"),
            (Key::AuthorityUrl, "https://a"),
        ];
        let settled = settle(&Layers {
            environment: values(&[(Key::Cloud, "usgov")]),
            profile: Some(("lab".to_owned(), values(&own))),
            file: values(&[(Key::Cloud, "china")]),
            ..Layers::default()
        });
        assert_eq!(settled.get(Key::Cloud), Some("usgov"));
        assert_eq!(settled.get(Key::GraphUrl), None);
        assert_eq!(settled.get(Key::AuthorityUrl), None);
        let settled = settle(&Layers {
            environment: values(&[(Key::GraphUrl, "https://elsewhere")]),
            profile: Some(("lab".to_owned(), values(&own))),
            ..Layers::default()
        });
        assert_eq!(settled.get(Key::AuthorityUrl), None);
        assert_eq!(settled.get(Key::Cloud), None);
    }

    #[test]
    fn what_the_environment_overrules_is_named() {
        let profile = values(&[
            (Key::Tenant, "a"),
            (Key::ClientId, "c"),
            (Key::Cloud, "usgov"),
        ]);
        let settled = settle(&Layers {
            environment: values(&[(Key::Tenant, "b"), (Key::ClientId, "c")]),
            profile: Some(("p".to_owned(), profile.clone())),
            ..Layers::default()
        });
        assert_eq!(settled.overruled(&profile), [("AZURE_TENANT_ID", "tenant")]);
    }
}
