//! A version of the system that a target, or the oldest system of the release, does not have.

use goblin::pe::subsystem::{IMAGE_SUBSYSTEM_WINDOWS_CUI, IMAGE_SUBSYSTEM_WINDOWS_GUI};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::{Image, Program, version_of};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-system", look: Look::Parsed(find) };

/// The first macOS for Arm: a slice for it asks for no less, whatever the others ask for.
const FIRST_ON_ARM: (u32, u32) = (11, 0);

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        let Some((system, what, asks)) = asks(program) else { continue };
        for target in &parsed.targets {
            let binaries = &target.binaries;
            let most = match system {
                None => binaries.subsystem.as_ref(),
                Some(system) => binaries.deployment.as_ref().filter(|_| target.name == system),
            };
            let Some(most) = most else { continue };
            let oldest = parsed.oldest.get(&target.name);
            if version_of(oldest.unwrap_or(most)).is_some_and(|most| asks > most) {
                let (name, (major, minor)) = (&target.name, asks);
                let limit = match oldest {
                    Some(oldest) => format!("the oldest {name} is {oldest}"),
                    None => format!("{name} has {most} at most"),
                };
                hits.tell(Hit::new(format!("{what} {major}.{minor}, {limit}")).on(target));
            }
        }
    }
}

/// The version that a program asks for: of which of Apple's systems if it is for one, what it is the
/// version of, and the version.
fn asks(program: &Program<'_>) -> Option<(Option<&'static str>, &'static str, (u32, u32))> {
    match &program.image {
        Image::Elf(_) => None,
        Image::Pe(pe) => {
            let fields = &pe.optional.windows_fields;
            // Programs that a boot loader or firmware runs have versions of their own.
            let is_run = matches!(
                fields.subsystem,
                IMAGE_SUBSYSTEM_WINDOWS_GUI | IMAGE_SUBSYSTEM_WINDOWS_CUI
            );
            let asks = (fields.major_subsystem_version, fields.minor_subsystem_version);
            is_run.then_some((None, "subsystem version", (asks.0.into(), asks.1.into())))
        }
        Image::MachO(macho) => {
            let (system, asks) = macho.system()?;
            let is_least = program.arch == Some("arm64") && system == "macos";
            let asks = if is_least && asks <= FIRST_ON_ARM { (0, 0) } else { asks };
            Some((Some(system), "deployment target", asks))
        }
    }
}
