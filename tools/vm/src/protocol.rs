// SPDX-License-Identifier: GPL-2.0

//! What the guest's scripts say to the host, in lines among the output of programs.

use crate::qmp::Request;

/// Starts each of these lines; tools/vm/guest/files/etc/functions has the other end.
const MARK: &str = "@devscope ";

/// A line from the guest's scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// What is done from now on, for messages when it goes wrong.
    Phase(String),
    /// The results of a KUnit suite follow, in KTAP.
    Suite(String),
    /// They end.
    SuiteEnd(String),
    /// A test program starts.
    Begin(String),
    /// It has exited.
    End { program: String, status: i32 },
    /// A check of the script's own.
    Check {
        name: String,
        failed: Option<String>,
    },
    /// A number of the benchmark's: `table|line|column|number`, or `never`.
    Figure(String),
    /// A test wants something done to the machine.
    Monitor(Request),
    /// Where all programs sleep in the kernel follows.
    Stacks,
    /// It ends.
    StacksEnd,
    /// The script has come to its end.
    Done(i32),
}

impl Message {
    /// Whether something has come to its end, or something else begins.
    pub fn is_progress(&self) -> bool {
        !matches!(
            self,
            Self::Figure(_) | Self::Monitor(_) | Self::Stacks | Self::StacksEnd
        )
    }

    /// Reads a line; `None` is output of a program.
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.strip_prefix(MARK)?.trim_end();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let text = || rest.to_owned();
        Some(match word {
            "phase" => Self::Phase(text()),
            "suite" => Self::Suite(text()),
            "suite-end" => Self::SuiteEnd(text()),
            "begin" => Self::Begin(text()),
            "end" => {
                let (program, status) = rest.rsplit_once(' ')?;
                Self::End {
                    program: program.to_owned(),
                    status: status.parse().ok()?,
                }
            }
            "pass" => Self::Check {
                name: text(),
                failed: None,
            },
            "fail" => {
                let (name, why) = rest.split_once(": ").unwrap_or((rest, "failed"));
                Self::Check {
                    name: name.to_owned(),
                    failed: Some(why.to_owned()),
                }
            }
            "figure" => Self::Figure(text()),
            "unplug" => Self::Monitor(Request::Unplug(text())),
            "plug" => Self::Monitor(Request::Plug(text())),
            "stacks" => Self::Stacks,
            "stacks-end" => Self::StacksEnd,
            "done" => Self::Done(rest.parse().ok()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, Request};

    #[test]
    fn lines() {
        let parse = Message::parse;
        assert_eq!(parse("test a ... ok"), None);
        assert_eq!(parse("@devscope done 0"), Some(Message::Done(0)));
        assert_eq!(
            parse("@devscope phase user unplug"),
            Some(Message::Phase("user unplug".into()))
        );
        assert_eq!(
            parse("@devscope end unplug 137"),
            Some(Message::End {
                program: "unplug".into(),
                status: 137
            })
        );
        assert_eq!(
            parse("@devscope fail rmmod edu: it is in use"),
            Some(Message::Check {
                name: "rmmod edu".into(),
                failed: Some("it is in use".into())
            })
        );
        assert_eq!(
            parse("@devscope unplug edu0"),
            Some(Message::Monitor(Request::Unplug("edu0".into())))
        );
        assert_eq!(parse("@devscope end unplug"), None);
    }
}
