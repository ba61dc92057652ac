-- What yesterday's partition has gained since the table's first snapshot, by time travel.
WITH now_count AS (
  SELECT COUNT(*) AS events FROM web_events WHERE event_date = CURRENT_DATE - 1
), first_snapshot AS (
  SELECT COUNT(*) AS events FROM web_events FOR VERSION AS OF 'first' WHERE event_date = CURRENT_DATE - 1
)
SELECT now_count.events AS events_now, first_snapshot.events AS events_then,
       now_count.events - first_snapshot.events AS difference,
       CASE WHEN first_snapshot.events = 0 THEN NULL
            ELSE (now_count.events - first_snapshot.events) * 100.0 / first_snapshot.events END AS percentage
FROM now_count, first_snapshot;
