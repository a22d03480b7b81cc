//! What the `Info.plist` of a bundle names (Apple, Information Property List Key Reference), in XML and
//! in binary ([`super::bplist`]).

use std::borrow::Cow;

use super::markup::{Item, Markup, decoded};
use super::{Form, Piece, Reference, Role, Sink, bplist};

/// Lists and dictionaries in which icons are named, beside the outermost one.
pub(super) const NESTED: &[&[u8]] =
    &[b"CFBundleIcons", b"CFBundleIcons~ipad", b"CFBundlePrimaryIcon", b"CFBundleIconFiles"];
/// How deep they lie in each other.
pub(super) const DEEPEST: usize = 4;
/// Names of a bundle that are told.
const MOST: usize = 64;

/// Folders of a bundle, from that of its `Info.plist`: of macOS, of iOS, and of a framework.
const PROGRAM: &[&str] = &["MacOS/", "", "../", "../MacOS/"];
const RESOURCES: &[&str] = &["Resources/", ""];
const ICON: &[&str] = &["", ".icns", ".png", "@2x.png", "@3x.png", "~ipad.png", "@2x~ipad.png"];
const NIB: &[&str] = &[".nib", "~iphone.nib", "~ipad.nib"];
const STORYBOARD: &[&str] = &[".storyboardc", "~iphone.storyboardc", "~ipad.storyboardc", ".nib"];
/// Folders of languages, beside that of the development region, that a bundle falls back to.
const LANGUAGES: &[&str] =
    &["Base", "en", "English", "French", "German", "Japanese", "Italian", "Spanish", "Dutch"];

/// A key: where that lies which it names, how its name goes on, and whether languages have their own.
struct Key(&'static str, &'static [&'static str], &'static [&'static str], bool);

const KEYS: &[Key] = &[
    Key("CFBundleExecutable", PROGRAM, &[""], false),
    Key("CFBundleIconFile", RESOURCES, ICON, false),
    Key("CFBundleIconFiles", RESOURCES, ICON, false),
    Key("NSMainNibFile", RESOURCES, NIB, true),
    Key("NSMainStoryboardFile", RESOURCES, STORYBOARD, true),
    Key("UIMainStoryboardFile", RESOURCES, STORYBOARD, true),
    Key("UILaunchStoryboardName", RESOURCES, STORYBOARD, true),
];

/// A string with the key that it belongs to.
pub(super) struct Named<'a> {
    pub(super) key: &'a [u8],
    /// Where it stands in the content, and how long it is there.
    pub(super) at: usize,
    pub(super) length: usize,
    pub(super) text: Cow<'a, [u8]>,
}

pub(super) fn read(bytes: &[u8], sink: &mut Sink<'_>) {
    let mut region = Cow::Borrowed(&b""[..]);
    let mut all = Vec::new();
    let mut note = |named: Named<'_>| {
        if named.key == b"CFBundleDevelopmentRegion" {
            region = Cow::Owned(named.text.into_owned());
        } else if let Some(key) = KEYS.iter().find(|key| key.0.as_bytes() == named.key)
            && all.len() < MOST
        {
            all.push((key, named.at, named.length, named.text.into_owned()));
        }
    };
    if bytes.starts_with(bplist::MAGIC) {
        bplist::strings(bytes, &mut note);
    } else {
        strings(bytes, &mut note);
    }
    for (key, at, length, name) in all {
        tell(key, (at, length), &name, &region, sink);
    }
}

/// The strings of a property list in XML that keys of the bundle itself name: those of documents and
/// services lie deeper.
fn strings(bytes: &[u8], note: &mut dyn FnMut(Named<'_>)) {
    let mut markup = Markup::new(bytes, false);
    let mut outer: Vec<&[u8]> = Vec::new();
    let mut key: &[u8] = b"";
    while let Some(item) = markup.next() {
        match item {
            Item::Start { name: b"dict" | b"array", empty: false, .. } => {
                outer.push(std::mem::take(&mut key));
            }
            Item::End { name: b"dict" | b"array" } => {
                outer.pop();
                key = b"";
            }
            Item::Start { name: b"key", end, .. } => key = markup.text(end),
            Item::Start { name: b"string", end, .. } => {
                let of_list = outer.last().copied().unwrap_or_default();
                let own = std::mem::take(&mut key);
                let is_own = (1..=DEEPEST).contains(&outer.len())
                    && outer.iter().skip(1).all(|name| NESTED.contains(name));
                if is_own {
                    let (key, raw) = (if own.is_empty() { of_list } else { own }, markup.text(end));
                    note(Named { key, at: end, length: raw.len(), text: decoded(raw) });
                }
            }
            _ => {}
        }
    }
}

fn tell(key: &Key, at: (usize, usize), name: &[u8], region: &[u8], sink: &mut Sink<'_>) {
    // What a build was to fill in.
    if name.is_empty() || name.iter().any(|b| matches!(b, b'$' | b'{' | b'@' | b'&')) {
        return;
    }
    let Key(_, folders, ends, by_language) = key;
    let mut also = Vec::new();
    let mut add = |folder: &str, language: &[u8]| {
        let below: &[u8] = if language.is_empty() { b"" } else { b".lproj/" };
        for end in *ends {
            also.push([folder.as_bytes(), language, below, name, end.as_bytes()].concat());
        }
    };
    for folder in *folders {
        add(folder, b"");
        if *by_language {
            for language in LANGUAGES {
                add(folder, language.as_bytes());
            }
            if !region.contains(&b'/') {
                add(folder, region);
            }
        }
    }
    let found = Reference::url(Role::Program, at.0, name);
    sink(Piece::Reference(Reference { form: Form::File, length: at.1, also, ..found }));
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::super::{Piece, Syntax};

    #[test]
    fn keys_of_the_bundle_itself_are_taken() {
        let text = b"<plist><dict><key>CFBundleExecutable</key> <string>App</string>\
            <key>x</key><array><dict><key>CFBundleIconFile</key><string>no</string></dict></array>\
            <key>CFBundleIconFile</key><string>${ICON}</string></dict></plist>";
        assert_eq!(told(Syntax::Plist, text), ["Program App @51"]);
        let text =
            b"<plist><dict><key>CFBundleIcons</key><dict><key>CFBundlePrimaryIcon</key><dict>\
            <key>CFBundleIconFiles</key><array><string>I</string><string>J&amp;</string></array>\
            <key>CFBundleIconName</key><string>no</string></dict></dict>\
            <string>no</string><key>UILaunchStoryboardName</key><string>L</string></dict></plist>";
        assert_eq!(told(Syntax::Plist, text), ["Program I @122", "Program L @283"]);
    }

    #[test]
    fn a_nib_may_lie_in_the_language_of_development() {
        let text = b"<dict><key>NSMainNibFile</key><string>M</string>\
            <key>CFBundleDevelopmentRegion</key><string>sv</string></dict>";
        let mut paths = Vec::new();
        Syntax::Plist.read(text, &mut |piece| {
            if let Piece::Reference(found) = piece {
                paths.extend(found.also);
            }
        });
        for path in ["Resources/M.nib", "Resources/Base.lproj/M.nib", "sv.lproj/M.nib"] {
            assert!(paths.iter().any(|known| known == path.as_bytes()), "{path}");
        }
    }
}
