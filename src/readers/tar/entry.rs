//! An entry: its header, the headers ahead of it that override fields, its data.
//!
//! Every byte of a header ends in a fact of the entry, in the layout, or in the residue. `told` makes
//! the facts, `style` says how the entry was written, `body` reads the data.

use super::body::Body;
use super::header::{
    CHECKSUM, Dialect, GID, GNU_ATIME, GNU_CTIME, GNU_OFFSET, GROUP, Header, LINK, MAGIC, MAJOR,
    MINOR, MODE, MTIME, NAME, PREFIX, SIZE, TYPE, UID, USER,
};
use super::told::{Before, Told, is_layout, long_text};
use super::{HEADER, Issue, Spent, Walk, sparse};
use crate::model::locator::escape_text;
use crate::model::{Fact, GapKind, Kind, Owner, Part, Value, field};
use crate::readers::tree::Entry;

/// Reads the entry that a header starts.
pub(super) fn read(walk: &mut Walk<'_, '_>, header: &Header) -> Result<(), Spent> {
    let before = Before {
        long_name: walk.long_name.take(),
        long_link: walk.long_link.take(),
        pax: walk.pax.take(),
    };
    let told = Told { header, before: &before, globals: &walk.globals };
    let (path, path_parts, path_facts) = told.path();
    let kind = told.kind(&path);
    let (target, target_parts, target_facts) = told.target(kind);
    let mut facts = told.facts(kind, &path);
    facts.extend(path_facts);
    facts.extend(target_facts);
    facts.extend(told.records());
    let style = told.style(&path);
    let (size, is_sound) = told.size();
    let records = before.pax.as_ref().map_or(&[][..], |ahead| &ahead.records);
    let map = sparse::Pax::read(walk.globals.iter().chain(records));

    let mut issues = Vec::new();
    let mut regions = Vec::new();
    if !is_sound {
        let what = format!("the size of the entry at {} is no number", header.at);
        let range = header.at + SIZE.start as u64..header.at + SIZE.end as u64;
        let kind = Some(GapKind::Damaged);
        issues.push(Issue { rule: Some("structure/tar-size-unreadable"), kind, range, what });
    }
    let mut body = Body { walk, header, path: &path, issues: &mut issues, regions: &mut regions };
    let size = body.real_size(size, kind);
    let (size, map) = body.map(size, map)?;
    let content = match kind {
        Kind::File => Some(body.content(size, map)),
        // Entries of other kinds have data by mistake, or as GNU's incremental directories do.
        _ if size > 0 => Some(body.content(size, map)),
        _ => None,
    };
    let mut placed = content.as_ref().and_then(|content| content.id);
    if kind == Kind::Hardlink {
        let earlier = walk.tree.find(walk.sink.volume(), &target);
        let found = earlier.and_then(|id| walk.volume().node(id).map(crate::model::Node::content));
        placed = placed.or(found.flatten());
        if found.is_none() {
            let what = format!("no earlier entry is named {}", escape_text(&target));
            let range = header.at + LINK.start as u64..header.at + LINK.end as u64;
            let rule = Some("structure/tar-hardlink-target-missing");
            issues.push(Issue { rule, kind: None, range, what });
        }
    }
    if header.kind() == b'M' {
        let what = "the entry continues one of an earlier volume".into();
        let range = header.at..header.at + 512;
        issues.push(Issue { rule: None, kind: Some(GapKind::Unsupported), range, what });
    }

    match &walk.style {
        None => {
            let view = walk.view;
            let value = Value::Text(style.as_str().into());
            walk.volume().add_fact(view, field::VERSION, value);
            walk.style = Some(style);
        }
        Some(first) if *first == style => {}
        Some(_) => facts.push(Fact::new(field::VERSION, Value::Text(style.into()))),
    }
    let at = header.at..header.at + NAME.end as u64;
    let entry = Entry { path: &path, kind, content: placed, facts, at };
    let Walk { tree, sink, .. } = walk;
    // The volume and the budget are one object's: a copy of the budget is spent and put back.
    let mut budget = sink.budget().clone();
    let node = tree.place(sink.volume(), &mut budget, entry);
    *sink.budget() = budget;
    let node = node?;
    let owner = Owner::Node(node);

    let mut parts = field_parts(header);
    parts.extend(path_parts);
    parts.extend(target_parts);
    walk.structure(&HEADER, owner, header.at, &header.bytes[..], &parts);
    account_before(walk, &before, owner);
    for region in regions {
        walk.structure(region.role, owner, region.at, &region.bytes, &region.parts);
    }
    if let Some(content) = content {
        content.account(walk, owner);
    }
    for issue in issues {
        issue.report(walk.volume(), node);
    }
    Ok(())
}

/// The headers ahead of the entry: their own fields are in the style, their data in facts.
fn account_before(walk: &mut Walk<'_, '_>, before: &Before, owner: Owner) {
    for ahead in [&before.long_name, &before.long_link].into_iter().flatten() {
        let parts = plain_parts(&ahead.header);
        walk.structure(ahead.role, owner, ahead.header.at, &ahead.header.bytes[..], &parts);
        let name = long_text(ahead).len();
        walk.structure(ahead.role, owner, ahead.at, &ahead.data, &[Part::fact(0..name)]);
    }
    if let Some(ahead) = &before.pax {
        let parts = plain_parts(&ahead.header);
        walk.structure(ahead.role, owner, ahead.header.at, &ahead.header.bytes[..], &parts);
        let parts: Vec<_> = ahead
            .records
            .iter()
            .map(|record| {
                let at = record.at.clone();
                if is_layout(&record.key) { Part::layout(at, true) } else { Part::fact(at) }
            })
            .collect();
        walk.structure(ahead.role, owner, ahead.at, &ahead.data, &parts);
    }
}

/// The fields that every header has, apart from name and link.
fn field_parts(header: &Header) -> Vec<Part> {
    let mut parts: Vec<_> = [MODE, UID, GID, MTIME, TYPE, MAGIC].map(Part::fact).into();
    parts.extend([SIZE, CHECKSUM].map(|at| Part::layout(at, true)));
    let dialect = header.dialect();
    if dialect != Dialect::Other {
        parts.extend([MAJOR, MINOR].map(Part::fact));
        parts.extend([USER, GROUP].map(|at| Part::fact(header.text_range(at))));
    }
    if dialect == Dialect::Gnu {
        parts.extend([GNU_ATIME, GNU_CTIME].map(Part::fact));
        match header.kind() {
            b'S' => parts.push(Part::layout(386..495, true)),
            b'M' => parts.extend([Part::fact(GNU_OFFSET), Part::layout(483..495, true)]),
            _ => {}
        }
    }
    parts
}

/// All fields of a header that [`plain_words`] or a style tells.
pub(super) fn plain_parts(header: &Header) -> Vec<Part> {
    let mut parts = field_parts(header);
    parts.push(Part::fact(header.text_range(NAME)));
    if header.dialect() == Dialect::Ustar {
        parts.push(Part::fact(header.text_range(PREFIX)));
    }
    parts
}
