//! The contract of `LoopStore`, run on every implementation, and what only a database promises.
//!
//! Each test of the contract is written once against [`world::World`]; `contract!` runs it on every store. What only a
//! database promises is written against [`databases::Kind`]; `databases!` runs it on every database.

mod adopting;
mod balancers;
mod database;
#[path = "../databases/mod.rs"]
mod databases;
mod events;
mod forward;
mod intents;
mod leases;
mod log;
mod retention;
mod series;
mod settling;
mod sql_people;
mod starting;
mod stopped;
mod voices;
mod world;

/// Runs every test on every store.
macro_rules! contract {
    ($($area:ident { $($test:ident),* $(,)? })*) => {
        mod memory { $( mod $area { $(
            #[tokio::test]
            async fn $test() {
                crate::$area::$test(&crate::world::memory()).await;
            }
        )* } )* }
        mod sqlite { $( mod $area { $(
            #[tokio::test]
            async fn $test() {
                crate::$area::$test(&crate::world::database(crate::databases::Kind::Sqlite).await).await;
            }
        )* } )* }
        mod postgres { $( mod $area { $(
            #[tokio::test]
            async fn $test() {
                crate::$area::$test(&crate::world::database(crate::databases::Kind::Postgres).await).await;
            }
        )* } )* }
    };
}

contract! {
    leases {
        an_owner_claims_every_free_shard_and_another_none,
        claiming_again_changes_nothing_while_the_leases_last,
        renewing_moves_the_end,
        an_expired_lease_goes_to_the_next_owner_under_a_higher_epoch,
        what_is_released_is_free_at_once,
        a_server_that_comes_has_its_share_after_two_renewals,
        with_equal_shares_nothing_moves,
        the_shards_of_a_dead_server_are_shared_among_the_others,
        what_is_given_back_is_under_a_higher_epoch_for_whoever_takes_it,
    }
    intents {
        a_launch_begins_its_record_and_activity,
        the_lowest_free_address_is_taken,
        an_address_is_free_again_when_its_record_ended,
        a_launch_whose_subnet_is_full_goes_to_the_next_one,
        a_launch_without_a_place_is_not_written_and_the_others_are,
        two_hundred_launches_at_once_have_two_hundred_addresses,
        a_lost_lease_fences_intents,
        a_released_lease_fences_intents,
        an_unknown_group_fences_intents,
        a_spec_that_people_changed_refuses_intents,
        what_was_intended_or_settled_since_a_group_was_loaded_refuses_intents,
        a_disabled_group_lets_no_stray_be_destroyed,
        a_disabled_group_refuses_to_begin_but_lets_finish,
        a_group_being_deleted_lets_removals_begin,
        an_instance_protected_since_a_group_was_loaded_refuses_intents,
        a_phase_that_moved_refuses,
        intents_are_written_all_or_none,
        a_removal_fails_the_open_launch,
        a_removal_may_begin_without_drain,
    }
    adopting {
        a_machine_that_is_taken_in_gets_the_record_its_tags_tell_of,
        a_machine_is_not_taken_in_when_its_id_or_address_is_a_records,
        a_disabled_group_takes_in_nothing,
    }
    settling {
        memory_and_counts_are_stored,
        what_people_desired_meanwhile_stays,
        a_lost_lease_fences_a_settlement,
        marks_of_people_stay_and_marks_of_the_loop_move,
        a_removal_that_the_same_pass_intended_stays_one,
        a_terminated_record_is_not_loaded,
        an_activity_ends_once,
        a_resize_is_an_activity_that_ended_at_once,
        orders_carried_out_are_gone,
        decisions_merge_while_their_reasons_stay_the_same,
        a_deleted_group_disappears,
        a_group_with_a_record_left_is_not_deleted,
        an_older_template_version_can_be_looked_up,
        samples_are_of_the_last_closed_cycle,
    }
    series {
        records_are_kept_in_order_over_hours_and_gaps_stay_gaps,
        a_cycle_folded_again_is_replaced,
        fewer_than_asked_are_all_there_are,
        minutes_come_back_by_instance_while_members_come_and_go,
        a_minute_that_two_servers_left_behind_is_the_later_ones,
        a_large_group_has_all_its_minutes,
    }
    events {
        the_sequence_has_no_gap_and_no_double,
        a_refused_settlement_tells_nothing,
        nothing_to_say_takes_no_number,
    }
    balancers {
        a_deleted_balancer_stays_until_its_process_has_ended,
        a_balancer_that_is_not_deleted_cannot_end,
        who_has_a_record_is_told_until_it_ends,
        who_serves_behind_a_balancer_is_told_of_all_groups_and_nobody_who_leaves,
    }
    retention {
        series_are_kept_for_fifteen_days,
        five_hundred_decisions_of_a_group_are_kept,
        events_are_kept_for_a_day_and_ten_thousand_at_most,
        what_ended_ninety_days_ago_goes_and_what_is_open_stays,
        records_go_ninety_days_after_they_ended,
        a_sweep_is_bounded,
        minutes_are_kept_for_two_days,
        decisions_go_ninety_days_after_they_began_but_the_newest_stays,
        what_takes_too_much_goes_by_the_oldest_hour,
        minutes_that_take_too_much_go_by_the_oldest_hour,
        ended_records_that_take_too_much_go_by_the_oldest_hour,
        the_hour_under_way_is_not_counted,
        what_is_open_stays_however_much_it_takes,
    }
}

/// Runs every test on every database.
macro_rules! databases {
    ($($area:ident { $($test:ident),* $(,)? })*) => {
        mod on_sqlite { $( mod $area { $(
            #[tokio::test]
            async fn $test() {
                crate::$area::$test(crate::databases::Kind::Sqlite).await;
            }
        )* } )* }
        mod on_postgres { $( mod $area { $(
            #[tokio::test]
            async fn $test() {
                crate::$area::$test(crate::databases::Kind::Postgres).await;
            }
        )* } )* }
    };
}

databases! {
    database {
        an_intent_is_there_after_the_database_was_closed_and_opened,
        two_servers_on_one_database_share_shards_and_addresses,
        two_servers_that_write_at_once_wait_for_each_other_and_lose_nothing,
        leases_are_measured_by_the_databases_clock_unless_told_otherwise,
        one_jobs_refusal_undoes_nothing_of_anothers_in_the_same_commit,
        a_job_that_fails_in_the_database_is_undone_and_says_what_is_taken,
        a_job_that_panics_is_undone_and_the_writer_works_on,
        a_closed_database_refuses,
        a_reader_sees_one_moment,
        a_reader_cannot_write,
        a_listener_is_woken_after_the_commit_and_not_for_what_was_undone,
        an_audit_line_is_written_with_what_it_speaks_of,
        what_cannot_be_read_names_its_column_and_operation,
        a_null_and_a_text_with_a_nul_are_stored_alike,
    }
    retention {
        what_is_counted_is_what_is_there_while_rows_come_and_go,
    }
    starting {
        migrating_twice_is_migrating_once,
        the_first_start_writes_the_catalogue_once,
        product_time_begins_as_the_wall_clock_and_its_mark_never_goes_back,
        a_restart_never_runs_product_time_back,
        a_second_server_runs_by_the_same_anchor_and_at_no_other_scale,
        a_server_that_slept_while_another_set_product_time_anew_holds_nothing_any_more,
        sessions_that_expired_are_swept_by_the_wall_clock,
    }
    forward {
        a_filled_database_of_each_version_keeps_all_it_holds,
        a_filled_database_of_the_first_version_works_when_it_is_migrated,
        a_version_that_was_changed_after_it_was_applied_is_refused,
        a_database_of_a_newer_program_is_refused_and_left_as_it_is,
    }
}
