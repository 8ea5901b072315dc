// SPDX-License-Identifier: GPL-2.0

//! Finds the blocks of Rust in doc comments, in Markdown and in reStructuredText.

use anyhow::{Result, bail};

/// A block of Rust.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The number of its first line.
    pub line: usize,
    pub text: String,
}

/// The blocks of the file `name`. Fails at one that is marked as something to leave out.
///
/// Between fences is Rust if they do not say otherwise, as rustdoc has it, and lines that begin with
/// `# ` are hidden. In reStructuredText it follows `.. code-block:: rust`.
pub fn rust(name: &str, text: &str) -> Result<Vec<Block>> {
    let is_rst = name.ends_with(".rst");
    let mut found = Vec::new();
    let mut open: Option<(&str, Block)> = None;
    for (line, number) in text.lines().zip(1..) {
        let line = match name.ends_with(".rs") {
            true => comment(line),
            false => line,
        };
        let fence = line.trim_start().strip_prefix("```");
        let ends = match is_rst {
            true => line.starts_with(|c: char| !c.is_whitespace()),
            false => fence.is_some(),
        };
        if let Some((mark, block)) = open.take_if(|_| ends) {
            match mark {
                _ if fence.is_some_and(|mark| !mark.is_empty()) => bail!("line {number}: no end"),
                "" | "rust" => found.push(block),
                "text" | "console" => {}
                _ if is_rst => {}
                _ => bail!("line {}: it is marked `{mark}`", block.line - 1),
            }
            if !is_rst {
                continue;
            }
        }
        let begins = if is_rst { directive(line) } else { fence };
        match (&mut open, begins) {
            (Some((mark, block)), _) => {
                if *mark == "::" && line.ends_with([';', '{']) {
                    bail!("line {number}: it looks like code, and is not marked");
                }
                let line = line.strip_prefix("# ").unwrap_or(line);
                block.text += &format!("{line}\n");
            }
            (None, Some(mark)) => {
                let (line, text) = (number + 1, String::new());
                open = Some((mark, Block { line, text }));
            }
            (None, None) => {}
        }
    }
    match open {
        Some(("rust", block)) if is_rst => found.push(block),
        Some((_, block)) if !is_rst => bail!("line {}: it has no end", block.line - 1),
        _ => {}
    }
    Ok(found)
}

/// What a line says that is a doc comment.
fn comment(line: &str) -> &str {
    let line = line.trim_start();
    let text = line.strip_prefix("///").or(line.strip_prefix("//!"));
    text.map_or("", |text| text.strip_prefix(' ').unwrap_or(text))
}

/// What a line of reStructuredText says of what follows, indented.
fn directive(line: &str) -> Option<&str> {
    let code = line.strip_prefix(".. code-block::").map(str::trim);
    code.or((line.ends_with("::") && !line.starts_with("..")).then_some("::"))
}

#[cfg(test)]
mod tests {
    use super::{Block, rust};

    fn block(line: usize, text: &str) -> Block {
        let text = text.to_owned();
        Block { line, text }
    }

    #[test]
    fn doc_comments() {
        let text = "//! ```text\n//! a -> b\n//! ```\n    /// ```\n    /// # fn f() {\n\
                    \x20   /// g(); // Why.\n    ///\n    /// #[vtable]\n    /// # }\n    /// ```\n";
        let expected = block(5, "fn f() {\ng(); // Why.\n\n#[vtable]\n}\n");
        assert_eq!(rust("a.rs", text).unwrap(), [expected]);
    }

    #[test]
    fn none_is_left_out() {
        for text in [
            "```ignore\nf();\n```\n",
            "```rust\nf();\n",
            "```\nf();\n```rust\n",
        ] {
            assert!(rust("README.md", text).is_err());
            let text = text.replace('\n', "\n/// ");
            assert!(rust("a.rs", &format!("/// {text}")).is_err());
        }
    }

    #[test]
    fn restructured_text() {
        let text = "So::\n\n    # make\n\n.. code-block:: rust\n\n    f();\n\n    g();\n\nSo.\n";
        let expected = block(6, "\n    f();\n\n    g();\n\n");
        assert_eq!(rust("a.rst", text).unwrap(), [expected]);
        assert!(rust("a.rst", "So::\n\n    f();\n").is_err());
        assert_eq!(
            rust("a.rst", ".. code-block:: c\n\n    f();\n").unwrap(),
            []
        );
    }
}
