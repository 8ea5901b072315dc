// SPDX-License-Identifier: GPL-2.0

//! The ways to take a device away from its files, and how often each is used.

use crate::{
    profile::Profile,
    sys,
    target::{self, Target},
};
use clap::ValueEnum;
use devscope_revoke::revoke_all;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use strum::IntoStaticStr;

/// A way.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    ValueEnum,
    Serialize,
    Deserialize,
    IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Way {
    /// The driver is unbound and bound again.
    Unbind,
    /// The driver of the parent device is unbound, which removes the device, and bound again.
    Parent,
    /// The device is removed from the bus, and the bus is rescanned.
    Remove,
    /// All files are revoked through /dev/devscope; the device stays bound.
    Revoke,
    /// The driver's module, or another one that creates the node, is unloaded and loaded again.
    Reload,
}

/// The driver's module, as a file.
pub struct Module {
    /// The file.
    pub file: PathBuf,
    /// Its parameters.
    pub parameters: String,
}

impl Module {
    /// What it is called when it is loaded.
    pub fn name(&self) -> String {
        let stem = self.file.file_stem().unwrap_or_default();
        stem.to_string_lossy().replace('-', "_")
    }
}

/// What takes long, or takes no device away: one of so many acts, where there are other ways, and the
/// first one is this. The numbers are odd, since nobody writes before every second act.
const RARE: [(Way, u32, u32); 3] = [
    (Way::Reload, 21, 3),
    (Way::Remove, 9, 5),
    (Way::Revoke, 9, 1),
];

impl Way {
    /// Why it cannot be used with a node, if so. To find out, it may revoke all files.
    fn obstacle(
        self,
        profile: &Profile,
        target: &Target,
        node: &str,
        module: Option<&Module>,
    ) -> Option<String> {
        match self {
            Self::Unbind => None,
            Self::Parent => match &target.parent {
                Some(parent) => parent.obstacle(),
                None => Some(format!("no device above {node} has a driver")),
            },
            Self::Remove => target
                .remove
                .is_none()
                .then(|| format!("{} is no PCI device", target.bound.device.display())),
            Self::Revoke => match sys::plain(revoke_all(node)) {
                Ok(_) => None,
                Err(libc::ENOENT) => Some("there is no /dev/devscope".to_owned()),
                Err(libc::ENOTTY) => Some(format!("{node} is not of Devscope's")),
                Err(e) => Some(crate::errno::name(e)),
            },
            Self::Reload => {
                let Some(name) = module.map(Module::name) else {
                    return Some("it needs --module".to_owned());
                };
                let mut known = target.module.iter().chain(&profile.modules);
                if !known.any(|it| *it == name) {
                    return Some(format!("{name} is not the driver's module"));
                }
                match target::users(&[name]).first() {
                    None => Some("the module is not loaded".to_owned()),
                    Some((_, 0)) => None,
                    Some((name, users)) => Some(format!("{name} is in use {users} times")),
                }
            }
        }
    }

    /// The ways to use: those that are asked for, or all that can be used and that the profile allows. What
    /// is above the device may have others below it, and is left alone where nobody asks for it.
    pub fn choose(
        asked: &[Self],
        profile: &Profile,
        target: &Target,
        node: &str,
        module: Option<&Module>,
    ) -> Result<Vec<Self>, String> {
        let obstacle = |way: Self| match profile.never_by.contains(&way) {
            true => Some("the profile says so".to_owned()),
            false => way.obstacle(profile, target, node, module),
        };
        let mut ways = Vec::new();
        let all = if asked.is_empty() {
            Self::value_variants()
        } else {
            asked
        };
        let all = all
            .iter()
            .filter(|way| !asked.is_empty() || **way != Self::Parent);
        for &way in all {
            match obstacle(way) {
                None if ways.contains(&way) => {}
                None => ways.push(way),
                Some(_) if asked.is_empty() => {}
                Some(why) => return Err(format!("cannot {}: {why}", way.into_str())),
            }
        }
        match ways.is_empty() {
            true => Err("there is no way to take the device away".to_owned()),
            false => Ok(ways),
        }
    }

    /// The one to use of `ways` when so many acts are over. Each comes twice, since nobody writes
    /// before every second act.
    pub fn next(ways: &[Self], acts: u32) -> Self {
        let (rare, others): (Vec<Self>, Vec<_>) = ways
            .iter()
            .partition(|way| RARE.iter().any(|it| it.0 == **way));
        let is_now =
            |&&(way, of, first): &&(Self, u32, u32)| rare.contains(&way) && acts % of == first;
        match RARE.iter().find(is_now) {
            Some((way, ..)) if !others.is_empty() => *way,
            _ => {
                let all = if others.is_empty() { rare } else { others };
                all[(acts / 2) as usize % all.len()]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Way;

    #[test]
    fn in_turn() {
        let ways = [Way::Unbind, Way::Revoke, Way::Reload];
        let all: Vec<_> = (0..42).map(|acts| Way::next(&ways, acts)).collect();
        assert_eq!(all[..3], [Way::Unbind, Way::Revoke, Way::Unbind]);
        assert_eq!(all[3..6], [Way::Reload, Way::Unbind, Way::Unbind]);
        let odd = |way| (0..42).filter(|at| at % 2 == 1 && all[*at] == way).count();
        assert_eq!((odd(Way::Reload), odd(Way::Revoke)), (1, 3));
        let revokes = all.iter().filter(|it| **it == Way::Revoke);
        assert_eq!(revokes.count(), 5);
        assert_eq!(Way::next(&[Way::Reload], 3), Way::Reload);
        let rare = [Way::Reload, Way::Remove];
        let both: Vec<_> = (0..4).map(|acts| Way::next(&rare, acts)).collect();
        assert_eq!(both, [Way::Reload, Way::Reload, Way::Remove, Way::Remove]);
    }
}
