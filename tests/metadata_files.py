"""Hand-made photos with embedded metadata or sidecars, in the forms that programs write."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

__all__ = ["DIGIKAM", "IMMICH", "LIGHTROOM", "gps_exif", "iptc_jpeg", "jpeg", "xmp"]

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
}


def xmp(body: str, attributes: str = "") -> bytes:
    """Return an XMP packet whose description has this body and these attributes."""
    names = " ".join(f'xmlns:{short}="{name}"' for short, name in NAMESPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {names} {attributes}>{body}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


DIGIKAM = xmp(
    """<digiKam:TagsList><rdf:Seq><rdf:li>Trips/Portugal</rdf:li><rdf:li>boats</rdf:li></rdf:Seq>
    </digiKam:TagsList>
    <dc:subject><rdf:Bag><rdf:li>Portugal</rdf:li><rdf:li>boats</rdf:li></rdf:Bag></dc:subject>
    <dc:title><rdf:Alt><rdf:li xml:lang="de">Der Hafen</rdf:li>
    <rdf:li xml:lang="x-default">The harbour</rdf:li></rdf:Alt></dc:title>
    <dc:description><rdf:Alt><rdf:li xml:lang="x-default">Nets &amp; gulls</rdf:li></rdf:Alt>
    </dc:description>
    <mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>
    <rdf:li><rdf:Description mwg-rs:Name="Grandma Rose" mwg-rs:Type="Face">
    <mwg-rs:Area stArea:x="0.5" stArea:y="0.25" stArea:w="0.2" stArea:h="0.1"
        stArea:unit="normalized"/></rdf:Description></rdf:li>
    <rdf:li><rdf:Description mwg-rs:Name="Rex" mwg-rs:Type="Pet"/></rdf:li>
    </rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>""",
    'xmp:Rating="4" xmp:CreateDate="2019-12-25T10:30:00"',
)

LIGHTROOM = xmp(
    """<dc:subject><rdf:Bag><rdf:li>desert</rdf:li></rdf:Bag></dc:subject>
    <lr:hierarchicalSubject><rdf:Bag><rdf:li>Nature|Sand|dunes</rdf:li></rdf:Bag>
    </lr:hierarchicalSubject>
    <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions stArea:w="64" stArea:h="48" stArea:unit="pixel"/>
    <mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource"><mwg-rs:Name>Ann Lee</mwg-rs:Name>
    <mwg-rs:Type>Face</mwg-rs:Type><mwg-rs:Area rdf:parseType="Resource"><stArea:x>0.5</stArea:x>
    <stArea:y>0.5</stArea:y><stArea:w>0.5</stArea:w><stArea:h>0.5</stArea:h></mwg-rs:Area></rdf:li>
    </rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>""",
    'photoshop:City="Merzouga" photoshop:State="Errachidia" photoshop:Country="Morocco" '
    'Iptc4xmpCore:Location="Erg Chebbi" xmp:Rating="5" aux:Lens="24-70mm" '
    'exif:DateTimeOriginal="2021-03-04T05:06:07.50+01:00"',
)

IMMICH = xmp(
    """<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Sunset at the pier</rdf:li></rdf:Alt>
    </dc:description><digiKam:TagsList><rdf:Seq><rdf:li>evening/sunset</rdf:li></rdf:Seq>
    </digiKam:TagsList>""",
    'exif:GPSLatitude="48,51.5N" exif:GPSLongitude="2,21.0E" '
    'exif:DateTimeOriginal="2022-07-01T21:00:00+02:00"',
)


def gps_exif(latitude: Any, longitude: Any, sides: str = "NE") -> Image.Exif:
    """Return EXIF data with a position; each coordinate is degrees, minutes and seconds."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: sides[0],
            ExifTags.GPS.GPSLatitude: latitude,
            ExifTags.GPS.GPSLongitudeRef: sides[1],
            ExifTags.GPS.GPSLongitude: longitude,
        }
    )
    return exif


def jpeg(colour: object, **more: Any) -> bytes:
    """Return a small JPEG of one colour; further arguments, such as `exif`, are Pillow's."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG", **more)  # type: ignore[arg-type]
    return file.getvalue()


def iptc_jpeg(path: Path, colour: object, records: list[tuple[int, int, bytes]]) -> None:
    """Write a JPEG with IPTC records in a separate segment, as Photoshop does."""
    data = b"".join(
        b"\x1c" + bytes([record, number]) + struct.pack(">H", len(text)) + text
        for record, number, text in records
    )
    block = b"8BIM" + struct.pack(">H", 0x0404) + b"\0\0" + struct.pack(">I", len(data)) + data
    block += b"\0" * (len(data) % 2)
    segment = b"Photoshop 3.0\0" + block
    content = jpeg(colour)
    marker = b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment
    path.write_bytes(content[:2] + marker + content[2:])
