# The commands a contributor needs. `just` lists them; CONTRIBUTING.md explains them.

_default:
    @just --list --unsorted

# Run all tests, or those of one crate: just test -p brightpearl
test *args="--workspace":
    cargo test {{ args }}

# Format the code and run clippy without warnings
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets --all-features -- --deny warnings

# Build the documentation
docs:
    RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --all-features

# Run the connector against the mocks
demo *args="--rmas 20":
    cargo run --package returngo-brightpearl -- demo {{ args }}

# Run everything that has to pass before a change is merged
ci:
    .ci/run
