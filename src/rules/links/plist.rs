//! What the `Info.plist` of a bundle names (Apple, Information Property List Key Reference). A binary
//! property list is not read.

use super::markup::{Item, Markup};
use super::{Form, Piece, Reference, Role, Sink};

/// Where a program of a bundle lies, from the folder of its `Info.plist`: in an application of macOS,
/// of iOS, and in a framework.
const PROGRAM: &[&str] = &["MacOS/", "", "../", "../MacOS/"];
/// The same of an icon, and how its name may go on.
const ICON: &[&str] = &["Resources/", ""];
const ICON_END: &[&str] = &["", ".icns", ".png"];

pub(super) fn read(bytes: &[u8], sink: &mut Sink<'_>) {
    let mut markup = Markup::new(bytes, false);
    let mut depth = 0_u32;
    let mut key: &[u8] = b"";
    while let Some(item) = markup.next() {
        match item {
            Item::Start { name: b"dict" | b"array", empty: false, .. } => depth += 1,
            Item::End { name: b"dict" | b"array" } => depth = depth.saturating_sub(1),
            Item::Start { name: b"key", end, .. } => key = markup.text(end),
            // Keys of documents and services lie deeper.
            Item::Start { name: b"string", end, .. } if depth == 1 => {
                tell(std::mem::take(&mut key), end, markup.text(end), sink);
            }
            _ => {}
        }
    }
}

fn tell(key: &[u8], at: usize, name: &[u8], sink: &mut Sink<'_>) {
    let paths: Vec<Vec<u8>> = match key {
        b"CFBundleExecutable" => {
            PROGRAM.iter().map(|folder| [folder.as_bytes(), name].concat()).collect()
        }
        b"CFBundleIconFile" => ICON
            .iter()
            .flat_map(|folder| ICON_END.iter().map(move |end| (folder, end)))
            .map(|(folder, end)| [folder.as_bytes(), name, end.as_bytes()].concat())
            .collect(),
        _ => return,
    };
    // What a build was to fill in.
    if name.is_empty() || name.iter().any(|b| matches!(b, b'$' | b'{' | b'@' | b'&')) {
        return;
    }
    let found = Reference::marked(Role::Program, at, name);
    sink(Piece::Reference(Reference { form: Form::File, also: paths, ..found }));
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::super::tests::told;

    #[test]
    fn keys_of_the_bundle_itself_are_taken() {
        let text = b"<plist><dict><key>CFBundleExecutable</key> <string>App</string>\
            <key>x</key><array><dict><key>CFBundleIconFile</key><string>no</string></dict></array>\
            <key>CFBundleIconFile</key><string>${ICON}</string></dict></plist>";
        assert_eq!(told(Syntax::Plist, text), ["Program App @51"]);
    }
}
