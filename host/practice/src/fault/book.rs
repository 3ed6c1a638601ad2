//! The faults that are waiting, and which of them a request meets.

use crate::fault::catalogue::Effect;
use crate::fault::spec::Fault;
use crate::graph::batch;

/// What a fault looks at.
#[derive(Debug)]
pub(crate) struct Sighting<'a> {
    pub(crate) method: &'a str,
    pub(crate) route: &'a str,
    pub(crate) path: &'a str,
    /// Every name the addressed device answers to; empty if none is addressed.
    pub(crate) device: Vec<String>,
}

#[derive(Debug)]
struct Waiting {
    fault: Fault,
    seen: u32,
}

/// All faults that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Book(Vec<Waiting>);

impl Book {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(Waiting { fault, seen: 0 });
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults that may still strike.
    pub(crate) fn waiting(&self) -> Vec<&Fault> {
        self.0
            .iter()
            .filter(|waiting| !waiting.spent())
            .map(|waiting| &waiting.fault)
            .collect()
    }

    /// The faults that strike this request. Each is counted by it.
    pub(crate) fn strike(&mut self, sighting: &Sighting<'_>) -> Vec<Fault> {
        let mut struck = Vec::new();
        for waiting in &mut self.0 {
            if waiting.fault.sees(sighting) {
                waiting.seen = waiting.seen.saturating_add(1);
                if waiting.strikes() {
                    struck.push(waiting.fault.clone());
                }
            }
        }
        struck
    }
}

impl Waiting {
    fn strikes(&self) -> bool {
        let Fault { nth, count, .. } = self.fault;
        self.seen >= nth && (count == 0 || self.seen - nth < count)
    }

    fn spent(&self) -> bool {
        let Fault { nth, count, .. } = self.fault;
        count != 0 && self.seen >= nth.saturating_add(count - 1)
    }
}

impl Fault {
    fn sees(&self, sighting: &Sighting<'_>) -> bool {
        let route = self.route.is_empty()
            || self.route == sighting.route
            || (self.route.contains('/') && sighting.path.ends_with(&self.route));
        let version = self.info.name != "beta-unavailable" || sighting.path.starts_with("/beta/");
        // The token endpoint is no part of Graph: only a fault that names it strikes there.
        let graph = sighting.route != "token" || self.route == "token";
        // A batch is only what carries its requests: what waits for any of them strikes one of them.
        let carrier = sighting.route == batch::NAME && self.route.is_empty();
        let device = self
            .device
            .as_ref()
            .is_none_or(|device| sighting.device.iter().any(|name| name == device));
        let method = self.method.is_empty() || self.method.eq_ignore_ascii_case(sighting.method);
        route && version && graph && !carrier && device && method
    }
}

/// The first struck fault with an effect that `pick` wants.
pub(crate) fn first<T>(
    struck: &[Fault],
    pick: impl Fn(Effect) -> Option<T>,
) -> Option<(&Fault, T)> {
    struck
        .iter()
        .find_map(|fault| pick(fault.info.effect).map(|found| (fault, found)))
}

/// Whether a struck fault has this effect.
pub(crate) fn has(struck: &[Fault], effect: Effect) -> bool {
    struck.iter().any(|fault| fault.info.effect == effect)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting<'a>(method: &'a str, route: &'a str, path: &'a str) -> Sighting<'a> {
        Sighting {
            method,
            route,
            path,
            device: vec!["id-1".into(), "KIOSK-0001".into()],
        }
    }

    #[test]
    fn a_fault_strikes_from_its_nth_match_as_often_as_it_counts() {
        let mut book = Book::default();
        book.add("500,nth=2,count=2".parse().expect("fault"));
        let post = sighting("POST", "resetPasscode", "/x");
        let get = sighting("GET", "device", "/x");
        assert!(book.strike(&get).is_empty());
        let struck: Vec<bool> = (0..4).map(|_| !book.strike(&post).is_empty()).collect();
        assert_eq!(struck, [false, true, true, false]);
        assert!(book.waiting().is_empty());
    }

    #[test]
    fn faults_look_at_device_route_and_version() {
        let cases = [
            ("500:KIOSK-0001", "POST", "resetPasscode", "/v1.0/x", true),
            ("500:KIOSK-0002", "POST", "resetPasscode", "/v1.0/x", false),
            ("429", "GET", "list", "/v1.0/x", true),
            ("429", "POST", "token", "/t/oauth2/v2.0/token", false),
            (
                "429,route=token",
                "POST",
                "token",
                "/t/oauth2/v2.0/token",
                true,
            ),
            (
                "429,route=/managedDevices",
                "GET",
                "list",
                "/v1.0/deviceManagement/managedDevices",
                true,
            ),
            ("beta-unavailable", "GET", "list", "/v1.0/x", false),
            ("beta-unavailable", "GET", "list", "/beta/x", true),
            ("429", "POST", "$batch", "/beta/$batch", false),
            ("429,route=$batch", "POST", "$batch", "/beta/$batch", true),
            (
                "429,route=/beta/$batch",
                "POST",
                "$batch",
                "/v1.0/$batch",
                false,
            ),
            ("no-batch", "POST", "$batch", "/v1.0/$batch", true),
            ("no-batch", "GET", "list", "/v1.0/x", false),
        ];
        for (text, method, route, path, expected) in cases {
            let mut book = Book::default();
            book.add(text.parse().expect("fault"));
            assert_eq!(
                !book.strike(&sighting(method, route, path)).is_empty(),
                expected,
                "{text}"
            );
        }
    }
}
