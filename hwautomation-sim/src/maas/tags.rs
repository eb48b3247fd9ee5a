//! Tags, and which machines carry them.

use super::API;
use super::answer::Answer;
use super::form::Form;
use super::machines::listed_where;
use crate::model::state::State;
use crate::model::tag::Tag;
use serde_json::{Value, json};

/// The longest name of a tag.
const NAME_MAX: usize = 256;
/// How many tags there may be; the simulated MAAS refuses more, a real one has no such limit.
const TAGS_MAX: usize = 10_000;

fn no_tag() -> Answer {
    Answer::no_such("Tag")
}

fn listed(tag: &Tag) -> Value {
    let Tag { name, comment, kernel_opts, definition } = tag;
    json!({
        "name": name, "comment": comment, "kernel_opts": kernel_opts, "definition": definition,
        "resource_uri": format!("{API}tags/{name}/"),
    })
}

pub(super) fn list(state: &State) -> Answer {
    Answer::json(&state.tags.iter().map(listed).collect())
}

pub(super) fn read(state: &State, name: &str) -> Result<Answer, Answer> {
    find(state, name).map(|tag| Answer::json(&listed(tag)))
}

pub(super) fn create(state: &mut State, form: &Form) -> Result<Answer, Answer> {
    let tag = filled(Tag::default(), form);
    check_name(state, &tag.name)?;
    if state.tags.len() >= TAGS_MAX {
        return Err(Answer::text(507, "The simulated MAAS has no room for another tag."));
    }
    let answer = Answer::json(&listed(&tag));
    state.tags.push(tag);
    Ok(answer)
}

/// Changes a tag; a new name goes to the machines that carry it.
pub(super) fn change(state: &mut State, name: &str, form: &Form) -> Result<Answer, Answer> {
    let tag = filled(find(state, name)?.clone(), form);
    if tag.name != name {
        check_name(state, &tag.name)?;
    }
    let answer = Answer::json(&listed(&tag));
    for machine in &mut state.machines {
        if machine.record.tags.remove(name) {
            machine.record.tags.insert(tag.name.clone());
        }
    }
    if let Some(old) = state.tags.iter_mut().find(|old| old.name == name) {
        *old = tag;
    }
    Ok(answer)
}

pub(super) fn delete(state: &mut State, name: &str) -> Result<Answer, Answer> {
    find(state, name)?;
    state.tags.retain(|tag| tag.name != name);
    for machine in &mut state.machines {
        machine.record.tags.remove(name);
    }
    Ok(Answer::deleted())
}

/// Puts a tag on machines and takes it off others. It counts the ids that exist, also where nothing changes.
pub(super) fn update_nodes(state: &mut State, name: &str, form: &Form) -> Result<Answer, Answer> {
    let definition = &find(state, name)?.definition;
    if let Some(supplied) = form.get("definition").filter(|supplied| *supplied != definition) {
        let text =
            format!("Definition supplied '{supplied}' doesn't match current definition '{definition}'");
        return Err(Answer::text(409, text));
    }
    let added = form.all("add").filter(|id| carry(state, id, name)).count();
    let removed = form.all("remove").filter(|id| put_down(state, id, name)).count();
    Ok(Answer::json(&json!({"added": added, "removed": removed})))
}

fn carry(state: &mut State, id: &str, name: &str) -> bool {
    state.in_maas_mut(id).map(|machine| machine.record.tags.insert(name.to_owned())).is_some()
}

fn put_down(state: &mut State, id: &str, name: &str) -> bool {
    state.in_maas_mut(id).map(|machine| machine.record.tags.remove(name)).is_some()
}

pub(super) fn machines(state: &State, name: &str) -> Result<Answer, Answer> {
    find(state, name)?;
    Ok(Answer::json(&listed_where(state, |machine| machine.record.tags.contains(name))))
}

fn find<'a>(state: &'a State, name: &str) -> Result<&'a Tag, Answer> {
    state.tags.iter().find(|tag| tag.name == name).ok_or_else(no_tag)
}

fn filled(tag: Tag, form: &Form) -> Tag {
    let field = |name: &str, old: String| form.get(name).map_or(old, |value| value.trim().to_owned());
    Tag {
        name: field("name", tag.name),
        comment: field("comment", tag.comment),
        kernel_opts: field("kernel_opts", tag.kernel_opts),
        definition: field("definition", tag.definition),
    }
}

fn check_name(state: &State, name: &str) -> Result<(), Answer> {
    let refuse = |text: String| Err(Answer::fields(&[("name", text)]));
    let length = name.chars().count();
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match name {
        "" => refuse("This field is required.".to_owned()),
        _ if length > NAME_MAX => {
            refuse(format!("Ensure this value has at most {NAME_MAX} characters (it has {length})."))
        }
        _ if !name.bytes().all(valid) => refuse("Enter a valid value.".to_owned()),
        _ if find(state, name).is_ok() => refuse("Tag with this Name already exists.".to_owned()),
        _ => Ok(()),
    }
}
