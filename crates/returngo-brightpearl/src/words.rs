//! `[CONNECTION] [RMA…]`: the first word is a connection when it is not the number of an RMA.

use std::str::FromStr;

use clap::Args;
use returngo::RmaId;

use crate::output::Usage;
use returngo_brightpearl_connector::store::ConnectionId;

#[derive(Debug, Args)]
pub(super) struct Words {
    /// Numbers of RMAs, such as 4410021; the name of the connection first, if there is more than one
    #[arg(value_name = "CONNECTION|RMA")]
    words: Vec<Word>,
}

#[derive(Debug, Clone)]
enum Word {
    Rma(RmaId),
    Connection(ConnectionId),
}

impl FromStr for Word {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rma = text.parse().map(Self::Rma);
        rma.or_else(|_| text.parse().map(Self::Connection)).map_err(|_| {
            "neither the number of an RMA, such as 4410021, nor the name of a connection".to_owned()
        })
    }
}

impl Words {
    /// The connection, if one is named, and the RMAs.
    pub(super) fn split(&self) -> Result<(Option<ConnectionId>, Vec<RmaId>), Usage> {
        let (connection, rest) = match self.words.as_slice() {
            [Word::Connection(connection), rest @ ..] => (Some(connection.clone()), rest),
            all => (None, all),
        };
        let rmas = rest.iter().map(|word| match word {
            Word::Rma(rma) => Ok(rma.clone()),
            Word::Connection(name) => {
                Err(Usage(format!("{name} is no RMA number: expected digits, such as 4410021")))
            }
        });
        Ok((connection, rmas.collect::<Result<_, _>>()?))
    }
}
