//! What a component may do: what it asks for in its manifest, as far as the operator's grant
//! allows it. Both have the same form and neither has a wildcard.

mod form;
mod path;
mod pointer;
mod route;

pub use path::{Bindings, Path, PathError, Template};
pub use pointer::Pointer;
pub use route::{PassList, Phase, Route};

use crate::contract::types::Method;
use crate::digest::digest;

/// A set of routes, and nothing besides them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    routes: Vec<Route>,
}

/// Why a manifest or a grant cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AuthorityError {
    /// What is wrong, and where.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

impl Authority {
    /// Read a manifest or a grant (TOML).
    ///
    /// # Errors
    ///
    /// If it is not TOML, has a field this version does not know, was written for another
    /// contract, or describes a route that could not be enforced.
    pub fn parse(text: &str) -> Result<Self, AuthorityError> {
        form::parse(text)
    }

    /// Read an extension's grant: routes like any other, and what else is in it
    /// (`[[destination]]`) for whoever reads that.
    pub(crate) fn parse_with<D: serde::de::DeserializeOwned>(
        text: &str,
    ) -> Result<(Self, Vec<D>), AuthorityError> {
        form::parse_with(text)
    }

    /// Nothing at all.
    #[must_use]
    pub const fn none() -> Self {
        Self { routes: Vec::new() }
    }

    /// The authority of a component: for each route that both name alike (destination,
    /// method, path, place of a passcode), what both allow. How answers are judged, sealed and shown is the
    /// grant's word alone.
    #[must_use]
    pub fn granted(asked: &Self, grant: &Self) -> Self {
        let routes = grant
            .routes
            .iter()
            .filter_map(|granted| {
                let asked = asked
                    .routes
                    .iter()
                    .find(|asked| asked.same_place(granted) && asked.seal == granted.seal)?;
                Some(granted.narrowed(asked))
            })
            .collect();
        Self { routes }
    }

    /// The routes.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The route a request would take, and the values of the path's variables.
    #[must_use]
    pub fn route(
        &self,
        destination: &str,
        method: Method,
        path: &Path,
    ) -> Option<(&Route, Bindings)> {
        self.routes
            .iter()
            .filter(|route| route.destination == destination && route.method == method)
            .find_map(|route| Some((route, route.path.matches(path)?)))
    }

    /// The route whose answers show a device to the host.
    #[must_use]
    pub fn showing_devices(&self) -> Option<&Route> {
        self.routes.iter().find(|route| !route.identity.is_empty())
    }

    /// Whether some route leads to this destination.
    #[must_use]
    pub fn reaches(&self, destination: &str) -> bool {
        self.routes
            .iter()
            .any(|route| route.destination == destination)
    }

    /// SHA-256 over a canonical text of every route: two authorities with one digest allow
    /// the same.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut lines: Vec<String> = self.routes.iter().map(Route::canonical).collect();
        lines.sort();
        digest(lines.join("\n").as_bytes())
    }
}

#[cfg(test)]
mod tests;
