//! References in texts of lines: `autorun.inf`, desktop entries (Desktop Entry Specification 1.5),
//! units (systemd.service(5)), playlists (M3U, RFC 8216 4.1; PLS) and cue sheets (CDRWIN).

use memchr::memchr;

use super::{Base, Form, Piece, Reference, Role, Sink};

/// Programs that Windows has.
const OF_WINDOWS: &[&[u8]] = &[
    b"cmd",
    b"cmd.exe",
    b"explorer",
    b"explorer.exe",
    b"iexplore",
    b"iexplore.exe",
    b"mshta",
    b"mshta.exe",
    b"notepad",
    b"notepad.exe",
    b"regsvr32",
    b"regsvr32.exe",
    b"rundll32",
    b"rundll32.exe",
    b"shell32.dll",
    b"start",
    b"wscript",
    b"wscript.exe",
];

/// The lines of a text with the offsets at which they begin, without blanks around them.
/// A byte-order mark is none of the first.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let bytes = bytes.get(at..).unwrap_or_default();
    bytes.split(|b| matches!(b, b'\n' | b'\r')).map(move |line| {
        let begins = at + (line.len() - line.trim_ascii_start().len());
        at += line.len() + 1;
        (begins, line.trim_ascii())
    })
}

/// `key = value`: the key, and the value with its offset in the line.
fn pair(line: &[u8]) -> Option<(&[u8], usize, &[u8])> {
    let equals = memchr(b'=', line)?;
    let value = line.get(equals + 1..)?;
    let at = line.len() - value.trim_ascii_start().len();
    Some((line.get(..equals)?.trim_ascii(), at, value.trim_ascii()))
}

/// The first word of a command line, and its offset: quotes hold it together.
fn word(value: &[u8]) -> (usize, &[u8]) {
    if let Some((&quote @ (b'"' | b'\''), inside)) = value.split_first() {
        return (
            1,
            inside.get(..memchr(quote, inside).unwrap_or(inside.len())).unwrap_or_default(),
        );
    }
    let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
    (0, value.get(..end).unwrap_or_default())
}

pub(super) fn autorun(bytes: &[u8], sink: &mut Sink<'_>) {
    for (at, line) in lines(bytes) {
        let Some((key, from, value)) = pair(line) else { continue };
        let lower = key.to_ascii_lowercase();
        let is_command = matches!(&*lower, b"open" | b"shellexecute")
            || lower.starts_with(b"shell\\") && lower.ends_with(b"\\command");
        let (skip, path) = match &*lower {
            _ if is_command => word(value),
            b"icon" | b"defaulticon" => {
                // `setup.exe,0` is the first icon in a program.
                let path = value.split(|b| *b == b',').next().unwrap_or_default().trim_ascii_end();
                match path.strip_prefix(b"\"") {
                    Some(inside) => (1, inside.strip_suffix(b"\"").unwrap_or(inside)),
                    None => (0, path),
                }
            }
            _ => continue,
        };
        let is_known = OF_WINDOWS.iter().any(|name| name.eq_ignore_ascii_case(path));
        if path.is_empty() || is_known || path.contains(&b'%') {
            continue;
        }
        let found = Reference::path(Form::Dos, Base::Root, Role::Program, at + from + skip, path);
        let also = if is_command { vec![[path, b".exe"].concat()] } else { Vec::new() };
        sink(Piece::Reference(Reference { also, ..found }));
    }
}

/// A program or file of the system by its whole path.
fn of_system(at: usize, path: &[u8], sink: &mut Sink<'_>) {
    let is_plain = !path.iter().any(|b| matches!(b, b'%' | b'$' | b'@' | b'\\' | b'{' | b'"'));
    if path.starts_with(b"/") && is_plain {
        let (form, base) = (Form::File, Base::System);
        sink(Piece::Reference(Reference::path(form, base, Role::Program, at, path)));
    }
}

/// A name that is looked for in folders of a system.
fn named(base: Base, at: usize, name: &[u8], folders: &[&str], sink: &mut Sink<'_>) {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+');
    if name.first().is_some_and(u8::is_ascii_alphanumeric) && name.iter().all(is_plain) {
        let also = folders.iter().map(|folder| [folder.as_bytes(), b"/", name].concat()).collect();
        let found = Reference::path(Form::File, base, Role::Program, at, name);
        sink(Piece::Reference(Reference { also, ..found }));
    }
}

/// Where a system has its commands, and units of systemd.
const COMMANDS: &[&str] = &[
    "/usr/bin",
    "/bin",
    "/usr/sbin",
    "/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/games",
    "/usr/local/games",
    "/snap/bin",
];
const UNITS: &[&str] = &[
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/user",
    "/etc/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/share/systemd/user",
];

pub(super) fn desktop(bytes: &[u8], sink: &mut Sink<'_>) {
    for (at, line) in lines(bytes) {
        let Some((key, from, value)) = pair(line) else { continue };
        let (skip, path) = match key {
            b"Exec" => word(value),
            b"TryExec" | b"Icon" => (0, value),
            _ => continue,
        };
        if key == b"Exec" && !path.contains(&b'/') {
            named(Base::Commands, at + from + skip, path, COMMANDS, sink);
        } else {
            of_system(at + from + skip, path, sink);
        }
    }
}

pub(super) fn unit(bytes: &[u8], sink: &mut Sink<'_>) {
    for (at, line) in lines(bytes) {
        let Some((key, from, value)) = pair(line) else { continue };
        match key {
            // What may be absent has a `-` before it.
            b"EnvironmentFile" => {
                of_system(at + from, value, sink);
                continue;
            }
            b"Service" | b"Unit" => {
                named(Base::System, at + from, value, UNITS, sink);
                continue;
            }
            b"Requires" => {
                let mut begins = at + from;
                for name in value.split(|b| *b == b' ') {
                    // Every system has these.
                    let is_own = name.ends_with(b".target") || name.ends_with(b".slice");
                    if !is_own {
                        named(Base::System, begins, name, UNITS, sink);
                    }
                    begins += name.len() + 1;
                }
                continue;
            }
            _ if !key.starts_with(b"Exec") => continue,
            _ => {}
        }
        let marks =
            value.iter().position(|b| !matches!(b, b'@' | b'-' | b':' | b'+' | b'!' | b'|'));
        let marks = marks.unwrap_or(value.len());
        // What may fail may be absent.
        if value.get(..marks).is_some_and(|marks| marks.contains(&b'-')) {
            continue;
        }
        let (skip, path) = word(value.get(marks..).unwrap_or_default());
        of_system(at + from + marks + skip, path, sink);
    }
}

/// A file of a list, in the list's own folder.
fn part(at: usize, path: &[u8], sink: &mut Sink<'_>) {
    let is_url = memchr::memmem::find(path, b"://").is_some();
    if !path.is_empty() && !is_url {
        let (form, base) = (Form::File, Base::Folder);
        let found = Reference::path(form, base, Role::Part, at, path);
        let slashes = path.iter().map(|&b| if b == b'\\' { b'/' } else { b });
        let also = if path.contains(&b'\\') { vec![slashes.collect()] } else { Vec::new() };
        sink(Piece::Reference(Reference { also, ..found }));
    }
}

pub(super) fn playlist(bytes: &[u8], sink: &mut Sink<'_>) {
    for (at, line) in lines(bytes) {
        if line.starts_with(b"#EXT-X-") {
            // A key, the start of all segments, another rendition.
            let uri = memchr::memmem::find(line, b"URI=\"").map(|found| found + 5);
            let rest = uri.and_then(|from| line.get(from..)).unwrap_or_default();
            let whole = memchr(b'"', rest).and_then(|end| rest.get(..end)).unwrap_or_default();
            let path = whole.split(|b| *b == b'?').next().unwrap_or_default();
            if !whole.starts_with(b"data:") {
                part(at + uri.unwrap_or_default(), path, sink);
            }
        } else if !line.starts_with(b"#") {
            // Segments of a stream may have a query.
            let end = line.iter().position(|b| *b == b'?').unwrap_or(line.len());
            part(at, line.get(..end).unwrap_or_default(), sink);
        }
    }
}

pub(super) fn pls(bytes: &[u8], sink: &mut Sink<'_>) {
    for (at, line) in lines(bytes) {
        let Some((key, from, value)) = pair(line) else { continue };
        let number = key.get(4..).filter(|_| key.to_ascii_lowercase().starts_with(b"file"));
        if number.is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit)) {
            part(at + from, value, sink);
        }
    }
}

pub(super) fn cue(bytes: &[u8], sink: &mut Sink<'_>) {
    for (at, line) in lines(bytes) {
        let Some(rest) = line
            .get(5..)
            .filter(|_| line.get(..5).is_some_and(|key| key.eq_ignore_ascii_case(b"FILE ")))
        else {
            continue;
        };
        let from = line.len() - rest.trim_ascii_start().len();
        let (skip, path) = word(rest.trim_ascii_start());
        part(at + from + skip, path, sink);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::super::tests::told;

    #[test]
    fn references_are_found_with_their_places() {
        for (syntax, text, expected) in [
            (
                Syntax::Autorun,
                "[autorun]\r\nOPEN=setup.exe /s\r\nicon = a.ico,0\r\n",
                &["Program setup.exe @16", "Program a.ico @37"][..],
            ),
            (Syntax::Autorun, "open=\"my setup.exe\" /s", &["Program my setup.exe @6"]),
            (Syntax::Autorun, "open=explorer.exe x\nopen=%WINDIR%\\x\nlabel=x", &[]),
            (
                Syntax::Desktop,
                "Exec=/usr/bin/a %f\nTryExec=b\nIcon=/usr/share/i.png\n",
                &["Program /usr/bin/a @5", "Program /usr/share/i.png @34"],
            ),
            (Syntax::Desktop, "Exec=a --b\nExec=$HOME/a\nExec=%f\n", &["Program a @5"]),
            (
                Syntax::Unit,
                "EnvironmentFile=/etc/default/a\nEnvironmentFile=-/etc/b\nEnvironmentFile=/etc/%i\n",
                &["Program /etc/default/a @16"],
            ),
            (
                Syntax::Unit,
                "Service=a.service\nUnit=b@%i.service\nRequires=basic.target c.socket\nWants=d.service",
                &["Program a.service @8", "Program c.socket @58"],
            ),
            (
                Syntax::Playlist,
                "#EXT-X-KEY:METHOD=AES-128,URI=\"k.bin\",IV=0\n#EXT-X-KEY:URI=\"skd://x\"\n#EXT-X-MAP:URI=\"i.mp4?x\"\n#EXT-X-ENDLIST\n",
                &["Part k.bin @31", "Part i.mp4 @84"],
            ),
            (
                Syntax::Unit,
                "ExecStart=!/usr/bin/a -x\nExecStop=-/usr/bin/b\nExecStart=/usr/bin/%i\n",
                &["Program /usr/bin/a @11"],
            ),
            (Syntax::Playlist, "#EXTM3U\na b.mp3\nhttp://x/y\n", &["Part a b.mp3 @8"]),
            (Syntax::Pls, "File1=a.mp3\nFilename=b\n", &["Part a.mp3 @6"]),
            (Syntax::Cue, "FILE \"a b.bin\" BINARY\n  TRACK 01\n", &["Part a b.bin @6"]),
            (Syntax::Cue, "\u{feff}FILE \"a.bin\" BINARY\n", &["Part a.bin @9"]),
            (Syntax::Playlist, "\u{feff}a.mp3\n", &["Part a.mp3 @3"]),
            (Syntax::Pls, "\u{feff}File1=a.mp3\n", &["Part a.mp3 @9"]),
        ] {
            assert_eq!(told(syntax, text.as_bytes()), expected, "{text}");
        }
    }
}
