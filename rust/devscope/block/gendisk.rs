// SPDX-License-Identifier: GPL-2.0
// UNSAFE: makes a `struct gendisk`.

//! The C side of a disk: the gendisk and its tag set.

use super::Shape;
use crate::{
    ffi::block,
    index::Number, //
};
use core::{
    fmt::Write,
    ptr::{null_mut, NonNull}, //
};
use kernel::{
    bindings,
    device::{Bound, Device},
    error::{from_err_ptr, to_result},
    prelude::*,
    str::NullTerminatedFormatter,
    types::Opaque, //
};

/// The operations of the disk and of its queue.
pub(super) type Operations = (
    &'static bindings::block_device_operations,
    &'static bindings::blk_mq_ops,
);

/// The number of requests in flight.
const DEPTH: u32 = 64;

/// The largest request, in sectors, as of the loop device.
const MOST_SECTORS: u32 = 2560;

/// The logarithm of the sector size.
const SECTOR_SHIFT: u32 = 9;

/// The tag set of a disk.
///
/// # Invariants
///
/// The set is allocated.
#[pin_data(PinnedDrop)]
pub(super) struct Tags {
    #[pin]
    set: Opaque<bindings::blk_mq_tag_set>,
}

// SAFETY: C protects it by locks of its own.
unsafe impl Send for Tags {}
// SAFETY: C protects it by locks of its own.
unsafe impl Sync for Tags {}

impl Tags {
    fn new(operations: &'static bindings::blk_mq_ops) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // INVARIANT: On success.
            set <- Opaque::try_ffi_init(|slot: *mut bindings::blk_mq_tag_set| {
                let set = bindings::blk_mq_tag_set {
                    ops: operations,
                    nr_hw_queues: 1,
                    queue_depth: DEPTH,
                    numa_node: bindings::NUMA_NO_NODE,
                    // `Disk::request` may sleep.
                    flags: bindings::BLK_MQ_F_BLOCKING | bindings::BLK_MQ_F_NO_SCHED_BY_DEFAULT,
                    ..pin_init::zeroed()
                };
                // SAFETY: `slot` is valid for writes and pinned.
                to_result(unsafe {
                    slot.write(set);
                    bindings::blk_mq_alloc_tag_set(slot)
                })
            }),
        }? Error)
    }
}

#[pinned_drop]
impl PinnedDrop for Tags {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant. Its disk has ended.
        unsafe { bindings::blk_mq_free_tag_set(self.set.get()) };
    }
}

/// A disk that is added. Other code may hold references to it for any time, and it may be open;
/// dropping this marks it dead.
///
/// # Invariants
///
/// `raw` is prepared and added.
pub(super) struct Gendisk {
    raw: NonNull<bindings::gendisk>,
    _tags: Pin<KBox<Tags>>,
    _number: Number,
}

// SAFETY: A disk may be used and removed by any thread.
unsafe impl Send for Gendisk {}
// SAFETY: A disk may be used and removed by any thread.
unsafe impl Sync for Gendisk {}

impl Gendisk {
    /// Creates the disk `name` with a number, below `device`. Only the caller can open it. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the name is too long.
    /// - `EEXIST`: the name is in use. The driver core prints a stack trace.
    /// - `ENOMEM`, and other errors of `device_add_disk()`.
    ///
    /// # Safety
    ///
    /// `operations` are right for a queue whose data is `data`, until this is dropped.
    pub(super) unsafe fn new(
        device: &Device<Bound>,
        name: &CStr,
        number: Number,
        shape: &Shape,
        (table, operations): Operations,
        data: NonNull<c_void>,
    ) -> Result<Self> {
        let tags = KBox::pin_init(Tags::new(operations), GFP_KERNEL)?;
        let (_, key) = crate::lock_class!(c"devscope_disk");
        let mut limits = limits(shape);
        // SAFETY: The tag set is allocated, and outlives the disk's queue.
        let raw = from_err_ptr(unsafe {
            bindings::__blk_mq_alloc_disk(tags.set.get(), &mut limits, data.as_ptr(), key.as_ptr())
        })?;
        let raw = NonNull::new(raw).ok_or(ENOMEM)?;
        // SAFETY: Just allocated, and no other code uses it.
        let added = unsafe {
            Self::set_up(raw, name, &number, shape, table).and_then(|()| {
                let device = core::ptr::from_ref(device).cast_mut().cast();
                let added = to_result(bindings::device_add_disk(device, raw.as_ptr(), null_mut()));
                // If there is no memory for the name, C ignores this, and then fails with `EINVAL`
                // since there is no name.
                added.map_err(|error| if error == EINVAL { ENOMEM } else { error })
            })
        };
        if let Err(error) = added {
            // SAFETY: It was not added, so this ends its queue, and comes before the tag set goes.
            unsafe {
                block::hide(raw);
                bindings::put_disk(raw.as_ptr());
            }
            return Err(error);
        }
        // INVARIANT: Just added.
        Ok(Self {
            raw,
            _tags: tags,
            _number: number,
        })
    }

    /// # Safety
    ///
    /// The disk is just allocated.
    unsafe fn set_up(
        raw: NonNull<bindings::gendisk>,
        name: &CStr,
        number: &Number,
        shape: &Shape,
        table: &'static bindings::block_device_operations,
    ) -> Result {
        // SAFETY: The caller has just allocated the disk, and not added it: no other code uses it,
        // so its fields may be written.
        unsafe {
            block::prepare(raw)?;
            let disk = raw.as_ptr();
            (*disk).fops = table;
            let mut writer = NullTerminatedFormatter::new(&mut (*disk).disk_name).ok_or(EINVAL)?;
            writer
                .write_fmt(fmt!("{}{}", name, number.number()))
                .map_err(|_| EINVAL)?;
            bindings::set_capacity(disk, shape.size >> SECTOR_SHIFT);
            bindings::set_disk_ro(disk, shape.read_only);
        }
        Ok(())
    }

    pub(super) fn raw(&self) -> NonNull<bindings::gendisk> {
        self.raw
    }

    /// Returns the device number, in the format of `MKDEV()`.
    pub(super) fn devt(&self) -> u32 {
        // SAFETY: By the type invariant; it does not change.
        unsafe { (*(*self.raw.as_ptr()).part0).bd_device.devt }
    }

    /// Returns the sequence number, which is unique since boot.
    pub(super) fn diskseq(&self) -> u64 {
        // SAFETY: By the type invariant. It changes with the medium, and there is only one medium.
        unsafe { (*self.raw.as_ptr()).diskseq }
    }
}

/// Returns the queue limits.
fn limits(shape: &Shape) -> bindings::queue_limits {
    let most = if shape.discard {
        u32::MAX >> SECTOR_SHIFT
    } else {
        0
    };
    bindings::queue_limits {
        logical_block_size: shape.block_size,
        physical_block_size: shape.block_size,
        max_hw_sectors: MOST_SECTORS,
        max_hw_discard_sectors: most,
        discard_granularity: if shape.discard { shape.block_size } else { 0 },
        max_write_zeroes_sectors: most,
        ..pin_init::zeroed()
    }
}

impl Drop for Gendisk {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. It is dead before file systems learn of its removal: they
        // write nothing to it any more.
        unsafe {
            block::hide(self.raw);
            bindings::blk_mark_disk_dead(self.raw.as_ptr());
            bindings::del_gendisk(self.raw.as_ptr());
            bindings::put_disk(self.raw.as_ptr());
        }
    }
}
