//! Files by the host's own programs.
//!
//! Not by SFTP: it is a subsystem that small images leave out (dropbear has no SFTP server of its own), its rename
//! does not replace a file in the version that everybody speaks, and it would be one more dependency. What is used
//! here is in POSIX.1-2017 and in BusyBox: `sh`, `[`, `cat`, `wc`, `mv`, `rm`, `umask`.

use super::error::SshError;
use super::transport::Finished;
use hwautomation_core::secret::scrub;

/// The statuses by which the scripts below say what they found. Nothing else in them ends so.
const NO_FILE: u32 = 91;
const NOT_PLAIN: u32 = 92;
const TOO_LONG: u32 = 93;
const NOT_WRITTEN: u32 = 94;

/// Writes its input beside the file `$1`, and puts it in the file's place if all of its `$2` bytes arrived: a broken
/// connection looks like the end of the input. `set -C` refuses to write into a file or link that is there.
const PUT: &str = r#"umask 077
part="$1.part.$$"
if [ -d "$1" ]; then exit 92; fi
rm -f "$part"
set -C
if cat > "$part" && [ "$(wc -c < "$part")" -eq "$2" ] && mv -f "$part" "$1"; then exit 0; fi
rm -f "$part"
exit 94"#;

/// Prints the file `$1` unless it is longer than `$2` bytes. It is looked at first, so that a large one is not sent.
const GET: &str = r#"if [ ! -e "$1" ]; then exit 91; fi
if [ ! -f "$1" ]; then exit 92; fi
length=$(wc -c < "$1") || exit 94
if [ "$length" -gt "$2" ]; then exit 93; fi
cat "$1" || exit 94"#;

/// Returns the arguments of `sh` that put a file.
pub(super) fn put_args(path: &str, length: usize) -> Result<[String; 5], SshError> {
    args(PUT, path, length)
}

/// Returns the arguments of `sh` that get a file.
pub(super) fn get_args(path: &str, bytes_max: usize) -> Result<[String; 5], SshError> {
    args(GET, path, bytes_max)
}

fn args(script: &str, path: &str, number: usize) -> Result<[String; 5], SshError> {
    if path.is_empty() || path.ends_with('/') {
        return Err(SshError::File("the path names no file".to_owned()));
    }
    // A path with a dash in front would be an option.
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    Ok(["-c".to_owned(), script.to_owned(), "sh".to_owned(), path, number.to_string()])
}

/// Says whether the file was put.
pub(super) fn put_answer(finished: &Finished) -> Result<(), SshError> {
    if finished.status == Some(0) { Ok(()) } else { Err(refusal(finished, 0)) }
}

/// Returns the file, or says why there is none.
pub(super) fn get_answer(finished: Finished, bytes_max: usize) -> Result<Vec<u8>, SshError> {
    if finished.status != Some(0) {
        return Err(refusal(&finished, bytes_max));
    }
    // It may have grown since it was looked at.
    if finished.stdout.len() > bytes_max { Err(SshError::TooLong(bytes_max)) } else { Ok(finished.stdout) }
}

fn refusal(finished: &Finished, bytes_max: usize) -> SshError {
    match finished.status {
        Some(NO_FILE) => SshError::NoFile,
        Some(TOO_LONG) => SshError::TooLong(bytes_max),
        Some(NOT_PLAIN) => SshError::File("it is no plain file".to_owned()),
        Some(NOT_WRITTEN) => SshError::File(first_line(&finished.stderr)),
        Some(status) => SshError::File(format!("status {status}, {}", first_line(&finished.stderr))),
        None => SshError::File("a signal ended it".to_owned()),
    }
}

/// How much of a complaint is shown: one line of a terminal or two.
const COMPLAINT_CHARS_MAX: usize = 200;

/// Returns the first line of a complaint, fit to be shown.
fn first_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("without an explanation");
    scrub(line).chars().filter(|c| !c.is_control()).take(COMPLAINT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(status: u32, stdout: &[u8]) -> Finished {
        Finished {
            status: Some(status),
            stdout: stdout.to_vec(),
            stderr: b"\n sh: no\x07 space \nx".to_vec(),
        }
    }

    #[test]
    fn a_path_that_looks_like_an_option_is_none() {
        assert_eq!(put_args("-rf", 3).unwrap()[3..], ["./-rf", "3"]);
        assert_eq!(get_args("/etc/x", 9).unwrap()[3..], ["/etc/x", "9"]);
        assert!(put_args("", 1).is_err() && put_args("/tmp/", 1).is_err());
    }

    #[test]
    fn what_the_host_says_against_a_file_is_told_on_one_clean_line() {
        let said = put_answer(&ended(NOT_WRITTEN, b"")).unwrap_err().to_string();
        assert_eq!(said, "the host refused: sh: no space");
        assert_eq!(
            put_answer(&ended(127, b"")).unwrap_err().to_string(),
            "the host refused: status 127, sh: no space"
        );
    }

    #[test]
    fn a_file_that_grew_meanwhile_is_still_too_long() {
        assert!(matches!(get_answer(ended(0, b"12345"), 4), Err(SshError::TooLong(4))));
        assert_eq!(get_answer(ended(0, b"1234"), 4).unwrap(), b"1234");
        assert!(matches!(get_answer(ended(NO_FILE, b""), 4), Err(SshError::NoFile)));
    }
}
