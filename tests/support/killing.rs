//! Runs that are killed: what is run, where it is kept, and what must be the same afterwards.

#![allow(dead_code)]

use super::postgres;
use super::support::faults::{Faulty, KEY};
use super::support::{Desk, Ran};
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub fn kills() -> usize {
    std::env::var("PROCTOR_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10)
}

pub const IN_FLIGHT: usize = 8;
/// How long an answer takes.
pub const TAKES: Duration = Duration::from_millis(10);

pub fn command(desk: &Desk, url: &str) -> Command {
    command_of(desk, url, IN_FLIGHT)
}

/// The same with so many requests in flight.
pub fn command_of(desk: &Desk, url: &str, in_flight: usize) -> Command {
    let in_flight = in_flight.to_string();
    let mut command = desk.command(&["run", "tumlu:kazakh", "--epochs", "20", "-m", "openai-api/local/m", "--base-url", url]);
    command.args(["--concurrency", &in_flight, "--format", "json", "--quiet"]).env("LOCAL_API_KEY", KEY);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a reader decides with, without times and ids.
pub fn table(ran: &Ran) -> Vec<Value> {
    let mut document = ran.json("proctor.summary/1");
    let runs = document["runs"].as_array_mut().expect("runs");
    for run in runs.iter_mut().filter_map(Value::as_object_mut) {
        for field in ["usage", "run", "created_at"] {
            run.remove(field);
        }
    }
    runs.clone()
}

/// Numbers in [0, 1), the same in every run of this test.
pub fn fraction(number: usize) -> f64 {
    (number as f64 * 0.618_033_988_749_895 + 0.11).fract()
}

pub fn kill(mut child: Child) {
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
}

/// Waits until what was in flight is answered, though nobody is there any more.
pub fn settled(endpoint: &Faulty) {
    let began = Instant::now();
    loop {
        let requests = endpoint.requests();
        std::thread::sleep(TAKES * 4);
        if (endpoint.requests(), endpoint.answers().0) == (requests, requests) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "requests without an answer");
    }
}

pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

pub async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.expect("the store opens")
}

/// Where the runs of a desk are kept.
pub enum Kept {
    /// In the desk's own file.
    File,
    /// In a database of a server, by its address.
    Server(String),
}

/// Makes a place for runs; `None` where there can be none, with the reason on standard error.
pub type Place = fn() -> Option<Kept>;

/// Every kind of place, by name.
pub const PLACES: [(&str, Place); 2] = [("a file", || Some(Kept::File)), ("a server", || postgres::database().map(Kept::Server))];

impl Kept {
    /// What a command line needs to find the place.
    pub fn arguments(&self) -> Vec<&str> {
        match self {
            Kept::File => Vec::new(),
            Kept::Server(address) => vec!["--store", address],
        }
    }

    pub fn command(&self, desk: &Desk, url: &str) -> Command {
        let mut command = command(desk, url);
        command.args(self.arguments());
        command
    }

    pub fn to_the_end(&self, desk: &Desk, url: &str) -> Ran {
        Ran::from(self.command(desk, url).output().expect("the program starts")).expect(0)
    }

    /// How many paid answers there are in the store, which may still be in the making.
    pub fn answers(&self, desk: &Desk) -> usize {
        const COUNT: &str = "SELECT count(*) FROM responses";
        let path = desk.path(".proctor/proctor.db");
        let count: Result<i64, sqlx::Error> = wait(async {
            match self {
                Kept::File if !path.exists() => Ok(0),
                Kept::File => {
                    let mut connection = connect(&path).await;
                    let count = sqlx::query_scalar(COUNT).fetch_one(&mut connection).await;
                    connection.close().await.expect("it closes");
                    count
                }
                Kept::Server(address) => {
                    let mut connection = PgConnection::connect(address).await.expect("the server answers");
                    nobody_else(&mut connection).await;
                    let count = sqlx::query_scalar(COUNT).fetch_one(&mut connection).await;
                    connection.close().await.expect("it closes");
                    count
                }
            }
        });
        match count {
            Ok(count) => count as usize,
            Err(error) if error.to_string().contains("no such table") || error.to_string().contains("does not exist") => 0,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Waits until the server has finished what a killed program had told it to do.
async fn nobody_else(connection: &mut PgConnection) {
    const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                          AND backend_type = 'client backend'";
    let began = Instant::now();
    loop {
        let others: i64 = sqlx::query_scalar(OTHERS).fetch_one(&mut *connection).await.expect("a count");
        if others == 0 {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "a killed program is still connected");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
