// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of requests; hands a reference to the last close.

//! A disk as a child of a device, and the gate of its requests.

use super::{gendisk::Gendisk, request::Request, Disk, Shape};
use crate::{
    binding::DeviceData,
    child::{Exit, Kind, Opening, Parent, Slot},
    ffi::{
        block,
        handout::{Handout, NewFile}, //
    },
    gate::Gate,
    index::Numbers,
    scope::CallbackScope, //
};
use core::{marker::PhantomData, ptr::NonNull};
use kernel::{
    bindings,
    error::Error,
    module::this_module,
    prelude::*,
    sync::Arc,
    types::ForLt, //
};

/// Disks of type `D`.
pub struct DiskKind<D>(PhantomData<D>);

/// The common part of the disks of a device.
pub struct Common {
    pub(super) name: &'static CStr,
    pub(super) numbers: Arc<Numbers>,
}

/// A new disk, which is open.
#[must_use = "a file that is dropped takes its disk along"]
pub struct NewDisk {
    /// The open file of the disk.
    pub file: NewFile,
    /// The device number of the disk, in the format of `MKDEV()`.
    pub number: u32,
    /// The sequence number of the disk, which is unique since boot, as in `BLKGETDISKSEQ` and in
    /// the uevents of the disk.
    pub diskseq: u64,
}

/// The gate and the data for requests. It is valid for as long as the queue is.
///
/// # Invariants
///
/// The data is valid until the gate is closed and drained.
#[pin_data]
struct Core<D: Disk> {
    #[pin]
    gate: Gate,
    data: NonNull<DeviceData<D::Device>>,
}

// SAFETY: `DeviceData` is `Send` and `Sync`; a gate is made for many threads.
unsafe impl<D: Disk> Send for Core<D> {}
// SAFETY: `DeviceData` is `Send` and `Sync`; a gate is made for many threads.
unsafe impl<D: Disk> Sync for Core<D> {}

/// The exit of a disk: closes the gate of its requests.
pub struct Requests<D: Disk>(Arc<Core<D>>);

impl<D: Disk> Exit for Requests<D> {
    fn close(&self) {
        let gate = &self.0.gate;
        if gate.pass().is_live() {
            gate.pass().unplug();
            gate.drain();
        }
    }
}

/// The parts of a disk, except its gate. They are dropped in this order.
pub struct Body<D: Disk> {
    shown: Option<Shown>,
    gendisk: Option<Gendisk>,
    data: Pin<KBox<DeviceData<D::Device>>>,
    core: Arc<Core<D>>,
    shape: Shape,
}

/// A disk that is visible; its last close queues the work of its slot.
///
/// # Invariants
///
/// `disk` was shown, with the work of `slot` and a reference to it, which `put` drops.
struct Shown {
    disk: NonNull<bindings::gendisk>,
    slot: NonNull<c_void>,
    put: unsafe fn(NonNull<c_void>),
}

// SAFETY: The slot may be used by any thread.
unsafe impl Send for Shown {}

impl Drop for Shown {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. If the work is queued, the worker has the reference.
        unsafe {
            if block::hide(self.disk) {
                (self.put)(self.slot);
            }
        }
    }
}

impl<D: Disk> Kind for DiskKind<D>
where
    for<'b> <D::Device as ForLt>::Of<'b>: Send + Sync,
{
    type Parent = D::Parent;
    type Argument = (Shape, D::Argument);
    type Opened = NewDisk;
    type Common = Common;
    type Exit = Requests<D>;
    type Body = Body<D>;

    unsafe fn make(
        parent: Parent<'_, D::Parent>,
        (shape, argument): Self::Argument,
    ) -> Result<(Body<D>, Requests<D>)> {
        let init = D::device(parent.data(), &shape, argument);
        // SAFETY: The data is a part of the body, which the caller drops before the data of the
        // parent.
        let data = KBox::pin_init(unsafe { parent.device_data(init) }, GFP_KERNEL)?;
        let address = NonNull::from(&*data);
        // INVARIANT: Before the caller drops the body, and with it the data, it closes the exit,
        // which closes and drains the gate.
        let core = Arc::pin_init(
            try_pin_init!(Core {
                gate <- Gate::of_requests(),
                data: address,
            }? Error),
            GFP_KERNEL,
        )?;
        let exit = Requests(core.clone());
        let body = Body {
            shown: None,
            gendisk: None,
            data,
            core,
            shape,
        };
        Ok((body, exit))
    }

    fn open(opening: &mut Opening<'_, Self>, flags: u32) -> Result<NewDisk> {
        let (body, common) = (&mut *opening.body, opening.common);
        // SAFETY: The operations are for this type, and the body drops the core after the disk.
        let gendisk = unsafe {
            Gendisk::new(
                body.data.device(),
                common.name,
                common.numbers.take()?,
                &body.shape,
                (Self::TABLE, Self::OPERATIONS),
                NonNull::from(&*body.core).cast(),
            )
        }?;
        let (disk, number, diskseq) = (gendisk.raw(), gendisk.devt(), gendisk.diskseq());
        body.gendisk = Some(gendisk);
        // SAFETY: It is a disk that was added.
        let file = unsafe { opening.handouts.open(&Handout::Block { number }, flags) }?;

        let work = opening.slot.work();
        let slot = Arc::into_raw(opening.slot.clone()).cast_mut();
        // SAFETY: An `Arc` is never null. The slot and its queue are valid until the work is done,
        // or the body is dropped, which hides the disk.
        unsafe {
            // INVARIANT: It is just being shown.
            body.shown = Some(Shown {
                disk,
                slot: NonNull::new_unchecked(slot).cast(),
                put: Self::put,
            });
            block::show(disk, opening.queue, work);
        }
        Ok(NewDisk {
            file,
            number,
            diskseq,
        })
    }
}

impl<D: Disk> DiskKind<D>
where
    for<'b> <D::Device as ForLt>::Of<'b>: Send + Sync,
{
    const TABLE: &'static bindings::block_device_operations =
        &block::operations(this_module::<D::OwnerModule>().as_ptr());

    const OPERATIONS: &'static bindings::blk_mq_ops = &bindings::blk_mq_ops {
        queue_rq: Some(Self::queue_rq),
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// `slot` is a slot of this kind, and the caller has a reference to it, which it gives up.
    unsafe fn put(slot: NonNull<c_void>) {
        // SAFETY: The caller gives up a reference to a slot of this kind, which `open` has taken by
        // `Arc::into_raw()`.
        drop(unsafe { Arc::from_raw(slot.cast::<Slot<Self>>().as_ptr()) });
    }

    /// # Safety
    ///
    /// The arguments are those of the operation, on the queue of a disk of this type.
    unsafe extern "C" fn queue_rq(
        queue: *mut bindings::blk_mq_hw_ctx,
        data: *const bindings::blk_mq_queue_data,
    ) -> bindings::blk_status_t {
        // SAFETY:
        // - The block layer passes a request to a disk of this type, which is started and ended
        //   here alone.
        // - The queue's data is the core that was passed to `Gendisk::new`. The core is valid as
        //   long as the queue: the body drops it after the disk.
        unsafe {
            let request = (*data).rq;
            let core = &*(*(*queue).queue).queuedata.cast::<Core<D>>();
            bindings::blk_mq_start_request(request);
            let error = core.request(request).map_or_else(Error::to_errno, |()| 0);
            bindings::blk_mq_end_request(request, bindings::errno_to_blk_status(error));
        }
        // Also if the request has failed: its status was set above.
        bindings::BLK_STS_OK as bindings::blk_status_t
    }
}

impl<D: Disk> Core<D> {
    /// Calls the driver inside the gate. Errors: `EIO` if the disk is being removed.
    ///
    /// # Safety
    ///
    /// The request is started, and not ended.
    unsafe fn request(&self, request: *mut bindings::request) -> Result {
        let _inside = self.gate.enter(self.gate.pass()).ok_or(EIO)?;
        let request = NonNull::new(request).ok_or(EIO)?;
        // SAFETY: The caller has started the request, and does not end it before this returns.
        let mut request = unsafe { Request::new(request) }?;
        // SAFETY: By the type invariant.
        let scope = CallbackScope::new(unsafe { self.data.as_ref() });
        block::without_io(|| D::request(&scope, &mut request))?;
        match request.is_whole() {
            true => Ok(()),
            false => Err(EIO),
        }
    }
}
