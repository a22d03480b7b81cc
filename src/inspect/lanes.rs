//! Counting bytes of a few kinds in one sweep that the compiler turns into vector code.
//!
//! One 8-bit counter a lane and kind: no lane counts past 255, because a run of blocks is folded
//! into wide counters before that. The widest instructions of the processor are chosen at run time.
//!
//! What [`Arch::dispatch`] runs takes its instruction set only where it is inlined into it. That holds
//! for a `with_simd` that is always inlined; a closure is left outside and stays at the narrowest.

#![expect(clippy::inline_always, reason = "see above")]

use std::sync::OnceLock;

use pulp::{Arch, Simd, WithSimd};

/// Bytes from which on wide blocks pay, where the registers are wide: folding them costs more.
const LONG: usize = 8 << 10;

/// How many bytes of each kind a piece holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Counts {
    /// 0x00.
    pub(super) nul: u64,
    /// 0x01 to 0x1F except TAB, LF, VT, FF, CR.
    pub(super) control: u64,
    /// 0x7F.
    pub(super) del: u64,
    /// 0x80 to 0xFF.
    pub(super) high: u64,
    /// 0x0A.
    pub(super) lf: u64,
    /// 0x0D.
    pub(super) cr: u64,
    /// Whether 0x0B or 0x0C occurs.
    pub(super) vertical: bool,
}

/// Runs `work` with the widest instructions, which are asked for once.
pub(super) fn dispatch<W: WithSimd>(work: W) -> W::Output {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    ARCH.get_or_init(Arch::new).dispatch(work)
}

/// Counts the bytes of `piece`.
pub(super) fn count(piece: &[u8]) -> Counts {
    dispatch(Count(piece))
}

/// Counts CR directly followed by LF.
pub(super) fn count_crlf(piece: &[u8]) -> u64 {
    dispatch(Crlf(piece))
}

/// Which of 0x00 to 0x1F occur: bit n for byte n.
pub(super) fn controls(piece: &[u8]) -> u32 {
    dispatch(Controls(piece))
}

struct Count<'a>(&'a [u8]);

impl WithSimd for Count<'_> {
    type Output = Counts;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Counts {
        // A block holds one counter a byte of it.
        if S::U8_LANES >= 64 && self.0.len() >= LONG {
            count_here::<128>(self.0)
        } else {
            count_here::<32>(self.0)
        }
    }
}

struct Crlf<'a>(&'a [u8]);

impl WithSimd for Crlf<'_> {
    type Output = u64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> u64 {
        let after = self.0.get(1..).unwrap_or_default();
        let before = self.0.get(..after.len()).unwrap_or_default();
        if S::U8_LANES >= 64 {
            pairs_here::<128>(before, after)
        } else {
            pairs_here::<32>(before, after)
        }
    }
}

struct Controls<'a>(&'a [u8]);

impl WithSimd for Controls<'_> {
    type Output = u32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> u32 {
        let mut all = 0;
        for &b in self.0 {
            all |= if b < 0x20 { 1u32 << (b & 31) } else { 0 };
        }
        all
    }
}

#[inline(always)]
fn count_here<const LANES: usize>(piece: &[u8]) -> Counts {
    let mut counts = Counts::default();
    for run in piece.chunks(LANES * 255) {
        let (blocks, rest) = run.as_chunks::<LANES>();
        let mut nul = [0u8; LANES];
        let mut control = [0u8; LANES];
        let mut del = [0u8; LANES];
        let mut high = [0u8; LANES];
        let mut lf = [0u8; LANES];
        let mut cr = [0u8; LANES];
        let mut vertical = [0u8; LANES];
        for block in blocks {
            for lane in 0..LANES {
                let b = block[lane];
                nul[lane] += u8::from(b == 0);
                control[lane] += u8::from(b < 0x20) & u8::from(b.wrapping_sub(9) > 4);
                del[lane] += u8::from(b == 0x7f);
                high[lane] += b >> 7;
                lf[lane] += u8::from(b == b'\n');
                cr[lane] += u8::from(b == b'\r');
                vertical[lane] |= u8::from(b.wrapping_sub(0x0b) < 2);
            }
        }
        counts.add(&[nul, control, del, high, lf, cr].map(|lanes| fold(&lanes)));
        counts.vertical |= vertical.iter().fold(0, |all, &one| all | one) != 0;
        for &b in rest {
            counts.vertical |= b.wrapping_sub(0x0b) < 2;
            counts.add(
                &[
                    b == 0,
                    b < 0x20 && b.wrapping_sub(9) > 4,
                    b == 0x7f,
                    b >= 0x80,
                    b == b'\n',
                    b == b'\r',
                ]
                .map(u64::from),
            );
        }
    }
    // The sweep counts NUL as a control byte, because that saves a comparison a byte.
    counts.control -= counts.nul;
    counts
}

/// How often `before` is CR where `after` is LF; both are of one length.
#[inline(always)]
fn pairs_here<const LANES: usize>(before: &[u8], after: &[u8]) -> u64 {
    let mut pairs = 0;
    for (before, after) in before.chunks(LANES * 255).zip(after.chunks(LANES * 255)) {
        let (firsts, first_rest) = before.as_chunks::<LANES>();
        let (seconds, second_rest) = after.as_chunks::<LANES>();
        let mut here = [0u8; LANES];
        for (first, second) in firsts.iter().zip(seconds) {
            for lane in 0..LANES {
                here[lane] += u8::from(first[lane] == b'\r') & u8::from(second[lane] == b'\n');
            }
        }
        pairs += fold(&here);
        for (&first, &second) in first_rest.iter().zip(second_rest) {
            pairs += u64::from(first == b'\r' && second == b'\n');
        }
    }
    pairs
}

#[inline(always)]
fn fold<const LANES: usize>(lanes: &[u8; LANES]) -> u64 {
    lanes.iter().map(|&n| u32::from(n)).sum::<u32>().into()
}

impl Counts {
    #[inline(always)]
    fn add(&mut self, [nul, control, del, high, lf, cr]: &[u64; 6]) {
        self.nul += nul;
        self.control += control;
        self.del += del;
        self.high += high;
        self.lf += lf;
        self.cr += cr;
    }
}
