use proctor_core::{Request, canonical_json, sha256_hex};
use proctor_store::{Store, StoreError};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many hexadecimal digits name a request: 128 bits, and few enough for every provider.
const NAME_DIGITS: usize = 32;

/// A batch as the store remembers it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Our own name for it.
    pub token: String,
    /// The provider's; `None` while nobody knows whether it arrived.
    pub vendor: Option<String>,
    /// When it was about to be handed in, in seconds since 1970.
    pub since: u64,
    /// The names of its requests.
    pub items: HashSet<String>,
}

impl Entry {
    /// A batch of these requests that is about to be handed in.
    pub fn new(run_id: &str, items: HashSet<String>) -> Self {
        let mut names: Vec<&str> = items.iter().map(String::as_str).collect();
        names.sort_unstable();
        let since = now();
        let token = sha256_hex(format!("{run_id} {since} {}", names.concat()).as_bytes())[..NAME_DIGITS].to_owned();
        Self { token, vendor: None, since, items }
    }

    fn content(&self) -> Value {
        json!({"vendor": self.vendor, "since": self.since, "items": self.items})
    }

    fn read(token: String, content: &Value) -> Self {
        let items = content.get("items").and_then(Value::as_array);
        Self {
            token,
            vendor: content.get("vendor").and_then(Value::as_str).map(str::to_owned),
            since: content.get("since").and_then(Value::as_u64).unwrap_or(0),
            items: items.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        }
    }
}

/// The batches of one run in the store.
#[derive(Clone)]
pub(super) struct Ledger {
    pub store: Store,
    pub run_id: String,
}

impl Ledger {
    /// Every batch that was handed in, or was about to be.
    pub async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let stored = self.store.batches(&self.run_id).await?;
        Ok(stored.into_iter().map(|batch| Entry::read(batch.id, &batch.content)).collect())
    }

    /// Writes one down; it is durable when this returns.
    pub async fn record(&self, entry: &Entry) -> Result<(), StoreError> {
        self.store.record_batch(&self.run_id, &entry.token, &entry.content()).await
    }

    /// Forgets one that never arrived.
    pub async fn forget(&self, entry: &Entry) -> Result<(), StoreError> {
        self.store.forget_batch(&self.run_id, &entry.token).await
    }
}

/// The name of a request in batches: the same for the same question of the same attempt of the same run, however often
/// that is begun. `round` counts the times it was handed in and not answered.
pub(super) fn item_name(run_id: &str, request: &Request, round: u32) -> String {
    let label = request.label.as_ref();
    let label = label.map(|label| json!([label.sample_id, label.epoch, label.call]));
    let whole = json!([run_id, label, round, request]);
    sha256_hex(canonical_json(&whole).as_bytes())[..NAME_DIGITS].to_owned()
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
