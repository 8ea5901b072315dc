// SPDX-License-Identifier: GPL-2.0

//! Ending: in which order the parts of a binding go.

/// What a binding owns. Dropping it ends it.
pub(crate) trait Part {
    fn role(&self) -> Role;

    /// Of a [`Role::Node`]: [unplugs](super::unplug) its device. A second time, it does nothing.
    fn close(&self);

    /// Of a [`Role::Callback`] whose end waits for starts of it: has nobody start it any more, and
    /// says `true`.
    fn refuse(&self) -> bool;
}

/// How a part ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// In its turn, in bounded time.
    Callback,
    /// In its turn, and others can hold it up for as long as they like.
    Exposed,
    /// A node with its files. Others can hold up its removal, but not its `close`.
    Node,
    /// Of the driver. What nodes are called may be a part of it, and so is in use until they are
    /// removed.
    Data,
}

/// Ends `parts`, in the reverse order, but the removal of nodes: that comes when nothing is left
/// but data, so that whoever holds it up reaches nothing any more. Nothing that can be held up
/// begins before all nodes are closed.
pub(crate) fn end<P: Part>(parts: &mut [Option<P>]) {
    for turn in (0..parts.len()).rev() {
        let (earlier, rest) = parts.split_at_mut(turn);
        let Some((this, later)) = rest.split_first_mut() else {
            break;
        };
        match this.as_ref().map(P::role) {
            Some(Role::Node) => {
                this.iter().for_each(P::close);
                continue;
            }
            Some(Role::Callback) => refuse(this, earlier),
            None => {}
            Some(Role::Exposed) => close(earlier),
            Some(Role::Data) => {
                close(earlier);
                remove(later);
            }
        }
        *this = None;
    }
    remove(parts);
}

/// Has a part refuse whose turn it is, and those of its kind that come next: the first that ends
/// waits for the starts of all.
fn refuse<P: Part>(this: &Option<P>, earlier: &[Option<P>]) {
    let next = earlier.iter().rev().flatten();
    for part in this.iter().chain(next) {
        if !part.refuse() {
            break;
        }
    }
}

/// Closes the nodes among `parts`.
fn close<P: Part>(parts: &[Option<P>]) {
    let nodes = parts.iter().rev().flatten();
    nodes
        .filter(|part| part.role() == Role::Node)
        .for_each(P::close);
}

/// Removes `nodes`, which are closed.
fn remove<P>(nodes: &mut [Option<P>]) {
    nodes.iter_mut().rev().for_each(|node| *node = None);
}
