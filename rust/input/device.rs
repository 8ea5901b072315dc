// SPDX-License-Identifier: GPL-2.0
// UNSAFE: reads the input core's view of a device.

//! Input devices.

use crate::bindings;
use core::ptr::NonNull;
use devscope::{scope::MaySleep, user::Bytes};
use kernel::{error::to_result, prelude::*, types::Opaque};
use zerocopy_derive::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// An input device, while a handler is connected to it. A [`Handle`](crate::Handle) returns it.
///
/// # Invariants
///
/// It is registered with the input core, or being unregistered. So fields that do not change while
/// a device is registered can be read.
#[repr(transparent)]
pub struct Device(Opaque<bindings::input_dev>);

// SAFETY: The functions of the input core may be called by any thread.
unsafe impl Send for Device {}
// SAFETY: The functions of the input core may be called by any thread.
unsafe impl Sync for Device {}

/// `struct input_id`: the identification of the hardware.
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
    /// The current value.
    pub value: i32,
    /// The minimum.
    pub minimum: i32,
    /// The maximum.
    pub maximum: i32,
    /// Changes below this value are filtered as noise.
    pub fuzz: i32,
    /// Values within this distance from the centre are reported as the centre.
    pub flat: i32,
    /// Units per millimetre, or per radian.
    pub resolution: i32,
}

/// `struct input_keymap_entry`: the key of a scancode.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct KeymapEntry {
    /// `INPUT_KEYMAP_BY_INDEX`, or 0.
    pub flags: u8,
    /// The length of the scancode, in bytes.
    pub len: u8,
    /// The index in the keymap.
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

/// The sets of bits that describe the capabilities of a device.
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

/// The size of the largest set of bits, that of keys, in words.
pub const WORDS: usize = (bindings::KEY_MAX as usize + 1).div_ceil(usize::BITS as usize);

/// An array for any set of bits.
pub type Words = [usize; WORDS];

/// Returns a copy of `from`, which may change meanwhile, padded with zeros.
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
        // SAFETY: The caller's device is registered for `'a`, and so valid; the type is a
        // transparent wrapper.
        unsafe { &*device.cast() }
    }

    #[inline(always)]
    pub(crate) fn as_raw(&self) -> *mut bindings::input_dev {
        self.0.get()
    }

    /// Returns the name, if there is one.
    #[inline]
    pub fn name(&self) -> Option<&CStr> {
        // SAFETY: By the type invariant, it does not change.
        unsafe { string((*self.as_raw()).name) }
    }

    /// Returns the physical path, if it is known.
    #[inline]
    pub fn phys(&self) -> Option<&CStr> {
        // SAFETY: By the type invariant, it does not change.
        unsafe { string((*self.as_raw()).phys) }
    }

    /// Returns the unique identification, such as a serial number, if there is one.
    #[inline]
    pub fn uniq(&self) -> Option<&CStr> {
        // SAFETY: By the type invariant, it does not change.
        unsafe { string((*self.as_raw()).uniq) }
    }

    /// Returns the identification of the hardware.
    #[inline]
    pub fn id(&self) -> Id {
        // SAFETY: By the type invariant, it does not change; the same layout.
        unsafe { (&raw const (*self.as_raw()).id).cast::<Id>().read() }
    }

    /// Returns the average number of events in a packet, or 0 if it is not known.
    pub fn events_per_packet(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { (&raw const (*self.as_raw()).hint_events_per_packet).read_volatile() }
    }

    /// Returns a set of bits, in words of the kernel. The bits of keys change with the keymap.
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

    /// Returns whether the device has events of a type, `EV_...`.
    #[inline]
    pub fn has(&self, kind: u32) -> bool {
        // SAFETY: By the type invariant. There are as many types as fit one word.
        let types = unsafe { (&raw const (*self.as_raw()).evbit[0]).read_volatile() };
        types.checked_shr(kind).unwrap_or(0) & 1 != 0
    }

    /// Returns the delay and the period of the key repeat, in milliseconds.
    #[inline]
    pub fn repeat(&self) -> [i32; 2] {
        // SAFETY: By the type invariant.
        unsafe { (&raw const (*self.as_raw()).rep).read_volatile() }
    }

    /// Returns whether the device has absolute axes.
    #[inline]
    pub fn has_axes(&self) -> bool {
        self.axis_ptr(0).is_some()
    }

    /// Returns an absolute axis, if the device has absolute axes. A concurrent change of the axis
    /// may be seen in part.
    #[inline]
    pub fn axis(&self, axis: usize) -> Option<AbsInfo> {
        let info = self.axis_ptr(axis)?;
        // SAFETY: It is valid as long as the device.
        Some(unsafe { info.read_volatile() })
    }

    /// Sets an absolute axis. Errors: `EINVAL` if the device has no absolute axes.
    #[inline]
    pub fn set_axis(&self, context: &impl MaySleep, axis: usize, info: AbsInfo) -> Result {
        let place = self.axis_ptr(axis).ok_or(EINVAL)?;
        // SAFETY: It is valid as long as the device, and any bytes are a valid axis.
        self.hold(context, |_| unsafe { place.write(info) });
        Ok(())
    }

    #[inline]
    fn axis_ptr(&self, axis: usize) -> Option<NonNull<AbsInfo>> {
        // SAFETY: By the type invariant.
        let all = unsafe { (&raw const (*self.as_raw()).absinfo).read_volatile() };
        let all = NonNull::new(all.cast::<AbsInfo>())?;
        // SAFETY: The array has one for each possible axis.
        (axis <= bindings::ABS_MAX as usize).then(|| unsafe { all.add(axis) })
    }

    /// Returns the number of contacts that the device distinguishes, or 0 if it does not
    /// distinguish contacts.
    #[inline]
    fn slots(&self) -> usize {
        // SAFETY: By the type invariant; it does not change while the device is registered.
        let mt = unsafe { (&raw const (*self.as_raw()).mt).read() };
        if mt.is_null() {
            return 0;
        }
        // SAFETY: It is not null, and valid as long as the device. This field does not change while
        // the device is registered; others do.
        let slots = unsafe { (&raw const (*mt).num_slots).read() };
        usize::try_from(slots).unwrap_or(0)
    }

    /// Fills `values` with the values of a multitouch axis, `ABS_MT_TOUCH_MAJOR` to
    /// `ABS_MT_TOOL_Y`, from slot `first` on. Returns their number. Errors: `EINVAL` if the device
    /// does not distinguish contacts, or `axis` is not such an axis.
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

    /// Looks up an entry by its scancode or index, and fills in the key and the other fields. Not
    /// in [`Handler::events`](crate::Handler::events), which holds the event lock, and not under
    /// [`Self::hold`]. Errors: `EINVAL` if there is no such entry, and other errors of the driver.
    #[inline]
    pub fn keycode(&self, _context: &impl MaySleep, entry: &mut KeymapEntry) -> Result {
        let entry = core::ptr::from_mut(entry).cast();
        // SAFETY: By the type invariant; the same layout.
        to_result(unsafe { bindings::input_get_keycode(self.as_raw(), entry) })
    }

    /// Changes the key of a scancode. Not in the contexts that [`Self::keycode`] excludes. Errors:
    /// `EINVAL` if there is no such entry or key, and other errors of the driver.
    #[inline]
    pub fn set_keycode(&self, _context: &impl MaySleep, entry: &KeymapEntry) -> Result {
        // A driver copies this many bytes of the scancode.
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
/// `string` is null or a C string that is valid for `'a`.
#[inline]
unsafe fn string<'a>(string: *const c_char) -> Option<&'a CStr> {
    // SAFETY: It is not null, so it is a C string, which is valid for `'a`, as the caller
    // guarantees.
    (!string.is_null()).then(|| unsafe { CStr::from_char_ptr(string) })
}
