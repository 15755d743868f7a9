use std::{sync::Arc, time::Duration};

use api_client_core::client::{ReqwestTransport, Transport};

use crate::Error;

/// Creates the transport that a client uses unless it is given another one.
pub(super) fn http_transport(timeout: Duration) -> Result<Arc<dyn Transport>, Error> {
    let transport = ReqwestTransport::new(concat!("brightpearl-rust/", env!("CARGO_PKG_VERSION")), timeout)
        .map_err(|error| Error::configuration(error.to_string()))?;
    Ok(Arc::new(transport))
}
