"""SDMX-ML: both forms give the same observations, and XML can do no harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from indicator_delivery import codes, delivered, one, values

from lake.contracts.profile import Profile
from lake.errors import PayloadRefused

V21 = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
HEADER = """<m:Header><m:ID>1</m:ID><m:Prepared>2025-02-01T00:00:00</m:Prepared>
<m:Structure structureID="S" dimensionAtObservation="TIME_PERIOD"><c:Structure><Ref agencyID="GSO" id="IIP"/>
</c:Structure></m:Structure></m:Header>"""
GENERIC = f"""<?xml version="1.0"?><m:GenericData xmlns:m="{V21}/message" xmlns:g="{V21}/data/generic"
xmlns:c="{V21}/common">{HEADER}<m:DataSet structureRef="S"><g:Series>
<g:SeriesKey><g:Value id="FREQ" value="M"/><g:Value id="REF_AREA" value="VN"/></g:SeriesKey>
<g:Attributes><g:Value id="UNIT_MEASURE" value="IX"/><g:Value id="UNIT_MULT" value="3"/>
<g:Value id="TITLE" value="Industrial production"/></g:Attributes>
<g:Obs><g:ObsDimension value="2024-11"/><g:ObsValue value="107.9"/></g:Obs>
<g:Obs><g:ObsDimension value="2024-12"/><g:ObsValue value="108.8"/>
<g:Attributes><g:Value id="OBS_STATUS" value="P"/></g:Attributes></g:Obs>
<g:Obs><g:ObsDimension value="2025-01"/><g:ObsValue value="NaN"/>
<g:Attributes><g:Value id="OBS_STATUS" value="M"/></g:Attributes></g:Obs>
</g:Series></m:DataSet></m:GenericData>"""
SPECIFIC = f"""<?xml version="1.0"?><m:StructureSpecificData xmlns:m="{V21}/message" xmlns:c="{V21}/common">{HEADER}
<m:DataSet><Group REF_AREA="VN" TITLE="Industrial production" UNIT_MEASURE="IX"/>
<Series FREQ="M" REF_AREA="VN" UNIT_MULT="3" LAST_SURVEY_DATE="2025-01-15">
<Obs TIME_PERIOD="2024-11" OBS_VALUE="107.9"/><Obs TIME_PERIOD="2024-12" OBS_VALUE="108.8" OBS_STATUS="P"/>
<Obs TIME_PERIOD="2025-01" OBS_STATUS="M"/></Series></m:DataSet></m:StructureSpecificData>"""
FLAT = f"""<?xml version="1.0"?><m:GenericData xmlns:m="{V21}/message" xmlns:g="{V21}/data/generic"
xmlns:c="{V21}/common">{HEADER}<m:DataSet><g:Obs><g:ObsKey><g:Value id="TIME_PERIOD" value="2024"/>
<g:Value id="REF_AREA" value="VN"/><g:Value id="COLLECTION" value="A"/></g:ObsKey><g:ObsValue value="7"/>
<g:Attributes><g:Value id="UNIT" value="PC"/></g:Attributes></g:Obs></m:DataSet></m:GenericData>"""


@pytest.mark.parametrize("message", [GENERIC, SPECIFIC])
def test_both_forms_say_the_same(message: str) -> None:
    parsed = delivered(message.encode(), "sdmx")
    columns = ("dataset_code", "indicator_name", "dimensions", "geo_code", "unit", "unit_mult", "vintage_at")
    assert values(parsed).select(columns).unique().rows() == [
        ("GSO:IIP", "Industrial production", '{"FREQ":"M","REF_AREA":"VN"}', "VN", "IX", 3, None),
    ]
    assert values(parsed).select("period_start_on", "value", "value_status", "status_source").rows() == [
        (date(2024, 11, 1), 107.9, None, None),
        (date(2024, 12, 1), 108.8, "provisional", "P"),
        (date(2025, 1, 1), None, "missing", "M"),
    ]


def test_flat_observations_keep_all_their_dimensions() -> None:
    parsed = delivered(FLAT.encode(), "sdmx")
    row = one(parsed, value=7.0)
    assert (row["dimensions"], row["unit"], row["period_grain"]) == ('{"COLLECTION":"A","REF_AREA":"VN"}', "PC", "year")


def test_profile_says_which_attributes_are_dimensions() -> None:
    profile = Profile(slug="indicator", format="sdmx", columns={"dimensions": "FREQ", "geo_code": "FREQ"})
    row = one(delivered(SPECIFIC.encode(), "sdmx", profile=profile), value=107.9)
    assert (row["dimensions"], row["geo_code"]) == ('{"FREQ":"M"}', "M")


def test_date_of_an_update_is_the_vintage_and_that_of_the_question_is_not() -> None:
    told = SPECIFIC.replace("<m:DataSet>", '<m:DataSet UPDATE_DATE="2025-01-29T00:00:00Z">')
    assert one(delivered(told.encode(), "sdmx"), value=107.9)["vintage_at"] == datetime(2025, 1, 29, tzinfo=UTC)


def test_bad_observation_does_not_cost_its_neighbours() -> None:
    wrong = SPECIFIC.replace('"107.9"', '"abc"').replace('TIME_PERIOD="2024-12"', 'TIME_PERIOD="Tết"')
    wrong = wrong.replace('TIME_PERIOD="2025-01"', 'NO_PERIOD="2025-01"')
    parsed = delivered(
        wrong.replace("</Series>", '<Obs TIME_PERIOD="2025-02" OBS_VALUE="1"/></Series>').encode(), "sdmx"
    )
    assert codes(parsed) == ["not_a_number", "unreadable_period", "missing_period"]
    assert values(parsed)["value"].to_list() == [1.0]


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (SPECIFIC.replace('<?xml version="1.0"?>', LAUGHS), "document type with entities"),
        (SPECIFIC.replace('<?xml version="1.0"?>', '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">'), "document type"),
        (SPECIFIC[:-30], "no whole XML document"),
        (SPECIFIC.replace("<m:DataSet>", "<m:DataSet>" + "<a>" * 60), "nests more than 50 deep"),
        (SPECIFIC.replace("v2_1/message", "v3_0/message"), "not an SDMX-ML 2.1 data message"),
        (f'<m:Structure xmlns:m="{V21}/message"/>', "holds structures, not data"),
        (f'<m:Error xmlns:m="{V21}/message"/>', "<Error>, not an SDMX-ML 2.1 data message"),
        (f'<m:GenericData xmlns:m="{V21}/message"/>', "without an observation"),
        ("<html><body>Login</body></html>", "an HTML page"),
        ('{"data": {}}', "a JSON document"),
        ("", "an empty answer"),
    ],
)
def test_what_is_no_data_message_is_refused(sent: str, said: str) -> None:
    with pytest.raises(PayloadRefused, match=said):
        delivered(sent.encode(), "sdmx")


def test_real_answers_of_ecb_and_imf(shared_data: Callable[[str], Path]) -> None:
    rates = delivered(shared_data("socioeconomic/sdmx/ECB_EXR_1_M.USD.EUR.SP00.A.xml").read_bytes(), "sdmx")
    assert (values(rates).height, values(rates)["series_id"].n_unique()) == (252, 1)  # January 1999 to December 2019
    first = one(rates, period_start_on=date(1999, 1, 1))
    assert (first["value"], first["indicator_code"], first["value_status"]) == (1.16078, "M.USD.EUR.SP00.A", "final")
    assert values(rates)["period_end_on"].max() == date(2019, 12, 31)
    gdp = one(delivered(shared_data("socioeconomic/sdmx/IMF_RES_WEO-data.xml").read_bytes(), "sdmx"))
    assert (gdp["value"], gdp["geo_code"], gdp["indicator_code"]) == (94_669_000_000.0, "SVK", "NGDP_R")
    assert gdp["vintage_at"] == datetime(2025, 11, 19, 21, tzinfo=UTC)
    with pytest.raises(PayloadRefused, match="structures, not data"):
        delivered(shared_data("socioeconomic/sdmx/ECB_EXR_1_structure.xml").read_bytes(), "sdmx")
