//! Targets: what a platform makes of names, texts and programs, one file each below
//! `rules/targets/`.
//!
//! A target is data. Which names it refuses, cuts or takes for one is computed here from that data
//! (`check.rs`); which of that is a defect, the rules say. No code knows a target by its name.

mod charset;
mod check;
mod fate;
mod load;
mod page;
pub(super) mod short;
mod target;

use std::sync::OnceLock;

pub use charset::{Chars, Unit};
pub use fate::{Fate, fate, meetings};
pub use load::load;
pub use page::page;
pub use target::{
    Binaries, Bom, Case, Limit, NameEncoding, Names, Normalization, Target, Text, Within,
};

use super::load::LoadError;

/// Where the files of targets lie among those of rules.
const FOLDER: &str = "rules/targets/";

/// Whether a built-in file is that of a target, not of a rule.
pub(super) fn is_target(file: &str) -> bool {
    file.starts_with(FOLDER)
}

/// All targets, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    targets: Vec<Target>,
}

impl Targets {
    /// The targets that are built in.
    ///
    /// # Panics
    /// If a built-in file is wrong, which `tests/rules.rs` rules out.
    pub fn built_in() -> &'static Self {
        static TARGETS: OnceLock<Targets> = OnceLock::new();
        TARGETS.get_or_init(|| {
            let files = super::BUILT_IN.iter().copied().filter(|(file, _)| is_target(file));
            Self::of(files).unwrap_or_else(|errors| panic!("{}", errors[0]))
        })
    }

    /// Loads files, each a path (for messages) and its text. All errors are told, not the first.
    pub fn of<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<LoadError>> {
        let (mut targets, mut errors) = (Vec::<Target>::new(), Vec::new());
        for (file, text) in files {
            match load(file, text) {
                Ok(target) => targets.push(target),
                Err(error) => errors.push(error),
            }
        }
        targets.sort_by(|a, b| a.name.cmp(&b.name));
        for pair in targets.windows(2) {
            if let [a, b] = pair
                && a.name == b.name
            {
                let message = format!("the name {:?} is taken by {}", b.name, a.file);
                errors.push(LoadError { file: b.file.clone(), line: 1, column: 1, message });
            }
        }
        if errors.is_empty() { Ok(Self { targets }) } else { Err(errors) }
    }

    /// Every target, in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Target> {
        self.targets.iter()
    }

    /// The target of a name.
    pub fn get(&self, name: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.name == name)
    }

    /// What to say of a name that no target has, with those that may have been meant.
    pub fn unknown(&self, name: &str) -> String {
        let names: Vec<&str> = self.targets.iter().map(|target| target.name.as_str()).collect();
        let meant = super::near::did_you_mean(&names, name);
        format!("no target {name:?}{meant} (`premaster targets` lists all)")
    }
}
