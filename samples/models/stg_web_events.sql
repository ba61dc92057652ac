-- Staging: each event of people with a usable score once, with how engaged each was and where from.
SELECT *,
       CASE WHEN time_on_page_seconds >= 30 THEN 'engaged'
            WHEN time_on_page_seconds >= 10 THEN 'moderate'
            ELSE 'bounce' END AS engagement_level,
       CASE WHEN timezone LIKE 'America/%' THEN 'Americas'
            WHEN timezone LIKE 'Europe/%' THEN 'Europe'
            WHEN timezone LIKE 'Asia/%' OR timezone LIKE 'Pacific/%' THEN 'Asia-Pacific'
            ELSE 'Other' END AS region
FROM web_events
WHERE event_date BETWEEN DATE '2022-01-01' AND CURRENT_DATE
  AND NOT coalesce(is_bot, false)
  AND data_quality_score >= 0.5
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY processed_timestamp, event_timestamp, session_id) = 1
