//! PNG: Portable Network Graphics (W3C, third edition), 5 and 11: chunks, their CRC and their order.

use super::{Faults, Window};

/// The longest chunk that the specification allows.
const LONGEST: u32 = 0x7fff_ffff;
/// The last twelve bytes of every PNG.
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

pub(super) fn walk(bytes: &Window<'_>, faults: &mut Faults) {
    let mut at = 8;
    let mut order = Order::default();
    loop {
        if at >= bytes.size() {
            return faults.truncated(at, "there is no IEND chunk".into());
        }
        let (Some(length), Some(name)) = (bytes.be32(at), bytes.get(at + 4, 4)) else {
            if bytes.is_whole() || bytes.size() - at < 8 {
                faults.truncated(at, "a chunk begins and has no whole header".into());
            } else {
                end_of_large(bytes, faults);
            }
            return;
        };
        if length > LONGEST || !name.iter().all(u8::is_ascii_alphabetic) {
            let what = name.escape_ascii();
            let detail = format!("expected a chunk, found the name \"{what}\" and length {length}");
            return faults.malformed(at, 8, detail);
        }
        let name = name.escape_ascii().to_string();
        let end = at + 12 + u64::from(length);
        if end > bytes.size() {
            let there = bytes.size() - at;
            let wants = end - at;
            return faults
                .truncated(at, format!("chunk {name} takes {wants} bytes, {there} are there"));
        }
        if let Some(body) = bytes.get(at + 4, u64::from(length) + 4) {
            let (found, expected) = (crc32fast::hash(body), bytes.be32(end - 4));
            if expected.is_some_and(|expected| expected != found) {
                let expected = expected.unwrap_or_default();
                let detail =
                    format!("chunk {name} has CRC {expected:08x}, its bytes give {found:08x}");
                faults.checksum(end - 4, 4, detail);
            }
        }
        if let Some(wrong) = order.take(&name, bytes.up_to(at + 8, u64::from(length).min(13))) {
            faults.malformed(at, 8, wrong);
        }
        at = end;
        if name == "IEND" {
            return faults.ends_at(bytes, end, "the IEND chunk");
        }
    }
}

/// Of a large file the chunks in the middle are not at hand: it must end with IEND all the same.
fn end_of_large(bytes: &Window<'_>, faults: &mut Faults) {
    let (tail, start) = bytes.tail();
    match memchr::memmem::rfind(tail, END) {
        Some(at) => faults.ends_at(bytes, start + (at + END.len()) as u64, "the IEND chunk"),
        None => faults.truncated(bytes.size(), "it does not end with an IEND chunk".into()),
    }
}

/// Which chunks came so far.
#[derive(Default)]
struct Order {
    /// Whether a chunk came: the first is IHDR, and `CgBI` before it in images for iOS.
    begun: bool,
    colour: Option<u8>,
    palette: bool,
    /// Chunks of image data so far, and whether another chunk came behind them.
    data: u32,
    behind: bool,
}

impl Order {
    /// Takes the next chunk; gives what is wrong with its place.
    fn take(&mut self, name: &str, body: &[u8]) -> Option<String> {
        let first = self.colour.is_none();
        if !std::mem::replace(&mut self.begun, true) && !matches!(name, "IHDR" | "CgBI") {
            return Some(format!("the first chunk is {name}, expected IHDR"));
        }
        match name {
            "IHDR" if !first => return Some("a second IHDR chunk".into()),
            "IHDR" => return self.header(body),
            "PLTE" if self.data > 0 => return Some("PLTE stands behind IDAT".into()),
            "PLTE" if self.palette => return Some("a second PLTE chunk".into()),
            "PLTE" => self.palette = true,
            "IDAT" if self.behind => return Some("IDAT chunks do not follow each other".into()),
            "IDAT" => {
                self.data += 1;
                if self.data == 1 && self.colour == Some(3) && !self.palette {
                    return Some("an image of palette colours has no PLTE before IDAT".into());
                }
            }
            "IEND" if self.data == 0 => return Some("there is no IDAT chunk before IEND".into()),
            _ => self.behind |= self.data > 0,
        }
        None
    }

    fn header(&mut self, body: &[u8]) -> Option<String> {
        let &[w0, w1, w2, w3, h0, h1, h2, h3, depth, colour, method, filter, interlace] = body
        else {
            return Some(format!("IHDR has {} bytes, expected 13", body.len()));
        };
        self.colour = Some(colour);
        let (width, height) =
            (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
        let depths: &[u8] = match colour {
            0 => &[1, 2, 4, 8, 16],
            3 => &[1, 2, 4, 8],
            2 | 4 | 6 => &[8, 16],
            _ => &[],
        };
        if !depths.contains(&depth) {
            return Some(format!("IHDR has colour type {colour} with {depth} bits"));
        }
        if width == 0 || height == 0 || width > LONGEST || height > LONGEST {
            return Some(format!("IHDR says {width} x {height} pixels"));
        }
        (method != 0 || filter != 0 || interlace > 1).then(|| {
            format!("IHDR has compression {method}, filter {filter}, interlace {interlace}")
        })
    }
}
