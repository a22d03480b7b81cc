//! Contents that come as a stream: packed ones, and the members of archives that are read forward.
//! They are decoded once: the same bytes feed the pass and the reader inside.

use std::io::{self, Read};
use std::sync::Arc;

use super::Sha256;
use super::pass::{Ends, HEAD, Pass, Tail};
use super::progress::Counted;
use super::scan::{BUFFER, DECODED, Nested, Scan, name_of};
use crate::model::manifest::{ContainerId, ContentPlace};
use crate::model::{
    Class, Codec, Container, Content, ContentId, Declared, Digest, Extent, Format, GapKind, More,
    Stored, ViewId, Volume,
};
use crate::readers::{Budget, Form, Reader, Sink};
use crate::source::{ExtentSource, Forward, Source, Spool, decode};

/// A content about to be read.
#[derive(Clone, Copy)]
pub(super) struct Incoming<'a> {
    pub(super) place: ContentPlace,
    pub(super) name: &'a [u8],
    pub(super) declared: Declared,
    /// Depth of the container it lies in.
    pub(super) depth: u32,
}

/// What a forward reader is.
type ReadForward = fn(&mut dyn Read, &mut dyn Sink);

/// Spent budgets travel as this kind of I/O error.
const SPENT: io::ErrorKind = io::ErrorKind::QuotaExceeded;

/// What opening a stored content costs at least, as decoded bytes: its buffers, probes and rows. An
/// archive with one level of members never spends its budget on this; a nest of them does.
const OPENING: u64 = 16 << 10;

/// Why a content could not be read.
pub(super) fn gap_kind(error: &io::Error) -> GapKind {
    match error.kind() {
        SPENT => GapKind::Limit,
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => GapKind::Damaged,
        _ => GapKind::Unreadable,
    }
}

/// Reads a content from where it is stored.
pub(super) fn read_stored(
    scan: &Scan<'_>,
    incoming: Incoming<'_>,
    source: &Arc<dyn Source>,
    stored: &Stored,
) -> io::Result<Content> {
    check_extents(stored, source.len())?;
    if !scan.may_decode(OPENING) {
        return Err(io::Error::new(SPENT, DECODED));
    }
    let extents: Arc<dyn Source> =
        Arc::new(ExtentSource::new(Arc::clone(source), &stored.extents, None));
    let is_packed = stored.codec != Codec::Plain;
    let progress = &*scan.options.progress;
    let mut hashed = HashedStored {
        inner: Counted { progress, inner: Forward::new(Arc::clone(&extents)) },
        hasher: is_packed.then(blake3::Hasher::new),
    };
    let mut decoder =
        decode(stored.codec, Box::new(&mut hashed)).expecting(stored.crc32, stored.size);
    let (mut content, waiting) =
        take_in(scan, incoming, &mut Metered { scan, inner: &mut decoder }, !is_packed)?;
    let ending = decoder.ending();
    drop(decoder);
    if let Some(waiting) = waiting {
        let source = waiting.spool.map_or(extents, |spool| Arc::new(spool));
        queue(scan, incoming.place, incoming.name, incoming.depth + 1, waiting.readers, source);
    }
    if let Some(ending) = ending.filter(|ending| ending.trailing > 0) {
        scan.trailing(incoming.place, ending);
    }
    if let Some(hasher) = hashed.hasher {
        content.more.get_or_insert_default().stored = Some(hasher.finalize().into());
    }
    Ok(content)
}

/// BLAKE3 of the stored bytes of a content that does not decode: what a waiver names, and by what it
/// is compared. `None` if they cannot be read, or not without spending the budget.
pub(super) fn digest_of_stored(
    scan: &Scan<'_>,
    source: &Arc<dyn Source>,
    stored: &Stored,
) -> Option<Digest> {
    check_extents(stored, source.len()).ok()?;
    // Members may share their stored bytes: each costs what it would if it were decoded.
    if !scan.may_decode(stored.stored_length()) {
        return None;
    }
    let extents = ExtentSource::new(Arc::clone(source), &stored.extents, None);
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut Forward::new(Arc::new(extents)), &mut hasher).ok()?;
    Some(hasher.finalize().into())
}

fn check_extents(stored: &Stored, end: u64) -> io::Result<()> {
    let is_bad = |extent: &&Extent| {
        !extent.is_hole() && extent.start.checked_add(extent.length).is_none_or(|stop| stop > end)
    };
    let Some(bad) = stored.extents.iter().find(is_bad) else { return Ok(()) };
    let Extent { start, length } = bad;
    let message = format!("expected {length} bytes at {start}, but the data end at {end}");
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, message))
}

/// Stored bytes on their way to the decoder.
struct HashedStored<'a> {
    inner: Counted<'a, Forward<Arc<dyn Source>>>,
    hasher: Option<blake3::Hasher>,
}

impl Read for HashedStored<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(buffer.get(..n).unwrap_or_default());
        }
        Ok(n)
    }
}

/// Decoded bytes under the budget.
struct Metered<'a, 's, R> {
    scan: &'a Scan<'s>,
    inner: &'a mut R,
}

impl<R: Read> Read for Metered<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        if !self.scan.may_decode(n as u64) {
            return Err(io::Error::new(SPENT, DECODED));
        }
        Ok(n)
    }
}

/// A content that is a container for readers that need positions.
struct Waiting {
    readers: Vec<&'static Reader>,
    /// Its bytes; `None` if they lie as they are where they were read from.
    spool: Option<Spool>,
}

fn queue(
    scan: &Scan<'_>,
    place: ContentPlace,
    name: &[u8],
    depth: u32,
    readers: Vec<&'static Reader>,
    source: Arc<dyn Source>,
) {
    scan.push_nested(Nested { inside: Some(place), source, readers, name: name.to_vec(), depth });
}

/// Reads a content to its end: pass, probes, and the reader inside if it reads forward. The bytes of
/// a container whose readers need positions are spooled, unless they can be read in place.
fn take_in(
    scan: &Scan<'_>,
    incoming: Incoming<'_>,
    data: &mut dyn Read,
    in_place: bool,
) -> io::Result<(Content, Option<Waiting>)> {
    let mut first = scan.buffers.lend();
    let wanted = first.get_mut(..HEAD).unwrap_or_default();
    let n = fill(data, wanted)?;
    let head = first.get(..n).unwrap_or_default();
    let ends = Ends { head, tail: head };
    let Incoming { name, declared, .. } = incoming;
    let readers = scan.match_readers(n as u64, ends, name, declared);
    if n < HEAD && readers.is_empty() {
        let mut content = Pass::whole(scan.options, head);
        scan.settle(&mut content, ends, name, declared);
        return Ok((unopened(content), None));
    }
    let mut tee = Tee {
        pass: Pass::new(scan.options),
        tail: Tail::default(),
        input: io::Read::chain(head, data),
    };
    let mut waiting = None;
    let mut buffer = scan.buffers.lend();
    match readers.as_slice() {
        [] => {
            tee.drain(&mut buffer)?;
        }
        [Reader { form: Form::Stream(read), doc, .. }] => {
            if incoming.depth + 1 > scan.options.limits.depth {
                let message = format!("containers nest deeper than {}", scan.options.limits.depth);
                scan.gap(incoming.place, GapKind::Limit, message);
            } else {
                let id = scan.reserve();
                let mut sink = Streaming::new(scan, id, doc.id, incoming.name, incoming.depth + 1);
                read(&mut tee, &mut sink);
                let drained = tee.drain(&mut buffer);
                sink.finish(Some(incoming.place), tee.pass.size());
                drained?;
            }
            tee.drain(&mut buffer)?;
        }
        _ if in_place => {
            tee.drain(&mut buffer)?;
            waiting = Some(Waiting { readers: readers.clone(), spool: None });
        }
        _ => {
            let spool = Spool::fill(&mut tee, u64::MAX, &scan.permits)?;
            waiting = spool.map(|spool| Waiting { readers: readers.clone(), spool: Some(spool) });
        }
    }
    let mut content = tee.pass.finish();
    if readers.iter().all(|reader| reader.is_embedded()) {
        let ends = Ends { head, tail: tee.tail.bytes() };
        scan.settle(&mut content, ends, name, declared);
        content = unopened(content);
    } else {
        content.class = Class::Container;
        content.format = readers.first().and_then(|reader| Format::of(reader.doc.id));
    }
    Ok((content, waiting))
}

/// A content that no reader takes: bytes, whatever its container declares.
fn unopened(content: Content) -> Content {
    match content.class {
        Class::Container => Content { class: Class::Binary, ..content },
        _ => content,
    }
}

fn fill(data: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match data.read(rest) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Bytes that go through the pass on their way to a reader.
struct Tee<'a, R> {
    pass: Pass<'a>,
    tail: Tail,
    input: R,
}

impl<R: Read> Tee<'_, R> {
    fn drain(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        while self.read(buffer)? > 0 {}
        Ok(())
    }
}

impl<R: Read> Read for Tee<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        let bytes = buffer.get(..n).unwrap_or_default();
        self.pass.update(bytes);
        self.tail.update(bytes);
        Ok(n)
    }
}

/// Reads a container forward whose bytes are at hand: a tar that is not compressed.
pub(super) fn read_positional(
    scan: &Scan<'_>,
    id: ContainerId,
    read: ReadForward,
    format: &'static str,
    nested: &Nested,
) {
    let mut sink = Streaming::new(scan, id, format, &nested.name, nested.depth);
    // Small reads of headers go through one large buffer, and digests take it as a whole.
    let progress = &*scan.options.progress;
    progress.expect(nested.source.len());
    let input = Counted { progress, inner: Forward::new(Arc::clone(&nested.source)) };
    if nested.inside.is_some() || !scan.options.contents {
        read(&mut io::BufReader::with_capacity(BUFFER, input), &mut sink);
        sink.finish(nested.inside, nested.source.len());
        return;
    }
    let hashed = Hashed {
        input,
        blake3: blake3::Hasher::new(),
        sha256: (scan.options.sha256 >= Sha256::Artifact).then(sha2::Digest::new),
        size: 0,
    };
    let mut input = io::BufReader::with_capacity(BUFFER, hashed);
    read(&mut input, &mut sink);
    let drained = io::copy(&mut input, &mut io::sink());
    let hashed = input.into_inner();
    if let Err(error) = drained {
        sink.volume.unread(
            GapKind::Unreadable,
            crate::model::Owner::Volume,
            None,
            error.to_string(),
        );
    }
    let sha256 = hashed.sha256.map(|sha256| Digest(sha2::Digest::finalize(sha256).into()));
    scan.put_artifact(Content {
        blake3: Some(hashed.blake3.finalize().into()),
        more: More { sha256, ..More::default() }.boxed(),
        class: Class::Container,
        ..Content::unread(hashed.size)
    });
    sink.finish(None, nested.source.len());
}

struct Hashed<R> {
    input: R,
    blake3: blake3::Hasher,
    sha256: Option<sha2::Sha256>,
    size: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        let bytes = buffer.get(..n).unwrap_or_default();
        self.blake3.update(bytes);
        if let Some(sha256) = &mut self.sha256 {
            sha2::Digest::update(sha256, bytes);
        }
        self.size += n as u64;
        Ok(n)
    }
}

/// The sink of a forward reader in a scan.
struct Streaming<'a, 's> {
    scan: &'a Scan<'s>,
    id: ContainerId,
    volume: Volume,
    contents: Vec<Content>,
    budget: Budget,
    name: Vec<u8>,
    depth: u32,
    /// Members that are containers and wait for the names that come with the end of the volume.
    waiting: Vec<(ContentId, Waiting)>,
}

impl<'a, 's> Streaming<'a, 's> {
    fn new(
        scan: &'a Scan<'s>,
        id: ContainerId,
        format: &'static str,
        name: &[u8],
        depth: u32,
    ) -> Self {
        Self {
            scan,
            id,
            volume: Volume::new(format),
            contents: Vec::new(),
            budget: Budget::default(),
            name: name.to_vec(),
            depth,
            waiting: Vec::new(),
        }
    }

    /// Puts the container in its slot, and queues what waits.
    fn finish(self, inside: Option<ContentPlace>, length: u64) {
        let mut container = Container::new(inside, length, vec![self.volume], vec![self.contents]);
        if self.scan.options.contents {
            // The reader told what stands in them; what counts here is how much there is of it.
            container.take_loose_tiles();
        }
        for (id, waiting) in self.waiting {
            let place = ContentPlace { container: self.id, volume: 0, content: id };
            let name = name_of(&container, 0, id);
            if let Some(spool) = waiting.spool {
                queue(self.scan, place, &name, self.depth + 1, waiting.readers, Arc::new(spool));
            }
        }
        self.scan.put(self.id, container);
    }
}

impl Sink for Streaming<'_, '_> {
    fn volume(&mut self) -> &mut Volume {
        &mut self.volume
    }

    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    fn name(&self) -> &[u8] {
        &self.name
    }

    fn content(
        &mut self,
        view: ViewId,
        name: &[u8],
        mut stored: Stored,
        data: &mut dyn Read,
    ) -> io::Result<ContentId> {
        let id = ContentId(self.volume.contents.len() as u32);
        let place = ContentPlace { container: self.id, volume: 0, content: id };
        let incoming = Incoming { place, name, declared: stored.declared, depth: self.depth };
        let taken = take_in(self.scan, incoming, data, false);
        if let Ok((content, _)) = &taken {
            stored.size = Some(content.size());
        }
        let size = stored.size.unwrap_or_default();
        self.volume.add_claimed_content(view, stored, 1);
        match taken {
            Ok((content, waiting)) => {
                self.contents.push(content);
                self.waiting.extend(waiting.map(|waiting| (id, waiting)));
                Ok(id)
            }
            Err(error) => {
                self.contents.push(Content::unread(size));
                self.scan.gap(place, gap_kind(&error), error.to_string());
                Err(error)
            }
        }
    }
}
