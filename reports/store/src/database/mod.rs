//! One way of talking to both databases: statements with `?1`, `?2` … as placeholders, values and rows of three types.

mod connection;
mod patience;
mod row;
mod rows;
mod statement;
mod value;

pub(crate) use connection::{Database, Executor, Transaction};
pub(crate) use patience::{PATIENCE, Patience, is_lost};
pub(crate) use row::Row;
pub(crate) use rows::{Insertion, insert_both, insert_rows, placeholders};
pub(crate) use statement::{Statement, sql};
pub(crate) use value::Value;
