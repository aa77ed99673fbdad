//! A small world for loop tests: a clock driven by hand, a driver and a balancer in memory with named faults, and a real
//! store in a scratch file. The loop in it is the real one.

#![allow(dead_code, reason = "each test binary uses its part of the world")]

pub mod balancer;
pub mod clock;
pub mod driver;
