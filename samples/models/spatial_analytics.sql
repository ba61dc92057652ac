-- How people move in space, on four levels in one table: place, room, navigation and person.
WITH spatial AS (
  SELECT *,
         CASE WHEN event_name LIKE '%Position%' THEN 'position change'
              WHEN room_name IS NOT NULL THEN 'room entry'
              WHEN event_name LIKE '%Toggle%' THEN 'toggle'
              ELSE 'standard' END AS event_kind
  FROM fct_web_events
  WHERE coordinates IS NOT NULL OR room_name IS NOT NULL OR community IS NOT NULL
), places AS (
  SELECT event_date, community, building, count(*) AS events, count(DISTINCT session_id) AS sessions,
         avg(engagement_score) AS engagement, count(*) FILTER (WHERE event_kind = 'room entry') AS entries
  FROM spatial GROUP BY event_date, community, building
), rooms AS (
  SELECT event_date, room_category, count(*) AS events, count(DISTINCT session_id) AS sessions,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY time_on_page_seconds) AS median_seconds
  FROM spatial WHERE room_name IS NOT NULL GROUP BY event_date, room_category
), navigation AS (
  SELECT event_date,
         CASE WHEN abs(coordinates.pitch) <= 10 AND abs(coordinates.yaw) <= 45 THEN 'minimal'
              WHEN abs(coordinates.pitch) <= 30 AND abs(coordinates.yaw) <= 120 THEN 'moderate'
              WHEN abs(coordinates.pitch) <= 60 AND abs(coordinates.yaw) <= 270 THEN 'active'
              ELSE 'intensive' END AS intensity,
         count(*) AS events, count(DISTINCT session_id) AS sessions,
         percentile_cont(0.25) WITHIN GROUP (ORDER BY coordinates.hfov) AS hfov_p25,
         percentile_cont(0.75) WITHIN GROUP (ORDER BY coordinates.hfov) AS hfov_p75
  FROM spatial WHERE coordinates IS NOT NULL
  GROUP BY event_date,
           CASE WHEN abs(coordinates.pitch) <= 10 AND abs(coordinates.yaw) <= 45 THEN 'minimal'
                WHEN abs(coordinates.pitch) <= 30 AND abs(coordinates.yaw) <= 120 THEN 'moderate'
                WHEN abs(coordinates.pitch) <= 60 AND abs(coordinates.yaw) <= 270 THEN 'active'
                ELSE 'intensive' END
), people AS (
  SELECT event_date, CASE WHEN user_id IS NULL THEN 'anonymous' ELSE 'authenticated' END AS person,
         count(*) AS events, count(DISTINCT session_id) AS sessions,
         count(DISTINCT coalesce(user_id, anonymous_id)) AS persons
  FROM spatial GROUP BY 1, 2
)
SELECT event_date AS analysis_date, 'place' AS analysis_level, community, building, NULL AS room_category, NULL AS intensity,
       NULL AS person, events, sessions, engagement, entries, NULL AS median_seconds, NULL AS hfov_p25, NULL AS hfov_p75, NULL AS persons
FROM places
UNION ALL
SELECT event_date, 'room', NULL, NULL, room_category, NULL, NULL, events, sessions, NULL, NULL, median_seconds, NULL, NULL, NULL FROM rooms
UNION ALL
SELECT event_date, 'navigation', NULL, NULL, NULL, intensity, NULL, events, sessions, NULL, NULL, NULL, hfov_p25, hfov_p75, NULL FROM navigation
UNION ALL
SELECT event_date, 'person', NULL, NULL, NULL, NULL, person, events, sessions, NULL, NULL, NULL, NULL, NULL, persons FROM people
