-- The fact table: one row an event, with what was looked at, how, and at which point of the session.
WITH good AS (
  SELECT s.*, b.session_sequence, b.session_events, b.is_session_start, b.is_session_end, b.journey_stage
  FROM stg_web_events AS s
  JOIN int_session_boundaries AS b ON s.event_id = b.event_id
  WHERE s.data_quality_score >= 0.7 AND NOT coalesce(s.is_bot, false)
    AND s.session_id IS NOT NULL AND s.anonymous_id IS NOT NULL
)
SELECT event_id, event_timestamp, event_date, event_hour, event_type, event_name, anonymous_id, user_id, session_id,
       page_path, referrer, device_type, space_id, space_type, room_name, community, building, coordinates,
       time_on_page_seconds, data_quality_score, is_virtual_tour_page, has_space_context, engagement_level, region,
       session_sequence, session_events, is_session_start, is_session_end, journey_stage,
       CASE WHEN space_type = 'unit' AND room_name IS NOT NULL THEN 'unit with room'
            WHEN space_type = 'unit' THEN 'unit'
            WHEN space_type IN ('common_area', 'amenity') THEN 'shared space'
            WHEN space_type = 'tour' THEN 'tour'
            WHEN space_type IS NULL AND is_virtual_tour_page THEN 'tour page'
            WHEN space_type = 'unknown' AND page_path LIKE '%viewer%' THEN 'viewer'
            ELSE 'other' END AS space_category,
       CASE WHEN room_name IS NULL THEN 'none'
            WHEN upper(room_name) LIKE '%LIVING%' OR upper(room_name) LIKE '%FAMILY%' THEN 'living_space'
            WHEN upper(room_name) LIKE '%BED%' THEN 'bedroom'
            WHEN upper(room_name) LIKE '%KITCHEN%' THEN 'kitchen'
            WHEN upper(room_name) LIKE '%BATH%' THEN 'bathroom'
            WHEN upper(room_name) LIKE '%PATIO%' OR upper(room_name) LIKE '%BALCONY%' THEN 'outdoor_space'
            WHEN upper(room_name) LIKE '%OFFICE%' OR upper(room_name) LIKE '%STUDY%' THEN 'work_space'
            ELSE 'other_room' END AS room_category,
       CASE WHEN community IS NOT NULL AND building IS NOT NULL THEN 'community and building'
            WHEN community IS NOT NULL THEN 'community'
            WHEN building IS NOT NULL THEN 'building'
            ELSE 'none' END AS location_context_level,
       CASE WHEN coordinates.pitch IS NOT NULL THEN 'pitch'
            WHEN event_name LIKE '%Room View Position%' THEN 'position'
            WHEN event_name LIKE '%Toggle%' THEN 'toggle'
            ELSE 'page view' END AS navigation_type,
       CASE WHEN event_name IS NOT NULL AND coordinates IS NOT NULL AND room_name IS NOT NULL THEN 5
            WHEN event_name IS NOT NULL AND space_id IS NOT NULL THEN 4
            WHEN engagement_level = 'engaged' AND space_id IS NOT NULL THEN 3
            WHEN engagement_level = 'engaged' OR coordinates IS NOT NULL THEN 2
            WHEN engagement_level = 'moderate' OR room_name IS NOT NULL THEN 1
            ELSE 0 END AS engagement_score,
       CASE WHEN coordinates IS NULL THEN 'none'
            WHEN abs(coordinates.pitch) > 45 OR abs(coordinates.yaw) > 180 THEN 'high'
            WHEN abs(coordinates.pitch) > 15 OR abs(coordinates.yaw) > 90 THEN 'medium'
            ELSE 'low' END AS spatial_exploration_level,
       CASE WHEN is_session_start AND referrer <> '' AND referrer NOT LIKE '%' || page_url || '%' THEN 'start from outside'
            WHEN is_session_start AND referrer <> '' THEN 'start with referrer'
            WHEN is_session_start THEN 'start'
            WHEN is_virtual_tour_page AND space_id IS NOT NULL AND session_sequence <= 3 THEN 'early tour'
            WHEN is_virtual_tour_page AND space_id IS NOT NULL THEN 'tour'
            WHEN is_session_end AND session_events > 5 THEN 'exit of a long session'
            WHEN is_session_end THEN 'exit'
            ELSE 'navigation' END AS journey_milestone,
       CASE WHEN session_events >= 20 THEN 'comprehensive'
            WHEN session_events >= 10 THEN 'extensive'
            WHEN session_events >= 5 THEN 'moderate'
            WHEN session_events >= 2 THEN 'brief'
            ELSE 'single' END AS exploration_depth,
       CASE WHEN event_hour BETWEEN 9 AND 17 THEN 'business'
            WHEN event_hour BETWEEN 18 AND 22 THEN 'evening'
            WHEN event_hour BETWEEN 6 AND 8 THEN 'morning'
            ELSE 'off hours' END AS time_period,
       CASE WHEN timezone LIKE '%New_York' OR timezone LIKE '%Toronto' THEN 'America, east'
            WHEN timezone LIKE '%Chicago' OR timezone LIKE '%Denver' THEN 'America, middle'
            WHEN timezone LIKE '%Los_Angeles' OR timezone LIKE '%Vancouver' THEN 'America, west'
            WHEN timezone LIKE 'Europe/%' THEN 'Europe'
            WHEN timezone LIKE 'Asia/%' OR timezone LIKE 'Pacific/%' THEN 'Asia-Pacific'
            ELSE 'other' END AS detailed_region,
       session_sequence / CAST(session_events AS DOUBLE) AS session_progress_ratio,
       has_space_context AND space_type IN ('unit', 'tour') AS is_core_virtual_tour_event
FROM good
