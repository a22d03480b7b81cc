//! Suppressions in texts: `premaster: allow text/bell -- reason` in a comment on the line of the
//! finding, or alone on the line before. They count only where the settings allow them.

use std::io::Read as _;

use crate::config::Suppress;
use crate::engine::Judge;
use crate::model::manifest::{ContainerId, ContentPlace};
use crate::model::{Class, ContentId, Finding, Locator, Manifest, Waived, glob_matches};
use crate::rules::Catalogue;
use crate::rules::detectors::WaiverState;
use crate::walk::Artifact;

/// What a comment begins with, behind its opener.
const MARK: &str = "premaster: allow ";
/// What begins a comment in some language.
static OPENERS: [&str; 14] =
    ["//", "#", "--", "/*", "*", "<!--", ";", "%", "{-", "(*", "\"", "'", "REM", "rem"];
/// What ends one.
static CLOSERS: [&str; 5] = ["*/", "-->", "*)", "-}", "\""];
/// Rules that no comment silences: whoever writes the text may be who must not be believed.
static NEVER: [&str; 5] = ["secrets/*", "links/*", "*/*bidi*", "structure/archive-*", "waiver/*"];
/// Bytes of the largest text in which comments count.
const LARGEST: u64 = 16 << 20;

/// One comment.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Comment {
    /// The line that it stands on, from 1, and the one behind it if it stands alone.
    lines: (u64, u64),
    rules: Vec<String>,
    reason: String,
    used: bool,
}

/// Takes suppressed findings out of the list and adds those about comments that suppress nothing.
pub(super) fn suppress(
    judge: &Judge<'_>,
    catalogue: &Catalogue,
    settings: &Suppress,
    artifact: &Artifact,
    findings: &mut Vec<Finding>,
) -> Vec<Waived> {
    let mut waived = Vec::new();
    if settings.allow.is_empty() {
        return waived;
    }
    let mut unused = Vec::new();
    for (path, text) in texts(artifact, settings) {
        let mut comments = comments(&text);
        if comments.is_empty() {
            continue;
        }
        findings.retain(|finding| {
            let Some(line) = finding.line.filter(|_| finding.path == path) else { return true };
            // The last of a list stands for more than itself.
            if finding.more > 0 || is_never(&finding.rule) {
                return true;
            }
            let names =
                |name: &String| catalogue.get(name).is_some_and(|rule| rule.id == finding.rule);
            let comment = comments.iter_mut().find(|comment| {
                (comment.lines.0 == line || comment.lines.1 == line)
                    && !comment.reason.is_empty()
                    && comment.rules.iter().any(names)
            });
            let Some(comment) = comment else { return true };
            comment.used = true;
            waived.push(Waived {
                rule: finding.rule.clone(),
                path: path.clone(),
                reason: comment.reason.clone(),
                owner: "a comment".to_owned(),
                line: Some(line),
                finding: Some(Box::new(finding.clone())),
            });
            false
        });
        for comment in comments.iter().filter(|comment| !comment.used) {
            let detail = why_unused(comment, catalogue);
            let number = u32::try_from(unused.len()).unwrap_or(u32::MAX);
            let found =
                judge.waiver("waiver/unused-suppression", WaiverState::Unused, &detail, number);
            unused.extend(found.map(|found| Finding {
                path: path.clone(),
                line: Some(comment.lines.0),
                of_settings: false,
                ..found
            }));
        }
    }
    findings.extend(unused);
    waived
}

fn is_never(rule: &str) -> bool {
    NEVER.iter().any(|glob| glob_matches(glob, rule))
}

fn why_unused(comment: &Comment, catalogue: &Catalogue) -> String {
    let unknown = comment.rules.iter().find(|rule| catalogue.get(rule).is_none());
    let never = comment.rules.iter().find(|rule| is_never(rule));
    match (unknown, never) {
        _ if comment.reason.is_empty() => {
            "the comment gives no reason: expected `premaster: allow RULE -- reason`".to_owned()
        }
        (Some(rule), _) => catalogue.unknown(rule),
        (None, Some(rule)) => format!("no comment silences {rule}"),
        (None, None) => format!(
            "the comment allows {}, which is not found on its line",
            comment.rules.join(", ")
        ),
    }
}

/// Texts in which comments count, each with its main locator.
fn texts<'a>(
    artifact: &'a Artifact,
    settings: &'a Suppress,
) -> impl Iterator<Item = (Locator, Vec<u8>)> + 'a {
    let manifest = &artifact.manifest;
    let single = &manifest.artifact;
    let root = Locator::root();
    let is_single = manifest.is_single()
        && single.class == Class::Text
        && single.size() <= LARGEST
        && settings.is_allowed(&root);
    let alone = is_single.then(|| {
        let mut bytes = Vec::new();
        let source = artifact.source().ok()?;
        let data = crate::source::Forward::new(source).take(LARGEST).read_to_end(&mut bytes);
        data.ok().map(|_| (root, bytes))
    });
    let others = contents(manifest).filter_map(move |place| {
        let content = manifest.content(place)?;
        if content.class != Class::Text || content.size() > LARGEST {
            return None;
        }
        let path = manifest.content_path(place);
        if !settings.is_allowed(&path) {
            return None;
        }
        let mut bytes = Vec::new();
        // What cannot be read again suppresses nothing.
        artifact.content_reader(place).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
        Some((path, bytes))
    });
    alone.flatten().into_iter().chain(others)
}

/// Every content once.
fn contents(manifest: &Manifest) -> impl Iterator<Item = ContentPlace> + '_ {
    manifest.containers.iter().enumerate().flat_map(|(c, container)| {
        let volumes = container.contents.iter().enumerate();
        let all = volumes.flat_map(|(v, contents)| {
            (0..contents.len()).map(move |index| (v as u16, ContentId(index as u32)))
        });
        let own = all.filter(|&(v, content)| container.canonical(v, content) == (v, content));
        own.map(move |(volume, content)| ContentPlace {
            container: ContainerId(c as u32),
            volume,
            content,
        })
    })
}

/// The comments of a text, in their order.
fn comments(text: &[u8]) -> Vec<Comment> {
    let mut all: Vec<Comment> = Vec::new();
    if memchr::memmem::find(text, MARK.trim_end().as_bytes()).is_none() {
        return all;
    }
    // Comments that stand alone and wait for the line that they are about.
    let mut waiting = Vec::new();
    let text = String::from_utf8_lossy(text);
    // LF, CR and CR LF end a line, as for findings.
    let text = text.replace("\r\n", "\n");
    for (number, line) in (1u64..).zip(text.split(['\n', '\r'])) {
        let Some((comment, alone)) = comment(line, number) else {
            for index in waiting.drain(..) {
                if let Some(Comment { lines, .. }) = all.get_mut(index) {
                    lines.1 = number;
                }
            }
            continue;
        };
        if alone {
            waiting.push(all.len());
        }
        all.push(comment);
    }
    all
}

/// The comment of a line, and whether nothing else stands on it.
fn comment(line: &str, number: u64) -> Option<(Comment, bool)> {
    let (before, after) = line.split_once(MARK)?;
    let before = before.trim_end();
    // `<!--` ends with `--`.
    let openers = OPENERS.iter().filter(|opener| before.ends_with(**opener));
    let opener = openers.max_by_key(|opener| opener.len())?;
    let alone = before.strip_suffix(opener).is_some_and(|code| code.trim().is_empty());
    let (rules, reason) = after.split_once(" -- ").unwrap_or((after, ""));
    let mut reason = reason.trim();
    for closer in CLOSERS {
        reason = reason.strip_suffix(closer).unwrap_or(reason).trim_end();
    }
    let rules = rules.split([',', ' ']).filter(|rule| !rule.is_empty()).map(str::to_owned);
    let comment = Comment {
        lines: (number, number),
        rules: rules.collect(),
        reason: reason.to_owned(),
        used: false,
    };
    Some((comment, alone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read_in_many_languages() {
        for (text, lines, rules, reason) in [
            ("x // premaster: allow a/b -- why", (1, 1), &["a/b"][..], "why"),
            ("# premaster: allow a/b -- why\nx", (1, 2), &["a/b"], "why"),
            (
                "\r\n<!-- premaster: allow a/b, c/d -- w -- y -->\r\nx",
                (2, 3),
                &["a/b", "c/d"],
                "w -- y",
            ),
            ("x /* premaster: allow a/b -- why */", (1, 1), &["a/b"], "why"),
            ("REM premaster: allow a/b -- why\r\rx", (1, 2), &["a/b"], "why"),
            ("# premaster: allow a/b\nx", (1, 2), &["a/b"], ""),
        ] {
            let found = comments(text.as_bytes());
            assert_eq!(found.len(), 1, "{text:?}");
            assert_eq!(
                (found[0].lines, &found[0].rules[..]),
                (lines, &rules.iter().map(|&r| r.to_owned()).collect::<Vec<_>>()[..]),
                "{text:?}"
            );
            assert_eq!(found[0].reason, reason, "{text:?}");
        }
        for none in [
            "premaster: allow a/b -- no comment",
            "x premaster: allow a/b -- y",
            "// premaster allow",
        ] {
            assert_eq!(comments(none.as_bytes()), [], "{none}");
        }
        let two = comments(b"# premaster: allow a/b -- 1\n# premaster: allow c/d -- 2\nx\n");
        assert_eq!(two.iter().map(|c| c.lines).collect::<Vec<_>>(), [(1, 3), (2, 3)]);
    }
}
