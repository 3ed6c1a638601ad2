//! What this component says of itself.

use crate::contract::{Description, Verb};
use crate::prelude::*;
use crate::rules::AS_OF;

/// What this component is.
pub fn describe() -> Description {
    Description {
        name: "intune-passcode".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Removes the passcode of an iPhone or iPad and resets that of an Android device or work profile, through Microsoft Intune".to_owned(),
        service: "intune".to_owned(),
        verbs: vec![Verb::Remove, Verb::Reset],
        rules_as_of: AS_OF.to_owned(),
    }
}
