//! Opens what a command is redirected to.

use super::run::{Ended, Shell};
use super::stream::{Input, Output, Streams};
use super::syntax::{Redirect, Target, Word};
use crate::host::files::{Keep, absolute};

impl Shell {
    /// Opens the files of a command; nothing when one could not be opened, which has been said.
    pub(super) async fn redirected(
        &mut self,
        redirects: &[Redirect],
        streams: &Streams,
    ) -> Result<Option<Streams>, Ended> {
        let mut streams = streams.clone();
        for redirect in redirects {
            if let Err(text) = self.redirect(redirect, &mut streams).await? {
                self.say(&streams, &text).await;
                return Ok(None);
            }
        }
        Ok(Some(streams))
    }

    async fn redirect(
        &mut self,
        redirect: &Redirect,
        streams: &mut Streams,
    ) -> Result<Result<(), String>, Ended> {
        let (word, keep) = match &redirect.to {
            Target::Here(word) => {
                streams.input = Input::bytes(self.single(word, streams).await?.into_bytes());
                return Ok(Ok(()));
            }
            Target::Read(word) => return self.open_input(word, streams).await,
            Target::Copy(word) => return self.copy(redirect.descriptor, word, streams).await,
            Target::Write(word) => (word, Keep::Nothing),
            Target::Append(word) => (word, Keep::Content),
        };
        let name = self.single(word, streams).await?;
        let path = absolute(&self.folder, &name);
        if let Err(failure) = self.host.files().create(&path, self.user, 0o666 & !self.umask, keep) {
            return Ok(Err(format!("{name}: {failure}")));
        }
        Ok(set(redirect.descriptor, Output::File(path), streams))
    }

    async fn open_input(&mut self, word: &Word, streams: &mut Streams) -> Result<Result<(), String>, Ended> {
        let name = self.single(word, streams).await?;
        let path = absolute(&self.folder, &name);
        let bytes = match path.as_str() {
            "/dev/null" => Ok(Vec::new()),
            path => self.host.files().read(path, self.user),
        };
        Ok(bytes
            .map(|bytes| streams.input = Input::bytes(bytes))
            .map_err(|failure| format!("{name}: {failure}")))
    }

    async fn copy(
        &mut self,
        descriptor: u32,
        word: &Word,
        streams: &mut Streams,
    ) -> Result<Result<(), String>, Ended> {
        let from = self.single(word, streams).await?;
        let output = match from.as_str() {
            "1" => streams.output.clone(),
            "2" => streams.error.clone(),
            "-" | "0" if descriptor == 0 => {
                if from == "-" {
                    streams.input = Input::empty();
                }
                return Ok(Ok(()));
            }
            "-" => Output::Nothing,
            _ => return Ok(Err(format!("{from}: Bad file descriptor"))),
        };
        Ok(set(descriptor, output, streams))
    }
}

fn set(descriptor: u32, output: Output, streams: &mut Streams) -> Result<(), String> {
    match descriptor {
        1 => streams.output = output,
        2 => streams.error = output,
        // Descriptors from 3 up belong to no program here.
        3..=9 => {}
        _ => return Err(format!("{descriptor}: Bad file descriptor")),
    }
    Ok(())
}
