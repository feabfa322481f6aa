-- A small serving file with the shapes of the published one. Every row is made up here, for these tests alone.
-- KPI rows are counted from the mart rows, so a page that mixes up a table or a period shows a wrong number.
-- @SEEDS@, @HOSTILE@ and @RUN_ID@ are filled in by serving_file.py.
create schema seeds; create schema marts; create schema kpi; create schema ops;
create table seeds.units as select * from read_csv('@SEEDS@/units.csv', types={'code': 'varchar', 'parent_code': 'varchar'});
create table seeds.kpi_definitions as select * from read_csv('@SEEDS@/kpi_definitions.csv', types={
    'legal_basis': 'varchar', 'denominator_vi': 'varchar', 'denominator_en': 'varchar', 'valid_to': 'date'});
create table seeds.kpi_targets as select * from read_csv('@SEEDS@/kpi_targets.csv', types={
    'unit_code': 'varchar', 'grain': 'varchar', 'valid_to': 'date'});
create table seeds.unit_bridge as select * from read_csv('@SEEDS@/unit_bridge.csv', types={'old_code': 'varchar', 'new_code': 'varchar'});
create table seeds.published_figures as select * from read_csv('@SEEDS@/published_figures.csv', types={'unit_code': 'varchar', 'scope_from': 'date', 'scope_to': 'date'});
create table seeds.unit_tiles as select * from read_csv('@SEEDS@/unit_tiles.csv', types={'code': 'varchar'});
create table seeds.ticket_event_types as select * from read_csv('@SEEDS@/ticket_event_types.csv');
create table seeds.kpi_parameters as select * from read_csv('@SEEDS@/kpi_parameters.csv', types={'valid_to': 'date'});
create table seeds.object_labels as select * from read_csv('@SEEDS@/object_labels.csv');

create table clocks as select * from (values
    ('mo-phong-phan-anh', 'ticket', 'Phản ánh hiện trường (mô phỏng)', 'Field reports (synthetic)', '93', 'Asia/Ho_Chi_Minh', true, 86400),
    ('mo-phong-may-chu', 'server', 'Máy chủ (mô phỏng)', 'Servers (synthetic)', '93', 'Asia/Ho_Chi_Minh', true, 3600),
    ('mo-phong-bao-chi', 'media', 'Báo chí (mô phỏng)', 'Media (synthetic)', '93', 'Asia/Ho_Chi_Minh', true, 10800),
    ('mo-phong-camera', 'camera', 'Camera (mô phỏng)', 'Cameras (synthetic)', '93', 'Asia/Ho_Chi_Minh', true, 3600),
    ('boston', 'ticket', 'Boston 311 @HOSTILE@', 'Boston 311 @HOSTILE@', 'us-boston', 'America/New_York', false, 86400)
) t(source, slug, name_vi, name_en, unit_code, time_zone, is_synthetic, freshness_s);
alter table clocks add column as_of timestamptz;
update clocks set as_of = timestamptz '2021-09-30 10:00:00+00';

create table marts.fct_tickets as
with numbered as (
    select i, timestamptz '2020-05-31 17:05:00+00' + to_minutes(cast(i * 487 * 24 * 60 // 1422 as bigint)) as requested_at
    from range(1422) r(i)
)
select
    'mo-phong-phan-anh' as source, 'PA-' || i as request_id, '93' as jurisdiction_code,
    (select list(code order by code) from seeds.units where level = 'commune' and parent_code <> '92')[1 + (i * i) % 75] as unit_code,
    's' || (i % 9) as service_code,
    ['Vệ sinh môi trường', 'An toàn giao thông', 'Hạ tầng kỹ thuật', 'Trật tự đô thị', 'An ninh trật tự',
     'Phòng, chống dịch Covid-19', 'Điện chiếu sáng', 'Cấp thoát nước', '@HOSTILE@'][1 + (i * 7) % 9] as service_name,
    requested_at, cast(timezone('Asia/Ho_Chi_Minh', requested_at) as date) as requested_on,
    requested_at + interval 10 days as expected_at,
    case when i >= 93 then least(requested_at + to_hours(i % 400), timestamptz '2021-09-30 09:00:00+00') end as resolved_at,
    i >= 93 as is_resolved, true as has_deadline, i < 93 or i % 400 > 240 as is_overdue,
    i >= 93 and i % 400 <= 240 as is_on_time, false as is_closed_before_requested, true as is_synthetic, true as is_counted,
    ['app', '@HOSTILE@, web'][1 + (i % 3) // 2] as channel
from numbered
union all
select 'boston', 'B-' || i, 'us-boston', null, 'pothole', 'Request for Pothole Repair',
    timestamptz '2013-01-05 03:00:00+00' + to_hours(i * 30), cast(timezone('America/New_York', timestamptz '2013-01-05 03:00:00+00' + to_hours(i * 30)) as date),
    null, case when i % 5 > 0 then timestamptz '2013-01-09 03:00:00+00' + to_hours(i * 30) end, i % 5 > 0, false, false, false, i = 7, false, i < 40, null
from range(41) r(i);  -- the last one is spam

alter table marts.fct_tickets add column counted_unit_code varchar;
alter table marts.fct_tickets add column resolved_on date;
alter table marts.fct_tickets add column resolution_hours double;
alter table marts.fct_tickets add column agency varchar;
alter table marts.fct_tickets add column n_reopenings bigint;
alter table marts.fct_tickets add column as_of timestamptz;
update marts.fct_tickets set counted_unit_code = coalesce(unit_code, jurisdiction_code), agency = '@HOSTILE@', n_reopenings = 0,
    resolved_on = cast(timezone('Asia/Ho_Chi_Minh', resolved_at) as date), resolution_hours = date_diff('second', requested_at, resolved_at) / 3600,
    as_of = timestamptz '2021-09-30 10:00:00+00';
create table marts.fct_ticket_events as
select source, request_id, seq, ['submitted', '@HOSTILE@'][seq] as event_type, requested_at + to_hours(seq) as occurred_at,
    '@HOSTILE@' as agency, seq = 2 as is_out_of_order
from marts.fct_tickets, range(1, 3) r(seq);

-- Every day but Saturdays and Sundays is worked; every commune went whole to its new one.
create table marts.dim_days as
select cast(d as date) as day, cast(sum(case when isodow(d) < 6 then 1 else 0 end) over (order by d) as integer) as working_day_number
from generate_series(date '2020-01-01', date '2021-12-31', interval 1 day) r(d);
create table marts.dim_places as
select u.code, u.valid_from, u.valid_to, u.level, u.name_vi, u.parent_code, p.name_vi as parent_name_vi, t.tile_row, t.tile_column
from seeds.units u
left join seeds.units p on u.parent_code = p.code and u.valid_from between p.valid_from and coalesce(p.valid_to, date '9999-12-31')
left join seeds.unit_tiles t on u.code = t.code and u.valid_from = t.valid_from;
create table marts.dim_place_boundaries (code varchar, valid_from date, geometry varchar);
create table marts.bridge_place_containers as
with own as (select code, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to, level, parent_code from seeds.units)
select code, valid_from, valid_to, code as container_code, valid_from as container_valid_from, level as container_level, true as is_exact from own
union all select c.code, c.valid_from, c.valid_to, p.code, p.valid_from, p.level, true
from own c join own p on c.parent_code = p.code and c.valid_from between p.valid_from and p.valid_to
union all select c.code, c.valid_from, c.valid_to, '93', date '2020-02-01', 'province', true from own c where level = 'commune' and parent_code <> '92'
union all select b.old_code, b.old_valid_from, date '2025-06-30', b.new_code, b.new_valid_from, 'commune', true from seeds.unit_bridge b
union all select distinct b.new_code, b.new_valid_from, date '9999-12-31', '93', date '2020-02-01', 'province', true from seeds.unit_bridge b;

create table marts.fct_server_days as
select 'mo-phong-may-chu' as source, 'may-chu-' || lpad(cast(s + 1 as varchar), 2, '0') as instance, cast(d as date) as sampled_on,
    1440 - missing - case when s = 3 then 9 else (s + day(d)) % 2 end as n_up, 1440 - missing as n_received, 1440 as n_expected, missing as n_missing
from (select s, d, case when s % 6 = 0 and day(d) % 9 = 0 then 60 else 0 end as missing
      from range(26) a(s), generate_series(date '2020-06-01', date '2021-09-30', interval 1 day) b(d));

create table marts.fct_article_days as
select 'mo-phong-bao-chi' as source, 'https://bao' || f || '.example/rss' as feed_id, cast(d as date) as published_on,
    'Báo số ' || f as feed_title, 10 + (f + day(d)) % 5 as n_articles, timezone('Asia/Ho_Chi_Minh', d + interval 15 hours) as last_published_at
from range(25) a(f), generate_series(date '2021-04-01', date '2021-09-30', interval 1 day) b(d);

create table marts.fct_camera_days as
select 'mo-phong-camera' as source, 'QL1A-' || lpad(cast(c + 1 as varchar), 2, '0') as camera_id, cast(d as date) as online_on,
    cast(case when c = 5 then 0 else 1440 - c end as double) as online_minutes, 1440.0::double as expected_minutes,
    cast(case when c % 4 = 0 then 30 * (c > 0)::int else 0 end as double) as missing_minutes, 900 + c as n_vehicles
from range(12) a(c), generate_series(date '2021-09-01', date '2021-09-30', interval 1 day) b(d);
update marts.fct_camera_days set online_minutes = online_minutes - missing_minutes where camera_id <> 'QL1A-06';

-- The last camera is known to the register alone; the one before it, to no register.
create table marts.dim_cameras as
select case when c < 12 then 'mo-phong-camera' end as source, '93' as unit_code, 'QL1A-' || lpad(cast(c + 1 as varchar), 2, '0') as camera_id, '@HOSTILE@' as name_vi,
    case when c <> 11 then 'QL1A' end as road_code, case when c <> 11 then 2078.4 + c end as km_mark, '@HOSTILE@' as direction, '@HOSTILE@' as owner,
    case when c <> 11 then 9.9 - c / 100 end as lat, case when c <> 11 then 105.7 + c / 100 end as long, date '2020-10-01' as installed_on, null::date as retired_on
from range(13) r(c);
create table marts.fct_station_hours (source varchar, station_id varchar, hour_on date, n_readings bigint, n_impossible bigint, n_filled_in bigint);

create table marts.fct_camera_hours as
select 'mo-phong-camera' as source, camera_id, timezone('Asia/Ho_Chi_Minh', online_on + to_hours(h)) as hour_at, online_on as hour_on,
    label, 'in' as direction, label <> 'person' as is_vehicle, cast(weight * (12 - abs(12 - h)) + 1 as bigint) as n_passages
from marts.fct_camera_days, range(24) a(h), (values ('motorcycle', 6), ('car', 3), ('truck', 1), ('person', 2)) l(label, weight);

create table marts.dim_sources as
select c.*,
    coalesce((select min(valid_from) from seeds.units u where u.code = c.unit_code), date '2000-01-01') as unit_valid_from,
    'csv' as format, 60 as step_s, timestamptz '2021-09-30 10:00:05+00' as last_success_at,
    case slug when 'ticket' then (select max(requested_at) from marts.fct_tickets t where t.source = c.source)
        else timestamptz '2021-09-30 09:59:00+00' end as last_event_at,
    coalesce((select min(valid_from) from seeds.units u where u.code = c.unit_code), date '2000-01-01') as unit_valid_from,
    2000 as n_offered, 1900 as n_accepted, 40 as n_quarantined, 60 as n_deduplicated
from clocks c;

create table parts as
with tickets as (
    select t.*, u.code as unit from marts.fct_tickets t, (
        select code, code as leaf from seeds.units where '2025-07-01' > valid_from union all
        select parent_code, code from seeds.units where level = 'commune' and parent_code <> '92' union all
        select '93', code from seeds.units where level <> 'province' and parent_code <> '92') u
    where t.unit_code = u.leaf
    union all select *, jurisdiction_code from marts.fct_tickets where unit_code is null)
select 'F1' as code, source, unit as unit_code, requested_on as day, 1.0 as num, null::double as high, null::double as den, 0.0 as missing from tickets
union all select 'F1R', source, unit, requested_on, is_resolved::int, null, null, 0 from tickets
union all select 'F1O', source, unit, requested_on, is_overdue::int, null, null, 0 from tickets
union all select 'F2', source, unit, requested_on, is_resolved::int, null, 1, 0 from tickets
union all select 'F4', source, unit, requested_on, is_on_time::int, null, has_deadline::int, 0 from tickets
union all select 'S1', source, '93', sampled_on, n_received, null, n_expected, 0 from marts.fct_server_days
union all select 'S2', source, '93', sampled_on, n_up, n_up + n_missing, n_expected, n_missing from marts.fct_server_days
union all select 'M1', source, '93', published_on, n_articles, null, null, 0 from marts.fct_article_days
union all select 'C1', source, '93', online_on, online_minutes, online_minutes + missing_minutes, expected_minutes, missing_minutes from marts.fct_camera_days
union all select 'C2', source, '93', online_on, n_vehicles, null, 24, 0 from marts.fct_camera_days;

create table kpi.kpi_values as
with grains as (
    select *, g as grain, case when g = 'all' then min(day) over (partition by code, source) else cast(date_trunc(case when g = 'all' then 'day' else g end, day) as date) end as period_start,
        max(day) over (partition by code, source) as last_on, min(day) over (partition by code, source) as first_on
    from parts, (values ('day'), ('week'), ('month'), ('quarter'), ('year'), ('all')) v(g)
), summed as (
    select code, grain, period_start, unit_code, source, sum(num) as numerator, sum(high) as high, sum(den) as denominator, sum(missing) as n_missing,
        max(last_on) as last_on, min(first_on) as first_on
    from grains group by all
), dated as (
    select *, cast(case grain when 'day' then period_start when 'week' then period_start + 6
        when 'month' then period_start + interval 1 month - interval 1 day when 'quarter' then period_start + interval 3 month - interval 1 day
        when 'year' then period_start + interval 1 year - interval 1 day else last_on end as date) as period_end from summed
)
select code, grain, period_start, period_end, dated.unit_code,
    coalesce((select min(valid_from) from seeds.units u where u.code = dated.unit_code), date '2000-01-01') as unit_valid_from,
    source, numerator, denominator,
    case when denominator is null then numerator else numerator / nullif(denominator, 0) end as value,
    case when high is not null then numerator / nullif(denominator, 0) end as value_low, high / nullif(denominator, 0) as value_high, null::double as ci_low, null::double as ci_high, n_missing,
    grain <> 'all' and (period_start < first_on or period_end >= last_on) as is_partial, c.as_of, c.is_synthetic,
    coalesce((select min(valid_from) from seeds.units u where u.code = dated.unit_code), date '2000-01-01') as unit_valid_from,
    'HG-' || upper(substr(md5(concat_ws('|', code, grain, period_start, dated.unit_code, source)), 1, 4)) || '-' || upper(substr(md5(code || source || period_start || grain || dated.unit_code), 5, 2)) as figure_id
from dated join clocks c using (source);

-- Two publications: in the first one the newest ten reports resolved were still open.
create table kpi.kpi_history as
with told as (
    select v.*, t.snapshot_id, t.published_at, t.snapshot_id = 398 and code = 'F2' and grain = 'all' and v.unit_code = '93' as is_old
    from kpi.kpi_values v, (values (398::bigint, timestamptz '2021-08-30 10:01:00+00'), (412, timestamptz '2021-09-30 10:01:00+00')) t(snapshot_id, published_at)
    where t.snapshot_id = 398 or (code = 'F2' and grain = 'all' and v.unit_code = '93')
)
select figure_id || case when is_old then 'X' else '' end as figure_id, case when snapshot_id = 412 then figure_id || 'X' end as previous_figure_id,
    code, date '2020-06-01' as definition_from, grain, period_start, period_end, unit_code, unit_valid_from, source,
    case when is_old then numerator - 10 else numerator end as numerator, denominator,
    case when is_old then (numerator - 10) / denominator else value end as value, value_low, value_high, ci_low, ci_high, is_partial, is_synthetic, false as is_gone,
    '@RUN_ID@' as run_id, snapshot_id, 'abc1234' as code_commit, published_at, case snapshot_id when 398 then 'first' else 'late_data' end as reason
from told;

create table kpi.restatements as
select n.*, o.value as previous_value, o.numerator as previous_numerator, o.denominator as previous_denominator,
    o.published_at as previous_published_at, n.value - o.value as change
from kpi.kpi_history n join kpi.kpi_history o on n.previous_figure_id = o.figure_id;

create table kpi.published_check as
select id, case when id = 'A5' then null else 'mo-phong-phan-anh' end as source, claim_vi, claim_en, caveat_vi, caveat_en, operator, published_value, published_decimals, measure, unit_vi, scope_from, scope_to, kpi_code,
    case id when 'A1' then 1329 / 1422 when 'A1a' then 1422 when 'A1b' then 1329 when 'A2' then 2.92 end as computed_value,
    null::double as computed_numerator, null::double as computed_denominator,
    case id when 'A2' then 2760.0 end as implied_total, case id when 'A2' then 1422.0 end as bound_total,
    case id when 'A1' then 'lam_tron' when 'A2' then 'mau_thuan' else 'khop' end as verdict, id = 'A2' as is_contradicted_by_published, document || ' @HOSTILE@' as document
from read_csv('@SEEDS@/published_figures.csv', types={'scope_from': 'date', 'scope_to': 'date', 'published_value': 'double'})
where id in ('A1', 'A1a', 'A1b', 'A2', 'A5');

create table marts.fct_quarantine as
select 'mo-phong-phan-anh' as source, 'ticket' as slug, 'b1' as batch_id, 'requested_at_unreadable' as reason_code,
    'requested_datetime "@HOSTILE@" cannot be read' as example_reason, 40 as n_records, 'x.json' as example_origin, timestamptz '2021-09-30 10:00:00+00' as quarantined_at;

create table ops.check_results as
select 'r1' as run_id, source, slug, 'b1' as batch_id, slug as suite, e as expectation, 'status' as column_name,
    case when e = 'share_quarantined_max_1pct' then 'warning' else 'blocking' end as severity, e <> 'share_quarantined_max_1pct' as is_success,
    '@HOSTILE@' as observed, 1422 as n_checked, timestamptz '2021-09-30 10:00:10+00' as checked_at
from clocks, (values ('rows_not_empty'), ('key_is_unique'), ('event_time_not_in_future'), ('share_quarantined_max_1pct')) x(e);

create table ops.releases (batch_id varchar, reason varchar, released_at timestamptz);

create table ops.harvests as
select 'h' || row_number() over () as harvest_id, 'r1' as run_id, source, slug, timestamptz '2021-09-30 10:00:00+00' as started_at,
    timestamptz '2021-09-30 10:00:04+00' as finished_at, case source when 'boston' then 'failed' else 'ok' end as status,
    case source when 'boston' then 'The source answered with an HTML page @HOSTILE@; check its location.' end as error, as_of, 3 as n_payloads
from clocks;

-- Dossiers, documents, tasks and indicators of the synthetic province, under hostile names.
create table marts.fct_dossiers as
select 'mo-phong-phan-anh' as source, 'H' || n as dossier_id, '@HOSTILE@' as agency, 'P' || n % 4 as procedure_key,
    '@HOSTILE@' as procedure_name, '@HOSTILE@' as field_name, date '2021-08-01' + (n % 28)::int as filed_on,
    date '2021-08-10' + (n % 20)::int as due_on, timestamptz '2021-08-29 10:00:00+00' as due_at, date '2021-08-09' + (n % 21)::int as returned_on,
    n % 7 > 0 as is_resolved, n % 7 > 1 as is_on_time, n % 7 = 1 as is_resolved_late, n % 7 = 0 as is_open_late, (n % 9)::int as working_days,
    timestamptz '2021-09-30 10:00:00+00' as reported_at
from range(60) t(n);
create table marts.fct_documents as
select 'mo-phong-phan-anh' as source, case n % 3 when 0 then 'out' else 'in' end as direction, date '2021-08-01' + (n % 28)::int as registered_on,
    date '2021-08-05' + (n % 25)::int as due_on, '@HOSTILE@' as assigned_unit, true as is_judged, n % 5 > 0 as is_on_time
from range(60) t(n);
create table marts.fct_tasks as
select 'mo-phong-phan-anh' as source, n as task_no, '@HOSTILE@' || n as task_name, '@HOSTILE@' as owner_unit, date '2021-01-01' + (n * 9)::int as start_on,
    date '2022-01-01' + (n * 30)::int as due_on, case when n < 3 then date '2021-08-01' end as done_on, n < 3 as is_done, n = 5 as is_late, 50.0 as planned_pct,
    case when n < 3 then 100.0 else 40.0 end as earned_pct, 2000000000 as budget_planned_vnd, 500000000 as budget_disbursed_vnd,
    case n % 4 when 0 then 'on_track' when 1 then 'at_risk' when 2 then 'feasible' end as confidence, 'javascript:alert(1)' as evidence_url,
    date '2021-09-30' as reported_on
from range(1, 30) t(n);
create table marts.fct_milestones as
select source, task_no, 1 as milestone_no, '@HOSTILE@' as milestone_name, 100.0 as weight_pct, due_on, done_on, is_done, is_late, evidence_url from marts.fct_tasks;
create table marts.fct_indicator_months as
select 'mo-phong-phan-anh' as source, 's' || i as series_id, 'K' || i as indicator_code, '@HOSTILE@' as indicator_name, 'tỷ đồng' as unit, '93' as unit_code,
    (date '2020-01-01' + to_months(m::int))::date as month_on, ((date '2020-02-01' + to_months(m::int))::date - 1) as month_end_on, case when m = 3 then null else 100.0 + m * i end as value,
    'provisional' as value_status, timestamptz '2021-09-01 00:00:00+00' as vintage_at, 900.0 as value_to_date, case when i = 1 then 1200.0 end as plan_value,
    case when i = 1 then 0.75 end as share_of_plan, 0.12 as growth, 2 as n_vintages, 0.01 as revision, '93' as jurisdiction_code
from range(20) a(m), range(1, 3) b(i);
create table marts.fct_reports_due as
select 'mo-phong-phan-anh' as source, '@HOSTILE@' as unit, date '2021-08-05' as due_on, case when n < 5 then date '2021-08-04' + (n % 3)::int end as submitted_on,
    true as is_judged, n % 3 < 2 and n < 5 as is_on_time
from range(6) t(n);
create table marts.fct_indicator_balances as
select 'mo-phong-phan-anh' as source, '@HOSTILE@' as indicator_code, 'hộ' as unit, date '2021-05-01' as month_on, 433.0 as province_value, 559.0 as communes_value,
    75 as n_told, 75 as n_communes, true as is_complete, 0.291 as difference;

-- What stands behind the figures; the roll-up is a copy of its result, in which one figure is wrong.
create schema proof; create schema intermediate;
create table intermediate.int_kpi__parts as
select * replace (case when code = 'S1' and grain = 'all' then value / 2 else value end as value) from kpi.kpi_values;
create table intermediate.int_source__units as
select 'mo-phong-phan-anh' as source, '93' as told_code, date '0001-01-01' as told_from, date '9999-12-31' as told_to, '93' as unit_code,
    date '2020-02-01' as unit_valid_from, 'jurisdiction' as unit_level;
create table proof.models as select *, 'table' as materialized, 'x.sql' as path from (values
    ('kpi.kpi_values', 'kpi', 'model', 'Giá trị chỉ tiêu', 'Values of KPIs', 'select * from "lake"."intermediate"."int_kpi__parts"'),
    ('intermediate.int_kpi__parts', 'intermediate', 'model', '@HOSTILE@', '@HOSTILE@', 'select service_name, requested_on, lat from reports'),
    ('raw.ticket__requests', 'raw', 'source', 'Phản ánh', 'Reports', null)
) t(model, layer, kind, description_vi, description_en, compiled_sql);
create table proof.lineage as select * from (values
    ('kpi.kpi_values', 'intermediate.int_kpi__parts'), ('intermediate.int_kpi__parts', 'marts.fct_tickets'),
    ('intermediate.int_kpi__parts', 'raw.ticket__requests')) t(child, parent);
create table proof.kpi_models as select 'F2' as code, 'intermediate.int_kpi__parts' as model;
create table proof.columns as select 'kpi.kpi_values' as model, '@HOSTILE@' as column_name, 'double' as data_type, '@HOSTILE@' as description_vi, '@HOSTILE@' as description_en;
create table proof.tests as select 'unique_key' as test, 'kpi.kpi_values' as model, null::varchar as column_name, 'x' as description_en;
create table ops.batches as select 'b1' as batch_id, 'mo-phong-phan-anh' as source, 'ticket__requests' as table_name, 1422::bigint as n_accepted,
    timestamptz '2020-06-01 00:00:00+00' as event_min_at, timestamptz '2021-09-30 09:00:00+00' as event_max_at;

-- Machines and news in detail: of 26 servers one is down, one silent and one under maintenance; names are hostile.
alter table marts.fct_server_days add column n_maintenance bigint default 0;
alter table marts.fct_server_days add column n_up_outside bigint;
alter table marts.fct_server_days add column n_missing_outside bigint;
update marts.fct_server_days set n_up_outside = n_up, n_missing_outside = n_missing;
create table marts.dim_watched as
select 'mo-phong-may-chu' as source, 'host' as kind, 'may-chu-' || lpad(cast(s + 1 as varchar), 2, '0') as target, null::varchar as system_name,
    timestamptz '2020-06-01 00:00:00+07' as first_measured_at,
    timestamptz '2021-09-30 09:59:00+00' - case when s = 4 then interval 4 minute else interval 0 minute end as last_measured_at,
    s <> 3 as is_up, s = 5 as is_in_maintenance, 60.0::double as step_s, null::bigint as n_replicas, null::timestamptz as certificate_expires_at,
    true as is_synthetic, timestamptz '2021-09-30 10:00:00+00' as as_of
from range(26) a(s)
union all
select 'mo-phong-may-chu', 'system', 'dvc', '@HOSTILE@', timestamptz '2021-07-01 00:00:00+07', timestamptz '2021-09-30 09:59:00+00', true, false, 60.0, 2,
    timestamptz '2021-11-04 00:00:00+07', true, timestamptz '2021-09-30 10:00:00+00';
create table marts.fct_system_days as
select source, 'dvc' as system, sampled_on as probed_on, * exclude (source, instance, sampled_on) from marts.fct_server_days where instance = 'may-chu-01';
create table marts.fct_incidents as
select 'mo-phong-may-chu' as source, 'host' as kind, 'may-chu-04' as target, timestamptz '2021-09-30 08:00:00+00' as started_at, null::timestamptz as ended_at,
    date '2021-09-30' as started_on, 119.0::double as down_minutes
union all select 'mo-phong-may-chu', 'system', 'dvc', timestamptz '2021-08-15 08:00:00+00', timestamptz '2021-08-15 08:20:00+00', date '2021-08-15', 20.0;
create table marts.fct_usage_days as
select 'mo-phong-may-chu' as source, instance, resource, case resource when 'disk' then '/' else '' end as part, sampled_on as measured_on, 0.4::double as p95_used
from marts.fct_server_days, (values ('cpu'), ('memory'), ('disk')) r(resource) where sampled_on >= date '2021-09-01';
create table marts.fct_disk_outlook as
select 'mo-phong-may-chu' as source, instance, '/@HOSTILE@' as part, measured_on as judged_on, 80e9::double as free_bytes, 0.6::double as mean_used, 2e9::double as lost_bytes_per_day,
    true as is_judged, case when instance < 'may-chu-10' then 40.0::double end as days_left
from marts.fct_usage_days where resource = 'disk';
alter table marts.fct_reports_due add column period varchar default '2021-07';
create table marts.fct_backups as
select 'mo-phong-may-chu' as source, 'dvc' as system_code, '@HOSTILE@' as system_name, 'backup' as kind, date '2021-08-07' + 7 * n::int as planned_on,
    true as is_due, n <> 1 as is_successful from range(4) t(n);
create table marts.fct_articles as
select 'mo-phong-bao-chi' as source, feed_id, published_on || '-' || feed_id as article_id, feed_title, '@HOSTILE@' as headline, 'javascript:alert(1)' as url,
    last_published_at as published_at, published_on, false as is_published_at_missing, last_published_at + interval 10 minutes as first_seen_at,
    ['negative', 'neutral', 'neutral', 'positive'][1 + day(published_on) % 4] as sentiment, 0.87::double as sentiment_probability, false as is_sentiment_abstained,
    ['covid', '@HOSTILE@'][1 + day(published_on) % 2] as topic, 0.5::double as topic_probability, 'm1' as model_version, false as is_audited, 'k' || published_on as story_key
from marts.fct_article_days where published_on >= date '2021-06-01';
create table marts.fct_tone_days as
select source, published_on, sum(n_articles) as n_articles, sum(n_articles) as n_labelled, 30 as n_negative, sum(n_articles) - 80 as n_neutral, 50 as n_positive
from marts.fct_article_days group by all;
create table marts.fct_negative_hours as
select 'mo-phong-bao-chi' as source, timezone('Asia/Ho_Chi_Minh', published_on + to_hours(h)) as hour_at, published_on as hour_on,
    case when published_on = date '2021-08-20' then 9 else 1 end as n_negative, 1.0::double as mean_negative, published_on = date '2021-08-20' as is_alert
from marts.fct_tone_days, range(24) a(h);
create table marts.fct_feed_days as
select source, feed_id, published_on as counted_on, null::varchar as outlet_name, n_articles as n_items, last_published_at as last_at, 24.0::double as allowed_silence_h,
    feed_id = 'https://bao7.example/rss' as is_silent
from marts.fct_article_days;
create table marts.dim_audits as
select 'mo-phong-bao-chi' as source, 'm1' as model_version, 12 as n_audited, null::double as accuracy, null::double as accuracy_low, null::double as accuracy_high,
    null::double as macro_f1, null::double as negative_recall, 'chua_do' as verdict;

drop table clocks; drop table parts;
create table publication as select '@RUN_ID@' as run_id, timestamptz '2021-09-30 10:01:00+00' as published_at, 412::bigint as snapshot_id;
