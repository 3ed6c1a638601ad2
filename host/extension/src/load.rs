//! From a configured extension to one that can be called.

use std::path::Path;

use passcode_host::{Authority, Destination, Extension, ExtensionGrant, Host, World};

use crate::id::ExtensionId;
use crate::spec::{Catalog, Digest, ExtensionError, Spec};

/// Load a configured extension of one world into a host, under its grant and its pinned digest.
/// It reaches the destinations of its grant and those given here, and no others.
///
/// # Errors
///
/// If there is none of that name, its file is another one than was pinned, or it is no component
/// of that world.
pub async fn load(
    host: &Host,
    catalog: &Catalog,
    id: &str,
    world: World,
    mut destinations: Vec<Destination>,
) -> Result<(Extension, Spec), ExtensionError> {
    let found = ExtensionId::parse(id).ok();
    let found = found.and_then(|id| catalog.get_key_value(&id));
    let (id, spec) = found.ok_or_else(|| ExtensionError::Unknown {
        id: passcode_host::plain(id),
        known: catalog.keys().map(ToString::to_string).collect(),
    })?;
    let (bytes, grant) = granted(id, spec)?;
    destinations.extend(grant.destinations);
    let failed = |error| ExtensionError::Load {
        id: id.clone(),
        error,
    };
    let is = World::of(&bytes).map_err(failed)?;
    if is != world {
        return Err(ExtensionError::OtherWorld {
            id: id.clone(),
            found: is,
            wanted: world,
        });
    }
    let loaded = host
        .extension(id.as_str(), world, &bytes, &grant.authority, destinations)
        .await;
    Ok((loaded.map_err(failed)?, spec.clone()))
}

/// The bytes of a configured extension, which are the pinned ones, and its grant.
///
/// # Errors
///
/// If they cannot be read or are others, or the grant is none.
pub fn read(id: &ExtensionId, spec: &Spec) -> Result<(Vec<u8>, Authority), ExtensionError> {
    let (bytes, grant) = granted(id, spec)?;
    Ok((bytes, grant.authority))
}

fn granted(id: &ExtensionId, spec: &Spec) -> Result<(Vec<u8>, ExtensionGrant), ExtensionError> {
    let unreadable = |path: &Path, error: std::io::Error| ExtensionError::Unreadable {
        id: id.clone(),
        path: path.to_owned(),
        why: error.to_string(),
    };
    let bytes = std::fs::read(&spec.component).map_err(|e| unreadable(&spec.component, e))?;
    let found = Digest::of(&bytes);
    // These very bytes are loaded, so nobody can change the file in between.
    if found != spec.digest {
        return Err(ExtensionError::OtherBytes {
            id: id.clone(),
            path: spec.component.clone(),
            pinned: spec.digest.clone(),
            found,
        });
    }
    let Some(path) = &spec.grant else {
        return Ok((bytes, ExtensionGrant::none()));
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
    let grant = ExtensionGrant::parse(&text).map_err(|error| ExtensionError::Grant {
        id: id.clone(),
        path: path.clone(),
        message: error.message,
        remedy: error.remedy,
    })?;
    Ok((bytes, grant))
}
