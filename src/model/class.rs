//! Text or binary: settled after the pass, never by a prefix that a stray byte can flip.

/// What a format or a configuration says that bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Declared {
    /// Nothing is said.
    #[default]
    Nothing,
    /// Text in a named encoding: a WHATWG label such as `macintosh`, or `utf-8`.
    Text(&'static str),
    /// Records that hold texts: Pascal strings, menus.
    TextRecords(&'static str),
    /// Bytes that are no text.
    Binary,
    /// Records of a form that the reader does not know: text only if not one byte speaks against it.
    Opaque,
    /// Structure of the volume itself that an entry points at; it is accounted for there.
    Structure,
    /// A container of a named format (a [`reader`](crate::readers) id), such as `resource-fork`.
    Container(&'static str),
}

/// An encoding that a text names for itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    /// As it is spelled.
    pub label: String,
    /// What names it, for people.
    pub by: &'static str,
    /// Bytes from the start of the text to the label.
    pub offset: u64,
}

/// What a content is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Class {
    /// Not settled: nothing was read.
    #[default]
    Unknown,
    /// No bytes at all.
    Empty,
    /// Text.
    Text,
    /// No text.
    Binary,
    /// Something with entries of its own.
    Container,
    /// Structure of its volume.
    Structure,
}

impl Class {
    /// The name in reports and manifests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Empty => "empty",
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Container => "container",
            Self::Structure => "structure",
        }
    }

    /// The class of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Unknown, Self::Empty, Self::Text, Self::Binary, Self::Container, Self::Structure]
            .into_iter()
            .find(|class| class.name() == name)
    }
}

/// What a text is for, as far as its name, its type or its container tells. Rules weigh the same
/// byte differently: a control byte in a message catalogue reaches a screen, in a program it may be
/// a constant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextKind {
    /// Texts that a program shows: resources, message catalogues, locale data.
    Resource,
    /// For people to read: manuals, licences, notes.
    Prose,
    /// Text with tags: HTML, XML, SVG, TeX.
    Markup,
    /// For programs to read: JSON, tables, settings.
    Data,
    /// Programs.
    Source,
    /// Nothing tells.
    #[default]
    Unknown,
}

impl TextKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Resource, Self::Prose, Self::Markup, Self::Data, Self::Source, Self::Unknown];

    /// The name in rules and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Prose => "prose",
            Self::Markup => "markup",
            Self::Data => "data",
            Self::Source => "source",
            Self::Unknown => "unknown",
        }
    }
}
