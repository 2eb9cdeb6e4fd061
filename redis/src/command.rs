//! What is sent.

use redis::{Arg, Cmd, ToRedisArgs, cmd};

use crate::{Script, slot};

/// A command, and the slot that decides which master gets it. It may be sent twice: where the
/// connection breaks, nobody knows whether it was done.
#[derive(Clone, Debug)]
pub struct Command {
    slot: u16,
    cmd: Cmd,
    script: Option<&'static Script>,
}

impl Command {
    /// A command whose keys are all in the slot of `key`.
    pub fn new(key: &[u8], cmd: Cmd) -> Self {
        let slot = slot(key);
        Self {
            slot,
            cmd,
            script: None,
        }
    }

    /// A script on keys, of which there is at least one, all in one slot.
    pub fn script<K, A>(script: &'static Script, keys: &[K], args: &[A]) -> Self
    where
        K: AsRef<[u8]>,
        A: ToRedisArgs,
    {
        // Room for all at once; the arguments are numbers mostly.
        let bytes: usize = keys.iter().map(|key| key.as_ref().len()).sum();
        let mut cmd = Cmd::with_capacity(3 + keys.len() + args.len(), bytes + 64 + 24 * args.len());
        cmd.arg("EVALSHA").arg(script.hash()).arg(keys.len());
        for key in keys {
            cmd.arg(key.as_ref());
        }
        for arg in args {
            cmd.arg(arg);
        }
        Self {
            slot: keys.first().map_or(0, |key| slot(key.as_ref())),
            cmd,
            script: Some(script),
        }
    }

    /// The slot of its keys.
    pub fn slot(&self) -> u16 {
        self.slot
    }

    /// For any slot; who sends it says to which node.
    pub(crate) fn anywhere(cmd: Cmd) -> Self {
        Self {
            slot: 0,
            cmd,
            script: None,
        }
    }

    /// The same with the whole text of its script, which the node then knows.
    pub(crate) fn whole(mut self) -> Self {
        if let Some(script) = self.script.take() {
            let mut whole = cmd("EVAL");
            whole.arg(script.source());
            for arg in self.cmd.args_iter().skip(2) {
                if let Arg::Simple(bytes) = arg {
                    whole.arg(bytes);
                }
            }
            self.cmd = whole;
        }
        self
    }

    /// How many bytes it is, about.
    pub(crate) fn size(&self) -> usize {
        self.cmd
            .args_iter()
            .map(|arg| match arg {
                Arg::Simple(bytes) => bytes.len() + 8,
                _ => 8,
            })
            .sum()
    }

    /// What is sent, in the protocol of Redis.
    pub(crate) fn packed(&self) -> Vec<u8> {
        self.cmd.get_packed_command()
    }

    /// Takes out what is sent.
    pub(crate) fn take(&mut self) -> Cmd {
        std::mem::replace(&mut self.cmd, Cmd::with_capacity(0, 0))
    }

    /// Puts it back.
    pub(crate) fn restore(self, cmd: Cmd) -> Self {
        Self { cmd, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BOTH: Script = Script::new("return {KEYS[1], ARGV[1]}");

    #[test]
    fn a_script_goes_by_its_hash_and_then_whole() {
        let command = Command::script(&BOTH, &["{a}1", "{a}2"], &[7_u64]);
        assert_eq!(command.slot(), slot(b"a"));
        let packed = String::from_utf8(command.cmd.get_packed_command()).expect("text");
        assert!(packed.contains("EVALSHA") && packed.contains(BOTH.hash()));
        let whole = command.whole();
        let mut expected = cmd("EVAL");
        expected
            .arg(BOTH.source())
            .arg(2)
            .arg("{a}1")
            .arg("{a}2")
            .arg(7);
        assert_eq!(
            whole.cmd.get_packed_command(),
            expected.get_packed_command()
        );
        assert_eq!(whole.slot(), slot(b"a"));
    }
}
