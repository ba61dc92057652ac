-- What yesterday's partition has gained in the last 24 hours, by time travel.
WITH now_count AS (
  SELECT COUNT(*) AS events FROM web_events WHERE event_date = CURRENT_DATE - 1
), day_before AS (
  SELECT COUNT(*) AS events FROM web_events FOR TIMESTAMP AS OF (CURRENT_TIMESTAMP - INTERVAL '1' DAY)
  WHERE event_date = CURRENT_DATE - 1
)
SELECT now_count.events AS events_now, day_before.events AS events_then,
       now_count.events - day_before.events AS difference,
       CASE WHEN day_before.events = 0 THEN NULL
            ELSE (now_count.events - day_before.events) * 100.0 / day_before.events END AS percentage
FROM now_count, day_before;
