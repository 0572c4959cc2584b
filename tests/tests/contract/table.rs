//! Every promise of the contract.
