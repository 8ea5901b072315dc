// SPDX-License-Identifier: GPL-2.0

//! Which events a client wants: a bit for each type, and for each code of most types.

use core::ops::Range;
use devscope_input::{bindings::*, Value, Words, WORDS};
use kernel::prelude::*;

/// How many codes a type has that can be masked, as user space counts them. Those of type 0, which
/// are never masked themselves, stand for the types.
#[inline]
pub(crate) fn codes(kind: u32) -> usize {
    // CAST: Widens.
    CODES.get(kind as usize).map_or(0, |codes| usize::from(*codes))
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

/// How many words those are.
pub(crate) fn words_of(kind: u32) -> usize {
    codes(kind).div_ceil(BITS)
}

const BITS: usize = usize::BITS as usize;
const TYPES: usize = EV_MAX as usize + 1;

/// Where the words of each type begin; the last is where they end.
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

const ALL_WORDS: usize = STARTS[TYPES] as usize;

/// What is wanted. All, at first.
pub(crate) struct Masks {
    /// With room behind it, so that [`Words`] can be taken anywhere.
    words: [usize; ALL_WORDS + WORDS],
    /// A bit for each type whose mask was set.
    set: u32,
}

impl Masks {
    pub(crate) fn new() -> Result<KBox<Self>> {
        let all = Self {
            words: [!0; ALL_WORDS + WORDS],
            set: 0,
        };
        Ok(KBox::new(all, GFP_KERNEL)?)
    }

    /// Where the words of a type are that can be masked.
    fn range(kind: u32) -> Range<usize> {
        // CAST: Widens.
        let start = usize::from(STARTS[kind as usize % TYPES]);
        start..start + words_of(kind)
    }

    /// Sets the mask of a type that can be masked.
    pub(crate) fn set(&mut self, kind: u32, words: &Words) {
        if let Some(mine) = self.words.get_mut(Self::range(kind)) {
            mine.iter_mut().zip(words).for_each(|(to, from)| *to = *from);
        }
        self.set |= 1 << (kind % u32::BITS);
    }

    /// The mask of a type that can be masked, and what comes behind it, if it was set.
    #[inline]
    pub(crate) fn get(&self, kind: u32) -> Option<&Words> {
        if self.set & 1 << (kind % u32::BITS) == 0 {
            return None;
        }
        // CAST: Widens.
        let start = usize::from(STARTS[kind as usize % TYPES]);
        self.words.get(start..)?.first_chunk()
    }

    fn has(&self, word: u8, bit: u16) -> bool {
        let word = usize::from(word) + usize::from(bit) / BITS;
        self.words
            .get(word)
            .is_none_or(|word| word >> (usize::from(bit) % BITS) & 1 != 0)
    }

    /// Whether an event is wanted. Types and codes that nobody knows are.
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
