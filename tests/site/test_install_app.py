"""Roost as an app of its own: the manifest, and the icons that it and the pages name."""

import json
import struct

from django.contrib.staticfiles import finders
from django.test import Client


def manifest():
    with open(finders.find("manifest.webmanifest")) as file:
        return json.load(file)


def size_of(png):
    """Width and height (https://www.w3.org/TR/png-3/#11IHDR)."""
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


def test_it_works():
    assert manifest()["start_url"] == "/"


def test_it_is_served_as_one(settings, tmp_path):
    (tmp_path / "app.webmanifest").write_text("{}")
    settings.STATIC_ROOT = tmp_path
    answer = Client().get("/static/app.webmanifest")
    assert (answer.headers["Content-Type"], answer.getvalue()) == ("application/manifest+json", b"{}")


def test_each_icon_is_there_in_its_size():
    for icon in manifest()["icons"]:
        with open(finders.find(icon["src"]), "rb") as file:
            image = file.read()
        if icon["type"] == "image/png":
            width, height = size_of(image)
            assert icon["sizes"] == f"{width}x{height}"
        else:
            assert image.startswith(b"<svg")


def test_browsers_ask_for_enough_to_install_it():
    sizes = {(icon["sizes"], icon.get("purpose", "any")) for icon in manifest()["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= sizes


def test_every_page_names_it(db):
    page = Client(headers={"accept": "text/html"}).get("/nowhere/").content.decode()
    for words in 'rel="manifest"', 'rel="apple-touch-icon"', 'name="theme-color"':
        assert words in page
