// SPDX-License-Identifier: GPL-2.0
//
// marked: a container that can be stored into through a shared reference must not convert to one
// with a shorter lifetime in it: a static one could hold a reference that is borrowed from a scope.
// C has no lifetimes.
//
// All generic containers of the kernel crate and of the framework. Those that are not marked
// compile: correctly, if only the owner stores into them; the holes at the end should not.

mod variance {
    use super::Revocable;
    use kernel::{
        alloc::{KBox, KVec},
        debugfs,
        list::ListArcField,
        maple_tree::{MapleGuard, MapleTree, MapleTreeAlloc},
        rbtree::{self, RBTree},
        revocable,
        sync::{
            lock::{mutex::MutexBackend, Guard},
            Arc,
            ArcBorrow,
            LockedBy,
            Mutex,
            SetOnce,
            SpinLock,
            SpinLockIrq,
            UniqueArc, //
        },
        types::Opaque,
        xarray::{self, XArray},
    };

    type Ref<'a> = &'a u8;

    fn opaque<'s, 'l: 's>(it: &'s Opaque<Ref<'l>>) -> &'s Opaque<Ref<'s>> {
        it //~
    }
    fn mutex<'s, 'l: 's>(it: &'s Mutex<Ref<'l>>) -> &'s Mutex<Ref<'s>> {
        it //~
    }
    fn spinlock<'s, 'l: 's>(it: &'s SpinLock<Ref<'l>>) -> &'s SpinLock<Ref<'s>> {
        it //~
    }
    fn spinlock_irq<'s, 'l: 's>(it: &'s SpinLockIrq<Ref<'l>>) -> &'s SpinLockIrq<Ref<'s>> {
        it //~
    }
    fn guard<'s, 'l: 's>(it: Guard<'s, Ref<'l>, MutexBackend>) -> Guard<'s, Ref<'s>, MutexBackend> {
        it //~
    }
    fn locked_by<'s, 'l: 's>(it: &'s LockedBy<Ref<'l>, u8>) -> &'s LockedBy<Ref<'s>, u8> {
        it //~
    }
    fn set_once<'s, 'l: 's>(it: &'s SetOnce<Ref<'l>>) -> &'s SetOnce<Ref<'s>> {
        it //~
    }
    fn list_arc_field<'s, 'l: 's>(it: &'s ListArcField<Ref<'l>>) -> &'s ListArcField<Ref<'s>> {
        it //~
    }
    fn theirs<'s, 'l: 's>(
        it: &'s revocable::Revocable<Ref<'l>>,
    ) -> &'s revocable::Revocable<Ref<'s>> {
        it //~
    }
    fn ours<'s, 'l: 's>(it: &'s Revocable<Ref<'l>>) -> &'s Revocable<Ref<'s>> {
        it //~
    }
    fn cursor_mut<'s, 'l: 's>(
        it: rbtree::CursorMut<'s, u8, Ref<'l>>,
    ) -> rbtree::CursorMut<'s, u8, Ref<'s>> {
        it //~
    }
    fn iter_mut<'s, 'l: 's>(
        it: rbtree::IterMut<'s, u8, Ref<'l>>,
    ) -> rbtree::IterMut<'s, u8, Ref<'s>> {
        it //~
    }
    fn vacant<'s, 'l: 's>(
        it: rbtree::VacantEntry<'s, u8, Ref<'l>>,
    ) -> rbtree::VacantEntry<'s, u8, Ref<'s>> {
        it //~
    }
    fn occupied<'s, 'l: 's>(
        it: rbtree::OccupiedEntry<'s, u8, Ref<'l>>,
    ) -> rbtree::OccupiedEntry<'s, u8, Ref<'s>> {
        it //~
    }

    // Only the owner stores into these.

    fn kbox<'s, 'l: 's>(it: &'s KBox<Ref<'l>>) -> &'s KBox<Ref<'s>> {
        it
    }
    fn kvec<'s, 'l: 's>(it: &'s KVec<Ref<'l>>) -> &'s KVec<Ref<'s>> {
        it
    }
    fn tree<'s, 'l: 's>(it: &'s RBTree<u8, Ref<'l>>) -> &'s RBTree<u8, Ref<'s>> {
        it
    }
    fn arc<'s, 'l: 's>(it: &'s Arc<Ref<'l>>) -> &'s Arc<Ref<'s>> {
        it
    }
    fn arc_borrow<'s, 'l: 's>(it: ArcBorrow<'s, Ref<'l>>) -> ArcBorrow<'s, Ref<'s>> {
        it
    }
    fn unique_arc<'s, 'l: 's>(it: &'s UniqueArc<Ref<'l>>) -> &'s UniqueArc<Ref<'s>> {
        it
    }
    fn file<'s, 'l: 's>(it: &'s debugfs::File<Ref<'l>>) -> &'s debugfs::File<Ref<'s>> {
        it
    }

    // Holes: not only the owner stores into these. Documentation/upstream has the patch.

    fn xarray<'s, 'l: 's>(it: &'s XArray<KBox<Ref<'l>>>) -> &'s XArray<KBox<Ref<'s>>> {
        it
    }
    fn xarray_guard<'s, 'l: 's>(
        it: xarray::Guard<'s, KBox<Ref<'l>>>,
    ) -> xarray::Guard<'s, KBox<Ref<'s>>> {
        it
    }
    fn maple_tree<'s, 'l: 's>(it: &'s MapleTree<KBox<Ref<'l>>>) -> &'s MapleTree<KBox<Ref<'s>>> {
        it
    }
    fn maple_tree_alloc<'s, 'l: 's>(
        it: &'s MapleTreeAlloc<KBox<Ref<'l>>>,
    ) -> &'s MapleTreeAlloc<KBox<Ref<'s>>> {
        it
    }
    fn maple_guard<'s, 'l: 's>(it: MapleGuard<'s, KBox<Ref<'l>>>) -> MapleGuard<'s, KBox<Ref<'s>>> {
        it
    }
}
