-- Session boundaries: each event with its neighbours in the session.
SELECT event_id, session_id, event_timestamp,
       lag(event_timestamp) OVER session AS previous_timestamp,
       lead(event_timestamp) OVER session AS next_timestamp,
       lag(event_timestamp) OVER session IS NULL AS is_session_start,
       lead(event_timestamp) OVER session IS NULL AS is_session_end,
       coalesce(extract(epoch FROM (lead(event_timestamp) OVER session - event_timestamp)), 30) AS seconds_to_next,
       row_number() OVER session AS session_sequence,
       count(*) OVER (PARTITION BY session_id) AS session_events,
       CASE WHEN row_number() OVER session = 1 THEN 'entry'
            WHEN lead(event_timestamp) OVER session IS NULL THEN 'exit'
            ELSE 'progression' END AS journey_stage
FROM stg_web_events
WINDOW session AS (PARTITION BY session_id ORDER BY event_timestamp, event_id)
