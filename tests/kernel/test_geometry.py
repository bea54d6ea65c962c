"""Geometry as a value."""

import json
import math
import struct
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.geometry import Geometry, GeometryFault

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[110.2, 20.0], [110.3, 20.0], [110.3, 20.1], [110.2, 20.1], [110.2, 20.0]]],
}
longitudes, latitudes = st.floats(-179, 179), st.floats(-85, 85)


def code_of(document: Any) -> str:
    with pytest.raises(GeometryFault) as caught:
        Geometry.from_geojson(document)
    return caught.value.code


def test_geojson_goes_in_and_comes_out() -> None:
    square = Geometry.from_geojson(SQUARE)
    assert square.kind == "Polygon"
    assert square.to_geojson() == SQUARE
    assert json.loads(json.dumps(square.to_geojson())) == SQUARE
    assert square.bbox == (110.2, 20.0, 110.3, 20.1)


@pytest.mark.parametrize(
    "document",
    [
        {"type": "Point", "coordinates": [110.2, 20.0]},
        {"type": "LineString", "coordinates": [[110.2, 20.0], [110.3, 20.1]]},
        {"type": "MultiPoint", "coordinates": [[110.2, 20.0], [110.3, 20.1]]},
        {"type": "MultiLineString", "coordinates": [[[110.2, 20.0], [110.3, 20.1]]]},
        {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]},
    ],
)
def test_every_kind_goes_through_wkb_and_back(document: dict[str, Any]) -> None:
    one = Geometry.from_geojson(document)
    assert Geometry.from_wkb(one.wkb) == one
    assert one.to_geojson() == document


@given(longitudes, latitudes)
def test_a_point_is_where_it_was(longitude: float, latitude: float) -> None:
    point = Geometry.from_wkb(Geometry.point(longitude, latitude).wkb)
    assert point.to_geojson()["coordinates"] == [longitude, latitude]
    assert point.distance_metres(point) == 0


def test_one_shape_has_one_wkb() -> None:
    clockwise = {"type": "Polygon", "coordinates": [SQUARE["coordinates"][0][::-1]]}
    big_endian = shapely.to_wkb(shapely.from_wkb(Geometry.from_geojson(SQUARE).wkb), byte_order=0)
    with_srid = shapely.to_wkb(
        shapely.set_srid(shapely.from_wkb(Geometry.from_geojson(SQUARE).wkb), 4490), include_srid=True
    )
    assert {Geometry.from_geojson(SQUARE), Geometry.from_geojson(clockwise), Geometry.from_wkb(big_endian)} == {
        Geometry.from_wkb(with_srid)
    }


def test_heights_are_not_kept() -> None:
    assert Geometry.from_geojson({"type": "Point", "coordinates": [110.2, 20.0, 12.5]}) == Geometry.point(110.2, 20.0)


def test_an_area_contains_its_edge_and_not_its_neighbour() -> None:
    square = Geometry.from_geojson(SQUARE)
    assert square.contains(Geometry.point(110.25, 20.05))
    assert square.contains(Geometry.point(110.2, 20.05))
    assert square.contains(square)
    assert not square.contains(Geometry.point(110.31, 20.05))
    assert not square.intersects(Geometry.point(110.31, 20.05))
    assert square.contains(square.centre)


# ── distance ──


def test_distances_are_those_of_the_ellipsoid() -> None:
    # One degree along the equator and half a meridian quadrant of GRS 80, from the ellipsoid's own figures.
    assert Geometry.point(0, 0).distance_metres(Geometry.point(1, 0)) == pytest.approx(
        math.pi * 6378137 / 180, abs=0.01
    )
    assert Geometry.point(0, 0).distance_metres(Geometry.point(0, 90)) == pytest.approx(10_001_965.729, abs=0.01)


def test_a_known_line_is_as_long_as_surveyed() -> None:
    # Flinders Peak to Buninyong, Geodetic Datum of Australia technical manual (GRS 80): 54,972.271 m.
    flinders = Geometry.point(144 + 25 / 60 + 29.52440 / 3600, -(37 + 57 / 60 + 3.72030 / 3600))
    buninyong = Geometry.point(143 + 55 / 60 + 35.38390 / 3600, -(37 + 39 / 60 + 10.15610 / 3600))
    assert flinders.distance_metres(buninyong) == pytest.approx(54_972.271, abs=0.001)


def test_distance_is_to_the_nearest_point() -> None:
    square = Geometry.from_geojson(SQUARE)
    east = Geometry.point(110.31, 20.05)
    assert square.distance_metres(east) == pytest.approx(Geometry.point(110.3, 20.05).distance_metres(east), abs=0.01)
    assert square.distance_metres(Geometry.point(110.25, 20.05)) == 0


@given(longitudes, latitudes, longitudes, latitudes)
def test_distance_is_the_same_both_ways_and_never_longer_than_half_the_globe(
    a: float, b: float, c: float, d: float
) -> None:
    one, other = Geometry.point(a, b), Geometry.point(c, d)
    there = one.distance_metres(other)
    assert there == pytest.approx(other.distance_metres(one), abs=0.01)
    assert 0 <= there <= 20_004_000


def test_opposite_ends_of_the_globe_have_a_distance() -> None:
    assert Geometry.point(0, 0).distance_metres(Geometry.point(179.9, 0.05)) > 19_900_000


# ── refused ──


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "geometry-kind"),
        ({"type": "Feature", "geometry": SQUARE}, "geometry-kind"),
        ({"type": "GeometryCollection", "geometries": []}, "geometry-kind"),
        ({"type": ["Point"], "coordinates": [1, 2]}, "geometry-kind"),
        ({"type": "Point"}, "geometry-unreadable"),
        ({"type": "Point", "coordinates": []}, "geometry-kind"),
        ({"type": "Point", "coordinates": [1]}, "geometry-unreadable"),
        ({"type": "Point", "coordinates": ["1", "2"]}, "geometry-unreadable"),
        ({"type": "Point", "coordinates": [True, False]}, "geometry-unreadable"),
        ({"type": "Point", "coordinates": [math.nan, 20]}, "geometry-unreadable"),
        ({"type": "Point", "coordinates": [math.inf, 20]}, "geometry-unreadable"),
        ({"type": "Point", "coordinates": [10**400, 20]}, "geometry-unreadable"),
        ({"type": "Point", "coordinates": [[[[[1, 2]]]]]}, "geometry-unreadable"),
        ({"type": "Point", "coordinates": [1, 2, 3, 4, 5]}, "geometry-unreadable"),
        ({"type": "LineString", "coordinates": [[1, 2]]}, "geometry-unreadable"),
        ({"type": "LineString", "coordinates": [[1, 2], [1]]}, "geometry-unreadable"),
        ({"type": "LineString", "coordinates": [[1, 2], [1, 2]]}, "geometry-invalid"),
        ({"type": "Polygon", "coordinates": [[1, 2], [1, 3], [2, 3]]}, "geometry-unreadable"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "geometry-invalid"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "geometry-unreadable"),
        ({"type": "Point", "coordinates": [20.0, 110.3]}, "geometry-axis"),
        ({"type": "Point", "coordinates": [500_000, 2_200_000]}, "geometry-range"),
        ({"type": "Point", "coordinates": [-200, 0]}, "geometry-range"),
        ({"type": "MultiPoint", "coordinates": [[0, 0]] * 100_001}, "geometry-size"),
        ({"type": "MultiPoint", "coordinates": [[]] * 1_000_000}, "geometry-size"),
    ],
)  # fmt: skip
def test_what_is_no_usable_geometry_says_why(document: dict[str, Any], code: str) -> None:
    assert code_of(document) == code


def test_deep_nesting_does_no_harm() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert code_of({"type": "Point", "coordinates": deep}) == "geometry-unreadable"


@pytest.mark.parametrize(
    "wkb",
    [
        b"",
        b"\x01",
        b"not wkb",
        struct.pack("<BII", 1, 3, 2**31),  # a polygon that claims two thousand million rings
        struct.pack("<BII", 1, 2, 2**32 - 1),
        struct.pack("<BIII", 1, 7, 1, 0),
        struct.pack("<BI", 1, 7) * 10_000,
        b"\x01" * 10_000_000,
    ],
    ids=range(8),
)
def test_hostile_wkb_is_refused(wkb: bytes) -> None:
    with pytest.raises(GeometryFault):
        Geometry.from_wkb(wkb)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_geometry_or_a_fault(wkb: bytes) -> None:
    try:
        one = Geometry.from_wkb(wkb)
    except GeometryFault:
        return
    assert Geometry.from_wkb(one.wkb) == one


def test_another_datum_is_refused_by_name() -> None:
    wgs84_metres = shapely.to_wkb(shapely.set_srid(shapely.Point(110, 20), 3857), include_srid=True)
    with pytest.raises(GeometryFault, match="EPSG:3857") as caught:
        Geometry.from_wkb(wgs84_metres)
    assert caught.value.at("place").pointer == "place"


def test_a_crossing_outline_says_where() -> None:
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    with pytest.raises(GeometryFault, match=r"Self-intersection\[0\.5 0\.5\]"):
        Geometry.from_geojson(bow)
