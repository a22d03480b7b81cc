//! Integers at a byte offset, in the byte order named; `None` past the end.

macro_rules! integers {
    ($($name:ident: $type:ty = $from:ident, $doc:literal;)*) => {$(
        #[doc = $doc]
        pub fn $name(bytes: &[u8], at: usize) -> Option<$type> {
            const SIZE: usize = size_of::<$type>();
            let bytes = bytes.get(at..)?.first_chunk::<SIZE>()?;
            Some(<$type>::$from(*bytes))
        }
    )*};
}

integers! {
    le16: u16 = from_le_bytes, "Little-endian, 2 bytes.";
    le32: u32 = from_le_bytes, "Little-endian, 4 bytes.";
    le64: u64 = from_le_bytes, "Little-endian, 8 bytes.";
    be16: u16 = from_be_bytes, "Big-endian, 2 bytes.";
    be32: u32 = from_be_bytes, "Big-endian, 4 bytes.";
    be64: u64 = from_be_bytes, "Big-endian, 8 bytes.";
}
