use crate::DataError;
use crate::client::{Client, Downloaded, digest};
use crate::hub_cache::{HubCache, make_parent};
use proctor_core::Progress;

/// One file of a commit that is to come into the cache.
pub(crate) struct Wanted<'a> {
    pub(crate) commit: &'a str,
    /// Its path in the repository.
    pub(crate) path: &'a str,
    /// What messages call it.
    pub(crate) what: &'a str,
    pub(crate) url: &'a str,
    /// What the Hub calls its content; SHA-256 where it has 64 digits.
    pub(crate) etag: Option<String>,
    /// Its size in bytes, where announced.
    pub(crate) size: Option<u64>,
}

impl Wanted<'_> {
    /// Downloads the file, going on where an earlier try ended, checks it and makes it visible. Says whether it had to
    /// be downloaded: content that another commit has, too, is there already. `accept` may refuse what came.
    pub(crate) async fn bring(
        &self,
        client: &Client,
        cache: &HubCache,
        accept: impl Fn(&Downloaded) -> Result<(), DataError>,
        progress: &dyn Progress,
    ) -> Result<(Downloaded, bool), DataError> {
        let Self { commit, path, what, url, ref etag, size } = *self;
        let name = etag.clone().unwrap_or_else(|| proctor_core::sha256_hex(format!("{commit}\n{path}").as_bytes()));
        let blob = cache.blob(&name);
        make_parent(&blob)?;
        if etag.is_some() && blob.is_file() {
            let found = digest(&blob)?;
            if self.fault(&found).is_none() {
                accept(&found)?;
                cache.link(&name, commit, path)?;
                return Ok((found, false));
            }
        }
        let partial = blob.with_file_name(format!("{name}.incomplete"));
        let step = progress.step(what, size);
        let got = client.download(url, what, &partial, step.as_ref()).await?;
        if let Some(wrong) = self.fault(&got) {
            let _ = std::fs::remove_file(&partial);
            return Err(DataError::Remote(format!("{what}: {wrong}; it was thrown away, the same command tries again")));
        }
        if let Err(error) = accept(&got) {
            let _ = std::fs::remove_file(&partial);
            return Err(error);
        }
        std::fs::rename(&partial, &blob).map_err(|error| DataError::disk("keeping", &blob, &error))?;
        cache.link(&name, commit, path)?;
        step.finish(&format!("{what} ({:.1} MB)", got.bytes as f64 / 1e6));
        Ok((got, true))
    }

    /// What is wrong with a content, by what was announced.
    pub(crate) fn fault(&self, found: &Downloaded) -> Option<String> {
        match (self.size, &self.etag) {
            (Some(size), _) if size != found.bytes => Some(format!("{} bytes came, {size} were announced", found.bytes)),
            // Large files are kept under their SHA-256.
            (_, Some(etag)) if etag.len() == 64 && *etag != found.sha256 => Some("its content is not what its hash says".into()),
            _ => None,
        }
    }
}
