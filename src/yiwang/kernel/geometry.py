"""Geometry as a value: a checked shape in CGCS2000, kept as WKB, spoken as GeoJSON.

Coordinates are degrees in the order longitude, latitude (as GeoJSON has it; the register of EPSG:4490 names latitude
first). Heights are not kept. Coordinates of another datum (GCJ-02, BD-09, a local grid) must be converted before
they come here; nothing in the numbers tells them apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from yiwang.kernel.errors import FieldFault, format_message, msgid

__all__ = ["CGCS2000", "Geometry", "GeometryFault"]

CGCS2000 = 4490
KINDS = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
MOST_POINTS = 100_000
LONGEST_WKB = 16 * MOST_POINTS + 9 * 20_000

# GB 22021 / CGCS2000 ellipsoid.
SEMI_MAJOR = 6_378_137.0
FLATTENING = 1 / 298.257222101


class GeometryFault(ValueError):
    """Why something is no usable geometry. `message`: msgid with placeholders filled from `params`."""

    def __init__(self, code: str, message: str, **params: object) -> None:
        super().__init__(format_message(message, params))
        self.code = code
        self.message = message
        self.params: Mapping[str, object] = params

    def at(self, pointer: str) -> FieldFault:
        """The same as a fault of the field at `pointer`."""
        return FieldFault(pointer, self.code, self.message, self.params)


@dataclass(frozen=True, slots=True)
class Geometry:
    """A valid, not empty point, line or area (or several), two-dimensional. Equal when the canonical WKB is equal.

    Make one with `from_wkb`, `from_geojson` or `point`, which check it; each raises GeometryFault: geometry-unreadable,
    geometry-kind, geometry-datum, geometry-range, geometry-axis, geometry-size, geometry-invalid.
    """

    wkb: bytes

    @classmethod
    def from_wkb(cls, wkb: bytes) -> Self:
        """Read WKB, or EWKB that says 4490 or nothing."""
        if len(wkb) > LONGEST_WKB:
            raise _too_large()
        try:
            read = shapely.from_wkb(bytes(wkb))
        except shapely.errors.ShapelyError as error:
            raise _unreadable() from error
        return cls._checked(read)

    @classmethod
    def from_geojson(cls, document: Mapping[str, Any]) -> Self:
        """Read a GeoJSON geometry object (RFC 7946 §3.1), already parsed from JSON. A Feature is not a geometry."""
        kind = document.get("type")
        if kind not in KINDS:
            raise GeometryFault("geometry-kind", msgid("The geometry must be one of {kinds}."), kinds=", ".join(KINDS))
        coordinates = document.get("coordinates")
        _check_coordinates(coordinates)
        try:
            read = shape({"type": kind, "coordinates": coordinates})
        except (shapely.errors.ShapelyError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise _unreadable() from error
        return cls._checked(read)

    @classmethod
    def point(cls, longitude: float, latitude: float) -> Self:
        """A point from degrees."""
        return cls.from_geojson({"type": "Point", "coordinates": [longitude, latitude]})

    @classmethod
    def _checked(cls, read: BaseGeometry | None) -> Self:
        if read is None or read.geom_type not in KINDS or read.is_empty:
            raise GeometryFault("geometry-kind", msgid("The geometry must be one of {kinds}."), kinds=", ".join(KINDS))
        if shapely.get_srid(read) not in {0, CGCS2000}:
            raise GeometryFault(
                "geometry-datum",
                msgid("The geometry must be in CGCS2000 (EPSG:4490). Convert it from EPSG:{srid} first."),
                srid=int(shapely.get_srid(read)),
            )
        if shapely.get_num_coordinates(read) > MOST_POINTS:
            raise _too_large()
        flat = shapely.force_2d(shapely.set_srid(read, 0))
        _check_range(flat)
        if not flat.is_valid:
            raise GeometryFault(
                "geometry-invalid",
                msgid("The shape is not valid: {reason}. Draw it without crossing its own lines."),
                reason=str(shapely.is_valid_reason(flat)),
            )
        # Outer rings counter-clockwise (RFC 7946 §3.1.6), one byte order: one shape, one WKB.
        oriented = shapely.orient_polygons(flat) if "Polygon" in flat.geom_type else flat
        return cls(shapely.to_wkb(oriented, byte_order=1))

    @property
    def kind(self) -> str:
        """GeoJSON's name of the type."""
        return self._shape.geom_type

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, south, east, north = self._shape.bounds
        return west, south, east, north

    @property
    def centre(self) -> Geometry:
        """A point that lies on the geometry, near its middle."""
        return Geometry(shapely.to_wkb(self._shape.representative_point(), byte_order=1))

    def to_geojson(self) -> dict[str, Any]:
        """The GeoJSON geometry object."""
        document = mapping(self._shape)
        return {"type": document["type"], "coordinates": _lists(document["coordinates"])}

    def contains(self, other: Geometry) -> bool:
        """Whether no point of `other` lies outside; the edge belongs to the area."""
        return bool(self._shape.covers(other._shape))

    def intersects(self, other: Geometry) -> bool:
        """Whether the two share a point."""
        return bool(self._shape.intersects(other._shape))

    def distance_metres(self, other: Geometry) -> float:
        """Metres between the nearest points of the two, on the ellipsoid; 0 when they touch.

        Exact between points. Which points are nearest is found in a plane around the two, good over some 100 km.
        """
        latitude = math.radians((self.bbox[1] + self.bbox[3] + other.bbox[1] + other.bbox[3]) / 4)
        squeeze = max(math.cos(latitude), 1e-9)

        def flattened(one: Geometry) -> BaseGeometry:
            return shapely.transform(one._shape, lambda points: points * (squeeze, 1.0))

        ends = shapely.get_coordinates(shapely.shortest_line(flattened(self), flattened(other)))
        (x1, y1), (x2, y2) = ends
        return _geodesic_metres(x1 / squeeze, y1, x2 / squeeze, y2)

    @property
    def _shape(self) -> BaseGeometry:
        return _from_wkb(self.wkb)


@lru_cache(maxsize=256)
def _from_wkb(wkb: bytes) -> BaseGeometry:
    return shapely.from_wkb(wkb)


def _lists(coordinates: Any) -> Any:
    return [_lists(one) for one in coordinates] if isinstance(coordinates, tuple | list) else coordinates


def _check_coordinates(coordinates: object) -> None:
    """Nested lists of finite numbers, at most four levels, not too many: before Shapely sees them."""
    numbers = 0
    waiting: list[tuple[object, int]] = [(coordinates, 0)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, list | tuple) and depth < 4:
            waiting.extend((inner, depth + 1) for inner in one)
        elif isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < 1e9 and math.isfinite(one):
            numbers += 1
        else:
            raise _unreadable()
        if numbers > 3 * MOST_POINTS or len(waiting) > 4 * MOST_POINTS:
            raise _too_large()


def _check_range(read: BaseGeometry) -> None:
    west, south, east, north = read.bounds
    if not all(math.isfinite(edge) for edge in (west, south, east, north)):
        raise _unreadable()
    if west >= -180 and east <= 180 and south >= -90 and north <= 90:
        return
    if west >= 3 and east <= 54 and south >= 73 and north <= 136:  # China, with the axes exchanged
        raise GeometryFault(
            "geometry-axis", msgid("Longitude and latitude are exchanged. Write longitude first, as [110.3, 20.0].")
        )
    raise GeometryFault(
        "geometry-range",
        msgid("The coordinates must be degrees: longitude -180 to 180, latitude -90 to 90. Metres must be converted."),
    )


def _unreadable() -> GeometryFault:
    return GeometryFault("geometry-unreadable", msgid("The geometry cannot be read. Give WKB or a GeoJSON geometry."))


def _too_large() -> GeometryFault:
    return GeometryFault(
        "geometry-size", msgid("The geometry has more than {most} points. Simplify it."), most=MOST_POINTS
    )


def _geodesic_metres(longitude1: float, latitude1: float, longitude2: float, latitude2: float) -> float:
    """Length of the geodesic by Vincenty's inverse formula (Survey Review 23/176, 1975), to below a millimetre.

    It does not settle for nearly antipodal points; there the half circumference along the meridian is the answer.
    """
    semi_minor = SEMI_MAJOR * (1 - FLATTENING)
    difference = math.radians(longitude2 - longitude1)
    reduced1 = math.atan((1 - FLATTENING) * math.tan(math.radians(latitude1)))
    reduced2 = math.atan((1 - FLATTENING) * math.tan(math.radians(latitude2)))
    sin1, cos1, sin2, cos2 = math.sin(reduced1), math.cos(reduced1), math.sin(reduced2), math.cos(reduced2)
    angle = difference
    for _ in range(100):
        sin_angle, cos_angle = math.sin(angle), math.cos(angle)
        sin_arc = math.hypot(cos2 * sin_angle, cos1 * sin2 - sin1 * cos2 * cos_angle)
        if sin_arc == 0:
            return 0.0
        cos_arc = sin1 * sin2 + cos1 * cos2 * cos_angle
        arc = math.atan2(sin_arc, cos_arc)
        sin_azimuth = cos1 * cos2 * sin_angle / sin_arc
        cos2_azimuth = 1 - sin_azimuth**2
        cos_middle = cos_arc - 2 * sin1 * sin2 / cos2_azimuth if cos2_azimuth else 0.0
        c = FLATTENING / 16 * cos2_azimuth * (4 + FLATTENING * (4 - 3 * cos2_azimuth))
        before = angle
        angle = difference + (1 - c) * FLATTENING * sin_azimuth * (
            arc + c * sin_arc * (cos_middle + c * cos_arc * (2 * cos_middle**2 - 1))
        )
        if abs(angle - before) < 1e-12:
            break
    else:
        return math.pi * semi_minor
    u2 = cos2_azimuth * (SEMI_MAJOR**2 - semi_minor**2) / semi_minor**2
    a = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
    b = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
    correction = (
        b
        * sin_arc
        * (
            cos_middle
            + b
            / 4
            * (cos_arc * (2 * cos_middle**2 - 1) - b / 6 * cos_middle * (4 * sin_arc**2 - 3) * (4 * cos_middle**2 - 3))
        )
    )
    return semi_minor * a * (arc - correction)
