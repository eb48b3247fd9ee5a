//! What a command line is made of, after POSIX.1-2017 XCU chapter 2, in the part that remote administration uses.

/// Holds the commands of a line or of a bracket, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script(pub(crate) Vec<Item>);

/// Is one entry of a list: pipelines joined by `&&` and `||`, with or without a `&` behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) first: Pipeline,
    pub(crate) rest: Vec<(Joint, Pipeline)>,
    pub(crate) background: bool,
}

/// Says on what the next pipeline depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joint {
    And,
    Or,
}

/// Is one or more commands whose output feeds the next one's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pipeline {
    pub(crate) negated: bool,
    pub(crate) stages: Vec<Command>,
}

/// Is one command with its redirections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) kind: Kind,
    pub(crate) redirects: Vec<Redirect>,
}

/// Tells a plain command from the compound ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Simple { assignments: Vec<(String, Word)>, words: Vec<Word> },
    Subshell(Script),
    Group(Script),
    If { branches: Vec<(Script, Script)>, otherwise: Option<Script> },
    Loop { condition: Script, until: bool, body: Script },
    For { name: String, words: Vec<Word>, body: Script },
}

/// Is a word before expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) Vec<Part>);

/// Is a piece of a word. What is quoted is not split into fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text { text: String, quoted: bool },
    Parameter { name: String, fallback: Option<Fallback>, quoted: bool },
    Output { script: Script, quoted: bool },
}

/// Is what `${name:-word}` and its three sisters say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fallback {
    pub(crate) how: How,
    /// With a colon an empty value counts as unset.
    pub(crate) empty_too: bool,
    pub(crate) word: Word,
}

/// Is the sign of a fallback: `-`, `=`, `?` or `+`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Use,
    Assign,
    Fail,
    Instead,
}

/// Is one redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) descriptor: u32,
    pub(crate) to: Target,
}

/// Is where a descriptor is to point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Read(Word),
    Write(Word),
    Append(Word),
    /// `>&2`, `<&0`, `2>&-`.
    Copy(Word),
    Here(Word),
}
