use api_client_core::open_enum;

open_enum! {
    /// Whether a product is sold. Only `LIVE` was ever seen; the others are inferred.
    pub enum ProductStatus {
        /// It is.
        Live = "LIVE",
        /// What is there is sold, nothing is bought.
        Discontinued = "DISCONTINUED",
        /// It is not.
        Archived = "ARCHIVED",
    }
}
