use super::runs::now;
use super::{Store, StoreError};
use proctor_core::{Completion, Request};

impl Store {
    /// The answer kept under `key`.
    pub async fn response(&self, key: &str) -> Result<Option<Completion>, StoreError> {
        let text: Option<String> = sqlx::query_scalar("SELECT completion FROM responses WHERE key = ?")
            .bind(key)
            .fetch_optional(&self.readers)
            .await
            .map_err(|e| self.failed(e))?;
        text.map(|text| self.parse_json(&text, "a kept answer")).transpose()
    }

    /// Keeps an answer under `key` and returns the one that counts: the first that was ever kept.
    pub async fn keep_response(
        &self,
        key: &str,
        model: &str,
        request: &Request,
        completion: &Completion,
    ) -> Result<Completion, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO responses (key, model, request, completion, created_at) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (key) DO NOTHING",
        )
        .bind(key)
        .bind(model)
        .bind(self.to_json(request)?)
        .bind(self.to_json(completion)?)
        .bind(now())
        .execute(&mut *transaction)
        .await
        .map_err(|e| self.failed(e))?;
        let text: String = sqlx::query_scalar("SELECT completion FROM responses WHERE key = ?")
            .bind(key)
            .fetch_one(&mut *transaction)
            .await
            .map_err(|e| self.failed(e))?;
        transaction.commit().await.map_err(|e| self.failed(e))?;
        self.parse_json(&text, "a kept answer")
    }
}
