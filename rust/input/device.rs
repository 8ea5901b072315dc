// SPDX-License-Identifier: GPL-2.0
// UNSAFE: reads the input core's view of a device.

//! Input devices.

use crate::bindings;
use core::ptr::NonNull;
use devscope::{scope::MaySleep, user::Bytes};
use kernel::{error::to_result, prelude::*, types::Opaque};
use zerocopy_derive::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// An input device, for as long as a handler is connected to it. Made known by a
/// [`Handle`](crate::Handle).
///
/// # Invariants
///
/// Registered with the input core, or about to be taken from it; so what does not change while a
/// device is registered can be read.
#[repr(transparent)]
pub struct Device(Opaque<bindings::input_dev>);

// SAFETY: The functions of the input core may be called by any thread.
unsafe impl Send for Device {}
// SAFETY: The functions of the input core may be called by any thread.
unsafe impl Sync for Device {}

/// `struct input_id`: what the hardware says that it is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, IntoBytes, Immutable)]
pub struct Id {
    /// `BUS_...`
    pub bus: u16,
    /// The vendor.
    pub vendor: u16,
    /// The product.
    pub product: u16,
    /// The version.
    pub version: u16,
}

/// `struct input_absinfo`: an absolute axis.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable)]
pub struct AbsInfo {
    /// The last value.
    pub value: i32,
    /// The smallest.
    pub minimum: i32,
    /// The largest.
    pub maximum: i32,
    /// How much of a change is noise.
    pub fuzz: i32,
    /// How far from the centre nothing is reported.
    pub flat: i32,
    /// Units per millimetre, or per radian.
    pub resolution: i32,
}

/// `struct input_keymap_entry`: which key a scancode is.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct KeymapEntry {
    /// `INPUT_KEYMAP_BY_INDEX`, or 0.
    pub flags: u8,
    /// The length of the scancode, in bytes.
    pub len: u8,
    /// The place in the keymap.
    pub index: u16,
    /// The key.
    pub keycode: u32,
    /// The scancode.
    pub scancode: [u8; 32],
}

const _: () = {
    assert!(size_of::<Id>() == size_of::<bindings::input_id>());
    assert!(size_of::<AbsInfo>() == size_of::<bindings::input_absinfo>());
    assert!(size_of::<KeymapEntry>() == size_of::<bindings::input_keymap_entry>());
};

/// Which set of bits of a device: what it can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bits {
    /// Properties: `INPUT_PROP_...`.
    Properties,
    /// Types of events: `EV_...`.
    Types,
    /// Keys and buttons.
    Keys,
    /// Relative axes.
    Rel,
    /// Absolute axes.
    Abs,
    /// `MSC_...`
    Misc,
    /// Lights.
    Leds,
    /// Sounds.
    Sounds,
    /// Force feedback.
    Ff,
    /// Switches.
    Switches,
}

/// The words of the largest set of bits, that of keys.
pub const WORDS: usize = (bindings::KEY_MAX as usize + 1).div_ceil(usize::BITS as usize);

/// Room for any set of bits.
pub type Words = [usize; WORDS];

/// A copy of `from`, which may change meanwhile, and zeros.
///
/// # Safety
///
/// `from` is valid.
#[inline(always)]
pub(crate) unsafe fn copy_words<const N: usize>(from: *const [usize; N]) -> Words {
    core::array::from_fn(|at| match at < N {
        // SAFETY: The caller's array is valid, and has more than `at` words.
        true => unsafe { from.cast::<usize>().add(at).read_volatile() },
        false => 0,
    })
}

impl Device {
    /// # Safety
    ///
    /// `device` is registered for `'a`.
    pub(crate) unsafe fn from_raw<'a>(device: *mut bindings::input_dev) -> &'a Self {
        // INVARIANT: The caller's device is registered for `'a`.
        // SAFETY: The caller's device is registered for `'a`, and so there; the type is a
        // transparent wrapper.
        unsafe { &*device.cast() }
    }

    #[inline(always)]
    pub(crate) fn as_raw(&self) -> *mut bindings::input_dev {
        self.0.get()
    }

    /// Its name, if it has one.
    #[inline]
    pub fn name(&self) -> Option<&CStr> {
        // SAFETY: By the type invariant, it does not change.
        unsafe { string((*self.as_raw()).name) }
    }

    /// Where it is plugged in, if that is known.
    #[inline]
    pub fn phys(&self) -> Option<&CStr> {
        // SAFETY: By the type invariant, it does not change.
        unsafe { string((*self.as_raw()).phys) }
    }

    /// A serial number or the like, if there is one.
    #[inline]
    pub fn uniq(&self) -> Option<&CStr> {
        // SAFETY: By the type invariant, it does not change.
        unsafe { string((*self.as_raw()).uniq) }
    }

    /// What it says that it is.
    #[inline]
    pub fn id(&self) -> Id {
        // SAFETY: By the type invariant, it does not change; the same layout.
        unsafe { (&raw const (*self.as_raw()).id).cast::<Id>().read() }
    }

    /// How many events a packet of it has on average; 0 where that is not known.
    pub fn events_per_packet(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { (&raw const (*self.as_raw()).hint_events_per_packet).read_volatile() }
    }

    /// What it can do, in words of the kernel. The bits of keys change with the keymap.
    #[inline]
    pub fn bits(&self, bits: Bits) -> Bytes<'_> {
        let device = self.as_raw();
        // SAFETY: By the type invariant; these arrays are in it.
        unsafe {
            match bits {
                Bits::Properties => Bytes::from_raw(&raw const (*device).propbit),
                Bits::Types => Bytes::from_raw(&raw const (*device).evbit),
                Bits::Keys => Bytes::from_raw(&raw const (*device).keybit),
                Bits::Rel => Bytes::from_raw(&raw const (*device).relbit),
                Bits::Abs => Bytes::from_raw(&raw const (*device).absbit),
                Bits::Misc => Bytes::from_raw(&raw const (*device).mscbit),
                Bits::Leds => Bytes::from_raw(&raw const (*device).ledbit),
                Bits::Sounds => Bytes::from_raw(&raw const (*device).sndbit),
                Bits::Ff => Bytes::from_raw(&raw const (*device).ffbit),
                Bits::Switches => Bytes::from_raw(&raw const (*device).swbit),
            }
        }
    }

    /// Whether it has events of a type, `EV_...`.
    #[inline]
    pub fn has(&self, kind: u32) -> bool {
        // SAFETY: By the type invariant. There are as many types as fit one word.
        let types = unsafe { (&raw const (*self.as_raw()).evbit[0]).read_volatile() };
        types.checked_shr(kind).unwrap_or(0) & 1 != 0
    }

    /// The delay and the period of its key repeat, in milliseconds.
    #[inline]
    pub fn repeat(&self) -> [i32; 2] {
        // SAFETY: By the type invariant.
        unsafe { (&raw const (*self.as_raw()).rep).read_volatile() }
    }

    /// Whether it has absolute axes.
    #[inline]
    pub fn has_axes(&self) -> bool {
        self.axis_ptr(0).is_some()
    }

    /// An absolute axis, if it has any. Its parts may be of different moments, where somebody
    /// changes it.
    #[inline]
    pub fn axis(&self, axis: usize) -> Option<AbsInfo> {
        let info = self.axis_ptr(axis)?;
        // SAFETY: It is there as long as the device.
        Some(unsafe { info.read_volatile() })
    }

    /// Sets what is known of an absolute axis. Errors: `EINVAL` where it has none.
    #[inline]
    pub fn set_axis(&self, context: &impl MaySleep, axis: usize, info: AbsInfo) -> Result {
        let place = self.axis_ptr(axis).ok_or(EINVAL)?;
        // SAFETY: It is there as long as the device, and any bytes are an axis.
        self.hold(context, |_| unsafe { place.write(info) });
        Ok(())
    }

    #[inline]
    fn axis_ptr(&self, axis: usize) -> Option<NonNull<AbsInfo>> {
        // SAFETY: By the type invariant.
        let all = unsafe { (&raw const (*self.as_raw()).absinfo).read_volatile() };
        let all = NonNull::new(all.cast::<AbsInfo>())?;
        // SAFETY: There is one for each axis that can be.
        (axis <= bindings::ABS_MAX as usize).then(|| unsafe { all.add(axis) })
    }

    /// How many contacts it tells apart; 0 where it does not.
    #[inline]
    fn slots(&self) -> usize {
        // SAFETY: By the type invariant; it does not change while the device is registered.
        let mt = unsafe { (&raw const (*self.as_raw()).mt).read() };
        if mt.is_null() {
            return 0;
        }
        // SAFETY: It is not null, and is there as long as the device. This field does not change
        // while the device is registered; others do.
        let slots = unsafe { (&raw const (*mt).num_slots).read() };
        usize::try_from(slots).unwrap_or(0)
    }

    /// Fills `values` with those of an axis of contacts, `ABS_MT_TOUCH_MAJOR` to `ABS_MT_TOOL_Y`,
    /// from slot `first` on. Returns how many there are. Errors: `EINVAL` where it does not tell
    /// contacts apart, or that is no such axis.
    #[inline]
    pub fn slot_values(&self, axis: u32, first: usize, values: &mut [i32]) -> Result<usize> {
        let slots = self.slots();
        let place = axis.wrapping_sub(bindings::ABS_MT_TOUCH_MAJOR);
        if slots == 0 || place > bindings::ABS_MT_TOOL_Y - bindings::ABS_MT_TOUCH_MAJOR {
            return Err(EINVAL);
        }
        let mut count = 0;
        for (value, slot) in values.iter_mut().zip(first..slots) {
            // SAFETY: By the type invariant, and since both are in range.
            *value = unsafe {
                let all =
                    (&raw const (*(*self.as_raw()).mt).slots).cast::<bindings::input_mt_slot>();
                // CAST: Widens.
                (&raw const (*all.add(slot)).abs)
                    .cast::<i32>()
                    .add(place as usize)
                    .read_volatile()
            };
            count += 1;
        }
        Ok(count)
    }

    /// Fills in the key, and what else is known, of an entry that names a scancode or an index. Not
    /// in [`Handler::events`](crate::Handler::events), which has the event lock, nor under
    /// [`Self::hold`]. Errors: `EINVAL` where there is no such entry, and others of the driver.
    #[inline]
    pub fn keycode(&self, _context: &impl MaySleep, entry: &mut KeymapEntry) -> Result {
        let entry = core::ptr::from_mut(entry).cast();
        // SAFETY: By the type invariant; the same layout.
        to_result(unsafe { bindings::input_get_keycode(self.as_raw(), entry) })
    }

    /// Makes a scancode another key. Where it may not be called, see [`Self::keycode`]. Errors:
    /// `EINVAL` where there is no such entry or key, and others of the driver.
    #[inline]
    pub fn set_keycode(&self, _context: &impl MaySleep, entry: &KeymapEntry) -> Result {
        // A driver copies as much of the scancode as this says.
        // CAST: Widens.
        if entry.len as usize > entry.scancode.len() {
            return Err(EINVAL);
        }
        let entry = core::ptr::from_ref(entry).cast();
        // SAFETY: By the type invariant; the same layout.
        to_result(unsafe { bindings::input_set_keycode(self.as_raw(), entry) })
    }
}

/// # Safety
///
/// `string` is null or a C string that is there for `'a`.
#[inline]
unsafe fn string<'a>(string: *const c_char) -> Option<&'a CStr> {
    // SAFETY: It is not null, so it is a C string, which the caller says is there for `'a`.
    (!string.is_null()).then(|| unsafe { CStr::from_char_ptr(string) })
}
