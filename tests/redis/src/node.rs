//! One process of a cluster.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use redis::{Client, Cmd, ConnectionAddr, IntoConnectionInfo as _, RedisResult, Value};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;

use crate::{LIMIT, Plan, network::Network, server};

/// A node's process, with its folder and its place, which are the same when it is started again.
#[derive(Debug)]
pub struct Node {
    number: usize,
    host: String,
    /// Where callers and other nodes reach it.
    port: u16,
    /// Where the tests do; another one if that is encrypted.
    plain: u16,
    folder: PathBuf,
    process: Option<Child>,
    /// Whether it is halted.
    halted: bool,
}

impl Node {
    pub(crate) fn new(
        number: usize,
        folder: PathBuf,
        plan: &Plan,
        network: Option<&Network>,
    ) -> Self {
        fs::create_dir_all(&folder).expect("a folder can be made");
        let mut node = Self {
            number,
            host: "127.0.0.1".to_owned(),
            port: 6379,
            plain: 6379,
            folder,
            process: None,
            halted: false,
        };
        match network {
            Some(network) => node.host = network.host(number),
            None => node.choose_ports(plan),
        }
        node
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn plain(&self) -> u16 {
        self.plain
    }

    /// Its process, while it has one.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Whether it can answer.
    pub(crate) fn awake(&self) -> bool {
        self.process.is_some() && !self.halted
    }

    /// Chooses ports; others, where somebody else was quicker.
    pub(crate) fn choose_ports(&mut self, plan: &Plan) {
        self.port = free_port();
        self.plain = match plan.tls {
            Some(_) => free_port(),
            None => self.port,
        };
    }

    pub(crate) fn start(&mut self, plan: &Plan, network: Option<&Network>) {
        let (port, plain) = (self.port.to_string(), self.plain.to_string());
        let timeout = plan.node_timeout.as_millis().to_string();
        let mut command = match network {
            // It says when it has a namespace, and waits until its network is there.
            Some(_) => {
                let mut command = Command::new("unshare");
                command.args(["--net", "sh", "-c", "echo; read -r _ && exec \"$@\"", "sh"]);
                command.arg(server());
                command
            }
            None => Command::new(server()),
        };
        command
            .args([
                "--port",
                &plain,
                "--bind",
                &self.host,
                "--protected-mode",
                "no",
            ])
            .args([
                "--cluster-enabled",
                "yes",
                "--cluster-node-timeout",
                &timeout,
            ])
            // A replica stays with its master, whoever is alone.
            .args(["--cluster-allow-replica-migration", "no"])
            .args([
                "--appendonly",
                "yes",
                "--appendfsync",
                plan.fsync,
                "--save",
                "",
            ])
            .args(["--maxmemory-policy", "noeviction"])
            .args([
                "--repl-diskless-sync-delay",
                "0",
                "--repl-ping-replica-period",
                "1",
            ])
            .args(["--logfile", "redis.log", "--daemonize", "no"])
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(tls) = &plan.tls {
            command
                .args(["--tls-port", &port, "--tls-auth-clients", "no"])
                .args(["--tls-cluster", "yes", "--tls-replication", "yes"])
                .arg("--tls-cert-file")
                .arg(&tls.cert)
                .arg("--tls-key-file")
                .arg(&tls.key)
                .arg("--tls-ca-cert-file")
                .arg(&tls.authority);
        }
        if let Some((user, password)) = &plan.user {
            let password = format!(">{password}");
            command.args(["--user", user, "on", &password, "~*", "&*", "+@all"]);
        }
        let child = command.spawn().expect("redis-server starts");
        let child = self.process.insert(child);
        if let Some(network) = network {
            let output = child.stdout.as_mut().expect("a piped output");
            output.read_exact(&mut [0]).expect("a shell that writes");
            network.connect(self.number, child.id());
            let input = child.stdin.as_mut().expect("a piped input");
            input.write_all(b"go\n").expect("a shell that reads");
        }
    }

    /// Whether it is not, or no longer, there.
    pub(crate) fn ended(&mut self) -> bool {
        match &mut self.process {
            Some(process) => !matches!(process.try_wait(), Ok(None)),
            None => true,
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.halted = false;
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// SIGSTOP, or SIGCONT.
    pub(crate) fn halt(&mut self, halted: bool) {
        let signal = if halted { Signal::STOP } else { Signal::CONT };
        let pid = self.pid().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        kill_process(pid.expect("a node that runs"), signal).expect("a process of our own");
        self.halted = halted;
    }

    /// Asks it something. An error where it is not there; its own errors are values.
    pub async fn ask(&self, cmd: &Cmd) -> RedisResult<Value> {
        let place = ConnectionAddr::Tcp(self.host.clone(), self.plain);
        let client = Client::open(place.into_connection_info()?)?;
        let asking = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            connection.send_packed_command(cmd).await
        };
        match timeout(LIMIT, asking).await {
            Ok(reply) => reply,
            Err(_) => panic!("{} has not answered for {LIMIT:?}", self.address()),
        }
    }

    /// The end of what it logged.
    pub(crate) fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.join("redis.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that is free, like that of the cluster's bus, 10,000 further; below those that the system
/// gives to outgoing connections, which could have taken it when the node is started again.
fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(10_000..22_000);
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            return port;
        }
    }
}
