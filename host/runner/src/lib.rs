//! Drives an action from selector to delivery.
