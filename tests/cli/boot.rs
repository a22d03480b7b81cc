//! Boot files that tell their own place (`-boot-info-table`): they move with the volume, as it does
//! and no further. The discs are those of `testdata/readers/iso9660`.

use std::fs;

use super::support::{Ran, Scratch, premaster, root};

/// A folder came, and all that lies behind it moved.
const ADDED: &str = "summary = 'a folder more'\n[[change]]\nglob = '**NEW**'\naction = 'add'\n";

struct Pair {
    scratch: Scratch,
    old: String,
    new: Vec<u8>,
    /// Where the boot file lies in the new disc.
    file: usize,
    size: usize,
}

impl Pair {
    fn of(old: &str, new: &str, file: usize, size: usize) -> Self {
        let folder = root().join("testdata/readers/iso9660");
        let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
        let new = fs::read(path(new)).expect("readable");
        Self { scratch: Scratch::new(), old: path(old), new, file, size }
    }

    fn all() -> [Self; 2] {
        [
            Self::of("boot-table.iso", "boot-table-moved.iso", 27 * 2048, 3001),
            Self::of("el-torito.iso", "el-torito-moved.iso", 38 * 2048, 4096),
        ]
    }

    /// Checks bytes against the old disc, or a manifest of it.
    fn check(&self, bytes: &[u8], against: &str, intent: &str) -> Ran {
        let path = |name: &str, bytes: &[u8]| {
            self.scratch.file(name, bytes).to_str().expect("UTF-8").to_owned()
        };
        let (new, intent) = (path("new.iso", bytes), path("intent.toml", intent.as_bytes()));
        premaster(["check", &new, "--against", against, "--intent", &intent, "--format", "json"])
    }

    fn manifest(&self) -> String {
        let path = self.scratch.path("old.jsonl").to_str().expect("UTF-8").to_owned();
        premaster(["approve", &self.old, "-o", &path]).exits(0);
        path
    }
}

#[test]
fn a_boot_file_moves_with_what_was_declared() {
    for pair in Pair::all() {
        for against in [pair.old.clone(), pair.manifest()] {
            let json = pair.check(&pair.new, &against, ADDED).exits(0).json();
            let changes = json["changes"].as_array().expect("a list");
            let table =
                |change: &&serde_json::Value| change["fields"].to_string().contains("boot.");
            let moved: Vec<_> = changes.iter().filter(table).collect();
            let [moved] = moved.as_slice() else { panic!("one boot file: {changes:#?}") };
            assert_eq!(
                (&moved["verb"], &moved["disposition"]),
                (&"metadata".into(), &"derived".into())
            );
            let fields = moved["fields"].as_array().expect("a list");
            let boot = |field: &&serde_json::Value| field["field"].to_string().contains("boot.");
            let fields: Vec<_> = fields.iter().filter(boot).map(|f| &f["field"]).collect();
            assert_eq!(fields, ["boot.table.file"], "{moved:#}");
        }
        // With nothing declared it is told, and blocks with the rest.
        let new = pair.scratch.file("new.iso", &pair.new);
        let new = new.to_str().expect("UTF-8");
        premaster(["check", new, "--against", &pair.old]).exits(1);
    }
}

#[test]
fn no_byte_of_a_moved_boot_file_is_left_out() {
    for pair in Pair::all() {
        let manifest = pair.manifest();
        for at in (0..80).chain([1000, pair.size - 1]) {
            let mut bytes = pair.new.clone();
            bytes[pair.file + at] ^= 0x10;
            for against in [&pair.old, &manifest] {
                let ran = pair.check(&bytes, against, ADDED);
                assert_eq!(ran.code, 1, "byte {at}: {}{}", ran.out, ran.err);
            }
        }
        // The table of the old disc, which names another sector than the file's.
        let mut bytes = pair.new.clone();
        let sector = pair.file + 12..pair.file + 16;
        let old = u32::from_le_bytes(bytes[sector.clone()].try_into().expect("four")) - 1;
        bytes[sector].copy_from_slice(&old.to_le_bytes());
        pair.check(&bytes, &pair.old, ADDED).exits(1);
    }
}

/// An edit of the boot file itself moves the sum in its table.
#[test]
fn the_sum_follows_from_an_edit_of_the_boot_file() {
    for pair in Pair::all() {
        let mut bytes = pair.new.clone();
        let byte = pair.file + 1001;
        let was = bytes[byte];
        bytes[byte] = was.wrapping_add(1);
        let stale = bytes.clone();
        let sum = pair.file + 20..pair.file + 24;
        let old = u32::from_le_bytes(bytes[sum.clone()].try_into().expect("four"));
        bytes[sum].copy_from_slice(&old.wrapping_add(0x100).to_le_bytes());
        let name = if pair.old.contains("table") { "BOOT.BIN" } else { "isolinux/isolinux.bin" };
        let edit = format!(
            "{ADDED}[[change]]\npath = '{name}'\nreplace = {{ from-hex = '{was:02x}', to-hex = \
             '{:02x}' }}\nat = 1001\n",
            was.wrapping_add(1)
        );
        for against in [pair.old.clone(), pair.manifest()] {
            let ran = pair.check(&bytes, &against, &edit);
            assert_eq!(ran.code, 0, "{edit}\n{}{}", ran.out, ran.err);
            // A table that was not made again is wrong, and so is an edit that was not declared.
            pair.check(&stale, &against, &edit).exits(1);
            pair.check(&bytes, &against, ADDED).exits(1);
            pair.check(&pair.new, &against, &edit).exits(1);
        }
        // The draft says the same.
        let new = pair.scratch.file("drafted.iso", &bytes);
        let new = new.to_str().expect("UTF-8");
        let draft = premaster(["intend", &pair.old, new]).exits(0).out;
        pair.check(&bytes, &pair.old, &draft).exits(0);
    }
}

/// The master boot record names the boot image of the catalog; what starts at another content is not
/// the layout of an intended change.
#[test]
fn a_boot_record_that_names_another_content_blocks() {
    let pair = Pair::of("isohybrid.iso", "isohybrid.iso", 0, 0);
    let (efi, catalog, boot) = (69_632_usize, 67_584, 75_776_u64);
    let mut bytes = pair.new.clone();
    bytes[efi + 5000] = 0x55;
    let edit = "summary = 's'\n[[change]]\npath = 'efi.img'\nreplace = { from-hex = '00', to-hex = \
                '55' }\nat = 5000\n";
    assert_eq!(bytes[432..440], (boot / 512).to_le_bytes());
    pair.check(&bytes, &pair.old, edit).exits(0);
    for start in [efi, catalog] {
        bytes[432..440].copy_from_slice(&(start as u64 / 512).to_le_bytes());
        let json = pair.check(&bytes, &pair.old, edit).exits(1).json();
        assert!(json["changes"].to_string().contains("MBR: boot image at sector"), "{json:#}");
    }
}
