use std::{sync::Arc, time::Duration};

use api_client_core::client::{HttpSettings, ReqwestTransport, Transport};

use crate::Error;

/// Creates the transport that a client uses unless it is given another one.
pub(super) fn http_transport(
    timeout: Duration,
    settings: &HttpSettings,
) -> Result<Arc<dyn Transport>, Error> {
    let user_agent = concat!("brightpearl-rust/", env!("CARGO_PKG_VERSION"));
    let transport = ReqwestTransport::with_settings(user_agent, timeout, settings)
        .map_err(|error| Error::configuration(error.to_string()))?;
    Ok(Arc::new(transport))
}
