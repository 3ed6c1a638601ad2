//! Lists in which what belongs to a device is found as fast among a hundred thousand as among ten.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::HashMap;
use std::ops::Deref;

/// Something that belongs to a device, or is one.
pub(crate) trait OfDevice {
    fn device_id(&self) -> &str;
}

/// A list in its order, and where in it a device's items are. Ids are compared without regard to case.
#[derive(Debug, Clone)]
pub(crate) struct ByDevice<T> {
    all: Vec<T>,
    places: HashMap<String, Vec<usize>>,
}

impl<T> Default for ByDevice<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl<T: OfDevice> ByDevice<T> {
    pub(crate) fn push(&mut self, item: T) {
        let id = item.device_id().to_ascii_lowercase();
        self.places.entry(id).or_default().push(self.all.len());
        self.all.push(item);
    }

    fn places(&self, id: &str) -> &[usize] {
        let found = self.places.get(&id.to_ascii_lowercase());
        found.map_or(&[], Vec::as_slice)
    }

    /// A device's items, in the list's order.
    pub(crate) fn of(&self, id: &str) -> impl Iterator<Item = &T> {
        self.places(id)
            .iter()
            .filter_map(|&place| self.all.get(place))
    }

    /// A device's first item.
    pub(crate) fn first_mut(&mut self, id: &str) -> Option<&mut T> {
        let place = *self.places(id).first()?;
        self.all.get_mut(place)
    }

    /// Do something to each of a device's items. Not to its id: it would no longer be found.
    pub(crate) fn change(&mut self, id: &str, change: impl FnMut(&mut T)) {
        self.all
            .iter_mut()
            .filter(|item| item.device_id().eq_ignore_ascii_case(id))
            .for_each(change);
    }

    /// Without a device's items.
    pub(crate) fn remove(&mut self, id: &str) {
        let kept = std::mem::take(self)
            .all
            .into_iter()
            .filter(|item| !item.device_id().eq_ignore_ascii_case(id));
        *self = kept.collect();
    }
}

impl<T: OfDevice> FromIterator<T> for ByDevice<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut made = Self::default();
        items.into_iter().for_each(|item| made.push(item));
        made
    }
}

impl<T> Deref for ByDevice<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.all
    }
}

/// In a file it is the list alone.
impl<T: Serialize> Serialize for ByDevice<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

impl<'de, T: OfDevice + Deserialize<'de>> Deserialize<'de> for ByDevice<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Item(String, u32);

    impl OfDevice for Item {
        fn device_id(&self) -> &str {
            &self.0
        }
    }

    fn list(items: &[(&str, u32)]) -> ByDevice<Item> {
        let item = |(id, number): &(&str, u32)| Item((*id).to_owned(), *number);
        items.iter().map(item).collect()
    }

    fn of(list: &ByDevice<Item>, id: &str) -> Vec<u32> {
        list.of(id).map(|item| item.1).collect()
    }

    #[test]
    fn what_belongs_to_a_device_is_found_in_order_whatever_the_case() {
        let list = list(&[("a", 1), ("B", 2), ("A", 3)]);
        assert_eq!(of(&list, "A"), [1, 3]);
        assert_eq!(of(&list, "b"), [2]);
        assert!(of(&list, "c").is_empty());
    }

    #[test]
    fn the_rest_is_still_found_when_one_is_gone() {
        let mut list = list(&[("a", 1), ("b", 2), ("a", 3), ("c", 4)]);
        list.remove("A");
        assert!(of(&list, "a").is_empty());
        assert_eq!((of(&list, "b"), of(&list, "c")), (vec![2], vec![4]));
        list.push(Item("b".to_owned(), 5));
        assert_eq!(of(&list, "b"), [2, 5]);
    }

    #[test]
    fn only_a_devices_own_items_are_changed() {
        let mut list = list(&[("a", 1), ("b", 2), ("a", 3)]);
        list.change("a", |item| item.1 *= 10);
        assert_eq!((of(&list, "a"), of(&list, "b")), (vec![10, 30], vec![2]));
        if let Some(first) = list.first_mut("a") {
            first.1 = 7;
        }
        assert_eq!(of(&list, "a"), [7, 30]);
        assert!(list.first_mut("c").is_none());
    }

    #[test]
    fn a_file_holds_the_list_alone() {
        let text = serde_json::to_string(&list(&[("a", 1), ("b", 2)])).expect("json");
        assert_eq!(text, r#"[["a",1],["b",2]]"#);
        let again: ByDevice<Item> = serde_json::from_str(&text).expect("list");
        assert_eq!(of(&again, "b"), [2]);
    }
}
