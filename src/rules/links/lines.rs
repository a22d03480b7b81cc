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
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
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

pub(super) fn desktop(bytes: &[u8], sink: &mut Sink<'_>) {
    for (at, line) in lines(bytes) {
        let Some((key, from, value)) = pair(line) else { continue };
        let (skip, path) = match key {
            b"Exec" => word(value),
            b"TryExec" | b"Icon" => (0, value),
            _ => continue,
        };
        of_system(at + from + skip, path, sink);
    }
}

pub(super) fn unit(bytes: &[u8], sink: &mut Sink<'_>) {
    for (at, line) in lines(bytes) {
        let Some((key, from, value)) = pair(line) else { continue };
        if !key.starts_with(b"Exec") {
            continue;
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
    let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    for (at, line) in lines(bytes.get(mark..).unwrap_or_default()) {
        if !line.starts_with(b"#") {
            // Segments of a stream may have a query.
            let end = line.iter().position(|b| *b == b'?').unwrap_or(line.len());
            part(mark + at, line.get(..end).unwrap_or_default(), sink);
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
            (
                Syntax::Unit,
                "ExecStart=!/usr/bin/a -x\nExecStop=-/usr/bin/b\nExecStart=/usr/bin/%i\n",
                &["Program /usr/bin/a @11"],
            ),
            (Syntax::Playlist, "#EXTM3U\na b.mp3\nhttp://x/y\n", &["Part a b.mp3 @8"]),
            (Syntax::Pls, "File1=a.mp3\nFilename=b\n", &["Part a.mp3 @6"]),
            (Syntax::Cue, "FILE \"a b.bin\" BINARY\n  TRACK 01\n", &["Part a b.bin @6"]),
        ] {
            assert_eq!(told(syntax, text.as_bytes()), expected, "{text}");
        }
    }
}
