// SPDX-License-Identifier: GPL-2.0

//! The rooms of the framework: each uses those below it alone. Their order is the list in `lib.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail};
use fs_err as fs;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::files;
use crate::paths::Paths;

/// Where the rooms are.
const CRATE: &str = "rust/devscope";

/// What is above all of them: the crate's root, what drivers import from it, and its tests.
const ABOVE: &[&str] = &["lib", "prelude", "tests"];

/// Checks every file.
pub fn check(paths: &Paths) -> Result<()> {
    let root = paths.root().join(CRATE);
    let mut rooms: BTreeMap<String, Names> = BTreeMap::new();
    for file in &files::of(&root, "rs")? {
        let text = fs::read_to_string(file)?;
        let names = Names::of(&text).with_context(|| format!("{}", file.display()))?;
        let room = rooms.entry(room(&root, file)?).or_default();
        room.uses.extend(names.uses);
        room.macros.extend(names.macros);
    }
    let order = order(&fs::read_to_string(root.join("lib.rs"))?);
    let wrong = wrong(&rooms, &order);
    if !wrong.is_empty() {
        bail!("{}", wrong.join("; "));
    }
    Ok(())
}

/// The room that a file is in.
fn room(root: &Path, file: &Path) -> Result<String> {
    let name = file.strip_prefix(root)?.components().next();
    let name = name.context("a file without a name")?.as_os_str();
    Ok(name.to_string_lossy().trim_end_matches(".rs").to_owned())
}

/// The rooms that the crate's documentation lists, from the top.
fn order(lib: &str) -> Vec<String> {
    lib.lines()
        .filter_map(|line| line.strip_prefix("//! - ")?.split('`').nth(1))
        .map(str::to_owned)
        .collect()
}

/// What there is to say against `rooms` in this order.
fn wrong(rooms: &BTreeMap<String, Names>, order: &[String]) -> Vec<String> {
    let place = |room: &str| order.iter().position(|other| other == room);
    let owner = |name: &String| {
        let by_macro = rooms.iter().find(|(_, it)| it.macros.contains(name));
        by_macro.map_or(name.clone(), |(room, _)| room.clone())
    };
    let mut wrong = Vec::new();
    for (room, names) in rooms {
        if ABOVE.contains(&room.as_str()) {
            continue;
        }
        let Some(at) = place(room) else {
            wrong.push(format!("lib.rs does not list {room}"));
            continue;
        };
        let used: BTreeSet<_> = names.uses.iter().map(owner).collect();
        for other in used.iter().filter(|other| *other != room) {
            match place(other) {
                Some(below) if below > at => {}
                Some(_) => wrong.push(format!("{room} uses {other}, which is above it")),
                None => wrong.push(format!("{room} uses {other}, which is in no room")),
            }
        }
    }
    let unknown = order.iter().filter(|room| !rooms.contains_key(*room));
    wrong.extend(unknown.map(|room| format!("there is no room {room}")));
    wrong
}

/// What a file names of its crate, and the macros that it has.
#[derive(Debug, Default)]
struct Names {
    /// The first part of each path from the crate's root.
    uses: BTreeSet<String>,
    macros: BTreeSet<String>,
}

impl Names {
    fn of(text: &str) -> Result<Self> {
        let mut names = Self::default();
        let tokens = TokenStream::from_str(text).map_err(|error| anyhow!("{error}"))?;
        names.read(tokens);
        Ok(names)
    }

    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Ident(name) if name == "crate" => self.path(&tokens[at + 1..]),
                TokenTree::Ident(name) if name == "macro_rules" => {
                    if let Some(TokenTree::Ident(name)) = tokens.get(at + 2) {
                        self.macros.insert(name.to_string());
                    }
                }
                _ => {}
            }
        }
    }

    /// What comes after `crate`: `::name`, or `::{name::.., name::..}`.
    fn path(&mut self, rest: &[TokenTree]) {
        let [TokenTree::Punct(_), TokenTree::Punct(_), first, ..] = rest else {
            return;
        };
        match first {
            TokenTree::Ident(name) => {
                self.uses.insert(name.to_string());
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let tokens: Vec<_> = group.stream().into_iter().collect();
                let paths =
                    tokens.split(|it| matches!(it, TokenTree::Punct(p) if p.as_char() == ','));
                for path in paths {
                    if let Some(TokenTree::Ident(name)) = path.first() {
                        self.uses.insert(name.to_string());
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rooms: &[(&str, &str)], order: &[&str]) -> Vec<String> {
        let named = |(room, text): &(&str, &str)| ((*room).to_owned(), Names::of(text).unwrap());
        let order: Vec<_> = order.iter().map(|room| (*room).to_owned()).collect();
        wrong(&rooms.iter().map(named).collect(), &order)
    }

    #[test]
    fn the_order_is_the_list() {
        let lib = "//! Text.\n//! - [`top`]: a.\n//! - `bottom`: b, with `c`.\n//! `d`\n";
        assert_eq!(order(lib), ["top", "bottom"]);
    }

    #[test]
    fn down_is_good() {
        let top = "/// [`x`](crate::prelude::x)\nuse crate::{bottom::{a, b}, made};\n";
        let bottom = "macro_rules! made { () => { $crate::bottom::Made } }";
        let rooms = [("top", top), ("bottom", bottom), ("lib", "use crate::top;")];
        assert!(judged(&rooms, &["top", "bottom"]).is_empty());
    }

    #[test]
    fn up_is_not() {
        for up in [
            "use crate::top::Top;",
            "use crate::{bottom, top};",
            "fn f() { unsafe { crate::top::f() } }",
            "fn f() { crate::made!() }",
            "macro_rules! m { () => { $crate::top::Top } }",
        ] {
            let rooms = [("top", "macro_rules! made { () => {} }"), ("bottom", up)];
            let wrong = judged(&rooms, &["top", "bottom"]);
            assert_eq!(wrong, ["bottom uses top, which is above it"], "{up}");
        }
    }

    #[test]
    fn each_room_is_listed_once_built() {
        assert_eq!(judged(&[("a", "")], &[]), ["lib.rs does not list a"]);
        assert_eq!(judged(&[], &["a"]), ["there is no room a"]);
    }
}
