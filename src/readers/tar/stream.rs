//! The archive as it comes: blocks, runs of data, and a little pushed back.

use std::io::{self, Read};

use super::header::BLOCK;

/// What one attempt to read a block gave.
pub(super) enum Block {
    /// All of it.
    Full(Box<[u8; BLOCK]>),
    /// The archive ends within it.
    Partial(Vec<u8>),
    /// The archive ends before it.
    End,
}

/// Bytes read forward, with their offset in the archive.
pub(super) struct Stream<'a> {
    input: &'a mut dyn Read,
    /// Bytes handed out.
    pub at: u64,
    /// A block that was looked at and belongs to what follows.
    back: Vec<u8>,
    /// What the input reported; it is not asked again.
    pub failure: Option<String>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(input: &'a mut dyn Read) -> Self {
        Self { input, at: 0, back: Vec::new(), failure: None }
    }

    /// Reads the next block. A failure of the input ends the archive and is kept.
    pub(super) fn block(&mut self) -> Block {
        let mut block = Box::new([0; BLOCK]);
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(rest) {
                Ok(0) | Err(_) => break,
                Ok(n) => filled += n,
            }
        }
        match filled {
            0 => Block::End,
            BLOCK => Block::Full(block),
            _ => Block::Partial(block.get(..filled).unwrap_or_default().to_vec()),
        }
    }

    /// Reads up to `length` bytes, fewer only at the end. The caller has bounded `length`.
    pub(super) fn up_to(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.take(length as u64).read_to_end(&mut bytes);
        bytes
    }

    /// Gives a whole block back that was read last.
    pub(super) fn push_back(&mut self, block: &[u8; BLOCK]) {
        self.at -= BLOCK as u64;
        self.back.extend_from_slice(block);
    }

    /// The next `length` bytes as a reader of their own.
    pub(super) fn run(&mut self, length: u64) -> Run<'_, 'a> {
        Run { stream: self, left: length }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.back.is_empty() {
            let n = self.back.len().min(buffer.len());
            for (to, from) in buffer.iter_mut().zip(self.back.drain(..n)) {
                *to = from;
            }
            self.at += n as u64;
            return Ok(n);
        }
        if let Some(failure) = &self.failure {
            return Err(io::Error::other(failure.clone()));
        }
        loop {
            match self.input.read(buffer) {
                Ok(n) => {
                    self.at += n as u64;
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(error.to_string());
                    return Err(error);
                }
            }
        }
    }
}

/// A run of the archive's bytes.
pub(super) struct Run<'s, 'a> {
    stream: &'s mut Stream<'a>,
    /// Bytes not read yet.
    pub left: u64,
}

impl Read for Run<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..n).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        let n = self.stream.read(buffer)?;
        self.left -= n as u64;
        Ok(n)
    }
}
