//! Nothing is left behind, even where a test is killed.

use std::{
    io::Write as _,
    process::{Child, Command, Stdio},
};

/// A shell that reads what is to be done when nobody can tell it any more: which processes are to be
/// killed, and which bridge is to be taken down.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shell: Child,
}

/// Each line replaces the one before. The end of the input is the end of the test.
const SCRIPT: &str = r#"
while read -r last; do line=$last; done
bridge=${line%% *}
pids=${line#* }
[ -z "$pids" ] || kill -KILL $pids
[ "$bridge" = - ] && exit
# A namespace stays for a while where connections were cut, and with it the other ends of these.
for link in /sys/class/net/"$bridge"n*; do ip link delete "${link##*/}"; done
ip link delete "$bridge"
"#;

impl Watchdog {
    pub(crate) fn start() -> Self {
        let shell = Command::new("sh")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        Self { shell }
    }

    /// Tells it what there is now. What there is at its end is removed then.
    pub(crate) fn tell(&mut self, bridge: Option<&str>, pids: &[u32]) {
        let mut line = bridge.unwrap_or("-").to_owned() + " ";
        for pid in pids {
            line += &format!("{pid} ");
        }
        line += "\n";
        let input = self.shell.stdin.as_mut().expect("a piped input");
        // Where the shell is gone nothing is left but the drop.
        let _ = input.write_all(line.as_bytes());
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
