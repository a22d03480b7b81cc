//! A target as a page of plain text: what its file tells, for people.

use std::fmt::Write as _;

use super::charset::Chars;
use super::target::{Bom, Case, Limit, NameEncoding, Names, Normalization, Target};
use crate::model::LineEnd;
use crate::model::locator::escape_text;
use crate::rules::explain::wrapped;

/// Columns of a page.
const WIDTH: usize = 80;

/// All that a target's file tells.
pub fn page(target: &Target) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n{}\n", target.name, target.title);
    let groups: Vec<String> = target.sees.iter().map(|group| group.join(", ")).collect();
    let reads = match groups.as_slice() {
        [] => "every view of an image".to_owned(),
        groups => format!("{}; else every view of an image", groups.join("; else ")),
    };
    row(&mut out, "sees", &reads);
    if target.volume {
        row(&mut out, "minds", "its own names, not those in archives among its files");
    }
    section(&mut out, "Names", &names(&target.names));
    let text = &target.text;
    let mut rows = Vec::new();
    if !text.encodings.is_empty() {
        rows.push(("encoding", text.encodings.join(", ")));
    }
    if let Some(end) = text.line_end {
        let name = match end {
            LineEnd::Lf => "LF",
            LineEnd::Crlf => "CR LF",
            LineEnd::Cr => "CR",
        };
        rows.push(("line end", name.to_owned()));
    }
    if let Some(bom) = text.bom {
        let does = match bom {
            Bom::Understood => "before UTF-8 it tells the encoding",
            Bom::Shown => "before UTF-8 it is read as characters of the text",
        };
        rows.push(("byte order", does.to_owned()));
    }
    rows.extend(text.end_of_file.clone().map(|end| ("end of file", end)));
    section(&mut out, "Texts", &rows);
    let programs = &target.binaries;
    let mut rows = Vec::new();
    for (what, list) in [("formats", &programs.formats), ("processors", &programs.architectures)] {
        if !list.is_empty() {
            rows.push((what, list.join(", ")));
        }
    }
    for (what, value) in [
        ("system", programs.minimum_os.as_ref().map(|oldest| format!("from {oldest} on"))),
        ("glibc", programs.glibc.as_ref().map(|most| format!("{most} at most"))),
        ("subsystem", programs.subsystem.as_ref().map(|most| format!("{most} at most"))),
        ("deployment", programs.deployment.as_ref().map(|most| format!("{most} at most"))),
        ("Darwin", programs.darwin.clone()),
        ("C library", programs.libc.clone()),
    ] {
        rows.extend(value.map(|value| (what, value)));
    }
    section(&mut out, "Programs", &rows);
    if !target.owners.is_empty() {
        let ranges: Vec<_> =
            target.owners.iter().map(|[first, last]| format!("{first} to {last}")).collect();
        section(&mut out, "Owners", &[("numbers", ranges.join(", "))]);
    }
    let controls: Vec<_> =
        target.controls.iter().map(|(b, does)| (format!("0x{b:02x}"), does)).collect();
    let rows: Vec<_> = controls.iter().map(|(b, does)| (b.as_str(), (*does).clone())).collect();
    section(&mut out, "Control bytes", &rows);
    let _ = writeln!(out, "\nReferences");
    for reference in &target.references {
        let mut text = String::new();
        wrapped(&mut text, reference, "    ", WIDTH);
        let _ = write!(out, "  {}", text.trim_start());
    }
    out
}

/// A name and its value, with the lines of the value one below the other.
fn row(out: &mut String, name: &str, value: &str) {
    let mut text = String::new();
    wrapped(&mut text, value, "              ", WIDTH);
    let _ = write!(out, "  {name:<11} {}", text.trim_start());
}

fn section(out: &mut String, title: &str, rows: &[(&str, String)]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for (name, value) in rows {
        row(out, name, value);
    }
}

fn limit(limit: Limit) -> String {
    format!("{} {} at most", limit.limit, limit.unit.name())
}

fn chars(set: &Chars) -> String {
    let shown: Vec<String> = set
        .spelled()
        .iter()
        .map(|text| match text.as_str() {
            " " => "blank".to_owned(),
            text => escape_text(text.as_bytes()).replace("\\\\", "\\"),
        })
        .collect();
    shown.join(" ")
}

fn names(names: &Names) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let encoding = match names.encoding {
        NameEncoding::Bytes => "bytes, whatever they mean".to_owned(),
        other => other.name().to_owned(),
    };
    rows.push(("written in", encoding));
    let mut length: Vec<String> = names.length.map(limit).into_iter().collect();
    length.extend(names.base.map(|n| format!("{n} characters before the dot")));
    length.extend(names.extension.map(|n| format!("{n} behind it")));
    length.extend(
        names.dots.map(|n| if n == 1 { "one dot".to_owned() } else { format!("{n} dots") }),
    );
    length.extend(names.folder_dots.map(|n| match n {
        0 => "none in a folder".to_owned(),
        n => format!("{n} in a folder"),
    }));
    if !length.is_empty() {
        rows.push(("length", length.join(", ")));
    }
    rows.extend(names.path.map(|path| ("path", limit(path))));
    rows.extend(names.depth.map(|depth| ("depth", format!("{depth} levels, the root being 1"))));
    let mut characters = Vec::new();
    for (what, set) in [
        ("only", &names.allowed),
        ("none of", &names.forbidden),
        ("not first", &names.forbidden_start),
        ("not last", &names.forbidden_end),
    ] {
        if !set.is_empty() {
            characters.push(format!("{what} {}", chars(set)));
        }
    }
    if !characters.is_empty() {
        rows.push(("characters", characters.join("; ")));
    }
    let case = match names.case {
        Case::Sensitive => "counts",
        Case::Preserved => "is kept, and does not count",
        Case::Upper => "is upper, and does not count",
    };
    rows.push(("case", case.to_owned()));
    match names.normalization {
        Normalization::None => {}
        Normalization::Preserved => {
            rows.push(("composition", "is kept, and does not count".to_owned()));
        }
        Normalization::HfsPlus => {
            rows.push(("composition", "is undone (form D, as HFS Plus has it)".to_owned()));
        }
    }
    if !names.reserved.is_empty() {
        let with = if names.reserved_with_extension { ", also with an extension" } else { "" };
        rows.push(("reserved", format!("{}{with}", names.reserved.join(" "))));
    }
    if !names.reserved_start.is_empty() {
        rows.push(("beginnings", names.reserved_start.join(" ")));
    }
    if names.cut {
        rows.push(("too long", "is cut".to_owned()));
    }
    if names.short_names {
        rows.push(("short names", "are made for long ones, as LONGNA~1.TXT".to_owned()));
    }
    for within in &names.within {
        rows.push(("folders", format!("{} holds {}", within.folder, within.patterns.join(" "))));
    }
    rows.extend(names.convention.clone().map(|custom| ("custom", custom)));
    rows
}
