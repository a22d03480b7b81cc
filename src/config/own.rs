//! Rules of the user's own: the files below `.premaster/rules`, beside `premaster.toml`.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::ConfigError;

/// Where they are, from the folder of `premaster.toml`.
pub const RULES_FOLDER: &str = ".premaster/rules";
/// Files that are read.
const FILES: usize = 10_000;
/// Bytes of a file.
const SIZE: u64 = 1 << 20;

/// Rule files of the user's own.
#[derive(Clone, Debug, Default)]
pub struct OwnRules {
    /// The folder that they are in.
    pub folder: PathBuf,
    /// Path from the folder of `premaster.toml`, `/` between the names, and text, in the order of
    /// the paths.
    pub files: Vec<(String, String)>,
}

impl OwnRules {
    /// Those beside `folder/premaster.toml`; `None` without a folder for them.
    pub(super) fn beside(folder: &Path) -> Result<Option<Self>, ConfigError> {
        let folder = folder.join(RULES_FOLDER);
        if !folder.is_dir() {
            return Ok(None);
        }
        let mut files = Vec::new();
        for entry in WalkDir::new(&folder).sort_by_file_name() {
            let fail = |path: &Path, message: String| {
                Err(ConfigError { file: path.to_path_buf(), line: None, message })
            };
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return fail(&folder, error.to_string()),
            };
            let path = entry.path();
            let is_rule = path.extension().is_some_and(|end| end == "toml");
            if entry.file_type().is_dir() || !is_rule {
                continue;
            }
            if !entry.file_type().is_file() {
                return fail(path, "a rule is a plain file, this is none".into());
            }
            if entry.metadata().is_ok_and(|metadata| metadata.len() > SIZE) {
                return fail(path, format!("a rule takes {SIZE} bytes at most"));
            }
            if files.len() == FILES {
                return fail(path, format!("there are more than {FILES} rules"));
            }
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) => return fail(path, error.to_string()),
            };
            let name = path.strip_prefix(&folder).unwrap_or(path).to_string_lossy();
            files.push((format!("{RULES_FOLDER}/{}", name.replace('\\', "/")), text));
        }
        Ok(Some(Self { folder, files }))
    }

    /// The path of a file by its name in [`Self::files`], for people to open.
    pub fn path(&self, file: &str) -> PathBuf {
        let below = file.strip_prefix(RULES_FOLDER).unwrap_or(file).trim_start_matches('/');
        self.folder.join(below)
    }
}
