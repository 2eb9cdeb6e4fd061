//! A network of their own, in which nodes can be parted from each other.
//!
//! Each node is in a network namespace, at a bridge with the test, which so reaches each of them,
//! whoever is parted from whom. A namespace ends with its process.

use std::process::{Command, Output};

/// A bridge, at which nodes have the addresses `10.X.Y.10` and on. The watchdog takes it down.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) bridge: String,
    prefix: String,
}

impl Network {
    /// Makes one. Nothing where that is not possible: it needs root and iproute2.
    pub(crate) fn make() -> Option<Self> {
        let (x, y) = (fastrand::u8(64..255), fastrand::u8(..));
        let bridge = format!("bsm{x}x{y}");
        let prefix = format!("10.{x}.{y}");
        let mut add = Command::new("ip");
        let added = add
            .args(["link", "add", &bridge, "type", "bridge"])
            .output();
        if !added.is_ok_and(|output| output.status.success()) {
            return None;
        }
        done(ip(&[
            "address",
            "add",
            &format!("{prefix}.1/24"),
            "dev",
            &bridge,
        ]));
        done(ip(&["link", "set", &bridge, "up"]));
        Some(Self { bridge, prefix })
    }

    /// The address of a node by its number.
    pub(crate) fn host(&self, number: usize) -> String {
        format!("{}.{}", self.prefix, 10 + number)
    }

    /// Connects the namespace of a process, which is node `number`.
    pub(crate) fn connect(&self, number: usize, pid: u32) {
        let outer = format!("{}n{number}", self.bridge);
        let pid = pid.to_string();
        // The one before may not be gone yet.
        let _ = ip(&["link", "delete", &outer]);
        done(ip(&[
            "link", "add", &outer, "type", "veth", "peer", "name", "eth0", "netns", &pid,
        ]));
        done(ip(&["link", "set", &outer, "master", &self.bridge, "up"]));
        let address = format!("{}/24", self.host(number));
        done(within(&pid, &["address", "add", &address, "dev", "eth0"]));
        done(within(&pid, &["link", "set", "eth0", "up"]));
        done(within(&pid, &["link", "set", "lo", "up"]));
    }

    /// Parts a node (the process of its namespace) from another, one way.
    pub(crate) fn part(&self, pid: u32, from: usize) {
        let route = format!("{}/32", self.host(from));
        done(within(
            &pid.to_string(),
            &["route", "replace", "blackhole", &route],
        ));
    }

    /// Joins them again.
    pub(crate) fn join(&self, pid: u32, with: usize) {
        let route = format!("{}/32", self.host(with));
        let _ = within(&pid.to_string(), &["route", "delete", "blackhole", &route]);
    }
}

fn run(command: &mut Command) -> Output {
    let name = command.get_program().to_owned();
    match command.output() {
        Ok(output) => output,
        Err(error) => panic!("{name:?} cannot be run: {error}"),
    }
}

fn ip(arguments: &[&str]) -> Output {
    run(Command::new("ip").args(arguments))
}

fn within(pid: &str, arguments: &[&str]) -> Output {
    run(Command::new("nsenter")
        .args(["-n", "-t", pid, "ip"])
        .args(arguments))
}

fn done(output: Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
