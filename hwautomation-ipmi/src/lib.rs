//! The hwautomation adapter for BMCs that speak IPMI 2.0 over RMCP+.
