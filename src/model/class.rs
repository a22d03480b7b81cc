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
    /// A container of a named format (a [`reader`](crate::readers) id), such as `resource-fork`.
    Container(&'static str),
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
        }
    }

    /// The class of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Unknown, Self::Empty, Self::Text, Self::Binary, Self::Container]
            .into_iter()
            .find(|class| class.name() == name)
    }
}
