//! A service of a shop: it credits an order in Brightpearl, and reads what a return is worth from ReturnGO.

use brightpearl::{OrderId, order::NewCreditRow, order::NewSalesCredit, rust_decimal::Decimal};
use returngo::RmaId;

/// Credits goodwill on a sales order, once for each reference. Returns the sales credit.
pub async fn credit_goodwill(
    brightpearl: &brightpearl::Client,
    order: OrderId,
    reference: &str,
    amount: Decimal,
) -> Result<OrderId, Box<dyn std::error::Error>> {
    let sale =
        brightpearl.orders().get(&[order].into_iter().collect()).await?.pop().ok_or("no such order")?;
    let customer =
        sale.parties.customer.and_then(|party| party.contact_id).ok_or("the order has no customer")?;
    let mut credit = NewSalesCredit::for_customer(customer);
    credit.parent_id = Some(order);
    credit.external_ref = Some(reference.to_owned());
    credit.installed_integration_instance_id = brightpearl.instance_id().await?;
    credit.rows = vec![NewCreditRow::free_text("Goodwill", "T20", amount, Decimal::ZERO)];
    Ok(brightpearl.sales_credits().create(&credit).await?.id)
}

/// Returns what the shopper paid for the units of a return.
pub async fn worth(returngo: &returngo::Client, rma: &RmaId) -> Result<Decimal, returngo::Error> {
    let rma = returngo.rmas().get(rma).await?;
    Ok(rma.items.iter().filter_map(|item| item.paid_price.as_ref()).map(|price| price.amount).sum())
}
