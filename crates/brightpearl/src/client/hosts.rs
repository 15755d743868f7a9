//! The hosts of Brightpearl's API (docs/evidence/brightpearl-platform.md#hosts-and-uris).

use crate::Error;

/// Returns the base URL of a host, or an error if the host is not one of Brightpearl's API.
pub(super) fn brightpearl_host(host: &str) -> Result<String, Error> {
    let name = host.strip_suffix(".brightpearlconnect.com").or_else(|| host.strip_suffix(".brightpearl.com"));
    let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if name.is_some_and(|name| !name.is_empty() && plain(name)) {
        Ok(format!("https://{host}"))
    } else {
        Err(Error::configuration(format!(
            "`{host}` is not a host of Brightpearl's API: expected a host such as euw1.brightpearlconnect.com"
        )))
    }
}

/// Returns the base URL of a data centre's host.
pub(super) fn datacenter_host(code: &str) -> Result<String, Error> {
    let plausible = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plausible {
        Ok(format!("https://{code}.brightpearlconnect.com"))
    } else {
        Err(Error::configuration(format!(
            "`{code}` is not a data centre: expected a code such as euw1 or use1"
        )))
    }
}
