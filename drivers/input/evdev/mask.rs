// SPDX-License-Identifier: GPL-2.0

//! Event masks of a client: a bit for each type, and for each code of most types.

use devscope_input::{bindings::*, Value, Words};
use kernel::{
    // In the tree, the bindings have a number of this name.
    alloc::flags::GFP_KERNEL,
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};

/// Returns the number of codes of a type that can be masked, as user space counts them. The codes
/// of type 0, which are never masked themselves, stand for the types.
#[inline]
pub(crate) fn codes(kind: u32) -> usize {
    // In bounds also under speculation: user space chooses the type.
    // CAST: Widens.
    let codes = usize::from(CODES[kind as usize % TYPES]);
    if kind as usize >= TYPES {
        return 0;
    }
    codes
}

static CODES: [u16; TYPES] = {
    let mut all = [0; TYPES];
    let mut kind = 0;
    while kind < TYPES {
        // CAST: There are 32 types, and fewer than 65536 codes.
        all[kind] = count_codes(kind as u32) as u16;
        kind += 1;
    }
    all
};

const fn count_codes(kind: u32) -> usize {
    let max = match kind {
        EV_SYN => EV_MAX,
        EV_KEY => KEY_MAX,
        EV_REL => REL_MAX,
        EV_ABS => ABS_MAX,
        EV_MSC => MSC_MAX,
        EV_SW => SW_MAX,
        EV_LED => LED_MAX,
        EV_SND => SND_MAX,
        EV_FF => FF_MAX,
        _ => return 0,
    };
    // CAST: Widens.
    max as usize + 1
}

/// Returns the number of words for these codes.
pub(crate) fn words_of(kind: u32) -> usize {
    codes(kind).div_ceil(BITS)
}

const BITS: usize = usize::BITS as usize;
const TYPES: usize = EV_MAX as usize + 1;

/// The index of the first word of each type; the last entry is the end.
const STARTS: [u8; TYPES + 1] = {
    let mut starts = [0; TYPES + 1];
    let mut kind = 0;
    while kind < TYPES {
        // CAST: There are far fewer than 256 words.
        starts[kind + 1] = starts[kind] + count_codes(kind as u32).div_ceil(BITS) as u8;
        kind += 1;
    }
    starts
};

const WORDS: usize = STARTS[TYPES] as usize;

/// The wanted events, initially all.
pub(crate) struct Masks {
    words: [Atomic<usize>; WORDS],
    /// A bit for each type whose mask was set.
    set: Atomic<u32>,
}

impl Masks {
    pub(crate) fn new() -> Result<KBox<Self>> {
        let all = Self {
            words: [const { Atomic::new(!0) }; WORDS],
            set: Atomic::new(0),
        };
        Ok(KBox::new(all, GFP_KERNEL)?)
    }

    /// Returns the words from the mask of a type on.
    fn of(&self, kind: u32) -> &[Atomic<usize>] {
        // CAST: Widens.
        let start = usize::from(STARTS[kind as usize % TYPES]);
        self.words.get(start..).unwrap_or(&[])
    }

    /// Sets the mask of a type that can be masked. Calls are serialised.
    pub(crate) fn set(&self, kind: u32, words: &Words) {
        for (to, from) in self.of(kind).iter().zip(words).take(words_of(kind)) {
            to.store(*from, Relaxed);
        }
        let set = self.set.load(Relaxed);
        self.set.store(set | 1 << (kind % u32::BITS), Relaxed);
    }

    /// Returns the words from the mask of a type on, if it was set.
    #[inline]
    pub(crate) fn get(&self, kind: u32) -> Option<&[Atomic<usize>]> {
        let is_set = self.set.load(Relaxed).checked_shr(kind)? & 1 != 0;
        is_set.then(|| self.of(kind))
    }

    fn has(&self, word: u8, bit: u16) -> bool {
        let word = usize::from(word) + usize::from(bit) / BITS;
        self.words
            .get(word)
            .is_none_or(|word| word.load(Relaxed) >> (usize::from(bit) % BITS) & 1 != 0)
    }

    /// Returns whether an event is wanted. Unknown types and codes are wanted.
    #[inline]
    pub(crate) fn wants(&self, value: &Value) -> bool {
        let kind = u32::from(value.kind);
        if kind == EV_SYN || kind > EV_MAX {
            return true;
        }
        self.has(STARTS[0], value.kind)
            && (usize::from(value.code) >= codes(kind)
                || self.has(STARTS[usize::from(value.kind)], value.code))
    }
}
