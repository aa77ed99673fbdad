//! Mutants that the seeds of the simulated world have to find by themselves, whoever else notices: each needs things that go
//! wrong together, and says whether stories are drawn sharply enough.

use super::{Mutant, seeds};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "seeds-meet-the-protected",
        breaks: "as `protected-leaves-for-health`",
        rule: "I2",
        file: "engine/src/plan/health.rs",
        find: "let kept = flags.protected || flags.standby;",
        put: "let kept = flags.standby;",
        suites: &[seeds(&["a_hundred_seeds_of_two_hours"])],
    },
    Mutant {
        name: "seeds-meet-a-signal",
        breaks: "as `signal-without-leave`",
        rule: "I7",
        file: "server/control/src/pass/apply.rs",
        find: "            if !self.leave(place, vserver, id).await {\n                return Applied::default();\n            }",
        put: "            let _ = (place, vserver, id);",
        suites: &[seeds(&["a_hundred_seeds_of_two_hours"])],
    },
    Mutant {
        name: "lease-by-the-stores-clock",
        breaks: "the end of a lease is the store's instant and is compared with the server's clock",
        rule: "I3, I11",
        file: "server/control/src/pass/leases.rs",
        find: "Lease { until, ..lease }",
        put: "Lease { until: if until.0 == 0 { until } else { lease.until }, ..lease }",
        suites: &[seeds(&["a_hundred_seeds_of_two_hours"])],
    },
];
