//! Slots that move, as `redis-cli --cluster reshard` moves them.

use std::ops::RangeInclusive;

use redis::{Value, cmd, from_redis_value};

use crate::{Cluster, Node};

/// How many keys are moved at once.
const KEYS: usize = 10;

impl Cluster {
    /// Moves slots with their keys to another master, one after the other, while others write.
    ///
    /// # Panics
    ///
    /// If a node refuses.
    pub async fn move_slots(&self, slots: RangeInclusive<u16>, to: usize) {
        for slot in slots {
            let from = self.master_of(slot).await;
            if from != to {
                self.move_slot(slot, from, to).await;
            }
        }
    }

    async fn move_slot(&self, slot: u16, from: usize, to: usize) {
        let (source, target) = (self.node(from), self.node(to));
        let (source_id, target_id) = (self.id(from).await, self.id(to).await);
        self.set_slot(target, slot, "IMPORTING", &source_id).await;
        self.set_slot(source, slot, "MIGRATING", &target_id).await;
        loop {
            let mut some = cmd("CLUSTER");
            some.arg("GETKEYSINSLOT").arg(slot).arg(KEYS);
            let keys = self.tell_node(source, &some).await;
            let keys: Vec<Vec<u8>> = from_redis_value(keys).expect("keys");
            if keys.is_empty() {
                break;
            }
            let mut migrate = cmd("MIGRATE");
            migrate.arg(target.host()).arg(target.port()).arg("");
            migrate.arg(0).arg(10_000).arg("KEYS").arg(keys);
            self.tell_node(source, &migrate).await;
        }
        // The target first: were it the last, nobody would have the slot for a moment.
        self.set_slot(target, slot, "NODE", &target_id).await;
        self.set_slot(source, slot, "NODE", &target_id).await;
        for master in self.masters().await {
            if master != from && master != to {
                self.set_slot(self.node(master), slot, "NODE", &target_id)
                    .await;
            }
        }
    }

    async fn set_slot(&self, node: &Node, slot: u16, state: &str, id: &str) -> Value {
        let mut set = cmd("CLUSTER");
        set.arg("SETSLOT").arg(slot).arg(state).arg(id);
        self.tell_node(node, &set).await
    }
}
