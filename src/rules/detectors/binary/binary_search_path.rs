//! Folders of the build, or the working directory, in which the loader looks for libraries.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::Image;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-search-path", look: Look::Parsed(find) };

/// Where builds are made, and where anybody may put a file.
const FOLDERS: [&str; 8] =
    ["/home/", "/Users/", "/root/", "/build", "/tmp", "/var/tmp", "/dev/shm", "/mnt/"];

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        let paths: Vec<&[u8]> = match &program.image {
            Image::Elf(elf) => elf.search_paths().collect(),
            Image::MachO(macho) => macho.folders().collect(),
            Image::Pe(_) => continue,
        };
        for path in paths {
            let text = String::from_utf8_lossy(path);
            if text.is_empty() {
                hits.tell(Hit::new("an empty entry, which is the working directory"));
            } else if FOLDERS.iter().any(|folder| text.starts_with(folder)) {
                hits.tell(Hit::new(text));
            } else if !text.starts_with(['/', '$', '@']) {
                hits.tell(Hit::new(format!("{text}, below the working directory")));
            }
        }
    }
}
