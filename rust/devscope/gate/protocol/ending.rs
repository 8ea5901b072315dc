// SPDX-License-Identifier: GPL-2.0

//! Ending: the order in which the parts of a binding end.

/// A part of a binding. Dropping it ends it.
pub(crate) trait Part {
    fn role(&self) -> Role;

    /// For a [`Role::Node`]: [unplugs](super::unplug) its device. A second call does nothing.
    fn close(&self);

    /// For a [`Role::Callback`] whose end waits for its starts: refuses further starts, and returns
    /// `true`.
    fn refuse(&self) -> bool;
}

/// How a part ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// In the reverse order, in bounded time.
    Callback,
    /// In the reverse order. Other code can hold it up for any time.
    Exposed,
    /// A node with its files. Other code can hold up its removal, but not its `close`.
    Node,
    /// Data of the driver. It may have the names of nodes, so it is in use until the nodes are
    /// removed.
    Data,
}

/// Ends `parts` in the reverse order, except that nodes are removed when nothing is left but data:
/// code that holds up the removal then reaches nothing any more. No end that can be held up begins
/// before all nodes are closed.
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

/// Calls `refuse` for the next part to end, and for the parts of its kind that follow: the first
/// that ends waits for the starts of all.
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
