//! `getEffectivePermissions`, read.

use serde_json::Value;

/// What a person's Intune roles allow together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    allowed: Vec<String>,
    denied: Vec<String>,
}

impl Rights {
    /// `None` if the answer is not what the schema says it is.
    pub(super) fn of(body: &Value) -> Option<Self> {
        let mut rights = Self::default();
        for permission in body["value"].as_array()? {
            for piece in permission["resourceActions"].as_array()? {
                for (name, list) in [
                    ("allowedResourceActions", &mut rights.allowed),
                    ("notAllowedResourceActions", &mut rights.denied),
                ] {
                    // The schema lets a collection be null, or be left out.
                    for action in piece[name].as_array().into_iter().flatten() {
                        list.push(action.as_str()?.to_ascii_lowercase());
                    }
                }
            }
        }
        Some(rights)
    }

    /// Whether nothing at all is allowed.
    pub(super) fn is_empty(&self) -> bool {
        self.allowed.is_empty()
    }

    /// Whether an action is allowed, given without its prefix. Upper and lower case are the
    /// same. `None`: it is allowed here and denied there, and no document says which goes first.
    pub(super) fn allow(&self, action: &str) -> Option<bool> {
        let wanted = format!("microsoft.intune_{}", action.to_ascii_lowercase());
        match (
            self.allowed.contains(&wanted),
            self.denied.contains(&wanted),
        ) {
            (true, true) => None,
            (allowed, _) => Some(allowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_piece_counts_and_a_denial_is_not_passed_over() {
        let rights = Rights::of(&json!({"value": [
            {"resourceActions": [
                {"allowedResourceActions": ["Microsoft.Intune_A_Read"], "notAllowedResourceActions": []},
                {"allowedResourceActions": ["MICROSOFT.INTUNE_B_Do"], "notAllowedResourceActions": null},
            ]},
            {"resourceActions": [{
                "allowedResourceActions": ["Microsoft.Intune_C_Do"],
                "notAllowedResourceActions": ["microsoft.intune_c_do"],
            }]},
        ]}))
        .unwrap();
        for (action, expected) in [
            ("A_Read", Some(true)),
            ("b_do", Some(true)),
            ("C_Do", None),
            ("D_Do", Some(false)),
            ("A", Some(false)),
            ("", Some(false)),
        ] {
            assert_eq!(rights.allow(action), expected, "{action}");
        }
        assert!(!rights.is_empty());
        assert!(Rights::of(&json!({"value": []})).unwrap().is_empty());
    }

    #[test]
    fn what_is_not_in_the_schema_is_not_read() {
        for body in [
            json!({}),
            json!([]),
            json!({"value": {}}),
            json!({"value": [{}]}),
            json!({"value": [{"resourceActions": {}}]}),
            json!({"value": [{"resourceActions": [{"allowedResourceActions": [1]}]}]}),
        ] {
            assert_eq!(Rights::of(&body), None, "{body}");
        }
    }
}
