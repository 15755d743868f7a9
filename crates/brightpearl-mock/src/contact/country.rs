//! Countries in the addresses of orders (docs/evidence/brightpearl-orders.md#addresses).

use brightpearl::order::Address;

/// A country.
#[derive(Debug, Clone, Copy)]
pub(super) struct Country {
    /// An invented number. Brightpearl's numbers are not known.
    pub(super) id: u64,
    pub(super) two: &'static str,
    pub(super) three: &'static str,
    name: &'static str,
}

const fn country(id: u64, two: &'static str, three: &'static str, name: &'static str) -> Country {
    Country { id, two, three, name }
}

/// The countries that the mock knows. Addresses in others keep the given code.
const COUNTRIES: [Country; 10] = [
    country(1, "AU", "AUS", "Australia"),
    country(2, "CA", "CAN", "Canada"),
    country(3, "DE", "DEU", "Germany"),
    country(4, "ES", "ESP", "Spain"),
    country(5, "FR", "FRA", "France"),
    country(6, "GB", "GBR", "United Kingdom"),
    country(7, "IE", "IRL", "Ireland"),
    country(8, "IT", "ITA", "Italy"),
    country(9, "NL", "NLD", "Netherlands"),
    country(10, "US", "USA", "United States"),
];

/// Returns the country of an address, by its two-letter or three-letter code or its number.
pub(super) fn of(address: &Address) -> Option<Country> {
    let code = address.country_iso_code.as_deref();
    let is_it = |country: &&Country| {
        code == Some(country.two) || code == Some(country.three) || address.country_id == Some(country.id)
    };
    COUNTRIES.iter().find(is_it).copied()
}

/// Adds the name, number and both codes of its country to an address. For an unknown country it adds only the number
/// 0 (recorded).
pub(crate) fn with_country(address: Address) -> Address {
    match of(&address) {
        Some(country) => Address {
            country: Some(country.name.to_owned()),
            country_id: Some(country.id),
            country_iso_code: Some(country.two.to_owned()),
            country_iso_code3: Some(country.three.to_owned()),
            ..address
        },
        None => Address { country_id: Some(0), ..address },
    }
}
