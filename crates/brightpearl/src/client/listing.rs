use api_client_core::{
    HttpResponse,
    decode::{DecodeError, readable_json},
    json_text::readable,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::Client;
use crate::{Error, answer, request::Request, search::UndecodableRow};

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    response: Vec<&'a RawValue>,
}

impl Client {
    /// Reads a list of the account entry by entry: an invalid entry does not affect the others. [`Self::send`]
    /// returns all entries or an error.
    ///
    /// ```no_run
    /// # async fn example(brightpearl: brightpearl::Client) -> Result<(), brightpearl::Error> {
    /// use brightpearl::accounting::tax_code;
    ///
    /// for entry in brightpearl.list_each(&tax_code::list()).await? {
    ///     match entry {
    ///         Ok(rate) => println!("{} {} %", rate.code, rate.percent()),
    ///         Err(entry) => eprintln!("tax codes: {entry}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the request fails or the response is not a list; see [`ErrorKind`](crate::ErrorKind).
    pub async fn list_each<T: DeserializeOwned>(
        &self,
        list: &Request<Vec<T>>,
    ) -> Result<Vec<Result<T, UndecodableRow>>, Error> {
        self.send(&list.read_as(entries)).await
    }
}

/// Decodes the entries of a list under `response`, each by itself: an invalid one does not affect the others.
fn entries<T: DeserializeOwned>(
    response: &HttpResponse,
) -> Result<Vec<Result<T, UndecodableRow>>, DecodeError> {
    if let Ok(all) = answer::payload::<Vec<T>>(response) {
        return Ok(all.into_iter().map(Ok).collect());
    }
    let body = readable(&response.body);
    let list: Envelope<'_> = readable_json(&body)?;
    let entry = |(index, entry): (usize, &&RawValue)| {
        readable_json(entry.get().as_bytes())
            .map_err(|source| UndecodableRow::new(index + 1, id_of(entry), entry.get(), source))
    };
    Ok(list.response.iter().enumerate().map(entry).collect())
}

/// Returns the id of an entry, as far as it can be told.
fn id_of(entry: &RawValue) -> Option<u64> {
    #[derive(Deserialize)]
    struct EntryId {
        #[serde(alias = "statusId")]
        id: u64,
    }
    serde_json::from_str(entry.get()).ok().map(|EntryId { id }| id)
}
