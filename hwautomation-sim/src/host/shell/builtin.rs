//! What only the shell itself can do: its folder, its variables, its end.

use super::run::{Ended, Shell};
use super::stream::Streams;
use crate::host::files::absolute;
use crate::host::program;

impl Shell {
    /// Does what only the shell itself can do.
    pub(super) async fn builtin(
        &mut self,
        arguments: &[String],
        streams: &Streams,
    ) -> Option<Result<(), Ended>> {
        let (name, rest) = arguments.split_first()?;
        let first = rest.first().map(String::as_str);
        self.status = match name.as_str() {
            ":" => 0,
            "exit" | "return" => {
                let status = first
                    .map_or(self.status, |text| text.parse::<u32>().map_or(2, |code| (code & 0xFF) as u8));
                return Some(Err(Ended::Exit(status)));
            }
            "break" => return Some(Err(Ended::Break)),
            "continue" => return Some(Err(Ended::Continue)),
            "cd" => self.change_folder(first, streams).await,
            "umask" => self.change_umask(first, streams).await,
            "export" | "readonly" | "local" => self.export(rest),
            "unset" => {
                rest.iter().for_each(|name| {
                    self.variables.remove(name);
                });
                0
            }
            "set" => self.options(rest),
            "shift" => {
                if self.positional.len() > 1 {
                    self.positional.remove(1);
                }
                0
            }
            "trap" => self.trap(rest),
            "read" => self.read_line(rest, streams).await,
            "command" if matches!(first, Some("-v" | "-V")) => self.find(rest.get(1), streams).await,
            "type" => self.find(rest.first(), streams).await,
            _ => return None,
        };
        Some(Ok(()))
    }

    async fn change_folder(&mut self, to: Option<&str>, streams: &Streams) -> u8 {
        let name = to.map_or_else(|| self.home(), ToOwned::to_owned);
        let path = absolute(&self.folder, &name);
        match self.host.files().stat(&path, self.user) {
            Ok(stat) if stat.folder => {
                self.folder = path;
                0
            }
            Ok(_) => {
                self.say(streams, &format!("cd: {name}: Not a directory")).await;
                1
            }
            Err(failure) => {
                self.say(streams, &format!("cd: {name}: {failure}")).await;
                1
            }
        }
    }

    async fn change_umask(&mut self, to: Option<&str>, streams: &Streams) -> u8 {
        let Some(text) = to else {
            let line = format!("{:04o}\n", self.umask);
            let _ = streams.output.write(self.host.files(), line.into_bytes()).await;
            return 0;
        };
        match u32::from_str_radix(text, 8) {
            Ok(mask) if mask <= 0o777 => {
                self.umask = mask;
                0
            }
            _ => {
                self.say(streams, &format!("umask: {text}: octal number out of range")).await;
                1
            }
        }
    }

    fn export(&mut self, words: &[String]) -> u8 {
        for (name, value) in words.iter().filter_map(|word| word.split_once('=')) {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
        0
    }

    /// Remembers what is to be done at the end. Signals end a whole channel here and are not trapped.
    fn trap(&mut self, words: &[String]) -> u8 {
        if let Some((text, signals)) = words.split_first()
            && signals.iter().any(|signal| signal == "EXIT" || signal == "0")
        {
            self.at_end = (text != "-").then(|| text.clone());
        }
        0
    }

    fn options(&mut self, words: &[String]) -> u8 {
        for (index, word) in words.iter().enumerate() {
            match word.as_str() {
                "--" => {
                    self.positional.truncate(1);
                    self.positional.extend(words.iter().skip(index + 1).cloned());
                    return 0;
                }
                word if word.starts_with('-') && word.contains('e') => self.stop_on_error = true,
                word if word.starts_with('+') && word.contains('e') => self.stop_on_error = false,
                _ => {}
            }
        }
        0
    }

    async fn read_line(&mut self, names: &[String], streams: &Streams) -> u8 {
        let line = streams.input.line().await;
        let names: Vec<&String> = names.iter().filter(|name| !name.starts_with('-')).collect();
        let text = line.clone().unwrap_or_default();
        let mut fields = text.trim().splitn(names.len().max(1), [' ', '\t']);
        for name in names {
            self.variables.insert(name.clone(), fields.next().unwrap_or_default().trim().to_owned());
        }
        u8::from(line.is_none())
    }

    async fn find(&mut self, name: Option<&String>, streams: &Streams) -> u8 {
        match name.and_then(|name| program::place(name, &self.host, self.user)) {
            Some(place) => {
                let _ = streams.output.write(self.host.files(), format!("{place}\n").into_bytes()).await;
                0
            }
            // bash and dash differ here.
            None if self.name == "bash" => 1,
            None => 127,
        }
    }
}
