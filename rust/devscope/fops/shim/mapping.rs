// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of `mmap` and its faults.

//! Mappings.
//!
//! `mmap` inserts no pages: the mapping is in the file's tree of mappings only after `mmap` has
//! returned, and a zap would miss it before. A fault inserts one page, and leaves the gate after
//! that. If the handler returned the page instead, memory management would insert it too late.
//!
//! There is no `page_mkwrite` and no `pfn_mkwrite`: these change an existing entry, under the lock
//! under which the zap removes it.
//!
//! `vm_private_data` is the open file, to which the mapping has a reference; the mapping has no
//! pointer to the device. The kind of a mapping's pages is in its operations: for a driver with one
//! kind, no fault tests it.

use super::{status, Shim};
use crate::{
    ffi::helpers,
    fops::{Caller, FileOperations, OpenFile, Scope, Section},
    gate::protocol,
    mapping::{Area, Backing, Cache, KINDS}, //
};
use core::{marker::PhantomData, ptr::from_ref};
use kernel::{
    bindings,
    page::{PAGE_SHIFT, PAGE_SIZE},
    prelude::*, //
};

/// Such pages are not pinned and not dumped, and their mapping does not grow.
const FLAGS: bindings::vm_flags_t =
    bindings::VM_IO | bindings::VM_PFNMAP | bindings::VM_DONTEXPAND | bindings::VM_DONTDUMP;

/// The operations of a mapping whose pages are of this kind.
struct Ops<T, const KIND: u8>(PhantomData<T>);

impl<T: FileOperations> Shim<T> {
    /// # Safety
    ///
    /// The argument is that of the file operation, for a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn mmap_prepare(desc: *mut bindings::vm_area_desc) -> c_int {
        // SAFETY: Memory management passes a valid description, which no other code uses until this
        // returns.
        let desc = unsafe { &mut *desc };
        let file = desc.file;
        let set_up = |scope: Scope<'_, T>| {
            let area = Area::new(desc.pgoff, (desc.end - desc.start) >> PAGE_SHIFT);
            let backing = T::mmap(&scope, &area)?;
            prepare(desc, &backing)?;
            desc.vm_ops = ops::<T>(backing.kind());
            desc.private_data = from_ref(scope.open_file()).cast_mut().cast();
            Ok(())
        };
        // SAFETY: `Self::open` has opened the file, and memory management holds on to it until this
        // returns.
        let result = unsafe { Self::inside(file, Caller::File(file), set_up) };
        status(result.unwrap_or(Err(ENODEV)))
    }
}

/// The operations of mappings whose pages are of `kind`.
fn ops<T: FileOperations>(kind: u8) -> &'static bindings::vm_operations_struct {
    const { assert!(KINDS == 4) };
    match kind {
        0 => &Ops::<T, 0>::TABLE,
        1 => &Ops::<T, 1>::TABLE,
        2 => &Ops::<T, 2>::TABLE,
        _ => &Ops::<T, 3>::TABLE,
    }
}

impl<T: FileOperations, const KIND: u8> Ops<T, KIND> {
    const TABLE: bindings::vm_operations_struct = bindings::vm_operations_struct {
        fault: Some(Self::fault),
        access: Some(Self::access),
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// The argument is that of the operation, on a mapping that [`Shim::mmap_prepare`] has set up.
    unsafe extern "C" fn fault(vmf: *mut bindings::vm_fault) -> bindings::vm_fault_t {
        // SAFETY: Memory management passes a valid fault, and does not change this part of it
        // meanwhile.
        let fault = unsafe { &(*vmf).__bindgen_anon_1 };
        let vma = fault.vma;
        // SAFETY: `mmap_prepare` has set the mapping up, which is valid until the fault has
        // returned, and so longer than the section.
        let section = unsafe { Self::enter(vma) };
        let installed = section.and_then(|section| {
            let find = |section: &mut Section<T>| {
                // SAFETY: The only scope of the section.
                let scope = unsafe { section.scope() };
                let backing = Self::backing(&scope, &Area::new(fault.pgoff, 1));
                backing.map(|backing| backing.frame())
            };
            // The checks of the C function cannot fail: the flags are those of `prepare`.
            // SAFETY: The address is in the mapping, which is valid until the fault has returned.
            // The frame belongs to the resource until the section is left, and the closer zaps
            // after that.
            let install = |frame| unsafe { bindings::vmf_insert_pfn(vma, fault.address, frame) };
            protocol::populate(section, find, install)
        });
        installed.unwrap_or_else(sigbus)
    }

    /// For `ptrace()` and `/proc/PID/mem`, which cannot pin the page.
    ///
    /// # Safety
    ///
    /// The arguments are those of the operation, on a mapping that [`Shim::mmap_prepare`] has set
    /// up.
    unsafe extern "C" fn access(
        vma: *mut bindings::vm_area_struct,
        address: c_ulong,
        buffer: *mut c_void,
        len: c_int,
        write: c_int,
    ) -> c_int {
        // SAFETY: Memory management passes a mapping under the lock of its address space, so it is
        // valid and these fields do not change.
        let (start, first, flags) = unsafe {
            let range = &(*vma).__bindgen_anon_1.__bindgen_anon_1;
            let flags = (*vma).__bindgen_anon_2.vm_flags;
            (range.vm_start, (*vma).vm_pgoff, flags)
        };
        if write != 0 && flags & bindings::VM_WRITE == 0 {
            return EACCES.to_errno();
        }
        let area = Area::new(first + ((address - start) >> PAGE_SHIFT), 1);
        let offset = address % PAGE_SIZE;
        // Up to the end of the page; the caller calls again for the rest.
        let len = (len as usize).min(PAGE_SIZE - offset);
        let copy = |scope: Scope<'_, T>| {
            let backing = Self::backing(&scope, &area)?;
            let there = backing.address().wrapping_add(offset).cast::<c_void>();
            // Also for memory, which may change meanwhile.
            // SAFETY: `there` is in a page of the resource, and `buffer` has room for `len` bytes.
            unsafe {
                match write {
                    0 => bindings::memcpy_fromio(buffer, there, len),
                    _ => bindings::memcpy_toio(there, buffer, len),
                }
            };
            // CAST: At most a page.
            Some(len as c_int)
        };
        // SAFETY:
        // - `mmap_prepare` has set the mapping up, which is valid until this returns, and so longer
        //   than the section.
        // - It is the only scope of the section.
        let copied = unsafe { Self::enter(vma) }.and_then(|mut it| copy(unsafe { it.scope() }));
        copied.unwrap_or(EIO.to_errno())
    }

    /// Enters the gate for the file of a mapping.
    ///
    /// # Safety
    ///
    /// [`Shim::mmap_prepare`] has set up the mapping, and it is valid for longer than the section.
    #[inline(always)]
    unsafe fn enter(vma: *mut bindings::vm_area_struct) -> Option<Section<T>> {
        // SAFETY: `mmap_prepare` has stored the `OpenFile` there. The mapping is valid for longer
        // than the section, and has a reference to the file, which has one to the `OpenFile`.
        unsafe {
            let open = &*(*vma).vm_private_data.cast::<OpenFile<T>>();
            Section::enter(open, Caller::Kernel)
        }
    }

    /// Returns the backing of a page, if it is of the kind that the mapping was set up for.
    #[inline(always)]
    fn backing<'s>(scope: &'s Scope<'_, T>, area: &Area) -> Option<Backing<'s>> {
        T::mmap(scope, area)
            .ok()
            .filter(|backing| backing.kind() == KIND)
    }
}

/// The result of a fault without a backing.
#[cold]
#[inline(never)]
fn sigbus() -> bindings::vm_fault_t {
    bindings::vm_fault_reason_VM_FAULT_SIGBUS
}

/// Sets up a mapping, without pages.
fn prepare(desc: &mut bindings::vm_area_desc, backing: &Backing<'_>) -> Result {
    let flags = &mut desc.vma_flags.__vma_flags[0];
    // A private mapping would copy pages, and the program would keep the copies; memory management
    // cannot copy a page without `struct page` anyway. DRM does the same.
    if *flags & (bindings::VM_SHARED | bindings::VM_MAYWRITE) == bindings::VM_MAYWRITE {
        return Err(EINVAL);
    }
    if backing.is_read_only() {
        if *flags & bindings::VM_WRITE != 0 {
            return Err(EACCES);
        }
        *flags &= !bindings::VM_MAYWRITE;
    }
    *flags |= FLAGS;
    if backing.cache() == Cache::Uncached {
        // SAFETY: It is valid.
        unsafe { helpers::devscope_desc_uncached(desc) };
    }
    Ok(())
}
