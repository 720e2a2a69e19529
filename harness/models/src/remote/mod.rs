//! What every wire format shares: how a question is sent and an answer gathered, and how failures are told apart.

mod advice;
mod answer;
mod arguments;
mod connect;
mod json;
mod listed;
mod model;
mod report;
mod tier;
mod wire;

pub(crate) use answer::{Answer, read_finish};
pub(crate) use arguments::{Arguments, SEED_BITS, apply};
pub(crate) use connect::{Base, Place, connect, open_model};
pub(crate) use json::read_json;
pub(crate) use model::Remote;
pub(crate) use wire::{
    Misread, Question, Step, StreamReader, Wire, chat_messages, chat_only, event_json, instructions_and_turns,
};
