//! Brightpearl's goods → updates of the RMA.

use crate::worlds::plans;

plans! {
    into_quarantine: "received_into_quarantine";
    into_stock_at_the_first_look: "received_into_stock";
    in_part: "received_in_part";
    in_two_notes: "received_in_two_notes";
    released_in_parts: "released_in_parts";
    released_and_written_off: "released_and_written_off";
    too_much_and_the_wrong_things: "received_too_much";
    into_a_warehouse_whose_quarantine_is_unknown: "unknown_quarantine";
    cancelled_notes_and_those_of_other_orders: "cancelled_note";
    missing_once_the_credit_is_closed: "closed_before_all_came";
    not_missing_where_the_refund_closed_it: "closed_before_all_came" with {"close_credit": "when_refunded"};
    two_credits_share_a_batch: "shared_batch";
    a_bundle_in_part: "bundle_received_in_part";
    a_bundle_whole: "bundle_received";
    validation_by_returngo_is_not_acted_on: "validated_by_returngo";
    two_parcels: "two_parcels";
    without_a_shipment_the_rma_moves: "received_without_shipment";
    names_are_escaped: "html_in_names";
}
