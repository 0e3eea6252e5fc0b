"""What a file is by its first bytes, so that a file of another format is named for what it is."""

from __future__ import annotations

import re

_BRANDS = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"hevc": "HEIC",
    b"mif1": "HEIF",
    b"msf1": "HEIF",
    b"jxl ": "JPEG XL",
    b"crx ": "Canon raw",
    b"qt  ": "QuickTime video",
}
_FIRST = {
    b"GIF8": "GIF",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"II\xbc": "JPEG XR",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"#?RGBE": "Radiance HDR",
    b"8BPS": "Photoshop",
    b"P7": "PAM",
    b"PF": "PFM",
    b"Pf": "PFM",
    b"DDS ": "DDS",
    b"SIMPLE": "FITS",
    b"qoif": "QOI",
    b"farbfeld": "farbfeld",
    b"FLIF": "FLIF",
    b"BPG\xfb": "BPG",
    b"gimp xcf": "GIMP",
    b"\0\0\1\0": "ICO",
    b"\x8aMNG": "MNG",
    b"\x8bJNG": "JNG",
    b"\x01\xda": "SGI",
    b"\x59\xa6\x6a\x95": "Sun raster",
    b"IIRO": "Olympus raw",
    b"IIU\0": "Panasonic raw",
    b"FUJIFILM": "Fujifilm raw",
    b"%PDF": "PDF",
    b"%!PS": "PostScript",
    b"\x93NUMPY": "NumPy",
    b"\x89HDF": "HDF5",
    b"MATLAB": "MATLAB",
    b"PK\3\4": "ZIP",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"\xfd7zXZ": "xz",
    b"\x1a\x45\xdf\xa3": "Matroska or WebM video",
    b"version https://git-lfs": "a Git LFS pointer (git lfs pull fetches the image)",
}
_TEXTS = {rb"<(!doctype html|html|head|body)\b": "a web page", rb"<svg\b": "SVG", rb"<\?xml\b": "XML"}


def name(content: bytes) -> str:
    """Return the name of a format that srbench does not read, or nothing where the first bytes are unknown."""
    if content[4:8] == b"ftyp":
        brands = [content[8:12], *(content[each : each + 4] for each in range(16, min(len(content), 64), 4))]
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), "MP4 video")
    if content[:4] == b"RIFF":
        return f"RIFF ({content[8:12].decode('latin-1').strip()})" if content[8:12].isalnum() else "RIFF"
    text = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for begin, found in _TEXTS.items():
        if re.match(begin, text):
            return "SVG" if b"<svg" in text else found
    return next((found for begin, found in _FIRST.items() if content.startswith(begin)), "")
