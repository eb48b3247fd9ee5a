//! A program and its arguments as one line for a POSIX shell, since an SSH exec request carries a line
//! (RFC 4254, section 6.5) that the account's shell takes apart.

use super::error::SshError;

/// How long a line may be: Linux limits one argument of a new process to 128 KiB with its closing zero
/// (`MAX_ARG_STRLEN` in execve(2)), and the shell gets the line as one.
const LINE_BYTES_MAX: usize = 128 * 1024 - 1;

/// Joins a program and its arguments so that a POSIX shell gives them on as they are.
pub(super) fn line<'a>(
    program: &'a str,
    args: impl IntoIterator<Item = &'a str>,
) -> Result<String, SshError> {
    if program.is_empty() {
        return Err(SshError::Line("the program has no name"));
    }
    // The program is quoted whatever it is: `if` and `A=1` mean something else in its place.
    let mut line = String::new();
    quote(program, &mut line);
    for arg in args {
        line.push(' ');
        if is_plain(arg) { line.push_str(arg) } else { quote(arg, &mut line) }
    }
    if line.contains('\0') {
        return Err(SshError::Line("an argument holds a zero byte, which no program can be given"));
    }
    if line.len() > LINE_BYTES_MAX {
        return Err(SshError::Line("the command line is longer than 128 KiB, which no host can run"));
    }
    Ok(line)
}

/// Within single quotes everything stands for itself but a single quote (POSIX.1-2017, XCU section 2.2.2).
fn quote(text: &str, line: &mut String) {
    line.push('\'');
    line.push_str(&text.replace('\'', r"'\''"));
    line.push('\'');
}

fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-+=./:,@%".contains(c);
    !text.is_empty() && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_change_is_quoted_and_the_rest_is_left() {
        assert_eq!(line("cat", ["-n", "/etc/os-release"]).unwrap(), "'cat' -n /etc/os-release");
        assert_eq!(line("a b", ["", "it's", "$x;y\n"]).unwrap(), "'a b' '' 'it'\\''s' '$x;y\n'");
        assert_eq!(line("if", ["~", "é", "#"]).unwrap(), "'if' '~' 'é' '#'");
    }

    #[test]
    fn what_no_host_can_run_is_refused_here() {
        assert!(line("", []).is_err());
        assert!(line("cat", ["a\0b"]).is_err());
        assert!(line("cat", [&*"x".repeat(LINE_BYTES_MAX)]).is_err());
        assert_eq!(line("cat", [&*"x".repeat(LINE_BYTES_MAX - 6)]).unwrap().len(), LINE_BYTES_MAX);
    }
}
