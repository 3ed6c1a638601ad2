//! Decides whether an object passes a filter.
//!
//! Strings compare without case. Whether Intune does that is unconfirmed; clients compare again themselves.

use crate::odata::filter::{Expr, Function, Literal, Op};
use serde_json::{Map, Value};
use std::cmp::Ordering;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Whether the comparisons follow the filter or the fault `filter-partial`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Equality {
    Whole,
    /// `eq` also passes what merely begins with the value.
    Prefix,
}

pub(crate) fn passes(expr: &Expr, object: &Map<String, Value>, equality: Equality) -> bool {
    match expr {
        Expr::And(left, right) => passes(left, object, equality) && passes(right, object, equality),
        Expr::Or(left, right) => passes(left, object, equality) || passes(right, object, equality),
        Expr::Not(inner) => !passes(inner, object, equality),
        Expr::Compare {
            property,
            op,
            value,
        } => compare(
            object.get(*property).unwrap_or(&Value::Null),
            *op,
            value,
            equality,
        ),
        Expr::Call {
            function,
            property,
            text,
        } => {
            let own = object
                .get(*property)
                .and_then(Value::as_str)
                .unwrap_or_default();
            let (own, text) = (own.to_lowercase(), text.to_lowercase());
            match function {
                Function::StartsWith => own.starts_with(&text),
                Function::Contains => own.contains(&text),
            }
        }
    }
}

fn compare(own: &Value, op: Op, value: &Literal, equality: Equality) -> bool {
    if let (Op::Eq, Equality::Prefix, Value::String(own), Literal::Text(text)) =
        (op, equality, own, value)
    {
        // A shorter stem, so that the answer also holds devices whose value only resembles it.
        let stem: String = text
            .chars()
            .take(text.chars().count().saturating_sub(2))
            .collect();
        return own.to_lowercase().starts_with(&stem.to_lowercase());
    }
    match order(own, value) {
        None => op == Op::Ne,
        Some(order) => match op {
            Op::Eq => order == Ordering::Equal,
            Op::Ne => order != Ordering::Equal,
            Op::Gt => order == Ordering::Greater,
            Op::Ge => order != Ordering::Less,
            Op::Lt => order == Ordering::Less,
            Op::Le => order != Ordering::Greater,
        },
    }
}

/// `None`: of different kinds, so never equal and never ordered.
fn order(own: &Value, value: &Literal) -> Option<Ordering> {
    match (own, value) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::Bool(own), Literal::Bool(value)) => Some(own.cmp(value)),
        (Value::Number(own), Literal::Bare(text)) => {
            own.as_f64()?.partial_cmp(&text.parse::<f64>().ok()?)
        }
        (Value::String(own), Literal::Text(text) | Literal::Bare(text)) => {
            let instants = (
                OffsetDateTime::parse(own, &Rfc3339),
                OffsetDateTime::parse(text, &Rfc3339),
            );
            match instants {
                (Ok(own), Ok(value)) => Some(own.cmp(&value)),
                _ => Some(own.to_lowercase().cmp(&text.to_lowercase())),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::odata::filter::parse;
    use serde_json::json;

    const NAMES: [&str; 4] = ["deviceName", "imei", "isSupervised", "lastSyncDateTime"];

    fn check(filter: &str, equality: Equality) -> bool {
        let Value::Object(object) = json!({
            "deviceName": "KIOSK-0001",
            "imei": null,
            "isSupervised": true,
            "lastSyncDateTime": "2026-03-01T08:00:00.0000000Z",
        }) else {
            unreachable!()
        };
        let known = |name: &str| NAMES.into_iter().find(|known| *known == name);
        passes(&parse(filter, known).expect("filter"), &object, equality)
    }

    #[test]
    fn filters_decide_as_written() {
        for (filter, expected) in [
            ("deviceName eq 'KIOSK-0001'", true),
            ("deviceName eq 'kiosk-0001'", true),
            ("deviceName eq 'KIOSK'", false),
            ("deviceName ne 'KIOSK'", true),
            ("startswith(deviceName,'kiosk')", true),
            ("contains(deviceName,'000')", true),
            ("contains(deviceName,'999')", false),
            ("isSupervised eq true", true),
            ("isSupervised eq false or imei eq null", true),
            ("not (imei eq null)", false),
            ("imei eq '35'", false),
            ("imei ne '35'", true),
            ("lastSyncDateTime lt 2026-03-01T08:00:01Z", true),
            ("lastSyncDateTime gt 2026-03-01T09:00:00+00:00", false),
        ] {
            assert_eq!(check(filter, Equality::Whole), expected, "{filter}");
        }
    }

    #[test]
    fn a_partial_filter_also_passes_neighbours() {
        assert!(!check("deviceName eq 'KIOSK-0002'", Equality::Whole));
        assert!(check("deviceName eq 'KIOSK-0002'", Equality::Prefix));
        assert!(!check("deviceName eq 'LAPTOP-0002'", Equality::Prefix));
    }
}
