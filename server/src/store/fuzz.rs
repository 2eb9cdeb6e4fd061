//! What must hold of any journal and any backup, for the fuzz targets in `fuzz/`. See [`crate::fuzz`].

use std::{fs, path::Path, sync::atomic::AtomicBool};

use basma_engine::{Collection, Restoration, block::Draft, codec::Reader};

use super::{
    backup::restore,
    recover::{merge, scan_bytes},
};

/// Blocks with the right checksum, and how many entries they have: of each a count of entries, their length as
/// a varint, and then they; and what is left, as it is.
fn blocks(bytes: &[u8], number: u32) -> (Vec<u8>, u64) {
    let mut reader = Reader(bytes);
    let (mut out, mut before) = (Vec::new(), 0);
    loop {
        let rest = reader.0;
        let Ok((count, entries)) = reader.byte().and_then(|count| Ok((count, reader.bytes()?)))
        else {
            out.extend_from_slice(rest);
            return (out, before);
        };
        let draft = Draft::unchecked(entries, count.into());
        out.extend(draft.seal(number, before));
        before += u64::from(count);
    }
}

/// A file of a journal is read, or refused with the place that is wrong; what is read makes an index.
pub(crate) fn journal(bytes: &[u8]) {
    let (bytes, _) = blocks(bytes, 1);
    let nowhere = Path::new("/nowhere");
    let Ok(scan) = scan_bytes(nowhere, &bytes, 1) else {
        return;
    };
    assert!(scan.whole <= bytes.len());
    let Some(state) = scan.state.clone() else {
        return;
    };
    let Ok(found) = merge(nowhere, state, vec![1], vec![scan]) else {
        return;
    };
    let whole = found.files.first().map_or(0, |(_, whole)| *whole as usize);
    let taken: Vec<_> = found
        .sequences
        .iter()
        .map(|_| AtomicBool::new(false))
        .collect();
    let admissions = found.admissions(nowhere, &bytes[..whole], 1, &taken);
    let admissions = admissions.expect("it was read before");
    let collection = Collection::new(found.state.settings.detector);
    let restoration = Restoration::new(collection, &found.sequences);
    let restoration = restoration.expect("room");
    let mut sheet = restoration.sheet();
    for admission in &admissions {
        if sheet.add(admission.record).is_err() {
            return;
        }
    }
    drop(sheet);
    let collection = restoration.finish(found.state.next, found.state.usual);
    assert!(collection.stats().articles <= admissions.len() as u64);
}

/// A backup is restored, or refused and leaves nothing.
pub(crate) fn backup(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, root) = (folder.path().join("backup"), folder.path().join("store"));
    let (mut whole, entries) = blocks(bytes, 0);
    whole.extend(Draft::default().seal(0, entries));
    fs::write(&file, whole).expect("a file");
    if restore(&file, &root).is_err() {
        let left = fs::read_dir(root.join("collections")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "a refused backup left something");
    }
}

/// A journal and a backup that are whole, as the targets take them.
#[cfg(test)]
pub(crate) fn seeds() -> [Vec<u8>; 2] {
    use basma_engine::block::{Block, HEADER};
    fn unsealed(mut bytes: &[u8], number: u32) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some((block, length)) = Block::read(bytes, number) {
            if block.count > 0 {
                out.push(u8::try_from(block.count).expect("few entries"));
                basma_engine::codec::put_bytes(&mut out, &bytes[HEADER..length]);
            }
            bytes = &bytes[length..];
        }
        assert!(bytes.is_empty());
        out
    }
    let [journal, backup] = super::tests::written();
    [unsealed(&journal, 1), unsealed(&backup, 0)]
}
