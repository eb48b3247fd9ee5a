//! Turns words into arguments: parameters, substitutions, field splitting, quote removal. Patterns (`*`) are refused, not silently left.

use std::pin::Pin;

use super::run::{Ended, Shell};
use super::stream::{Output, Streams, take};
use super::syntax::{Fallback, How, Part, Script, Word};

type Future<'a, T> = Pin<Box<dyn std::future::Future<Output = Result<T, Ended>> + Send + 'a>>;

#[derive(Default)]
struct Fields {
    done: Vec<String>,
    open: Option<String>,
}

impl Fields {
    fn text(&mut self, text: &str) {
        self.open.get_or_insert_default().push_str(text);
    }

    fn end(&mut self) {
        self.done.extend(self.open.take());
    }

    fn split(&mut self, text: &str) {
        for sign in text.chars() {
            match sign {
                ' ' | '\t' | '\n' => self.end(),
                _ => self.open.get_or_insert_default().push(sign),
            }
        }
    }

    fn value(&mut self, text: &str, quoted: bool) {
        match quoted {
            true => self.text(text),
            false => self.split(text),
        }
    }
}

impl Shell {
    /// Expands words into arguments.
    pub(super) fn arguments<'a>(
        &'a mut self,
        words: &'a [Word],
        streams: &'a Streams,
    ) -> Future<'a, Vec<String>> {
        Box::pin(async move {
            let mut fields = Fields::default();
            for word in words {
                self.word(word, streams, &mut fields).await?;
                fields.end();
            }
            Ok(fields.done)
        })
    }

    /// Expands a word that is not split: a value, a file name.
    pub(super) fn single<'a>(&'a mut self, word: &'a Word, streams: &'a Streams) -> Future<'a, String> {
        Box::pin(async move {
            let quoted = Word(word.0.iter().map(quote).collect());
            let mut fields = Fields::default();
            self.word(&quoted, streams, &mut fields).await?;
            fields.end();
            Ok(fields.done.join(" "))
        })
    }

    fn word<'a>(
        &'a mut self,
        word: &'a Word,
        streams: &'a Streams,
        fields: &'a mut Fields,
    ) -> Future<'a, ()> {
        Box::pin(async move {
            for (index, part) in word.0.iter().enumerate() {
                self.part(part, index == 0, streams, fields).await?;
            }
            Ok(())
        })
    }

    async fn part(
        &mut self,
        part: &Part,
        first: bool,
        streams: &Streams,
        fields: &mut Fields,
    ) -> Result<(), Ended> {
        match part {
            Part::Text { text, quoted } => self.text(text, *quoted, first, streams, fields).await,
            Part::Parameter { name, fallback, quoted } => {
                self.parameter(name, fallback.as_ref(), *quoted, streams, fields).await
            }
            Part::Output { script, quoted } => {
                let text = self.substitute(script, streams).await?;
                fields.value(&text, *quoted);
                Ok(())
            }
        }
    }

    async fn text(
        &mut self,
        text: &str,
        quoted: bool,
        first: bool,
        streams: &Streams,
        fields: &mut Fields,
    ) -> Result<(), Ended> {
        if quoted {
            fields.text(text);
            return Ok(());
        }
        if text.contains('*') {
            return Err(self
                .complain(streams, "simulated shell: patterns are not known; quote the *", 2)
                .await);
        }
        match text.strip_prefix('~').filter(|rest| first && (rest.is_empty() || rest.starts_with('/'))) {
            Some(rest) => fields.text(&format!("{}{rest}", self.home())),
            None => fields.text(text),
        }
        Ok(())
    }

    async fn parameter(
        &mut self,
        name: &str,
        fallback: Option<&Fallback>,
        quoted: bool,
        streams: &Streams,
        fields: &mut Fields,
    ) -> Result<(), Ended> {
        if name == "@" && quoted {
            for (index, value) in self.positional.clone().iter().skip(1).enumerate() {
                if index > 0 {
                    fields.end();
                }
                fields.text(value);
            }
            return Ok(());
        }
        let value = self.value(name);
        let Some(fallback) = fallback else {
            fields.value(&value.unwrap_or_default(), quoted);
            return Ok(());
        };
        let set = value.as_ref().is_some_and(|value| !(fallback.empty_too && value.is_empty()));
        match (set, fallback.how) {
            (true, How::Instead) => self.fallback(&fallback.word, quoted, streams, fields).await,
            (true, _) => {
                fields.value(&value.unwrap_or_default(), quoted);
                Ok(())
            }
            (false, How::Instead) => Ok(()),
            (false, How::Use) => self.fallback(&fallback.word, quoted, streams, fields).await,
            (false, How::Assign) => {
                let text = self.single(&fallback.word, streams).await?;
                self.variables.insert(name.to_owned(), text.clone());
                fields.value(&text, quoted);
                Ok(())
            }
            (false, How::Fail) => {
                let why = self.single(&fallback.word, streams).await?;
                let text = if why.is_empty() { "parameter not set".to_owned() } else { why };
                Err(self.complain(streams, &format!("{name}: {text}"), 2).await)
            }
        }
    }

    async fn fallback(
        &mut self,
        word: &Word,
        quoted: bool,
        streams: &Streams,
        fields: &mut Fields,
    ) -> Result<(), Ended> {
        if !quoted {
            return self.word(word, streams, fields).await;
        }
        let text = self.single(word, streams).await?;
        fields.text(&text);
        Ok(())
    }

    /// Runs a command and returns what it wrote, without the newlines at its end.
    async fn substitute(&mut self, script: &Script, streams: &Streams) -> Result<String, Ended> {
        let (output, kept) = Output::kept();
        let inner = Streams { output, ..streams.clone() };
        let mut shell = self.clone();
        let status = shell.subshell(script, &inner).await?;
        self.status = status;
        self.substituted = true;
        let text = String::from_utf8_lossy(&take(&kept)).replace('\0', "");
        Ok(text.trim_end_matches('\n').to_owned())
    }
}

fn quote(part: &Part) -> Part {
    let mut part = part.clone();
    match &mut part {
        Part::Text { text, quoted } => *quoted = *quoted || !text.starts_with('~'),
        Part::Parameter { quoted, .. } | Part::Output { quoted, .. } => *quoted = true,
    }
    part
}
