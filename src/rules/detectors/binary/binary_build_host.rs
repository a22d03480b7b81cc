//! Names of the machine and the account that built a program, in forms that nothing but a build makes.
//!
//! `ann@example.com` is an address for mail and tells nothing. Told are accounts at hosts below a
//! domain that no registry gives away (RFC 6762, appendix G; RFC 8375), at hosts without a domain where
//! a banner says who compiled, and what `uname -a` prints.

use std::ops::Range;

use memchr::{memchr_iter, memmem};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-build-host", look: Look::Parsed(find) };

/// Domains of private networks.
const PRIVATE: [&str; 9] = [
    ".local",
    ".localdomain",
    ".lan",
    ".internal",
    ".intranet",
    ".corp",
    ".private",
    ".home",
    ".home.arpa",
];
/// Accounts and hosts that stand for any, as in the text of a help page.
const ANYBODY: [&str; 15] = [
    "user",
    "username",
    "name",
    "you",
    "me",
    "foo",
    "bar",
    "nobody",
    "git",
    "host",
    "hostname",
    "localhost",
    "buildhost",
    "example",
    "domain",
];
/// What stands before an account.
const MADE_BY: [&[u8]; 4] = [b"built by ", b"compiled by ", b"build by ", b"linked by "];
/// Bytes of an account or a host that are looked at.
const LONGEST: usize = 128;

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if parsed.programs().is_empty() {
        return;
    }
    parsed.stretches(&mut |stretch| {
        for (range, name) in names(stretch.bytes) {
            if stretch.own.contains(&range.start) {
                hits.tell(stretch.hit(&range, name));
            }
        }
    });
}

/// Accounts and hosts of a build and where they stand, in ASCII and, accounts, in UTF-16 as Windows has
/// it.
fn names(bytes: &[u8]) -> impl Iterator<Item = (Range<usize>, String)> + '_ {
    let told = |range: Range<usize>| {
        let name = String::from_utf8_lossy(bytes.get(range.clone()).unwrap_or_default());
        (range, name.into_owned())
    };
    let accounts = memchr_iter(b'@', bytes).filter_map(move |at| match bytes.get(at + 1)? {
        0 => wide_account(bytes, at),
        _ => account(bytes, at).map(told),
    });
    let systems = memmem::find_iter(bytes, " #").filter_map(|at| system(bytes, at)).map(told);
    accounts.chain(systems)
}

/// The account and the host around an `@` of UTF-16.
fn wide_account(bytes: &[u8], at: usize) -> Option<(Range<usize>, String)> {
    // An account and a host, and what must stand before them or behind.
    const FAR: usize = LONGEST + 64;
    let narrow = |&[byte, high]: &[u8; 2]| (byte != 0 && high == 0).then_some(byte);
    // In programs most `@` are numbers.
    let near = bytes.get(at.checked_sub(2)?..)?.first_chunk::<6>()?;
    if !matches!(near, [b' '..=b'~', 0, b'@', 0, b' '..=b'~', 0]) {
        return None;
    }
    let (_, before) = bytes.get(..at)?.as_rchunks();
    let before: Vec<u8> = before.iter().rev().take(FAR).map_while(narrow).collect();
    let (behind, _) = bytes.get(at..)?.as_chunks();
    let behind = behind.iter().take(FAR).map_while(narrow);
    let text: Vec<u8> = before.iter().rev().copied().chain(behind).collect();
    let found = account(&text, before.len())?;
    let name = String::from_utf8_lossy(text.get(found.clone())?).into_owned();
    let start = at - 2 * before.len();
    Some((start + 2 * found.start..start + 2 * found.end, name))
}

/// The account and the host around an `@`.
fn account(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let (before, after) = (bytes.get(..at)?, bytes.get(at + 1..)?);
    let user = last(before, |b| b.is_ascii_alphanumeric() || b"._+-".contains(&b));
    let host = first(after, |b| b.is_ascii_alphanumeric() || b".-".contains(&b));
    if user.is_empty() || host.is_empty() {
        return None;
    }
    let start = at - user.len();
    let end = at + 1 + host.len();
    let before = before.get(..start)?;
    let after = bytes.get(end..)?;
    let (user, host) = (text(user)?, text(host)?);
    if is_anybody(user) {
        return None;
    }
    let told = match network(host)? {
        // In a URL, in a format, or as part of something longer it is no account of a build.
        Network::Private => {
            !before.last().is_some_and(|b| b"/:%@_".contains(b) || *b >= 0x80)
                && !after.first().is_some_and(|b| b"@_:%".contains(b))
        }
        Network::None => false,
    };
    (told || is_banner(before, after) || is_made_by(before)).then_some(start..end)
}

/// `6.1.0 (ann@build01) (gcc` and `6.1.0 (ann@build01) #1`, as Linux says of itself.
fn is_banner(before: &[u8], after: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b" (") else { return false };
    let version = last(before, |b| b.is_ascii_graphic());
    (is_version(version) || version == b"%s")
        && (after.starts_with(b") (") || after.starts_with(b") #"))
}

/// `Compiled by ann@build01`.
fn is_made_by(before: &[u8]) -> bool {
    let ends = |with: &[u8]| {
        let tail = before.len().checked_sub(with.len()).and_then(|from| before.get(from..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(with))
    };
    MADE_BY.iter().any(|with| ends(with))
}

/// `Linux build01 6.1.0 #1 SMP`, as `uname -a` prints it, around the ` #`: the name of the host.
fn system(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if !bytes.get(at + 2)?.is_ascii_digit() {
        return None;
    }
    let graphic = |b: u8| b.is_ascii_graphic();
    let before = bytes.get(..at)?;
    let version = last(before, graphic);
    let before = before.get(..at - version.len())?.strip_suffix(b" ")?;
    let host = last(before, graphic);
    let start = before.len() - host.len();
    let before = before.get(..start)?;
    let is_system = before.ends_with(b"Linux ") || before.ends_with(b"linux ");
    let told = is_system && is_version(version) && network(text(host)?).is_some();
    told.then_some(start..start + host.len())
}

/// Whether a word is the version of a kernel, as `6.1.0-9-amd64`: three numbers and what follows.
fn is_version(word: &[u8]) -> bool {
    let is_number = |part: &[u8]| part.first().is_some_and(u8::is_ascii_digit);
    word.split(|b| *b == b'.').take(3).filter(|part| is_number(part)).count() == 3
}

/// Where a host is.
enum Network {
    /// Below a private domain.
    Private,
    /// It has no domain.
    None,
}

/// The network of a host; none if it is a public one, stands for any, or is no name of a host.
fn network(host: &str) -> Option<Network> {
    let is_label = |label: &str| {
        let ends = |c: char| c == '-';
        !label.is_empty() && !label.starts_with(ends) && !label.ends_with(ends) && label.len() < 64
    };
    let lower = host.to_ascii_lowercase();
    let labels = lower.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
        && lower.bytes().any(|b| b.is_ascii_alphabetic())
        && lower.split('.').all(is_label);
    let machine = lower.split('.').next().unwrap_or_default();
    if !labels || is_anybody(machine) {
        return None;
    }
    if PRIVATE.iter().any(|domain| lower.ends_with(domain)) {
        return Some(Network::Private);
    }
    (machine.len() == lower.len()).then_some(Network::None)
}

fn is_anybody(name: &str) -> bool {
    ANYBODY.iter().any(|any| name.eq_ignore_ascii_case(any))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The bytes of a kind at the end; none if there are too many.
fn last(bytes: &[u8], is: impl Fn(u8) -> bool) -> &[u8] {
    let near = bytes.get(bytes.len().saturating_sub(LONGEST)..).unwrap_or_default();
    let from = near.iter().rposition(|b| !is(*b)).map_or(0, |at| at + 1);
    if from == 0 && near.len() == LONGEST { b"" } else { near.get(from..).unwrap_or_default() }
}

/// The bytes of a kind at the start; none if there are too many.
fn first(bytes: &[u8], is: impl Fn(u8) -> bool) -> &[u8] {
    let near = bytes.get(..LONGEST).unwrap_or(bytes);
    let to = near.iter().position(|b| !is(*b));
    let to = to.unwrap_or(if near.len() == LONGEST { 0 } else { near.len() });
    near.get(..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_builds_write_is_found_and_addresses_are_not() {
        let cases: [(&str, &[&str]); 27] = [
            ("\0ann@build01.lan\0", &["ann@build01.lan"]),
            ("by ann.b@Anns-MacBook-Pro.local on", &["ann.b@Anns-MacBook-Pro.local"]),
            ("ann@nas.home.arpa", &["ann@nas.home.arpa"]),
            ("jenkins@ci-7.eu.corp, root@x.internal", &["jenkins@ci-7.eu.corp", "root@x.internal"]),
            ("Linux version 6.1.0 (ann@build01) (gcc (Debian 12.2.0)", &["ann@build01"]),
            ("%s version %s (buildd@x86-grnet-03) (gcc", &["buildd@x86-grnet-03"]),
            ("6.1.0-9-amd64 (buildd@lcy02-amd64-012) #1 SMP", &["buildd@lcy02-amd64-012"]),
            ("Compiled by root@5c2d8e1f0a7b\0", &["root@5c2d8e1f0a7b"]),
            ("Linux build01 5.10.0-8-amd64 #1 SMP Debian", &["build01"]),
            ("uname='linux ip-10-0-3-7.internal 4.19.0 #1 smp '", &["ip-10-0-3-7.internal"]),
            // Addresses, public hosts.
            ("ann@example.com", &[]),
            ("Compiled by team+vim@tracker.debian.org", &[]),
            ("Linux version 6.1.0 (debian-kernel@lists.debian.org) (gcc-12", &[]),
            ("Linux version 6.4 (geeko@buildhost) (gcc", &[]),
            ("Linux version %s (%s@%s) (%s) %s", &[]),
            ("linux localhost 4.19.0 #1 smp debian", &[]),
            ("Linux kernel before #1, Linux is 2.6 #1", &[]),
            // Formats and services.
            ("%s@%s.local", &[]),
            ("%s@build.local", &[]),
            ("ann@_workstation._tcp.local", &[]),
            ("sftp://ann@nas.local/", &[]),
            ("git@gitlab.internal", &[]),
            ("user@host.local, root@localhost.localdomain, a@example.lan", &[]),
            ("ann@nas.local.example.com, ann@local, ann@.local, ann@nas..lan", &[]),
            // What has no domain tells nothing without a banner.
            ("getty@tty1, ann@build01, memcpy@plt", &[]),
            ("compiled by gcc@", &[]),
            ("@build01.lan", &[]),
        ];
        for (input, expected) in cases {
            let found: Vec<_> = names(input.as_bytes()).collect();
            let places: Vec<_> = found.iter().map(|(at, _)| &input[at.clone()]).collect();
            let told: Vec<_> = found.iter().map(|(_, name)| name.as_str()).collect();
            assert_eq!((&*places, &*told), (expected, expected), "{input}");
            // What `uname` prints is looked for in ASCII only.
            let expected = expected.iter().filter(|name| name.contains('@'));
            let expected: Vec<_> = expected
                .map(|name| (input.find(name).expect("there"), *name))
                .map(|(at, name)| (2 * at..2 * (at + name.len()), name.to_owned()))
                .collect();
            let wide: Vec<u8> = input.bytes().flat_map(|b| [b, 0]).collect();
            assert_eq!(names(&wide).collect::<Vec<_>>(), expected, "{input}");
        }
        let long = format!("{}@build01.lan", "a".repeat(1000));
        assert_eq!(names(long.as_bytes()).count(), 0);
    }
}
