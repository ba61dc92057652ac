-- The last 7 days as they are now and as they were a day ago, by day and space type, and over all space types.
WITH now_events AS (
  SELECT event_date, space_type, count(*) AS events, count(DISTINCT session_id) AS sessions, count(DISTINCT anonymous_id) AS users,
         avg(time_on_page_seconds) AS seconds, count(*) FILTER (WHERE has_space_context) AS core_events, avg(data_quality_score) AS score
  FROM web_events
  WHERE event_date >= CURRENT_DATE - 7 GROUP BY event_date, space_type
), old_events AS (
  SELECT event_date, space_type, count(*) AS events, count(DISTINCT session_id) AS sessions, count(DISTINCT anonymous_id) AS users,
         avg(time_on_page_seconds) AS seconds, count(*) FILTER (WHERE has_space_context) AS core_events, avg(data_quality_score) AS score
  FROM web_events FOR TIMESTAMP AS OF (CURRENT_TIMESTAMP - INTERVAL '1' DAY)
  WHERE event_date >= CURRENT_DATE - 7 GROUP BY event_date, space_type
), compared AS (
  SELECT n.event_date, n.space_type, n.events, n.sessions, n.users, n.seconds, n.core_events, n.score,
         o.events AS old_events, o.sessions AS old_sessions, o.users AS old_users, o.seconds AS old_seconds,
         o.core_events AS old_core_events, o.score AS old_score,
         n.events - coalesce(o.events, 0) AS events_change, n.sessions - coalesce(o.sessions, 0) AS sessions_change,
         n.score - o.score AS score_change,
         CASE WHEN coalesce(o.events, 0) = 0 THEN NULL ELSE (n.events - o.events) * 100.0 / o.events END AS events_percent,
         CASE WHEN coalesce(o.seconds, 0) = 0 THEN NULL ELSE (n.seconds - o.seconds) * 100.0 / o.seconds END AS seconds_percent
  FROM now_events AS n
  LEFT JOIN old_events AS o ON n.event_date = o.event_date AND n.space_type IS NOT DISTINCT FROM o.space_type
)
SELECT *,
       CASE WHEN abs(events_percent) > 50 THEN 'high' WHEN abs(events_percent) > 25 THEN 'medium' ELSE 'normal' END AS volume_flag,
       CASE WHEN abs(seconds_percent) > 30 THEN 'high' WHEN abs(seconds_percent) > 15 THEN 'medium' ELSE 'normal' END AS engagement_flag,
       CASE WHEN score_change < -0.1 THEN 'degradation' WHEN score_change > 0.1 THEN 'improvement' ELSE 'stable' END AS quality_flag,
       CASE WHEN events_change > 0 AND sessions_change > 0 THEN 'growing' WHEN events = 0 AND coalesce(old_events, 0) = 0 THEN 'stale'
            WHEN events_change < 0 THEN 'decreasing' ELSE 'stable' END AS freshness
FROM compared
UNION ALL
SELECT event_date, 'all_spaces', sum(events), sum(sessions), NULL, NULL, sum(core_events), NULL, sum(old_events), sum(old_sessions), NULL, NULL,
       sum(old_core_events), NULL, sum(events_change), sum(sessions_change), NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM compared
GROUP BY event_date
